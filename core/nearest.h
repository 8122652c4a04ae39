/* nearest.h - which known name somebody probably meant. */
#ifndef TENON_NEAREST_H
#define TENON_NEAREST_H

#include "tenon_base.h"

/* Feed it every known name; `best` is then the one closest to `wanted` (Levenshtein), or NULL when none is close
 * enough to be worth naming. */
typedef struct tni_nearest {
  tn_slice wanted;
  const char *best;
  unsigned distance;
} tni_nearest;

tni_nearest tni_nearest_to(tn_slice wanted);
void tni_nearest_offer(tni_nearest *nearest, const char *name);

/* The text to put behind an error: "; did you mean 'put'?", or "" . `buffer` holds it. */
const char *tni_nearest_hint(const tni_nearest *nearest, char *buffer, size_t size);

#endif
