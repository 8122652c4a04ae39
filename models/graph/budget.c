#include "budget.h"

#include <stdio.h>
#include <time.h>

#include "ops.h"

#define CALLS_BETWEEN_LOOKS 16 /* at the clock */
#define CALLS_FREE 2           /* before it runs: short walks never look */

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static tn_status bound_of(tn_ctx *ctx, tn_value given, const char *where, int64_t otherwise, int64_t *out) {
  *out = otherwise;
  (void)tn_as_int(given, out);
  if (*out >= 1) return TN_OK;
  return tn_fail(ctx, TN_INVALID, where, "expected a number from 1 up, got %lld", (long long)*out);
}

tn_status tni_graph_budget_init(tni_graph_budget *b, tn_ctx *ctx, tn_value max_visited, tn_value max_ms) {
  int64_t visited, ms;
  TRY(bound_of(ctx, max_visited, "max_visited", TNI_GRAPH_VISITED_DEFAULT, &visited));
  TRY(bound_of(ctx, max_ms, "max_ms", TNI_GRAPH_MS_DEFAULT, &ms));
  *b = (tni_graph_budget){.ctx = ctx, .visited_max = (uint64_t)visited, .unit = "edge", .what = "node"};
  b->us_max = ms > INT64_MAX / 1000 ? INT64_MAX : ms * 1000;
  return TN_OK;
}

static tn_status spent(const tni_graph_budget *b, const char *where) {
  char depth[48] = "";
  if (b->depth > 0) (void)snprintf(depth, sizeof depth, " down to depth %llu", (unsigned long long)b->depth);
  return tn_fail(b->ctx, TN_LIMIT, where, "ended after %llu %s%s, having reached %llu %s%s%s",
                 (unsigned long long)b->visited, b->unit, b->visited == 1 ? "" : "s", (unsigned long long)b->reached,
                 b->what, b->reached == 1 ? "" : "s", depth);
}

tn_status tni_graph_budget_check(tni_graph_budget *b) {
  if (b->short_of) return spent(b, "max_visited");
  if (++b->calls == CALLS_FREE) b->start_us = now_us();
  if (b->calls % CALLS_BETWEEN_LOOKS == 0 && now_us() - b->start_us > b->us_max) return spent(b, "max_ms");
  return tn_step(b->ctx);
}
