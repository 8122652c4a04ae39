/* image.h - a small data directory of storage `file`, made once and the same in every process, and damage done to it
 * by an input: bytes set, copied and cut, its checksums made good again or not. For targets that open what is left.
 */
#ifndef TENON_FUZZ_IMAGE_H
#define TENON_FUZZ_IMAGE_H

#include "fuzz.h"
#include "support/recorded_io.h"

#define IMAGE_SEQ_MAX 64
#define IMAGE_MEMORY_MAX ((size_t)32 << 20) /* what opening a damaged one may ask for at once */

/* What was done before the files were kept as they are. */
typedef struct image_plan {
  const char *format; /* of journal and snapshots: "binary" or "json" */
  const char *keep;   /* of the journal: "all" or "snapshot" */
  bool closed;        /* else it was stopped */
} image_plan;

typedef struct image {
  image_plan plan;
  char config[400];
  recorded_io *files;
  uint64_t last; /* newest record; all are acknowledged */
  char digest[IMAGE_SEQ_MAX][33];
} image;

/* Lives as long as the process. */
const image *image_get(const image_plan *plan);
/* A copy of its files, those whose path holds `part` edited as the input says. With `sealed` every checksum is good
 * afterwards, as if the storage had written what is there. */
recorded_io *image_edited(const image *i, const char *part, fuzz_input *in, bool sealed);

/* Opens what is in `io`; a request for more than IMAGE_MEMORY_MAX fails the target. `truncate`: with recover. */
tn_status image_open(const image *i, const recorded_io *io, bool read_only, bool truncate, tn_engine **out,
                     tn_error *error);

#endif
