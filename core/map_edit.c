#include "map_edit.h"

#include <assert.h>

#include "map_finger.h"
#include "map_search.h"
#include "map_ways.h"
#include "tenon_value.h"

#define RUN_LEAST 8 /* inserts one behind the other that are taken for a run of appends */

/* ---- the way down --------------------------------------------------------------------------- */

void tni_edit_init(tni_edit *e, tni_state *state, uint32_t map) {
  assert(map < state->map_count);
  e->state = state;
  e->map = map;
  e->root = &state->roots[map];
}

static tni_node *enter(tni_edit *e, uint32_t level, uint32_t number) {
  tni_node *node = tni_node_at(e->state, number);
  e->path[level].number = number;
  e->path[level].node = node;
  return node;
}

bool tni_edit_find(tni_edit *e, tn_slice key) {
  uint32_t number = e->root->node;
  for (uint32_t level = e->root->height - 1; level > 0; level--) {
    tni_node *node = enter(e, level, number);
    uint32_t slot = tni_search_inner(node, key);
    e->path[level].slot = slot;
    number = tni_children(node)[slot];
    tni_prefetch(tni_node_at(e->state, number), level > 1 ? TNI_INNER_LINES : TNI_LEAF_LINES);
  }
  bool exact;
  e->path[0].slot = tni_leaf_find(enter(e, 0, number), key, &exact);
  return exact;
}

void tni_edit_find_end(tni_edit *e) {
  uint32_t number = e->root->node;
  for (uint32_t level = e->root->height - 1; level > 0; level--) {
    tni_node *node = enter(e, level, number);
    e->path[level].slot = node->count - 1u;
    number = tni_children(node)[node->count - 1u];
  }
  e->path[0].slot = enter(e, 0, number)->count;
}

bool tni_edit_next_leaf(tni_edit *e) {
  uint32_t level = 1;
  while (level < e->root->height && e->path[level].slot + 1 >= e->path[level].node->count) level++;
  if (level >= e->root->height) return false;
  e->path[level].slot++;
  for (; level > 0; level--) {
    (void)enter(e, level - 1, tni_children(e->path[level].node)[e->path[level].slot]);
    e->path[level - 1].slot = 0;
  }
  return true;
}

static bool on_right_edge(const tni_edit *e) {
  for (uint32_t level = 1; level < e->root->height; level++)
    if (e->path[level].slot + 1u < e->path[level].node->count) return false;
  return true;
}

/* ---- owning --------------------------------------------------------------------------------- */

uint64_t tni_edit_own_need(const tni_edit *e, uint32_t level) {
  uint64_t need = 0;
  for (; level < e->root->height; level++)
    if (e->path[level].node->birth <= e->state->floor) need += tni_node_size(e->path[level].node);
  return need;
}

/* Puts the number where the node at `level` hangs: in its parent, which is owned, or the root. */
static void hang(tni_edit *e, uint32_t level, uint32_t number) {
  if (level + 1 == e->root->height)
    e->root->node = number;
  else
    tni_children_edit(e->path[level + 1].node)[e->path[level + 1].slot] = number;
}

static void own_node(tni_edit *e, uint32_t level) {
  tni_step *step = &e->path[level];
  if (step->node->birth <= e->state->floor) {
    uint32_t old = step->number, number = tni_slab_take(&e->state->slab, step->node->size_class);
    tni_node *copy = tni_node_at(e->state, number);
    tni_node_copy(copy, step->node);
    tni_drop_node(e->state, old);
    hang(e, level, number);
    step->number = number;
    step->node = copy;
  }
  step->node->birth = e->state->generation;
}

/* What was born in this generation hangs from nodes that are this generation's own. */
void tni_edit_own(tni_edit *e, uint32_t level) {
  if (level < e->root->height && e->path[level].node->birth == e->state->generation) return;
  for (uint32_t at = e->root->height; at-- > level;) own_node(e, at);
}

/* ---- rebuilding ----------------------------------------------------------------------------- */

uint64_t tni_edit_rebuild_need(const tni_edit *e, uint32_t level, uint64_t bytes, uint32_t key_size) {
  uint64_t need = 2 * (bytes + 64 + TNI_NODE_BYTES(TNI_LEAF_CLASS)), separator = key_size + 64u;
  for (uint32_t at = level + 1; at < e->root->height; at++) {
    const tni_node *node = e->path[at].node;
    need += 2 * (tni_node_expanded(node) + separator + TNI_NODE_BYTES(TNI_INNER_CLASS));
  }
  return need + 2 * (separator + TNI_NODE_BYTES(TNI_INNER_CLASS));
}

static uint32_t build_node(tni_edit *e, const tni_sequence *s, uint32_t from, uint32_t to, const tni_plan *plan,
                           uint8_t least_class) {
  uint32_t number = tni_slab_take(&e->state->slab, tni_plan_class(plan, least_class));
  tni_sequence_build(s, from, to, plan, e->state->generation, tni_node_at(e->state, number));
  return number;
}

static bool good_cut(const tni_sequence *s, uint32_t at) {
  if (at == 0 || at >= s->count) return false;
  tni_plan left = tni_sequence_plan(s, 0, at), right = tni_sequence_plan(s, at, s->count);
  uint8_t usual = tni_usual_class(s->level);
  return tni_plan_fits_one(&left, at, usual) && tni_plan_fits_one(&right, s->count - at, usual);
}

static uint32_t choose_cut(const tni_sequence *s, tni_cut cut, uint32_t cut_at) {
  uint32_t at = 0;
  if (cut == TNI_CUT_APPEND) at = s->count - (s->level > 0 ? 2 : 1);
  if (cut == TNI_CUT_AT) at = cut_at;
  return cut != TNI_CUT_MIDDLE && good_cut(s, at) ? at : tni_sequence_middle(s);
}

static void grow_root(tni_edit *e, uint32_t left, tn_slice separator, uint32_t right) {
  uint32_t prefix_size = separator.size > 0 ? (uint32_t)separator.size - 1 : 0;
  tni_plan plan = {.bytes = TNI_NODE_HEADER + (uint32_t)separator.size + 4 + 2 * 3 * 4};
  uint32_t number = tni_slab_take(&e->state->slab, tni_plan_class(&plan, 0));
  tni_node *root = tni_node_at(e->state, number);
  tni_node_init(root, e->state->generation, (uint8_t)e->root->height, false, prefix_size);
  memcpy(root->bytes, separator.data, prefix_size);
  root->count = 1;
  tni_heads_edit(root)[0] = 0;
  tni_children_edit(root)[0] = left;
  tni_slots_edit(root)[0] = 0;
  tni_node_insert(root, 1, separator, &(tni_payload){.child = right});
  e->root->node = number;
  e->root->height++;
}

static void sequence_with(tni_sequence *s, const tni_node *node, uint32_t at, uint32_t skip, tn_slice key,
                          const tni_payload *payload) {
  tni_sequence_init(s, node->level);
  tni_sequence_add(s, node, 0, at);
  tni_sequence_add_new(s, key, payload);
  tni_sequence_add(s, node, at + skip, node->count);
}

bool tni_edit_rebuild(tni_edit *e, uint32_t level, tni_sequence *s, tni_cut cut, uint32_t cut_at) {
  uint8_t buffers[2][TNI_KEY_SIZE_MAX];
  for (uint32_t start = level;; level++) {
    uint32_t old = e->path[level].number;
    uint8_t usual = tni_usual_class(level);
    tni_plan plan = tni_sequence_plan(s, 0, s->count);
    if (tni_plan_fits_one(&plan, s->count, usual)) {
      bool top = level + 1 == e->root->height;
      hang(e, level, build_node(e, s, 0, s->count, &plan, top ? 0 : usual));
      tni_drop_node(e->state, old);
      e->moved = level + 1;
      return level == start;
    }
    uint32_t at = choose_cut(s, cut, cut_at);
    tn_slice separator = tni_sequence_separator(s, at, buffers[level % 2]);
    if (level == 0) s->prefix_hint = (uint32_t)separator.size - 1;
    tni_plan first = tni_sequence_plan(s, 0, at), second = tni_sequence_plan(s, at, s->count);
    uint32_t left = build_node(e, s, 0, at, &first, usual), right = build_node(e, s, at, s->count, &second, usual);
    hang(e, level, left);
    tni_drop_node(e->state, old);
    if (level + 1 == e->root->height) return grow_root(e, left, separator, right), false;
    tni_step *above = &e->path[level + 1];
    tni_payload payload = {.child = right};
    e->moved = level + 1;
    if (tni_node_fits(above->node, separator, &payload))
      return tni_node_insert(above->node, above->slot + 1, separator, &payload), false;
    e->moved = TNI_HEIGHT_MAX;
    if (cut == TNI_CUT_APPEND && above->slot + 1u != above->node->count) cut = TNI_CUT_MIDDLE;
    if (cut == TNI_CUT_AT) cut = TNI_CUT_MIDDLE;
    sequence_with(s, above->node, above->slot + 1, 0, separator, &payload);
  }
}

/* ---- digest and count ----------------------------------------------------------------------- */

static tni_digest payload_digest(uint64_t seed, tn_slice key, const tni_payload *payload) {
  if (payload->blob) return tni_entry_digest_hashed(seed, key, payload->blob->hash);
  return tni_entry_digest(seed, key, payload->value);
}

static tni_payload slot_payload(const tni_node *leaf, uint32_t slot) {
  if (tni_slot_is_blob(leaf, slot)) return (tni_payload){.blob = tni_slot_blob(leaf, slot)};
  return (tni_payload){.value = tni_slot_inline(leaf, slot)};
}

static void subtract_entry(tni_edit *e, tn_slice key, const tni_payload *payload) {
  tni_state *state = e->state;
  state->digest = tni_digest_subtract(state->digest, payload_digest(state->seeds[e->map], key, payload));
  e->root->count--;
}

static void add_entry(tni_edit *e, tn_slice key, const tni_payload *payload) {
  tni_state *state = e->state;
  state->digest = tni_digest_add(state->digest, payload_digest(state->seeds[e->map], key, payload));
  e->root->count++;
}

void tni_edit_forget(tni_edit *e, const tni_node *leaf, uint32_t slot) {
  uint8_t key[TNI_KEY_SIZE_MAX];
  tni_payload payload = slot_payload(leaf, slot);
  subtract_entry(e, (tn_slice){key, tni_key_copy(leaf, slot, key)}, &payload);
}

/* ---- put ------------------------------------------------------------------------------------ */

static bool leaf_takes(const tni_edit *e, bool exact, tn_slice key, const tni_payload *payload) {
  const tni_node *leaf = e->path[0].node;
  return exact ? tni_leaf_replace_fits(leaf, e->path[0].slot, payload) : tni_node_fits(leaf, key, payload);
}

uint32_t tni_edit_longest_key(const tni_edit *e, uint32_t level, uint32_t key_size) {
  for (; level < e->root->height; level++)
    if (tni_node_size(e->path[level].node) > key_size) key_size = tni_node_size(e->path[level].node);
  return key_size < TNI_KEY_SIZE_MAX ? key_size : TNI_KEY_SIZE_MAX;
}

static tn_status reserve_put(tni_edit *e, bool in_place, tn_slice key) {
  uint64_t need = TNI_NODE_BYTES(TNI_LEAF_CLASS) + 2 * (key.size + TNI_INLINE_MAX);
  if (e->root->height > 0) need = tni_edit_own_need(e, 0);
  if (e->root->height > 0 && !in_place) {
    const tni_node *leaf = e->path[0].node;
    uint64_t bytes = tni_node_expanded(leaf) + key.size + TNI_INLINE_MAX + 16;
    need += tni_edit_rebuild_need(e, 0, bytes, tni_edit_longest_key(e, 0, (uint32_t)key.size));
  }
  return tni_slab_reserve(&e->state->slab, need);
}

static void plant(tni_edit *e, tn_slice key, const tni_payload *payload) {
  tni_sequence s;
  tni_sequence_init(&s, 0);
  tni_sequence_add_new(&s, key, payload);
  tni_plan plan = tni_sequence_plan(&s, 0, 1);
  e->root->node = build_node(e, &s, 0, 1, &plan, 0);
  e->root->height = 1;
}

static void split_leaf(tni_edit *e, bool exact, tn_slice key, const tni_payload *payload) {
  tni_step *step = &e->path[0];
  const tni_node *leaf = step->node;
  tni_cut cut = TNI_CUT_MIDDLE;
  uint32_t cut_at = 0;
  bool run = leaf->run >= RUN_LEAST && step->slot == leaf->link + 1, last = step->slot == leaf->count;
  bool append = !exact && last && (run || on_right_edge(e));
  e->moved = 1;
  if (append && tni_edit_append(e, key, payload)) return;
  e->moved = TNI_HEIGHT_MAX;
  tni_sequence s;
  sequence_with(&s, leaf, step->slot, exact, key, payload);
  if (append)
    cut = TNI_CUT_APPEND;
  else if (!exact && run)
    cut = TNI_CUT_AT, cut_at = step->slot + 1;
  else if (!exact && tni_prefix_compare(leaf, key) != 0)
    cut = TNI_CUT_AT, cut_at = last ? step->slot : 1;
  (void)tni_edit_rebuild(e, 0, &s, cut, cut_at);
}

static void insert(tni_edit *e, bool exact, bool in_place, tn_slice key, const tni_payload *payload) {
  e->moved = in_place ? 0 : TNI_HEIGHT_MAX;
  if (e->root->height == 0) {
    plant(e, key, payload);
    return;
  }
  tni_edit_own(e, in_place ? 0 : 1);
  if (!in_place)
    split_leaf(e, exact, key, payload);
  else if (exact)
    (void)tni_leaf_replace(e->path[0].node, e->path[0].slot, payload);
  else
    tni_node_insert(e->path[0].node, e->path[0].slot, key, payload);
}

/* Stores the entry where the path leads. */
static tn_status store(tni_edit *e, bool exact, tn_slice key, tn_slice value) {
  tni_state *state = e->state;
  tni_payload payload = {.value = value}, old = {{NULL, 0}, NULL, 0};
  if (state->memory_max != 0 && state->slab.used_bytes + key.size + value.size > state->memory_max) return TN_LIMIT;
  if (value.size > TNI_INLINE_MAX) {
    payload.blob = tni_blob_create(&state->slab, value, state->generation);
    if (!payload.blob) return TN_NOMEM;
  }
  bool in_place = e->root->height > 0 && leaf_takes(e, exact, key, &payload);
  tn_status status = !in_place && e->root->height == TNI_HEIGHT_MAX ? TN_LIMIT : reserve_put(e, in_place, key);
  if (status != TN_OK) {
    if (payload.blob) tni_blob_destroy(&state->slab, payload.blob);
    return status;
  }
  if (exact) old = slot_payload(e->path[0].node, e->path[0].slot);
  if (exact) subtract_entry(e, key, &old);
  add_entry(e, key, &payload);
  insert(e, exact, in_place, key, &payload);
  if (old.blob) tni_drop_blob(state, old.blob);
  state->edits++;
  tni_ways_follow(state, e);
  return TN_OK;
}

/* No pointer of a key is NULL further down. */
static tn_slice real_key(tn_slice key) { return key.size > 0 ? key : (tn_slice){"", 0}; }

static bool holds(const tni_edit *e, tn_slice value) {
  tn_slice have = tni_leaf_value(e->path[0].node, e->path[0].slot);
  return have.size == value.size && (value.size == 0 || memcmp(have.data, value.data, value.size) == 0);
}

tn_status tni_map_put(tni_state *state, uint32_t map, tn_slice key, tn_slice value) {
  tni_finger *finger = state->finger;
  if (key.size > TNI_KEY_SIZE_MAX || value.size > TN_VALUE_SIZE_MAX) return TN_LIMIT;
  key = real_key(key);
  bool exact = tni_finger_lead(finger, map, key);
  if (exact && holds(&finger->edit, value)) return TN_OK;
  tn_status status = store(&finger->edit, exact, key, value);
  if (status == TN_OK && finger->edit.moved == 0) tni_finger_stay(finger);
  return status;
}

tn_status tni_map_insert(tni_state *state, uint32_t map, tn_slice key, tn_slice value, tn_slice *there) {
  tni_edit e;
  if (key.size > TNI_KEY_SIZE_MAX || value.size > TN_VALUE_SIZE_MAX) return TN_LIMIT;
  key = real_key(key);
  tni_edit_init(&e, state, map);
  if (e.root->height == 0 || !tni_edit_find(&e, key)) return store(&e, false, key, value);
  *there = tni_leaf_value(e.path[0].node, e.path[0].slot);
  return TN_EXISTS;
}

tn_status tni_map_load(tni_state *state, uint32_t map, tn_slice key, tn_slice value) {
  tni_edit e;
  if (key.size > TNI_KEY_SIZE_MAX || value.size > TN_VALUE_SIZE_MAX) return TN_LIMIT;
  key = real_key(key);
  tni_edit_init(&e, state, map);
  if (e.root->height > 0) {
    tni_edit_find_end(&e);
    if (tni_slot_compare(e.path[0].node, e.path[0].slot - 1, key) <= 0) return TN_INVALID;
  }
  return store(&e, false, key, value);
}

/* ---- delete --------------------------------------------------------------------------------- */

tn_status tni_map_delete(tni_state *state, uint32_t map, tn_slice key) {
  tni_edit *e = &state->finger->edit;
  if (key.size > TNI_KEY_SIZE_MAX) return TN_NOT_FOUND;
  key = real_key(key);
  if (!tni_finger_lead(state->finger, map, key)) return TN_NOT_FOUND;
  if (tni_slab_reserve(&state->slab, tni_edit_own_need(e, 0)) != TN_OK) return TN_NOMEM;
  tni_edit_own(e, 0);
  tni_node *leaf = e->path[0].node;
  tni_payload old = slot_payload(leaf, e->path[0].slot);
  subtract_entry(e, key, &old);
  tni_node_remove(leaf, e->path[0].slot, e->path[0].slot + 1);
  if (old.blob) tni_drop_blob(state, old.blob);
  tni_edit_settle(e, 0);
  state->edits++;
  return TN_OK;
}

/* Drops the entry's blob, or the child with all below it. */
static void drop_below(tni_edit *e, const tni_node *node, uint32_t slot) {
  if (node->level == 0) {
    tni_edit_forget(e, node, slot);
    if (tni_slot_is_blob(node, slot)) tni_drop_blob(e->state, tni_slot_blob(node, slot));
    return;
  }
  uint32_t number = tni_children(node)[slot];
  const tni_node *child = tni_node_at(e->state, number);
  for (uint32_t i = 0; i < child->count; i++) drop_below(e, child, i);
  tni_drop_node(e->state, number);
}

/* Whether everything below the path's node at `level` is below `to`, which is empty for "no end". */
static bool wholly_below(const tni_edit *e, uint32_t level, tn_slice to) {
  if (to.size == 0) return true;
  for (uint32_t at = level + 1; at < e->root->height; at++)
    if (e->path[at].slot + 1u < e->path[at].node->count)
      return tni_slot_compare(e->path[at].node, e->path[at].slot + 1, to) >= 0;
  return false;
}

/* The first slot at `level`, behind the path's, that is not wholly below `to`. */
static uint32_t range_end(const tni_edit *e, uint32_t level, tn_slice to) {
  const tni_node *node = e->path[level].node;
  bool exact;
  if (wholly_below(e, level, to)) return node->count;
  return level == 0 ? tni_leaf_find(node, to, &exact) : tni_inner_find(node, to);
}

/* Removes as much as hangs together in one node from the path's leaf slot on. */
static tn_status remove_some(tni_edit *e, tn_slice to) {
  uint32_t level = 0, end = range_end(e, 0, to);
  while (e->path[level].slot == 0 && end == e->path[level].node->count && level + 1 < e->root->height) {
    level++;
    end = range_end(e, level, to);
    if (end <= e->path[level].slot) end = e->path[level].slot + 1;
  }
  if (tni_slab_reserve(&e->state->slab, tni_edit_own_need(e, level)) != TN_OK) return TN_NOMEM;
  tni_edit_own(e, level);
  tni_step *step = &e->path[level];
  for (uint32_t i = step->slot; i < end; i++) drop_below(e, step->node, i);
  tni_node_remove(step->node, step->slot, end);
  tni_edit_settle(e, level);
  e->state->edits++;
  return TN_OK;
}

tn_status tni_map_delete_range(tni_state *state, uint32_t map, tn_slice from, tn_slice to, uint64_t *count) {
  tni_edit e;
  tn_status status = TN_OK;
  tni_edit_init(&e, state, map);
  uint64_t before = e.root->count;
  from = real_key(from);
  while (status == TN_OK && e.root->height > 0) {
    (void)tni_edit_find(&e, from);
    if (e.path[0].slot == e.path[0].node->count && !tni_edit_next_leaf(&e)) break;
    if (to.size > 0 && tni_slot_compare(e.path[0].node, e.path[0].slot, to) <= 0) break;
    status = remove_some(&e, to);
  }
  if (status == TN_OK && count) *count = before - e.root->count;
  return status;
}
