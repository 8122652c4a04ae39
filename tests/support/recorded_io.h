/* recorded_io.h - a tn_io over files in memory that records what was done, fails on demand, and shows every state in
 * which a crash could have left the files. No disk is touched: thousands of states a second.
 *
 * What a crash may do to what was recorded, at the point after the first N operations:
 *   data       A file's bytes are as at its last sync, and each 512-byte sector written since independently holds any
 *              of the contents it had since then: writes are kept, lost, torn between sectors and reordered. Its size
 *              is any of the sizes it had since then. A sector itself is never torn.
 *   directory  Each creation, rename and unlink since the last sync of its directory independently happened or did
 *              not; a rename is atomic. (File systems with a metadata journal lose only suffixes of them; any subset
 *              is the wider model and holds those.) A file's sync does not make its name durable.
 *   make_dir   is durable at once, as tn_io promises. Locks are gone.
 * "Everything kept" is among the states: that is a process killed while the system lives on. */
#ifndef RECORDED_IO_H
#define RECORDED_IO_H

#include "tenon_plugin.h"

typedef struct recorded_io recorded_io;

/* Empty but for the directory "." Any thread may use its tn_io; the rest of this header wants it at rest. */
recorded_io *recorded_io_create(void);
void recorded_io_destroy(recorded_io *r);
const tn_io *recorded_io_tn_io(const recorded_io *r);
/* Its files as they are, in a fresh one with nothing recorded. */
recorded_io *recorded_io_copy(const recorded_io *r);

/* Operations recorded so far: those that change something. */
size_t recorded_io_op_count(const recorded_io *r);
/* "write journal/x.seg 512+40" */
void recorded_io_describe_op(const recorded_io *r, size_t op, char *out, size_t size);

/* Calls of any slot but close so far. */
uint64_t recorded_io_call_count(const recorded_io *r);
/* The `nth` call from now (1 = the next) fails with `status`, with `all_after` every one after it too; 0 = none does.
 * A failing write writes its first half. */
void recorded_io_fail(recorded_io *r, uint64_t nth, tn_status status, bool all_after);

/* For damage by hand; false when there is no such file or byte. */
bool recorded_io_bytes(const recorded_io *r, const char *path, const uint8_t **data, size_t *size);
bool recorded_io_flip(recorded_io *r, const char *path, uint64_t offset, uint8_t mask);
bool recorded_io_cut(recorded_io *r, const char *path, uint64_t size);
/* All of a file's bytes; makes the file when it is not there. */
void recorded_io_put(recorded_io *r, const char *path, const void *data, size_t size);
/* Path of file number `i`, in no order; NULL past the last. */
const char *recorded_io_path(const recorded_io *r, size_t i);

/* Goes through the crash states of a recording, operation by operation: all of them at a point that has at most
 * `states_max`, else that many drawn with `seed`, everything lost and everything kept among them. */
typedef struct crash_walk crash_walk;
crash_walk *crash_walk_create(const recorded_io *r, size_t first_op, size_t states_max, uint64_t seed);
void crash_walk_destroy(crash_walk *w);
bool crash_walk_next(crash_walk *w);
/* The state stands after the operations [0, crash_walk_op) were issued. */
size_t crash_walk_op(const crash_walk *w);
/* The files in that state, as a recorded_io of its own. Ended with recorded_io_destroy(). */
recorded_io *crash_walk_state(const crash_walk *w);
/* One line: where, which choices. */
void crash_walk_describe(const crash_walk *w, char *out, size_t size);

#endif
