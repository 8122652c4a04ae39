#include "algo.h"

#include <time.h>

#include "ref.h"
#include "row.h"
#include "search.h"

#define CALLS_BETWEEN_LOOKS 16 /* at the clock */

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

tn_status tni_graph_iterations_of(tn_ctx *ctx, tn_value given, int64_t otherwise, uint64_t *out) {
  int64_t n = otherwise;
  (void)tn_as_int(given, &n);
  if (n < 0)
    return tn_fail(ctx, TN_INVALID, "iterations", "expected a number of rounds from 0 up, got %lld", (long long)n);
  *out = (uint64_t)n;
  return TN_OK;
}

/* ---- what it costs ----------------------------------------------------------------------------- */

static tn_status out_of_time(const tni_graph_algo *a) {
  return tn_fail(a->ctx, TN_LIMIT, "max_ms", "ended after %lld ms, with %llu of %llu %s done", (long long)a->ms_max,
                 (unsigned long long)a->done, (unsigned long long)a->total, a->what);
}

tn_status tni_graph_algo_step(tni_graph_algo *a) {
  if (a->calls++ % CALLS_BETWEEN_LOOKS == 0 && (now_us() - a->start_us) / 1000 >= a->ms_max) return out_of_time(a);
  return tn_progress(a->ctx, a->what, a->done, a->total);
}

static tn_status look(void *arg) {
  tni_graph_algo *a = arg;
  if (a->calls++ % CALLS_BETWEEN_LOOKS != 0 || (now_us() - a->start_us) / 1000 < a->ms_max) return TN_OK;
  return tn_fail(a->ctx, TN_LIMIT, "max_ms", "ended after %lld ms, before the graph was read", (long long)a->ms_max);
}

tn_status tni_graph_algo_array(tni_graph_algo *a, uint64_t count, size_t size, void *out) {
  uint64_t bytes = count <= UINT64_MAX / 2 / size ? count * size : UINT64_MAX / 2;
  void *array = tni_pool_alloc(&a->pool, bytes > 0 ? bytes : 1);
  if (!array) return tni_pool_full(&a->pool);
  memset(array, 0, bytes);
  memcpy(out, &array, sizeof array);
  return TN_OK;
}

/* ---- opening ----------------------------------------------------------------------------------- */

static void add_arcs(tni_graph_way *way, const uint64_t *start, const uint32_t *to, const double *weight) {
  way->lanes[way->count++] = (tni_graph_lane){start, to, weight};
}

static void make_way(tni_graph_way *way, const tni_graph_csr *csr, tni_graph_direction direction) {
  way->count = 0;
  if (direction & TNI_GRAPH_OUT) add_arcs(way, csr->out_start, csr->out, csr->out_weight);
  if (direction & TNI_GRAPH_IN) add_arcs(way, csr->in_start, csr->in, csr->in_weight);
}

static tn_status order_named(tn_ctx *ctx, tn_slice name, tni_graph_algo_order *out) {
  static const char *const names[] = {"id", "value"};
  out->by_id = tni_slice_is(name, names[0]);
  out->by_value = tni_slice_is(name, names[1]);
  if (out->by_id || out->by_value) return TN_OK;
  return tn_fail(ctx, TN_INVALID, "order", "expected id or value, got '%s'%s", tni_quoted(ctx, name),
                 tn_nearest(ctx, name, names, TNI_LENGTH(names)));
}

enum { TAIL_LIMIT, TAIL_ORDER, TAIL_NODES, TAIL_MAX_MS, TAIL_MAX_MEMORY };

static tn_status order_of(tn_ctx *ctx, const tn_value *tail, tni_graph_algo_order *out) {
  tn_slice name;
  int64_t limit;
  TRY(tni_graph_limit_of(ctx, tail[TAIL_LIMIT], &limit));
  *out = (tni_graph_algo_order){.limit = (uint64_t)limit, .by_value = !tn_is_absent(tail[TAIL_LIMIT])};
  (void)tn_as_bool(tail[TAIL_NODES], &out->nodes);
  return tn_as_string(tail[TAIL_ORDER], &name) ? order_named(ctx, name, out) : TN_OK;
}

static tn_status bounds_of(tni_graph_algo *a, const tn_value *tail, int64_t *memory) {
  TRY(order_of(a->ctx, tail, &a->order));
  TRY(bound_of(a->ctx, tail[TAIL_MAX_MS], "max_ms", TNI_GRAPH_ALGO_MS_DEFAULT, &a->ms_max));
  return bound_of(a->ctx, tail[TAIL_MAX_MEMORY], "max_memory_bytes", TNI_GRAPH_ALGO_MEMORY_DEFAULT, memory);
}

tn_status tni_graph_algo_open(tni_graph_algo *a, tn_ctx *ctx, const tni_graph_algo_spec *spec) {
  tni_graph_sides sides;
  int64_t memory;
  *a = (tni_graph_algo){.ctx = ctx, .start_us = now_us(), .what = "nodes"};
  TRY(bounds_of(a, spec->tail, &memory));
  TRY(tni_graph_sides_of(ctx, spec->direction, TN_NO_VALUE, &sides));
  a->direction = tn_is_absent(spec->direction) ? spec->otherwise : sides.direction;
  tni_graph_csr_spec arrays = {.types = spec->types, .weight = spec->weight, .look = look, .look_arg = a};
  arrays.in = a->direction != TNI_GRAPH_OUT || spec->back;
  arrays.bytes_max = (uint64_t)memory;
  TRY(tni_graph_csr_get(ctx, &arrays, &a->csr));
  a->count = a->csr->node_count;
  a->total = a->count;
  tni_pool_init(&a->pool, ctx, (size_t)((uint64_t)memory - tni_graph_csr_bytes(a->csr, &arrays)));
  make_way(&a->ahead, a->csr, a->direction);
  if (spec->back) make_way(&a->behind, a->csr, tni_graph_reversed(a->direction));
  return TN_OK;
}

tn_status tni_graph_algo_close(tni_graph_algo *a, tn_status status) {
  tni_graph_csr_put(a->ctx, a->csr);
  return status;
}

/* ---- nodes ------------------------------------------------------------------------------------- */

tn_status tni_graph_algo_node(tni_graph_algo *a, tn_value ref, const char *where, uint32_t *out) {
  uint64_t id;
  TRY(tni_graph_node_named(a->ctx, ref, where, &id));
  *out = tni_graph_csr_node(a->csr, id);
  return *out != TNI_GRAPH_NO_NODE ? TN_OK : tni_graph_corrupt(a->ctx, "nodes");
}

uint64_t tni_graph_way_degree(const tni_graph_way *way, uint32_t node) {
  uint64_t degree = 0;
  for (uint32_t k = 0; k < way->count; k++) degree += way->lanes[k].start[node + 1] - way->lanes[k].start[node];
  return degree;
}
