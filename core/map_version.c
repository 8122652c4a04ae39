#include <assert.h>

#include "map_finger.h"

#define SEAL_FREES_LEAST                                                                     \
  1024 /* a seal frees this many retired nodes, or twice what it retired: a large release is \
          spread over several */

static size_t roots_bytes(const tni_state *state) { return state->map_count * sizeof(tni_root); }

/* ---- lists of the retired ------------------------------------------------------------------- */

static void push_node(tni_retired *list, uint32_t number, tni_node *node) {
  uint32_t *lane = &list->lanes[list->node_count++ % TNI_LANES];
  node->link = *lane;
  *lane = number;
}

static void push_blob(tni_retired *list, tni_blob *blob) {
  blob->link = list->blobs;
  list->blobs = blob;
  list->blob_count++;
}

static uint32_t pop_node(tni_state *state, tni_retired *list) {
  uint32_t *lane = &list->lanes[--list->node_count % TNI_LANES], number = *lane;
  *lane = tni_node_at(state, number)->link;
  if (*lane != 0) tni_prefetch(tni_node_at(state, *lane), 1);
  return number;
}

static tni_blob *pop_blob(tni_retired *list) {
  tni_blob *blob = list->blobs;
  list->blobs = blob->link;
  list->blob_count--;
  return blob;
}

void tni_drop_node(tni_state *state, uint32_t number) {
  tni_node *node = tni_node_at(state, number);
  if (node->birth > state->floor) {
    tni_slab_give(&state->slab, number);
    return;
  }
  state->retired_bytes += tni_node_size(node);
  push_node(&state->log, number, node);
}

void tni_drop_blob(tni_state *state, tni_blob *blob) {
  if (blob->birth > state->floor) {
    tni_blob_destroy(&state->slab, blob);
    return;
  }
  state->retired_bytes += tni_blob_bytes(blob);
  push_blob(&state->log, blob);
}

static void free_node(tni_state *state, uint32_t number) {
  state->retired_bytes -= tni_node_size(tni_node_at(state, number));
  tni_slab_give(&state->slab, number);
}

static void free_blob(tni_state *state, tni_blob *blob) {
  state->retired_bytes -= tni_blob_bytes(blob);
  tni_blob_destroy(&state->slab, blob);
}

void tni_free_retired(tni_state *state, tni_retired *list) {
  while (list->node_count != 0) free_node(state, pop_node(state, list));
  while (list->blobs) free_blob(state, pop_blob(list));
}

/* Takes entries off the list until that many are left: those born after `generation` are freed, the others are in
 * use again. */
static void unretire(tni_state *state, tni_retired *list, uint64_t nodes_left, uint64_t blobs_left,
                     uint64_t generation) {
  while (list->node_count > nodes_left) {
    uint32_t number = pop_node(state, list);
    const tni_node *node = tni_node_at(state, number);
    if (node->birth > generation)
      free_node(state, number);
    else
      state->retired_bytes -= tni_node_size(node);
  }
  while (list->blob_count > blobs_left) {
    tni_blob *blob = pop_blob(list);
    if (blob->birth > generation)
      free_blob(state, blob);
    else
      state->retired_bytes -= tni_blob_bytes(blob);
  }
}

static void free_young_blobs(tni_state *state, const tni_node *leaf, uint64_t generation) {
  for (uint32_t i = 0; i < leaf->count; i++) {
    if (!tni_slot_is_blob(leaf, i)) continue;
    tni_blob *blob = tni_slot_blob(leaf, i);
    if (blob->birth > generation) tni_blob_destroy(&state->slab, blob);
  }
}

void tni_free_young(tni_state *state, uint32_t number, uint64_t generation) {
  const tni_node *node = tni_node_at(state, number);
  if (node->birth <= generation) return;
  if (node->level == 0) free_young_blobs(state, node, generation);
  for (uint32_t i = 0; node->level > 0 && i < node->count; i++)
    tni_free_young(state, tni_children(node)[i], generation);
  tni_slab_give(&state->slab, number);
}

/* Puts the working state back to those roots; what was born after `generation` goes. */
static void go_back(tni_state *state, const tni_root *roots, tni_digest digest, uint64_t generation) {
  for (uint32_t map = 0; map < state->map_count; map++)
    if (state->roots[map].node != 0 && state->roots[map].node != roots[map].node)
      tni_free_young(state, state->roots[map].node, generation);
  memcpy(state->roots, roots, roots_bytes(state));
  state->digest = digest;
  state->edits++;
}

/* ---- savepoints ----------------------------------------------------------------------------- */

static tni_saved *next_frame(tni_state *state) {
  tni_saved *frame = state->top ? state->top->above : state->frames;
  if (frame) return frame;
  frame = (tni_saved *)tni_alloc(state->memory, sizeof *frame + roots_bytes(state));
  if (!frame) return NULL;
  frame->under = state->top;
  frame->above = NULL;
  if (state->top)
    state->top->above = frame;
  else
    state->frames = frame;
  return frame;
}

tn_status tni_state_savepoint(tni_state *state, tni_savepoint *out) {
  assert(!state->exclusive);
  tni_saved *frame = next_frame(state);
  if (!frame) return TN_NOMEM;
  frame->generation = state->generation;
  frame->outer_floor = state->floor;
  frame->retired_nodes = state->log.node_count;
  frame->retired_blobs = state->log.blob_count;
  frame->digest = state->digest;
  memcpy(frame->roots, state->roots, roots_bytes(state));
  state->top = frame;
  state->floor = state->generation++;
  *out = (tni_savepoint){frame->generation, frame->retired_nodes + frame->retired_blobs, frame->digest, frame->roots};
  return TN_OK;
}

static tni_saved *leave_frame(tni_state *state, const tni_savepoint *savepoint) {
  tni_saved *frame = state->top;
  assert(frame && frame->generation == savepoint->generation);
  (void)savepoint;
  state->top = frame->under;
  state->floor = frame->outer_floor;
  return frame;
}

void tni_state_rollback(tni_state *state, const tni_savepoint *savepoint) {
  const tni_saved *frame = leave_frame(state, savepoint);
  go_back(state, frame->roots, frame->digest, frame->generation);
  unretire(state, &state->log, frame->retired_nodes, frame->retired_blobs, frame->generation);
}

/* What only the savepoint saw is freed, what others see stays in the log. */
void tni_state_release(tni_state *state, const tni_savepoint *savepoint) {
  const tni_saved *frame = leave_frame(state, savepoint);
  tni_retired recent = {{0}, NULL, 0, 0};
  while (state->log.node_count > frame->retired_nodes) {
    uint32_t number = pop_node(state, &state->log);
    tni_node *node = tni_node_at(state, number);
    if (node->birth > state->floor)
      free_node(state, number);
    else
      push_node(&recent, number, node);
  }
  while (state->log.blob_count > frame->retired_blobs) {
    tni_blob *blob = pop_blob(&state->log);
    if (blob->birth > state->floor)
      free_blob(state, blob);
    else
      push_blob(&recent, blob);
  }
  while (recent.node_count != 0) {
    uint32_t number = pop_node(state, &recent);
    push_node(&state->log, number, tni_node_at(state, number));
  }
  while (recent.blobs) push_blob(&state->log, pop_blob(&recent));
}

/* ---- versions ------------------------------------------------------------------------------- */

static size_t raw_box_bytes(uint32_t map_count) {
  size_t size = sizeof(tni_box) + sizeof(tni_version) + map_count * sizeof(tni_root);
  return (size + TNI_LINE - 1) / TNI_LINE * TNI_LINE + TNI_LINE;
}

tni_box *tni_box_create(const tn_memory *memory, uint32_t map_count) {
  void *raw = tni_alloc_zero(memory, raw_box_bytes(map_count));
  if (!raw) return NULL;
  tni_box *box = (tni_box *)(void *)((uint8_t *)raw + (TNI_LINE - (uintptr_t)raw % TNI_LINE) % TNI_LINE);
  box->raw = raw;
  return box;
}

void tni_box_destroy(const tn_memory *memory, tni_box *box, uint32_t map_count) {
  if (box) tni_free(memory, box->raw, raw_box_bytes(map_count));
}

static tni_box *take_box(tni_state *state) {
  tni_box *box = state->boxes;
  if (box)
    state->boxes = box->older;
  else
    box = tni_box_create(state->memory, state->map_count);
  return box;
}

static void give_box(tni_state *state, tni_box *box) {
  box->older = state->boxes;
  state->boxes = box;
}

static void fill_version(tni_state *state, tni_version *version) {
  version->generation = state->generation;
  version->digest = state->digest;
  memcpy(version->roots, state->roots, roots_bytes(state));
  state->floor = state->generation++;
}

static tni_box *published_box(tni_state *state) { return tni_box_of(atomic_load(&state->published)); }

static uint64_t generation_of(tni_box *box) { return tni_version_in(box)->generation; }

/* Moves what the unneeded version holds to the next older needed one that sees it, or frees it. */
static void empty_box(tni_state *state, tni_box *box, tni_box *target, uint64_t *budget) {
  for (; box->retired.node_count != 0 && *budget > 0; --*budget) {
    uint32_t number = pop_node(state, &box->retired);
    tni_node *node = tni_node_at(state, number);
    if (target && node->birth <= generation_of(target))
      push_node(&target->retired, number, node);
    else
      free_node(state, number);
  }
  for (; box->retired.blobs && *budget > 0; --*budget) {
    tni_blob *blob = pop_blob(&box->retired);
    if (target && blob->birth <= generation_of(target))
      push_blob(&target->retired, blob);
    else
      free_blob(state, blob);
  }
}

/* What is published and all that is newer is needed; of the older ones, what a slot holds. */
static void reclaim(tni_state *state, uint64_t budget) {
  tni_box *published = published_box(state);
  if (!published->older) return;
  tni_slots_scan(state);
  tni_box *target = published->older;
  for (tni_box **at = &published->older; *at;) {
    tni_box *box = *at;
    if (box->scan == state->scan) {
      at = &box->older;
      continue;
    }
    if (!target || generation_of(target) >= generation_of(box)) target = box->older;
    while (target && target->scan != state->scan) target = target->older;
    empty_box(state, box, target, &budget);
    if (box->retired.node_count != 0 || box->retired.blobs) {
      at = &box->older;
      continue;
    }
    *at = box->older;
    give_box(state, box);
  }
}

void tni_state_reclaim(tni_state *state) { reclaim(state, UINT64_MAX); }

/* Nobody could see the working state being edited in place; now the published version is what became of it. */
static void end_exclusive(tni_state *state) {
  state->exclusive = false;
  fill_version(state, tni_version_in(published_box(state)));
}

void tni_state_set_exclusive(tni_state *state, bool on) {
  assert(!state->top);
  if (on == state->exclusive) return;
  if (!on) {
    end_exclusive(state);
    return;
  }
  tni_state_reclaim(state);
  assert(published_box(state) == state->newest && !state->newest->older);
  tni_free_retired(state, &state->log);
  state->exclusive = true;
  state->floor = 0;
}

static const tni_node *last_root(const tni_state *state) {
  const tni_root *root = state->finger->edit.root;
  return root && root->node != 0 ? tni_node_at(state, root->node) : NULL;
}

tn_status tni_state_seal(tni_state *state, uint64_t seq, uint64_t epoch, int64_t time_us, tni_version **out) {
  assert(!state->top);
  tni_box *box = take_box(state);
  if (!box) return TN_NOMEM;
  if (state->exclusive) end_exclusive(state);
  tni_version *version = tni_version_in(box);
  version->seq = seq;
  version->epoch = epoch;
  version->time_us = time_us;
  fill_version(state, version);
  assert(state->newest->retired.node_count == 0 && !state->newest->retired.blobs);
  uint64_t budget = SEAL_FREES_LEAST + 2 * (state->log.node_count + state->log.blob_count);
  state->newest->retired = state->log;
  state->log = (tni_retired){{0}, NULL, 0, 0};
  box->older = state->newest;
  box->fresh = last_root(state);
  state->newest = box;
  reclaim(state, budget);
  *out = version;
  return TN_OK;
}

void tni_state_publish(tni_state *state, tni_version *version) {
  atomic_store_explicit(&state->fresh, tni_box_of(version)->fresh, memory_order_relaxed);
  atomic_store(&state->published, version);
}

void tni_state_abandon(tni_state *state) {
  assert(!state->top && !state->exclusive);
  tni_box *published = published_box(state);
  const tni_version *version = tni_version_in(published);
  uint64_t generation = version->generation;
  go_back(state, version->roots, version->digest, generation);
  unretire(state, &state->log, 0, 0, generation);
  for (tni_box *older; state->newest != published; state->newest = older) {
    older = state->newest->older;
    unretire(state, &state->newest->retired, 0, 0, generation);
    give_box(state, state->newest);
  }
  unretire(state, &published->retired, 0, 0, generation);
  state->floor = generation;
}
