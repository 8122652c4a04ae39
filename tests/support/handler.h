/* handler.h - calls a function of the test as a handler, so that what models are made of is tested without a model.
 * The call is a query of a model that has no maps, in an engine that keeps nothing and whose clock stands still. */
#ifndef TENON_TESTS_HANDLER_H
#define TENON_TESTS_HANDLER_H

#include "tenon_plugin.h"

#define HANDLER_NOW_US INT64_C(1767225600000000) /* ctx->now_us: 2026-01-01T00:00:00Z */

void handler_run(void (*fn)(tn_ctx *ctx, void *arg), void *arg);

/* Runs `fn` with the first request for memory refused, then the second, the third... until it makes none more, each
 * time as a new call. Asserts that what was refused memory says so (NOMEM, with a text) or needed it for nothing but
 * a message, and that it succeeds in the end. */
void handler_run_scarce(tn_status (*fn)(tn_ctx *ctx, void *arg), void *arg);

/* A test of cmocka's, in a table within main(), that is one such function; its arg is NULL. */
#define HANDLER_TEST(test)                                                            \
  {                                                                                   \
    .name = #test, .test_func = handler_test, .initial_state = &(handler_fn) { test } \
  }
typedef struct handler_fn {
  void (*fn)(tn_ctx *ctx, void *arg);
} handler_fn;
void handler_test(void **state);

#endif
