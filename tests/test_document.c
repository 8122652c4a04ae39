/* Documents in numbers: what plans are taken, what comes out of many, and what is refused for its size. What single
 * ops answer, tests/scripts says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assert_status.h"
#include "tenon.h"

#define MANY 5000

typedef struct shop {
  tn_engine *engine;
  tn_builder args, docs;
  tn_result result;
  tn_error error;
} shop;

static tn_value parse(tn_builder *b, const char *json) {
  tn_builder_clear(b);
  assert_status(tn_decode("json", (tn_slice){json, strlen(json)}, b, NULL, NULL), TN_OK);
  return tn_built(b);
}

static tn_status try(shop *s, const char *op, const char *args) {
  s->error = (tn_error)TN_ERROR_INIT;
  return tn_run(s->engine, "d", op, parse(&s->args, args), &s->result, &s->error);
}

static tn_value run(shop *s, const char *op, const char *args) {
  tn_status status = try(s, op, args);
  assert_string_equal(s->error.text, "");
  assert_status(status, TN_OK);
  return s->result.value;
}

/* n: the number itself; ten: ten of them share it; few: one of three values, a thousand and more ties. */
static void insert_many(shop *s) {
  tn_builder_clear(&s->docs);
  tn_object_begin(&s->docs);
  tn_set(&s->docs, "collection", "c");
  tn_name(&s->docs, "docs");
  tn_array_begin(&s->docs);
  for (int i = 0; i < MANY; i++) {
    tn_object_begin(&s->docs);
    tn_set(&s->docs, "_id", (i * 7919) % MANY);
    tn_set(&s->docs, "n", i);
    tn_set(&s->docs, "ten", i / 10);
    tn_set(&s->docs, "few", i % 3);
    tn_end(&s->docs);
  }
  tn_end(&s->docs);
  tn_end(&s->docs);
  assert_status(tn_run(s->engine, "d", "insert", tn_built(&s->docs), &s->result, &s->error), TN_OK);
}

static int setup(void **state) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  shop *s = calloc(1, sizeof *s);
  if (!s) return 1;
  s->args = s->docs = (tn_builder)TN_BUILDER_INIT;
  s->result = (tn_result)TN_RESULT_INIT;
  options.config_text =
      "{\"storage\":{\"type\":\"memory\"},\"durability\":\"none\",\"service_thread\":false,"
      "\"models\":{\"d\":{\"type\":\"document\"}}}";
  if (tn_open(NULL, &options, &s->engine, &s->error) != TN_OK) return 1;
  *state = s;
  return 0;
}

static int setup_many(void **state) {
  if (setup(state) != 0) return 1;
  insert_many(*state);
  (void)run(*state, "create_index", "{\"collection\":\"c\",\"fields\":{\"n\":1},\"unique\":true,\"name\":\"n\"}");
  (void)run(*state, "create_index", "{\"collection\":\"c\",\"fields\":{\"ten\":1},\"name\":\"ten\"}");
  (void)run(*state, "create_index", "{\"collection\":\"c\",\"fields\":{\"few\":1,\"n\":-1},\"name\":\"few\"}");
  return 0;
}

static int teardown(void **state) {
  shop *s = *state;
  tn_status status = tn_check(s->engine, NULL, NULL, NULL, NULL);
  tn_builder_free(&s->args);
  tn_builder_free(&s->docs);
  tn_result_free(&s->result);
  tn_status closed = tn_close(s->engine, NULL);
  free(s);
  return status != TN_OK || closed != TN_OK;
}

/* ---- plans ------------------------------------------------------------------------------------ */

typedef struct plan {
  char index[16];
  int64_t keys, documents, returned;
  bool sorted;
} plan;

static plan explain(shop *s, const char *args) {
  plan p = {.keys = -1};
  tn_slice index = {"", 0};
  tn_value told = run(s, "explain", args);
  assert_status(tn_get_string(told, "plan.index", &index), TN_OK);
  (void)snprintf(p.index, sizeof p.index, "%.*s", (int)index.size, (const char *)index.data);
  assert_status(tn_get_int(told, "keys_examined", &p.keys), TN_OK);
  assert_status(tn_get_int(told, "documents_examined", &p.documents), TN_OK);
  assert_status(tn_get_int(told, "returned", &p.returned), TN_OK);
  assert_status(tn_get_bool(told, "sorted", &p.sorted), TN_OK);
  return p;
}

static void the_plan_that_reads_least_is_taken(void **state) {
  static const struct {
    const char *asked, *index;
    int64_t keys_max, documents;
    bool sorted;
  } cases[] = {
      {"\"filter\":{\"_id\":5}", "id", 1, 1, false},
      {"\"filter\":{\"n\":5}", "n", 1, 1, false},
      {"\"filter\":{\"n\":{\"$in\":[5,7,-1]}}", "n", 3, 2, false},
      {"\"filter\":{\"ten\":5}", "ten", 10, 10, false},
      {"\"filter\":{\"ten\":{\"$gte\":5,\"$lt\":8}}", "ten", 30, 30, false},
      {"\"filter\":{\"few\":1,\"n\":{\"$lt\":30}}", "few", 10, 10, false},
      {"\"filter\":{\"few\":1,\"ten\":7}", "ten", 10, 10, false},
      {"\"filter\":{\"few\":{\"$in\":[1,2]}}", "scan", MANY, MANY, false},
      {"\"filter\":{\"ten\":{\"$gt\":5}}", "scan", MANY, MANY, false},
      {"\"filter\":{\"few\":1},\"limit\":5", "scan", 30, 15, false},
      {"\"filter\":{}", "scan", MANY, MANY, false},
      {"\"filter\":{\"other\":1}", "scan", MANY, MANY, false},
      {"\"sort\":{\"n\":-1},\"limit\":5", "n", 5, 5, false},
      {"\"sort\":{\"few\":1,\"n\":-1},\"limit\":5", "few", 8, 5, false},
      {"\"sort\":{\"few\":-1,\"n\":1},\"limit\":5", "few", 9, 5, false},
      {"\"filter\":{\"few\":2},\"sort\":{\"n\":1},\"limit\":5", "few", 9, 5, false},
      {"\"filter\":{\"ten\":7},\"sort\":{\"n\":1}", "ten", 10, 10, true},
      {"\"sort\":{\"few\":1,\"n\":1},\"limit\":5", "scan", MANY, MANY, true},
      {"\"sort\":{\"_id\":-1},\"limit\":5", "scan", 5, 5, false},
      {"\"sort\":{\"_id\":1},\"skip\":10,\"limit\":5", "scan", 15, 15, false},
  };
  shop *s = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char args[256];
    (void)snprintf(args, sizeof args, "{\"collection\":\"c\",%s}", cases[i].asked);
    plan p = explain(s, args);
    if (strcmp(p.index, cases[i].index) != 0 || p.keys > cases[i].keys_max) (void)fprintf(stderr, "%s\n", args);
    assert_string_equal(p.index, cases[i].index);
    assert_true(p.keys <= cases[i].keys_max);
    assert_int_equal(p.documents, cases[i].documents);
    assert_int_equal(p.sorted, cases[i].sorted);
  }
}

static void a_page_begins_where_the_last_one_ended(void **state) {
  static const struct {
    const char *asked;
    int64_t keys_max;
  } cases[] = {
      {"\"sort\":{\"n\":1},\"after\":{\"_id\":1,\"n\":4000},\"limit\":5", 8},
      {"\"sort\":{\"n\":-1},\"after\":{\"_id\":1,\"n\":1000},\"limit\":5", 8},
      {"\"sort\":{\"n\":1},\"filter\":{\"few\":1},\"after\":{\"_id\":1,\"n\":4000},\"limit\":5,\"hint\":\"few\"", 12},
      {"\"sort\":{\"few\":1,\"n\":-1},\"after\":{\"_id\":1,\"few\":2,\"n\":1000},\"limit\":5", 12},
      {"\"sort\":{\"few\":-1,\"n\":1},\"after\":{\"_id\":1,\"few\":0,\"n\":4000},\"limit\":5", 12},
      {"\"sort\":{\"ten\":1},\"after\":{\"_id\":1,\"ten\":400},\"limit\":5", 30},
      {"\"sort\":{\"ten\":-1},\"after\":{\"_id\":1,\"ten\":400},\"limit\":5", 30},
      {"\"sort\":{\"n\":1},\"after\":{\"_id\":1,\"n\":\"behind all\"},\"limit\":5", 0},
  };
  shop *s = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char args[256];
    (void)snprintf(args, sizeof args, "{\"collection\":\"c\",%s}", cases[i].asked);
    plan p = explain(s, args);
    if (p.keys > cases[i].keys_max) (void)fprintf(stderr, "%s: %lld keys\n", args, (long long)p.keys);
    assert_true(p.keys <= cases[i].keys_max);
    assert_int_equal(p.returned, cases[i].keys_max == 0 ? 0 : 5);
  }
}

static tn_builder answer_of(shop *s, const char *asked, const char *hint) {
  tn_builder copy = TN_BUILDER_INIT;
  char args[256];
  (void)snprintf(args, sizeof args, "{\"collection\":\"c\",%s,\"hint\":\"%s\"}", asked, hint);
  tn_add(&copy, run(s, "find", args));
  return copy;
}

static void many_documents_come_in_one_order_whatever_the_plan(void **state) {
  static const char *const asked[] = {
      "\"sort\":{\"few\":-1}",
      "\"sort\":{\"few\":1},\"skip\":1600,\"limit\":300",
      "\"filter\":{\"ten\":{\"$gte\":50,\"$lt\":300}}",
      "\"filter\":{\"n\":{\"$gte\":50}},\"sort\":{\"_id\":-1},\"limit\":99",
      "\"filter\":{\"few\":{\"$in\":[2,0]}},\"skip\":100,\"limit\":1000",
      "\"sort\":{\"few\":1,\"n\":-1},\"after\":2500,\"limit\":700",
      "\"sort\":{\"few\":-1},\"after\":2500,\"limit\":700",
      "\"sort\":{\"ten\":-1},\"after\":2500,\"limit\":700",
      "\"sort\":{\"n\":1},\"filter\":{\"few\":{\"$in\":[0,2]}},\"after\":2500,\"limit\":700"};
  static const char *const hints[] = {"id", "n", "ten", "few"};
  shop *s = *state;
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    tn_builder expected = answer_of(s, asked[i], "scan");
    assert_true(tn_count(tn_built(&expected)) > 90);
    for (size_t k = 0; k < sizeof hints / sizeof *hints; k++) {
      tn_builder got = answer_of(s, asked[i], hints[k]);
      assert_true(tn_value_same(tn_built(&got), tn_built(&expected)));
      tn_builder_free(&got);
    }
    tn_builder_free(&expected);
  }
}

/* ---- ids -------------------------------------------------------------------------------------- */

static void ids_made_in_one_record_sort_in_the_order_of_making(void **state) {
  shop *s = *state;
  tn_txn *txn;
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, NULL), TN_OK);
  for (int i = 0; i < 40; i += 2) {
    char args[128];
    (void)snprintf(args, sizeof args, "{\"collection\":\"made\",\"docs\":[{\"n\":%d},{\"n\":%d}]}", i, i + 1);
    assert_status(tn_do(txn, "d", "insert", parse(&s->args, args), &s->result, NULL), TN_OK);
  }
  assert_status(tn_commit(txn, NULL, NULL), TN_OK);
  tn_value found = run(s, "find", "{\"collection\":\"made\"}");
  assert_int_equal(tn_count(found), 40);
  for (uint32_t i = 0; i < 40; i++) {
    int64_t n = -1;
    assert_status(tn_get_int(tn_item(found, i), "n", &n), TN_OK);
    assert_int_equal(n, i);
  }
}

/* ---- records ---------------------------------------------------------------------------------- */

static tn_status count_items(void *arg, uint64_t seq, tn_value record) {
  uint32_t *items = arg;
  (void)seq;
  *items = tn_count(tn_item(tn_field(record, "ops"), 0));
  return TN_OK;
}

/* [model, op, args], and where they have to be known the changes; the teardown's check replays them all. */
static void what_names_its_document_by_id_is_recorded_by_its_arguments(void **state) {
  static const struct {
    const char *op, *args;
    uint32_t items;
  } cases[] = {
      {"insert", "\"docs\":[{\"_id\":1,\"n\":100,\"t\":[1,2]},{\"_id\":2}]", 3},
      {"create_index", "\"fields\":{\"n\":1}", 3},
      {"update", "\"filter\":{\"_id\":1},\"update\":{\"$set\":{\"n\":101}}", 3},
      {"update", "\"filter\":{\"_id\":1.0},\"update\":{\"$inc\":{\"n\":0.1},\"$currentDate\":{\"at\":true}}", 3},
      {"update", "\"filter\":{\"_id\":1},\"update\":{\"$set\":{\"n\":7}},\"hint\":\"id\"", 4},
      {"update", "\"filter\":{\"n\":7},\"update\":{\"$set\":{\"n\":8}}", 4},
      {"update", "\"filter\":{\"_id\":{\"$in\":[1]}},\"update\":{\"$set\":{\"n\":9}}", 4},
      {"update", "\"filter\":{\"_id\":1},\"update\":{\"$pull\":{\"t\":{\"$gt\":1}}}", 4},
      {"update",
       "\"filter\":{\"_id\":1},\"update\":{\"$inc\":{\"t.$[x]\":1}},\"array_filters\":[{\"x\":{\"$gt\":0}}]", 4},
      {"update", "\"filter\":{\"_id\":\"new\"},\"update\":{\"$push\":{\"t\":1}},\"upsert\":true", 3},
      {"replace", "\"filter\":{\"_id\":1},\"doc\":{\"n\":5}", 3},
      {"replace", "\"filter\":{\"n\":5},\"doc\":{\"n\":6}", 4},
      {"find_and_update", "\"filter\":{\"_id\":1},\"update\":{\"$unset\":{\"n\":1}}", 3},
      {"find_and_update",
       "\"filter\":{\"_id\":1},\"update\":{\"$set\":{\"n\":1}},\"projection\":{\"m\":{\"$sin\":1}}", 4},
      {"find_and_replace", "\"filter\":{\"_id\":3},\"doc\":{\"n\":5},\"upsert\":true", 3},
      {"find_and_delete", "\"filter\":{\"_id\":3}", 3},
      {"delete", "\"filter\":{\"_id\":1}", 3},
      {"delete", "\"filter\":{}", 4},
  };
  shop *s = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char args[256];
    uint32_t items = 0;
    (void)snprintf(args, sizeof args, "{\"collection\":\"t\",%s}", cases[i].args);
    (void)run(s, cases[i].op, args);
    assert_status(tn_journal_read(s->engine, 0, 0, count_items, &items, NULL), TN_OK);
    if (items != cases[i].items) (void)fprintf(stderr, "%s %s\n", cases[i].op, args);
    assert_int_equal(items, cases[i].items);
  }
}

/* ---- sizes ------------------------------------------------------------------------------------ */

static tn_status insert_text(shop *s, const char *field, size_t size) {
  char *text = malloc(size);
  tn_builder doc = TN_BUILDER_INIT;
  assert_non_null(text);
  memset(text, 'x', size);
  tn_object_begin(&doc);
  tn_set(&doc, field, tn_text((tn_slice){text, size}));
  tn_end(&doc);
  s->error = (tn_error)TN_ERROR_INIT;
  tn_status status = tn_run(s->engine, "d", "insert", tn_obj(&s->args, "collection", "t", "docs", tn_built(&doc)),
                            &s->result, &s->error);
  tn_builder_free(&doc);
  free(text);
  return status;
}

static void what_is_too_long_for_a_key_is_refused(void **state) {
  shop *s = *state;
  (void)run(s, "create_index", "{\"collection\":\"t\",\"fields\":{\"a\":1}}");
  assert_status(insert_text(s, "a", 4200), TN_LIMIT);
  assert_string_equal(s->error.where, "docs");
  assert_non_null(strstr(s->error.text, "index 'a_1'"));
  assert_status(insert_text(s, "b", 4200), TN_OK);
  assert_status(insert_text(s, "_id", 1100), TN_LIMIT);
  assert_string_equal(s->error.where, "docs._id");
  assert_status(insert_text(s, "_id", 1000), TN_OK);

  /* a filter may ask for what no index holds */
  assert_int_equal(tn_count(run(s, "find", "{\"collection\":\"t\",\"filter\":{\"a\":\"x\"}}")), 0);
  char *args = malloc(10000);
  assert_non_null(args);
  (void)snprintf(args, 10000, "{\"collection\":\"t\",\"filter\":{\"a\":\"%05000d\"},\"hint\":\"a_1\"}", 7);
  assert_int_equal(tn_count(run(s, "find", args)), 0);
  free(args);
}

static void a_collection_takes_64_indexes(void **state) {
  shop *s = *state;
  char args[128];
  for (int i = 0; i < 64; i++) {
    (void)snprintf(args, sizeof args, "{\"collection\":\"t\",\"fields\":{\"f%d\":1}}", i);
    (void)run(s, "create_index", args);
  }
  assert_status(try(s, "create_index", "{\"collection\":\"t\",\"fields\":{\"f\":1}}"), TN_LIMIT);
  (void)run(s, "insert", "{\"collection\":\"t\",\"docs\":{\"f1\":1,\"f63\":2}}");
  assert_int_equal(tn_count(run(s, "find", "{\"collection\":\"t\",\"filter\":{\"f63\":2},\"hint\":\"f63_1\"}")), 1);
}

typedef struct progress {
  uint64_t calls, done, total;
} progress;

static void note_progress(void *arg, const char *what, uint64_t done, uint64_t total) {
  progress *p = arg;
  assert_string_equal(what, "documents");
  assert_true(done > p->done && done <= total);
  *p = (progress){p->calls + 1, done, total};
}

static void an_index_is_built_with_progress(void **state) {
  shop *s = *state;
  const tn_op *op;
  progress p = {0, 0, 0};
  tn_call call = TN_CALL_INIT;
  call.on_progress = note_progress;
  call.progress_arg = &p;
  assert_status(tn_op_prepare(s->engine, "d", "create_index", &op, NULL), TN_OK);
  tn_value args = parse(&s->args, "{\"collection\":\"c\",\"fields\":{\"ten\":-1}}");
  assert_status(tn_run_op(s->engine, op, args, &call, &s->result, NULL), TN_OK);
  assert_true(p.calls > 10);
}

static void insert_long_texts(shop *s, int from, int count) {
  char text[3001] = "";
  memset(text, 'x', sizeof text - 1);
  tn_builder_clear(&s->docs);
  tn_object_begin(&s->docs);
  tn_set(&s->docs, "collection", "t");
  tn_name(&s->docs, "docs");
  tn_array_begin(&s->docs);
  for (int i = from; i < from + count; i++) {
    text[snprintf(text, 8, "%06d", (i * 7919) % 20000)] = 'x';
    tn_object_begin(&s->docs);
    tn_set(&s->docs, "_id", i);
    tn_set(&s->docs, "text", (const char *)text);
    tn_end(&s->docs);
  }
  tn_end(&s->docs);
  tn_end(&s->docs);
  assert_status(tn_run(s->engine, "d", "insert", tn_built(&s->docs), &s->result, &s->error), TN_OK);
}

/* More bytes than are put in order together; the teardown's check compares keys and documents. */
static void an_index_of_many_keys_is_built_in_runs(void **state) {
  shop *s = *state;
  for (int from = 0; from < 10000; from += 1000) insert_long_texts(s, from, 1000);
  (void)run(s, "create_index", "{\"collection\":\"t\",\"fields\":{\"text\":-1},\"unique\":true}");
  plan p = explain(s, "{\"collection\":\"t\",\"sort\":{\"text\":1},\"limit\":10000,\"hint\":\"text_-1\"}");
  assert_int_equal(p.keys, 10000);
  (void)run(s, "drop_index", "{\"collection\":\"t\",\"name\":\"text_-1\"}");
  insert_long_texts(s, 20000, 1); /* what document 0 has: it is in the first run, this one in the last */
  assert_status(try(s, "create_index", "{\"collection\":\"t\",\"fields\":{\"text\":1},\"unique\":true}"),
                TN_CONSTRAINT);
  assert_string_equal(s->error.text, "unique index 'text_1': the document with the _id 0 has the same key");
}

/* Of the state after commands that make no _id. */
static void digest_of_indexes(char out[64]) {
  void *state = NULL;
  tn_slice digest = {"", 0};
  assert_int_equal(setup_many(&state), 0);
  shop *s = state;
  (void)run(s, "drop_index", "{\"collection\":\"c\",\"name\":\"ten\"}");
  assert_status(tn_stats(s->engine, &s->result, &s->error), TN_OK);
  assert_status(tn_get_string(s->result.value, "digest", &digest), TN_OK);
  (void)snprintf(out, 64, "%.*s", (int)digest.size, (const char *)digest.data);
  (void)teardown(&state);
}

static void the_same_commands_give_each_engine_the_same_digest(void **state) {
  char one[64], other[64];
  (void)state;
  digest_of_indexes(one);
  digest_of_indexes(other);
  assert_string_equal(one, other);
}

/* ---- what a command has left for the next one ------------------------------------------------- */

/* A batch of two ops, the second of which is refused. */
static void undo(shop *s, const char *op, const char *args) {
  tn_batch_op ops[] = {
      {"d", op, parse(&s->args, args)},
      {"d", "insert", parse(&s->docs, "{\"collection\":\"other\",\"docs\":[{\"_id\":1},{\"_id\":1}]}")}};
  assert_status(tn_batch(s->engine, ops, 2, NULL, &s->result, &s->error), TN_EXISTS);
}

static int64_t count(shop *s, const char *args) {
  int64_t n = -1;
  assert_status(tn_get_int(run(s, "count", args), "", &n), TN_OK);
  return n;
}

#define SET(value) "{\"collection\":\"c\",\"filter\":{\"_id\":1},\"update\":{\"$set\":{\"a\":" value "}}}"

static void an_array_that_was_undone_is_noted_when_it_comes_again(void **state) {
  shop *s = *state;
  (void)run(s, "create_index", "{\"collection\":\"c\",\"fields\":{\"a\":1}}");
  (void)run(s, "insert", "{\"collection\":\"c\",\"docs\":{\"_id\":1,\"a\":1}}");
  (void)run(s, "update", SET("2"));
  undo(s, "update", SET("[5,9]"));
  (void)run(s, "update", SET("[5,9]"));
  assert_int_equal(count(s, "{\"collection\":\"c\",\"filter\":{\"a\":{\"$gt\":6,\"$lt\":8}},\"hint\":\"a_1\"}"), 1);
}

static void an_index_that_was_undone_gets_no_entries(void **state) {
  shop *s = *state;
  (void)run(s, "insert", "{\"collection\":\"c\",\"docs\":{\"_id\":1,\"a\":1}}");
  (void)run(s, "update", SET("2"));
  undo(s, "create_index", "{\"collection\":\"c\",\"fields\":{\"a\":1}}");
  (void)run(s, "update", SET("3"));
  (void)run(s, "create_index", "{\"collection\":\"c\",\"fields\":{\"a\":-1}}");
  (void)run(s, "update", SET("4"));
  (void)run(s, "drop_index", "{\"collection\":\"c\",\"name\":\"a_-1\"}");
  (void)run(s, "update", SET("5"));
  assert_int_equal(count(s, "{\"collection\":\"c\",\"filter\":{\"a\":5}}"), 1);
}

static void a_collection_that_was_undone_or_dropped_is_not_found(void **state) {
  static const char matched[] = "{\"collection\":\"c\",\"filter\":{\"_id\":1}}";
  shop *s = *state;
  undo(s, "insert", "{\"collection\":\"c\",\"docs\":{\"_id\":1}}");
  undo(s, "update", "{\"collection\":\"c\",\"filter\":{\"_id\":1},\"update\":{\"$set\":{\"a\":1}},\"upsert\":true}");
  (void)run(s, "update", SET("1"));
  assert_int_equal(count(s, matched), 0);
  (void)run(s, "insert", "{\"collection\":\"c\",\"docs\":{\"_id\":1}}");
  (void)run(s, "update", SET("1"));
  (void)run(s, "drop_collection", "{\"collection\":\"c\"}");
  (void)run(s, "update", SET("1"));
  assert_int_equal(count(s, matched), 0);
}

#define TEST(test, setup) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_plan_that_reads_least_is_taken, setup_many),
      TEST(a_page_begins_where_the_last_one_ended, setup_many),
      TEST(many_documents_come_in_one_order_whatever_the_plan, setup_many),
      TEST(ids_made_in_one_record_sort_in_the_order_of_making, setup),
      TEST(what_names_its_document_by_id_is_recorded_by_its_arguments, setup),
      TEST(what_is_too_long_for_a_key_is_refused, setup),
      TEST(a_collection_takes_64_indexes, setup),
      TEST(an_array_that_was_undone_is_noted_when_it_comes_again, setup),
      TEST(an_index_that_was_undone_gets_no_entries, setup),
      TEST(a_collection_that_was_undone_or_dropped_is_not_found, setup),
      TEST(an_index_is_built_with_progress, setup_many),
      TEST(an_index_of_many_keys_is_built_in_runs, setup),
      cmocka_unit_test(the_same_commands_give_each_engine_the_same_digest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
