#include "csr_build.h"

#include <math.h>
#include <stdlib.h>

#include "where.h"

#define TABLE_PER_NODE 8 /* ids that a table may have for each node */
#define TABLE_FREE 65536 /* and beyond that */

/* ---- memory ------------------------------------------------------------------------------------ */

static void *take(const tn_memory *memory, uint64_t count, size_t size) {
  return count > SIZE_MAX / 2 / size ? NULL : memory->resize(memory->context, NULL, 0, (size_t)count * size + 1);
}

static void give(const tn_memory *memory, const void *data, uint64_t count, size_t size) {
  if (data) (void)memory->resize(memory->context, (void *)(uintptr_t)data, (size_t)count * size + 1, 0);
}

void tni_graph_kept_free(tni_graph_kept *k) {
  const tni_graph_csr *c = &k->csr;
  const tn_memory *m = k->memory;
  uint64_t starts = (uint64_t)c->node_count + 1, edges = c->edge_count;
  give(m, c->ids, c->node_count, sizeof *c->ids);
  give(m, c->out_start, starts, sizeof *c->out_start);
  give(m, c->out, edges, sizeof *c->out);
  give(m, c->out_weight, edges, sizeof *c->out_weight);
  give(m, c->in_start, starts, sizeof *c->in_start);
  give(m, c->in, edges, sizeof *c->in);
  give(m, c->in_weight, edges, sizeof *c->in_weight);
  give(m, k->types, k->type_count, sizeof *k->types);
  give(m, k->weight.data, k->weight.size, 1);
  give(m, k->table, k->table_size, sizeof *k->table);
  give(m, k, 1, sizeof *k);
}

/* ---- the arrays while they are made ------------------------------------------------------------ */

/* One direction. */
typedef struct half {
  uint64_t *start;
  uint32_t *to;
  double *weight; /* NULL without */
  uint64_t count; /* filled */
  uint32_t sides; /* of the node being filled */
} half;

typedef struct build {
  tn_ctx *ctx;
  const tni_graph_csr_spec *spec;
  tni_graph_kept *kept;
  uint64_t *ids;
  half out, in;
  uint32_t node; /* being filled */
  double weight_min;
  uint64_t edges_done;
} build;

static bool take_half(const tn_memory *m, const tni_graph_csr *csr, bool weighted, half *h) {
  h->start = take(m, (uint64_t)csr->node_count + 1, sizeof *h->start);
  h->to = take(m, csr->edge_count, sizeof *h->to);
  if (weighted) h->weight = take(m, csr->edge_count, sizeof *h->weight);
  if (h->start) h->start[0] = 0;
  return h->start && h->to && (!weighted || h->weight);
}

/* Whatever is there belongs to `kept` at once, so that freeing it frees all. */
static tn_status take_arrays(build *b, bool in) {
  tni_graph_kept *k = b->kept;
  tni_graph_csr *csr = &k->csr;
  bool weighted = k->weight.data != NULL;
  bool fine = take_half(k->memory, csr, weighted, &b->out);
  csr->out_start = b->out.start;
  csr->out = b->out.to;
  csr->out_weight = b->out.weight;
  if (fine && in) fine = take_half(k->memory, csr, weighted, &b->in);
  csr->in_start = b->in.start;
  csr->in = b->in.to;
  csr->in_weight = b->in.weight;
  return fine ? TN_OK : tni_no_memory(b->ctx);
}

/* ---- nodes ------------------------------------------------------------------------------------- */

static tn_status read_ids(build *b) {
  static const tn_slice open = {NULL, 0};
  tn_cursor *cursor;
  tn_slice key, value;
  tn_status status;
  uint32_t n = 0;
  int64_t id = 0;
  TRY(tn_cursor_open(b->ctx, TNI_GRAPH_NODES, open, open, &cursor));
  while ((status = tn_cursor_next(b->ctx, cursor, &key, &value)) == TN_OK) {
    if (!tni_graph_key_read(&key, &id) || n == b->kept->csr.node_count) return tni_graph_corrupt(b->ctx, "nodes");
    b->ids[n++] = (uint64_t)id;
  }
  if (status != TN_NOT_FOUND) return status;
  return n == b->kept->csr.node_count ? TN_OK : tni_graph_corrupt(b->ctx, "nodes");
}

/* Where it would be too large there is none, and ids are searched. */
static void make_table(tni_graph_kept *k) {
  const tni_graph_csr *c = &k->csr;
  uint64_t size = c->node_count > 0 ? c->ids[c->node_count - 1] + 1 : 0;
  if (size == 0 || size > (uint64_t)c->node_count * TABLE_PER_NODE + TABLE_FREE) return;
  k->table = take(k->memory, size, sizeof *k->table);
  if (!k->table) return;
  k->table_size = size;
  memset(k->table, 0xff, size * sizeof *k->table);
  for (uint32_t i = 0; i < c->node_count; i++) k->table[c->ids[i]] = i;
}

static tn_status make_nodes(build *b) {
  uint64_t count = tn_map_count(b->ctx, TNI_GRAPH_NODES);
  if (count >= TNI_GRAPH_NO_NODE)
    return tn_fail(b->ctx, TN_LIMIT, NULL, "the graph has %llu nodes, more than such an algorithm can number",
                   (unsigned long long)count);
  b->kept->csr.node_count = (uint32_t)count;
  b->kept->csr.ids = b->ids = take(b->kept->memory, count, sizeof *b->ids);
  if (!b->ids) return tni_no_memory(b->ctx);
  TRY(read_ids(b));
  make_table(b->kept);
  return TN_OK;
}

/* ---- weights ----------------------------------------------------------------------------------- */

static tn_status weight_of(build *b, uint64_t id, tn_slice bytes, double *out) {
  tni_graph_edge edge;
  int64_t n;
  if (!bytes.data) return tni_graph_corrupt(b->ctx, "edges");
  TRY(tni_graph_edge_open(b->ctx, id, bytes, &edge));
  tn_value value = tn_field_slice(edge.props, b->kept->weight);
  *out = 1;
  if (tn_as_int(value, &n)) *out = (double)n;
  bool fine = tn_is_absent(value) || tn_value_type(value) == TN_INT || (tn_as_double(value, out) && !isnan(*out));
  return fine ? TN_OK
              : tn_fail(b->ctx, TN_INVALID, "weight", "edge %llu: expected a number as %s, found %s",
                        (unsigned long long)id, tni_quoted(b->ctx, b->kept->weight),
                        tn_value_type(value) == TN_DOUBLE ? "NaN" : tn_type_name(tn_value_type(value)));
}

static tn_status weights_of(build *b, const uint64_t *edges, uint32_t count, double *out) {
  uint64_t ids[TNI_GRAPH_BATCH];
  uint32_t of[TNI_GRAPH_BATCH];
  tn_slice bytes[TNI_GRAPH_BATCH];
  for (uint32_t i = 0; i < count;) {
    uint32_t n = 0;
    for (; i < count && n < TNI_GRAPH_BATCH; i++) {
      out[i] = 1;
      if (edges[i] == 0) continue;
      of[n] = i;
      ids[n++] = edges[i];
    }
    TRY(tni_graph_edges_get(b->ctx, ids, n, bytes));
    for (uint32_t k = 0; k < n; k++) TRY(weight_of(b, ids[k], bytes[k], &out[of[k]]));
  }
  for (uint32_t i = 0; i < count; i++)
    if (out[i] < b->weight_min) b->weight_min = out[i];
  return TN_OK;
}

/* ---- edges ------------------------------------------------------------------------------------- */

static tn_status append(build *b, half *h, const tni_graph_chunk *chunk) {
  uint64_t items[TNI_GRAPH_CHUNK_ARCS];
  uint32_t *to = h->to + h->count;
  if (chunk->count > b->kept->csr.edge_count - h->count) return tni_graph_corrupt(b->ctx, "the count of edges");
  tni_graph_chunk_nodes(chunk, 0, items);
  for (uint32_t i = 0; i < chunk->count; i++) {
    to[i] = tni_graph_csr_node(&b->kept->csr, items[i]);
    if (to[i] == TNI_GRAPH_NO_NODE) return tni_graph_corrupt(b->ctx, "adjacency");
  }
  if (h->weight) {
    tni_graph_chunk_edges(chunk, 0, items);
    TRY(weights_of(b, items, chunk->count, h->weight + h->count));
  }
  h->count += chunk->count;
  return TN_OK;
}

typedef struct pair {
  uint32_t to;
  double weight;
} pair;

static int compare_pairs(const void *a, const void *b) {
  const pair *x = a, *y = b;
  if (x->to != y->to) return x->to < y->to ? -1 : 1;
  return (x->weight > y->weight) - (x->weight < y->weight);
}

static int compare_nodes(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* The neighbours of one node came type by type. */
static tn_status sort_node(build *b, half *h) {
  uint64_t from = h->start[b->node], count = h->count - from;
  if (h->sides < 2) return TN_OK;
  if (!h->weight) return qsort(h->to + from, count, sizeof *h->to, compare_nodes), TN_OK;
  const tn_memory *m = b->kept->memory;
  pair *pairs = take(m, count, sizeof *pairs);
  if (!pairs) return tni_no_memory(b->ctx);
  for (uint64_t i = 0; i < count; i++) pairs[i] = (pair){h->to[from + i], h->weight[from + i]};
  qsort(pairs, count, sizeof *pairs, compare_pairs);
  for (uint64_t i = 0; i < count; i++) {
    h->to[from + i] = pairs[i].to;
    h->weight[from + i] = pairs[i].weight;
  }
  give(m, pairs, count, sizeof *pairs);
  return TN_OK;
}

static tn_status end_node(build *b, half *h) {
  if (!h->start) return TN_OK;
  TRY(sort_node(b, h));
  h->start[b->node + 1] = h->count;
  h->sides = 0;
  return TN_OK;
}

/* Ends nodes until the one with this id is being filled; UINT64_MAX ends all. */
static tn_status go_on_to(build *b, uint64_t id) {
  for (; b->node < b->kept->csr.node_count && b->ids[b->node] < id; b->node++) {
    TRY(end_node(b, &b->out));
    TRY(end_node(b, &b->in));
  }
  bool fine = id == UINT64_MAX || (b->node < b->kept->csr.node_count && b->ids[b->node] == id);
  return fine ? TN_OK : tni_graph_corrupt(b->ctx, "adjacency");
}

static tn_status add_entry(build *b, const tni_graph_sides *sides, tn_slice key, tn_slice bytes) {
  tni_graph_place place;
  tni_graph_head head = {0, false, {NULL, NULL, 0, 0, 0, 0}};
  TRY(tni_graph_place_read(b->ctx, key, &place));
  half *h = place.side > 0 ? &b->out : &b->in;
  if (!h->start || !tni_graph_sides_have(sides, place.side)) return TN_OK;
  TRY(go_on_to(b, (uint64_t)place.node));
  TRY(place.is_chunk ? tni_graph_chunk_of(b->ctx, bytes, &head.chunk) : tni_graph_head_open(b->ctx, bytes, &head));
  h->sides += !place.is_chunk;
  if (head.split) return TN_OK;
  b->edges_done += place.side > 0 ? head.chunk.count : 0;
  TRY(tn_progress(b->ctx, "edges", b->edges_done, b->kept->csr.edge_count));
  if (b->spec->look) TRY(b->spec->look(b->spec->look_arg));
  return append(b, h, &head.chunk);
}

static tn_status read_edges(build *b, const tni_graph_sides *sides) {
  static const tn_slice open = {NULL, 0};
  tni_graph_sides both = *sides;
  tn_cursor *cursor;
  tn_slice key, bytes;
  tn_status status;
  both.direction = TNI_GRAPH_BOTH;
  TRY(tn_cursor_open(b->ctx, TNI_GRAPH_ADJACENCY, open, open, &cursor));
  while ((status = tn_cursor_next(b->ctx, cursor, &key, &bytes)) == TN_OK) TRY(add_entry(b, &both, key, bytes));
  if (status != TN_NOT_FOUND) return status;
  TRY(go_on_to(b, UINT64_MAX));
  bool fine = b->out.count == b->kept->csr.edge_count && (!b->in.start || b->in.count == b->out.count);
  return fine ? TN_OK : tni_graph_corrupt(b->ctx, "the count of edges");
}

/* ---- all of it --------------------------------------------------------------------------------- */

static tn_status count_edges(tn_ctx *ctx, const tni_graph_sides *sides, uint64_t *out) {
  int64_t types = sides->count, n;
  *out = 0;
  if (sides->all) TRY(tni_graph_names_count(ctx, TNI_GRAPH_TYPE, &types));
  for (int64_t i = 0; i < types; i++) {
    TRY(tni_graph_counter_get(ctx, TNI_GRAPH_EDGES_OF_TYPE, sides->all ? i + 1 : sides->numbers[i], &n));
    *out += (uint64_t)n;
  }
  return TN_OK;
}

static tn_status copy_spec(tn_ctx *ctx, const tni_graph_sides *sides, tn_slice weight, tni_graph_kept *k) {
  k->all_types = sides->all;
  k->type_count = sides->all ? 0 : sides->count;
  k->types = take(k->memory, k->type_count, sizeof *k->types);
  char *name = weight.data ? take(k->memory, weight.size, 1) : NULL;
  if (name) {
    memcpy(name, weight.data, weight.size);
    k->weight = (tn_slice){name, weight.size};
  }
  if (!k->types || (weight.data && !name)) return tni_no_memory(ctx);
  if (!sides->all) memcpy(k->types, sides->numbers, k->type_count * sizeof *k->types);
  return TN_OK;
}

/* Without the table of ids, which is no array that anybody asked for. */
uint64_t tni_graph_csr_bytes(const tni_graph_csr *c, const tni_graph_csr_spec *spec) {
  uint64_t edge = sizeof *c->out + (spec->weight.data ? sizeof *c->out_weight : 0), sides = spec->in ? 2 : 1;
  return c->node_count * (sizeof *c->ids + sides * sizeof *c->out_start) + c->edge_count * sides * edge;
}

tn_status tni_graph_csr_may_be(tn_ctx *ctx, const tni_graph_csr *csr, const tni_graph_csr_spec *spec) {
  uint64_t bytes = tni_graph_csr_bytes(csr, spec);
  if (spec->bytes_max == 0 || bytes <= spec->bytes_max) return TN_OK;
  return tn_fail(ctx, TN_LIMIT, "max_memory_bytes", "the graph as arrays takes %llu bytes, more than these %llu",
                 (unsigned long long)bytes, (unsigned long long)spec->bytes_max);
}

static tn_status fill(build *b, const tni_graph_sides *sides) {
  tn_slice weight = b->spec->weight;
  TRY(copy_spec(b->ctx, sides, weight, b->kept));
  TRY(make_nodes(b));
  TRY(count_edges(b->ctx, sides, &b->kept->csr.edge_count));
  TRY(tni_graph_csr_may_be(b->ctx, &b->kept->csr, b->spec));
  TRY(take_arrays(b, b->spec->in));
  TRY(read_edges(b, sides));
  b->kept->csr.weight_min = b->kept->csr.edge_count > 0 && weight.data ? b->weight_min : 0;
  return TN_OK;
}

tn_status tni_graph_kept_build(tn_ctx *ctx, const tni_graph_sides *sides, const tni_graph_csr_spec *spec,
                               tni_graph_kept **out) {
  const tn_memory *memory = tn_memory_for(ctx);
  tni_graph_kept *kept = take(memory, 1, sizeof *kept);
  if (!kept) return tni_no_memory(ctx);
  memset(kept, 0, sizeof *kept);
  kept->memory = memory;
  kept->seq = ctx->seq;
  kept->in = spec->in;
  build b = {.ctx = ctx, .spec = spec, .kept = kept, .weight_min = INFINITY};
  tn_status status = fill(&b, sides);
  if (status == TN_OK)
    *out = kept;
  else
    tni_graph_kept_free(kept);
  return status;
}
