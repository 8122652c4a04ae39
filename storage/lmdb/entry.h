/* entry.h - what this storage keeps in LMDB: its keys, and what stands in a value. Seqs and numbers in keys are
 * big-endian, so that their order is LMDB's; in values little-endian. */
#ifndef TENON_LMDB_ENTRY_H
#define TENON_LMDB_ENTRY_H

#include "disk/dir.h"

#define TNI_LMDB_VERSION 1
#define TNI_LKEY_MAX 24

/* The first byte of a key. Records come last, so that appending is cheap. */
typedef enum tni_lkind {
  TNI_LSTATE = 1,    /* what the log is (tni_lstate); in a file of snapshots apart too */
  TNI_LMETA = 2,     /* the host's meta */
  TNI_LSNAPSHOT = 3, /* seq 8: a snapshot that is there (tni_lsnapshot_head) */
  TNI_LCHUNK = 4,    /* a snapshot's seq 8 and id 8, number from 0 4: its bytes, TNI_LCHUNK_SIZE but for the last */
  TNI_LRECORD = 5,   /* seq 8: a record (tni_lrecord_head), then the host's bytes */
  TNI_LEND = 6       /* behind all of them */
} tni_lkind;

typedef struct tni_lkey {
  uint8_t bytes[TNI_LKEY_MAX];
  size_t size;
} tni_lkey;

tni_lkey tni_lkey_of(tni_lkind kind); /* of a kind without a number: the key; of others: before all of them */
tni_lkey tni_lkey_numbered(tni_lkind kind, uint64_t number);
tni_lkey tni_lkey_chunk(uint64_t seq, uint64_t id, uint32_t number);
static inline tn_slice tni_lkey_slice(const tni_lkey *key) { return (tn_slice){key->bytes, key->size}; }
/* True when `key` is a key of that kind with a number; sets it. */
bool tni_lkey_is(tn_slice key, tni_lkind kind, uint64_t *number);
bool tni_lkey_is_chunk(tn_slice key, uint64_t *seq, uint64_t *id);

/* Every value begins with the XXH3-64 of what follows, seeded by the key and, but for the state, by the log's id: so
 * a value at another key's place or of another log does not check. */
#define TNI_LSUM_SIZE 8
uint64_t tni_lsum(const tn_host *host, uint64_t log_id, tn_slice key, tn_slice behind);
/* Whether a whole value checks. */
bool tni_lsum_matches(const tn_host *host, uint64_t log_id, tn_slice key, tn_slice value);

/* 0 "TENONlmd" 8 | 8 version 4 | 12 flags 4: 1 closed, 2 snapshots apart, 4 the file of those | 16 log id 8 |
 * 24 trimmed_upto 8 | 32 epoch 8 | 40 durable_upto 8. Magic and version stay in every version to come. */
#define TNI_LSTATE_SIZE 48
typedef struct tni_lstate {
  bool closed; /* by its owner, after all was durable */
  bool apart;
  bool of_snapshots;
  uint64_t log_id;       /* random */
  uint64_t trimmed_upto; /* records up to here were dropped */
  uint64_t epoch;
  uint64_t durable_upto; /* the last seq known durable when it was written */
} tni_lstate;
void tni_lstate_encode(const tni_lstate *state, uint8_t out[TNI_LSTATE_SIZE]);
/* INVALID: not ours, or newer. */
tn_status tni_lstate_decode(const tni_fdir *dir, const char *name, tn_slice bytes, tni_lstate *out, tn_error *error);

/* 0 durable_upto 8 | 8 offset 8. */
#define TNI_LRECORD_HEAD 16
typedef struct tni_lrecord_head {
  uint64_t durable_upto; /* the last seq known durable when it was written */
  uint64_t offset;       /* bytes of all records before it, since the log was made */
} tni_lrecord_head;
void tni_lrecord_head_encode(const tni_lrecord_head *head, uint8_t out[TNI_LRECORD_HEAD]);
bool tni_lrecord_head_decode(tn_slice bytes, tni_lrecord_head *out); /* false when it is too short */

/* 0 id 8 | 8 bytes 8 | 16 chunks 4. */
#define TNI_LSNAPSHOT_HEAD 20
#define TNI_LCHUNK_SIZE (((size_t)1 << 20) - 24) /* with LMDB's head and the checksum whole pages of any size */
typedef struct tni_lsnapshot_head {
  uint64_t id; /* random */
  uint64_t bytes;
  uint32_t chunks;
} tni_lsnapshot_head;
void tni_lsnapshot_head_encode(const tni_lsnapshot_head *head, uint8_t out[TNI_LSNAPSHOT_HEAD]);
bool tni_lsnapshot_head_decode(tn_slice bytes, tni_lsnapshot_head *out);

#endif
