#include "subject.h"

#include <stdio.h>
#include <stdlib.h>

#include "crash/every_op.h"
#include "support/assert_status.h"

#define CLOCK_START_US 1767225600000000

static int64_t read_clock(void *arg) { return ((const subject *)arg)->clock_us; }

subject *subject_create(const place *p, const char *storage, const char *more) {
  subject *s = calloc(1, sizeof *s);
  assert_non_null(s);
  s->place = *p;
  s->clock_us = CLOCK_START_US;
  s->args = s->more = (tn_builder)TN_BUILDER_INIT;
  s->result = (tn_result)TN_RESULT_INIT;
  tni_counted_memory_init(&s->memory, tn_memory_system());
  int size = snprintf(s->config, sizeof s->config,
                      "{\"data\": \"data\", \"service_thread\": false, \"storage\": %s, "
                      "\"snapshot\": {\"every_commands\": 0, \"keep\": 2}, \"models\": " EVERY_OP_MODELS "%s}",
                      storage ? storage : p->storage->config, more);
  assert_true(size > 0 && (size_t)size < sizeof s->config);
  s->options = (tn_open_options){
      .config_text = s->config, .memory = &s->memory.memory, .clock_us = read_clock, .clock_arg = s};
  place_set(p, &s->options);
  return s;
}

uint64_t subject_destroy(subject *s) {
  (void)subject_close(s);
  uint64_t left = atomic_load(&s->memory.bytes);
  tn_builder_free(&s->args);
  tn_builder_free(&s->more);
  tn_result_free(&s->result);
  free(s);
  return left;
}

tn_status subject_open(subject *s) {
  tn_status status = tn_open(NULL, &s->options, &s->engine, &s->error);
  if (status != TN_OK) s->engine = NULL;
  return status;
}

tn_status subject_close(subject *s) {
  tn_engine *engine = s->engine;
  s->engine = NULL;
  return tn_close(engine, &s->error);
}

tn_status subject_run(subject *s, const char *op, tn_value args) {
  tn_status status = tn_run(s->engine, "cart", op, args, &s->result, &s->error);
  if (status == TN_OK && s->result.seq > s->answered) s->answered = s->result.seq;
  return status;
}

tn_status subject_put(subject *s, const char *key, int64_t value) {
  return subject_run(s, "put", tn_obj(&s->args, "key", key, "value", value));
}

void subject_prepare(subject *s, int keys) {
  for (int i = 0; i < keys; i++) {
    char key[16];
    snprintf(key, sizeof key, "k%d", i);
    assert_status(subject_put(s, key, i), TN_OK);
  }
  assert_status(subject_run(s, "put", tn_obj(&s->args, "key", "text", "value", "a text")), TN_OK);
  assert_status(subject_run(s, "put", tn_obj(&s->args, "key", "short", "value", 1, "ttl_ms", 10)), TN_OK);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  assert_status(subject_run(s, "put", tn_obj(&s->args, "key", "brief", "value", 2, "ttl_ms", 10)), TN_OK);
  assert_status(subject_put(s, "n", 5), TN_OK);
  s->clock_us += 60000000;
}

/* ---- looking at it -------------------------------------------------------------------------- */

static void take_stats(subject *s) { assert_status(tn_stats(s->engine, &s->result, &s->error), TN_OK); }

uint64_t subject_state(subject *s, char digest[33]) {
  tn_slice text = {"", 0};
  take_stats(s);
  assert_status(tn_get_string(s->result.value, "digest", &text), TN_OK);
  memcpy(digest, text.data, 32);
  digest[32] = '\0';
  return s->result.seq;
}

bool subject_is_writable(subject *s) {
  bool writable = false;
  take_stats(s);
  assert_status(tn_get_bool(s->result.value, "writable", &writable), TN_OK);
  return writable;
}

int64_t subject_stat(subject *s, const char *path) {
  int64_t n = -1;
  take_stats(s);
  (void)tn_get_int(s->result.value, path, &n);
  return n;
}

static tn_status take_digest(void *arg, uint64_t seq, tn_value record) {
  known_states *known = arg;
  tn_slice bytes = {NULL, 0};
  assert_true(seq < SUBJECT_SEQ_MAX);
  assert_status(tn_get_bytes(record, "digest", &bytes), TN_OK);
  for (int i = 0; i < 16; i++) snprintf(known->digest[seq] + 2 * i, 3, "%02x", ((const uint8_t *)bytes.data)[15 - i]);
  known->seq = seq;
  return TN_OK;
}

void subject_states(subject *s, known_states *out) {
  *out = (known_states){.seq = 0};
  snprintf(out->digest[0], sizeof out->digest[0], "%032d", 0);
  assert_status(tn_journal_read(s->engine, 1, 0, take_digest, out, &s->error), TN_OK);
}
