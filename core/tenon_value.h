/* tenon_value.h - values: how one is read in place, and how one is built.
 *
 * A value is null, bool, int64, double, string (UTF-8), bytes, timestamp (microseconds UTC since
 * 1970), array, or object (field order kept, names unique). It is held encoded, in one run of bytes
 * that describes itself: docs/FORMAT.md gives the encoding byte by byte. Each value has exactly one
 * encoding, so equal bytes and equal values are the same thing.
 *
 * Reading is inline and allocates nothing: what a reader returns points into the value it was given.
 * Readers trust their input to be a checked value. Everything Tenon hands out is one, everything built
 * with a tn_builder is one; bytes from anywhere else go through tn_value_check() first. */
#ifndef TENON_VALUE_H
#define TENON_VALUE_H

#include <string.h>

#include "tenon_base.h"

#define TN_DEPTH_MAX 100             /* nesting of arrays and objects; a scalar has depth 0 */
#define TN_VALUE_SIZE_MAX (1u << 30) /* encoded bytes of one value */

typedef enum tn_type {
  TN_ABSENT, /* no value at all: an argument not given, a path that leads nowhere */
  TN_NULL,
  TN_BOOL,
  TN_INT,
  TN_DOUBLE,
  TN_STRING,
  TN_BYTES,
  TN_TIMESTAMP,
  TN_ARRAY,
  TN_OBJECT
} tn_type;

/* "int" for TN_INT; static. */
TN_API const char *tn_type_name(tn_type type);

/* An encoded value inside memory that belongs to somebody else. {NULL, 0} is the absent value. */
typedef struct tn_value {
  const uint8_t *data;
  size_t size;
} tn_value;

#define TN_NO_VALUE ((tn_value){NULL, 0})

/* ---- encoding tags (docs/FORMAT.md, "Value") ------------------------------------------------ */
enum {
  TN_TAG_NULL = 0x00,
  TN_TAG_FALSE = 0x01,
  TN_TAG_TRUE = 0x02,
  TN_TAG_DOUBLE = 0x03, /* 8 bytes IEEE 754, little-endian; a NaN is 0x7ff8000000000000 */
  TN_TAG_INT8 = 0x04,   /* two's complement, little-endian; always the shortest that fits */
  TN_TAG_INT16 = 0x05,
  TN_TAG_INT32 = 0x06,
  TN_TAG_INT64 = 0x07,
  TN_TAG_TIMESTAMP = 0x08, /* 8 bytes, as INT64 */
  TN_TAG_STRING8 = 0x09,   /* length in 1, 2, 4 bytes, then UTF-8; the shortest that fits */
  TN_TAG_STRING16 = 0x0a,
  TN_TAG_STRING32 = 0x0b,
  TN_TAG_BYTES8 = 0x0c,
  TN_TAG_BYTES16 = 0x0d,
  TN_TAG_BYTES32 = 0x0e,
  TN_TAG_ARRAY8 = 0x10, /* size in w = 1, 2, 4 bytes, then `size` bytes: items, ends, count */
  TN_TAG_ARRAY16 = 0x11,
  TN_TAG_ARRAY32 = 0x12,
  TN_TAG_OBJECT8 = 0x14, /* the same; an item is a name (encoded as a string) and a value */
  TN_TAG_OBJECT16 = 0x15,
  TN_TAG_OBJECT32 = 0x16,
  TN_TAG_DECIMAL = 0x18,      /* reserved */
  TN_TAG_UUID = 0x19,         /* reserved */
  TN_TAG_SHORT_STRING = 0x80, /* 0x80 + length, for 0 to 63 bytes */
  TN_TAG_SMALL_INT = 0xc0     /* 0xc0 + n, for 0 to 63 */
};

/* A little-endian number of width 1, 2, 4 or 8; written so that compilers make one load of it. */
static inline uint64_t tn_load_le(const uint8_t *data, unsigned width) {
  uint64_t n = data[0];
  if (width >= 2) n |= (uint64_t)data[1] << 8;
  if (width >= 4) n |= (uint64_t)data[2] << 16 | (uint64_t)data[3] << 24;
  if (width == 8)
    n |= (uint64_t)data[4] << 32 | (uint64_t)data[5] << 40 | (uint64_t)data[6] << 48 | (uint64_t)data[7] << 56;
  return n;
}

/* ---- reading scalars ------------------------------------------------------------------------ */

static inline tn_type tn_value_type(tn_value value) {
  static const uint8_t by_tag[0x20] = {
      [TN_TAG_NULL] = TN_NULL,      [TN_TAG_FALSE] = TN_BOOL,      [TN_TAG_TRUE] = TN_BOOL,
      [TN_TAG_DOUBLE] = TN_DOUBLE,  [TN_TAG_INT8] = TN_INT,        [TN_TAG_INT16] = TN_INT,
      [TN_TAG_INT32] = TN_INT,      [TN_TAG_INT64] = TN_INT,       [TN_TAG_TIMESTAMP] = TN_TIMESTAMP,
      [TN_TAG_STRING8] = TN_STRING, [TN_TAG_STRING16] = TN_STRING, [TN_TAG_STRING32] = TN_STRING,
      [TN_TAG_BYTES8] = TN_BYTES,   [TN_TAG_BYTES16] = TN_BYTES,   [TN_TAG_BYTES32] = TN_BYTES,
      [TN_TAG_ARRAY8] = TN_ARRAY,   [TN_TAG_ARRAY16] = TN_ARRAY,   [TN_TAG_ARRAY32] = TN_ARRAY,
      [TN_TAG_OBJECT8] = TN_OBJECT, [TN_TAG_OBJECT16] = TN_OBJECT, [TN_TAG_OBJECT32] = TN_OBJECT};
  if (value.size == 0) return TN_ABSENT;
  uint8_t tag = value.data[0];
  if (tag >= TN_TAG_SMALL_INT) return TN_INT;
  if (tag >= TN_TAG_SHORT_STRING) return TN_STRING;
  return tag < 0x20 ? (tn_type)by_tag[tag] : TN_ABSENT;
}

static inline bool tn_is_absent(tn_value value) { return value.size == 0; }
static inline bool tn_is_null(tn_value value) { return value.size == 1 && value.data[0] == TN_TAG_NULL; }

/* Each tn_as_*() returns true and sets *out when the value has exactly that type, else false and
 * leaves *out alone. Strings and bytes point into the value; strings are not NUL-terminated. */
static inline bool tn_as_bool(tn_value value, bool *out) {
  if (tn_value_type(value) != TN_BOOL) return false;
  *out = value.data[0] == TN_TAG_TRUE;
  return true;
}

static inline bool tn_as_int(tn_value value, int64_t *out) {
  if (tn_value_type(value) != TN_INT) return false;
  switch (value.data[0]) {
    case TN_TAG_INT8: *out = (int8_t)value.data[1]; break;
    case TN_TAG_INT16: *out = (int16_t)tn_load_le(value.data + 1, 2); break;
    case TN_TAG_INT32: *out = (int32_t)tn_load_le(value.data + 1, 4); break;
    case TN_TAG_INT64: *out = (int64_t)tn_load_le(value.data + 1, 8); break;
    default: *out = value.data[0] - TN_TAG_SMALL_INT;
  }
  return true;
}

static inline bool tn_as_double(tn_value value, double *out) {
  if (tn_value_type(value) != TN_DOUBLE) return false;
  uint64_t bits = tn_load_le(value.data + 1, 8);
  memcpy(out, &bits, sizeof bits);
  return true;
}

static inline bool tn_as_timestamp(tn_value value, int64_t *out_us) {
  if (tn_value_type(value) != TN_TIMESTAMP) return false;
  *out_us = (int64_t)tn_load_le(value.data + 1, 8);
  return true;
}

static inline bool tn_as_string(tn_value value, tn_slice *out) {
  if (tn_value_type(value) != TN_STRING) return false;
  uint8_t tag = value.data[0];
  unsigned width = tag >= TN_TAG_SHORT_STRING ? 0 : 1u << (tag - TN_TAG_STRING8);
  size_t size = width == 0 ? (size_t)(tag & 0x3f) : (size_t)tn_load_le(value.data + 1, width);
  *out = (tn_slice){value.data + 1 + width, size};
  return true;
}

static inline bool tn_as_bytes(tn_value value, tn_slice *out) {
  if (tn_value_type(value) != TN_BYTES) return false;
  unsigned width = 1u << (value.data[0] - TN_TAG_BYTES8);
  *out = (tn_slice){value.data + 1 + width, (size_t)tn_load_le(value.data + 1, width)};
  return true;
}

/* ---- reading arrays and objects ------------------------------------------------------------- */

/* The parts of a container. `ends` holds `count` numbers of `width` bytes: where item i ends, counted
 * from `items`. Item i is reached without touching the others. */
typedef struct tn_container {
  const uint8_t *items;
  const uint8_t *ends;
  uint32_t count;
  uint8_t width;
  bool is_object;
} tn_container;

/* A container of no items for anything that is neither array nor object. */
static inline tn_container tn_container_of(tn_value value) {
  tn_type type = tn_value_type(value);
  if (type != TN_ARRAY && type != TN_OBJECT) return (tn_container){NULL, NULL, 0, 1, false};
  uint8_t width = (uint8_t)(1u << (value.data[0] & 3));
  const uint8_t *end = value.data + value.size;
  uint32_t count = (uint32_t)tn_load_le(end - width, width);
  return (tn_container){value.data + 1 + width, end - (size_t)width * (count + 1), count, width, type == TN_OBJECT};
}

static inline tn_slice tn_container_slot(const tn_container *c, uint32_t i) {
  size_t start = i == 0 ? 0 : (size_t)tn_load_le(c->ends + (size_t)(i - 1) * c->width, c->width);
  size_t end = (size_t)tn_load_le(c->ends + (size_t)i * c->width, c->width);
  return (tn_slice){c->items + start, end - start};
}

/* Splits an object's slot into its name and its value. */
static inline tn_value tn_slot_field(tn_slice slot, tn_slice *name) {
  const uint8_t *data = (const uint8_t *)slot.data;
  tn_slice text = {NULL, 0};
  (void)tn_as_string((tn_value){data, slot.size}, &text);
  if (name) *name = text;
  size_t skip = (size_t)((const uint8_t *)text.data + text.size - data);
  return (tn_value){data + skip, slot.size - skip};
}

/* Number of items or fields; 0 for a scalar. */
static inline uint32_t tn_count(tn_value value) { return tn_container_of(value).count; }

/* Item i of an array, or the value of field i of an object; absent past the end. */
static inline tn_value tn_item(tn_value value, uint32_t i) {
  tn_container c = tn_container_of(value);
  if (i >= c.count) return TN_NO_VALUE;
  tn_slice slot = tn_container_slot(&c, i);
  return c.is_object ? tn_slot_field(slot, NULL) : (tn_value){(const uint8_t *)slot.data, slot.size};
}

/* The value of an object's field; absent when there is none or `value` is no object. */
static inline tn_value tn_field_slice(tn_value value, tn_slice name) {
  tn_container c = tn_container_of(value);
  if (!c.is_object) return TN_NO_VALUE;
  for (uint32_t i = 0; i < c.count; i++) {
    tn_slice have;
    tn_value field = tn_slot_field(tn_container_slot(&c, i), &have);
    if (have.size == name.size && memcmp(have.data, name.data, name.size) == 0) return field;
  }
  return TN_NO_VALUE;
}

static inline tn_value tn_field(tn_value value, const char *name) {
  return tn_field_slice(value, (tn_slice){name, strlen(name)});
}

/* Walks a container front to back:
 *   for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) use(it.name, it.value);
 * `name` is {NULL, 0} in an array. The value must outlive the walk. */
typedef struct tn_iter {
  tn_container container;
  uint32_t next;
  tn_slice name;
  tn_value value;
} tn_iter;

static inline tn_iter tn_iter_of(tn_value value) {
  return (tn_iter){tn_container_of(value), 0, {NULL, 0}, TN_NO_VALUE};
}

static inline bool tn_iter_next(tn_iter *it) {
  if (it->next >= it->container.count) return false;
  tn_slice slot = tn_container_slot(&it->container, it->next++);
  if (it->container.is_object)
    it->value = tn_slot_field(slot, &it->name);
  else
    it->value = (tn_value){(const uint8_t *)slot.data, slot.size};
  return true;
}

/* Follows a path like "items.0.qty": each step is a field's name, or in an array an item's number.
 * An empty path is the value itself. Absent where it leads nowhere. A field whose name holds a dot is
 * reached with tn_field(). */
static inline tn_value tn_path(tn_value value, const char *path) {
  while (*path != '\0' && value.size != 0) {
    size_t size = strcspn(path, ".");
    if (tn_value_type(value) == TN_ARRAY) {
      uint32_t i = 0;
      bool number = size > 0 && size < 10;
      for (size_t k = 0; k < size && number; k++) {
        number = path[k] >= '0' && path[k] <= '9';
        i = i * 10 + (uint32_t)(path[k] - '0');
      }
      value = number ? tn_item(value, i) : TN_NO_VALUE;
    } else {
      value = tn_field_slice(value, (tn_slice){path, size});
    }
    path += size;
    if (*path == '.') path++;
  }
  return value;
}

/* Read by path. TN_OK; TN_NOT_FOUND when the path leads nowhere; TN_INVALID when what is there has
 * another type. *out is written only on TN_OK. tn_get_double() also accepts an int. */
static inline tn_status tn_get_bool(tn_value value, const char *path, bool *out) {
  tn_value at = tn_path(value, path);
  return tn_is_absent(at) ? TN_NOT_FOUND : tn_as_bool(at, out) ? TN_OK : TN_INVALID;
}
static inline tn_status tn_get_int(tn_value value, const char *path, int64_t *out) {
  tn_value at = tn_path(value, path);
  return tn_is_absent(at) ? TN_NOT_FOUND : tn_as_int(at, out) ? TN_OK : TN_INVALID;
}
static inline tn_status tn_get_double(tn_value value, const char *path, double *out) {
  tn_value at = tn_path(value, path);
  int64_t n;
  if (tn_is_absent(at)) return TN_NOT_FOUND;
  if (tn_as_int(at, &n)) return *out = (double)n, TN_OK;
  return tn_as_double(at, out) ? TN_OK : TN_INVALID;
}
static inline tn_status tn_get_string(tn_value value, const char *path, tn_slice *out) {
  tn_value at = tn_path(value, path);
  return tn_is_absent(at) ? TN_NOT_FOUND : tn_as_string(at, out) ? TN_OK : TN_INVALID;
}
static inline tn_status tn_get_bytes(tn_value value, const char *path, tn_slice *out) {
  tn_value at = tn_path(value, path);
  return tn_is_absent(at) ? TN_NOT_FOUND : tn_as_bytes(at, out) ? TN_OK : TN_INVALID;
}
static inline tn_status tn_get_timestamp(tn_value value, const char *path, int64_t *out_us) {
  tn_value at = tn_path(value, path);
  return tn_is_absent(at) ? TN_NOT_FOUND : tn_as_timestamp(at, out_us) ? TN_OK : TN_INVALID;
}

/* True when both have the same type and contents (1 and 1.0 differ; tn_value_compare() says 0). */
static inline bool tn_value_same(tn_value a, tn_value b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Checks that `bytes` begins with one well-formed, canonical value, and how long it is. TN_OK sets
 * *out (which points into `bytes`); bytes after it are not looked at. TN_INVALID names the offset in
 * error->where; TN_LIMIT for depth or size. Never reads past `bytes`. */
TN_API tn_status tn_value_check(tn_slice bytes, tn_value *out, tn_error *error) TN_MUST_USE;

/* Total order: null < numbers < string < object < array < bytes < bool < timestamp, the order BSON
 * gives. Numbers compare by exact value whatever their type, -0 = 0, NaN is below all numbers and
 * equal to itself. Strings compare as bytes; bytes by length first; arrays item by item, objects field
 * by field: type class, then name, then value. Returns < 0, 0, > 0. The keys a map holds
 * (tn_key in tenon_plugin.h) sort the same way. */
TN_API int tn_value_compare(tn_value a, tn_value b);

/* ---- building ------------------------------------------------------------------------------- */

/* One scalar, or a value to copy: what the macros below turn their arguments into. */
typedef struct tn_arg {
  tn_type type; /* TN_ABSENT marks `value` */
  union {
    bool boolean;
    int64_t integer; /* TN_INT, and TN_TIMESTAMP in microseconds */
    double real;
    tn_slice slice; /* TN_STRING, TN_BYTES */
    tn_value value;
  } u;
} tn_arg;

static inline tn_arg tn_arg_null(void) { return (tn_arg){TN_NULL, {0}}; }
static inline tn_arg tn_arg_bool(bool b) { return (tn_arg){TN_BOOL, {.boolean = b}}; }
static inline tn_arg tn_arg_int(int64_t n) { return (tn_arg){TN_INT, {.integer = n}}; }
static inline tn_arg tn_arg_double(double d) { return (tn_arg){TN_DOUBLE, {.real = d}}; }
static inline tn_arg tn_arg_string(const char *s) { return (tn_arg){TN_STRING, {.slice = {s, s ? strlen(s) : 0}}}; }
static inline tn_arg tn_arg_bytes(tn_slice b) { return (tn_arg){TN_BYTES, {.slice = b}}; }
static inline tn_arg tn_arg_value(tn_value v) { return (tn_arg){TN_ABSENT, {.value = v}}; }
static inline tn_arg tn_arg_self(tn_arg a) { return a; }

/* For what C's types cannot tell apart: text with a length, a point in time, a literal `true`, null. */
static inline tn_arg tn_text(tn_slice s) { return (tn_arg){TN_STRING, {.slice = s}}; }
static inline tn_arg tn_time(int64_t us) { return (tn_arg){TN_TIMESTAMP, {.integer = us}}; }
#define TN_ARG_TRUE tn_arg_bool(true)
#define TN_ARG_FALSE tn_arg_bool(false)
#define TN_ARG_NULL tn_arg_null()

/* C integers -> int, float and double -> double, _Bool -> bool, char pointers -> string, tn_slice -> bytes,
 * tn_value -> itself, tn_arg -> itself. (In C11 the literals `true` and `false` are ints.) */
#define TN_ARG(x) \
  _Generic((x), _Bool: tn_arg_bool, char: tn_arg_int, signed char: tn_arg_int, unsigned char: tn_arg_int, \
      short: tn_arg_int, unsigned short: tn_arg_int, int: tn_arg_int, unsigned: tn_arg_int,            \
      long: tn_arg_int, unsigned long: tn_arg_int, long long: tn_arg_int,                              \
      unsigned long long: tn_arg_int, float: tn_arg_double, double: tn_arg_double,                     \
      char *: tn_arg_string, const char *: tn_arg_string, tn_slice: tn_arg_bytes,                      \
      tn_value: tn_arg_value, tn_arg: tn_arg_self)(x)

struct tn_builder;

/* What a builder does; reached through tn_builder.ops so that a plugin needs no symbol of the library. */
typedef struct tn_builder_ops {
  void (*add)(struct tn_builder *b, tn_arg arg);
  void (*add_int)(struct tn_builder *b, int64_t n);
  void (*add_double)(struct tn_builder *b, double d);
  void (*name)(struct tn_builder *b, tn_slice name);
  uint8_t *(*text_room)(struct tn_builder *b, size_t room);
  void (*text_add)(struct tn_builder *b, size_t size);
  void (*text_name)(struct tn_builder *b, size_t size);
  void (*array_begin)(struct tn_builder *b);
  void (*object_begin)(struct tn_builder *b);
  void (*end)(struct tn_builder *b);
  void (*clear)(struct tn_builder *b);
  void (*free)(struct tn_builder *b);
  void (*fields)(struct tn_builder *b, const tn_slice *names, const tn_value *values, uint32_t count);
  void (*items)(struct tn_builder *b, const tn_arg *args, uint32_t count);
  void (*pairs)(struct tn_builder *b, const tn_arg *pairs, uint32_t count);
} tn_builder_ops;

/* Grows one value. The first failure sticks: later calls do nothing, and tn_built() answers it. So a
 * value is built without looking at each step. What it refuses: invalid UTF-8 and duplicate or missing
 * names (INVALID), a value outside TN_DEPTH_MAX or TN_VALUE_SIZE_MAX (LIMIT), no memory (NOMEM), more
 * than one value or an unclosed container (MISUSE).
 * Fields are the library's except where a comment says otherwise. One thread at a time. */
typedef struct tn_builder {
  const tn_builder_ops *ops;
  const tn_memory *memory; /* may be read; NULL until the first tn_builder_clear() = tn_memory_system() */
  uint8_t *data;           /* what was built; use tn_built() */
  size_t size;
  size_t capacity;
  uint32_t *marks; /* a stack: for each open container its frame, then the ends of its items */
  uint32_t mark_count;
  uint32_t mark_capacity;
  uint32_t frame; /* index in `marks` of the innermost open container's frame; 0 = none */
  uint16_t depth;
  bool named;       /* a name waits for its value */
  bool in_object;   /* the innermost open container is one */
  tn_status status; /* the first failure */
} tn_builder;

TN_API extern const tn_builder_ops tn_builder_default_ops;

/* For applications; a plugin gets its builders from tn_builder_for() in tenon_plugin.h. */
#define TN_BUILDER_INIT \
  { &tn_builder_default_ops, NULL, NULL, 0, 0, NULL, 0, 0, 0, 0, false, false, TN_OK }

/* Root of a value, or the next item of the innermost open array, or the value after tn_name(). */
#define tn_add(builder, x) ((builder)->ops->add((builder), TN_ARG(x)))
/* A field of the innermost open object. */
#define tn_set(builder, field, x) (tn_name((builder), (field)), tn_add((builder), (x)))

/* The same as tn_add() of what the name says. */
static inline void tn_add_int(tn_builder *b, int64_t n) { b->ops->add_int(b, n); }
static inline void tn_add_double(tn_builder *b, double d) { b->ops->add_double(b, d); }

static inline void tn_name_slice(tn_builder *b, tn_slice name) { b->ops->name(b, name); }
static inline void tn_name(tn_builder *b, const char *name) { b->ops->name(b, (tn_slice){name, strlen(name)}); }

/* An object of `count` fields, at once: the same as tn_object_begin(), tn_name_slice() and tn_add() for each, and
 * tn_end(), in far less time. */
static inline void tn_add_fields(tn_builder *b, const tn_slice *names, const tn_value *values, uint32_t count) {
  b->ops->fields(b, names, values, count);
}

/* An array of `count` items, at once: the same as tn_array_begin(), tn_add() for each, and tn_end(). */
static inline void tn_add_items(tn_builder *b, const tn_arg *args, uint32_t count) { b->ops->items(b, args, count); }

/* An object of `count` fields, at once, from 2 * count args: of each field the name, a string or a slice, and then
 * the value. */
static inline void tn_add_pairs(tn_builder *b, const tn_arg *pairs, uint32_t count) {
  b->ops->pairs(b, pairs, count);
}

/* For readers of text formats: a string that is written where it stays, instead of being copied there. tn_text_room()
 * answers where `room` bytes may be written, NULL when the builder has failed; asking again for more keeps what is
 * there. The first `size` of them then become a string, or the name of a field. Any other call forgets them. */
static inline uint8_t *tn_text_room(tn_builder *b, size_t room) { return b->ops->text_room(b, room); }
static inline void tn_text_add(tn_builder *b, size_t size) { b->ops->text_add(b, size); }
static inline void tn_text_name(tn_builder *b, size_t size) { b->ops->text_name(b, size); }

static inline void tn_array_begin(tn_builder *b) { b->ops->array_begin(b); }
static inline void tn_object_begin(tn_builder *b) { b->ops->object_begin(b); }
static inline void tn_end(tn_builder *b) { b->ops->end(b); }
/* Forgets what was built, and the failure; keeps the memory. */
static inline void tn_builder_clear(tn_builder *b) { b->ops->clear(b); }
/* Gives the memory back; the builder may be used again. */
static inline void tn_builder_free(tn_builder *b) { b->ops->free(b); }

/* The finished value; it points into the builder and lives until the builder is next changed. Absent when
 * anything failed or is unfinished (tn_builder_status() tells). */
static inline tn_value tn_built(const tn_builder *b) {
  return b->status == TN_OK && b->depth == 0 ? (tn_value){b->data, b->size} : TN_NO_VALUE;
}
static inline tn_status tn_builder_status(const tn_builder *b) {
  return b->status != TN_OK ? b->status : b->depth != 0 || b->size == 0 ? TN_MISUSE : TN_OK;
}

/* Clears the builder and builds an array of `count` args, or an object of count / 2 pairs of name and
 * value; see tn_arr() and tn_obj(). */
static inline tn_value tn_build_array(tn_builder *b, const tn_arg *args, size_t count) {
  tn_builder_clear(b);
  tn_add_items(b, args, (uint32_t)count);
  return tn_built(b);
}
static inline tn_value tn_build_object(tn_builder *b, const tn_arg *args, size_t count) {
  tn_builder_clear(b);
  tn_add_pairs(b, args, (uint32_t)count / 2);
  return tn_built(b);
}

/* An object or an array in one expression, up to 24 arguments:
 *   tn_run(engine, "cart", "put", tn_obj(&args, "key", "apples", "value", 3), &result, &error);
 * The value returned points into `builder`. */
#define tn_obj(builder, ...) tn_build_object((builder), (tn_arg[]){TN_ARGS(__VA_ARGS__)}, TN_ARG_COUNT(__VA_ARGS__))
#define tn_arr(builder, ...) tn_build_array((builder), (tn_arg[]){TN_ARGS(__VA_ARGS__)}, TN_ARG_COUNT(__VA_ARGS__))

/* TN_ARGS(a, b, ...) applies TN_ARG to each. */
#define TN_ARG_COUNT(...) (sizeof((tn_arg[]){TN_ARGS(__VA_ARGS__)}) / sizeof(tn_arg))
#define TN_ARG_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, \
                    _22, _23, _24, n, ...)                                                                          \
  TN_ARGS_##n
#define TN_ARGS(...)                                                                                             \
  TN_ARGS_OF(__VA_ARGS__, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1) \
  (__VA_ARGS__)
#define TN_ARGS_OF(...) TN_ARG_PICK(__VA_ARGS__, 0)
#define TN_ARGS_1(x) TN_ARG(x)
#define TN_ARGS_2(x, ...) TN_ARG(x), TN_ARGS_1(__VA_ARGS__)
#define TN_ARGS_3(x, ...) TN_ARG(x), TN_ARGS_2(__VA_ARGS__)
#define TN_ARGS_4(x, ...) TN_ARG(x), TN_ARGS_3(__VA_ARGS__)
#define TN_ARGS_5(x, ...) TN_ARG(x), TN_ARGS_4(__VA_ARGS__)
#define TN_ARGS_6(x, ...) TN_ARG(x), TN_ARGS_5(__VA_ARGS__)
#define TN_ARGS_7(x, ...) TN_ARG(x), TN_ARGS_6(__VA_ARGS__)
#define TN_ARGS_8(x, ...) TN_ARG(x), TN_ARGS_7(__VA_ARGS__)
#define TN_ARGS_9(x, ...) TN_ARG(x), TN_ARGS_8(__VA_ARGS__)
#define TN_ARGS_10(x, ...) TN_ARG(x), TN_ARGS_9(__VA_ARGS__)
#define TN_ARGS_11(x, ...) TN_ARG(x), TN_ARGS_10(__VA_ARGS__)
#define TN_ARGS_12(x, ...) TN_ARG(x), TN_ARGS_11(__VA_ARGS__)
#define TN_ARGS_13(x, ...) TN_ARG(x), TN_ARGS_12(__VA_ARGS__)
#define TN_ARGS_14(x, ...) TN_ARG(x), TN_ARGS_13(__VA_ARGS__)
#define TN_ARGS_15(x, ...) TN_ARG(x), TN_ARGS_14(__VA_ARGS__)
#define TN_ARGS_16(x, ...) TN_ARG(x), TN_ARGS_15(__VA_ARGS__)
#define TN_ARGS_17(x, ...) TN_ARG(x), TN_ARGS_16(__VA_ARGS__)
#define TN_ARGS_18(x, ...) TN_ARG(x), TN_ARGS_17(__VA_ARGS__)
#define TN_ARGS_19(x, ...) TN_ARG(x), TN_ARGS_18(__VA_ARGS__)
#define TN_ARGS_20(x, ...) TN_ARG(x), TN_ARGS_19(__VA_ARGS__)
#define TN_ARGS_21(x, ...) TN_ARG(x), TN_ARGS_20(__VA_ARGS__)
#define TN_ARGS_22(x, ...) TN_ARG(x), TN_ARGS_21(__VA_ARGS__)
#define TN_ARGS_23(x, ...) TN_ARG(x), TN_ARGS_22(__VA_ARGS__)
#define TN_ARGS_24(x, ...) TN_ARG(x), TN_ARGS_23(__VA_ARGS__)

#endif
