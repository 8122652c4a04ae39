/* io.h - the system's files behind tn_io (tenon_plugin.h). The only place that calls open, pwrite, fdatasync
 * and their like; it knows nothing of what is in the files. */
#ifndef TENON_IO_H
#define TENON_IO_H

#include "tenon_plugin.h"

/* Static, never freed. Beyond what tn_io promises: every descriptor is closed by exec; a lock is an open file
 * description's (OFD), or flock() where the kernel lacks those; text of an error says what was tried and the
 * system's reason, `where` is the path. ENOENT gives NOT_FOUND, EEXIST EXISTS, ENOSPC, EDQUOT and EFBIG FULL,
 * ENOMEM NOMEM, anything else IO. */
const tn_io *tni_io_posix(void);

#endif
