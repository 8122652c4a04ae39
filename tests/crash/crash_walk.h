/* crash_walk.h - every state in which a crash could have left the files of a recorded_io: thousands a second.
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
#ifndef TENON_TESTS_CRASH_WALK_H
#define TENON_TESTS_CRASH_WALK_H

#include "support/recorded_io.h"

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
