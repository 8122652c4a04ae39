/* What map.h promises, one promise a test: entries, the digest, cursors, differences. */
#include "test_map_model.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "tenon_value.h"

/* ---- entries -------------------------------------------------------------------------------- */

static void an_empty_state_is_cheap_and_finds_nothing(void **state) {
  fixture *f = *state;
  tni_cursor cursor;
  tn_slice key, value;
  assert_true(f->memory.bytes < 128 * 1024);
  assert_false(has(f->state, tni_state_working(f->state), SLICE("a"), NULL));
  tni_cursor_init(&cursor, f->state, tni_state_working(f->state), 0);
  assert_int_equal(tni_cursor_next(&cursor, &key, &value), TN_NOT_FOUND);
  assert_int_equal(tni_cursor_prev(&cursor, &key, &value), TN_NOT_FOUND);
  assert_int_equal(tni_map_delete(f->state, 0, SLICE("a")), TN_NOT_FOUND);
  put(f->state, SLICE("a"), SLICE("1"));
  assert_true(f->memory.bytes < 128 * 1024);
}

static void a_state_may_have_no_maps(void **state) {
  fixture *f = *state;
  tni_state *none;
  assert_int_equal(tni_state_create(&f->memory.memory, 0, NULL, &none), TN_OK);
  check_state(none, tni_state_working(none));
  tni_state_destroy(none);
}

static void an_empty_key_and_an_empty_value_are_ordinary(void **state) {
  fixture *f = *state;
  tn_slice none = {NULL, 0}, value;
  put(f->state, none, none);
  put(f->state, SLICE("a"), SLICE("1"));
  assert_true(has(f->state, tni_state_working(f->state), none, &value));
  assert_int_equal(value.size, 0);
  assert_non_null(value.data);
  assert_int_equal(tni_map_delete(f->state, 0, none), TN_OK);
  assert_int_equal(count_of(f->state), 1);
}

static void an_insert_leaves_what_is_there_and_hands_it_out(void **state) {
  fixture *f = *state;
  tn_slice there = {NULL, 0};
  assert_int_equal(tni_map_insert(f->state, 0, SLICE("a"), SLICE("1"), &there), TN_OK);
  tni_digest digest = tni_state_digest(f->state);
  assert_int_equal(tni_map_insert(f->state, 0, SLICE("a"), SLICE("2"), &there), TN_EXISTS);
  assert_int_equal(there.size, 1);
  assert_memory_equal(there.data, "1", 1);
  assert_int_equal(tni_map_insert(f->state, 0, SLICE("b"), SLICE("1"), &there), TN_OK);
  assert_int_equal(tni_map_delete(f->state, 0, SLICE("b")), TN_OK);
  tni_digest after = tni_state_digest(f->state);
  assert_memory_equal(&after, &digest, sizeof digest);
  check_state(f->state, tni_state_working(f->state));
}

static void keys_and_values_beyond_the_largest_are_refused(void **state) {
  fixture *f = *state;
  uint8_t key[TNI_KEY_SIZE_MAX + 1] = {0};
  tn_slice value = {key, (size_t)TN_VALUE_SIZE_MAX + 1};
  put(f->state, (tn_slice){key, TNI_KEY_SIZE_MAX}, SLICE("x"));
  assert_int_equal(tni_map_put(f->state, 0, (tn_slice){key, sizeof key}, SLICE("x")), TN_LIMIT);
  assert_int_equal(tni_map_put(f->state, 0, SLICE("k"), value), TN_LIMIT);
  assert_int_equal(tni_map_delete(f->state, 0, (tn_slice){key, sizeof key}), TN_NOT_FOUND);
  assert_false(has(f->state, tni_state_working(f->state), (tn_slice){key, sizeof key}, NULL));
  assert_int_equal(count_of(f->state), 1);
}

static void a_key_is_told_from_itself_with_zeros_behind_it(void **state) {
  fixture *f = *state;
  uint8_t zeros[64] = {0};
  for (size_t size = 0; size <= sizeof zeros; size++) put(f->state, (tn_slice){zeros, size}, (tn_slice){zeros, size});
  for (size_t size = 0; size <= sizeof zeros; size++) {
    tn_slice value;
    assert_true(has(f->state, tni_state_working(f->state), (tn_slice){zeros, size}, &value));
    assert_int_equal(value.size, size);
  }
  check_state(f->state, tni_state_working(f->state));
}

static void values_of_any_size_come_back(void **state) {
  fixture *f = *state;
  static const size_t sizes[] = {0, 1, 255, 256, 257, 4096, 70000, 3 << 20};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    uint8_t *bytes = malloc(sizes[i] + 1), key[8];
    memset(bytes, (int)i + 1, sizes[i] + 1);
    put(f->state, SLICE("same"), (tn_slice){bytes, sizes[i]});
    put(f->state, number_key(i, key), (tn_slice){bytes, sizes[i]});
    tn_slice value;
    assert_true(has(f->state, tni_state_working(f->state), SLICE("same"), &value));
    assert_true(same_bytes(value, (tn_slice){bytes, sizes[i]}));
    free(bytes);
    check_state(f->state, tni_state_working(f->state));
    check_digest(f->state);
  }
}

static void a_value_may_lie_in_the_map_it_is_put_into(void **state) {
  fixture *f = *state;
  uint8_t key[8], first[200];
  memset(first, 7, sizeof first);
  put(f->state, number_key(0, key), (tn_slice){first, sizeof first});
  for (uint64_t n = 1; n < 3000; n++) {
    tn_slice value;
    if (n % 100 == 0) (void)commit(f->state);
    assert_true(has(f->state, tni_state_working(f->state), number_key(n - 1, key), &value));
    put(f->state, number_key(n, key), value);
    assert_true(has(f->state, tni_state_working(f->state), number_key(n, key), &value));
    assert_true(same_bytes(value, (tn_slice){first, sizeof first}));
  }
}

static void an_identical_put_is_no_edit(void **state) {
  fixture *f = *state;
  put(f->state, SLICE("a"), SLICE("1"));
  uint64_t edits = tni_state_edits(f->state);
  put(f->state, SLICE("a"), SLICE("1"));
  assert_int_equal(tni_state_edits(f->state), edits);
  put(f->state, SLICE("a"), SLICE("2"));
  assert_true(tni_state_edits(f->state) > edits);
}

static void get_many_finds_what_get_finds(void **state) {
  fixture *f = *state;
  enum { COUNT = 100 };
  uint8_t bytes[COUNT][8];
  tn_slice keys[COUNT], values[COUNT];
  for (uint64_t n = 0; n < 5000; n += 2) put_numbers(f->state, n, n + 1, (uint8_t)n);
  for (size_t i = 0; i < COUNT; i++) keys[i] = number_key(i * 61, bytes[i]);
  keys[50] = (tn_slice){NULL, 0};
  tni_map_get_many(f->state, tni_state_working(f->state), 0, keys, COUNT, values);
  for (size_t i = 0; i < COUNT; i++) {
    tn_slice value = {NULL, 0};
    bool found = has(f->state, tni_state_working(f->state), keys[i], &value);
    assert_true(found == (values[i].data != NULL));
    assert_true(!found || same_bytes(value, values[i]));
  }
  tni_map_get_many(f->state, tni_state_working(f->state), 1, keys, COUNT, values);
  assert_null(values[0].data);
}

/* Exact while the range is small, and never far off. */
static void an_estimate_is_near_the_count(void **state) {
  fixture *f = *state;
  const tni_root *roots = tni_state_working(f->state);
  uint8_t a[8], b[8];
  tn_slice none = {NULL, 0};
  assert_int_equal(tni_map_estimate(f->state, roots, 0, none, none), 0);
  for (uint64_t n = 0; n < 20000; n++) put_numbers(f->state, n, n + 1, (uint8_t)n);
  assert_int_equal(tni_map_estimate(f->state, roots, 0, number_key(700, a), number_key(700, b)), 0);
  assert_int_equal(tni_map_estimate(f->state, roots, 0, number_key(700, a), number_key(600, b)), 0);
  assert_int_equal(tni_map_estimate(f->state, roots, 0, number_key(30000, a), none), 0);
  for (uint64_t from = 0; from < 19990; from += 37) {
    uint64_t small = tni_map_estimate(f->state, roots, 0, number_key(from, a), number_key(from + 5, b));
    assert_int_equal(small, 5);
  }
  for (uint64_t size = 100; size <= 20000; size *= 2) {
    uint64_t large = tni_map_estimate(f->state, roots, 0, number_key(0, a), number_key(size, b));
    assert_in_range(large, size * 2 / 3, size * 3 / 2);
  }
  assert_in_range(tni_map_estimate(f->state, roots, 0, none, none), 15000, 20000);
}

static void load_appends_and_refuses_what_is_not_above(void **state) {
  fixture *f = *state;
  uint8_t key[8];
  for (uint64_t n = 0; n < 3000; n++) {
    assert_int_equal(tni_map_load(f->state, 0, number_key(n, key), SLICE("some value")), TN_OK);
    if (n < 300 || n % 100 == 0) check_state(f->state, tni_state_working(f->state));
  }
  assert_int_equal(tni_map_load(f->state, 0, number_key(2999, key), SLICE("x")), TN_INVALID);
  assert_int_equal(tni_map_load(f->state, 0, number_key(5, key), SLICE("x")), TN_INVALID);
  assert_int_equal(count_of(f->state), 3000);
  check_digest(f->state);
}

static void load_fills_its_nodes(void **state) {
  fixture *f = *state;
  uint8_t key[8], value[100] = {1};
  for (uint64_t n = 0; n < 20000; n++)
    assert_int_equal(tni_map_load(f->state, 0, number_key(n * 977, key), (tn_slice){value, 100}), TN_OK);
  assert_true(tni_state_get_stats(f->state).live_bytes < 20000 * 125);
}

static void puts_in_order_fill_nodes_as_load_does(void **state) {
  fixture *f = *state;
  uint8_t key[8], value[100] = {1};
  put_numbers(f->state, 0, 20000, 1);
  uint64_t put_bytes = tni_state_get_stats(f->state).live_bytes;
  assert_int_equal(tni_map_delete_range(f->state, 0, SLICE(""), SLICE(""), NULL), TN_OK);
  for (uint64_t n = 0; n < 20000; n++)
    assert_int_equal(tni_map_load(f->state, 0, number_key(n, key), (tn_slice){value, 100}), TN_OK);
  assert_true(put_bytes <= tni_state_get_stats(f->state).live_bytes);
}

/* Key n of a rising row whose steps and lengths change as it goes. */
static tn_slice rising_key(uint64_t n, uint8_t *out) {
  (void)number_key(n * n * (n % 1000 < 500 ? 1 : 3) + (n << 40) / 100, out);
  memset(out + 8, 0, 9);
  return (tn_slice){out, 8 + n % 10};
}

static size_t some_size(uint64_t n) { return n % 500 < 20 ? 240 + n % 40 : n * 7919 % (n % 3000 < 1000 ? 10 : 250); }

static void a_loader_loads_what_single_loads_would(void **state) {
  fixture *f = *state, single;
  uint8_t key[20], value[300] = {1};
  tni_loader loader;
  fixture_init(&single);
  tni_loader_init(&loader, f->state, 0);
  assert_int_equal(tni_loader_put(&loader, (tn_slice){NULL, 0}, SLICE("of the empty key")), TN_OK);
  assert_int_equal(tni_map_load(single.state, 0, (tn_slice){NULL, 0}, SLICE("of the empty key")), TN_OK);
  for (uint64_t n = 1; n < 20000; n++) {
    tn_slice k = rising_key(n, key), v = {value, some_size(n)};
    value[0] = (uint8_t)n;
    assert_int_equal(tni_loader_put(&loader, k, v), TN_OK);
    assert_int_equal(tni_map_load(single.state, 0, k, v), TN_OK);
    if (n < 500 || n % 500 == 0) check_state(f->state, tni_state_working(f->state));
  }
  assert_int_equal(count_of(f->state), 20000);
  check_state(f->state, tni_state_working(f->state));
  check_digest(f->state);
  assert_true(same_digest(tni_state_digest(f->state), tni_state_digest(single.state)));
  assert_int_equal(tni_state_edits(f->state), tni_state_edits(single.state));
  fixture_fini(&single);
}

#define ROW 700

/* A row of entries from number `first` on; the bytes of an entry lie in one piece, or value before key. */
typedef struct row {
  tni_entry entries[ROW];
  uint8_t bytes[ROW][340];
} row;

static void row_fill(row *r, uint64_t first, size_t count) {
  memset(r->bytes, 7, sizeof r->bytes);
  for (size_t i = 0; i < count; i++) {
    uint8_t key[20], *at = r->bytes[i];
    tn_slice k = rising_key(first + i, key);
    size_t size = some_size(first + i), key_at = i % 3 == 0 ? 300 : 4;
    memcpy(at + key_at, key, k.size);
    r->entries[i] = (tni_entry){0, {at + key_at, k.size}, {i % 3 == 0 ? at : at + 4 + k.size, size}};
  }
}

/* What tni_loader_add_digest() is to get. */
static tni_digest row_digest(const row *r, size_t count, uint64_t seed) {
  tni_digest sum = {0, 0};
  for (size_t i = 0; i < count; i++)
    if (r->entries[i].value.size <= TNI_INLINE_MAX)
      sum = tni_digest_add(sum, tni_entry_digest(seed, r->entries[i].key, r->entries[i].value));
  return sum;
}

static void a_loader_of_many_loads_what_single_loads_would(void **state) {
  fixture *f = *state, single;
  row *r = malloc(sizeof *r);
  tni_loader loader;
  fixture_init(&single);
  assert_non_null(r);
  tni_loader_init(&loader, f->state, 0);
  for (uint64_t first = 1, step = 1; first < 40000; first += step, step = 1 + first * 31 % ROW) {
    row_fill(r, first, step);
    assert_int_equal(tni_loader_put_many(&loader, r->entries, step), TN_OK);
    tni_loader_add_digest(&loader, row_digest(r, step, test_seeds[0]));
    for (size_t i = 0; i < step; i++)
      assert_int_equal(tni_map_load(single.state, 0, r->entries[i].key, r->entries[i].value), TN_OK);
    check_state(f->state, tni_state_working(f->state));
    assert_true(same_digest(tni_state_digest(f->state), tni_state_digest(single.state)));
  }
  check_digest(f->state);
  assert_int_equal(count_of(f->state), count_of(single.state));
  assert_int_equal(tni_state_edits(f->state), tni_state_edits(single.state));
  uint64_t bytes = tni_state_get_stats(single.state).live_bytes;
  assert_true(tni_state_get_stats(f->state).live_bytes <= bytes + bytes / 50);
  fixture_fini(&single);
  free(r);
}

/* Wherever in a row the bad one is, and whether it equals the one before it or is below. */
static void a_loader_of_many_stops_at_what_is_not_above(void **state) {
  fixture *f = *state;
  row *r = malloc(sizeof *r);
  tni_loader loader;
  assert_non_null(r);
  tni_loader_init(&loader, f->state, 0);
  uint64_t first = 1, loaded = 0;
  for (size_t bad = 1; bad < ROW; bad += 13, first += ROW) {
    row_fill(r, first, ROW);
    tni_entry good = r->entries[bad];
    r->entries[bad].key = r->entries[bad % 2 == 0 || bad < 20 ? bad - 1 : bad - 20].key;
    assert_int_equal(tni_loader_put_many(&loader, r->entries, ROW), TN_INVALID);
    loaded += bad;
    assert_int_equal(count_of(f->state), loaded);
    r->entries[bad] = good;
    assert_int_equal(tni_loader_put_many(&loader, r->entries + bad, ROW - bad), TN_OK);
    loaded += ROW - bad;
    tni_loader_add_digest(&loader, row_digest(r, ROW, test_seeds[0]));
    assert_int_equal(tni_loader_put_many(&loader, r->entries, 1), TN_INVALID);
    assert_int_equal(count_of(f->state), loaded);
  }
  check_state(f->state, tni_state_working(f->state));
  check_digest(f->state);
  free(r);
}

static void a_loader_of_many_fills_its_nodes(void **state) {
  fixture *f = *state;
  static uint8_t keys[1000][16], value[140] = {1};
  static tni_entry entries[1000];
  tni_loader loader;
  tni_loader_init(&loader, f->state, 0);
  for (uint64_t n = 0; n < 20000; n += 1000) {
    for (uint64_t i = 0; i < 1000; i++)
      entries[i] = (tni_entry){0, {number_key((n + i) * 977, keys[i]).data, 16}, {value, sizeof value}};
    assert_int_equal(tni_loader_put_many(&loader, entries, 1000), TN_OK);
  }
  assert_int_equal(count_of(f->state), 20000);
  assert_true(tni_state_get_stats(f->state).live_bytes < 20000 * 180); /* six a node, where seven would take two */
}

/* Of each length, and alike in as many bytes: a leaf may be too small for one, and hold few or many. */
static void a_loader_of_many_takes_keys_of_any_length(void **state) {
  fixture *f = *state;
  enum { COUNT = 300 };
  uint8_t(*bytes)[TNI_KEY_SIZE_MAX] = malloc(sizeof(uint8_t[COUNT][TNI_KEY_SIZE_MAX]));
  static tni_entry entries[COUNT];
  tni_loader loader;
  uint64_t loaded = 0;
  assert_non_null(bytes);
  memset(bytes, 'k', sizeof(uint8_t[COUNT][TNI_KEY_SIZE_MAX]));
  tni_loader_init(&loader, f->state, 0);
  for (size_t size = 20; size <= TNI_KEY_SIZE_MAX; size += size / 3 + 1, loaded += COUNT) {
    for (uint64_t n = 0, alike = size / 2 * (loaded / COUNT % 3) / 2; n < COUNT; n++) {
      (void)number_key(loaded, bytes[n]);
      (void)number_key(n, bytes[n] + 8 + alike % (size - 15));
      entries[n] = (tni_entry){0, {bytes[n], size}, {bytes[n], n % TNI_INLINE_MAX}};
    }
    assert_int_equal(tni_loader_put_many(&loader, entries, COUNT), TN_OK);
    for (size_t n = 0; n < COUNT; n++)
      tni_loader_add_digest(&loader, tni_entry_digest(test_seeds[0], entries[n].key, entries[n].value));
    assert_int_equal(count_of(f->state), loaded + COUNT);
    check_state(f->state, tni_state_working(f->state));
    memset(bytes, 'k', sizeof(uint8_t[COUNT][TNI_KEY_SIZE_MAX]));
  }
  check_digest(f->state);
  free(bytes);
}

static void a_loader_refuses_what_is_not_above(void **state) {
  fixture *f = *state;
  uint8_t key[8];
  tni_loader loader;
  tni_loader_init(&loader, f->state, 0);
  for (uint64_t n = 1; n <= 100; n++) {
    assert_int_equal(tni_loader_put(&loader, number_key(2 * n, key), SLICE("x")), TN_OK);
    assert_int_equal(tni_loader_put(&loader, number_key(2 * n, key), SLICE("x")), TN_INVALID);
    assert_int_equal(tni_loader_put(&loader, number_key(2 * n - 1, key), SLICE("x")), TN_INVALID);
    assert_int_equal(tni_loader_put(&loader, (tn_slice){NULL, 0}, SLICE("x")), TN_INVALID);
  }
  assert_int_equal(count_of(f->state), 100);
  check_digest(f->state);
}

static void a_loader_refuses_what_is_too_large(void **state) {
  fixture *f = *state;
  static uint8_t key[TNI_KEY_SIZE_MAX + 1];
  tni_loader loader;
  tni_loader_init(&loader, f->state, 0);
  for (size_t size = TNI_KEY_SIZE_MAX - 8; size <= TNI_KEY_SIZE_MAX; size++)
    assert_int_equal(tni_loader_put(&loader, (tn_slice){key, size}, SLICE("x")), TN_OK);
  assert_int_equal(tni_loader_put(&loader, (tn_slice){key, sizeof key}, SLICE("x")), TN_LIMIT);
  assert_int_equal(count_of(f->state), 9);
  check_state(f->state, tni_state_working(f->state));
}

static void a_loader_minds_the_memory_that_a_state_may_take(void **state) {
  fixture *f = *state;
  uint8_t key[8], value[100] = {1};
  tni_loader loader;
  uint64_t n = 0;
  tni_loader_init(&loader, f->state, 0);
  tni_state_set_memory_max(f->state, 100000);
  while (tni_loader_put(&loader, number_key(n, key), (tn_slice){value, 100}) == TN_OK) n++;
  assert_in_range(n, 500, 1000);
}

/* ---- digest --------------------------------------------------------------------------------- */

static void the_digest_of_an_entry_is_the_documented_one(void **state) {
  (void)state;
  uint8_t value[300];
  memset(value, 9, sizeof value);
  static const uint8_t small[] = {3, 0, 0, 0, 'k', 'e', 'y', 'v'};
  XXH128_hash_t want = XXH3_128bits_withSeed(small, sizeof small, 42);
  assert_true(same_digest(tni_entry_digest(42, SLICE("key"), SLICE("v")), (tni_digest){want.low64, want.high64}));

  XXH128_hash_t hash = XXH3_128bits(value, sizeof value);
  uint8_t large[4 + 3 + 16] = {3, 0, 0, 0, 'k', 'e', 'y'};
  for (int i = 0; i < 8; i++) large[7 + i] = (uint8_t)(hash.low64 >> (8 * i));
  for (int i = 0; i < 8; i++) large[15 + i] = (uint8_t)(hash.high64 >> (8 * i));
  want = XXH3_128bits_withSeed(large, sizeof large, 42);
  tni_digest have = tni_entry_digest(42, SLICE("key"), (tn_slice){value, sizeof value});
  assert_true(same_digest(have, (tni_digest){want.low64, want.high64}));
}

static void the_digest_does_not_depend_on_the_order_of_edits(void **state) {
  fixture *f = *state;
  put_numbers(f->state, 0, 500, 1);
  tni_digest before = tni_state_digest(f->state);
  uint8_t key[8];
  for (uint64_t n = 0; n < 500; n += 3) assert_int_equal(tni_map_delete(f->state, 0, number_key(n, key)), TN_OK);
  assert_false(same_digest(before, tni_state_digest(f->state)));
  put_numbers(f->state, 0, 500, 1);
  assert_true(same_digest(before, tni_state_digest(f->state)));
  uint64_t count;
  assert_int_equal(tni_map_delete_range(f->state, 0, SLICE(""), SLICE(""), &count), TN_OK);
  assert_int_equal(count, 500);
  assert_true(same_digest(tni_state_digest(f->state), (tni_digest){0, 0}));
}

/* ---- cursors -------------------------------------------------------------------------------- */

static void check_next(tni_cursor *cursor, const char *want) {
  tn_slice key, value;
  tn_status status = tni_cursor_next(cursor, &key, &value);
  assert_int_equal(status, want ? TN_OK : TN_NOT_FOUND);
  if (want) assert_true(same_bytes(key, (tn_slice){want, strlen(want)}));
}
static void check_prev(tni_cursor *cursor, const char *want) {
  tn_slice key, value;
  tn_status status = tni_cursor_prev(cursor, &key, &value);
  assert_int_equal(status, want ? TN_OK : TN_NOT_FOUND);
  if (want) assert_true(same_bytes(key, (tn_slice){want, strlen(want)}));
}

static void a_cursor_stands_between_two_entries(void **state) {
  fixture *f = *state;
  tni_cursor cursor;
  put(f->state, SLICE("b"), SLICE(""));
  put(f->state, SLICE("d"), SLICE(""));
  tni_cursor_init(&cursor, f->state, tni_state_working(f->state), 0);
  check_prev(&cursor, NULL);
  check_next(&cursor, "b");
  check_prev(&cursor, "b");
  check_prev(&cursor, NULL);
  check_next(&cursor, "b");
  check_next(&cursor, "d");
  check_next(&cursor, NULL);
  check_next(&cursor, NULL);
  check_prev(&cursor, "d");
  tni_cursor_seek(&cursor, SLICE("c"));
  check_next(&cursor, "d");
  tni_cursor_seek(&cursor, SLICE("b"));
  check_prev(&cursor, NULL);
  check_next(&cursor, "b");
  tni_cursor_seek_end(&cursor);
  check_next(&cursor, NULL);
  check_prev(&cursor, "d");
}

static void a_cursor_stays_where_it_is_while_entries_come_and_go(void **state) {
  fixture *f = *state;
  tni_cursor cursor;
  tni_savepoint savepoint;
  uint64_t count;
  put(f->state, SLICE("b"), SLICE(""));
  put(f->state, SLICE("d"), SLICE(""));
  tni_cursor_init(&cursor, f->state, tni_state_working(f->state), 0);
  check_next(&cursor, "b");
  put(f->state, SLICE("c"), SLICE(""));
  put(f->state, SLICE("a"), SLICE(""));
  check_next(&cursor, "c");
  assert_int_equal(tni_map_delete(f->state, 0, SLICE("c")), TN_OK);
  check_prev(&cursor, "b");
  assert_int_equal(tni_state_savepoint(f->state, &savepoint), TN_OK);
  assert_int_equal(tni_map_delete_range(f->state, 0, SLICE("a"), SLICE("c"), &count), TN_OK);
  check_prev(&cursor, NULL);
  tni_state_rollback(f->state, &savepoint);
  check_next(&cursor, "b");
  check_next(&cursor, "d");
  check_next(&cursor, NULL);
  put(f->state, SLICE("e"), SLICE(""));
  check_next(&cursor, "e");
}

static void a_scan_that_deletes_what_it_sees_sees_everything(void **state) {
  fixture *f = *state;
  put_numbers(f->state, 0, 3000, 1);
  tni_cursor cursor;
  tn_slice key, value;
  uint64_t seen = 0;
  tni_cursor_init(&cursor, f->state, tni_state_working(f->state), 0);
  for (; tni_cursor_next(&cursor, &key, &value) == TN_OK; seen++)
    assert_int_equal(tni_map_delete(f->state, 0, key), TN_OK);
  assert_int_equal(seen, 3000);
  assert_int_equal(count_of(f->state), 0);
  check_state(f->state, tni_state_working(f->state));
}

/* Keys of 1 to 40 bytes, each of which begins with all shorter ones of its letter. */
static tn_slice long_key(uint8_t *buffer, int i) {
  memset(buffer, 'a' + i / 40, 40);
  return (tn_slice){buffer, (size_t)(i % 40 + 1)};
}

static void a_walk_turns_around_anywhere(void **state) {
  fixture *f = *state;
  tni_cursor cursor;
  tn_slice key, value;
  uint8_t buffer[40];
  int at = 0, last = 26 * 40;
  for (int i = 0; i < last; i++) put(f->state, long_key(buffer, i), (tn_slice){buffer, 20});
  tni_cursor_init(&cursor, f->state, tni_state_working(f->state), 0);
  for (int far = 1; far < 4 * last; far = far * 3 / 2 + 1) {
    for (int end = at + far; at < end && at < last; at++) {
      assert_int_equal(tni_cursor_next(&cursor, &key, &value), TN_OK);
      assert_true(same_bytes(key, long_key(buffer, at)));
    }
    for (int end = at - far / 2; at > end && at > 0; at--) {
      assert_int_equal(tni_cursor_prev(&cursor, &key, &value), TN_OK);
      assert_true(same_bytes(key, long_key(buffer, at - 1)));
    }
  }
}

/* ---- differences ---------------------------------------------------------------------------- */

typedef struct changes {
  const model *before, *after;
  size_t i, j, calls;
} changes;

static void next_change(const changes *c, size_t *i, size_t *j) {
  const model *a = c->before, *b = c->after;
  while (*i < a->count && *j < b->count && same_bytes(a->entries[*i]->key, b->entries[*j]->key) &&
         same_bytes(a->entries[*i]->value, b->entries[*j]->value)) {
    ++*i;
    ++*j;
  }
}

static tn_status check_change(void *arg, tn_slice key, tn_slice old_value, tn_slice new_value) {
  changes *c = arg;
  next_change(c, &c->i, &c->j);
  const entry *a = c->i < c->before->count ? c->before->entries[c->i] : NULL;
  const entry *b = c->j < c->after->count ? c->after->entries[c->j] : NULL;
  int order = !a ? 1 : !b ? -1 : compare_keys(a->key, b->key);
  assert_true(same_bytes(key, order <= 0 ? a->key : b->key));
  assert_true(order <= 0 ? same_bytes(old_value, a->value) && old_value.data : !old_value.data);
  assert_true(order >= 0 ? same_bytes(new_value, b->value) && new_value.data : !new_value.data);
  c->i += order <= 0;
  c->j += order >= 0;
  c->calls++;
  return TN_OK;
}

static void check_diff(tni_state *s, const tni_root *a_roots, const tni_root *b_roots, const model *a,
                       const model *b) {
  changes c = {.before = a, .after = b};
  assert_int_equal(tni_map_diff(s, a_roots, b_roots, 0, check_change, &c), TN_OK);
  next_change(&c, &c.i, &c.j);
  assert_true(c.i == a->count && c.j == b->count);
}

static void random_edits(tni_state *s, model *m, pool *p, key_shape shape, uint32_t count, uint64_t *seed) {
  uint8_t key_bytes[TNI_KEY_SIZE_MAX], value_bytes[TEST_VALUE_MAX];
  for (uint32_t i = 0; i < count; i++) {
    tn_slice key = make_key(shape, 3000, seed, key_bytes);
    bool exact;
    size_t at = model_find(m, key, &exact);
    if (exact && below(seed, 2)) {
      assert_int_equal(tni_map_delete(s, 0, key), TN_OK);
      model_remove(m, at, at + 1);
    } else {
      tn_slice value = make_value(seed, value_bytes);
      put(s, key, value);
      model_put(m, p, key, value);
    }
  }
}

static void diff_tells_every_change_and_nothing_else(void **state) {
  fixture *f = *state;
  pool p = {NULL};
  for (int shape = 0; shape < KEY_SHAPES; shape++) {
    static const uint32_t counts[] = {2000, 1, 5, 100, 3000};
    uint64_t seed = 100 + (uint64_t)shape, gone;
    model before = {NULL, 0, 0}, after = {NULL, 0, 0};
    assert_int_equal(tni_map_delete_range(f->state, 0, SLICE(""), SLICE(""), &gone), TN_OK);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
      tni_pin pin;
      (void)commit(f->state);
      assert_int_equal(tni_pin_take(f->state, &pin), TN_OK);
      random_edits(f->state, &after, &p, (key_shape)shape, counts[i], &seed);
      check_diff(f->state, pin.version->roots, tni_state_working(f->state), &before, &after);
      check_diff(f->state, tni_state_working(f->state), pin.version->roots, &after, &before);
      check_diff(f->state, pin.version->roots, pin.version->roots, &before, &before);
      tni_pin_drop(f->state, &pin);
      model_free(&before);
      before = model_copy(&after);
    }
    model_free(&before);
    model_free(&after);
  }
  pool_free(&p);
}

static tn_status stop_at_once(void *arg, tn_slice key, tn_slice old_value, tn_slice new_value) {
  (void)key, (void)old_value, (void)new_value;
  ++*(int *)arg;
  return TN_INTERRUPTED;
}

static void a_diff_stops_when_it_is_told_to(void **state) {
  fixture *f = *state;
  static const tni_root empty[3];
  int calls = 0;
  put_numbers(f->state, 0, 100, 1);
  assert_int_equal(tni_map_diff(f->state, empty, tni_state_working(f->state), 0, stop_at_once, &calls),
                   TN_INTERRUPTED);
  assert_int_equal(calls, 1);
}

/* ---- checking ------------------------------------------------------------------------------- */

static void check_sees_a_wrong_count(void **state) {
  fixture *f = *state;
  put_numbers(f->state, 0, 100, 1);
  tni_root roots[3];
  memcpy(roots, tni_state_working(f->state), sizeof roots);
  roots[0].count++;
  tn_error error = TN_ERROR_INIT;
  assert_int_equal(tni_state_check(f->state, roots, &error), TN_CORRUPT);
  roots[0].count--;
  roots[1] = roots[0];
  assert_int_equal(tni_state_check(f->state, roots, &error), TN_CORRUPT);
  assert_non_null(strstr(error.text, "used twice"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_empty_state_is_cheap_and_finds_nothing),
      TEST(a_state_may_have_no_maps),
      TEST(an_empty_key_and_an_empty_value_are_ordinary),
      TEST(an_insert_leaves_what_is_there_and_hands_it_out),
      TEST(keys_and_values_beyond_the_largest_are_refused),
      TEST(a_key_is_told_from_itself_with_zeros_behind_it),
      TEST(values_of_any_size_come_back),
      TEST(a_value_may_lie_in_the_map_it_is_put_into),
      TEST(an_identical_put_is_no_edit),
      TEST(get_many_finds_what_get_finds),
      TEST(an_estimate_is_near_the_count),
      TEST(load_appends_and_refuses_what_is_not_above),
      TEST(load_fills_its_nodes),
      TEST(puts_in_order_fill_nodes_as_load_does),
      TEST(a_loader_loads_what_single_loads_would),
      TEST(a_loader_of_many_loads_what_single_loads_would),
      TEST(a_loader_of_many_stops_at_what_is_not_above),
      TEST(a_loader_of_many_fills_its_nodes),
      TEST(a_loader_of_many_takes_keys_of_any_length),
      TEST(a_loader_refuses_what_is_not_above),
      TEST(a_loader_refuses_what_is_too_large),
      TEST(a_loader_minds_the_memory_that_a_state_may_take),
      TEST(the_digest_of_an_entry_is_the_documented_one),
      TEST(the_digest_does_not_depend_on_the_order_of_edits),
      TEST(a_cursor_stands_between_two_entries),
      TEST(a_cursor_stays_where_it_is_while_entries_come_and_go),
      TEST(a_scan_that_deletes_what_it_sees_sees_everything),
      TEST(a_walk_turns_around_anywhere),
      TEST(diff_tells_every_change_and_nothing_else),
      TEST(a_diff_stops_when_it_is_told_to),
      TEST(check_sees_a_wrong_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
