#include "ids.h"

#define IS_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

static uint64_t little(uint64_t n) { return IS_LITTLE ? n : __builtin_bswap64(n); }

/* ---- arrays (docs/FORMAT.md, "Value") ----------------------------------------------------------- */

#define HEADER_MAX 5
#define ID_MAX 9
#define WORD 8 /* bytes that are stored at once; what is behind the number is written over by what comes next */

/* Ids that take the same number of bytes, one after another: in most arrays all of them. */
typedef struct run {
  size_t from, to;
  unsigned size; /* of each, encoded */
} run;

static run run_at(const uint64_t *ids, size_t count, size_t from) {
  static const struct {
    uint64_t first, last;
    unsigned size;
  } classes[] = {
      {0, 63, 1}, {64, INT8_MAX, 2}, {128, INT16_MAX, 3}, {32768, INT32_MAX, 5}, {0x80000000, UINT64_MAX, 9}};
  size_t to = from + 1, c = 0;
  while (ids[from] > classes[c].last) c++;
  uint64_t first = classes[c].first, span = classes[c].last - first;
  while (to < count && ids[to] - first <= span) to++;
  return (run){from, to, classes[c].size};
}

static void store(uint8_t *to, uint64_t n) {
  n = little(n);
  memcpy(to, &n, WORD);
}

static inline uint8_t *put_sized(uint8_t *to, uint8_t tag, unsigned size, const uint64_t *ids, size_t count) {
  for (size_t i = 0; i < count; i++, to += size) {
    *to = tag;
    store(to + 1, ids[i]);
  }
  return to;
}

/* One loop for each size, so that the compiler sees it as a constant. */
static uint8_t *put_run(uint8_t *to, const uint64_t *ids, const run *r) {
  const uint64_t *first = ids + r->from;
  size_t count = r->to - r->from;
  switch (r->size) {
    case 2: return put_sized(to, TN_TAG_INT8, 2, first, count);
    case 3: return put_sized(to, TN_TAG_INT16, 3, first, count);
    case 5: return put_sized(to, TN_TAG_INT32, 5, first, count);
    case 9: return put_sized(to, TN_TAG_INT64, 9, first, count);
    default:
      for (size_t i = 0; i < count; i++) *to++ = (uint8_t)(TN_TAG_SMALL_INT + first[i]);
      return to;
  }
}

/* Returns how many bytes the items take. */
static size_t put_items(uint8_t *items, const uint64_t *ids, size_t count) {
  uint8_t *to = items;
  for (run r = {0, 0, 0}; r.to < count;) {
    r = run_at(ids, count, r.to);
    to = put_run(to, ids, &r);
  }
  return (size_t)(to - items);
}

static void put_ends(uint8_t *to, unsigned width, const uint64_t *ids, size_t count) {
  size_t end = 0;
  for (run r = {0, 0, 0}; r.to < count;) {
    r = run_at(ids, count, r.to);
    for (size_t i = r.from; i < r.to; i++, to += width) store(to, end += r.size);
  }
  store(to, count);
}

static unsigned width_for(size_t items, size_t count) {
  size_t numbers = count + 1;
  return items + numbers <= UINT8_MAX ? 1 : items + 2 * numbers <= UINT16_MAX ? 2 : 4;
}

static tn_status too_many(tn_ctx *ctx) {
  return tn_fail(ctx, TN_LIMIT, NULL, "an answer has no room for so many ids");
}

/* The items come first, behind room for the longest header; how long it is depends on them. */
tn_status tni_graph_ids_add(tn_ctx *ctx, tn_builder *out, const uint64_t *ids, size_t count) {
  if (count > TN_VALUE_SIZE_MAX / 2) return too_many(ctx);
  uint8_t *data = tn_scratch(ctx, HEADER_MAX + count * ID_MAX + (count + 1) * 4 + WORD);
  if (!data) return tni_no_memory(ctx);
  uint8_t *items = data + HEADER_MAX;
  size_t size = put_items(items, ids, count);
  unsigned width = width_for(size, count);
  size_t payload = size + width * (count + 1);
  if (payload > TN_VALUE_SIZE_MAX - HEADER_MAX) return too_many(ctx);
  put_ends(items + size, width, ids, count);
  uint8_t *header = items - 1 - width;
  header[0] = (uint8_t)(TN_TAG_ARRAY8 + width / 2);
  for (unsigned i = 0; i < width; i++) header[1 + i] = (uint8_t)(payload >> (8 * i));
  tn_add(out, ((tn_value){header, 1 + width + payload}));
  return TN_OK;
}

/* ---- packed ------------------------------------------------------------------------------------ */

tn_slice tni_graph_ids_pack(uint64_t *ids, size_t count) {
  for (size_t i = 0; i < count && !IS_LITTLE; i++) ids[i] = little(ids[i]);
  return (tn_slice){ids, count * sizeof *ids};
}

tn_status tni_graph_ids_unpack(tn_ctx *ctx, tn_slice bytes, const char *where, uint64_t **out, size_t *count) {
  if (bytes.size % sizeof **out != 0)
    return tn_fail(ctx, TN_INVALID, where, "expected 8 bytes for each id, got %zu", bytes.size);
  uint64_t *ids = tn_scratch(ctx, bytes.size + 1);
  if (!ids) return tni_no_memory(ctx);
  if (bytes.size > 0) memcpy(ids, bytes.data, bytes.size);
  *out = ids;
  *count = bytes.size / sizeof *ids;
  (void)tni_graph_ids_pack(ids, *count);
  return TN_OK;
}
