/* tenon_map.h - Tenon's versioned map as a store of the bench. */
#ifndef TENON_BENCH_TENON_MAP_H
#define TENON_BENCH_TENON_MAP_H

#include "map.h"
#include "store.h"

typedef struct bench_map {
  tni_state *state;
  uint64_t seq; /* of the newest version */
} bench_map;

typedef struct bench_map_session {
  bench_map *map;
  tni_pin pin;
  tni_cursor cursor;
} bench_map_session;

extern const bench_store bench_map_store;

#endif
