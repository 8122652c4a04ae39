#include <inttypes.h>

#include "map_internal.h"

typedef struct walk {
  const tni_state *state;
  tn_error *error;
  uint32_t map;
  uint8_t *seen; /* a bit for each node number */
  uint64_t entries, bytes;
  bool working; /* the writer checks its own state */
} walk;

/* What must hold for a node by its place: low <= keys < high; {NULL, 0} is no bound. */
typedef struct place {
  uint32_t number;
  uint32_t level;
  uint64_t birth_max;
  tn_slice low, high;
} place;

static tn_status broken(const walk *w, uint32_t number, const char *what) {
  return tn_error_set(w->error, TN_CORRUPT, NULL, "map %" PRIu32 ", node %" PRIu32 ": %s", w->map, number, what);
}

/* ---- one node ------------------------------------------------------------------------------- */

static const char *header_fault(const tni_node *node, const place *at) {
  if (node->level != at->level) return "its level is not its parent's less one";
  if (node->size_class >= TNI_NODE_CLASSES) return "there is no such size class";
  if (node->count == 0 || node->count > TNI_NODE_COUNT_MAX) return "its count is out of range";
  if (node->birth > at->birth_max) return "it is younger than what refers to it";
  if (node->birth == 0) return "it has no birth";
  if (node->heap > tni_node_size(node)) return "its heap begins behind its end";
  uint32_t arrays_end = tni_heads_offset(node) + 4 * tni_node_arrays(node) * node->count;
  if (node->prefix_size > TNI_KEY_SIZE_MAX || arrays_end > node->heap) return "its arrays overlap its heap";
  if (node->brief && (node->level == 0 || node->heap != tni_node_size(node))) return "it cannot be brief";
  return NULL;
}

static const char *slot_fault(const tni_node *node, uint32_t i) {
  if (node->brief) return NULL;
  uint32_t slot = tni_slots_of(node)[i], offset = slot & 0xffff, size = tni_node_size(node);
  if (tni_slot_key_size(node, i) > TNI_KEY_SIZE_MAX) return "a key is too long";
  bool empty = node->level > 0 && tni_rest_size(tni_tail_size(node, i)) == 0;
  if (!empty && (offset < node->heap || offset + (node->level > 0 ? 1 : 2) > size))
    return "a record lies outside the heap";
  if (!empty && offset + tni_slot_record_size(node, i) > size) return "a record ends behind the node";
  return NULL;
}

static const char *heap_fault(const tni_node *node) {
  uint32_t records = 0;
  for (uint32_t i = 0; i < node->count; i++) {
    const char *fault = slot_fault(node, i);
    if (fault) return fault;
    records += tni_slot_record_size(node, i);
  }
  return records + node->dead != tni_node_size(node) - node->heap ? "its records do not add up to its heap" : NULL;
}

static int compare(tn_slice a, tn_slice b) {
  size_t common = a.size < b.size ? a.size : b.size;
  int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static const char *order_fault(const tni_node *node, const place *at) {
  uint8_t bytes[TNI_KEY_SIZE_MAX];
  for (uint32_t i = node->level > 0; i < node->count; i++) {
    tn_slice key = {bytes, tni_key_copy(node, i, bytes)};
    if (at->low.data && compare(key, at->low) < 0) return "a key is below its range";
    if (at->high.data && compare(key, at->high) >= 0) return "a key is above its range";
    if (i > 0 && i + 1u < node->count && tni_slot_compare(node, i + 1, key) >= 0) return "its keys are not in order";
    if (tni_slot_compare(node, i, key) != 0) return "a key does not equal itself";
  }
  if (node->level == 0 && node->count > 1) {
    tn_slice key = {bytes, tni_key_copy(node, 0, bytes)};
    if (tni_slot_compare(node, 1, key) >= 0) return "its keys are not in order";
  }
  return NULL;
}

static const char *blob_fault(walk *w, const tni_node *leaf) {
  for (uint32_t i = 0; i < leaf->count; i++) {
    if (!tni_slot_is_blob(leaf, i)) continue;
    const tni_blob *blob = tni_slot_blob(leaf, i);
    if (blob->birth > leaf->birth) return "a value is younger than its leaf";
    if (blob->size <= TNI_INLINE_MAX) return "a small value lies outside";
    tni_digest hash = tni_value_hash((tn_slice){blob->bytes, blob->size});
    if (hash.low != blob->hash.low || hash.high != blob->hash.high) return "a value does not have its hash";
    w->bytes += tni_blob_bytes(blob);
  }
  return NULL;
}

/* ---- the tree ------------------------------------------------------------------------------- */

static tn_status check_number(walk *w, uint32_t number) {
  if (number == 0 || number >= w->state->slab.segment_count * TNI_SEGMENT_UNITS)
    return broken(w, number, "there is no such node");
  uint8_t bit = (uint8_t)(1u << number % 8);
  if (w->seen[number / 8] & bit) return broken(w, number, "it is used twice");
  w->seen[number / 8] |= bit;
  return TN_OK;
}

static tn_status check_node(walk *w, const place *at);

static tn_status check_children(walk *w, const tni_node *node, const place *at) {
  uint8_t keys[2][TNI_KEY_SIZE_MAX];
  tn_slice low = at->low;
  for (uint32_t i = 0; i < node->count; i++) {
    tn_slice high = at->high;
    if (i + 1u < node->count) high = (tn_slice){keys[i % 2], tni_key_copy(node, i + 1, keys[i % 2])};
    place below = {tni_children(node)[i], node->level - 1u, node->birth, low, high};
    tn_status status = check_node(w, &below);
    if (status != TN_OK) return status;
    low = high;
  }
  return TN_OK;
}

static tn_status check_node(walk *w, const place *at) {
  tn_status status = check_number(w, at->number);
  if (status != TN_OK) return status;
  const tni_node *node = tni_node_at(w->state, at->number);
  const char *fault = header_fault(node, at);
  if (!fault) fault = heap_fault(node);
  if (!fault) fault = order_fault(node, at);
  if (!fault && node->level == 0) fault = blob_fault(w, node);
  if (fault) return broken(w, at->number, fault);
  w->bytes += tni_node_size(node);
  if (node->level > 0) return check_children(w, node, at);
  w->entries += node->count;
  return TN_OK;
}

static tn_status check_map(walk *w, tni_root root) {
  w->entries = 0;
  if ((root.node == 0) != (root.height == 0)) return broken(w, root.node, "the root's height does not fit it");
  if (root.height > TNI_HEIGHT_MAX) return broken(w, root.node, "the tree is too high");
  if (root.node != 0) {
    /* Of the working state's generation only the writer may ask; a version's root is its youngest node. */
    uint64_t newest = w->working ? w->state->generation : tni_node_at(w->state, root.node)->birth;
    place at = {root.node, root.height - 1, newest, {NULL, 0}, {NULL, 0}};
    tn_status status = check_node(w, &at);
    if (status != TN_OK) return status;
  }
  return w->entries == root.count ? TN_OK : broken(w, root.node, "the root's count is not what is there");
}

tn_status tni_state_check(const tni_state *state, const tni_root *roots, tn_error *error) {
  size_t seen_size = (size_t)state->slab.segment_count * TNI_SEGMENT_UNITS / 8 + 1;
  walk w = {.state = state,
            .working = roots == state->roots,
            .error = error,
            .seen = (uint8_t *)tni_alloc_zero(state->memory, seen_size)};
  if (!w.seen) return tn_error_set(error, TN_NOMEM, NULL, "no memory to check the maps");
  tn_status status = TN_OK;
  for (; w.map < state->map_count && status == TN_OK; w.map++) status = check_map(&w, roots[w.map]);
  if (status == TN_OK && w.working && w.bytes != state->slab.used_bytes - state->retired_bytes)
    status = tn_error_set(error, TN_CORRUPT, NULL, "the maps hold %" PRIu64 " bytes, %" PRIu64 " are counted as live",
                          w.bytes, state->slab.used_bytes - state->retired_bytes);
  tni_free(state->memory, w.seen, seen_size);
  return status;
}
