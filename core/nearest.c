#include "nearest.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_COMPARED 64

tni_nearest tni_nearest_to(tn_slice wanted) {
  /* A third of the letters may be wrong, at least one. */
  unsigned tolerated = (unsigned)(wanted.size / 3) + 1;
  return (tni_nearest){wanted, NULL, tolerated + 1};
}

static unsigned min3(unsigned a, unsigned b, unsigned c) {
  unsigned ab = a < b ? a : b;
  return ab < c ? ab : c;
}

static unsigned levenshtein(const char *a, size_t a_size, const char *b, size_t b_size) {
  unsigned row[NAME_MAX_COMPARED + 1];
  for (size_t j = 0; j <= b_size; j++) row[j] = (unsigned)j;
  for (size_t i = 1; i <= a_size; i++) {
    unsigned diagonal = row[0];
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= b_size; j++) {
      unsigned above = row[j];
      row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
      diagonal = above;
    }
  }
  return row[b_size];
}

void tni_nearest_offer(tni_nearest *nearest, const char *name) {
  size_t size = strlen(name);
  if (size > NAME_MAX_COMPARED || nearest->wanted.size > NAME_MAX_COMPARED) return;
  unsigned distance = levenshtein((const char *)nearest->wanted.data, nearest->wanted.size, name, size);
  if (distance >= nearest->distance || distance >= size) return;
  nearest->distance = distance;
  nearest->best = name;
}

const char *tni_nearest_hint(const tni_nearest *nearest, char *buffer, size_t size) {
  if (!nearest->best) return "";
  snprintf(buffer, size, "; did you mean '%s'?", nearest->best);
  return buffer;
}
