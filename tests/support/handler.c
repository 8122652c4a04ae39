#include "support/handler.h"

#include "support/assert_status.h"
#include "tenon.h"

#define REQUESTS_MAX 100000

#define CONFIG                                                      \
  "{\"storage\": {\"type\": \"memory\"}, \"durability\": \"none\"," \
  " \"service_thread\": false, \"plugins\": [\"" TEST_PLUGINS       \
  "/handler.so\"],"                                                 \
  " \"models\": {\"test\": {\"type\": \"handler\"}}}"

static int64_t still_clock(void *arg) { return (void)arg, HANDLER_NOW_US; }

static tn_engine *open_engine(void) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  tn_engine *engine = NULL;
  tn_error error = TN_ERROR_INIT;
  options.config_text = CONFIG;
  options.clock_us = still_clock;
  tn_status status = tn_open(NULL, &options, &engine, &error);
  assert_string_equal(error.text, "");
  assert_status(status, TN_OK);
  return engine;
}

/* What the plugin calls; it gets the address. */
typedef struct callback {
  tn_status (*fn)(tn_ctx *ctx, void *arg);
  void *arg;
} callback;

static tn_status call(tn_engine *engine, callback c, tn_error *error) {
  tn_builder args = TN_BUILDER_INIT;
  tn_slice bytes = {&c, sizeof c};
  tn_status status = tn_run(engine, "test", "call", tn_arr(&args, bytes), NULL, error);
  tn_builder_free(&args);
  return status;
}

/* ---- with memory enough ----------------------------------------------------------------------- */

typedef struct plain {
  void (*fn)(tn_ctx *ctx, void *arg);
  void *arg;
} plain;

static tn_status run_plain(tn_ctx *ctx, void *arg) {
  const plain *p = arg;
  p->fn(ctx, p->arg);
  return TN_OK;
}

void handler_run(void (*fn)(tn_ctx *ctx, void *arg), void *arg) {
  tn_engine *engine = open_engine();
  plain p = {fn, arg};
  tn_error error = TN_ERROR_INIT;
  assert_status(call(engine, (callback){run_plain, &p}, &error), TN_OK);
  assert_status(tn_close(engine, NULL), TN_OK);
}

void handler_test(void **state) {
  const handler_fn *test = *state;
  handler_run(test->fn, NULL);
}

/* ---- with one request refused ----------------------------------------------------------------- */

/* Stands before the engine's host. The host comes first, so that a ctx's host is a scarce. */
typedef struct scarce {
  tn_host host;
  const tn_host *under;
  tn_memory memory; /* of the builders */
  const tn_memory *memory_under;
  tn_status (*fn)(tn_ctx *ctx, void *arg);
  void *arg;
  uint32_t refused; /* the number of the request */
  uint32_t requests;
} scarce;

static scarce *scarce_of(tn_ctx *ctx) { return (scarce *)(uintptr_t)ctx->host; }
static bool refuses(scarce *s) { return ++s->requests == s->refused; }

static void *scarce_scratch(tn_ctx *ctx, size_t size) {
  scarce *s = scarce_of(ctx);
  return refuses(s) ? NULL : s->under->scratch(ctx, size);
}

static void *scarce_resize(void *context, void *data, size_t old_size, size_t new_size) {
  scarce *s = context;
  if (new_size > old_size && refuses(s)) return NULL;
  return s->memory_under->resize(s->memory_under->context, data, old_size, new_size);
}

static tn_builder *scarce_builder(tn_ctx *ctx) {
  scarce *s = scarce_of(ctx);
  tn_builder *builder = refuses(s) ? NULL : s->under->builder(ctx);
  if (!builder) return NULL;
  s->memory_under = builder->memory;
  builder->memory = &s->memory;
  return builder;
}

static tn_status run_scarce(tn_ctx *ctx, void *arg) {
  scarce *s = arg;
  s->under = ctx->host;
  s->host = *ctx->host;
  s->host.scratch = scarce_scratch;
  s->host.builder = scarce_builder;
  s->memory = (tn_memory){scarce_resize, s};
  ctx->host = &s->host;
  tn_status status = s->fn(ctx, s->arg);
  ctx->host = s->under;
  return status;
}

void handler_run_scarce(tn_status (*fn)(tn_ctx *ctx, void *arg), void *arg) {
  tn_engine *engine = open_engine();
  scarce s = {.fn = fn, .arg = arg};
  do {
    tn_error error = TN_ERROR_INIT;
    s.refused++;
    s.requests = 0;
    tn_status status = call(engine, (callback){run_scarce, &s}, &error);
    if (status != TN_OK && s.requests < s.refused) fail_msg("%s: %s", tn_status_name(status), error.text);
    if (status != TN_OK) assert_status(status, TN_NOMEM);
    if (status != TN_OK) assert_string_not_equal(error.text, "");
  } while (s.requests >= s.refused && s.refused < REQUESTS_MAX);
  assert_status(tn_close(engine, NULL), TN_OK);
}
