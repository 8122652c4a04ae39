/* create_edges against create_edge: two graphs get the same edges, one of them many at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assert_status.h"
#include "tenon.h"

#define CONFIG                                                                            \
  "{\"models\": {\"together\": {\"type\": \"graph\"}, \"apart\": {\"type\": \"graph\"}}," \
  " \"storage\": {\"type\": \"memory\"}, \"durability\": \"none\", \"service_thread\": false}"

#define NODES 3000

typedef struct world {
  tn_engine *engine;
  tn_builder args, props;
  tn_result result, other;
  tn_error error;
  uint64_t random;
} world;

static uint64_t draw(world *w, uint64_t below) {
  w->random ^= w->random << 13;
  w->random ^= w->random >> 7;
  w->random ^= w->random << 17;
  return w->random % below;
}

static int setup(void **state) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  world *w = calloc(1, sizeof *w);
  if (!w) return 1;
  w->args = w->props = (tn_builder)TN_BUILDER_INIT;
  w->result = w->other = (tn_result)TN_RESULT_INIT;
  w->random = 0x9e3779b97f4a7c15u;
  options.config_text = CONFIG;
  *state = w;
  return tn_open(NULL, &options, &w->engine, &w->error) == TN_OK ? 0 : 1;
}

static int teardown(void **state) {
  world *w = *state;
  tn_status status = tn_close(w->engine, NULL);
  tn_builder_free(&w->args);
  tn_builder_free(&w->props);
  tn_result_free(&w->result);
  tn_result_free(&w->other);
  free(w);
  return status == TN_OK ? 0 : 1;
}

static void make_nodes(world *w, const char *model) {
  tn_builder_clear(&w->props);
  tn_array_begin(&w->props);
  for (int i = 0; i < NODES; i++) {
    tn_object_begin(&w->props);
    tn_end(&w->props);
  }
  tn_end(&w->props);
  tn_value args = tn_obj(&w->args, "nodes", tn_built(&w->props));
  assert_status(tn_run(w->engine, model, "create_nodes", args, &w->result, &w->error), TN_OK);
}

static void print_problem(void *arg, const char *line) { (void)arg, (void)fprintf(stderr, "%s\n", line); }

static void assert_alike(world *w) {
  tn_error error = TN_ERROR_INIT;
  tn_value none = tn_build_object(&w->args, NULL, 0);
  assert_status(tn_run(w->engine, "together", "export", none, &w->result, &w->error), TN_OK);
  assert_status(tn_run(w->engine, "apart", "export", none, &w->other, &w->error), TN_OK);
  assert_true(tn_value_same(w->result.value, w->other.value));
  assert_status(tn_check(w->engine, print_problem, NULL, NULL, &error), TN_OK);
}

typedef struct drawn {
  int64_t from, to;
  bool weighted;
} drawn;

/* To and from a few nodes very often, so that they are split; some twice, some with properties. */
static drawn draw_edge(world *w, uint64_t nodes, bool rising, int64_t i) {
  drawn edge = {1 + (int64_t)draw(w, nodes), 1 + (int64_t)draw(w, nodes), draw(w, 10) == 0};
  if (draw(w, 2)) edge.from = 1 + (int64_t)draw(w, 2);
  if (draw(w, 4) == 0) edge.to = 3;
  if (rising) edge = (drawn){4, 1 + i % NODES, false};
  return edge;
}

static void create_apart(world *w, tn_txn *txn, const drawn *edge) {
  tn_value props = edge->weighted ? tn_obj(&w->props, "w", edge->from) : tn_build_object(&w->props, NULL, 0);
  tn_value args = tn_obj(&w->args, "from", edge->from, "to", edge->to, "type", "T", "props", props);
  assert_status(tn_do(txn, "apart", "create_edge", args, &w->result, &w->error), TN_OK);
}

static void add_edge(world *w, tn_builder *edges, const drawn *edge) {
  tn_array_begin(edges);
  tn_add(edges, edge->from);
  tn_add(edges, edge->to);
  if (edge->weighted) tn_add(edges, tn_obj(&w->props, "w", edge->from));
  tn_end(edges);
}

/* `rising`: all from one node, to one after another. */
static void create_edges(world *w, int64_t count, uint64_t nodes, bool rising) {
  tn_builder edges = TN_BUILDER_INIT;
  tn_txn *txn;
  tn_array_begin(&edges);
  assert_status(tn_begin(w->engine, TN_WRITE, NULL, &txn, &w->error), TN_OK);
  for (int64_t i = 0; i < count; i++) {
    drawn edge = draw_edge(w, nodes, rising, i);
    create_apart(w, txn, &edge);
    add_edge(w, &edges, &edge);
  }
  assert_status(tn_commit(txn, NULL, &w->error), TN_OK);
  tn_end(&edges);
  tn_value args = tn_obj(&w->args, "edges", tn_built(&edges), "type", "T");
  assert_status(tn_run(w->engine, "together", "create_edges", args, &w->result, &w->error), TN_OK);
  tn_builder_free(&edges);
}

static void edges_created_together_are_those_created_one_by_one(void **state) {
  static const int64_t counts[] = {1, 2, 1, 70, 900, 1, 64, 1500, 40, 3000, 5, 700};
  world *w = *state;
  make_nodes(w, "together");
  make_nodes(w, "apart");
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    create_edges(w, counts[i], i % 3 == 0 ? 100 : NODES, i % 4 == 3);
    assert_alike(w);
  }
}

static int64_t degree(world *w, int64_t node, const char *direction) {
  int64_t n = -1;
  tn_value args = tn_obj(&w->args, "id", node, "direction", direction);
  assert_status(tn_run(w->engine, "together", "degree", args, &w->result, &w->error), TN_OK);
  assert_true(tn_as_int(w->result.value, &n));
  return n;
}

/* The one that is not there is found when others are linked already. */
static void an_edge_to_a_missing_node_leaves_none_behind(void **state) {
  world *w = *state;
  tn_builder edges = TN_BUILDER_INIT;
  make_nodes(w, "together");
  tn_array_begin(&edges);
  for (int64_t i = 1; i <= NODES; i++) add_edge(w, &edges, &(drawn){1, i, i % 7 == 0});
  add_edge(w, &edges, &(drawn){1, NODES + 1, false});
  tn_end(&edges);
  tn_value args = tn_obj(&w->args, "edges", tn_built(&edges), "type", "T");
  assert_status(tn_run(w->engine, "together", "create_edges", args, &w->result, &w->error), TN_NOT_FOUND);
  assert_string_equal(w->error.text, "there is no node 3001");
  assert_string_equal(w->error.where, "edges.3000.1");
  assert_int_equal(degree(w, 1, "out"), 0);
  assert_int_equal(degree(w, 2, "in"), 0);
  tn_builder_free(&edges);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(edges_created_together_are_those_created_one_by_one, setup, teardown),
      cmocka_unit_test_setup_teardown(an_edge_to_a_missing_node_leaves_none_behind, setup, teardown),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
