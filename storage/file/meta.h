/* meta.h - the file DATA/TENON: what makes a directory one of ours. Written when the log is created, by trim and by
 * set_meta, replaced as a whole each time. */
#ifndef TENON_FILE_META_H
#define TENON_FILE_META_H

#include "disk/dir.h"

#define TNI_FILE_VERSION 1 /* of every file of this storage */
#define TNI_META_SIZE_MAX (16u << 20)

/*    0        8         12          16             24       32      32+n       40+n
 *    +--------+---------+-----------+--------------+--------+-------+----------+
 *    | magic  | version | meta size | trimmed_upto | log id | meta  | checksum |      all before it, seed 0
 *    +--------+---------+-----------+--------------+--------+-------+----------+
 * Magic, version and a checksum over everything at the end stay where they are in every version to come. */
typedef struct tni_fmeta {
  uint64_t trimmed_upto; /* records up to here were dropped; the first segment begins with the next one */
  uint64_t log_id;       /* random; stands in every segment and snapshot */
  uint8_t *bytes;        /* the host's meta, owned */
  size_t size;
} tni_fmeta;

/* NOT_FOUND when there is none; INVALID not ours or newer; CORRUPT. Freed with tni_fmeta_free(). */
tn_status tni_fmeta_read(const tni_fdir *dir, tni_fmeta *out, tn_error *error);
tn_status tni_fmeta_write(const tni_fdir *dir, const tni_fmeta *meta, tn_error *error);
/* A copy of `bytes` becomes the host's meta; what stood there is not freed. */
tn_status tni_fmeta_hold(const tni_fdir *dir, tni_fmeta *meta, tn_slice bytes, tn_error *error);
void tni_fmeta_free(const tni_fdir *dir, tni_fmeta *meta);

#endif
