/* file.h - the durable storage: a journal of checksummed segments and snapshots in one directory, owned by one
 * engine at a time. docs/FORMAT.md gives every file byte by byte.
 *
 *   DATA/TENON                                  what the directory is (meta.h)
 *   DATA/lock                                   locked by the owner; empty
 *   DATA/journal/NNNNNNNNNNNNNNNNNNNN.seg       records from that seq on (segment.h)
 *   DATA/journal/tail-EPOCH-SEQ.cut             what recovery cut off; never read
 *   DATA/snapshot-NNNNNNNNNNNNNNNNNNNN.snap     (snapshot.h)
 *   *.tmp                                       unfinished; removed at open */
#ifndef TENON_FILE_FILE_H
#define TENON_FILE_FILE_H

#include "tenon_plugin.h"

/* Config: {"segment_bytes_min": 1048576, "segment_bytes_max": 67108864, "verify": "all" | "tail"}. "verify" says
 * what open reads: every record (the default), or only where a stop may have torn something; what is not read
 * then is still checked when a cursor reads it. Unknown keys are INVALID. */
extern const tn_storage tni_storage_file;

#endif
