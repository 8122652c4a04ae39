#include "pace.h"

#include <time.h>

#define SLOW_US 100000     /* after the last sync that was seen: it may be one of many */
#define RESTS 2            /* a rest's length in steps, but at most ... */
#define REST_US_MAX 100000 /* ... this, should the disk stall */

void tni_pace_init(tni_pace *pace, const _Atomic uint64_t *syncs) {
  *pace = (tni_pace){syncs, atomic_load(syncs), INT64_MIN};
}

bool tni_pace_is_slow(tni_pace *pace, int64_t now_us) {
  uint64_t syncs = atomic_load(pace->syncs);
  if (syncs != pace->seen) pace->slow_until_us = now_us + SLOW_US;
  pace->seen = syncs;
  return now_us < pace->slow_until_us;
}

int64_t tni_pace_rest_us(int64_t step_us) { return step_us < REST_US_MAX / RESTS ? RESTS * step_us : REST_US_MAX; }

int64_t tni_pace_now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void tni_pace_rest(tni_pace *pace, int64_t start_us) {
  int64_t now_us = tni_pace_now_us(), us = tni_pace_rest_us(now_us - start_us);
  if (tni_pace_is_slow(pace, now_us)) (void)nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}
