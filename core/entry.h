/* entry.h - an entry of a map as the value [map, key, value], key and value as bytes: what a snapshot's stream is
 * made of, built and read without a builder's and a checker's steps. Any other value is left to those. */
#ifndef TENON_ENTRY_H
#define TENON_ENTRY_H

#include "tenon_plugin.h"

/* The value that a builder would make, in `out` (emptied first). LIMIT when it is too large for one; NOMEM. */
tn_status tni_entry_build(uint32_t map, tn_slice key, tn_slice value, tn_buffer *out) TN_MUST_USE;
/* Takes one apart that is all of `bytes`; key and value lie in them. False when that is not exactly what
 * tni_entry_build() makes. */
bool tni_entry_read(tn_slice bytes, uint32_t *map, tn_slice *key, tn_slice *value);

#endif
