/* test_bench.c - that the bench runs and says what it found in the shape that others read. With tiny data, and
 * without peers: what the figures are is no test's business. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cJSON.h>
#include <cmocka.h>

#include "support/folder.h"
#include "support/process.h"

#define BENCH TEST_BUILD "/bench/bench"
#define BUILT_IN "tenon,raw,uthash,cjson,csr"
#define TINY "--quick", "--scale", "1000", "--rounds", "2", "--seconds", "0.01"

static folder place; /* for what the bench writes */
static char json_path[96], data_path[96];

static int make_place(void **state) {
  (void)state;
  if (!folder_make(&place)) return -1;
  snprintf(json_path, sizeof json_path, "%s/bench.json", place.path);
  snprintf(data_path, sizeof data_path, "%s/data", place.path);
  return 0;
}
static int remove_place(void **state) {
  (void)state;
  folder_remove(&place);
  return 0;
}

/* Runs the workloads that `only` names, on what is built in. */
static outcome run_bench(const char *only) {
  return process_run((const char *const[]){BENCH, TINY, "--systems", BUILT_IN, "--only", only, "--json", json_path,
                                           "--data", data_path, NULL},
                     "", 0);
}

static cJSON *read_results(void) {
  char *text = malloc(1 << 20);
  FILE *file = fopen(json_path, "r");
  assert_non_null(text);
  assert_non_null(file);
  size_t size = fread(text, 1, (1 << 20) - 1, file);
  fclose(file);
  cJSON *results = cJSON_ParseWithLength(text, size);
  free(text);
  assert_true(cJSON_IsArray(results));
  return results;
}

static const char *text_of(const cJSON *result, const char *name) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(result, name);
  assert_true(cJSON_IsString(item));
  return item->valuestring;
}
static double number_of(const cJSON *result, const char *name) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(result, name);
  assert_true(cJSON_IsNumber(item));
  return item->valuedouble;
}

static void check_shape(const cJSON *result) {
  assert_int_equal(cJSON_GetArraySize(result), 7);
  assert_true(strlen(text_of(result, "workload")) > 0 && strlen(text_of(result, "system")) > 0);
  assert_true(strlen(text_of(result, "unit")) > 0);
  assert_true(number_of(result, "min") <= number_of(result, "median"));
  assert_true(number_of(result, "median") <= number_of(result, "max"));
  assert_true(number_of(result, "rounds") == 1 || number_of(result, "rounds") == 2);
  /* A few bytes may be none. */
  if (!strstr(text_of(result, "unit"), "_bytes")) assert_true(number_of(result, "min") > 0);
}

static const cJSON *find(const cJSON *results, const char *workload, const char *system) {
  const cJSON *result;
  cJSON_ArrayForEach(result, results) {
    if (strcmp(text_of(result, "workload"), workload) == 0 && strcmp(text_of(result, "system"), system) == 0)
      return result;
  }
  return NULL;
}

static void every_workload_has_a_result_of_tenon(void **state) {
  (void)state;
  outcome list = process_run((const char *const[]){BENCH, "--list", NULL}, "", 0), o = run_bench("*");
  if (o.code != 0) print_error("%s", o.err);
  assert_int_equal(o.code, 0);
  cJSON *results = read_results();
  const cJSON *result;
  cJSON_ArrayForEach(result, results) { check_shape(result); }
  size_t workloads = 0;
  for (char *line = strtok(list.out, "\n"); line; line = strtok(NULL, "\n"), workloads++) {
    char name[64], unit[32];
    assert_int_equal(sscanf(line, "%63s %31s", name, unit), 2);
    result = find(results, name, "tenon");
    if (!result) print_error("tenon has no result of %s\n", name);
    assert_non_null(result);
    assert_string_equal(text_of(result, "unit"), unit);
  }
  assert_true(workloads > 50);
  cJSON_Delete(results);
  outcome_free(&list);
  outcome_free(&o);
}

static void a_pattern_chooses_workloads(void **state) {
  (void)state;
  outcome o = run_bench("map_get,map_pin_*");
  assert_int_equal(o.code, 0);
  cJSON *results = read_results();
  assert_int_equal(cJSON_GetArraySize(results), 3);
  assert_non_null(find(results, "map_get", "tenon"));
  assert_non_null(find(results, "map_get", "uthash"));
  assert_non_null(find(results, "map_pin_extra", "tenon"));
  assert_non_null(strstr(o.out, "map_get, gets_per_s (higher is better)"));
  assert_non_null(strstr(o.out, "map_pin_extra, extra_bytes (lower is better)"));
  assert_non_null(strstr(o.out, "map_get against uthash"));
  cJSON_Delete(results);
  outcome_free(&o);
}

static void nothing_is_left_of_what_systems_wrote(void **state) {
  (void)state;
  outcome o = run_bench("open_empty_us,replay");
  assert_int_equal(o.code, 0);
  outcome_free(&o);
  DIR *left = opendir(data_path);
  assert_non_null(left);
  for (const struct dirent *entry; (entry = readdir(left));) assert_int_equal(entry->d_name[0], '.');
  closedir(left);
}

static void what_is_no_workload_or_number_is_refused(void **state) {
  (void)state;
  outcome o = run_bench("map_gte");
  assert_int_equal(o.code, 2);
  assert_string_equal(o.err, "bench: no workload is called 'map_gte'; --list names them\n");
  outcome_free(&o);
  o = process_run((const char *const[]){BENCH, "--rounds", "many", NULL}, "", 0);
  assert_int_equal(o.code, 2);
  assert_string_equal(o.err, "bench: --rounds takes a number from 1 to 99, not 'many'\n");
  outcome_free(&o);
}

static void a_peer_that_is_not_there_is_left_out_with_a_line(void **state) {
  (void)state;
  const char *const argv[] = {
      "/usr/bin/env",    "PATH=/nowhere", BENCH,     TINY,     "--only",  "kv_get", "--systems",
      "tenon,tarantool", "--json",        json_path, "--data", data_path, NULL};
  outcome o = process_run(argv, "", 0);
  assert_int_equal(o.code, 0);
  assert_non_null(strstr(o.out, "left out: tarantool, tarantool is not installed (tarantool; make bench-deps)\n"));
  cJSON *results = read_results();
  assert_non_null(find(results, "kv_get", "tenon"));
  assert_null(find(results, "kv_get", "tarantool"));
  cJSON_Delete(results);
  outcome_free(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_workload_has_a_result_of_tenon),
      cmocka_unit_test(a_pattern_chooses_workloads),
      cmocka_unit_test(nothing_is_left_of_what_systems_wrote),
      cmocka_unit_test(what_is_no_workload_or_number_is_refused),
      cmocka_unit_test(a_peer_that_is_not_there_is_left_out_with_a_line),
  };
  return cmocka_run_group_tests(tests, make_place, remove_place);
}
