#include <math.h>

#include "fuzz.h"
#include "utf8.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

uint64_t fuzz_number(fuzz_input *in, unsigned width) {
  uint64_t n = 0;
  for (unsigned i = 0; i < width; i++) n |= (uint64_t)fuzz_byte(in) << (8 * i);
  return n;
}

tn_slice fuzz_bytes(fuzz_input *in, size_t size) {
  size_t got = size < fuzz_left(in) ? size : fuzz_left(in);
  tn_slice bytes = {in->at, got};
  in->at += got;
  return bytes;
}

/* ---- values --------------------------------------------------------------------------------- */

static int64_t near_an_edge(fuzz_input *in) {
  static const int64_t edges[] = {0,          INT64_MAX,  INT64_MIN,        (int64_t)1 << 53,   -((int64_t)1 << 53),
                                  1000000000, UINT32_MAX, (int64_t)1 << 62, 253402300799999999, -62135596800000000};
  uint64_t edge = (uint64_t)edges[fuzz_byte(in) % COUNT(edges)];
  return (int64_t)(edge + (uint64_t)(int64_t)(int8_t)fuzz_byte(in));
}

static double any_double(fuzz_input *in) {
  uint64_t bits = fuzz_number(in, 8);
  double d;
  memcpy(&d, &bits, sizeof d);
  return d;
}

static double odd_double(fuzz_input *in) {
  static const double odd[] = {0.0,
                               -0.0,
                               0.5,
                               5e-324,
                               0x1p-1022,
                               0x1p53,
                               0x1p63,
                               -0x1p63,
                               1e23,
                               INFINITY,
                               -INFINITY,
                               NAN,
                               0x1.fffffffffffffp1023};
  double d = odd[fuzz_byte(in) % COUNT(odd)];
  uint8_t towards = fuzz_byte(in) % 3;
  return towards == 0 ? d : nextafter(d, towards == 1 ? INFINITY : -INFINITY);
}

/* Reserved names are among the words, and NULs. */
static tn_slice some_text(fuzz_input *in) {
  static const char *const words[] = {"$binary", "$date",  "$numberDouble", "$numberLong",  "$literal",
                                      "$result", "base64", "key",           "\u00e9\u20ac", "\U0001f600"};
  uint8_t how = fuzz_byte(in);
  if (how < 16) return (tn_slice){words[how % COUNT(words)], strlen(words[how % COUNT(words)])};
  tn_slice text = fuzz_bytes(in, how % 5 == 0 ? how : how % 6);
  return tni_is_utf8(text.data, text.size) ? text : (tn_slice){"", 0};
}

static void add_int(fuzz_input *in, tn_builder *b) {
  switch (fuzz_byte(in) % 3) {
    case 0: tn_add(b, (int8_t)fuzz_byte(in)); break;
    case 1: tn_add(b, (int64_t)fuzz_number(in, 8)); break;
    default: tn_add(b, near_an_edge(in));
  }
}

static void add_double(fuzz_input *in, tn_builder *b) {
  switch (fuzz_byte(in) % 3) {
    case 0: tn_add(b, any_double(in)); break;
    case 1: tn_add(b, odd_double(in)); break;
    default: tn_add(b, (double)near_an_edge(in));
  }
}

/* Now and then as deep as a value may be, and deeper. */
static void add_deep(fuzz_input *in, tn_builder *b) {
  unsigned levels = 1 + fuzz_byte(in) % (TN_DEPTH_MAX + 4);
  for (unsigned i = 0; i < levels; i++) tn_array_begin(b);
  for (unsigned i = 0; i < levels; i++) tn_end(b);
}

static void add_array(fuzz_input *in, tn_builder *b, unsigned depth) {
  unsigned count = depth > 0 ? fuzz_byte(in) % 7 : 0;
  if (count == 6) {
    add_deep(in, b);
    return;
  }
  tn_array_begin(b);
  for (; count > 0; count--) fuzz_add(in, b, depth - 1);
  tn_end(b);
}

/* Names are made unique by the field's number, but for the first. */
static void add_object(fuzz_input *in, tn_builder *b, unsigned depth) {
  char name[300];
  unsigned count = depth > 0 ? fuzz_byte(in) % 6 : 0;
  tn_object_begin(b);
  for (unsigned i = 0; i < count; i++) {
    tn_slice text = some_text(in);
    if (text.size > 0) memcpy(name, text.data, text.size);
    if (i > 0) name[text.size++] = (char)('0' + i);
    tn_name_slice(b, (tn_slice){name, text.size});
    fuzz_add(in, b, depth - 1);
  }
  tn_end(b);
}

void fuzz_add_type(fuzz_input *in, tn_builder *b, tn_type type, unsigned depth) {
  switch (type) {
    case TN_ABSENT:
    case TN_NULL: tn_add(b, TN_ARG_NULL); break;
    case TN_BOOL: tn_add(b, tn_arg_bool(fuzz_byte(in) % 2)); break;
    case TN_INT: add_int(in, b); break;
    case TN_DOUBLE: add_double(in, b); break;
    case TN_STRING: tn_add(b, tn_text(some_text(in))); break;
    case TN_BYTES: tn_add(b, fuzz_bytes(in, fuzz_byte(in) % 20)); break;
    case TN_TIMESTAMP: tn_add(b, tn_time(fuzz_byte(in) % 2 ? (int64_t)fuzz_number(in, 8) : near_an_edge(in))); break;
    case TN_ARRAY: add_array(in, b, depth); break;
    case TN_OBJECT: add_object(in, b, depth); break;
  }
}

void fuzz_add(fuzz_input *in, tn_builder *b, unsigned depth) {
  unsigned types = depth > 0 ? TN_OBJECT : TN_TIMESTAMP;
  fuzz_add_type(in, b, (tn_type)(TN_NULL + fuzz_byte(in) % types), depth);
}

tn_value fuzz_value(fuzz_input *in, tn_builder *b, unsigned depth) {
  tn_builder_clear(b);
  fuzz_add(in, b, depth);
  return tn_built(b);
}

/* ---- engines -------------------------------------------------------------------------------- */

void fuzz_digest(tn_engine *engine, char out[33]) {
  tn_result stats = TN_RESULT_INIT;
  tn_slice digest = {NULL, 0};
  MUST(tn_stats(engine, &stats, NULL) == TN_OK);
  MUST(tn_get_string(stats.value, "digest", &digest) == TN_OK && digest.size == 32);
  memcpy(out, digest.data, 32);
  out[32] = '\0';
  tn_result_free(&stats);
}
