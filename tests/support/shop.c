#include "support/shop.h"

#include <stdio.h>
#include <stdlib.h>

static void take_log(void *arg, tn_log_level level, const char *line) {
  (void)level;
  shop *s = (shop *)arg;
  snprintf(s->last_log, sizeof s->last_log, "%s", line);
}

static int64_t read_clock(void *arg) { return ((const shop *)arg)->clock_us; }

/* The storage where a test names none: `file`, or what the environment says. */
static const char *storage(const char *more) {
  static char text[80];
  const char *name = getenv("TENON_TEST_STORAGE");
  snprintf(text, sizeof text, ", \"storage\": {\"type\": \"%.20s\"}", name ? name : "file");
  return strstr(more, "\"storage\"") ? "" : text;
}

tn_status shop_try_open(shop *s, const char *more) {
  snprintf(s->config, sizeof s->config, "{\"data\": \"data\"%s%s%s%s%s%s}",
           strstr(more, "\"service_thread\"") ? "" : ", \"service_thread\": false", storage(more),
           strstr(more, "\"snapshot\"") ? "" : ", \"snapshot\": {\"every_commands\": 0}", more[0] ? ", " : "", more,
           strstr(more, "\"models\"") ? "" : ", \"models\": {\"cart\": {\"type\": \"kv\"}}");
  s->options.config_text = s->config;
  s->error = (tn_error)TN_ERROR_INIT;
  return tn_open(NULL, &s->options, &s->engine, &s->error);
}

void shop_open(shop *s, const char *more) {
  shop_close(s);
  tn_status status = shop_try_open(s, more);
  if (status != TN_OK) fail_msg("open: %s: %s [%s]", tn_status_name(status), s->error.text, s->error.where);
}

void shop_open_fresh(shop *s, const char *more) {
  char command[256];
  shop_close(s);
  snprintf(command, sizeof command, "rm -rf '%s/data'", s->folder.path);
  assert_int_equal(system(command), 0);
  shop_open(s, more);
}

void shop_close(shop *s) {
  tn_engine *engine = s->engine;
  s->engine = NULL;
  if (engine) assert_status(tn_close(engine, &s->error), TN_OK);
}

void shop_reopen(shop *s) {
  shop_close(s);
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_OK);
}

int shop_setup(void **state) {
  shop *s = (shop *)calloc(1, sizeof *s);
  if (!s || !folder_make(&s->folder)) return -1;
  tni_counted_memory_init(&s->memory, tn_memory_system());
  s->clock_us = 1767225600000000;
  s->options = (tn_open_options){.base_dir = s->folder.path,
                                 .log = take_log,
                                 .log_arg = s,
                                 .memory = &s->memory.memory,
                                 .clock_us = read_clock,
                                 .clock_arg = s};
  s->args = (tn_builder)TN_BUILDER_INIT;
  s->result = (tn_result)TN_RESULT_INIT;
  shop_open(s, "");
  *state = s;
  return 0;
}

int shop_teardown(void **state) {
  shop *s = (shop *)*state;
  if (s->engine && tn_close(s->engine, &s->error) != TN_OK) fprintf(stderr, "close: %s\n", s->error.text);
  uint64_t left = atomic_load(&s->memory.bytes);
  tn_builder_free(&s->args);
  tn_result_free(&s->result);
  folder_remove(&s->folder);
  free(s);
  if (left != 0) fprintf(stderr, "%llu bytes were not given back\n", (unsigned long long)left);
  return left == 0 ? 0 : -1;
}

tn_status shop_put(shop *s, const char *key, int64_t value) {
  return tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", key, "value", value), &s->result, &s->error);
}

tn_status shop_get(shop *s, const char *key) {
  return tn_run(s->engine, "cart", "get", tn_obj(&s->args, "key", key), &s->result, &s->error);
}

int64_t shop_number(shop *s, const char *key) {
  int64_t n = -1;
  if (shop_get(s, key) == TN_OK) (void)tn_as_int(s->result.value, &n);
  return n;
}

void shop_digest(shop *s, char out[33]) {
  tn_slice digest = {"", 0};
  assert_status(tn_stats(s->engine, &s->result, &s->error), TN_OK);
  assert_status(tn_get_string(s->result.value, "digest", &digest), TN_OK);
  memcpy(out, digest.data, 32);
  out[32] = '\0';
}

int64_t shop_stat(shop *s, const char *path) {
  int64_t n = 0;
  assert_status(tn_stats(s->engine, &s->result, &s->error), TN_OK);
  assert_status(tn_get_int(s->result.value, path, &n), TN_OK);
  return n;
}

void copy_folder(const char *from, const char *to) {
  char command[512];
  snprintf(command, sizeof command, "rm -rf '%s' && cp -r '%s' '%s'", to, from, to);
  assert_int_equal(system(command), 0);
}
