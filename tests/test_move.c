/* test_move.c - data between engines: copies into other storages and formats, whole or refused; backups of a reader;
 * and over the edge: requests and answers as JSON text and cJSON trees. */
#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "crash/crash_walk.h"
#include "support/assert_status.h"
#include "support/shop.h"
#include "support/values.h"
#include "tenon_cjson.h"

#define JSON_FORMAT "\"format\": {\"journal\": \"json\", \"snapshot\": \"json\"}"
#define CART "\"models\": {\"cart\": {\"type\": \"kv\"}}"
#define TARGET "{\"data\": \"target\", \"service_thread\": false, \"snapshot\": {\"every_commands\": 0}, " CART "}"
#define JSON_TARGET "{\"data\": \"json\", \"service_thread\": false, " JSON_FORMAT ", " CART "}"

static tn_open_options options_for(const shop *s, const char *config) {
  tn_open_options options = s->options;
  options.config_text = config;
  return options;
}

static tn_status copy_to(shop *s, tn_engine *from, const char *config) {
  tn_open_options options = options_for(s, config);
  return tn_copy(from, NULL, &options, &s->result, &s->error);
}

static void expect_copy(shop *s, tn_engine *from, const char *config) {
  tn_status status = copy_to(s, from, config);
  if (status != TN_OK) fail_msg("copy: %s: %s [%s]", tn_status_name(status), s->error.text, s->error.where);
}

static int64_t copied(const shop *s, const char *what) {
  int64_t n = -1;
  assert_status(tn_get_int(s->result.value, what, &n), TN_OK);
  return n;
}

static void digest_of(shop *s, tn_engine *engine, char out[33]) {
  tn_slice digest;
  assert_status(tn_stats(engine, &s->result, &s->error), TN_OK);
  assert_status(tn_get_string(s->result.value, "digest", &digest), TN_OK);
  memcpy(out, digest.data, 32);
  out[32] = '\0';
}

static tn_engine *open_config(shop *s, const char *config, bool read_only) {
  tn_open_options options = options_for(s, config);
  tn_engine *engine;
  options.read_only = read_only;
  tn_status status = tn_open(NULL, &options, &engine, &s->error);
  if (status != TN_OK) fail_msg("open: %s: %s [%s]", tn_status_name(status), s->error.text, s->error.where);
  return engine;
}

static void close_engine(tn_engine *engine) { assert_status(tn_close(engine, NULL), TN_OK); }

/* The data that `config` describes is whole, and its state is the one with `digest`. */
static void expect_data(shop *s, const char *config, const char *digest) {
  char have[33];
  tn_engine *engine = open_config(s, config, false);
  digest_of(s, engine, have);
  assert_string_equal(have, digest);
  tn_status status = tn_check(engine, NULL, NULL, NULL, &s->error);
  if (status != TN_OK) fail_msg("check: %s [%s]", s->error.text, s->error.where);
  close_engine(engine);
}

static void put_values(shop *s, uint64_t seed, int count) {
  values_source source = {seed};
  tn_builder value = TN_BUILDER_INIT;
  for (int i = 0; i < count; i++) {
    tn_value v = values_build(&source, &value, 4);
    tn_value args = tn_obj(&s->args, "key", i % 97, "value", v);
    assert_status(tn_run(s->engine, "cart", "put", args, NULL, &s->error), TN_OK);
  }
  tn_builder_free(&value);
}

/* ---- copies --------------------------------------------------------------------------------- */

static void a_copy_in_another_format_has_the_same_digest_and_so_has_the_copy_of_that_one(void **state) {
  shop *s = *state;
  char digest[33];
  values_source source = values_source_for_run("copy");
  put_values(s, source.state, 300);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  put_values(s, source.state + 1, 100);
  shop_digest(s, digest);
  expect_copy(s, s->engine, JSON_TARGET);
  assert_int_equal(copied(s, "seq"), 400);
  assert_int_equal(copied(s, "records"), 400);
  assert_int_equal(copied(s, "snapshots"), 1);
  expect_data(s, JSON_TARGET, digest);
  tn_engine *json = open_config(s, JSON_TARGET, false);
  expect_copy(s, json, TARGET);
  close_engine(json);
  expect_data(s, TARGET, digest);
}

static void a_live_source_is_copied_by_a_reader_beside_it(void **state) {
  shop *s = *state;
  char config[sizeof s->config], digest[33];
  for (int i = 0; i < 50; i++) assert_status(shop_put(s, "a", i), TN_OK);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  memcpy(config, s->config, sizeof config);
  tn_engine *reader = open_config(s, config, true);
  digest_of(s, reader, digest);
  assert_status(shop_put(s, "later", 1), TN_OK);
  expect_copy(s, reader, JSON_TARGET);
  close_engine(reader);
  expect_data(s, JSON_TARGET, digest);
  assert_status(shop_put(s, "later", 2), TN_OK);
}

static void a_source_without_its_oldest_records_is_copied_from_its_snapshot_on(void **state) {
  shop *s = *state;
  char digest[33];
  shop_open_fresh(s,
                  "\"storage\": {\"type\": \"file\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": 4096}, "
                  "\"journal\": {\"keep\": \"snapshot\"}, \"snapshot\": {\"every_commands\": 0, \"keep\": 1}");
  put_values(s, 1, 300);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  put_values(s, 2, 20);
  assert_true(shop_stat(s, "journal.first_seq") > 1);
  shop_digest(s, digest);
  expect_copy(s, s->engine, JSON_TARGET);
  assert_in_range(copied(s, "records"), 20, 319);
  expect_data(s, JSON_TARGET, digest);
}

static void a_target_that_holds_data_is_left_alone(void **state) {
  shop *s = *state;
  char digest[33];
  assert_status(shop_put(s, "a", 1), TN_OK);
  expect_copy(s, s->engine, TARGET);
  shop_digest(s, digest);
  assert_status(shop_put(s, "a", 2), TN_OK);
  assert_status(copy_to(s, s->engine, TARGET), TN_EXISTS);
  assert_non_null(strstr(s->error.where, "target"));
  expect_data(s, TARGET, digest);
  assert_status(copy_to(s, s->engine, s->config), TN_EXISTS); /* itself */
}

static void a_target_of_other_models_or_without_meta_is_refused(void **state) {
  shop *s = *state;
  static const struct {
    const char *config, *where;
    tn_status status;
  } cases[] = {
      {"{\"data\": \"t\", \"models\": {\"cart\": {\"type\": \"kv\"}, \"more\": {\"type\": \"kv\"}}}", "$.models.more",
       TN_INVALID},
      {"{\"data\": \"t\", \"models\": {\"other\": {\"type\": \"kv\"}}}", "$.models.cart", TN_INVALID},
      {"{\"data\": \"t\", \"models\": {\"cart\": {\"type\": \"kw\"}}}", "$.models.cart.type", TN_UNKNOWN},
      {"{\"data\": \"t\"}", "$.models", TN_INVALID},
      {"nonsense", "", TN_INVALID},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_status(copy_to(s, s->engine, cases[i].config), cases[i].status);
    assert_non_null(strstr(s->error.where, cases[i].where));
  }
  char path[128];
  snprintf(path, sizeof path, "%s/t", s->folder.path);
  FILE *made = fopen(path, "r");
  assert_null(made);
}

static void an_empty_engine_is_copied_and_memory_takes_copies_too(void **state) {
  shop *s = *state;
  char digest[33];
  shop_digest(s, digest);
  expect_copy(s, s->engine, TARGET);
  assert_int_equal(copied(s, "records"), 0);
  expect_data(s, TARGET, digest);
  put_values(s, 3, 50);
  expect_copy(s, s->engine, "{\"storage\": {\"type\": \"memory\"}, " CART "}");
  assert_int_equal(copied(s, "records"), 50);
}

/* ---- copies that were stopped ---------------------------------------------------------------- */

/* A target on files in memory. */
typedef struct bench {
  shop *shop;
  recorded_io *files;
  tn_open_options options;
} bench;

static bench bench_on(shop *s, recorded_io *files) {
  bench b = {s, files, options_for(s, TARGET)};
  b.options.base_dir = ".";
  b.options.io = recorded_io_tn_io(files);
  return b;
}

/* Neither not there nor refused as unfinished. */
static bool opens(bench *b) {
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  b->options.read_only = true;
  tn_status status = tn_open(NULL, &b->options, &engine, &error);
  b->options.read_only = false;
  if (status == TN_NOT_FOUND) return false;
  if (status == TN_INVALID)
    return assert_non_null(strstr(error.text, "an unfinished copy; make the same copy again")), false;
  if (status != TN_OK) fail_msg("%s: %s [%s]", tn_status_name(status), error.text, error.where);
  close_engine(engine);
  return true;
}

/* Opens, and then is the whole of it. */
static bool is_whole(bench *b, const char *digest) {
  char have[33];
  tn_engine *engine;
  if (!opens(b)) return false;
  assert_status(tn_open(NULL, &b->options, &engine, &b->shop->error), TN_OK);
  digest_of(b->shop, engine, have);
  assert_string_equal(have, digest);
  close_engine(engine);
  return true;
}

static void make_source(shop *s, char digest[33]) {
  put_values(s, 4, 120);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  put_values(s, 5, 30);
  shop_digest(s, digest);
}

static void whatever_fails_under_a_copy_leaves_what_refuses_to_open_until_it_is_completed(void **state) {
  shop *s = *state;
  char digest[33];
  bool finished = false;
  make_source(s, digest);
  for (uint64_t nth = 1; !finished; nth++) {
    recorded_io *files = recorded_io_create();
    bench b = bench_on(s, files);
    recorded_io_fail(files, nth, TN_IO, true);
    finished = tn_copy(s->engine, NULL, &b.options, &s->result, &s->error) == TN_OK;
    recorded_io_fail(files, 0, TN_OK, false);
    if (!is_whole(&b, digest)) {
      tn_status status = tn_copy(s->engine, NULL, &b.options, &s->result, &s->error);
      if (status != TN_OK) fail_msg("after failing call %d: %s [%s]", (int)nth, s->error.text, s->error.where);
    }
    assert_true(is_whole(&b, digest));
    recorded_io_destroy(files);
  }
}

static void a_crash_at_any_point_of_a_copy_leaves_nothing_that_opens_but_the_whole(void **state) {
  shop *s = *state;
  char digest[33];
  int whole = 0, other = 0;
  make_source(s, digest);
  recorded_io *files = recorded_io_create();
  bench b = bench_on(s, files);
  assert_status(tn_copy(s->engine, NULL, &b.options, NULL, &s->error), TN_OK);
  crash_walk *walk = crash_walk_create(files, 0, 3, 1);
  while (crash_walk_next(walk)) {
    recorded_io *left = crash_walk_state(walk);
    bench after = bench_on(s, left);
    if (is_whole(&after, digest)) {
      whole++;
    } else {
      assert_status(tn_copy(s->engine, NULL, &after.options, NULL, &s->error), TN_OK);
      assert_true(is_whole(&after, digest));
      other++;
    }
    recorded_io_destroy(left);
  }
  assert_true(whole > 0 && other > 5);
  crash_walk_destroy(walk);
  recorded_io_destroy(files);
}

/* Calls that a copy of the source as it is takes. */
static uint64_t calls_of_a_copy(shop *s) {
  recorded_io *files = recorded_io_create();
  bench b = bench_on(s, files);
  assert_status(tn_copy(s->engine, NULL, &b.options, NULL, &s->error), TN_OK);
  uint64_t calls = recorded_io_call_count(files);
  recorded_io_destroy(files);
  return calls;
}

static void an_unfinished_copy_is_completed_to_where_the_source_is_by_then(void **state) {
  shop *s = *state;
  char digest[33];
  recorded_io *files = recorded_io_create();
  bench b = bench_on(s, files);
  put_values(s, 6, 100);
  recorded_io_fail(files, calls_of_a_copy(s) * 2 / 3, TN_IO, true);
  assert_int_not_equal(tn_copy(s->engine, NULL, &b.options, NULL, &s->error), TN_OK);
  recorded_io_fail(files, 0, TN_OK, false);
  put_values(s, 7, 40);
  shop_digest(s, digest);
  assert_status(tn_copy(s->engine, NULL, &b.options, &s->result, &s->error), TN_OK);
  assert_int_equal(copied(s, "seq"), 140);
  assert_true(is_whole(&b, digest));
  recorded_io_destroy(files);
}

/* Files with a copy that lacks nothing but its end: the last call after whose failure it is refused. */
static recorded_io *copied_but_for_the_end(shop *s) {
  uint64_t calls = 0;
  for (uint64_t back = 0; back < 100; back++) {
    recorded_io *files = recorded_io_create();
    bench b = bench_on(s, files);
    if (back > 0) recorded_io_fail(files, calls - back, TN_IO, true);
    tn_status status = tn_copy(s->engine, NULL, &b.options, NULL, NULL);
    if (back == 0) calls = recorded_io_call_count(files);
    recorded_io_fail(files, 0, TN_OK, false);
    if (status != TN_OK && !opens(&b)) return files;
    recorded_io_destroy(files);
  }
  fail_msg("no call's failure leaves it unfinished");
  return NULL;
}

static void an_unfinished_copy_of_other_data_is_refused(void **state) {
  shop *s = *state;
  put_values(s, 8, 30);
  recorded_io *files = copied_but_for_the_end(s);
  bench b = bench_on(s, files);
  shop_open_fresh(s, "");
  put_values(s, 9, 40);
  assert_status(tn_copy(s->engine, NULL, &b.options, NULL, &s->error), TN_INVALID);
  assert_non_null(strstr(s->error.text, "of other data"));
  shop_open_fresh(s, "");
  assert_status(tn_copy(s->engine, NULL, &b.options, NULL, &s->error), TN_INVALID);
  recorded_io_destroy(files);
}

static void out_of_memory_anywhere_in_a_copy_is_a_status(void **state) {
  shop *s = *state;
  char digest[33];
  put_values(s, 10, 20);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  shop_digest(s, digest);
  tni_counted_memory memory;
  bool finished = false;
  for (uint64_t nth = 1; !finished; nth += 1 + nth / 40) {
    recorded_io *files = recorded_io_create();
    bench b = bench_on(s, files);
    tni_counted_memory_init(&memory, tn_memory_system());
    b.options.memory = &memory.memory;
    atomic_store(&memory.fail_at, nth);
    finished = tn_copy(s->engine, NULL, &b.options, NULL, &s->error) == TN_OK;
    atomic_store(&memory.fail_at, 0);
    assert_int_equal(atomic_load(&memory.bytes), 0);
    assert_true(is_whole(&b, digest) || !finished);
    recorded_io_destroy(files);
  }
}

/* ---- backups -------------------------------------------------------------------------------- */

static void a_reader_beside_a_live_owner_makes_a_backup(void **state) {
  shop *s = *state;
  char config[sizeof s->config], digest[33], path[128];
  for (int i = 0; i < 20; i++) assert_status(shop_put(s, "a", i), TN_OK);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  memcpy(config, s->config, sizeof config);
  tn_engine *reader = open_config(s, config, true);
  digest_of(s, reader, digest);
  uint64_t seq = 0;
  snprintf(path, sizeof path, "%s/target", s->folder.path);
  assert_status(tn_backup(reader, path, &seq, &s->error), TN_OK);
  assert_status(tn_backup(reader, path, NULL, &s->error), TN_EXISTS);
  close_engine(reader);
  assert_int_equal(seq, 20); /* the snapshot shows that the last record is durable */
  expect_data(s, TARGET, digest);
}

/* ---- JSON text ------------------------------------------------------------------------------- */

static void expect_answer(shop *s, const char *request, tn_status status, const char *answer) {
  tn_slice text;
  assert_status(tn_run_json(s->engine, request, &text, &s->error), status);
  assert_string_equal((const char *)text.data, answer);
  assert_int_equal(text.size, strlen(answer));
  if (status != TN_OK) assert_status(s->error.status, status);
  tn_text_free(text);
}

static void text_goes_in_and_an_answer_comes_out_whatever_became_of_it(void **state) {
  shop *s = *state;
  expect_answer(s, "[\"cart\",\"put\",{\"key\":\"a\",\"value\":9007199254740993}]", TN_OK,
                "{\"ok\":true,\"result\":1}");
  expect_answer(s, " [\"cart\",\"get\",[\"a\"]] ", TN_OK, "{\"ok\":true,\"result\":9007199254740993}");
  expect_answer(s, "[\"cart\",\"put\",[\"n\",\"x\\u0000y\"]]", TN_OK, "{\"ok\":true,\"result\":2}");
  expect_answer(s, "[\"cart\",\"get\",[\"n\"]]", TN_OK, "{\"ok\":true,\"result\":\"x\\u0000y\"}");
  expect_answer(s, "{\"batch\":[[\"cart\",\"incr\",[\"a\"]],[\"cart\",\"count\"]]}", TN_OK,
                "{\"ok\":true,\"result\":[9007199254740994,2]}");
  s->error = (tn_error){TN_IO, "stale", "stale"};
  expect_answer(s, "[\"cart\",\"get\",[\"b\"]]", TN_NOT_FOUND,
                "{\"ok\":false,\"error\":{\"status\":\"NOT_FOUND\",\"text\":\"no such entry\",\"where\":\"\"}}");
  static const char *const nonsense[] = {"",
                                         "nonsense",
                                         "[",
                                         "{}",
                                         "3",
                                         "[\"cart\"]",
                                         "[1,2,3]",
                                         "[\"cart\",\"put\",4]",
                                         "[\"cart\",\"get\",[\"a\"]] x",
                                         "{\"batch\":3}",
                                         "\xff"};
  for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
    tn_slice text;
    assert_status(tn_run_json(s->engine, nonsense[i], &text, NULL), TN_INVALID);
    assert_non_null(strstr((const char *)text.data, "{\"ok\":false,\"error\":{\"status\":\"INVALID\""));
    tn_text_free(text);
  }
}

/* ---- cJSON trees ----------------------------------------------------------------------------- */

/* Runs a tree made from text; the answer printed. */
static tn_status run_tree(shop *s, const char *request, char *out, size_t size) {
  cJSON *tree = cJSON_Parse(request), *answer = NULL;
  assert_non_null(tree);
  tn_status status = tn_run_cjson(s->engine, tree, &answer, &s->error);
  char *text = cJSON_PrintUnformatted(answer);
  snprintf(out, size, "%s", text);
  cJSON_free(text);
  cJSON_Delete(answer);
  cJSON_Delete(tree);
  return status;
}

static void trees_go_in_and_come_out(void **state) {
  shop *s = *state;
  char answer[512];
  assert_status(
      run_tree(s, "[\"cart\",\"put\",[\"a\",{\"x\":[1,2.5,true,null],\"y\":\"\\u00e9\"}]]", answer, sizeof answer),
      TN_OK);
  assert_string_equal(answer, "{\"ok\":true,\"result\":1}");
  assert_status(run_tree(s, "[\"cart\",\"get\",[\"a\"]]", answer, sizeof answer), TN_OK);
  assert_string_equal(answer, "{\"ok\":true,\"result\":{\"x\":[1,2.5,true,null],\"y\":\"\xc3\xa9\"}}");
  assert_status(run_tree(s, "[\"cart\",\"get\",[\"b\"]]", answer, sizeof answer), TN_NOT_FOUND);
  assert_string_equal(
      answer, "{\"ok\":false,\"error\":{\"status\":\"NOT_FOUND\",\"text\":\"no such entry\",\"where\":\"\"}}");
  assert_status(run_tree(s,
                         "{\"batch\":[[\"cart\",\"put\",[\"t\",{\"$date\":\"2024-02-29T00:00:00Z\"}]],"
                         "[\"cart\",\"get\",[\"t\"]]]}",
                         answer, sizeof answer),
                TN_OK);
  assert_string_equal(answer, "{\"ok\":true,\"result\":[2,{\"$date\":\"2024-02-29T00:00:00Z\"}]}");
}

static void a_whole_number_beyond_2_to_the_53_is_exact_as_raw_digits_and_refused_as_a_number(void **state) {
  static const char *const exact[] = {"9007199254740992", "-9007199254740993", "9223372036854775807",
                                      "-9223372036854775808"};
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
    cJSON *raw = cJSON_CreateRaw(exact[i]), *back = NULL, *number = cJSON_CreateNumber(strtod(exact[i], NULL));
    int64_t n;
    assert_status(tn_from_cjson(raw, &b, &error), TN_OK);
    assert_true(tn_as_int(tn_built(&b), &n) && n == strtoll(exact[i], NULL, 10));
    assert_status(tn_to_cjson(tn_built(&b), &back, &error), TN_OK);
    assert_true(cJSON_IsRaw(back));
    assert_string_equal(back->valuestring, exact[i]);
    assert_status(tn_from_cjson(number, &b, &error), TN_INVALID);
    cJSON_Delete(raw);
    cJSON_Delete(back);
    cJSON_Delete(number);
  }
  tn_builder_free(&b);
}

/* cJSON holds no NUL, and takes 1.0 for 1; all else comes back as it was. */
static bool survives(tn_value value) {
  tn_slice text;
  double d;
  if (tn_as_double(value, &d) && d == floor(d) && fabs(d) < 9007199254740992.0 && !(d == 0 && signbit(d)))
    return false;
  if (tn_as_string(value, &text) && text.size > 0 && memchr(text.data, 0, text.size)) return false;
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);)
    if (!survives(it.value) || (it.name.size > 0 && memchr(it.name.data, 0, it.name.size))) return false;
  return true;
}

static void any_value_that_cjson_can_hold_comes_back_the_same(void **state) {
  (void)state;
  values_source source = values_source_for_run("cjson");
  tn_builder a = TN_BUILDER_INIT, b = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  int survived = 0;
  for (int i = 0; i < 3000; i++) {
    tn_value value = values_build(&source, &a, 4);
    cJSON *tree = NULL;
    tn_status status = tn_to_cjson(value, &tree, &error);
    if (survives(value)) {
      assert_status(status, TN_OK);
      if (tn_from_cjson(tree, &b, &error) != TN_OK) fail_msg("%s [%s]", error.text, error.where);
      assert_true(tn_value_same(value, tn_built(&b)));
      survived++;
    } else if (status != TN_OK) {
      assert_status(status, TN_UNSUPPORTED);
    }
    cJSON_Delete(tree);
  }
  assert_true(survived > 1000);
  tn_builder_free(&a);
  tn_builder_free(&b);
}

static void what_cjson_cannot_hold_is_refused_and_named(void **state) {
  shop *s = *state;
  char answer[512];
  tn_value nul = tn_obj(&s->args, "key", "k", "value", tn_text((tn_slice){"a\0b", 3}));
  assert_status(tn_run(s->engine, "cart", "put", nul, NULL, &s->error), TN_OK);
  assert_status(run_tree(s, "[\"cart\",\"scan\"]", answer, sizeof answer), TN_UNSUPPORTED);
  assert_non_null(strstr(answer, "\"where\":\"0.value\""));
  assert_non_null(strstr(answer, "NUL"));
}

static void wrong_trees_are_refused_at_their_byte(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  static const char *const raw[] = {"", "1,2", "nonsense", "1]", "9223372036854775808"};
  for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
    cJSON *tree = cJSON_CreateArray();
    cJSON_AddItemToArray(tree, cJSON_CreateRaw(raw[i]));
    assert_status(tn_from_cjson(tree, &b, &error), TN_INVALID);
    assert_string_equal(error.where, "byte 1");
    cJSON_Delete(tree);
  }
  static const char *const text[] = {"{\"a\":1,\"a\":2}", "{\"$date\":3}", "\"\xff\""};
  for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
    cJSON *tree = cJSON_Parse(text[i]);
    assert_status(tn_from_cjson(tree, &b, &error), TN_INVALID);
    assert_non_null(strstr(error.where, "byte "));
    cJSON_Delete(tree);
  }
  cJSON *deep = cJSON_CreateArray();
  for (int i = 0; i < TN_DEPTH_MAX; i++) {
    cJSON *outer = cJSON_CreateArray();
    cJSON_AddItemToArray(outer, deep);
    deep = outer;
  }
  assert_status(tn_from_cjson(deep, &b, &error), TN_LIMIT);
  cJSON_Delete(deep);
  assert_status(tn_from_cjson(NULL, &b, &error), TN_INVALID);
  tn_builder_free(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_copy_in_another_format_has_the_same_digest_and_so_has_the_copy_of_that_one),
      TEST(a_live_source_is_copied_by_a_reader_beside_it),
      TEST(a_source_without_its_oldest_records_is_copied_from_its_snapshot_on),
      TEST(a_target_that_holds_data_is_left_alone),
      TEST(a_target_of_other_models_or_without_meta_is_refused),
      TEST(an_empty_engine_is_copied_and_memory_takes_copies_too),
      TEST(whatever_fails_under_a_copy_leaves_what_refuses_to_open_until_it_is_completed),
      TEST(a_crash_at_any_point_of_a_copy_leaves_nothing_that_opens_but_the_whole),
      TEST(an_unfinished_copy_is_completed_to_where_the_source_is_by_then),
      TEST(an_unfinished_copy_of_other_data_is_refused),
      TEST(out_of_memory_anywhere_in_a_copy_is_a_status),
      TEST(a_reader_beside_a_live_owner_makes_a_backup),
      TEST(text_goes_in_and_an_answer_comes_out_whatever_became_of_it),
      TEST(trees_go_in_and_come_out),
      cmocka_unit_test(a_whole_number_beyond_2_to_the_53_is_exact_as_raw_digits_and_refused_as_a_number),
      cmocka_unit_test(any_value_that_cjson_can_hold_comes_back_the_same),
      TEST(what_cjson_cannot_hold_is_refused_and_named),
      cmocka_unit_test(wrong_trees_are_refused_at_their_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
