#include "map_node.h"

#include <assert.h>

#ifdef __x86_64__
#define HAVE_AVX2 1
#include <immintrin.h>
#endif

/* ---- keys ----------------------------------------------------------------------------------- */

void tni_key_read(const tni_node *n, uint32_t slot, uint32_t from, uint32_t to, uint8_t *out) {
  uint32_t head_at = n->prefix_size, rest_at = head_at + TNI_HEAD_SIZE;
  if (from < head_at) {
    uint32_t end = to < head_at ? to : head_at;
    memcpy(out, n->bytes + from, end - from);
    out += end - from;
    from = end;
  }
  uint32_t head = tni_heads(n)[slot];
  if (from == head_at && to >= rest_at) {
    tni_store_be32(out, head);
    out += TNI_HEAD_SIZE;
    from = rest_at;
  }
  for (; from < to && from < rest_at; from++) *out++ = (uint8_t)(head >> (24 - 8 * (from - head_at)));
  if (from < to) memcpy(out, tni_slot_rest(n, slot) + (from - rest_at), to - from);
}

uint32_t tni_key_copy(const tni_node *n, uint32_t slot, uint8_t *out) {
  uint32_t size = tni_slot_key_size(n, slot);
  tni_key_read(n, slot, 0, size, out);
  return size;
}

uint32_t tni_common_prefix(tn_slice a, tn_slice b) {
  const uint8_t *x = (const uint8_t *)a.data, *y = (const uint8_t *)b.data;
  size_t end = a.size < b.size ? a.size : b.size, i = 0;
  while (i < end && x[i] == y[i]) i++;
  return (uint32_t)i;
}

/* ---- search --------------------------------------------------------------------------------- */

static int compare_long_prefix(const tni_node *n, tn_slice key) {
  size_t common = key.size < n->prefix_size ? key.size : n->prefix_size;
  int order = common > 0 ? memcmp(key.data, n->bytes, common) : 0;
  return order != 0 ? order : key.size < n->prefix_size ? -1 : 0;
}

static inline int compare_prefix(const tni_node *n, tn_slice key) {
  if (n->prefix_size == 0) return 0;
  if (n->prefix_size > 8 || key.size < 8) return compare_long_prefix(n, key);
  unsigned unused = 64 - 8u * n->prefix_size;
  uint64_t a = tni_load_be64((const uint8_t *)key.data) >> unused, b = tni_load_be64(n->bytes) >> unused;
  return (a > b) - (a < b);
}

int tni_prefix_compare(const tni_node *n, tn_slice key) { return compare_prefix(n, key); }

#ifdef HAVE_AVX2
/* Eight at a time; the last, incomplete eight are loaded by a mask. */
__attribute__((target("avx2"))) static uint32_t count_below_avx2(const uint32_t *sorted, uint32_t count, uint32_t x) {
  const __m256i flip = _mm256_set1_epi32(INT32_MIN), lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i key = _mm256_xor_si256(_mm256_set1_epi32((int32_t)x), flip);
  __m256i below = _mm256_setzero_si256();
  uint32_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256i eight = _mm256_loadu_si256((const __m256i *)(const void *)(sorted + i));
    below = _mm256_sub_epi32(below, _mm256_cmpgt_epi32(key, _mm256_xor_si256(eight, flip)));
  }
  __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)(count - i)), lanes);
  __m256i rest = _mm256_maskload_epi32((const int *)(const void *)(sorted + i), mask);
  __m256i is_below = _mm256_and_si256(mask, _mm256_cmpgt_epi32(key, _mm256_xor_si256(rest, flip)));
  below = _mm256_sub_epi32(below, is_below);
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(below), _mm256_extracti128_si256(below, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
  return (uint32_t)_mm_cvtsi128_si32(four);
}
#endif

#define FLAT_MAX 64 /* numbers that are faster counted all than searched */

/* How many of the sorted numbers are below `x`; without branches that depend on them. */
static inline uint32_t count_below(const uint32_t *sorted, uint32_t count, uint32_t x) {
  uint32_t at = 0;
#ifdef HAVE_AVX2
  if (__builtin_cpu_supports("avx2")) {
    for (; count > FLAT_MAX; count -= count / 2) at += count / 2 & -(uint32_t)(sorted[at + count / 2 - 1] < x);
    return at + count_below_avx2(sorted + at, count, x);
  }
#endif
  for (; count > 1; count -= count / 2) at += count / 2 & -(uint32_t)(sorted[at + count / 2 - 1] < x);
  return at + (count == 1 && sorted[at] < x);
}
static inline uint32_t count_upto(const uint32_t *sorted, uint32_t count, uint32_t x) {
  return x == UINT32_MAX ? count : count_below(sorted, count, x + 1);
}

/* The order of `tail`, a key behind the prefix, and a slot with the same head. */
static inline int compare_tail(const tni_node *n, uint32_t slot, const uint8_t *tail, uint32_t size) {
  uint32_t have = tni_tail_size(n, slot);
  uint32_t a = tni_rest_size(size), b = tni_rest_size(have), common = a < b ? a : b;
  int order = common > 0 ? memcmp(tail + TNI_HEAD_SIZE, tni_slot_rest(n, slot), common) : 0;
  return order != 0 ? order : (size > have) - (size < have);
}

int tni_slot_compare(const tni_node *n, uint32_t slot, tn_slice key) {
  int order = compare_prefix(n, key);
  if (order != 0) return order;
  const uint8_t *tail = (const uint8_t *)key.data + n->prefix_size;
  uint32_t size = (uint32_t)key.size - n->prefix_size;
  uint32_t head = tni_head(tail, size), have = tni_heads(n)[slot];
  return head != have ? (head > have) - (head < have) : compare_tail(n, slot, tail, size);
}

/* The first slot in [low, high), which all have the key's head, that is not below it. */
static uint32_t find_among_ties(const tni_node *n, uint32_t low, uint32_t high, const uint8_t *tail, uint32_t size,
                                bool *exact) {
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    int order = compare_tail(n, middle, tail, size);
    if (order == 0) return *exact = true, middle;
    if (order > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

tni_span tni_leaf_narrow(const tni_node *leaf, tn_slice key) {
  int order = compare_prefix(leaf, key);
  if (order != 0) return order < 0 ? (tni_span){0, 0} : (tni_span){leaf->count, leaf->count};
  uint32_t head = tni_head((const uint8_t *)key.data + leaf->prefix_size, key.size - leaf->prefix_size);
  const uint32_t *heads = tni_heads(leaf);
  uint32_t at = count_below(heads, leaf->count, head);
  if (at == leaf->count || heads[at] != head) return (tni_span){at, at};
  uint32_t ties = at + 1 == leaf->count || heads[at + 1] != head ? 1 : count_upto(heads + at, leaf->count - at, head);
  return (tni_span){at, at + ties};
}

uint32_t tni_leaf_decide(const tni_node *leaf, tni_span span, tn_slice key, bool *exact) {
  if (span.from == span.to) return span.from;
  const uint8_t *tail = (const uint8_t *)key.data + leaf->prefix_size;
  return find_among_ties(leaf, span.from, span.to, tail, (uint32_t)key.size - leaf->prefix_size, exact);
}

uint32_t tni_leaf_find(const tni_node *leaf, tn_slice key, bool *exact) {
  *exact = false;
  return tni_leaf_decide(leaf, tni_leaf_narrow(leaf, key), key, exact);
}

uint32_t tni_inner_find(const tni_node *inner, tn_slice key) {
  int order = compare_prefix(inner, key);
  if (order != 0) return order < 0 ? 0 : inner->count - 1u;
  const uint8_t *tail = (const uint8_t *)key.data + inner->prefix_size;
  uint32_t size = (uint32_t)key.size - inner->prefix_size;
  uint32_t head = tni_head(tail, size);
  const uint32_t *separators = tni_heads(inner) + 1;
  uint32_t at = count_upto(separators, inner->count - 1u, head);
  if (inner->brief || at == 0 || separators[at - 1] != head) return at;
  uint32_t low = count_below(separators, at, head);
  bool exact = false;
  uint32_t slot = find_among_ties(inner, low + 1, at + 1, tail, size, &exact);
  return exact ? slot : slot - 1;
}

/* ---- edits in place ------------------------------------------------------------------------- */

uint32_t tni_slot_record_size(const tni_node *n, uint32_t slot) {
  if (n->brief || (n->level > 0 && slot == 0)) return 0;
  uint32_t rest = tni_rest_size(tni_tail_size(n, slot));
  if (n->level > 0) return rest;
  if (tni_slot_is_blob(n, slot)) return rest + (uint32_t)sizeof(struct tni_blob *);
  return rest + TNI_INLINE_HEADER + (uint32_t)tni_slot_inline(n, slot).size;
}

/* A separator that a brief node can hold. */
static bool is_brief(const uint8_t *tail, uint32_t size) {
  return size <= TNI_HEAD_SIZE && (size == 0 || tail[size - 1] != 0);
}

static bool may_expand(const tni_node *n, uint32_t more) { return tni_node_expanded(n) + more <= TNI_EXPANDED_MAX; }

bool tni_node_fits(const tni_node *n, tn_slice key, const tni_payload *payload) {
  if (n->count >= TNI_NODE_COUNT_MAX || compare_prefix(n, key) != 0) return false;
  uint32_t size = (uint32_t)key.size - n->prefix_size;
  if (n->brief && !is_brief((const uint8_t *)key.data + n->prefix_size, size)) return false;
  uint32_t more = 4u * tni_node_arrays(n) + tni_record_size(n, size, payload);
  return more <= tni_node_gap(n) && may_expand(n, more + n->prefix_size);
}

static void open_slot(tni_node *n, uint32_t at) {
  uint32_t *heads = tni_heads_edit(n), count = n->count;
  for (uint32_t i = tni_node_arrays(n); i-- > 0;) {
    uint32_t *from = heads + i * count, *to = heads + i * (count + 1);
    memmove(to + at + 1, from + at, (count - at) * sizeof *to);
    memmove(to, from, at * sizeof *to);
  }
  n->count++;
}

static void close_slots(tni_node *n, uint32_t from, uint32_t to) {
  uint32_t *heads = tni_heads_edit(n), count = n->count, left = count - (to - from);
  for (uint32_t i = 0; i < tni_node_arrays(n); i++) {
    uint32_t *have = heads + i * count, *want = heads + i * left;
    memmove(want, have, from * sizeof *want);
    memmove(want + from, have + to, (count - to) * sizeof *want);
  }
  n->count = (uint16_t)left;
}

/* Writes a record below the heap and returns the slot that points to it. */
static uint32_t write_record(tni_node *n, const uint8_t *rest, uint32_t tail_size, const tni_payload *payload) {
  uint32_t rest_size = tni_rest_size(tail_size), size = tni_record_size(n, tail_size, payload);
  n->heap = (uint16_t)(n->heap - size);
  uint8_t *out = (uint8_t *)n + n->heap;
  uint32_t slot = n->heap | tail_size << 16;
  if (n->level == 0 && !payload->blob) {
    uint16_t value_size = (uint16_t)payload->value.size;
    memcpy(out, &value_size, sizeof value_size);
    out += TNI_INLINE_HEADER;
  }
  if (rest_size > 0) memcpy(out, rest, rest_size);
  out += rest_size;
  if (n->level > 0) return slot;
  if (payload->blob) return memcpy(out, &payload->blob, sizeof payload->blob), slot | TNI_SLOT_BLOB;
  if (payload->value.size > 0) memcpy(out, payload->value.data, payload->value.size);
  return slot;
}

static void note_insert(tni_node *n, uint32_t at) {
  if (at != n->link + 1)
    n->run = 0;
  else if (n->run < UINT8_MAX)
    n->run++;
  n->link = at;
}

void tni_node_insert(tni_node *n, uint32_t at, tn_slice key, const tni_payload *payload) {
  assert(at <= n->count && (at > 0 || n->level == 0));
  const uint8_t *tail = (const uint8_t *)key.data + n->prefix_size;
  uint32_t size = (uint32_t)key.size - n->prefix_size;
  uint32_t slot = n->brief ? 0 : write_record(n, tail + TNI_HEAD_SIZE, size, payload);
  open_slot(n, at);
  tni_heads_edit(n)[at] = tni_head(tail, size);
  if (n->level > 0) tni_children_edit(n)[at] = payload->child;
  if (!n->brief) tni_slots_edit(n)[at] = slot;
  note_insert(n, at);
}

static bool same_record_size(const tni_node *leaf, uint32_t slot, const tni_payload *payload) {
  return tni_slot_is_blob(leaf, slot) == (payload->blob != NULL) &&
         tni_slot_record_size(leaf, slot) == tni_record_size(leaf, tni_tail_size(leaf, slot), payload);
}

bool tni_leaf_replace_fits(const tni_node *leaf, uint32_t slot, const tni_payload *payload) {
  if (same_record_size(leaf, slot, payload)) return true;
  uint32_t size = tni_record_size(leaf, tni_tail_size(leaf, slot), payload);
  return size <= tni_node_gap(leaf) && may_expand(leaf, size);
}

static void overwrite_payload(tni_node *leaf, uint32_t slot, const tni_payload *payload) {
  uint32_t s = tni_slots_of(leaf)[slot];
  uint8_t *out = (uint8_t *)leaf + (s & 0xffff) + tni_rest_size(tni_tail_of(s));
  if (payload->blob)
    memcpy(out, &payload->blob, sizeof payload->blob);
  else if (payload->value.size > 0)
    memmove(out + TNI_INLINE_HEADER, payload->value.data, payload->value.size);
}

bool tni_leaf_replace(tni_node *leaf, uint32_t slot, const tni_payload *payload) {
  if (!tni_leaf_replace_fits(leaf, slot, payload)) return false;
  if (same_record_size(leaf, slot, payload)) return overwrite_payload(leaf, slot, payload), true;
  leaf->dead = (uint16_t)(leaf->dead + tni_slot_record_size(leaf, slot));
  uint32_t s = write_record(leaf, tni_slot_rest(leaf, slot), tni_tail_size(leaf, slot), payload);
  tni_slots_edit(leaf)[slot] = s;
  return true;
}

void tni_node_remove(tni_node *n, uint32_t from, uint32_t to) {
  assert(from <= to && to <= n->count);
  for (uint32_t i = from; i < to; i++) n->dead = (uint16_t)(n->dead + tni_slot_record_size(n, i));
  bool new_first = n->level > 0 && from == 0 && to < n->count;
  if (new_first) n->dead = (uint16_t)(n->dead + tni_slot_record_size(n, to));
  close_slots(n, from, to);
  if (new_first) {
    tni_heads_edit(n)[0] = 0;
    if (!n->brief) tni_slots_edit(n)[0] = 0;
  }
  if (n->dead == tni_node_size(n) - n->heap) {
    n->heap = (uint16_t)tni_node_size(n);
    n->dead = 0;
  }
}

void tni_node_init(tni_node *n, uint64_t birth, uint8_t level, bool brief, uint32_t prefix_size) {
  n->birth = birth;
  n->link = 0;
  n->count = 0;
  n->level = level;
  n->heap = (uint16_t)tni_node_size(n);
  n->dead = 0;
  n->prefix_size = (uint16_t)prefix_size;
  n->brief = brief;
  n->run = 0;
}

void tni_node_copy(tni_node *to, const tni_node *from) {
  assert(to->size_class == from->size_class);
  uint32_t arrays_end = tni_heads_offset(from) + 4u * tni_node_arrays(from) * from->count;
  memcpy(to, from, arrays_end);
  memcpy((uint8_t *)to + from->heap, (const uint8_t *)from + from->heap, tni_node_size(from) - from->heap);
}
