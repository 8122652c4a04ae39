/* Every fault of a config is refused with its place; every default stands. */
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "support/assert_status.h"

#define MODELS "\"models\": {\"cart\": {\"type\": \"kv\"}}"

static tn_status read_config(const char *text, tni_config *out, tn_error *error) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  options.config_text = text;
  options.base_dir = "/base";
  return tni_config_read(NULL, &options, tn_memory_system(), out, error);
}

static void faults_are_named_with_their_place(void **state) {
  static const struct {
    const char *text;
    tn_status status;
    const char *where, *message;
  } faults[] = {
      {"", TN_INVALID, "line 1, column 1", "the config is not JSON"},
      {"{\n  \"models\" 3}", TN_INVALID, "line 2, column 12", "the config is not JSON"},
      {"[]", TN_INVALID, "$", "expected an object, got an array"},
      {"{}", TN_INVALID, "$.models", "expected at least one model, e.g. {\"cart\": {\"type\": \"kv\"}}"},
      {"{\"models\": {}}", TN_INVALID, "$.models",
       "expected at least one model, e.g. {\"cart\": {\"type\": \"kv\"}}"},
      {"{\"modles\": {}}", TN_UNKNOWN, "$.modles", "unknown key 'modles'; did you mean 'models'?"},
      {"{\"data\": 3, " MODELS "}", TN_INVALID, "$.data", "expected the path of a folder, got a number"},
      {"{\"storage\": \"file\", " MODELS "}", TN_INVALID, "$.storage", "expected an object, got a string"},
      {"{\"storage\": {}, " MODELS "}", TN_INVALID, "$.storage", "expected a \"type\", e.g. \"file\""},
      {"{\"durability\": \"sink\", " MODELS "}", TN_INVALID, "$.durability",
       "'sink' is none of its values; did you mean 'sync'?"},
      {"{\"sync_interval_ms\": 0, " MODELS "}", TN_INVALID, "$.sync_interval_ms",
       "expected a whole number from 1 up"},
      {"{\"sync_interval_ms\": 1.5, " MODELS "}", TN_INVALID, "$.sync_interval_ms",
       "expected a whole number from 1 up"},
      {"{\"journal\": {\"keep\": \"some\"}, " MODELS "}", TN_INVALID, "$.journal.keep",
       "'some' is none of its values"},
      {"{\"journal\": {\"keep\": {\"bytes\": 1, \"age_s\": 1}}, " MODELS "}", TN_INVALID, "$.journal.keep",
       "expected \"all\", \"snapshot\", {\"bytes\": N} or {\"age_s\": N}"},
      {"{\"journal\": {\"keep\": {\"byte\": 1}}, " MODELS "}", TN_UNKNOWN, "$.journal.keep.byte",
       "unknown key 'byte'; did you mean 'bytes'?"},
      {"{\"snapshot\": {\"keep\": 0}, " MODELS "}", TN_INVALID, "$.snapshot.keep",
       "expected a whole number from 1 up"},
      {"{\"service_thread\": 1, " MODELS "}", TN_INVALID, "$.service_thread", "expected true or false, got a number"},
      {"{\"limits\": {\"value_byte\": 1}, " MODELS "}", TN_UNKNOWN, "$.limits.value_byte",
       "unknown key 'value_byte'; did you mean 'value_bytes'?"},
      {"{\"limits\": {\"depth\": 0}, " MODELS "}", TN_INVALID, "$.limits.depth", "expected a whole number from 1 up"},
      {"{\"limits\": {\"depth\": 101}, " MODELS "}", TN_INVALID, "$.limits.depth", "expected at most 100, got 101"},
      {"{\"recover\": \"maybe\", " MODELS "}", TN_INVALID, "$.recover", "'maybe' is none of its values"},
      {"{\"plugins\": \"x.so\", " MODELS "}", TN_INVALID, "$.plugins", "expected an array of strings, got a string"},
      {"{\"plugins\": [\"x.so\", 3], " MODELS "}", TN_INVALID, "$.plugins[1]", "expected a string, got a number"},
      {"{\"models\": {\"cart\": \"kv\"}}", TN_INVALID, "$.models.cart",
       "expected an object like {\"type\": \"kv\"}, got a string"},
      {"{\"models\": {\"cart\": {}}}", TN_INVALID, "$.models.cart", "expected a \"type\", e.g. \"kv\""},
      {"{\"models\": {\"a b\": {\"type\": \"kv\"}}}", TN_INVALID, "$.models.a b",
       "a model's name is made of letters, digits, _ and -, at most 63"},
      {"{\"models\": {\"a\": {\"type\": \"kv\"}, \"a\": {\"type\": \"kv\"}}}", TN_INVALID, "$.models.a",
       "the key 'a' stands twice"},
      {"{" MODELS "} x", TN_INVALID, "line 1, column 38", "the config is not JSON"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    tni_config config;
    tn_error error = TN_ERROR_INIT;
    tn_status status = read_config(faults[i].text, &config, &error);
    assert_string_equal(error.text, faults[i].message);
    assert_string_equal(error.where, faults[i].where);
    assert_status(status, faults[i].status);
  }
}

static void defaults_stand_and_paths_start_at_the_base(void **state) {
  tni_config c;
  (void)state;
  assert_status(read_config("{\"data\": \"d\", \"plugins\": [\"./p.so\", \"/abs.so\"], " MODELS "}", &c, NULL),
                TN_OK);
  assert_string_equal(c.data, "/base/d");
  assert_string_equal(c.plugins[0], "/base/p.so");
  assert_string_equal(c.plugins[1], "/abs.so");
  assert_string_equal(c.storage_type, "file");
  assert_string_equal(c.journal_format, "binary");
  assert_int_equal(c.durability, TNI_SYNC);
  assert_int_equal(c.keep, TNI_KEEP_ALL);
  assert_int_equal(c.snapshot_keep, 2);
  assert_true(c.service_thread);
  tni_config_fini(&c);
}

static void a_models_options_reach_it_as_a_value(void **state) {
  tni_config c;
  int64_t n;
  (void)state;
  assert_status(
      read_config("{\"models\": {\"cart\": {\"type\": \"kv\", \"uses\": [\"cart\"], \"size\": {\"max\": 12}}}}", &c,
                  NULL),
      TN_OK);
  tn_value options = tn_built(&c.models[0].options);
  assert_int_equal(tn_count(options), 1);
  assert_status(tn_get_int(options, "size.max", &n), TN_OK);
  assert_int_equal(n, 12);
  assert_int_equal(c.models[0].use_count, 1);
  tni_config_fini(&c);
}

static void a_missing_file_is_not_found_with_its_path(void **state) {
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  (void)state;
  assert_status(tn_open("/nowhere/shop.json", NULL, &engine, &error), TN_NOT_FOUND);
  assert_string_equal(error.where, "/nowhere/shop.json");
  assert_status(tn_open(NULL, NULL, &engine, &error), TN_MISUSE);
}

static void unknown_storages_and_formats_name_the_nearest(void **state) {
  static const struct {
    const char *text, *where, *message;
  } faults[] = {
      {"{\"storage\": {\"type\": \"files\"}, " MODELS "}", "$.storage.type",
       "no storage plugin is named 'files'; did you mean 'file'?"},
      {"{\"format\": {\"journal\": \"jsn\"}, " MODELS "}", "$.format.journal",
       "no formatter plugin is named 'jsn'; did you mean 'json'?"},
      {"{\"models\": {\"cart\": {\"type\": \"vk\"}}}", "$.models.cart.type", "no model plugin is named 'vk'"},
      {"{\"storage\": {\"type\": \"memory\"}, \"models\": {\"cart\": {\"type\": \"kv\", \"uses\": [\"x\"]}}}",
       "$.models.cart.uses[0]", "no model is named 'x'"},
      {"{\"storage\": {\"type\": \"file\", \"segment\": 1}, \"data\": \"/tmp/tenon-none\", " MODELS "}",
       "$.storage.segment", "unknown key; storage \"file\" knows segment_bytes_min, segment_bytes_max and verify"},
      {"{\"storage\": {\"type\": \"memory\", \"size\": 1}, " MODELS "}", "$.storage.size",
       "unknown key; storage \"memory\" knows none"},
      {"{" MODELS "}", "$.data", "storage \"file\" needs the folder to keep the data in, e.g. \"shop-data\""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    tn_engine *engine;
    tn_error error = TN_ERROR_INIT;
    tn_open_options options = TN_OPEN_OPTIONS_INIT;
    options.config_text = faults[i].text;
    assert_int_not_equal(tn_open(NULL, &options, &engine, &error), TN_OK);
    assert_string_equal(error.text, faults[i].message);
    assert_string_equal(error.where, faults[i].where);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(faults_are_named_with_their_place),
      cmocka_unit_test(defaults_stand_and_paths_start_at_the_base),
      cmocka_unit_test(a_models_options_reach_it_as_a_value),
      cmocka_unit_test(a_missing_file_is_not_found_with_its_path),
      cmocka_unit_test(unknown_storages_and_formats_name_the_nearest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
