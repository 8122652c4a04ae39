/* env.h - writing to an LMDB file: the one place that calls liblmdb, which does nothing but write txns here. Reading
 * is tree.h's, so there are no readers that liblmdb would have to know of, and its map may grow between any two txns.
 */
#ifndef TENON_LMDB_ENV_H
#define TENON_LMDB_ENV_H

#include <lmdb.h>
#include <pthread.h>

#include "tree.h"

typedef struct tni_lenv {
  tni_lfile file; /* the same file, for reading, its size and its sync */
  MDB_env *env;
  pthread_mutex_t mutex; /* one txn at a time; guards all below */
  uint64_t map_size;
  uint64_t file_size; /* when it was last asked for */
  bool failed;        /* a commit or sync failed: nothing is written any more */
} tni_lenv;

typedef struct tni_ltxn {
  MDB_txn *txn;
  MDB_dbi dbi;
  const tni_lfile *file;
} tni_ltxn;

/* What a txn does; 0, or what liblmdb said. May be called again, for a fresh txn. */
typedef int (*tni_lwork)(tni_ltxn *txn, void *arg);

/* Makes the file NAME with the state and, unless it is of snapshots, the host's meta in it: durably, whole or not at
 * all. INVALID when the tn_io does not work on the system's files. */
tn_status tni_lenv_create(const tni_fdir *dir, const char *name, const tni_lstate *state, tn_slice meta,
                          tn_error *error);
/* Takes over `file`, open for writing and known to be sound. */
tn_status tni_lenv_open(tni_lenv *e, const tni_lfile *file, tn_error *error);
void tni_lenv_close(tni_lenv *e); /* fine when it is not open */

/* Bytes to reserve for an entry with so many bytes of value. */
uint64_t tni_lenv_room(const tni_lenv *e, uint64_t size);
/* Commits what `work` does, after making sure of room for about `room` bytes in the file and in the map. What came
 * before the txn is durable when it returns TN_OK; the txn itself only with `sync`. FULL without a trace where the
 * room cannot be had; after a failed commit or sync the file is not written any more. */
tn_status tni_lenv_write(tni_lenv *e, uint64_t room, tni_lwork work, void *arg, bool sync, tn_error *error);
/* Everything committed is durable when it returns TN_OK. */
tn_status tni_lenv_sync(tni_lenv *e, tn_error *error);
/* An earlier failure forbids writing. */
bool tni_lenv_failed(tni_lenv *e);

/* For work. The value is checksum, head, body; `last` when the key is behind all others. */
int tni_lput(tni_ltxn *txn, const tni_lkey *key, tn_slice head, tn_slice body, bool last);
int tni_ldelete(tni_ltxn *txn, const tni_lkey *key); /* fine when it is not there */

#endif
