/* Sorting what is collected: all of it by merging, or with a limit the first ones by a heap whose top is the last of
 * them. Equals are told apart by the order they came in. */
#include "order.h"
#include "sort.h"

#define FIRST_CAPACITY 64

/* In one piece of memory with its payload and its keys' bytes, in that order. */
typedef struct entry {
  uint64_t number;
  size_t capacity; /* of `bytes` */
  size_t payload;  /* its size */
  tn_value *keys;
  _Alignas(16) uint8_t bytes[];
} entry;

struct tni_sorter {
  tni_pool *pool;
  const tni_sort *sort;
  uint64_t limit;
  uint64_t numbers;
  entry **entries;
  size_t count;
  size_t capacity;
  size_t next;
};

tn_status tni_sorter_create(tni_pool *pool, const tni_sort *sort, uint64_t limit, tni_sorter **out) {
  tni_sorter *sorter = tni_pool_alloc(pool, sizeof *sorter);
  if (!sorter) return tni_pool_full(pool);
  *sorter = (tni_sorter){.pool = pool, .sort = sort, .limit = limit};
  *out = sorter;
  return TN_OK;
}

/* ---- entries ---------------------------------------------------------------------------------- */

static size_t aligned(size_t size) { return (size + 15) / 16 * 16; }

static size_t keys_size(const tni_sorter *s) { return aligned(s->sort->count * sizeof(tn_value)); }

static size_t size_for(const tni_sorter *s, const tn_value *keys, tn_slice payload) {
  size_t size = aligned(payload.size) + keys_size(s);
  for (uint32_t i = 0; i < s->sort->count; i++) size += keys[i].size;
  return size;
}

static entry *new_entry(tni_sorter *s, size_t size) {
  entry *e = tni_pool_alloc(s->pool, sizeof *e + size);
  if (e) e->capacity = size;
  return e;
}

static void fill(const tni_sorter *s, entry *e, uint64_t number, const tn_value *keys, tn_slice payload) {
  uint8_t *to = e->bytes + aligned(payload.size);
  e->number = number;
  e->payload = payload.size;
  if (payload.size > 0) memcpy(e->bytes, payload.data, payload.size);
  e->keys = (tn_value *)(void *)to;
  to += keys_size(s);
  for (uint32_t i = 0; i < s->sort->count; i++) {
    if (keys[i].size > 0) memcpy(to, keys[i].data, keys[i].size);
    e->keys[i] = (tn_value){keys[i].size > 0 ? to : NULL, keys[i].size};
    to += keys[i].size;
  }
}

static int compare_entries(void *arg, const void *a, const void *b) {
  const tni_sorter *s = arg;
  const entry *x = a, *y = b;
  int order = tni_sort_compare(s->pool->ctx, s->sort, x->keys, y->keys);
  return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* ---- the heap --------------------------------------------------------------------------------- */

static void sift_down(tni_sorter *s, size_t at) {
  entry *moved = s->entries[at];
  for (size_t child; (child = 2 * at + 1) < s->count; at = child) {
    if (child + 1 < s->count && compare_entries(s, s->entries[child], s->entries[child + 1]) < 0) child++;
    if (compare_entries(s, moved, s->entries[child]) >= 0) break;
    s->entries[at] = s->entries[child];
  }
  s->entries[at] = moved;
}

static void make_heap(tni_sorter *s) {
  for (size_t i = s->count / 2; i > 0; i--) sift_down(s, i - 1);
}

/* The top's memory is used again where it is enough; else twice what is needed, so that it soon is. */
static tn_status replace_top(tni_sorter *s, const tn_value *keys, tn_slice payload) {
  size_t size = size_for(s, keys, payload);
  entry *e = s->entries[0]->capacity >= size ? s->entries[0] : new_entry(s, 2 * size);
  if (!e) return tni_pool_full(s->pool);
  fill(s, e, s->numbers, keys, payload);
  s->entries[0] = e;
  sift_down(s, 0);
  return TN_OK;
}

/* ---- collecting ------------------------------------------------------------------------------- */

static tn_status grow(tni_sorter *s) {
  size_t capacity = s->capacity == 0 ? FIRST_CAPACITY : 2 * s->capacity;
  entry **entries = tni_pool_alloc(s->pool, capacity * sizeof *entries);
  if (!entries) return tni_pool_full(s->pool);
  if (s->count > 0) memcpy(entries, s->entries, s->count * sizeof *entries);
  s->entries = entries;
  s->capacity = capacity;
  return TN_OK;
}

static tn_status append(tni_sorter *s, const tn_value *keys, tn_slice payload) {
  if (s->count == s->capacity) TRY(grow(s));
  entry *e = new_entry(s, size_for(s, keys, payload));
  if (!e) return tni_pool_full(s->pool);
  fill(s, e, s->numbers, keys, payload);
  s->entries[s->count++] = e;
  if (s->count == s->limit) make_heap(s);
  return TN_OK;
}

static bool is_full(const tni_sorter *s) { return s->limit > 0 && s->count == s->limit; }

tn_status tni_sorter_add(tni_sorter *sorter, const tn_value *keys, tn_slice payload) {
  sorter->numbers++;
  if (!is_full(sorter)) return append(sorter, keys, payload);
  if (tni_sort_compare(sorter->pool->ctx, sorter->sort, keys, sorter->entries[0]->keys) >= 0) return TN_OK;
  return replace_top(sorter, keys, payload);
}

tn_status tni_sorter_finish(tni_sorter *sorter) {
  size_t count = sorter->count;
  const void **room = tni_pool_alloc(sorter->pool, count * sizeof *room);
  if (!room) return tni_pool_full(sorter->pool);
  return tni_order(sorter->pool->ctx, (const void **)(void *)sorter->entries, room, count, compare_entries, sorter);
}

tn_status tni_sorter_next(tni_sorter *sorter, tn_slice *payload) {
  if (sorter->next == sorter->count) return TN_NOT_FOUND;
  const entry *e = sorter->entries[sorter->next++];
  *payload = (tn_slice){e->bytes, e->payload};
  return TN_OK;
}
