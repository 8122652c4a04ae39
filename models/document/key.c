#include "key.h"

#include <math.h>

int tni_doc_bytes_compare(tn_slice a, tn_slice b) {
  size_t common = a.size < b.size ? a.size : b.size;
  int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* ---- many ------------------------------------------------------------------------------------- */

static void merge(const tn_slice *from, size_t middle, size_t count, tn_slice *to) {
  size_t a = 0, b = middle;
  for (size_t i = 0; i < count; i++) {
    bool left = a < middle && (b == count || tni_doc_bytes_compare(from[a], from[b]) <= 0);
    to[i] = left ? from[a++] : from[b++];
  }
}

static bool is_sorted(const tn_slice *slices, size_t count) {
  for (size_t i = 1; i < count; i++)
    if (tni_doc_bytes_compare(slices[i - 1], slices[i]) > 0) return false;
  return true;
}

void tni_doc_slices_sort(tn_slice *slices, size_t count, tn_slice *spare) {
  if (is_sorted(slices, count)) return;
  size_t middle = count / 2;
  tni_doc_slices_sort(slices, middle, spare);
  tni_doc_slices_sort(slices + middle, count - middle, spare + middle);
  memcpy(spare, slices, count * sizeof *slices);
  merge(spare, middle, count, slices);
}

size_t tni_doc_slices_unique(tn_slice *slices, size_t count) {
  size_t kept = count > 0;
  for (size_t i = 1; i < count; i++)
    if (tni_doc_bytes_compare(slices[kept - 1], slices[i]) != 0) slices[kept++] = slices[i];
  return kept;
}

tn_status tni_doc_copy_bytes(tn_ctx *ctx, tn_slice bytes, tn_slice *out) {
  void *copy = tn_scratch(ctx, bytes.size + 1);
  if (!copy) return tni_no_memory(ctx);
  if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
  *out = (tn_slice){copy, bytes.size};
  return TN_OK;
}

tn_status tni_doc_key_end(tn_ctx *ctx, tn_slice key, tn_slice *out) { return tn_key_end(ctx, key, out); }

/* First bytes of parts, as docs/FORMAT.md has them. */
enum {
  PART_END = 0x00,
  PART_NULL = 0x10,
  PART_NAN = 0x20,
  PART_NUMBER = TN_KEY_NUMBER,
  PART_STRING = 0x30,
  PART_OBJECT = 0x40,
  PART_ARRAY = 0x50,
  PART_BYTES = 0x60,
  PART_FALSE = 0x70,
  PART_TRUE = 0x71,
  PART_TIMESTAMP = 0x80,
  PART_ESCAPED = 0xff
};

/* ---- making ----------------------------------------------------------------------------------- */

tn_status tni_doc_key_bytes(tn_ctx *ctx, tni_doc_key *key, tn_slice bytes) {
  if (bytes.size > sizeof key->data - key->size)
    return tn_fail(ctx, TN_LIMIT, NULL, "a key may have %d bytes encoded", TN_KEY_SIZE_MAX);
  if (bytes.size > 0) memcpy(key->data + key->size, bytes.data, bytes.size);
  key->size += bytes.size;
  return TN_OK;
}

static size_t room_in(const tni_doc_key *key) { return sizeof key->data - key->size; }

static bool add_int(tni_doc_key *key, int64_t n) {
  if (n >= TN_KEY_INT_END || n <= -TN_KEY_INT_END || room_in(key) < TN_KEY_NUMBER_SIZE) return false;
  tn_key_put_number(key->data + key->size, (double)n);
  key->size += TN_KEY_NUMBER_SIZE;
  return true;
}

static bool add_text(tni_doc_key *key, tn_slice text) {
  uint8_t *to = key->data + key->size;
  if (text.size + 2 > room_in(key) || (text.size > 0 && memchr(text.data, 0, text.size))) return false;
  to[0] = PART_STRING;
  if (text.size > 0) memcpy(to + 1, text.data, text.size);
  to[text.size + 1] = PART_END;
  key->size += text.size + 2;
  return true;
}

static tn_status add_any(tn_ctx *ctx, tni_doc_key *key, tn_value value) {
  static const uint8_t empty = TNI_DOC_EMPTY_ARRAY;
  tn_slice text;
  int64_t n;
  if (tn_is_absent(value)) return tni_doc_key_bytes(ctx, key, (tn_slice){&empty, 1});
  if (tn_as_int(value, &n) && add_int(key, n)) return TN_OK;
  if (tn_as_string(value, &text) && add_text(key, text)) return TN_OK;
  return tn_key_add(ctx, key->data, &key->size, value);
}

/* Most ints and texts take no way through the host. */
tn_status tni_doc_key_part(tn_ctx *ctx, tni_doc_key *key, tn_value value, bool flipped) {
  size_t start = key->size;
  TRY(add_any(ctx, key, value));
  for (size_t i = start; flipped && i < key->size; i++) key->data[i] = (uint8_t)~key->data[i];
  return TN_OK;
}

tn_status tni_doc_key_number(tn_ctx *ctx, tni_doc_key *key, int64_t n) {
  return add_int(key, n) ? TN_OK : tn_key_add(ctx, key->data, &key->size, n);
}

/* ---- telling apart ---------------------------------------------------------------------------- */

typedef struct reader {
  const uint8_t *at, *end;
  uint8_t mask; /* 0xff in a flipped part */
} reader;

static size_t left_in(const reader *r) { return (size_t)(r->end - r->at); }
static uint8_t byte_at(const reader *r, size_t i) { return (uint8_t)(r->at[i] ^ r->mask); }

static bool skip(reader *r, size_t size) {
  if (left_in(r) < size) return false;
  r->at += size;
  return true;
}

/* The bytes of a text and the end behind them. */
static bool skip_text(reader *r) {
  for (;;) {
    const uint8_t *end = left_in(r) > 0 ? memchr(r->at, PART_END ^ r->mask, left_in(r)) : NULL;
    if (!end) return false;
    r->at = end + 1;
    if (left_in(r) == 0 || byte_at(r, 0) != PART_ESCAPED) return true;
    r->at++;
  }
}

/* Whether two bytes follow the eight: where ints lie that are no doubles. */
static bool skip_number(reader *r) {
  uint64_t order = 0, sign = UINT64_C(1) << 63;
  double floor;
  if (left_in(r) < 9) return false;
  for (size_t i = 1; i < 9; i++) order = order << 8 | byte_at(r, i);
  order = order & sign ? order & ~sign : ~order;
  memcpy(&floor, &order, sizeof floor);
  return skip(r, fabs(floor) >= 0x1p53 && fabs(floor) <= 0x1p63 ? 11 : 9);
}

static bool skip_bytes(reader *r) {
  uint64_t size = 0;
  if (left_in(r) < 5) return false;
  for (size_t i = 1; i < 5; i++) size = size << 8 | byte_at(r, i);
  return skip(r, 5 + (size_t)size);
}

static bool skip_part(reader *r, unsigned depth);

static bool skip_container(reader *r, bool is_object, unsigned depth) {
  r->at++;
  while (left_in(r) > 0 && byte_at(r, 0) != PART_END) {
    if (is_object && !(skip(r, 1) && skip_text(r))) return false;
    if (!skip_part(r, depth + 1)) return false;
  }
  return skip(r, 1);
}

static bool skip_part(reader *r, unsigned depth) {
  if (left_in(r) == 0 || depth > TN_DEPTH_MAX) return false;
  uint8_t first = byte_at(r, 0);
  switch (first) {
    case TNI_DOC_EMPTY_ARRAY:
    case PART_NULL:
    case PART_NAN:
    case PART_FALSE:
    case PART_TRUE: return skip(r, 1);
    case PART_NUMBER: return skip_number(r);
    case PART_STRING: return skip(r, 1) && skip_text(r);
    case PART_BYTES: return skip_bytes(r);
    case PART_TIMESTAMP: return skip(r, 9);
    case PART_OBJECT:
    case PART_ARRAY: return skip_container(r, first == PART_OBJECT, depth);
    default: return false;
  }
}

size_t tni_doc_part_size(tn_slice bytes, bool flipped) {
  const uint8_t *start = bytes.data;
  reader r = {start, start + bytes.size, flipped ? 0xff : 0};
  return bytes.size > 0 && skip_part(&r, 0) ? (size_t)(r.at - start) : 0;
}
