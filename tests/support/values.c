#include "values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

values_source values_source_for_run(const char *label) {
  const char *given = getenv("TENON_TEST_SEED");
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
  printf("# %s: seed %llu\n", label, (unsigned long long)seed);
  fflush(stdout);
  return (values_source){seed};
}

uint64_t values_next(values_source *source) {
  uint64_t z = source->state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t values_below(values_source *source, uint64_t n) { return values_next(source) % n; }
bool values_chance(values_source *source, unsigned percent) { return values_below(source, 100) < percent; }

static int64_t near(values_source *source, int64_t base) {
  return (int64_t)((uint64_t)base + values_below(source, 5) - 2);
}

int64_t values_int(values_source *source) {
  static const int64_t edges[] = {0,         63,        64,        -128,         127,       128,         255,
                                  256,       INT16_MIN, INT16_MAX, INT32_MIN,    INT32_MAX, 1 << 24,     UINT32_MAX,
                                  INT64_MIN, INT64_MAX, 1LL << 53, -(1LL << 53), 1LL << 62, -(1LL << 62)};
  switch (values_below(source, 4)) {
    case 0: return near(source, edges[values_below(source, COUNT(edges))]);
    case 1: return (int64_t)values_below(source, 200) - 100;
    case 2: return (int64_t)((UINT64_C(1) << (53 + values_below(source, 11))) + values_below(source, 4097) - 2048);
    default: return (int64_t)(values_next(source) >> values_below(source, 64));
  }
}

static double any_bits(values_source *source) {
  uint64_t bits = values_next(source);
  double d;
  memcpy(&d, &bits, sizeof d);
  return d;
}

double values_double(values_source *source) {
  static const double edges[] = {0.0,
                                 -0.0,
                                 1.0,
                                 0.1,
                                 1e21,
                                 1e22,
                                 1e23,
                                 5e-324,
                                 0x1p-1022,
                                 0x1p53,
                                 0x1p62,
                                 0x1p63,
                                 -0x1p63,
                                 0x1p64,
                                 1e300,
                                 1e-7,
                                 NAN,
                                 INFINITY,
                                 -INFINITY,
                                 0x1.fffffffffffffp1023,
                                 1e16,
                                 1e17,
                                 9007199254740993.0};
  switch (values_below(source, 6)) {
    case 0: return edges[values_below(source, COUNT(edges))];
    case 1: return nextafter(edges[values_below(source, COUNT(edges))], values_chance(source, 50) ? 1e308 : -1e308);
    case 2: return (double)values_int(source);
    case 3:
      return (double)((int64_t)values_below(source, 2000000) - 1000000) / pow(10, (double)values_below(source, 7));
    case 4: return ldexp(1.0, (int)values_below(source, 2098) - 1074);
    default: return any_bits(source);
  }
}

int64_t values_timestamp(values_source *source) {
  static const int64_t edges[] = {0, -62135596800000000, 253402300799999999, INT64_MIN, INT64_MAX, 951782400000000};
  if (values_chance(source, 40)) return near(source, edges[values_below(source, COUNT(edges))]);
  if (values_chance(source, 40)) return (int64_t)values_below(source, 2000000000) * 1000000 - 1000000000000000;
  return values_int(source);
}

static const char *const words[] = {"",
                                    "a",
                                    "b",
                                    "ab",
                                    "$binary",
                                    "$date",
                                    "$numberDouble",
                                    "$numberLong",
                                    "$literal",
                                    "$",
                                    "$dat",
                                    "$dates",
                                    "base64",
                                    "subType",
                                    "\"quoted\"",
                                    "back\\slash",
                                    "\b\f\n\r\t\x01\x1f\x7f",
                                    "caf\u00e9",
                                    "\u20ac\u2028\u2029",
                                    "\U0001f600\U0010ffff",
                                    "\uffff\ufffe",
                                    "e\u0301",
                                    "\ufeffbom",
                                    "/"};

/* Up to `room` bytes of UTF-8. */
static size_t random_text(values_source *source, char *to, size_t room) {
  static const size_t sizes[] = {62, 63, 64, 65, 254, 255, 256, 257, 1000};
  const char *word = words[values_below(source, COUNT(words))];
  size_t size = strlen(word);
  if (values_chance(source, 75)) {
    memcpy(to, word, size);
    if (values_chance(source, 15)) to[size++] = '\0';
    if (values_chance(source, 15)) to[size++] = (char)('a' + values_below(source, 3));
    return size;
  }
  size_t want = values_chance(source, 70) ? values_below(source, 30) : sizes[values_below(source, COUNT(sizes))];
  if (want > room) want = room;
  for (size = 0; size < want; size++) to[size] = (char)values_below(source, 128);
  return size;
}

static void add_bytes(values_source *source, tn_builder *b) {
  uint8_t data[300];
  size_t size = (size_t)values_below(source, values_chance(source, 90) ? 12 : sizeof data);
  for (size_t i = 0; i < size; i++) data[i] = (uint8_t)values_next(source);
  tn_add(b, ((tn_slice){data, size}));
}

static void add_scalar(values_source *source, tn_builder *b) {
  char text[1024];
  switch (values_below(source, 8)) {
    case 0: tn_add(b, TN_ARG_NULL); break;
    case 1: tn_add(b, values_chance(source, 50) ? TN_ARG_TRUE : TN_ARG_FALSE); break;
    case 2: tn_add(b, values_double(source)); break;
    case 3: add_bytes(source, b); break;
    case 4: tn_add(b, tn_time(values_timestamp(source))); break;
    case 5: tn_add(b, values_int(source)); break;
    default: tn_add(b, tn_text((tn_slice){text, random_text(source, text, sizeof text)}));
  }
}

/* Names are made unique by a number at the end of all but the first. */
static void add_fields(values_source *source, tn_builder *b, size_t count, unsigned depth) {
  char name[1100];
  for (size_t i = 0; i < count; i++) {
    size_t size = random_text(source, name, 1000);
    if (i > 0) size += (size_t)sprintf(name + size, "#%zu", i);
    tn_name_slice(b, (tn_slice){name, size});
    values_add(source, b, depth);
  }
}

static void add_container(values_source *source, tn_builder *b, unsigned depth) {
  size_t count = (size_t)values_below(source, values_chance(source, 95) ? 5 : 60);
  if (values_chance(source, 50)) {
    tn_array_begin(b);
    for (size_t i = 0; i < count; i++) values_add(source, b, depth - 1);
  } else {
    tn_object_begin(b);
    add_fields(source, b, count, depth - 1);
  }
  tn_end(b);
}

void values_add(values_source *source, tn_builder *b, unsigned depth) {
  if (depth > 0 && values_chance(source, 35))
    add_container(source, b, depth);
  else
    add_scalar(source, b);
}

tn_value values_build(values_source *source, tn_builder *b, unsigned depth) {
  tn_builder_clear(b);
  values_add(source, b, depth);
  return tn_built(b);
}

static void add_near(values_source *source, tn_builder *b, tn_value value) {
  int64_t n;
  double d;
  tn_slice text;
  if (!values_chance(source, 40))
    tn_add(b, value);
  else if (tn_as_int(value, &n) && values_chance(source, 50))
    tn_add(b, (double)n);
  else if (tn_as_int(value, &n))
    tn_add(b, near(source, n));
  else if (tn_as_double(value, &d) && fabs(d) < 0x1p62)
    tn_add(b, near(source, (int64_t)d));
  else if (tn_as_double(value, &d))
    tn_add(b, nextafter(d, 0));
  else if (tn_as_string(value, &text) && text.size > 0 && ((const char *)text.data)[text.size - 1] >= 0)
    tn_add(b, tn_text((tn_slice){text.data, text.size - 1}));
  else
    values_add(source, b, 0);
}

tn_value values_build_near(values_source *source, tn_builder *b, tn_value value) {
  tn_type type = tn_value_type(value);
  tn_builder_clear(b);
  if (type != TN_ARRAY && type != TN_OBJECT) return add_near(source, b, value), tn_built(b);
  if (type == TN_ARRAY)
    tn_array_begin(b);
  else
    tn_object_begin(b);
  uint32_t last = tn_count(value) - (uint32_t)(tn_count(value) > 0 && values_chance(source, 20));
  uint32_t changed = (uint32_t)values_below(source, last + 1u);
  tn_iter it = tn_iter_of(value);
  for (uint32_t i = 0; i < last && tn_iter_next(&it); i++) {
    if (type == TN_OBJECT) tn_name_slice(b, it.name);
    if (i == changed)
      add_near(source, b, it.value);
    else
      tn_add(b, it.value);
  }
  tn_end(b);
  return tn_built(b);
}
