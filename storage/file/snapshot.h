/* snapshot.h - snapshots: byte streams in chunks, each checked before it is handed out. A snapshot is written under a
 * temporary name and gets its own when it is durable. */
#ifndef TENON_FILE_SNAPSHOT_H
#define TENON_FILE_SNAPSHOT_H

#include "disk/dir.h"
#include "meta.h"

/* snapshot-NNNNNNNNNNNNNNNNNNNN.snap:
 *
 *   header   0 magic "TENONsnp" 8 | 8 version 4 | 12 flags 4 (1: text) | 16 seq 8 | 24 log id 8 | 32 salt, random 8
 *            | 40 zeros 16 | 56 checksum of all before, seed 0
 *   chunks   0 checksum 8 | 8 length 4 | 12 kind 4: 1 data, 2 end | 16 `length` bytes
 *   the end  a chunk of 16 bytes: number of data chunks 8 | bytes in them 8
 *
 * In a snapshot of text a chunk's header, and the end chunk's bytes, are in hexadecimal: no byte of the storage's own
 * can be taken for an entry's line.
 *
 * A chunk's checksum covers all of it after itself and is seeded with the checksum of the chunk before it, the
 * first one's with the salt: so the end chunk's stands for the whole. Nothing follows the end chunk. */
#define TNI_SNAPSHOT_HEADER_SIZE 64
#define TNI_SNAPSHOT_CHUNK_MAX ((size_t)256 << 10)

typedef struct tni_fsnapshot_writer tni_fsnapshot_writer;
typedef struct tni_fsnapshot_reader tni_fsnapshot_reader;

/* All as in tn_storage. */
tn_status tni_fsnapshot_begin(const tni_fdir *dir, uint64_t log_id, uint64_t seq, bool text,
                              tni_fsnapshot_writer **out, tn_error *error);
tn_status tni_fsnapshot_write(tni_fsnapshot_writer *writer, tn_slice bytes, tn_error *error);
tn_status tni_fsnapshot_commit(tni_fsnapshot_writer *writer, tn_error *error);
void tni_fsnapshot_abort(tni_fsnapshot_writer *writer);
tn_status tni_fsnapshot_list(const tni_fdir *dir, tn_status (*each)(void *arg, uint64_t seq, uint64_t size),
                             void *arg, tn_error *error);
/* The seq of the newest one, 0 = none. It is committed only when the journal through its seq is durable: so who lists
 * first and walks then finds the journal at least to there, or it lost records. */
tn_status tni_fsnapshot_newest(const tni_fdir *dir, uint64_t *seq, tn_error *error);
tn_status tni_fsnapshot_open(const tni_fdir *dir, uint64_t log_id, uint64_t seq, tni_fsnapshot_reader **out,
                             tn_error *error);
tn_status tni_fsnapshot_read(tni_fsnapshot_reader *reader, tn_slice *out, tn_error *error);
void tni_fsnapshot_close(tni_fsnapshot_reader *reader);
/* *leaving gets the open file of what was removed, NULL where it cannot be had: the file system takes its blocks back
 * when that is closed, which may take it long. */
tn_status tni_fsnapshot_remove(const tni_fdir *dir, uint64_t seq, tn_file **leaving, tn_error *error);

#endif
