/* map_load.c - entries that go behind all others: a full leaf is left as it lies, and the next one begun. */
#include <assert.h>

#include "map_edit.h"
#include "map_fill.h"
#include "try.h"

/* Whether the leaf stays as it is when the key goes behind it: it has no room for it in any shape. */
static bool is_full_for(const tni_node *leaf, tn_slice key) {
  return leaf->dead == 0 && leaf->count + 1u >= TNI_LARGE_COUNT_MAX && tni_prefix_compare(leaf, key) == 0;
}

static uint32_t make_leaf(tni_state *state, uint32_t prefix_size, tn_slice key, const tni_payload *payload) {
  uint32_t bytes = payload->blob ? (uint32_t)sizeof payload->blob : (uint32_t)payload->value.size;
  tni_plan plan = {.bytes = TNI_NODE_HEADER + (uint32_t)key.size + 4 + 2 * 4 + TNI_INLINE_HEADER + bytes};
  uint32_t number = tni_slab_take(&state->slab, tni_plan_class(&plan, TNI_LEAF_CLASS));
  tni_node *leaf = tni_node_at(state, number);
  tni_node_init(leaf, state->generation, 0, false, prefix_size);
  memcpy(leaf->bytes, key.data, prefix_size);
  tni_node_insert(leaf, 0, key, payload);
  return number;
}

bool tni_edit_append(tni_edit *e, tn_slice key, const tni_payload *payload) {
  uint8_t last[TNI_KEY_SIZE_MAX];
  const tni_node *leaf = e->path[0].node;
  const tni_step *above = &e->path[1];
  if (e->root->height < 2 || !is_full_for(leaf, key)) return false;
  uint32_t shared = tni_common_prefix((tn_slice){last, tni_key_copy(leaf, leaf->count - 1u, last)}, key);
  tni_payload child = {{NULL, 0}, NULL, 0};
  tn_slice separator = {key.data, shared + 1};
  if (!tni_node_fits(above->node, separator, &child)) return false;
  child.child = make_leaf(e->state, shared, key, payload);
  tni_node_insert(above->node, above->slot + 1, separator, &child);
  return true;
}

/* ---- many in order -------------------------------------------------------------------------- */

void tni_loader_init(tni_loader *loader, tni_state *state, uint32_t map) {
  *loader = (tni_loader){.state = state, .map = map};
}

static void note_leaf(tni_loader *loader) {
  tni_edit e;
  tni_edit_init(&e, loader->state, loader->map);
  tni_edit_find_end(&e);
  loader->leaf = e.path[0].node;
}

/* Whether the entry goes into the leaf where the last one went, and nothing else has to be done. */
static bool goes_along(const tni_loader *loader, tn_slice key, const tni_payload *payload) {
  const tni_node *leaf = loader->leaf;
  if (!leaf || loader->state->memory_max != 0) return false;
  if (key.size == 0 || key.size > TNI_KEY_SIZE_MAX || payload->value.size > TNI_INLINE_MAX) return false;
  return tni_node_fits(leaf, key, payload) && tni_slot_compare(leaf, leaf->count - 1u, key) > 0;
}

tn_status tni_loader_put(tni_loader *loader, tn_slice key, tn_slice value) {
  tni_state *state = loader->state;
  tni_payload payload = {.value = value};
  if (!goes_along(loader, key, &payload)) {
    tn_status status = tni_map_load(state, loader->map, key, value);
    if (status == TN_OK) note_leaf(loader);
    return status;
  }
  assert(loader->leaf->birth == state->generation);
  state->digest = tni_digest_add(state->digest, tni_entry_digest(state->seeds[loader->map], key, value));
  state->roots[loader->map].count++;
  tni_node_insert(loader->leaf, loader->leaf->count, key, &payload);
  state->edits++;
  return TN_OK;
}

/* ---- whole leaves --------------------------------------------------------------------------- */

/* Leads the edit to the last leaf, below which a new one may hang, and says how many bytes the key, which is above
 * all there are, shares with the last one. */
static bool find_place(tni_edit *e, tn_slice key, uint32_t *shared) {
  uint8_t last[TNI_KEY_SIZE_MAX];
  if (e->root->height < 2) return false;
  tni_edit_find_end(e);
  const tni_node *leaf = e->path[0].node;
  if (tni_slot_compare(leaf, leaf->count - 1u, key) <= 0) return false;
  *shared = tni_common_prefix((tn_slice){last, tni_key_copy(leaf, leaf->count - 1u, last)}, key);
  return true;
}

static tni_node *hang_leaf(tni_edit *e, tn_slice separator, uint8_t size_class) {
  tni_payload child = {.child = tni_slab_take(&e->state->slab, size_class)};
  tni_node_insert(e->path[1].node, e->path[1].slot + 1, separator, &child);
  return tni_node_at(e->state, child.child);
}

/* Puts the first of the entries into a leaf of their own behind all others, where that is all there is to do, and
 * says how many went in. */
static uint32_t append_leaf(tni_loader *loader, const tni_entry *entries, size_t count) {
  const tni_payload child = {{NULL, 0}, NULL, 0};
  tni_edit e;
  uint32_t shared;
  tni_edit_init(&e, loader->state, loader->map);
  if (!find_place(&e, entries[0].key, &shared)) return 0;
  tn_slice separator = {entries[0].key.data, shared + 1};
  tni_fill_plan chosen = tni_fill_choose(entries, count, shared);
  if (chosen.count == 0 || !tni_node_fits(e.path[1].node, separator, &child)) return 0;
  uint8_t size_class = tni_plan_class(&chosen.plan, TNI_LEAF_CLASS);
  uint64_t need = tni_edit_own_need(&e, 1) + TNI_NODE_BYTES(size_class);
  if (tni_slab_reserve(&e.state->slab, need) != TN_OK) return 0;
  tni_edit_own(&e, 1);
  loader->leaf = hang_leaf(&e, separator, size_class);
  tni_fill_leaf(loader->leaf, e.state->generation, entries, &chosen);
  e.root->count += chosen.count;
  e.state->edits += chosen.count;
  return chosen.count;
}

/* One, as tni_loader_put_many() promises. */
static tn_status put_one(tni_loader *loader, const tni_entry *entry) {
  tni_digest before = loader->state->digest;
  TRY(tni_loader_put(loader, entry->key, entry->value));
  if (entry->value.size <= TNI_INLINE_MAX) loader->state->digest = before;
  return TN_OK;
}

tn_status tni_loader_put_many(tni_loader *loader, const tni_entry *entries, size_t count) {
  for (size_t i = 0; i < count;) {
    tni_payload payload = {.value = entries[i].value};
    bool alone = loader->state->memory_max != 0 || goes_along(loader, entries[i].key, &payload);
    uint32_t together = alone ? 0 : append_leaf(loader, entries + i, count - i);
    if (together == 0) TRY(put_one(loader, &entries[i]));
    i += together > 0 ? together : 1;
  }
  return TN_OK;
}

void tni_loader_add_digest(tni_loader *loader, tni_digest digest) {
  loader->state->digest = tni_digest_add(loader->state->digest, digest);
}
