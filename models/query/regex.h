/* regex.h - regular expressions, by PCRE2: of UTF-8, and such that none takes longer than a moment: what takes too
 * many steps or too much memory is LIMIT. No code of expressions outlives the request, so there is no JIT. */
#ifndef TENON_QUERY_REGEX_H
#define TENON_QUERY_REGEX_H

#include "pool.h"

#define TNI_REGEX_PATTERN_MAX 32764 /* bytes, as MongoDB's */

typedef struct tni_regex tni_regex;

/* `options` are letters: i case does not count, m ^ and $ at each line, s a dot is a line feed, too, x white space
 * and comments are no pattern. `pool` holds it, or, when that is NULL, scratch memory. `pattern` must outlive it.
 * INVALID: no pattern, with the byte, or no option; LIMIT: too large; NOMEM. */
tn_status tni_regex_compile(tn_ctx *ctx, tni_pool *pool, tn_slice pattern, tn_slice options, const char *where,
                            tni_regex **out) TN_MUST_USE;

/* INVALID: one of them is no option. */
tn_status tni_regex_check_options(tn_ctx *ctx, tn_slice options, const char *where) TN_MUST_USE;

/* Where a match stands in the text. bounds[2 * g] and bounds[2 * g + 1] are the begin and end of group g, group 0
 * being the whole match; TNI_REGEX_UNSET for a group that took no part. Lives until the next search. */
typedef struct tni_regex_match {
  const size_t *bounds;
  uint32_t groups; /* at least 1 */
} tni_regex_match;
#define TNI_REGEX_UNSET SIZE_MAX

/* The first match from byte `from` on, where a character begins. `out` may be NULL. NOT_FOUND; LIMIT: too many steps;
 * INTERRUPTED; NOMEM. The text is a Tenon string: what is not UTF-8 must not come here. */
tn_status tni_regex_search(tni_regex *regex, tn_slice text, size_t from, tni_regex_match *out) TN_MUST_USE;

#endif
