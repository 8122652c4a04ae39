/* kv's check finds what operations never write: the model runs on a host of this file's, over two small maps that
 * hold whatever a test puts there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/key.h"
#include "models/kv/kv.h"
#include "support/assert_status.h"

#define ROWS_MAX 8
#define PROBLEMS_SIZE 1024
#define BUILDERS_MAX 16

enum { ENTRIES, EXPIRY, MAPS };

typedef struct map_row {
  tn_slice key, value;
} map_row;

struct tn_cursor {
  const map_row *next, *end;
};

/* The context comes first, so that a tn_ctx is a desk. */
typedef struct desk {
  tn_ctx ctx;
  tn_error error;
  map_row rows[MAPS][ROWS_MAX];
  size_t counts[MAPS];
  char problems[PROBLEMS_SIZE]; /* one a line */
  struct tn_cursor cursors[MAPS];
  tn_builder builders[BUILDERS_MAX];
  size_t builder_count;
  uint8_t bytes[1 << 16]; /* keys and values, one after another */
  size_t bytes_used;
} desk;

static desk *desk_of(tn_ctx *ctx) { return (desk *)(void *)ctx; }

/* ---- the host --------------------------------------------------------------------------------- */

static tn_status fail_call(tn_ctx *ctx, tn_status status, const char *where, const char *format, ...) TN_PRINTF(4, 5);
static tn_status fail_call(tn_ctx *ctx, tn_status status, const char *where, const char *format, ...) {
  char text[TN_ERROR_TEXT_MAX];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return tn_error_set(ctx->error, status, where, "%s", text);
}

static tn_builder *new_builder(tn_ctx *ctx) {
  desk *d = desk_of(ctx);
  assert_true(d->builder_count < BUILDERS_MAX);
  d->builders[d->builder_count] = (tn_builder)TN_BUILDER_INIT;
  return &d->builders[d->builder_count++];
}

static tn_slice keep(desk *d, const void *data, size_t size) {
  uint8_t *to = d->bytes + d->bytes_used;
  assert_true(size <= sizeof d->bytes - d->bytes_used);
  memcpy(to, data, size);
  d->bytes_used += size;
  return (tn_slice){to, size};
}

static tn_status make_key(tn_ctx *ctx, const tn_arg *parts, size_t count, tn_slice *out) {
  tn_buffer key = {tn_memory_system(), NULL, 0, 0};
  for (size_t i = 0; i < count; i++) assert_status(tni_key_add(&key, parts[i]), TN_OK);
  *out = keep(desk_of(ctx), key.data, key.size);
  tn_buffer_free(&key);
  return TN_OK;
}

static tn_status take_key_apart(tn_ctx *ctx, tn_slice key, tn_builder *out) {
  tn_status status = tni_key_decode(key, out);
  return status == TN_OK ? TN_OK : fail_call(ctx, status, NULL, "no key");
}

static tn_status get_value(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice *value) {
  const desk *d = desk_of(ctx);
  for (size_t i = 0; i < d->counts[map]; i++) {
    const map_row *row = &d->rows[map][i];
    if (row->key.size == key.size && memcmp(row->key.data, key.data, key.size) == 0)
      return *value = row->value, TN_OK;
  }
  return TN_NOT_FOUND;
}

static tn_status open_cursor(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, tn_cursor **out) {
  desk *d = desk_of(ctx);
  (void)from, (void)to;
  d->cursors[map] = (struct tn_cursor){d->rows[map], d->rows[map] + d->counts[map]};
  *out = &d->cursors[map];
  return TN_OK;
}

static tn_status next_row(tn_cursor *cursor, tn_slice *key, tn_slice *value) {
  if (cursor->next == cursor->end) return TN_NOT_FOUND;
  *key = cursor->next->key;
  *value = cursor->next++->value;
  return TN_OK;
}

static tn_status take_problem(tn_ctx *ctx, tn_builder *row) {
  desk *d = desk_of(ctx);
  tn_slice text = {"", 0};
  size_t used = strlen(d->problems);
  assert_true(tn_as_string(tn_built(row), &text));
  (void)snprintf(d->problems + used, sizeof d->problems - used, "%.*s\n", (int)text.size, (const char *)text.data);
  tn_builder_clear(row);
  return TN_OK;
}

static const tn_host host = {.abi = TN_ABI,
                             .struct_size = sizeof(tn_host),
                             .fail = fail_call,
                             .builder = new_builder,
                             .key = make_key,
                             .key_decode = take_key_apart,
                             .get = get_value,
                             .cursor_open = open_cursor,
                             .cursor_next = next_row,
                             .row = take_problem};

/* ---- arranging -------------------------------------------------------------------------------- */

static int setup(void **state) {
  desk *d = calloc(1, sizeof *d);
  if (!d) return 1;
  d->ctx = (tn_ctx){&host, NULL, 10, 1000, &d->error, 0};
  *state = d;
  return 0;
}

static int teardown(void **state) {
  desk *d = *state;
  for (size_t i = 0; i < d->builder_count; i++) tn_builder_free(&d->builders[i]);
  free(d);
  return 0;
}

static void add_row(desk *d, int map, tn_slice key, tn_value value) {
  d->rows[map][d->counts[map]++] = (map_row){key, keep(d, value.data, value.size)};
}

#define KEY(d, ...) make_key_of((d), (tn_arg[]){TN_ARGS(__VA_ARGS__)}, TN_ARG_COUNT(__VA_ARGS__))
static tn_slice make_key_of(desk *d, const tn_arg *parts, size_t count) {
  tn_slice key = {NULL, 0};
  assert_status(make_key(&d->ctx, parts, count, &key), TN_OK);
  return key;
}

static void add_null(desk *d, int map, tn_slice key) {
  static const uint8_t null = TN_TAG_NULL;
  add_row(d, map, key, (tn_value){&null, 1});
}

static void assert_problems(desk *d, const char *expected) {
  tn_builder row = TN_BUILDER_INIT;
  assert_status(tni_model_kv.check(&d->ctx, &row), TN_OK);
  assert_string_equal(d->problems, expected);
  tn_builder_free(&row);
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void sound_maps_have_no_problem(void **state) {
  desk *d = *state;
  tn_builder b = TN_BUILDER_INIT;
  add_row(d, ENTRIES, KEY(d, 1), tn_arr(&b, 5, "value", TN_ARG_NULL, 1.0));
  add_row(d, ENTRIES, KEY(d, "a"), tn_arr(&b, 10, TN_ARG_NULL, tn_time(2000)));
  add_null(d, EXPIRY, KEY(d, tn_time(2000), "a"));
  assert_problems(d, "");
  tn_builder_free(&b);
}

static void an_entry_without_its_expiry_row_is_found(void **state) {
  desk *d = *state;
  tn_builder b = TN_BUILDER_INIT;
  add_row(d, ENTRIES, KEY(d, "a"), tn_arr(&b, 1, 1, tn_time(2000)));
  add_null(d, EXPIRY, KEY(d, tn_time(2001), "a"));
  assert_problems(d,
                  "entries: \"a\": expires but has no row in expiry\n"
                  "expiry: \"a\": the entry expires at another time\n");
  tn_builder_free(&b);
}

static void an_expiry_row_without_its_entry_is_found(void **state) {
  desk *d = *state;
  tn_builder b = TN_BUILDER_INIT;
  add_row(d, ENTRIES, KEY(d, 7), tn_arr(&b, 1, 1));
  add_null(d, EXPIRY, KEY(d, tn_time(2000), 7));
  add_null(d, EXPIRY, KEY(d, tn_time(2000), 8));
  assert_problems(d,
                  "expiry: 7: the entry expires at another time\n"
                  "expiry: 8: the row has no entry\n");
  tn_builder_free(&b);
}

static void malformed_entries_are_found(void **state) {
  desk *d = *state;
  tn_builder b = TN_BUILDER_INIT;
  add_null(d, ENTRIES, KEY(d, 1));
  add_row(d, ENTRIES, KEY(d, 2), tn_arr(&b, 1));
  add_row(d, ENTRIES, KEY(d, 3), tn_arr(&b, "1", 1));
  add_row(d, ENTRIES, KEY(d, 4), tn_arr(&b, 0, 1));
  add_row(d, ENTRIES, KEY(d, 5), tn_arr(&b, 1, 1, 2000));
  add_row(d, ENTRIES, KEY(d, 6), tn_arr(&b, 1, 1, TN_ARG_NULL, 6.0, 1));
#define FORM ": an entry is not of the form [version, value, expires_at?, key?]\n"
  assert_problems(
      d, "entries: 1" FORM "entries: 2" FORM "entries: 3" FORM "entries: 4" FORM "entries: 5" FORM "entries: 6" FORM);
  tn_builder_free(&b);
}

static void wrong_keys_and_versions_are_found(void **state) {
  desk *d = *state;
  tn_builder b = TN_BUILDER_INIT, object = TN_BUILDER_INIT;
  add_row(d, ENTRIES, KEY(d, 1), tn_arr(&b, 1, 1, TN_ARG_NULL, 2.0));
  add_row(d, ENTRIES, KEY(d, 2), tn_arr(&b, 1, 1, TN_ARG_NULL, 2));
  add_row(d, ENTRIES, KEY(d, 3), tn_arr(&b, 11, 1));
  add_row(d, ENTRIES, KEY(d, 4, 4), tn_arr(&b, 1, 1));
  add_row(d, ENTRIES, KEY(d, tn_obj(&object, "a", 1)), tn_arr(&b, 1, 1));
  assert_problems(d,
                  "entries: 1: keeps the key of another entry\n"
                  "entries: 2: keeps a key that needs no keeping\n"
                  "entries: 3: its version is newer than the state\n"
                  "entries: a key of type nothing: the key is not one scalar or array\n"
                  "entries: a key of type object: the key is not one scalar or array\n");
  tn_builder_free(&b);
  tn_builder_free(&object);
}

static void malformed_expiry_rows_are_found(void **state) {
  desk *d = *state;
  tn_builder b = TN_BUILDER_INIT;
  add_row(d, ENTRIES, KEY(d, 1.5), tn_arr(&b, 1, 1, tn_time(2000)));
  add_null(d, EXPIRY, KEY(d, 2000, 1.5));
  add_null(d, EXPIRY, KEY(d, tn_time(2000)));
  add_row(d, EXPIRY, KEY(d, tn_time(2000), 1.5), tn_arr(&b, 1));
  assert_problems(d,
                  "expiry: a key of type nothing: a key of expiry is not of the form (expires_at, key)\n"
                  "expiry: a key of type nothing: a key of expiry is not of the form (expires_at, key)\n"
                  "expiry: a key of type double: the row's value is not null\n");
  tn_builder_free(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(sound_maps_have_no_problem),
      TEST(an_entry_without_its_expiry_row_is_found),
      TEST(an_expiry_row_without_its_entry_is_found),
      TEST(malformed_entries_are_found),
      TEST(wrong_keys_and_versions_are_found),
      TEST(malformed_expiry_rows_are_found),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests_name("kv_check", tests, NULL, NULL);
}
