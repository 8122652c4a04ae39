/* pace.h - how fast work goes that shares a disk with the syncs that committers wait for: in small steps with rests
 * between them while something is synced beside it, else as fast as it can. It does not know the work. */
#ifndef TENON_PACE_H
#define TENON_PACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One thread's view. */
typedef struct tni_pace {
  const _Atomic uint64_t *syncs; /* how many there were, ever */
  uint64_t seen;                 /* at the last look */
  int64_t slow_until_us;
} tni_pace;

/* For work that begins now: what was synced before does not count. */
void tni_pace_init(tni_pace *pace, const _Atomic uint64_t *syncs);
/* Looks: true from a look that finds new syncs until a while after the last one. */
bool tni_pace_is_slow(tni_pace *pace, int64_t now_us);
/* How long to rest, where it is slow, after a step that took so long. */
int64_t tni_pace_rest_us(int64_t step_us);

/* The clock for the above. */
int64_t tni_pace_now_us(void);
/* Looks after a step that began at `start_us`, and rests where it is slow. */
void tni_pace_rest(tni_pace *pace, int64_t start_us);

#endif
