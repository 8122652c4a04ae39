/* seal.h - the checksums of the files of storage `file`, made good again after their bytes were changed; what those
 * bytes then say is the reader's to judge. */
#ifndef TENON_FUZZ_SEAL_H
#define TENON_FUZZ_SEAL_H

#include <stddef.h>
#include <stdint.h>

/* By the path's end: TENON, .seg, .snap; other files are left alone. Lengths that lead out of the file end it. A
 * segment that claims to be larger than SEAL_SEGMENT_MAX is cut to that, so that nobody reads gigabytes of nothing.
 */
#define SEAL_SEGMENT_MAX 65536
void seal_again(const char *path, uint8_t *data, size_t size);
/* The same for a file of a whole directory, the log's id and the salts replaced by fixed numbers. `previous` is the
 * first seq of the segment before this one, 0 when there is none. */
void seal_unify(const char *path, uint8_t *data, size_t size, uint64_t previous);

#endif
