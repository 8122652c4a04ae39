/* mirrored_io.h - the system's files, with everything that is done to them done to a recorded_io as well: by a tn_io,
 * and by a library below it that calls the system itself (pwrite, writev, fdatasync). So what such a library does can
 * be cut off anywhere.
 *
 * It takes the place of those functions in the whole program; only one is alive at a time. */
#ifndef MIRRORED_IO_H
#define MIRRORED_IO_H

#include "support/recorded_io.h"

/* Files below the folder `root` are mirrored under their path in it. Nothing is in it yet. */
const tn_io *mirrored_io_begin(const char *root);
/* What was recorded; to be destroyed by the caller. The system's files stay. */
recorded_io *mirrored_io_end(void);
/* While it is stopped everything that would change a file fails: what is closed then might as well have been killed.
 */
void mirrored_io_stop(bool stopped);
/* Operations recorded so far. */
size_t mirrored_io_op_count(void);

/* Makes the folder `root` hold the files of `r`. */
void recorded_io_unpack(const recorded_io *r, const char *root);

#endif
