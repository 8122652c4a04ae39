/* bfs: how many edges each node is away from one, as LDBC Graphalytics defines it. */
#include "algo_rows.h"
#include "ops.h"

typedef struct bfs {
  tni_graph_algo *algo;
  uint32_t *levels, *queue;
  uint64_t *seen; /* a bit for each node: it stays where it is near, which levels do not */
  uint64_t begun, count;
} bfs;

/* Puts nodes that are not seen yet into the queue. */
static void take(bfs *b, const tni_graph_lane *arcs, uint32_t node, uint32_t level) {
  for (uint64_t i = arcs->start[node], end = arcs->start[node + 1]; i < end; i++) {
    uint32_t to = arcs->to[i];
    uint64_t bit = UINT64_C(1) << (to % 64);
    if (b->seen[to / 64] & bit) continue;
    b->seen[to / 64] |= bit;
    b->levels[to] = level;
    b->queue[b->count++] = to;
  }
}

static tn_status search(bfs *b, uint32_t from) {
  const tni_graph_way *ahead = &b->algo->ahead;
  memset(b->levels, 0xff, b->algo->count * sizeof *b->levels);
  b->levels[from] = 0;
  b->seen[from / 64] |= UINT64_C(1) << (from % 64);
  b->queue[b->count++] = from;
  for (; b->begun < b->count; b->begun++) {
    uint32_t node = b->queue[b->begun];
    b->algo->done = b->begun;
    TRY(tni_graph_algo_at(b->algo, (uint32_t)b->begun));
    for (uint32_t k = 0; k < ahead->count; k++) take(b, &ahead->lanes[k], node, b->levels[node] + 1);
  }
  return TN_OK;
}

static tn_status answer(tni_graph_algo *a, tn_value from, tn_builder *row) {
  bfs b = {.algo = a};
  uint32_t node;
  TRY(tni_graph_algo_node(a, from, "from", &node));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &b.levels));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &b.queue));
  TRY(TNI_GRAPH_ARRAY(a, (uint64_t)a->count / 64 + 1, &b.seen));
  TRY(search(&b, node));
  return tni_graph_algo_rows(a, &(tni_graph_values){TNI_GRAPH_LEVELS, b.levels, false}, row);
}

enum { BFS_FROM, BFS_DIRECTION, BFS_TYPES, BFS_TAIL };

tn_status tni_graph_op_bfs(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_algo_spec spec = {.direction = argv[BFS_DIRECTION], .types = argv[BFS_TYPES], .tail = argv + BFS_TAIL};
  tni_graph_algo a;
  spec.otherwise = TNI_GRAPH_OUT;
  TRY(tni_graph_algo_open(&a, ctx, &spec));
  return tni_graph_algo_close(&a, answer(&a, argv[BFS_FROM], result));
}
