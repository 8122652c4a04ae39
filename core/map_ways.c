#include "map_ways.h"

#include "map_search.h"

/* Less than one lookup alone fetches: what many fetch at the same time holds each other up. */
#define INNER_LINES 3
#define LEAF_LINES 2
#define RECORD_LINES 2
#define ROOM_LINES 2 /* where an entry that is added goes, at the end of what is free */
#define NEAR 3       /* so many entries before its turn a leaf is looked into, and what is needed of it fetched */

static bool are_good(const tni_state *state) {
  return state->ways && state->exclusive && state->ways->edits == state->edits;
}

/* ---- finding -------------------------------------------------------------------------------- */

/* Without memory nothing is remembered. */
static tni_ways *ways_of(tni_state *state) {
  if (!state->ways) state->ways = (tni_ways *)tni_alloc_zero(state->memory, sizeof *state->ways);
  if (state->ways && !are_good(state)) {
    for (uint32_t i = 0; i < 2; i++) state->ways->groups[i].count = state->ways->groups[i].at = 0;
    state->ways->edits = state->edits;
  }
  return state->ways;
}

static bool begin_way(tni_way *way, tni_root *root, tn_slice key) {
  if (key.size == 0 || key.size > TNI_WAY_KEY_MAX) return false;
  way->root = root;
  way->key_size = (uint32_t)key.size;
  memcpy(way->key, key.data, key.size);
  return true;
}

static tn_slice key_of(const tni_way *way) { return (tn_slice){way->key, way->key_size}; }

static void enter(tni_way *way, const tni_directory *directory, uint32_t level, uint32_t number) {
  way->path[level].number = number;
  way->path[level].node = tni_node_in(directory, number);
}

/* Each level of all ways together, and nothing but fetching in a loop: so memory, and pages, are waited for at the
 * same time. */
static void lead(const tni_state *state, tni_way *ways, uint32_t count, const tni_root *root) {
  const tni_directory *directory = tni_directory_of(state);
  for (uint32_t i = 0; i < count; i++) enter(&ways[i], directory, root->height - 1, root->node);
  for (uint32_t level = root->height - 1; level > 0; level--) {
    for (uint32_t i = 0; i < count; i++)
      ways[i].path[level].slot = tni_search_inner(ways[i].path[level].node, key_of(&ways[i]));
    for (uint32_t i = 0; i < count; i++) {
      const tni_step *step = &ways[i].path[level];
      enter(&ways[i], directory, level - 1, tni_children(step->node)[step->slot]);
      tni_prefetch(ways[i].path[level - 1].node, level > 1 ? INNER_LINES : LEAF_LINES);
    }
  }
}

void tni_map_expect(tni_state *state, uint32_t map, const tn_slice *keys, size_t count) {
  tni_root *root = &state->roots[map];
  tni_ways *ways = state->exclusive ? ways_of(state) : NULL;
  if (!ways || root->height == 0 || root->height > TNI_WAY_HEIGHT_MAX) return;
  tni_way_group *group = &ways->groups[!ways->turn];
  uint32_t from = group->count;
  for (size_t i = 0; i < count && group->count < TNI_WAYS; i++)
    if (begin_way(&group->ways[group->count], root, keys[i])) group->count++;
  lead(state, group->ways + from, group->count - from, root);
}

/* ---- fetching ------------------------------------------------------------------------------- */

/* What is put into the leaf will split it, if it is as large as what is there. */
static bool is_full(const tni_node *leaf) {
  return tni_node_gap(leaf) * leaf->count < tni_node_size(leaf) - leaf->heap;
}

/* What an edit of the key's entry, or the one that adds it, looks at in the leaf. */
static void fetch_place(const tni_way_group *group, uint32_t i) {
  if (i >= group->count || !group->ways[i].root) return;
  const tni_node *leaf = group->ways[i].path[0].node;
  tni_span span = tni_search_leaf(leaf, key_of(&group->ways[i]));
  if (span.from < span.to)
    tni_prefetch(tni_slot_rest(leaf, (span.from + span.to) / 2), RECORD_LINES);
  else if (is_full(leaf))
    tni_prefetch(leaf, TNI_LEAF_LINES);
  else
    tni_prefetch((const uint8_t *)leaf + leaf->heap - ROOM_LINES * TNI_LINE, ROOM_LINES);
}

void tni_map_expect_now(tni_state *state) {
  tni_ways *ways = ways_of(state);
  if (!ways) return;
  ways->groups[ways->turn].count = ways->groups[ways->turn].at = 0;
  ways->turn = !ways->turn;
  for (uint32_t i = 0; i < NEAR; i++) fetch_place(&ways->groups[ways->turn], i);
}

/* ---- using ---------------------------------------------------------------------------------- */

static bool leads_to(const tni_way *way, const tni_root *root, tn_slice key) {
  return way->root == root && way->key_size == key.size && memcmp(way->key, key.data, key.size) == 0;
}

const tni_way *tni_ways_take(tni_state *state, const tni_root *root, tn_slice key) {
  if (!are_good(state)) return NULL;
  tni_way_group *group = &state->ways->groups[state->ways->turn];
  for (uint32_t i = group->at; i < group->count; i++) {
    if (!leads_to(&group->ways[i], root, key)) continue;
    for (; group->at <= i; group->at++) fetch_place(group, group->at + NEAR);
    return &group->ways[i];
  }
  return NULL;
}

static void forget_below(tni_way_group *group, const tni_node *parent) {
  for (uint32_t i = group->at; i < group->count; i++)
    if (group->ways[i].path[1].node == parent) group->ways[i].root = NULL;
}

void tni_ways_follow(tni_state *state, const tni_edit *e) {
  if (!state->ways || !state->exclusive || state->ways->edits + 1 != state->edits) return;
  if (e->moved > 1 || (e->moved == 1 && e->root->height < 2)) return;
  state->ways->edits = state->edits;
  for (uint32_t i = 0; e->moved > 0 && i < 2; i++) forget_below(&state->ways->groups[i], e->path[1].node);
}
