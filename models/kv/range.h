/* range.h - the arguments prefix, from, to and after as a range of the entries map. */
#ifndef TENON_MODEL_KV_RANGE_H
#define TENON_MODEL_KV_RANGE_H

#include "tenon_plugin.h"

/* from <= key < to; an empty `to` means to the end. In scratch memory. */
typedef struct tni_kv_range {
  tn_slice from;
  tn_slice to;
  bool empty; /* no key can be in it; then `from` and `to` say nothing */
} tni_kv_range;

/* The range of `prefix` (a string: keys that are strings and begin with it; an array: keys that are arrays and begin
 * with its items), or `from` <= key < `to`. Absent: no such bound. INVALID for a prefix of another type and
 * for prefix beside from or to; LIMIT for a bound too long to be a key. */
tn_status tni_kv_range_of(tn_ctx *ctx, tn_value prefix, tn_value from, tn_value to, tni_kv_range *out);

/* Leaves what comes behind the key `after`: above it, or below it in reverse. Absent: everything. */
tn_status tni_kv_range_resume(tn_ctx *ctx, tn_value after, bool reverse, tni_kv_range *range);

#endif
