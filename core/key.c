#include "key.h"

#include <math.h>

#include "try.h"
#include "utf8.h"
#include "value_layout.h"

/* The first byte of a part; the gaps keep room for types to come. */
enum {
  KEY_END = 0x00, /* of a string, an object, an array */
  KEY_NULL = 0x10,
  KEY_NAN = 0x20,
  KEY_NUMBER = TN_KEY_NUMBER,
  KEY_STRING = 0x30,
  KEY_OBJECT = 0x40,
  KEY_ARRAY = 0x50,
  KEY_BYTES = 0x60,
  KEY_BOOL = 0x70, /* + 1 for true */
  KEY_TIMESTAMP = 0x80,
  KEY_ESCAPED_NUL = 0xff, /* after 00: the string goes on */
  NUMBER_SIZE_MAX = 11
};

static tn_status append(tn_buffer *out, const void *data, size_t size) {
  if (size > TN_KEY_SIZE_MAX || out->size + size > TN_KEY_SIZE_MAX) return TN_LIMIT;
  return size == 0 ? TN_OK : tn_buffer_append(out, data, size);
}

static tn_status append_byte(tn_buffer *out, uint8_t byte) { return append(out, &byte, 1); }

static void store_be(uint8_t *to, uint64_t n, unsigned width) {
  for (unsigned i = 0; i < width; i++) to[i] = (uint8_t)(n >> (8 * (width - 1 - i)));
}

static uint64_t load_be(const uint8_t *from, unsigned width) {
  uint64_t n = 0;
  for (unsigned i = 0; i < width; i++) n = n << 8 | from[i];
  return n;
}

/* ---- numbers: the double at or below one, and how far above it an int is ---- */

typedef struct number {
  double floor;
  uint16_t rest;
} number;

static number number_of_int(int64_t n) {
  double d = (double)n;
  if (d >= 0x1p63 || (int64_t)d > n) d = nextafter(d, -INFINITY);
  return (number){d, (uint16_t)(n - (int64_t)d)};
}

/* Here lie ints that are no doubles. It is asked of the double, so both types of a number answer the same. */
static bool has_rest(double d) { return fabs(d) >= 0x1p53 && fabs(d) <= 0x1p63; }

/* Back from what tn_key_put_number() maps doubles to: integers of the same order. */
static double double_of_order(uint64_t order) {
  return tni_bits_double(order & TNI_SIGN_BIT ? order & ~TNI_SIGN_BIT : ~order);
}

static size_t write_number(uint8_t *to, number n) {
  if (isnan(n.floor)) return to[0] = KEY_NAN, 1;
  tn_key_put_number(to, n.floor == 0 ? 0.0 : n.floor);
  if (!has_rest(n.floor)) return TN_KEY_NUMBER_SIZE;
  store_be(to + 9, n.rest, 2);
  return 11;
}

static tn_status add_number(tn_buffer *out, number n) {
  uint8_t bytes[NUMBER_SIZE_MAX];
  return append(out, bytes, write_number(bytes, n));
}

/* ---- the other parts ---- */

/* What follows KEY_STRING, and a field's name: the bytes, 00 written as 00 FF, and an end. */
static tn_status add_text(tn_buffer *out, tn_slice text) {
  const uint8_t *at = (const uint8_t *)text.data;
  size_t left = text.size;
  while (left > 0) {
    const uint8_t *nul = (const uint8_t *)memchr(at, 0, left);
    size_t run = nul ? (size_t)(nul - at) + 1 : left;
    TRY(append(out, at, run));
    if (nul) TRY(append_byte(out, KEY_ESCAPED_NUL));
    at += run;
    left -= run;
  }
  return append_byte(out, KEY_END);
}

static tn_status add_string(tn_buffer *out, tn_slice text) {
  TRY(append_byte(out, KEY_STRING));
  return add_text(out, text);
}

static tn_status add_bytes(tn_buffer *out, tn_slice bytes) {
  enum { HEAD = 5 };
  if (bytes.size > TN_KEY_SIZE_MAX || out->size + HEAD + bytes.size > TN_KEY_SIZE_MAX) return TN_LIMIT;
  uint8_t *to = tn_buffer_reserve(out, HEAD + bytes.size);
  if (!to) return TN_NOMEM;
  to[0] = KEY_BYTES;
  store_be(to + 1, bytes.size, 4);
  if (bytes.size > 0) memcpy(to + HEAD, bytes.data, bytes.size);
  out->size += HEAD + bytes.size;
  return TN_OK;
}

static tn_status add_timestamp(tn_buffer *out, int64_t us) {
  uint8_t bytes[9] = {KEY_TIMESTAMP};
  store_be(bytes + 1, (uint64_t)us ^ TNI_SIGN_BIT, 8);
  return append(out, bytes, sizeof bytes);
}

static tn_status add_value(tn_buffer *out, tn_value value, unsigned depth);

static tn_status add_arg(tn_buffer *out, tn_arg arg) {
  switch (arg.type) {
    case TN_NULL: return append_byte(out, KEY_NULL);
    case TN_BOOL: return append_byte(out, KEY_BOOL + arg.u.boolean);
    case TN_INT: return add_number(out, number_of_int(arg.u.integer));
    case TN_DOUBLE: return add_number(out, (number){arg.u.real, 0});
    case TN_STRING: return add_string(out, arg.u.slice);
    case TN_BYTES: return add_bytes(out, arg.u.slice);
    case TN_TIMESTAMP: return add_timestamp(out, arg.u.integer);
    case TN_ABSENT: return add_value(out, arg.u.value, 0);
    case TN_ARRAY:
    case TN_OBJECT: break;
  }
  return TN_INVALID;
}

static uint8_t class_of(tn_value value) {
  switch (tn_value_type(value)) {
    case TN_INT:
    case TN_DOUBLE: return KEY_NAN;
    case TN_STRING: return KEY_STRING;
    case TN_BYTES: return KEY_BYTES;
    case TN_BOOL: return KEY_BOOL;
    case TN_TIMESTAMP: return KEY_TIMESTAMP;
    case TN_ARRAY: return KEY_ARRAY;
    case TN_OBJECT: return KEY_OBJECT;
    case TN_NULL:
    case TN_ABSENT: break;
  }
  return KEY_NULL;
}

static tn_status add_container(tn_buffer *out, tn_value value, unsigned depth) {
  bool is_object = tn_value_type(value) == TN_OBJECT;
  if (depth >= TN_DEPTH_MAX - 1) return TN_LIMIT;
  TRY(append_byte(out, is_object ? KEY_OBJECT : KEY_ARRAY));
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) {
    if (is_object) {
      TRY(append_byte(out, class_of(it.value)));
      TRY(add_text(out, it.name));
    }
    TRY(add_value(out, it.value, depth + 1));
  }
  return append_byte(out, KEY_END);
}

static tn_status add_value(tn_buffer *out, tn_value value, unsigned depth) {
  tn_slice run;
  tn_arg arg = {tn_value_type(value), {0}};
  switch (arg.type) {
    case TN_BOOL: (void)tn_as_bool(value, &arg.u.boolean); break;
    case TN_INT: (void)tn_as_int(value, &arg.u.integer); break;
    case TN_DOUBLE: (void)tn_as_double(value, &arg.u.real); break;
    case TN_STRING: return tn_as_string(value, &run) ? add_string(out, run) : TN_INVALID;
    case TN_BYTES: return tn_as_bytes(value, &run) ? add_bytes(out, run) : TN_INVALID;
    case TN_TIMESTAMP: (void)tn_as_timestamp(value, &arg.u.integer); break;
    case TN_ARRAY:
    case TN_OBJECT: return add_container(out, value, depth);
    case TN_ABSENT: return TN_INVALID;
    case TN_NULL: break;
  }
  return add_arg(out, arg);
}

tn_status tni_key_add(tn_buffer *out, tn_arg part) {
  size_t before = out->size;
  if (part.type == TN_STRING && !tni_is_utf8(part.u.slice.data, part.u.slice.size)) return TN_INVALID;
  tn_status status = part.type == TN_ABSENT ? add_value(out, part.u.value, 0) : add_arg(out, part);
  if (status != TN_OK) out->size = before;
  return status;
}

tn_status tni_key_add_value(tn_buffer *out, tn_value part) { return tni_key_add(out, tn_arg_value(part)); }

/* ---- back again ---- */

typedef struct reader {
  const uint8_t *at;
  const uint8_t *end;
  tn_builder *out;
  uint8_t text[TN_KEY_SIZE_MAX]; /* where a string goes that has NULs */
} reader;

static size_t left_in(const reader *in) { return (size_t)(in->end - in->at); }

/* The next `size` bytes, or NULL when there are fewer. */
static const uint8_t *take(reader *in, size_t size) {
  if (left_in(in) < size) return NULL;
  in->at += size;
  return in->at - size;
}

static tn_status read_number(reader *in) {
  const uint8_t *start = in->at, *bytes = take(in, 9), *more = NULL;
  if (!bytes) return TN_INVALID;
  number n = {double_of_order(load_be(bytes + 1, 8)), 0};
  if (has_rest(n.floor)) {
    if (!(more = take(in, 2))) return TN_INVALID;
    n.rest = (uint16_t)load_be(more, 2);
  }
  bool is_int = n.floor >= -0x1p63 && n.floor < 0x1p63 && n.floor == trunc(n.floor);
  int64_t whole = is_int ? (int64_t)((uint64_t)(int64_t)n.floor + n.rest) : 0;
  uint8_t again[NUMBER_SIZE_MAX];
  size_t size = write_number(again, is_int ? number_of_int(whole) : (number){n.floor, 0});
  if (size != (size_t)(in->at - start) || memcmp(again, start, size) != 0) return TN_INVALID;
  if (is_int)
    tn_add(in->out, whole);
  else
    tn_add(in->out, n.floor);
  return TN_OK;
}

/* What add_text() wrote. *text lives until the next call. */
static tn_status read_text(reader *in, tn_slice *text) {
  const uint8_t *start = in->at;
  size_t size = 0;
  bool copied = false;
  for (;;) {
    const uint8_t *from = in->at;
    const uint8_t *nul = left_in(in) > 0 ? (const uint8_t *)memchr(from, 0, left_in(in)) : NULL;
    if (!nul) return TN_INVALID;
    bool more = nul + 1 < in->end && nul[1] == KEY_ESCAPED_NUL;
    size_t run = (size_t)(nul - from) + more;
    in->at = nul + 1 + more;
    copied = copied || more;
    if (copied) memcpy(in->text + size, from, run);
    size += run;
    if (!more) break;
  }
  *text = copied ? (tn_slice){in->text, size} : (tn_slice){start, size};
  return TN_OK;
}

static tn_status read_string(reader *in) {
  tn_slice text;
  in->at++;
  TRY(read_text(in, &text));
  tn_add(in->out, tn_text(text));
  return TN_OK;
}

static tn_status read_bytes(reader *in) {
  const uint8_t *head = take(in, 5);
  size_t size = head ? (size_t)load_be(head + 1, 4) : 0;
  const uint8_t *data = head ? take(in, size) : NULL;
  if (!data) return TN_INVALID;
  tn_add(in->out, ((tn_slice){data, size}));
  return TN_OK;
}

static tn_status read_timestamp(reader *in) {
  const uint8_t *bytes = take(in, 9);
  if (!bytes) return TN_INVALID;
  tn_add(in->out, tn_time((int64_t)(load_be(bytes + 1, 8) ^ TNI_SIGN_BIT)));
  return TN_OK;
}

static tn_status read_fixed(reader *in, tn_arg arg) {
  in->at++;
  tn_add(in->out, arg);
  return TN_OK;
}

static tn_status read_part(reader *in, unsigned depth);

/* The class byte and the name; the class must be that of the value behind them. */
static tn_status read_field_name(reader *in) {
  uint8_t class = *in->at++;
  tn_slice name;
  TRY(read_text(in, &name));
  if (left_in(in) == 0 || (*in->at & 0xf0) != class) return TN_INVALID;
  tn_name_slice(in->out, name);
  return TN_OK;
}

static tn_status read_container(reader *in, unsigned depth) {
  bool is_object = *in->at++ == KEY_OBJECT;
  if (depth >= TN_DEPTH_MAX - 1) return TN_INVALID;
  if (is_object)
    tn_object_begin(in->out);
  else
    tn_array_begin(in->out);
  while (left_in(in) > 0 && *in->at != KEY_END) {
    if (is_object) TRY(read_field_name(in));
    TRY(read_part(in, depth + 1));
  }
  tn_end(in->out);
  return take(in, 1) ? TN_OK : TN_INVALID;
}

static tn_status read_part(reader *in, unsigned depth) {
  switch (*in->at) {
    case KEY_NULL: return read_fixed(in, TN_ARG_NULL);
    case KEY_NAN: return read_fixed(in, tn_arg_double(NAN));
    case KEY_BOOL: return read_fixed(in, TN_ARG_FALSE);
    case KEY_BOOL + 1: return read_fixed(in, TN_ARG_TRUE);
    case KEY_NUMBER: return read_number(in);
    case KEY_STRING: return read_string(in);
    case KEY_BYTES: return read_bytes(in);
    case KEY_TIMESTAMP: return read_timestamp(in);
    case KEY_OBJECT:
    case KEY_ARRAY: return read_container(in, depth);
    default: return TN_INVALID;
  }
}

tn_status tni_key_items(tn_slice key, tn_builder *out) {
  if (key.size > TN_KEY_SIZE_MAX) return TN_INVALID;
  reader in;
  in.at = (const uint8_t *)key.data;
  in.end = in.at ? in.at + key.size : in.at;
  in.out = out;
  while (left_in(&in) > 0) TRY(read_part(&in, 0));
  return out->status;
}

tn_status tni_key_decode(tn_slice key, tn_builder *out) {
  tn_array_begin(out);
  tn_status status = tni_key_items(key, out);
  tn_end(out);
  if (status == TN_OK) status = tn_builder_status(out);
  if (status != TN_OK) tn_builder_clear(out);
  return status;
}

/* No part begins with 0xff, but a string goes on with it behind a NUL: (a, ...) ends before (a NUL ...). */
tn_status tni_key_end(tn_slice key, tn_buffer *end) {
  static const uint8_t above_every_part = 0xff;
  TRY(tn_buffer_append(end, key.data, key.size));
  return tn_buffer_append(end, &above_every_part, 1);
}

/* The smallest run of bytes above all that begin with `bytes`, which are not all 0xff. */
static tn_status add_successor(tn_slice bytes, tn_buffer *end) {
  const uint8_t *data = (const uint8_t *)bytes.data;
  size_t size = bytes.size;
  while (data[size - 1] == 0xff) size--;
  TRY(tn_buffer_append(end, data, size));
  end->data[end->size - 1]++;
  return TN_OK;
}

tn_status tni_key_prefix(tn_buffer *key, tn_type last, tn_buffer *end) {
  if (last != TN_STRING && last != TN_ARRAY) return TN_INVALID;
  key->size--; /* the last part's end mark */
  tn_slice start = {key->data, key->size};
  return last == TN_STRING ? add_successor(start, end) : tni_key_end(start, end);
}
