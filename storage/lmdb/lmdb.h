/* lmdb.h - the durable storage in LMDB: the journal and the snapshots are entries of one file that liblmdb writes,
 * owned by one engine at a time. docs/FORMAT.md gives its keys and values byte by byte. */
#ifndef TENON_LMDB_LMDB_H
#define TENON_LMDB_LMDB_H

#include "tenon_plugin.h"

/* Config: {"snapshots": "together" | "apart", "verify": "all" | "tail"}. "snapshots" says whether they stand in the
 * journal's file or in one of their own; it is fixed when the log is made. "verify" says what an owner's open reads:
 * every page and every record (the default), or only the way to the newest record. Unknown keys are INVALID. */
extern const tn_storage tni_storage_lmdb;

#endif
