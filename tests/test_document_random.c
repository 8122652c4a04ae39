/* Documents under random changes: each query answers the same with every index, with none and as a naive scan and
 * sort over a copy of the documents does; and the indexes hold what they should after aborts and reopening. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assert_status.h"
#include "support/folder.h"
#include "support/naive_filter.h"
#include "support/naive_order.h"
#include "support/values.h"
#include "tenon.h"

#define STEPS 300
#define QUERIES 6 /* after each step */
#define IDS 60
#define REOPEN_EVERY 60
#define TEXT_MAX 4096
#define CLOCK_START_US INT64_C(1767225600000000)

static const char *const indexes[] = {
    "{\"fields\":{\"a\":1},\"name\":\"a\"}",
    "{\"fields\":{\"b\":-1},\"name\":\"b\"}",
    "{\"fields\":{\"a\":1,\"b\":-1},\"name\":\"ab\"}",
    "{\"fields\":{\"b\":1,\"a\":1,\"o.x\":1},\"name\":\"bax\"}",
    "{\"fields\":{\"o.x\":1,\"o.y\":-1},\"name\":\"xy\"}",
    "{\"fields\":{\"t\":1},\"name\":\"t\"}",
    "{\"fields\":{\"t\":-1,\"a\":1},\"name\":\"ta\"}",
    "{\"fields\":{\"a\":-1,\"t\":1},\"name\":\"at\"}",
    "{\"fields\":{\"s\":1},\"name\":\"sparse\",\"sparse\":true}",
    "{\"fields\":{\"a\":1},\"name\":\"partial\",\"where\":{\"b\":{\"$gte\":2}}}",
    "{\"fields\":{\"u\":-1},\"name\":\"unique\",\"unique\":true,\"sparse\":true}",
};
#define INDEXES (sizeof indexes / sizeof *indexes)

static const char *const names[] = {"a", "b", "ab", "bax", "xy", "t", "ta", "at", "sparse", "partial", "unique"};

typedef struct lab {
  folder data;
  tn_engine *engine;
  int64_t now_us;
  values_source random;
  tn_builder docs[IDS]; /* by id; empty: there is none */
  tn_builder args, filter, sort;
  tn_result result;
  tn_error error;
} lab;

/* ---- the engine ------------------------------------------------------------------------------- */

static int64_t read_clock(void *arg) { return ((lab *)arg)->now_us++; }

static void open_engine(lab *l) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  options.config_text =
      "{\"storage\":{\"type\":\"file\"},\"durability\":\"none\",\"service_thread\":false,"
      "\"snapshot\":{\"every_commands\":150},\"models\":{\"d\":{\"type\":\"document\"}}}";
  options.data = l->data.path;
  options.clock_us = read_clock;
  options.clock_arg = l;
  l->error = (tn_error)TN_ERROR_INIT;
  tn_status status = tn_open(NULL, &options, &l->engine, &l->error);
  assert_string_equal(l->error.text, "");
  assert_status(status, TN_OK);
}

static void print_problem(void *arg, const char *line) {
  (void)arg;
  (void)fprintf(stderr, "%s\n", line);
}

static void check(lab *l) { assert_status(tn_check(l->engine, print_problem, NULL, NULL, NULL), TN_OK); }

static void reopen(lab *l) {
  check(l);
  assert_status(tn_close(l->engine, NULL), TN_OK);
  open_engine(l);
  check(l);
}

static tn_value parse(tn_builder *b, const char *text) {
  tn_builder_clear(b);
  tn_status status = tn_decode("json", (tn_slice){text, strlen(text)}, b, NULL, NULL);
  if (status != TN_OK) (void)fprintf(stderr, "not JSON: %s\n", text);
  assert_status(status, TN_OK);
  return tn_built(b);
}

static tn_status run(lab *l, const char *op, const char *args) {
  l->error = (tn_error)TN_ERROR_INIT;
  return tn_run(l->engine, "d", op, parse(&l->args, args), &l->result, &l->error);
}

/* ---- drawn texts ------------------------------------------------------------------------------ */

typedef struct text {
  char data[TEXT_MAX];
  size_t size;
} text;

static TN_PRINTF(2, 3) void add(text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  t->size += (size_t)vsnprintf(t->data + t->size, TEXT_MAX - t->size, format, args);
  va_end(args);
  assert_true(t->size < TEXT_MAX);
}

static uint64_t below(lab *l, uint64_t n) { return values_below(&l->random, n); }
static bool chance(lab *l, unsigned percent) { return values_chance(&l->random, percent); }

static const char *scalar(lab *l) {
  static const char *const all[] = {"0",
                                    "1",
                                    "2",
                                    "2",
                                    "3",
                                    "4",
                                    "2.0",
                                    "2.5",
                                    "-1",
                                    "\"\"",
                                    "\"a\"",
                                    "\"a\\u0000\"",
                                    "\"ab\"",
                                    "\"b\"",
                                    "null",
                                    "true",
                                    "false",
                                    "{\"$numberDouble\":\"NaN\"}",
                                    "{\"$date\":\"2024-01-01T00:00:00Z\"}",
                                    "{\"x\":1}",
                                    "{\"x\":1,\"y\":2}",
                                    "{}",
                                    "{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"00\"}}"};
  return all[below(l, chance(l, 60) ? 9 : sizeof all / sizeof *all)];
}

static void add_value(lab *l, text *t, unsigned arrays) {
  if (!chance(l, arrays)) {
    add(t, "%s", scalar(l));
    return;
  }
  uint64_t count = below(l, 4);
  add(t, "[");
  for (uint64_t i = 0; i < count; i++) {
    add(t, "%s", i > 0 ? "," : "");
    add_value(l, t, arrays / 4);
  }
  add(t, "]");
}

static void add_object(lab *l, text *t) {
  add(t, "{\"x\":");
  add_value(l, t, 3);
  if (chance(l, 70)) {
    add(t, ",\"y\":");
    add_value(l, t, 3);
  }
  add(t, "}");
}

/* An object, some of them in an array, or something else. */
static void add_objects(lab *l, text *t) {
  if (chance(l, 10)) {
    add_value(l, t, 30);
  } else if (chance(l, 50)) {
    add_object(l, t);
  } else {
    uint64_t count = below(l, 4);
    add(t, "[");
    for (uint64_t i = 0; i < count; i++) {
      add(t, "%s", i > 0 ? "," : "");
      if (chance(l, 10))
        add(t, "%s", scalar(l));
      else
        add_object(l, t);
    }
    add(t, "]");
  }
}

static const char *id_text(uint64_t id, char out[32]) {
  (void)snprintf(out, 32, id % 3 == 0 ? "\"k%02u\"" : "%u", (unsigned)id);
  return out;
}

static void add_document(lab *l, text *t, uint64_t id) {
  char name[32];
  add(t, "{\"_id\":%s", id_text(id, name));
  for (unsigned i = 0; i < 4; i++) {
    static const char *const fields[] = {"a", "b", "t", "s"};
    if (chance(l, 20)) continue;
    add(t, ",\"%s\":", fields[i]);
    add_value(l, t, i == 2 ? 60 : 2);
  }
  if (chance(l, 85)) {
    add(t, ",\"o\":");
    add_objects(l, t);
  }
  if (chance(l, 30)) add(t, ",\"u\":%u", (unsigned)below(l, 400));
  add(t, "}");
}

static void add_operand(lab *l, text *t, const char *op) {
  if (strcmp(op, "$exists") == 0) {
    add(t, "%s", chance(l, 80) ? "true" : "false");
  } else if (strcmp(op, "$in") == 0) {
    uint64_t count = below(l, 4);
    add(t, "[");
    for (uint64_t i = 0; i < count; i++) {
      add(t, "%s", i > 0 ? "," : "");
      add_value(l, t, 5);
    }
    add(t, "]");
  } else {
    add_value(l, t, 5);
  }
}

static void add_operators(lab *l, text *t) {
  static const char *const all[] = {"$gt", "$gte", "$lt", "$lte", "$eq", "$in", "$ne", "$exists"};
  uint64_t first = below(l, sizeof all / sizeof *all), count = 1 + below(l, 2);
  add(t, "{");
  for (uint64_t i = 0; i < count; i++) {
    const char *op = all[(first + 2 * i) % (sizeof all / sizeof *all)];
    add(t, "%s\"%s\":", i > 0 ? "," : "", op);
    add_operand(l, t, op);
  }
  add(t, "}");
}

static void add_condition(lab *l, text *t, const char *path) {
  add(t, "\"%s\":", path);
  if (chance(l, 40)) {
    add_value(l, t, 5);
  } else if (chance(l, 15)) {
    add(t, "{\"$elemMatch\":");
    add_operators(l, t);
    add(t, "}");
  } else {
    add_operators(l, t);
  }
}

static void add_filter(lab *l, text *t) {
  static const char *const paths[] = {"a", "b", "o.x", "t", "s", "o.y", "u", "_id"};
  uint64_t count = below(l, 4), first = below(l, 8);
  add(t, "{");
  for (uint64_t i = 0; i < count; i++) {
    add(t, "%s", i > 0 ? "," : "");
    add_condition(l, t, paths[(first + i) % 8]);
  }
  if (chance(l, 15)) {
    add(t, "%s\"o\":{\"$elemMatch\":{", count > 0 ? "," : "");
    add_condition(l, t, "x");
    add(t, ",");
    add_condition(l, t, "y");
    add(t, "}}");
  }
  add(t, "}");
}

static void add_sort(lab *l, text *t) {
  static const char *const paths[] = {"a", "b", "o.x", "o.y", "t", "_id"};
  uint64_t count = below(l, 3), first = below(l, 6);
  add(t, "{");
  for (uint64_t i = 0; i < count; i++)
    add(t, "%s\"%s\":%s", i > 0 ? "," : "", paths[(first + i) % 6], chance(l, 50) ? "1" : "-1");
  add(t, "}");
}

/* ---- what it should answer --------------------------------------------------------------------- */

typedef struct expected {
  tn_value docs[IDS];
  size_t count;
} expected;

static void expect_all(lab *l, expected *e) {
  tn_value filter = tn_built(&l->filter), sort = tn_built(&l->sort);
  e->count = 0;
  for (size_t i = 0; i < IDS; i++) {
    tn_value doc = tn_built(&l->docs[i]);
    if (tn_is_absent(doc) || !naive_matches(filter, doc)) continue;
    size_t at = e->count++;
    for (; at > 0 && naive_compare(sort, doc, e->docs[at - 1]) < 0; at--) e->docs[at] = e->docs[at - 1];
    e->docs[at] = doc;
  }
}

static void print_value(const char *label, tn_value value) {
  tn_slice json = {NULL, 0};
  if (tn_is_absent(value) || tn_encode("json", value, &json, NULL) != TN_OK) return;
  (void)fprintf(stderr, "%s: %.*s\n", label, (int)json.size, (const char *)json.data);
  tn_text_free(json);
}

static void compare(lab *l, const expected *e, size_t from, size_t to, const char *asked) {
  bool same = tn_count(l->result.value) == to - from;
  for (size_t i = from; same && i < to; i++)
    same = tn_value_same(tn_item(l->result.value, (uint32_t)(i - from)), e->docs[i]);
  if (same) return;
  (void)fprintf(stderr, "asked: %s\n", asked);
  print_value("got", l->result.value);
  for (size_t i = from; i < to; i++) print_value("expected", e->docs[i]);
  fail();
}

/* ---- queries ---------------------------------------------------------------------------------- */

static void find(lab *l, const expected *e, const text *filter, const text *sort, const char *hint) {
  text t = {.size = 0};
  uint64_t skip = chance(l, 30) ? below(l, 5) : 0, limit = chance(l, 40) ? below(l, 6) : IDS;
  add(&t, "{\"collection\":\"c\",\"filter\":%s,\"sort\":%s,\"skip\":%u,\"limit\":%u", filter->data, sort->data,
      (unsigned)skip, (unsigned)limit);
  add(&t, hint ? ",\"hint\":\"%s\"}" : "}", hint);
  tn_status status = run(l, "find", t.data);
  if (status == TN_INVALID && hint) {
    if (!strstr(l->error.text, "cannot answer this")) (void)fprintf(stderr, "%s\n%s\n", t.data, l->error.text);
    assert_non_null(strstr(l->error.text, "cannot answer this"));
    return;
  }
  if (status != TN_OK) (void)fprintf(stderr, "%s: %s\n", t.data, l->error.text);
  assert_status(status, TN_OK);
  size_t from = skip < e->count ? skip : e->count;
  compare(l, e, from, from + limit < e->count ? from + limit : e->count, t.data);
}

static void count(lab *l, const expected *e, const text *filter, const char *hint) {
  text t = {.size = 0};
  int64_t n = -1;
  add(&t, "{\"collection\":\"c\",\"filter\":%s", filter->data);
  add(&t, hint ? ",\"hint\":\"%s\"}" : "}", hint);
  tn_status status = run(l, "count", t.data);
  if (status == TN_INVALID && hint) return;
  assert_status(status, TN_OK);
  assert_true(tn_as_int(l->result.value, &n));
  if (n != (int64_t)e->count) (void)fprintf(stderr, "%s\n", t.data);
  assert_int_equal(n, e->count);
}

/* Page after page, each going on behind the last document of the one before, or behind its id. */
static void find_pages(lab *l, const expected *e, const text *filter, const text *sort) {
  size_t from = 0, page = 1 + below(l, 4);
  bool by_id = chance(l, 50);
  while (from < e->count) {
    text t = {.size = 0};
    tn_slice after = {NULL, 0};
    add(&t, "{\"collection\":\"c\",\"filter\":%s,\"sort\":%s,\"limit\":%u", filter->data, sort->data, (unsigned)page);
    if (from > 0) {
      tn_value last = e->docs[from - 1];
      assert_status(tn_encode("json", by_id ? tn_field(last, "_id") : last, &after, NULL), TN_OK);
      add(&t, ",\"after\":%.*s", (int)after.size, (const char *)after.data);
      tn_text_free(after);
    }
    add(&t, "}");
    assert_status(run(l, "find", t.data), TN_OK);
    size_t to = from + page < e->count ? from + page : e->count;
    compare(l, e, from, to, t.data);
    from = to;
  }
}

static void query(lab *l) {
  text filter = {.size = 0}, sort = {.size = 0};
  expected e;
  add_filter(l, &filter);
  add_sort(l, &sort);
  (void)parse(&l->filter, filter.data);
  (void)parse(&l->sort, sort.data);
  expect_all(l, &e);
  find(l, &e, &filter, &sort, NULL);
  find(l, &e, &filter, &sort, "scan");
  find(l, &e, &filter, &sort, "id");
  count(l, &e, &filter, NULL);
  for (size_t i = 0; i < INDEXES; i++) {
    find(l, &e, &filter, &sort, names[i]);
    count(l, &e, &filter, names[i]);
  }
  if (chance(l, 20)) find_pages(l, &e, &filter, &sort);
}

/* ---- changes ---------------------------------------------------------------------------------- */

static void remember(lab *l, uint64_t id, const char *json) { (void)parse(&l->docs[id], json); }
static bool is_there(const lab *l, uint64_t id) { return !tn_is_absent(tn_built(&l->docs[id])); }

/* Only for what the document itself, or a unique index, forbids. */
static bool was_refused(lab *l, tn_status status) {
  if (status == TN_OK) return false;
  bool parallel = status == TN_INVALID && strstr(l->error.text, "different arrays") != NULL;
  if (status != TN_CONSTRAINT && !parallel) (void)fprintf(stderr, "%s: %s\n", tn_status_name(status), l->error.text);
  assert_true(status == TN_CONSTRAINT || parallel);
  return true;
}

static void insert_or_replace(lab *l, uint64_t id) {
  text doc = {.size = 0}, t = {.size = 0};
  char name[32];
  bool puts = is_there(l, id) || chance(l, 30);
  add_document(l, &doc, id);
  if (puts)
    add(&t, "{\"collection\":\"c\",\"filter\":{\"_id\":%s},\"doc\":%s,\"upsert\":true}", id_text(id, name), doc.data);
  else
    add(&t, "{\"collection\":\"c\",\"docs\":[%s]}", doc.data);
  if (!was_refused(l, run(l, puts ? "replace" : "insert", t.data))) remember(l, id, doc.data);
}

static void set_field(lab *l, uint64_t id) {
  static const char *const fields[] = {"a", "b", "t", "o.x", "s"};
  text t = {.size = 0};
  char name[32];
  add(&t, "{\"collection\":\"c\",\"filter\":{\"_id\":%s},\"return\":\"after\",\"update\":{\"$set\":{\"%s\":",
      id_text(id, name), fields[below(l, 5)]);
  add_value(l, &t, 20);
  add(&t, "}}}");
  tn_status status = run(l, "find_and_update", t.data);
  if (status == TN_INVALID && strstr(l->error.text, "different arrays") == NULL) return; /* o is no object */
  if (was_refused(l, status) || !is_there(l, id)) return;
  tn_builder_clear(&l->docs[id]);
  tn_add(&l->docs[id], l->result.value);
}

static void delete_one(lab *l, uint64_t id) {
  text t = {.size = 0};
  char name[32];
  add(&t, "{\"collection\":\"c\",\"filter\":{\"_id\":%s}}", id_text(id, name));
  assert_status(run(l, "delete", t.data), TN_OK);
  tn_builder_clear(&l->docs[id]);
}

static void delete_many(lab *l) {
  text filter = {.size = 0}, t = {.size = 0};
  add_filter(l, &filter);
  add(&t, "{\"collection\":\"c\",\"many\":true,\"filter\":%s}", filter.data);
  tn_value parsed = parse(&l->filter, filter.data);
  if (tn_count(parsed) < 2) return; /* too many would go */
  assert_status(run(l, "delete", t.data), TN_OK);
  for (size_t i = 0; i < IDS; i++)
    if (is_there(l, i) && naive_matches(parsed, tn_built(&l->docs[i]))) tn_builder_clear(&l->docs[i]);
}

static void change_and_abort(lab *l) {
  text doc = {.size = 0}, t = {.size = 0};
  tn_txn *txn;
  assert_status(tn_begin(l->engine, TN_WRITE, NULL, &txn, NULL), TN_OK);
  add_document(l, &doc, IDS);
  add(&t, "{\"collection\":\"c\",\"docs\":[%s]}", doc.data);
  tn_status inserted = tn_do(txn, "d", "insert", parse(&l->args, t.data), &l->result, NULL);
  (void)inserted; /* it may be refused: it goes anyway */
  tn_status deleted =
      tn_do(txn, "d", "delete",
            parse(&l->args, "{\"collection\":\"c\",\"filter\":{\"a\":{\"$gt\":1}},\"many\":true}"), &l->result, NULL);
  assert_status(deleted, TN_OK);
  tn_abort(txn);
}

static void rebuild_an_index(lab *l) {
  text t = {.size = 0};
  size_t i = below(l, INDEXES);
  add(&t, "{\"collection\":\"c\",\"name\":\"%s\"}", names[i]);
  assert_status(run(l, "drop_index", t.data), TN_OK);
  t.size = 0;
  add(&t, "{\"collection\":\"c\",%s", indexes[i] + 1);
  assert_status(run(l, "create_index", t.data), TN_OK);
}

static void change(lab *l) {
  uint64_t id = below(l, IDS);
  switch (below(l, 10)) {
    case 0: delete_one(l, id); break;
    case 1: change_and_abort(l); break;
    case 2: set_field(l, id); break;
    case 3: set_field(l, id); break;
    case 4:
      if (chance(l, 20)) delete_many(l);
      break;
    case 5:
      if (chance(l, 20)) rebuild_an_index(l);
      break;
    default: insert_or_replace(l, id);
  }
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void every_plan_answers_what_a_naive_scan_does(void **state) {
  static lab l;
  (void)state;
  l = (lab){.now_us = CLOCK_START_US,
            .args = TN_BUILDER_INIT,
            .filter = TN_BUILDER_INIT,
            .sort = TN_BUILDER_INIT,
            .result = TN_RESULT_INIT,
            .error = TN_ERROR_INIT};
  for (size_t i = 0; i < IDS; i++) l.docs[i] = (tn_builder)TN_BUILDER_INIT;
  l.random = values_source_for_run("documents");
  assert_true(folder_make_in_memory(&l.data));
  open_engine(&l);
  for (size_t i = 0; i < INDEXES; i++) {
    text t = {.size = 0};
    add(&t, "{\"collection\":\"c\",%s", indexes[i] + 1);
    assert_status(run(&l, "create_index", t.data), TN_OK);
  }
  for (unsigned i = 0; i < STEPS; i++) {
    change(&l);
    if (i % REOPEN_EVERY == REOPEN_EVERY - 1) reopen(&l);
    for (unsigned k = 0; k < QUERIES; k++) query(&l);
  }
  reopen(&l);
  assert_status(tn_close(l.engine, NULL), TN_OK);
  for (size_t i = 0; i < IDS; i++) tn_builder_free(&l.docs[i]);
  tn_builder_free(&l.args);
  tn_builder_free(&l.filter);
  tn_builder_free(&l.sort);
  tn_result_free(&l.result);
  folder_remove(&l.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_plan_answers_what_a_naive_scan_does)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
