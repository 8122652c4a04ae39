/* cases.h - text in, text out for the pieces of models/query: files of cases, one a line.
 *
 *   # a comment; so are blank lines
 *   {"a": 1} | {"a": [1, 2]} | true        fields, as many as the test takes, separated by " | "
 *
 * The path of such a file is a test (CASES), and the function it names gets each line. */
#ifndef TENON_TESTS_CASES_H
#define TENON_TESTS_CASES_H

#include "support/handler.h"

#define CASE_FIELDS_MAX 8

typedef struct query_case {
  const char *path;
  unsigned line;
  unsigned count; /* of fields */
  char *fields[CASE_FIELDS_MAX];
  bool failed;
} query_case;

/* Runs every line of the file as a handler, with a fresh error each; fails when any of them was said to be wrong. */
void cases_run(const char *path, void (*one)(tn_ctx *ctx, query_case *c));

/* Field `i`, JSON, as a value that lives until the handler returns; absent where there is no such field. */
tn_value case_value(tn_ctx *ctx, query_case *c, unsigned i);
/* Is field `i` the same text as `got`? Else it is said to be wrong. */
void case_expect(query_case *c, unsigned i, const char *got);
/* The same for a value in JSON. */
void case_expect_value(query_case *c, unsigned i, tn_value got);
/* The same for a failure: "text @ where"; the text ... stands for any. */
void case_expect_error(tn_ctx *ctx, query_case *c, unsigned i);

/* A test of cmocka's, in a table within main(). */
#define CASES(file, one)                                                                                      \
  {                                                                                                           \
    .name = file, .test_func = cases_test, .initial_state = &(cases_file) { "tests/query/" file ".txt", one } \
  }
typedef struct cases_file {
  const char *path;
  void (*one)(tn_ctx *ctx, query_case *c);
} cases_file;
void cases_test(void **state);

#endif
