/* key.h - the tuple encoding of keys: parts go in, and memcmp order of what comes out is the order of
 * tn_value_compare() over the parts in turn, a tuple before those that it begins. docs/FORMAT.md, "Key", has the
 * bytes. A key is not a value: which of int and double a number was is not in it. */
#ifndef TENON_KEY_H
#define TENON_KEY_H

#include "tenon_plugin.h"

/* Appends a part to the key in `out`. LIMIT: the key would pass TN_KEY_SIZE_MAX, or the part nests deeper than
 * TN_DEPTH_MAX - 1 (the parts decode into one array); INVALID: an absent value, or text that is not UTF-8; NOMEM. On
 * failure `out` holds what it held. */
tn_status tni_key_add(tn_buffer *out, tn_arg part) TN_MUST_USE;
tn_status tni_key_add_value(tn_buffer *out, tn_value part) TN_MUST_USE;

/* The parts of `key` as an array in `out`, empty when called. INVALID: not a key that tni_key_add() makes (`out` is
 * empty again); else as a builder answers. */
tn_status tni_key_decode(tn_slice key, tn_builder *out) TN_MUST_USE;
/* Adds the parts to `out`, one after another. As above, but after a failure some may stand there. */
tn_status tni_key_items(tn_slice key, tn_builder *out) TN_MUST_USE;

/* Makes `key`, whose last part is of type `last`, the start of the range of the keys whose parts before are the same
 * and whose last part begins with it (a string with its bytes, an array with its items), and appends the range's end
 * to `end`. INVALID for another type; NOMEM. */
tn_status tni_key_prefix(tn_buffer *key, tn_type last, tn_buffer *end) TN_MUST_USE;
/* Appends to `end` the end of the range of the keys whose first parts are those of `key`. NOMEM. */
tn_status tni_key_end(tn_slice key, tn_buffer *end) TN_MUST_USE;

#endif
