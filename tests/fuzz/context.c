#include "context.h"

#include <stdarg.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "nearest.h"

#define NOW_US INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */
#define HINT_SIZE 200

static fuzz_context *whole(tn_ctx *ctx) { return (fuzz_context *)(void *)ctx; }

static tn_status fail(tn_ctx *ctx, tn_status status, const char *where, const char *format, ...) {
  char text[TN_ERROR_TEXT_MAX];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return tn_error_set(ctx->error, status, where, "%s", text);
}

static void *scratch(tn_ctx *ctx, size_t size) { return tni_arena_alloc(&whole(ctx)->arena, size); }

static tn_builder *builder(tn_ctx *ctx) {
  tn_builder *b = scratch(ctx, sizeof *b);
  if (!b) return NULL;
  *b = (tn_builder)TN_BUILDER_INIT;
  b->memory = &whole(ctx)->arena.memory;
  return b;
}

static tn_status step(tn_ctx *ctx) {
  fuzz_context *c = whole(ctx);
  if (c->steps_left == 0) return fail(ctx, TN_LIMIT, "timeout_ms", "the operation ran out of its time");
  c->steps_left--;
  return TN_OK;
}

static uint64_t next_random(tn_ctx *ctx) { return whole(ctx)->random += 0x9e3779b97f4a7c15u; }

void fuzz_context_reseed(tn_ctx *ctx) { whole(ctx)->random = 0; }

static const char *nearest(tn_ctx *ctx, tn_slice wanted, const char *const *names, size_t count) {
  char hint[HINT_SIZE];
  tni_nearest found = tni_nearest_to(wanted);
  for (size_t i = 0; i < count; i++) tni_nearest_offer(&found, names[i]);
  const char *text = tni_nearest_hint(&found, hint, sizeof hint);
  char *kept = scratch(ctx, strlen(text) + 1);
  return kept ? strcpy(kept, text) : "";
}

static uint64_t hash64(tn_slice bytes, uint64_t seed) { return XXH3_64bits_withSeed(bytes.data, bytes.size, seed); }

static const tn_host host = {.abi = TN_ABI,
                             .struct_size = sizeof(tn_host),
                             .error_set = tn_error_set,
                             .value_check = tn_value_check,
                             .value_compare = tn_value_compare,
                             .hash64 = hash64,
                             .fail = fail,
                             .scratch = scratch,
                             .builder = builder,
                             .random = next_random,
                             .step = step,
                             .nearest = nearest};

void fuzz_context_begin(fuzz_context *c, uint64_t steps) {
  c->error = (tn_error)TN_ERROR_INIT;
  c->ctx = (tn_ctx){.host = &host, .seq = 1, .now_us = NOW_US, .error = &c->error};
  tni_arena_init(&c->arena, tn_memory_system());
  c->steps_left = steps;
  c->random = 0;
}

void fuzz_context_end(fuzz_context *c) { tni_arena_fini(&c->arena); }
