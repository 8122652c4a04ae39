/* kv under random operations, beside a naive table that does the same; with entries that expire, keys of every type
 * and spelling, purges, and reopening. What single operations answer, tests/scripts says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assert_status.h"
#include "support/folder.h"
#include "support/values.h"
#include "tenon.h"

#define STEPS 6000
#define COMPARE_EVERY 25
#define REOPEN_EVERY 500
#define TTL_MS_MAX 300
#define NEVER INT64_MAX
#define CLOCK_START_US INT64_C(1767225600000000)

/* Keys in their order; of those with the same place the model knows one. */
static const struct {
  const char *json;
  size_t place;
} spellings[] = {
    {"null", 0},
    {"{\"$numberDouble\":\"NaN\"}", 1},
    {"-2.5", 2},
    {"-2", 3},
    {"0", 4},
    {"-0.0", 4},
    {"1", 5},
    {"1.0", 5},
    {"2.5", 6},
    {"9007199254740993", 7},
    {"1e300", 8},
    {"\"\"", 9},
    {"\"a\"", 10},
    {"\"a\\u0000\"", 11},
    {"\"ab\"", 12},
    {"\"abc\"", 13},
    {"\"b\"", 14},
    {"\"\xf4\x8f\xbf\xbf\"", 15},
    {"[]", 16},
    {"[1]", 17},
    {"[1.0]", 17},
    {"[1,2]", 18},
    {"[\"a\"]", 19},
    {"[\"a\",null]", 20},
    {"[\"a\",1]", 21},
    {"[\"a\",\"b\"]", 22},
    {"[\"a\\u0000\"]", 23},
    {"[\"ab\"]", 24},
    {"[[]]", 25},
    {"{\"$binary\":{\"base64\":\"AA==\",\"subType\":\"00\"}}", 26},
    {"false", 27},
    {"true", 28},
    {"{\"$date\":{\"$numberLong\":\"5\"}}", 29},
};
#define SPELLINGS (sizeof spellings / sizeof *spellings)
#define PLACES 30

static const struct {
  const char *json;
  size_t first, end; /* places */
} prefixes[] = {
    {"\"\"", 9, 16}, {"\"a\"", 10, 14},   {"\"ab\"", 12, 14},         {"\"\xf4\x8f\xbf\xbf\"", 15, 16},
    {"[]", 16, 26},  {"[\"a\"]", 19, 23}, {"[\"a\",\"b\"]", 22, 23},  {"[1]", 17, 19},
    {"\"x\"", 0, 0}, {"[[]]", 25, 26},    {"[\"a\\u0000\"]", 23, 24},
};
#define PREFIXES (sizeof prefixes / sizeof *prefixes)

typedef struct entry {
  bool stored;
  int64_t value;
  int64_t version;
  int64_t expires_us;
  size_t spelling;
} entry;

typedef struct lab {
  folder data;
  tn_engine *engine;
  int64_t now_us;
  values_source random;
  entry table[PLACES];
  tn_builder keys[SPELLINGS];
  tn_builder prefixes[PREFIXES];
  tn_builder args;
  tn_result result;
} lab;

/* ---- the engine ------------------------------------------------------------------------------- */

static int64_t read_clock(void *arg) { return ((lab *)arg)->now_us; }

static void open_engine(lab *l) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  tn_error error = TN_ERROR_INIT;
  options.config_text =
      "{\"storage\":{\"type\":\"file\"},\"durability\":\"none\",\"service_thread\":false,"
      "\"snapshot\":{\"every_commands\":700},\"models\":{\"kv\":{\"type\":\"kv\"}}}";
  options.data = l->data.path;
  options.clock_us = read_clock;
  options.clock_arg = l;
  tn_status status = tn_open(NULL, &options, &l->engine, &error);
  assert_string_equal(error.text, "");
  assert_status(status, TN_OK);
}

static void print_problem(void *arg, const char *line) {
  (void)arg;
  (void)fprintf(stderr, "%s\n", line);
}

static void reopen(lab *l) {
  assert_status(tn_check(l->engine, print_problem, NULL, NULL, NULL), TN_OK);
  assert_status(tn_close(l->engine, NULL), TN_OK);
  open_engine(l);
}

static tn_status run(lab *l, const char *op) {
  return tn_run(l->engine, "kv", op, tn_built(&l->args), &l->result, NULL);
}

static tn_value key_of(const lab *l, size_t spelling) { return tn_built(&l->keys[spelling]); }

static int64_t answered_int(const lab *l) {
  int64_t n = 0;
  assert_true(tn_as_int(l->result.value, &n));
  return n;
}

/* ---- the naive table -------------------------------------------------------------------------- */

static bool live(const lab *l, size_t place) {
  return l->table[place].stored && l->table[place].expires_us > l->now_us;
}

static entry *at(lab *l, size_t spelling) { return &l->table[spellings[spelling].place]; }
static bool is_live(const lab *l, size_t spelling) { return live(l, spellings[spelling].place); }

static int64_t keeps_until(const lab *l, size_t spelling) {
  return is_live(l, spelling) ? l->table[spellings[spelling].place].expires_us : NEVER;
}

static void store(lab *l, size_t spelling, int64_t value, int64_t expires_us) {
  *at(l, spelling) = (entry){true, value, (int64_t)l->result.seq, expires_us, spelling};
}

static int64_t count_live(const lab *l, size_t first, size_t end) {
  int64_t n = 0;
  for (size_t place = first; place < end; place++) n += live(l, place);
  return n;
}

/* ---- steps: each runs an op, and does the same to the table ------------------------------------ */

static size_t any_key(lab *l) { return values_below(&l->random, SPELLINGS); }
static int64_t any_value(lab *l) { return (int64_t)values_below(&l->random, 5); }

static void put(lab *l) {
  size_t key = any_key(l);
  int64_t value = any_value(l), expires_us = NEVER, version = is_live(l, key) ? at(l, key)->version : 0,
          wanted = version;
  tn_arg if_version = TN_ARG_NULL, ttl_ms = TN_ARG_NULL;
  if (values_chance(&l->random, 40)) {
    if (values_chance(&l->random, 30)) wanted += 1;
    if_version = tn_arg_int(wanted);
  }
  if (values_chance(&l->random, 50)) {
    int64_t ms = 1 + (int64_t)values_below(&l->random, TTL_MS_MAX);
    ttl_ms = tn_arg_int(ms);
    expires_us = l->now_us + ms * 1000;
  }
  (void)tn_obj(&l->args, "key", key_of(l, key), "value", value, "if_version", if_version, "ttl_ms", ttl_ms);
  tn_status status = run(l, "put");
  assert_status(status, wanted == version ? TN_OK : TN_CONFLICT);
  if (status != TN_OK) return;
  assert_int_equal(answered_int(l), l->result.seq);
  store(l, key, value, expires_us);
}

static void mput(lab *l) {
  size_t keys[4];
  tn_builder_clear(&l->args);
  tn_array_begin(&l->args);
  tn_array_begin(&l->args);
  for (size_t i = 0; i < 4; i++) {
    keys[i] = any_key(l);
    tn_array_begin(&l->args);
    tn_add(&l->args, key_of(l, keys[i]));
    tn_add(&l->args, i);
    tn_end(&l->args);
  }
  tn_end(&l->args);
  tn_end(&l->args);
  assert_status(run(l, "mput"), TN_OK);
  for (size_t i = 0; i < 4; i++) store(l, keys[i], (int64_t)i, NEVER);
}

static void get(lab *l) {
  size_t key = any_key(l);
  (void)tn_arr(&l->args, key_of(l, key));
  assert_status(run(l, "get"), is_live(l, key) ? TN_OK : TN_NOT_FOUND);
  if (is_live(l, key)) assert_int_equal(answered_int(l), at(l, key)->value);
}

static void read_entry(lab *l) {
  size_t key = any_key(l);
  int64_t version = 0, expires_us = NEVER;
  (void)tn_arr(&l->args, key_of(l, key));
  assert_status(run(l, "entry"), is_live(l, key) ? TN_OK : TN_NOT_FOUND);
  if (!is_live(l, key)) return;
  assert_status(tn_get_int(l->result.value, "version", &version), TN_OK);
  assert_int_equal(version, at(l, key)->version);
  (void)tn_as_timestamp(tn_field(l->result.value, "expires_at"), &expires_us);
  assert_true(expires_us == at(l, key)->expires_us);
}

static void mget(lab *l) {
  tn_builder_clear(&l->args);
  tn_array_begin(&l->args);
  tn_array_begin(&l->args);
  for (size_t i = 0; i < SPELLINGS; i++) tn_add(&l->args, key_of(l, i));
  tn_end(&l->args);
  tn_end(&l->args);
  assert_status(run(l, "mget"), TN_OK);
  assert_int_equal(tn_count(l->result.value), SPELLINGS);
  for (uint32_t i = 0; i < SPELLINGS; i++) {
    int64_t value = 0;
    assert_int_equal(tn_as_int(tn_item(l->result.value, i), &value), is_live(l, i));
    if (is_live(l, i)) assert_int_equal(value, at(l, i)->value);
  }
}

static void delete (lab *l) {
  size_t key = any_key(l);
  int64_t version = at(l, key)->version;
  (void)tn_arr(&l->args, key_of(l, key));
  assert_status(run(l, "delete"), is_live(l, key) ? TN_OK : TN_NOT_FOUND);
  if (!is_live(l, key)) return;
  assert_int_equal(answered_int(l), version);
  at(l, key)->stored = false;
}

static void take(lab *l) {
  size_t key = any_key(l);
  (void)tn_arr(&l->args, key_of(l, key));
  assert_status(run(l, "take"), is_live(l, key) ? TN_OK : TN_NOT_FOUND);
  if (!is_live(l, key)) return;
  assert_int_equal(answered_int(l), at(l, key)->value);
  at(l, key)->stored = false;
}

static void swap(lab *l) {
  size_t key = any_key(l);
  int64_t value = any_value(l);
  (void)tn_arr(&l->args, key_of(l, key), value);
  assert_status(run(l, "swap"), TN_OK);
  if (is_live(l, key))
    assert_int_equal(answered_int(l), at(l, key)->value);
  else
    assert_true(tn_is_null(l->result.value));
  store(l, key, value, NEVER);
}

static void cas(lab *l) {
  size_t key = any_key(l);
  int64_t expect = any_value(l), value = any_value(l);
  bool there = is_live(l, key), same = at(l, key)->value == expect;
  (void)tn_arr(&l->args, key_of(l, key), expect, value);
  assert_status(run(l, "cas"), !there ? TN_NOT_FOUND : same ? TN_OK : TN_CONFLICT);
  if (there && same) store(l, key, value, NEVER);
}

static void incr(lab *l) {
  size_t key = any_key(l);
  int64_t by = any_value(l) - 2, sum = by + (is_live(l, key) ? at(l, key)->value : 0);
  (void)tn_obj(&l->args, "key", key_of(l, key), "by", by);
  assert_status(run(l, "incr"), TN_OK);
  assert_int_equal(answered_int(l), sum);
  store(l, key, sum, keeps_until(l, key));
}

static void expire(lab *l) {
  size_t key = any_key(l);
  int64_t ms = 1 + (int64_t)values_below(&l->random, TTL_MS_MAX);
  (void)tn_arr(&l->args, key_of(l, key), ms);
  assert_status(run(l, "expire"), is_live(l, key) ? TN_OK : TN_NOT_FOUND);
  if (is_live(l, key)) at(l, key)->expires_us = l->now_us + ms * 1000;
}

static void persist(lab *l) {
  size_t key = any_key(l);
  bool changed = false;
  (void)tn_arr(&l->args, key_of(l, key));
  assert_status(run(l, "persist"), is_live(l, key) ? TN_OK : TN_NOT_FOUND);
  if (!is_live(l, key)) return;
  assert_true(tn_as_bool(l->result.value, &changed));
  assert_int_equal(changed, at(l, key)->expires_us != NEVER);
  assert_int_equal(l->result.seq != 0, changed);
  at(l, key)->expires_us = NEVER;
}

static void ttl(lab *l) {
  size_t key = any_key(l);
  int64_t expires_us = at(l, key)->expires_us;
  (void)tn_arr(&l->args, key_of(l, key));
  assert_status(run(l, "ttl"), is_live(l, key) ? TN_OK : TN_NOT_FOUND);
  if (!is_live(l, key)) return;
  if (expires_us == NEVER)
    assert_true(tn_is_null(l->result.value));
  else
    assert_int_equal(answered_int(l), (expires_us - l->now_us) / 1000);
}

static void rename_key(lab *l) {
  size_t from = any_key(l), to = any_key(l);
  bool overwrite = values_chance(&l->random, 50), same = at(l, from) == at(l, to);
  entry moved = *at(l, from);
  (void)tn_obj(&l->args, "key", key_of(l, from), "to", key_of(l, to), "overwrite", overwrite);
  tn_status status = run(l, "rename");
  if (!is_live(l, from)) {
    assert_status(status, TN_NOT_FOUND);
  } else if (same) {
    assert_status(status, TN_OK);
    assert_int_equal(answered_int(l), moved.version);
  } else if (is_live(l, to) && !overwrite) {
    assert_status(status, TN_EXISTS);
  } else {
    assert_status(status, TN_OK);
    store(l, to, moved.value, moved.expires_us);
    at(l, from)->stored = false;
  }
}

static void purge(lab *l) {
  int64_t limit = 1 + (int64_t)values_below(&l->random, 4), expired = 0;
  for (size_t place = 0; place < PLACES; place++) expired += l->table[place].stored && !live(l, place);
  (void)tn_arr(&l->args, limit);
  assert_status(run(l, "purge"), TN_OK);
  assert_true(answered_int(l) <= limit && answered_int(l) <= expired);
}

static void tick(lab *l) { assert_status(tn_tick(l->engine, NULL), TN_OK); }

/* ---- ranges ----------------------------------------------------------------------------------- */

typedef struct range {
  size_t first, end; /* places */
  bool reverse;
  bool keys_only;
  int64_t limit;
} range;

/* Adds a random range to the object that is open in args. Null, the lowest key, cannot be a bound. */
static range add_range(lab *l) {
  range r = {0, PLACES, false, false, INT64_MAX};
  size_t from = 1 + values_below(&l->random, SPELLINGS - 1), to = 1 + values_below(&l->random, SPELLINGS - 1);
  size_t prefix = values_below(&l->random, PREFIXES);
  switch (values_below(&l->random, 4)) {
    case 0:
      tn_set(&l->args, "prefix", tn_built(&l->prefixes[prefix]));
      r.first = prefixes[prefix].first, r.end = prefixes[prefix].end;
      break;
    case 1:
      tn_set(&l->args, "from", key_of(l, from));
      tn_set(&l->args, "to", key_of(l, to));
      r.first = spellings[from].place, r.end = spellings[to].place;
      break;
    case 2:
      tn_set(&l->args, "from", key_of(l, from));
      r.first = spellings[from].place;
      break;
    default: break;
  }
  return r;
}

static void add_scan(lab *l, range *r) {
  r->reverse = values_chance(&l->random, 50);
  r->keys_only = values_chance(&l->random, 50);
  tn_set(&l->args, "reverse", r->reverse);
  tn_set(&l->args, "keys_only", r->keys_only);
  if (values_chance(&l->random, 40)) {
    r->limit = (int64_t)values_below(&l->random, 6);
    tn_set(&l->args, "limit", r->limit);
  }
  if (values_chance(&l->random, 40)) {
    size_t after = 1 + values_below(&l->random, SPELLINGS - 1), place = spellings[after].place;
    tn_set(&l->args, "after", key_of(l, after));
    if (r->reverse && place < r->end) r->end = place;
    if (!r->reverse && place + 1 > r->first) r->first = place + 1;
  }
}

static void assert_row(const lab *l, tn_value row, size_t place, bool keys_only) {
  const entry *e = &l->table[place];
  int64_t value = 0;
  assert_true(tn_value_same(keys_only ? row : tn_field(row, "key"), key_of(l, e->spelling)));
  if (keys_only) return;
  assert_status(tn_get_int(row, "value", &value), TN_OK);
  assert_int_equal(value, e->value);
}

static void scan(lab *l) {
  tn_builder_clear(&l->args);
  tn_object_begin(&l->args);
  range r = add_range(l);
  add_scan(l, &r);
  tn_end(&l->args);
  assert_status(run(l, "scan"), TN_OK);
  uint32_t row = 0;
  for (size_t i = r.first; i < r.end && row < r.limit; i++) {
    size_t place = r.reverse ? r.end - 1 - (i - r.first) : i;
    if (live(l, place)) assert_row(l, tn_item(l->result.value, row++), place, r.keys_only);
  }
  assert_int_equal(tn_count(l->result.value), row);
}

static void count(lab *l) {
  tn_builder_clear(&l->args);
  tn_object_begin(&l->args);
  range r = add_range(l);
  tn_end(&l->args);
  assert_status(run(l, "count"), TN_OK);
  assert_int_equal(answered_int(l), count_live(l, r.first, r.end));
}

static void delete_range(lab *l) {
  tn_builder_clear(&l->args);
  tn_object_begin(&l->args);
  range r = add_range(l);
  tn_end(&l->args);
  int64_t expected = count_live(l, r.first, r.end);
  assert_status(run(l, "delete_range"), TN_OK);
  assert_int_equal(answered_int(l), expected);
  for (size_t place = r.first; place < r.end; place++) l->table[place].stored = false;
}

static void compare_all(lab *l) {
  tn_builder_clear(&l->args);
  assert_status(run(l, "scan"), TN_OK);
  uint32_t row = 0;
  for (size_t place = 0; place < PLACES; place++)
    if (live(l, place)) assert_row(l, tn_item(l->result.value, row++), place, false);
  assert_int_equal(tn_count(l->result.value), row);
  assert_status(run(l, "count"), TN_OK);
  assert_int_equal(answered_int(l), row);
}

/* ---- the run ---------------------------------------------------------------------------------- */

static const struct {
  void (*run)(lab *l);
  unsigned weight;
} steps[] = {{put, 30},  {mput, 3}, {get, 10}, {read_entry, 5}, {mget, 2},        {delete, 6}, {take, 4},
             {swap, 5},  {cas, 5},  {incr, 8}, {expire, 8},     {persist, 5},     {ttl, 5},    {rename_key, 6},
             {purge, 2}, {tick, 1}, {scan, 8}, {count, 4},      {delete_range, 1}};
#define STEP_KINDS (sizeof steps / sizeof *steps)

static void one_step(lab *l) {
  unsigned total = 0, pick;
  for (size_t i = 0; i < STEP_KINDS; i++) total += steps[i].weight;
  pick = (unsigned)values_below(&l->random, total);
  size_t kind = 0;
  while (pick >= steps[kind].weight) pick -= steps[kind++].weight;
  l->now_us += 1000 * (1 + (int64_t)values_below(&l->random, 15));
  steps[kind].run(l);
}

static void decode(const char *json, tn_builder *out) {
  assert_status(tn_decode("json", (tn_slice){json, strlen(json)}, out, NULL, NULL), TN_OK);
}

static int setup(void **state) {
  lab *l = calloc(1, sizeof *l);
  if (!l || !folder_make(&l->data)) return 1;
  const tn_builder empty = TN_BUILDER_INIT;
  for (size_t i = 0; i < SPELLINGS; i++) decode(spellings[i].json, (l->keys[i] = empty, &l->keys[i]));
  for (size_t i = 0; i < PREFIXES; i++) decode(prefixes[i].json, (l->prefixes[i] = empty, &l->prefixes[i]));
  l->args = empty;
  l->result = (tn_result)TN_RESULT_INIT;
  l->now_us = CLOCK_START_US;
  l->random = values_source_for_run("kv");
  open_engine(l);
  *state = l;
  return 0;
}

static int teardown(void **state) {
  lab *l = *state;
  tn_status status = tn_close(l->engine, NULL);
  for (size_t i = 0; i < SPELLINGS; i++) tn_builder_free(&l->keys[i]);
  for (size_t i = 0; i < PREFIXES; i++) tn_builder_free(&l->prefixes[i]);
  tn_builder_free(&l->args);
  tn_result_free(&l->result);
  folder_remove(&l->data);
  free(l);
  return status == TN_OK ? 0 : 1;
}

static void random_operations_answer_as_a_naive_table_does(void **state) {
  lab *l = *state;
  for (unsigned step = 1; step <= STEPS; step++) {
    one_step(l);
    if (step % COMPARE_EVERY == 0) compare_all(l);
    if (step % REOPEN_EVERY == 0) reopen(l);
  }
  assert_status(tn_check(l->engine, print_problem, NULL, NULL, NULL), TN_OK);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(random_operations_answer_as_a_naive_table_does, setup, teardown),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests_name("kv", tests, NULL, NULL);
}
