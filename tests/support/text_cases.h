/* text_cases.h - files of cases, tests/query/PREFIX*.txt, text in, text out. A line is a case of three columns; what
 * the first two are is the test's, the third is what comes out, or the status, the place and the text of an error:
 *
 *   # a comment
 *   @filter {"tags": "new"}              an option of the cases below it, up to the next blank line
 *   {"$inc": {"n": 1}} | {"n": 1} | {"n":2}
 *   {"$inc": {"n": 1}} | {"n": ""} | INVALID $inc.n: expected a number in 'n', found string
 *
 * "..." at the end of the third stands for any rest. Each file is two tests: with memory enough, and with each
 * request for memory refused in turn. */
#ifndef TENON_TESTS_TEXT_CASES_H
#define TENON_TESTS_TEXT_CASES_H

#include "tenon_plugin.h"

#define CASE_SIZE_MAX 8192
#define CASE_OPTIONS_MAX 4

typedef struct text_case {
  const char *first, *second, *expected;
  char *options[CASE_OPTIONS_MAX]; /* "filter {...}" */
  unsigned option_count;
  char got[CASE_SIZE_MAX];
} text_case;

/* Fills c->got, with case_print(); a failure's text is filled in by who calls. As a handler of support/handler.h. */
typedef tn_status (*case_fn)(tn_ctx *ctx, text_case *c);

/* Runs the files as a group of tests, with `more` (count `more_count`) behind them; what main() returns. */
struct CMUnitTest;
int cases_main(const char *prefix, case_fn fn, const struct CMUnitTest *more, size_t more_count);

/* The files have a case, no comment, with `text` in it. */
bool cases_have(const char *prefix, const char *text);

/* What stands behind "@name "; NULL. */
const char *case_option(const text_case *c, const char *name);
/* JSON to a value that lives as long as the call. */
tn_status case_parse(tn_ctx *ctx, const char *json, tn_value *out) TN_MUST_USE;
tn_status case_print(tn_ctx *ctx, tn_value value, text_case *c) TN_MUST_USE;

#endif
