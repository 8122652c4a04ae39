/* snapshot.h - snapshots: byte streams in chunks, each checked before it is handed out. Chunks are written as they
 * come, under an id that nothing names yet; a snapshot is there when its head is. Chunks without a head are nobody's
 * and swept away. */
#ifndef TENON_LMDB_SNAPSHOT_H
#define TENON_LMDB_SNAPSHOT_H

#include "env.h"

typedef struct tni_lsnapshot_writer tni_lsnapshot_writer;
typedef struct tni_lsnapshot_reader tni_lsnapshot_reader;

typedef struct tni_lsnapshots {
  const tni_fdir *dir;
  tni_lenv *env; /* NULL when read_only */
  const tni_lfile *file;
  pthread_mutex_t mutex;         /* guards what follows */
  tni_lsnapshot_reader *readers; /* the chunks of one that is removed go with its last reader */
} tni_lsnapshots;

tn_status tni_lsnapshots_init(tni_lsnapshots *s, tni_lenv *env, const tni_lfile *file, tn_error *error);
void tni_lsnapshots_fini(tni_lsnapshots *s); /* fine when init failed or never was */
/* Removes chunks that no snapshot has. Owner only. */
tn_status tni_lsnapshots_sweep(tni_lsnapshots *s, tn_error *error);

/* All as in tn_storage. */
tn_status tni_lsnapshot_begin(tni_lsnapshots *s, uint64_t seq, tni_lsnapshot_writer **out, tn_error *error);
tn_status tni_lsnapshot_write(tni_lsnapshot_writer *writer, tn_slice bytes, tn_error *error);
tn_status tni_lsnapshot_commit(tni_lsnapshot_writer *writer, tn_error *error);
void tni_lsnapshot_abort(tni_lsnapshot_writer *writer);
tn_status tni_lsnapshot_list(tni_lsnapshots *s, tn_status (*each)(void *arg, uint64_t seq, uint64_t size), void *arg,
                             tn_error *error);
tn_status tni_lsnapshot_open(tni_lsnapshots *s, uint64_t seq, tni_lsnapshot_reader **out, tn_error *error);
tn_status tni_lsnapshot_read(tni_lsnapshot_reader *reader, tn_slice *out, tn_error *error);
void tni_lsnapshot_close(tni_lsnapshot_reader *reader);
tn_status tni_lsnapshot_remove(tni_lsnapshots *s, uint64_t seq, tn_error *error);

#endif
