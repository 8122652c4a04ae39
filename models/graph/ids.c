#include "ids.h"

#define IS_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

static uint64_t little(uint64_t n) { return IS_LITTLE ? n : __builtin_bswap64(n); }

/* ---- arrays (docs/FORMAT.md, "Value") ----------------------------------------------------------- */

#define HEADER_MAX 5
#define ID_MAX 9
#define WORD 8 /* bytes that are stored at once; what is behind the number is written over by what comes next */

/* How the ids from `first` to first + span are encoded. What is next to an id mostly has the same form. */
typedef struct form {
  uint64_t first, span;
  uint8_t size, tag, in_tag; /* what of the number is added to the tag */
} form;

/* What large graphs have most of comes first. */
static const form forms[] = {
    {INT16_MAX + 1, INT32_MAX - (INT16_MAX + 1), 5, TN_TAG_INT32, 0},
    {INT8_MAX + 1, INT16_MAX - (INT8_MAX + 1), 3, TN_TAG_INT16, 0},
    {UINT64_C(1) << 31, UINT64_MAX - (UINT64_C(1) << 31), 9, TN_TAG_INT64, 0},
    {64, INT8_MAX - 64, 2, TN_TAG_INT8, 0},
    {0, 63, 1, TN_TAG_SMALL_INT, 63},
};

static bool has_form(const form *f, uint64_t id) { return id - f->first <= f->span; }

static form form_of(uint64_t id) {
  const form *f = forms;
  while (!has_form(f, id)) f++;
  return *f;
}

static void store(uint8_t *to, uint64_t n) {
  n = little(n);
  memcpy(to, &n, WORD);
}

/* Returns how many bytes the items take. */
static size_t put_items(uint8_t *items, const uint64_t *ids, size_t count) {
  uint8_t *to = items;
  for (size_t i = 0; i < count;) {
    form f = form_of(ids[i]);
    for (; i < count && has_form(&f, ids[i]); i++, to += f.size) {
      *to = (uint8_t)(f.tag + (ids[i] & f.in_tag));
      store(to + 1, ids[i]);
    }
  }
  return (size_t)(to - items);
}

static inline void put_ends_of(uint8_t *to, unsigned width, const uint64_t *ids, size_t count) {
  size_t end = 0;
  for (size_t i = 0; i < count;) {
    form f = form_of(ids[i]);
    for (; i < count && has_form(&f, ids[i]); i++, to += width) store(to, end += f.size);
  }
  store(to, count);
}

/* One loop for each width, so that the compiler sees it as a constant. */
static void put_ends(uint8_t *to, unsigned width, const uint64_t *ids, size_t count) {
  if (width == 1)
    put_ends_of(to, 1, ids, count);
  else if (width == 2)
    put_ends_of(to, 2, ids, count);
  else
    put_ends_of(to, 4, ids, count);
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
