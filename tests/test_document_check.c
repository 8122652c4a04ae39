/* The check of documents finds what operations never write: the model runs over a state of this test's, which is
 * damaged behind its back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/key.h"
#include "models/document/document.h"
#include "support/assert_status.h"
#include "support/bare_model.h"
#include "tenon.h"

#define PROBLEMS_SIZE 2048

enum { COLLECTIONS, DOCUMENTS, INDEXES, ENTRIES };

typedef struct bench {
  bare_model model;
  char problems[PROBLEMS_SIZE]; /* one a line */
} bench;

static void run(bench *b, const char *op, const char *args) {
  tn_status status = bare_run(&b->model, op, args);
  assert_string_equal(b->model.error.text, "");
  assert_status(status, TN_OK);
}

static tn_status take_problem(void *arg, tn_value row) {
  bench *b = arg;
  tn_slice text = {"", 0};
  size_t used = strlen(b->problems);
  assert_true(tn_as_string(row, &text));
  (void)snprintf(b->problems + used, PROBLEMS_SIZE - used, "%.*s\n", (int)text.size, (const char *)text.data);
  return TN_OK;
}

static void assert_problems(bench *b, const char *expected) {
  assert_status(bare_check(&b->model, (tni_sink){take_problem, b}), TN_OK);
  assert_string_equal(b->problems, expected);
}

static int setup(void **state) {
  bench *b = calloc(1, sizeof *b);
  if (!b || !bare_model_init(&b->model, &tni_model_document, tn_memory_system())) return 1;
  run(b, "create_index", "{\"collection\":\"c\",\"fields\":{\"a\":1}}");
  run(b, "create_index", "{\"collection\":\"c\",\"fields\":{\"u\":1},\"unique\":true,\"sparse\":true}");
  run(b, "insert",
      "{\"collection\":\"c\",\"docs\":[{\"_id\":1,\"a\":[5,6],\"u\":1},{\"_id\":\"x\",\"a\":7},{\"_id\":3}]}");
  *state = b;
  return 0;
}

static int teardown(void **state) {
  bench *b = *state;
  bare_model_fini(&b->model);
  free(b);
  return 0;
}

/* ---- damage ----------------------------------------------------------------------------------- */

/* A key of the given parts, and bytes behind it. */
#define KEY(...) make_key((tn_arg[]){TN_ARGS(__VA_ARGS__)}, TN_ARG_COUNT(__VA_ARGS__))
static tn_slice make_key(const tn_arg *parts, size_t count) {
  static uint8_t bytes[TN_KEY_SIZE_MAX];
  tn_buffer key = {tn_memory_system(), NULL, 0, 0};
  for (size_t i = 0; i < count; i++) assert_status(tni_key_add(&key, parts[i]), TN_OK);
  memcpy(bytes, key.data, key.size);
  tn_slice made = {bytes, key.size};
  tn_buffer_free(&key);
  return made;
}

static void put(bench *b, uint32_t map, tn_slice key, tn_slice value) {
  assert_status(tni_map_put(b->model.state, map, key, value), TN_OK);
}
static void put_json(bench *b, uint32_t map, tn_slice key, const char *json) {
  put(b, map, key, tn_value_bytes(bare_parse(&b->model.args, json)));
}
static void drop(bench *b, uint32_t map, tn_slice key) {
  assert_status(tni_map_delete(b->model.state, map, key), TN_OK);
}

static const tn_slice nothing = {"", 0};

/* ---- tests ------------------------------------------------------------------------------------ */

static void what_operations_write_has_no_problem(void **state) {
  bench *b = *state;
  run(b, "update", "{\"collection\":\"c\",\"filter\":{\"_id\":1},\"update\":{\"$push\":{\"a\":9}}}");
  run(b, "delete", "{\"collection\":\"c\",\"filter\":{\"_id\":3}}");
  assert_problems(b, "");
}

static void assert_there(bench *b, uint32_t map, tn_slice key) {
  tn_slice value;
  const tni_root *roots = tni_state_working(b->model.state);
  assert_status(tni_map_get(b->model.state, roots, map, key, &value), TN_OK);
}

/* Of a document {_id: id}, which an index on _id that goes down holds, too. */
static void assert_keys(bench *b, const char *id) {
  char args[256];
  tn_builder value = TN_BUILDER_INIT;
  tn_value made = bare_parse(&value, id);
  (void)snprintf(args, sizeof args, "{\"collection\":\"k\",\"docs\":{\"_id\":%s}}", id);
  run(b, "insert", args);
  assert_there(b, DOCUMENTS, KEY(2, made));
  tn_slice up = KEY(made);
  uint8_t *down = malloc(up.size);
  assert_non_null(down);
  for (size_t i = 0; i < up.size; i++) down[i] = (uint8_t) ~((const uint8_t *)up.data)[i];
  tn_buffer entry = {tn_memory_system(), NULL, 0, 0};
  assert_status(tni_key_add(&entry, tn_arg_int(3)), TN_OK);
  assert_status(tn_buffer_append(&entry, down, up.size), TN_OK);
  assert_status(tni_key_add(&entry, tn_arg_value(made)), TN_OK);
  assert_there(b, ENTRIES, (tn_slice){entry.data, entry.size});
  tn_buffer_free(&entry);
  free(down);
  tn_builder_free(&value);
}

static void keys_are_the_ones_that_the_core_makes(void **state) {
  static const char *const ids[] = {"0",
                                    "-1",
                                    "63",
                                    "-2147483649",
                                    "9007199254740991",
                                    "9007199254740992",
                                    "9007199254740993",
                                    "-9007199254740991",
                                    "-9007199254740993",
                                    "9223372036854775807",
                                    "-9223372036854775808",
                                    "0.5",
                                    "-1e300",
                                    "\"\"",
                                    "\"a text\"",
                                    "\"a\\u0000b\"",
                                    "\"\\u0000\"",
                                    "true",
                                    "null"};
  bench *b = *state;
  run(b, "create_index", "{\"collection\":\"k\",\"fields\":{\"_id\":-1}}");
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) assert_keys(b, ids[i]);
  assert_problems(b, "");
}

static void a_missing_entry_is_found(void **state) {
  bench *b = *state;
  drop(b, ENTRIES, KEY(1, 6, 1));
  assert_problems(b, "c.a_1: _id 1: an entry is missing\n");
}

static void an_entry_without_its_document_is_found(void **state) {
  bench *b = *state;
  put(b, ENTRIES, KEY(1, 6, 9), nothing);
  assert_problems(b, "c.a_1: _id 9: an entry has no document\n");
}

static void an_entry_that_its_document_does_not_have_is_found(void **state) {
  bench *b = *state;
  put(b, ENTRIES, KEY(1, 8, "x"), nothing);
  assert_problems(b, "c.a_1: _id \"x\": an entry is not of its document\n");
}

static void an_entry_of_another_document_in_a_unique_index_is_found(void **state) {
  bench *b = *state;
  uint8_t key[64];
  tn_slice fields = KEY(2, 1);
  memcpy(key, fields.data, fields.size);
  key[fields.size] = 0x01;
  put(b, ENTRIES, (tn_slice){key, fields.size + 1}, KEY("x"));
  assert_problems(
      b, "c.u_1: _id 1: its entry says another document\nc.u_1: _id \"x\": an entry is not of its document\n");
}

static void a_document_that_is_none_is_found(void **state) {
  bench *b = *state;
  put_json(b, DOCUMENTS, KEY(1, 3), "[1]");
  assert_problems(b, "c: _id that is absent: a stored document is not of the form [version, document]\n");
}

static void a_document_under_another_id_is_found(void **state) {
  bench *b = *state;
  put_json(b, DOCUMENTS, KEY(1, 4), "[1,{\"_id\":5}]");
  assert_problems(b, "c: _id 5: it is stored under another _id\n");
}

static void a_document_whose_id_does_not_come_first_is_found(void **state) {
  bench *b = *state;
  put_json(b, DOCUMENTS, KEY(1, 4), "[1,{\"b\":1,\"_id\":4}]");
  assert_problems(b, "c: _id 4: _id is not the document's first field\n");
}

static void a_version_of_the_future_is_found(void **state) {
  bench *b = *state;
  put_json(b, DOCUMENTS, KEY(1, 3), "[99,{\"_id\":3}]");
  assert_problems(b, "c: _id 3: its version is newer than the state\n");
}

static void an_array_that_is_not_noted_is_found(void **state) {
  bench *b = *state;
  put_json(b, INDEXES, KEY(1, "a_1"), "{\"no\":1,\"fields\":{\"a\":1}}");
  assert_problems(b, "c.a_1: _id 1: an array it has is not noted\n");
}

static void what_belongs_to_nothing_is_found(void **state) {
  bench *b = *state;
  put_json(b, DOCUMENTS, KEY(9, 3), "[1,{\"_id\":3}]");
  put_json(b, INDEXES, KEY(9, "i"), "{\"no\":7,\"fields\":{\"a\":1}}");
  put(b, ENTRIES, KEY(8, 1, 1), nothing);
  assert_problems(b,
                  "documents: some are of no collection\nindexes: some are of no collection\n"
                  "entries: some are of no index\n");
}

static void a_definition_that_is_none_is_found(void **state) {
  bench *b = *state;
  put_json(b, COLLECTIONS, KEY("d"), "{}");
  assert_problems(b, "collections: the definition of a collection is not of the form this version writes\n");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_operations_write_has_no_problem),
      TEST(keys_are_the_ones_that_the_core_makes),
      TEST(a_missing_entry_is_found),
      TEST(an_entry_without_its_document_is_found),
      TEST(an_entry_that_its_document_does_not_have_is_found),
      TEST(an_entry_of_another_document_in_a_unique_index_is_found),
      TEST(a_document_that_is_none_is_found),
      TEST(a_document_under_another_id_is_found),
      TEST(a_document_whose_id_does_not_come_first_is_found),
      TEST(a_version_of_the_future_is_found),
      TEST(an_array_that_is_not_noted_is_found),
      TEST(what_belongs_to_nothing_is_found),
      TEST(a_definition_that_is_none_is_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
