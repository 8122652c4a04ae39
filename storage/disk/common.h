/* common.h - what storages that keep a log in a directory do alike, whatever their files are. */
#ifndef TENON_DISK_COMMON_H
#define TENON_DISK_COMMON_H

#include "dir.h"

/* ---- config --------------------------------------------------------------------------------- */

bool tni_is_word(tn_slice name, const char *word);
/* *second is whether the value of `key` is the second of two words. INVALID: it is neither. */
tn_status tni_take_choice(const tni_fdir *dir, const char *key, tn_value value, const char *one, const char *two,
                          bool *second, tn_error *error);
/* INVALID. `known` says which keys there are. */
tn_status tni_unknown_key(const tni_fdir *dir, tn_slice key, const char *known, tn_error *error);

/* ---- the log -------------------------------------------------------------------------------- */

/* What a storage's follow does: looks every few milliseconds whether a record behind `after_seq` is there. `look`
 * answers whether `seq` is in front of the next record. NOT_FOUND when time is up. */
tn_status tni_follow(void *self, tn_status (*look)(void *self, uint64_t seq, bool *there, tn_error *error),
                     uint64_t after_seq, uint32_t timeout_ms, tn_error *error);

typedef struct tni_snapshot_sum {
  int64_t count;
  int64_t bytes;
} tni_snapshot_sum;

/* Of what the storage's snapshot_list lists. */
tni_snapshot_sum tni_sum_snapshots(void *self,
                                   tn_status (*list)(void *self,
                                                     tn_status (*each)(void *arg, uint64_t seq, uint64_t size),
                                                     void *arg, tn_error *error));

#endif
