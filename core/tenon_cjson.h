/* tenon_cjson.h - Tenon for applications that have cJSON trees in their hands. Apart from tenon.h, because only this
 * needs cJSON's types; its implementation is always in the library.
 *
 * Which way to take:
 * - tn_run: values. Exact, the fastest; an application that does not speak JSON anyway needs nothing else.
 * - tn_run_json: text. Exact, too, for every value; the way when requests and answers pass through (a socket, a
 *   file).
 * - tn_run_cjson: trees. When the application builds or looks into them with cJSON. cJSON's limits hold:
 *
 * - cJSON has one number, a double. A whole number outside +-(2^53 - 1) travels as cJSON_Raw with its digits, in both
 *   directions, so it is exact, and cJSON_Print() shows it; a cJSON number out there is refused, for nobody can tell
 * what it was before it was rounded. Within, a whole number is an int: a double like 1.0 comes back as 1.
 * - cJSON cannot hold a NUL in a string or a name. A result with one is refused (UNSUPPORTED) rather than cut. (Text
 *   with \u0000 that cJSON itself parsed was cut by cJSON before.)
 * - Bytes, timestamps and the like are the same objects as in JSON text: {"$date": ...}, {"$binary": ...}. */
#ifndef TENON_CJSON_H
#define TENON_CJSON_H

#include "tenon.h"

struct cJSON;

/* Runs a request: ["MODEL", "OP", arguments?] or {"batch": [...]}, as a tree that stays the caller's. *answer is a
 * new tree, ended with cJSON_Delete(): {"ok": true, "result": ...}, or {"ok": false, "error": {"status", "text",
 * "where"}} when it failed; NULL only when there is no memory for it. Returns the request's status. UNSUPPORTED: the
 * operation is done, but its result has a NUL; its text tells. */
TN_API tn_status tn_run_cjson(tn_engine *engine, const struct cJSON *request, struct cJSON **answer,
                              tn_error *error) TN_MUST_USE;

/* The two steps around it. Builds in `out`, which it clears first, the value that a tree stands for. INVALID, LIMIT,
 * NOMEM; the place is a byte of the tree printed without white space. */
TN_API tn_status tn_from_cjson(const struct cJSON *tree, tn_builder *out, tn_error *error) TN_MUST_USE;
/* A new tree. UNSUPPORTED: a NUL, with its path; NOMEM. */
TN_API tn_status tn_to_cjson(tn_value value, struct cJSON **out, tn_error *error) TN_MUST_USE;

#endif
