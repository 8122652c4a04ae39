#include "common.h"

#include <string.h>
#include <time.h>

#define FOLLOW_STEP_MS 5

bool tni_is_word(tn_slice name, const char *word) {
  return name.size == strlen(word) && memcmp(name.data, word, name.size) == 0;
}

tn_status tni_take_choice(const tni_fdir *dir, const char *key, tn_value value, const char *one, const char *two,
                          bool *second, tn_error *error) {
  tn_slice word = {NULL, 0};
  bool text = tn_as_string(value, &word);
  *second = text && tni_is_word(word, two);
  if (*second || (text && tni_is_word(word, one))) return TN_OK;
  return tni_ffail(dir, error, TN_INVALID, key, "\"%s\" or \"%s\" is expected", one, two);
}

tn_status tni_unknown_key(const tni_fdir *dir, tn_slice key, const char *known, tn_error *error) {
  tni_name name = tni_fname("%.*s", (int)(key.size > 40 ? 40 : key.size), (const char *)key.data);
  return tni_ffail(dir, error, TN_INVALID, name.text, "unknown key; %s", known);
}

/* ---- the log -------------------------------------------------------------------------------- */

static uint64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

tn_status tni_follow(void *self, tn_status (*look)(void *self, uint64_t seq, bool *there, tn_error *error),
                     uint64_t after_seq, uint32_t timeout_ms, tn_error *error) {
  uint64_t until = now_ms() + timeout_ms;
  for (;;) {
    bool there = false;
    tn_status status = look(self, after_seq + 1, &there, error);
    if (status != TN_OK || there) return status;
    if (now_ms() >= until) return TN_NOT_FOUND;
    (void)nanosleep(&(struct timespec){0, FOLLOW_STEP_MS * 1000000L}, NULL);
  }
}

static tn_status add_snapshot(void *arg, uint64_t seq, uint64_t size) {
  (void)seq;
  tni_snapshot_sum *sum = arg;
  sum->count++;
  sum->bytes += (int64_t)size;
  return TN_OK;
}

tni_snapshot_sum tni_sum_snapshots(void *self,
                                   tn_status (*list)(void *self,
                                                     tn_status (*each)(void *arg, uint64_t seq, uint64_t size),
                                                     void *arg, tn_error *error)) {
  tni_snapshot_sum sum = {0, 0};
  (void)list(self, add_snapshot, &sum, NULL);
  return sum;
}
