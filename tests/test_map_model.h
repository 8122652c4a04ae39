/* test_map_model.h - a naive map to hold the real one against: a sorted array of pointers to entries that are never
 * changed, so that a copy of the array is a version. And what the map's tests share besides. */
#ifndef TEST_MAP_MODEL_H
#define TEST_MAP_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "map.h"
#include "memory.h"

#define SLICE(text) ((tn_slice){(text), sizeof(text) - 1})

/* ---- random numbers (splitmix64) ------------------------------------------------------------ */

static inline uint64_t next_random(uint64_t *seed) {
  uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
static inline uint32_t below(uint64_t *seed, uint32_t n) { return (uint32_t)(next_random(seed) % n); }

/* ---- the model ------------------------------------------------------------------------------ */

typedef struct entry {
  struct entry *next; /* of the pool */
  tn_slice key, value;
} entry;

typedef struct pool {
  entry *entries;
} pool;

typedef struct model {
  const entry **entries;
  size_t count, capacity;
} model;

static inline entry *pool_entry(pool *p, tn_slice key, tn_slice value) {
  entry *e = malloc(sizeof *e + key.size + value.size);
  assert_non_null(e);
  uint8_t *bytes = (uint8_t *)(e + 1);
  if (key.size > 0) memcpy(bytes, key.data, key.size);
  if (value.size > 0) memcpy(bytes + key.size, value.data, value.size);
  *e = (entry){p->entries, {bytes, key.size}, {bytes + key.size, value.size}};
  return p->entries = e;
}
static inline void pool_free(pool *p) {
  for (entry *e = p->entries, *next; e; e = next) {
    next = e->next;
    free(e);
  }
  p->entries = NULL;
}

static inline int compare_keys(tn_slice a, tn_slice b) {
  size_t common = a.size < b.size ? a.size : b.size;
  int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}
static inline bool same_bytes(tn_slice a, tn_slice b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* The first entry that is not below the key. */
static inline size_t model_find(const model *m, tn_slice key, bool *exact) {
  size_t low = 0, high = m->count;
  *exact = false;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = compare_keys(key, m->entries[middle]->key);
    if (order == 0) *exact = true;
    if (order <= 0)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}
static inline void model_put(model *m, pool *p, tn_slice key, tn_slice value) {
  bool exact;
  size_t at = model_find(m, key, &exact);
  const entry *e = pool_entry(p, key, value);
  if (exact) {
    m->entries[at] = e;
    return;
  }
  if (m->count == m->capacity) {
    m->capacity = m->capacity ? 2 * m->capacity : 64;
    m->entries = realloc(m->entries, m->capacity * sizeof *m->entries);
    assert_non_null(m->entries);
  }
  memmove(m->entries + at + 1, m->entries + at, (m->count - at) * sizeof *m->entries);
  m->entries[at] = e;
  m->count++;
}
/* Removes entries [from, to). */
static inline void model_remove(model *m, size_t from, size_t to) {
  if (from == to) return;
  memmove(m->entries + from, m->entries + to, (m->count - to) * sizeof *m->entries);
  m->count -= to - from;
}
static inline model model_copy(const model *m) {
  model copy = {malloc((m->count + 1) * sizeof *copy.entries), m->count, m->count + 1};
  assert_non_null(copy.entries);
  if (m->count > 0) memcpy(copy.entries, m->entries, m->count * sizeof *copy.entries);
  return copy;
}
static inline void model_free(model *m) {
  free(m->entries);
  *m = (model){NULL, 0, 0};
}

/* ---- a state whose memory is counted -------------------------------------------------------- */

typedef struct fixture {
  tni_counted_memory memory;
  tni_state *state;
} fixture;

static const uint64_t test_seeds[3] = {11, 22, 33};

static inline void fixture_init(fixture *f) {
  tni_counted_memory_init(&f->memory, tn_memory_system());
  assert_int_equal(tni_state_create(&f->memory.memory, 3, test_seeds, &f->state), TN_OK);
}
static inline void fixture_fini(fixture *f) {
  tni_state_destroy(f->state);
  assert_int_equal(f->memory.blocks, 0);
  assert_int_equal(f->memory.bytes, 0);
}

static inline void check_state(const tni_state *state, const tni_root *roots) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = tni_state_check(state, roots, &error);
  if (status != TN_OK) fail_msg("%s: %s", tn_status_name(status), error.text);
}
static inline void check_digest(const tni_state *state) {
  tni_digest have = tni_state_digest(state), want = tni_state_digest_scan(state, tni_state_working(state));
  assert_true(have.low == want.low && have.high == want.high);
}

/* Every entry, forwards. */
static inline void check_same(const tni_state *state, const tni_root *roots, uint32_t map, const model *m) {
  tni_cursor cursor;
  tn_slice key, value;
  size_t i = 0;
  assert_int_equal(roots[map].count, m->count);
  tni_cursor_init(&cursor, state, roots, map);
  for (; tni_cursor_next(&cursor, &key, &value) == TN_OK; i++) {
    assert_true(i < m->count);
    assert_true(same_bytes(key, m->entries[i]->key));
    assert_true(same_bytes(value, m->entries[i]->value));
  }
  assert_int_equal(i, m->count);
}
static inline void check_same_backwards(const tni_state *state, const tni_root *roots, uint32_t map, const model *m) {
  tni_cursor cursor;
  tn_slice key, value;
  size_t i = m->count;
  tni_cursor_init(&cursor, state, roots, map);
  tni_cursor_seek_end(&cursor);
  while (tni_cursor_prev(&cursor, &key, &value) == TN_OK) {
    assert_true(i > 0);
    i--;
    assert_true(same_bytes(key, m->entries[i]->key));
    assert_true(same_bytes(value, m->entries[i]->value));
  }
  assert_int_equal(i, 0);
}

/* ---- keys and values of many shapes --------------------------------------------------------- */

typedef enum key_shape {
  KEYS_SHORT,      /* 0 to 3 bytes of few letters */
  KEYS_RANDOM,     /* 16 random bytes */
  KEYS_SEQUENTIAL, /* big-endian numbers in some narrow range */
  KEYS_PREFIXED,   /* few long shared prefixes */
  KEYS_LONG,       /* up to the largest size */
  KEYS_ZEROS,      /* zero bytes at their ends */
  KEYS_STAIRS,     /* one begins with another, at every length */
  KEYS_MIXED,      /* all of these */
  KEY_SHAPES
} key_shape;

static inline tn_slice make_key(key_shape shape, uint32_t range, uint64_t *seed, uint8_t *out) {
  uint32_t n = below(seed, range);
  uint64_t hash = n;
  if (shape == KEYS_MIXED) shape = (key_shape)(next_random(&hash) % KEYS_MIXED);
  size_t size = 0;
  switch (shape) {
    case KEYS_SHORT:
      size = n % 4;
      for (size_t i = 0; i < size; i++) out[i] = (uint8_t)('a' + next_random(&hash) % 20);
      break;
    case KEYS_RANDOM:
      size = 16;
      for (size_t i = 0; i < size; i++) out[i] = (uint8_t)next_random(&hash);
      break;
    case KEYS_SEQUENTIAL:
      size = 8;
      for (size_t i = 0; i < size; i++) out[i] = (uint8_t)((uint64_t)n >> (8 * (7 - i)));
      break;
    case KEYS_PREFIXED:
      size = (size_t)30 + n % 3 * 300;
      memset(out, 'p' + (int)(n % 5), size);
      size += (size_t)snprintf((char *)out + size, 16, "%u", n);
      break;
    case KEYS_LONG:
      size = TNI_KEY_SIZE_MAX - next_random(&hash) % 100;
      memset(out, 'x', size);
      out[next_random(&hash) % size] = (uint8_t)n;
      memcpy(out + size - sizeof n, &n, sizeof n);
      break;
    case KEYS_STAIRS:
      size = next_random(&hash) % TNI_KEY_SIZE_MAX;
      memset(out, 'x', size);
      out[size++] = (uint8_t)('w' + n % 3);
      break;
    default:
      size = 1 + next_random(&hash) % 8;
      memset(out, 0, size);
      out[next_random(&hash) % size] = (uint8_t)(next_random(&hash) % 3);
      break;
  }
  return (tn_slice){out, size};
}

#define TEST_VALUE_MAX 2000

/* Mostly small; `out` has room for TEST_VALUE_MAX. */
static inline tn_slice make_value(uint64_t *seed, uint8_t *out) {
  uint32_t kind = below(seed, 20);
  size_t size = kind == 0   ? 0
                : kind < 14 ? below(seed, 40)
                : kind < 19 ? below(seed, 257)
                            : below(seed, TEST_VALUE_MAX);
  uint64_t word = next_random(seed);
  for (size_t i = 0; i < size; i++) out[i] = (uint8_t)(word >> (i % 8 * 8));
  return (tn_slice){out, size};
}

/* ---- what the tests by name share ------------------------------------------------------------- */

static inline int setup(void **state) {
  fixture *f = calloc(1, sizeof *f);
  fixture_init(f);
  *state = f;
  return 0;
}
static inline int teardown(void **state) {
  fixture *f = *state;
  fixture_fini(f);
  free(f);
  return 0;
}

static inline tn_slice number_key(uint64_t n, uint8_t out[8]) {
  for (int i = 0; i < 8; i++) out[i] = (uint8_t)(n >> (8 * (7 - i)));
  return (tn_slice){out, 8};
}

static inline void put(tni_state *s, tn_slice key, tn_slice value) {
  assert_int_equal(tni_map_put(s, 0, key, value), TN_OK);
}

static inline void put_numbers(tni_state *s, uint64_t from, uint64_t to, uint8_t mark) {
  uint8_t key[8], value[100];
  memset(value, mark, sizeof value);
  for (uint64_t n = from; n < to; n++) put(s, number_key(n, key), (tn_slice){value, sizeof value});
}

static inline bool has(tni_state *s, const tni_root *roots, tn_slice key, tn_slice *value) {
  tn_slice ignored;
  return tni_map_get(s, roots, 0, key, value ? value : &ignored) == TN_OK;
}

static inline tni_version *commit(tni_state *s) {
  static uint64_t seq;
  tni_version *version;
  assert_int_equal(tni_state_seal(s, ++seq, 1, 0, &version), TN_OK);
  tni_state_publish(s, version);
  return version;
}

static inline uint64_t count_of(tni_state *s) { return tni_state_working(s)[0].count; }

static inline bool same_digest(tni_digest a, tni_digest b) { return a.low == b.low && a.high == b.high; }

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
