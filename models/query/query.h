/* query.h - what the files of this folder have in common. The folder is no plugin: it holds what several models need
 * to be asked questions by people, in MongoDB's dialect: paths, filters, expressions, sort orders, projections.
 * Everything in it uses tenon_plugin.h alone.
 *
 * A request is compiled once for each call of an op, into scratch memory that lives until the handler returns, and is
 * then applied to one document after another. `where` is always the request's own path, "filter.age.$gt", and goes
 * into errors. What is made for one document lies in a pool and is gone with it. */
#ifndef TENON_QUERY_H
#define TENON_QUERY_H

#include "tenon_plugin.h"

/* Hands a failure up. */
#define TRY(call)                               \
  do {                                          \
    tn_status try_status = (call);              \
    if (try_status != TN_OK) return try_status; \
  } while (0)

#define TNI_LENGTH(array) (sizeof(array) / sizeof *(array))

static inline tn_slice tni_slice_of(const char *text) { return (tn_slice){text, strlen(text)}; }
static inline bool tni_slice_same(tn_slice a, tn_slice b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
static inline bool tni_slice_is(tn_slice a, const char *text) { return tni_slice_same(a, tni_slice_of(text)); }

/* tn_fail() with NOMEM. */
tn_status tni_no_memory(tn_ctx *ctx);
/* "where.name" and "where.7" in scratch memory; `where` alone when there is none left for more. "" is the request
 * itself. */
const char *tni_where(tn_ctx *ctx, const char *where, tn_slice name);
const char *tni_where_item(tn_ctx *ctx, const char *where, uint32_t i);
/* A NUL-terminated copy in scratch memory for an error's text, at most 64 bytes of it; "?" when there is no memory.
 */
const char *tni_quoted(tn_ctx *ctx, tn_slice text);
/* What an error shows of a value: 7, 1.5, "asc", or its type. In scratch memory. */
const char *tni_shown(tn_ctx *ctx, tn_value value);
/* INVALID "expected <expected>, got <type>" unless `value` is of one of `types` (TN_T_ bits). */
tn_status tni_expect(tn_ctx *ctx, tn_value value, uint32_t types, const char *expected, const char *where);
#endif
