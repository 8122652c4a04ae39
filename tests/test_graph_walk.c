/* Walks and paths against naive ones over a matrix, on small graphs drawn at random. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assert_status.h"
#include "tenon.h"

#define CONFIG                                                                        \
  "{\"models\": {\"g\": {\"type\": \"graph\"}}, \"storage\": {\"type\": \"memory\"}," \
  " \"durability\": \"none\", \"service_thread\": false}"

#define NODES 14 /* ids 1 to NODES */
#define ROUNDS 40
#define FAR 1e9

typedef struct world {
  tn_engine *engine;
  tn_builder args;
  tn_result result;
  tn_error error;
  uint64_t random;
  int edges[NODES + 1][NODES + 1];     /* how many from one to the other */
  double weight[NODES + 1][NODES + 1]; /* of the lightest */
} world;

static uint64_t draw(world *w, uint64_t below) {
  w->random ^= w->random << 13;
  w->random ^= w->random >> 7;
  w->random ^= w->random << 17;
  return w->random % below;
}

#define DO(w, op, ...) do_op((w), (op), tn_obj(&(w)->args, __VA_ARGS__))
static tn_status do_op(world *w, const char *op, tn_value args) {
  w->error = (tn_error)TN_ERROR_INIT;
  return tn_run(w->engine, "g", op, args, &w->result, &w->error);
}

static void add_edge(world *w, int from, int to) {
  tn_builder props = TN_BUILDER_INIT;
  int64_t weight = (int64_t)draw(w, 9);
  bool bare = draw(w, 3) == 0;
  tn_value given = bare ? tn_build_object(&props, NULL, 0) : tn_obj(&props, "w", weight);
  assert_status(DO(w, "create_edge", "from", from, "to", to, "type", draw(w, 2) ? "A" : "B", "props", given), TN_OK);
  double is = bare ? 1 : (double)weight;
  if (w->edges[from][to]++ == 0 || is < w->weight[from][to]) w->weight[from][to] = is;
  tn_builder_free(&props);
}

static void begin(world *w, uint64_t seed) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  options.config_text = CONFIG;
  memset(w, 0, sizeof *w);
  w->args = (tn_builder)TN_BUILDER_INIT;
  w->result = (tn_result)TN_RESULT_INIT;
  w->random = seed * 0x9e3779b97f4a7c15u;
  assert_status(tn_open(NULL, &options, &w->engine, &w->error), TN_OK);
  for (int i = 1; i <= NODES; i++) assert_status(DO(w, "create_node", "props", TN_ARG_NULL), TN_OK);
  for (uint64_t i = 0, count = draw(w, 40); i < count; i++)
    add_edge(w, 1 + (int)draw(w, NODES), 1 + (int)draw(w, NODES));
}

static void end(world *w) {
  assert_status(tn_close(w->engine, NULL), TN_OK);
  tn_builder_free(&w->args);
  tn_result_free(&w->result);
}

/* ---- naive ------------------------------------------------------------------------------------- */

static bool linked(const world *w, int from, int to, const char *direction) {
  bool out = strcmp(direction, "in") != 0, in = strcmp(direction, "out") != 0;
  return (out && w->edges[from][to] > 0) || (in && w->edges[to][from] > 0);
}

/* Edges from one node to all others, FAR where there is no way. */
static void distances(const world *w, int from, const char *direction, double *out) {
  for (int i = 0; i <= NODES; i++) out[i] = FAR;
  out[from] = 0;
  for (int round = 0; round < NODES; round++)
    for (int a = 1; a <= NODES; a++)
      for (int b = 1; b <= NODES; b++)
        if (out[a] < FAR && linked(w, a, b, direction) && out[a] + 1 < out[b]) out[b] = out[a] + 1;
}

static void costs(const world *w, int from, double *out) {
  for (int i = 0; i <= NODES; i++) out[i] = FAR;
  out[from] = 0;
  for (int round = 0; round < NODES; round++)
    for (int a = 1; a <= NODES; a++)
      for (int b = 1; b <= NODES; b++)
        if (out[a] < FAR && w->edges[a][b] > 0 && out[a] + w->weight[a][b] < out[b])
          out[b] = out[a] + w->weight[a][b];
}

static uint64_t count_paths(const world *w, int at, int to, int left, bool *on_path) {
  uint64_t count = 0;
  if (at == to) return 1;
  if (left == 0) return 0;
  on_path[at] = true;
  for (int next = 1; next <= NODES; next++)
    if (w->edges[at][next] > 0 && !on_path[next])
      count += (uint64_t)w->edges[at][next] * count_paths(w, next, to, left - 1, on_path);
  on_path[at] = false;
  return count;
}

/* ---- comparing --------------------------------------------------------------------------------- */

static const char *const directions[] = {"out", "in", "both"};

static void compare_reach(world *w, int from, const char *direction) {
  double far[NODES + 1], found[NODES + 1];
  distances(w, from, direction, far);
  for (int i = 0; i <= NODES; i++) found[i] = FAR;
  assert_status(DO(w, "expand", "from", from, "direction", direction, "min", 0), TN_OK);
  for (tn_iter it = tn_iter_of(w->result.value); tn_iter_next(&it);) {
    int64_t id = 0, depth = 0;
    assert_status(tn_get_int(it.value, "id", &id), TN_OK);
    assert_status(tn_get_int(it.value, "depth", &depth), TN_OK);
    assert_true(found[id] == FAR);
    found[id] = (double)depth;
  }
  assert_memory_equal(found, far, sizeof far);
  for (int depth = 1; depth < 4; depth++) {
    size_t wanted = 0;
    for (int i = 1; i <= NODES; i++) wanted += far[i] == depth;
    assert_status(DO(w, "reach", "from", from, "direction", direction, "min", depth, "max", depth), TN_OK);
    assert_int_equal(tn_count(w->result.value), wanted);
  }
}

/* The path leads from one end to the other along edges that are there. */
static void assert_path(const world *w, tn_value answer, int from, int to, const char *direction) {
  tn_value nodes = tn_field(answer, "nodes");
  int64_t before = from, node = 0;
  for (tn_iter it = tn_iter_of(nodes); tn_iter_next(&it); before = node) {
    assert_true(tn_as_int(it.value, &node));
    if (it.next == 1) assert_int_equal(node, from);
    if (it.next > 1) assert_true(linked(w, (int)before, (int)node, direction));
  }
  assert_int_equal(before, to);
  assert_int_equal(tn_count(tn_field(answer, "edges")) + 1, tn_count(nodes));
}

static void compare_shortest(world *w, int from, const char *direction) {
  double far[NODES + 1];
  distances(w, from, direction, far);
  for (int to = 1; to <= NODES; to++) {
    int64_t length = -1;
    tn_status status = DO(w, "shortest_path", "from", from, "to", to, "direction", direction);
    assert_status(status, far[to] < FAR ? TN_OK : TN_NOT_FOUND);
    if (status != TN_OK) continue;
    assert_status(tn_get_int(w->result.value, "length", &length), TN_OK);
    assert_int_equal(length, (int64_t)far[to]);
    assert_path(w, w->result.value, from, to, direction);
  }
}

static void compare_lightest(world *w, int from) {
  double far[NODES + 1];
  costs(w, from, far);
  for (int to = 1; to <= NODES; to++) {
    double cost = -1;
    tn_status status = DO(w, "shortest_path", "from", from, "to", to, "weight", "w");
    assert_status(status, far[to] < FAR ? TN_OK : TN_NOT_FOUND);
    if (status != TN_OK) continue;
    assert_status(tn_get_double(w->result.value, "cost", &cost), TN_OK);
    assert_true(cost == far[to]);
    assert_path(w, w->result.value, from, to, "out");
  }
}

static void compare_paths(world *w, int from) {
  for (int to = 1; to <= NODES; to++) {
    bool on_path[NODES + 1] = {false};
    if (to == from) continue;
    assert_status(DO(w, "all_paths", "from", from, "to", to, "max", 5), TN_OK);
    assert_int_equal(tn_count(w->result.value), count_paths(w, from, to, 5, on_path));
    for (tn_iter it = tn_iter_of(w->result.value); tn_iter_next(&it);) assert_path(w, it.value, from, to, "out");
  }
}

/* Every edge among what is reached, once. */
static void compare_edges(world *w, int from, const char *direction) {
  double far[NODES + 1];
  size_t wanted = 0;
  distances(w, from, direction, far);
  for (int a = 1; a <= NODES; a++)
    for (int b = 1; b <= NODES; b++)
      if (far[strcmp(direction, "in") == 0 ? b : a] < FAR) wanted += (size_t)w->edges[a][b];
  assert_status(DO(w, "expand", "from", from, "direction", direction, "unique", "edges"), TN_OK);
  assert_int_equal(tn_count(w->result.value), wanted);
  assert_status(DO(w, "subgraph", "from", from, "direction", direction, "depth", NODES), TN_OK);
  assert_int_equal(tn_count(tn_field(w->result.value, "edges")), wanted);
}

static void walks_and_paths_are_those_of_a_matrix(void **state) {
  static world w;
  (void)state;
  for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
    begin(&w, seed);
    int from = 1 + (int)draw(&w, NODES);
    for (int i = 0; i < 3; i++) {
      compare_reach(&w, from, directions[i]);
      compare_shortest(&w, from, directions[i]);
      compare_edges(&w, from, directions[i]);
    }
    compare_lightest(&w, from);
    compare_paths(&w, from);
    end(&w);
  }
}

/* ---- large ones -------------------------------------------------------------------------------- */

#define CHAIN 5000

static void make_chain(world *w) {
  tn_builder list = TN_BUILDER_INIT;
  begin(w, 1);
  tn_array_begin(&list);
  for (int i = 0; i < CHAIN; i++) {
    tn_object_begin(&list);
    tn_end(&list);
  }
  tn_end(&list);
  assert_status(DO(w, "create_nodes", "nodes", tn_built(&list)), TN_OK);
  tn_builder_clear(&list);
  tn_array_begin(&list);
  for (int i = 1; i < CHAIN; i++) {
    tn_array_begin(&list);
    tn_add(&list, NODES + i);
    tn_add(&list, NODES + i + 1);
    tn_end(&list);
  }
  tn_end(&list);
  assert_status(DO(w, "create_edges", "edges", tn_built(&list), "type", "NEXT"), TN_OK);
  tn_builder_free(&list);
}

static void a_long_chain_is_walked_to_its_end(void **state) {
  static world w;
  int64_t length = 0;
  (void)state;
  make_chain(&w);
  assert_status(DO(&w, "reach", "from", NODES + 1, "types", "NEXT"), TN_OK);
  assert_int_equal(tn_count(w.result.value), CHAIN - 1);
  assert_status(DO(&w, "shortest_path", "from", NODES + 1, "to", NODES + CHAIN, "types", "NEXT"), TN_OK);
  assert_status(tn_get_int(w.result.value, "length", &length), TN_OK);
  assert_int_equal(length, CHAIN - 1);
  assert_status(DO(&w, "shortest_path", "from", NODES + 1, "to", NODES + CHAIN, "types", "NEXT", "weight", "w"),
                TN_OK);
  assert_status(DO(&w, "all_paths", "from", NODES + 1, "to", NODES + 1000, "types", "NEXT"), TN_OK);
  assert_int_equal(tn_count(w.result.value), 1);
  end(&w);
}

#define CROWD 400

/* Edges of two types between many nodes, the first of which has more than a chunk holds. */
static void make_crowd(world *w) {
  begin(w, 3);
  for (int i = 0; i < CROWD; i++) assert_status(DO(w, "create_node", "labels", "P"), TN_OK);
  for (int i = 0; i < CROWD * 4; i++) {
    int64_t from = NODES + 1 + (int64_t)draw(w, CROWD), to = NODES + 1 + (int64_t)draw(w, CROWD);
    if (i % 3 == 0) from = NODES + 1;
    assert_status(DO(w, "create_edge", "from", from, "to", to, "type", draw(w, 2) ? "X" : "Y"), TN_OK);
  }
}

/* Levels that hold most of the nodes are found in another way than small ones; expand knows only one. */
static void a_level_of_most_nodes_is_reached_as_any_other(void **state) {
  static world w;
  (void)state;
  make_crowd(&w);
  for (int i = 0; i < 6; i++)
    for (int depth = 1; depth < 6; depth++) {
      const char *type = i % 2 ? "X" : NULL;
      tn_arg types = type ? tn_arg_string(type) : TN_ARG_NULL;
      bool there[NODES + CROWD + 1] = {false};
      size_t count = 0;
      assert_status(DO(&w, "expand", "from", NODES + 1, "direction", directions[i / 2], "types", types, "min", depth,
                       "max", depth),
                    TN_OK);
      for (tn_iter it = tn_iter_of(w.result.value); tn_iter_next(&it); count++) {
        int64_t id = 0;
        assert_status(tn_get_int(it.value, "id", &id), TN_OK);
        there[id] = true;
      }
      assert_status(DO(&w, "reach", "from", NODES + 1, "direction", directions[i / 2], "types", types, "min", depth,
                       "max", depth),
                    TN_OK);
      assert_int_equal(tn_count(w.result.value), count);
      int64_t before = 0;
      for (tn_iter it = tn_iter_of(w.result.value); tn_iter_next(&it);) {
        int64_t id = 0;
        assert_true(tn_as_int(it.value, &id));
        assert_true(id > before && there[id]);
        before = id;
      }
    }
  end(&w);
}

/* What `adjacent` says of one node, against the rows of `neighbors`. */
static void compare_adjacent(world *w, int64_t node, const char *direction, tn_arg types, tn_value found) {
  assert_status(DO(w, "neighbors", "id", node, "direction", direction, "types", types), TN_OK);
  assert_int_equal(tn_count(found), tn_count(w->result.value));
  for (uint32_t i = 0; i < tn_count(found); i++) {
    int64_t id = 0, row = 0;
    assert_true(tn_as_int(tn_item(found, i), &id));
    assert_status(tn_get_int(tn_item(w->result.value, i), "id", &row), TN_OK);
    assert_int_equal(id, row);
  }
}

/* Nodes that lie beside each other are found in another way than scattered ones, and many types in a third. */
static void many_nodes_neighbours_are_those_of_each(void **state) {
  static world w;
  tn_result all = TN_RESULT_INIT;
  tn_builder ids = TN_BUILDER_INIT;
  const int steps[] = {1, 3, 17, -1};
  (void)state;
  make_crowd(&w);
  for (int i = 0; i < 9; i++)
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
      const char *direction = directions[i % 3];
      tn_arg types = i / 3 == 0 ? TN_ARG_NULL : tn_arg_string(i / 3 == 1 ? "X" : "Y");
      int64_t first = steps[s] < 0 ? CROWD : 1;
      tn_builder_clear(&ids);
      tn_array_begin(&ids);
      for (int64_t n = first; n >= 1 && n <= CROWD; n += steps[s]) tn_add(&ids, NODES + n);
      tn_end(&ids);
      tn_value args = tn_obj(&w.args, "ids", tn_built(&ids), "direction", direction, "types", types);
      assert_status(tn_run(w.engine, "g", "adjacent", args, &all, &w.error), TN_OK);
      for (uint32_t at = 0; at < tn_count(all.value); at++)
        compare_adjacent(&w, NODES + first + (int64_t)at * steps[s], direction, types, tn_item(all.value, at));
    }
  tn_builder_free(&ids);
  tn_result_free(&all);
  end(&w);
}

#define PARALLEL 30000 /* edges, which are more chunks than a scan of six nodes passes over */

/* Nodes that lie beside each other, with all the chunks of a side that is not asked about between two of them. */
static void nodes_behind_a_crowded_side_are_found(void **state) {
  static world w;
  tn_result all = TN_RESULT_INIT;
  tn_builder edges = TN_BUILDER_INIT, edge = TN_BUILDER_INIT, ids = TN_BUILDER_INIT;
  (void)state;
  begin(&w, 5);
  tn_array_begin(&edges);
  for (int i = 0; i < PARALLEL; i++) tn_add(&edges, tn_arr(&edge, 1, 2));
  for (int n = 2; n <= 6; n++) tn_add(&edges, tn_arr(&edge, n + 1, n));
  tn_end(&edges);
  tn_array_begin(&ids);
  for (int n = 1; n <= 6; n++) tn_add(&ids, n);
  tn_end(&ids);
  assert_status(DO(&w, "create_edges", "type", "X", "edges", tn_built(&edges)), TN_OK);
  for (int i = 0; i < 3; i++) {
    tn_value args = tn_obj(&w.args, "ids", tn_built(&ids), "direction", directions[i], "types", "X");
    assert_status(tn_run(w.engine, "g", "adjacent", args, &all, &w.error), TN_OK);
    for (int n = 1; n <= 6; n++)
      compare_adjacent(&w, n, directions[i], tn_arg_string("X"), tn_item(all.value, (uint32_t)n - 1));
  }
  assert_status(DO(&w, "reach", "from", 2, "direction", "both", "types", "X", "max", 1), TN_OK);
  assert_true(tn_value_same(w.result.value, tn_arr(&ids, 1, 3)));
  tn_builder_free(&edges);
  tn_builder_free(&edge);
  tn_builder_free(&ids);
  tn_result_free(&all);
  end(&w);
}

typedef struct taken {
  size_t rows;
} taken;

static tn_status take_row(void *arg, tn_value row) {
  (void)row;
  ((taken *)arg)->rows++;
  return TN_OK;
}

static void a_walk_that_is_ended_has_handed_out_what_it_reached(void **state) {
  static world w;
  const tn_op *op;
  taken t = {0};
  tn_call call = TN_CALL_INIT;
  (void)state;
  make_chain(&w);
  call.on_row = take_row;
  call.row_arg = &t;
  assert_status(tn_op_prepare(w.engine, "g", "expand", &op, &w.error), TN_OK);
  tn_value args = tn_obj(&w.args, "from", NODES + 1, "types", "NEXT", "max_visited", 100);
  assert_status(tn_run_op(w.engine, op, args, &call, &w.result, &w.error), TN_LIMIT);
  assert_int_equal(t.rows, 100);
  assert_string_equal(w.error.where, "max_visited");
  end(&w);
}

/* There are more paths than anybody could wait for. */
static void a_walk_ends_when_its_time_is_over(void **state) {
  static world w;
  (void)state;
  make_crowd(&w);
  assert_status(
      DO(&w, "expand", "from", NODES + 1, "unique", "paths", "min", 900, "max_ms", 20, "max_visited", INT64_MAX),
      TN_LIMIT);
  assert_string_equal(w.error.where, "max_ms");
  end(&w);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(walks_and_paths_are_those_of_a_matrix),
      cmocka_unit_test(a_long_chain_is_walked_to_its_end),
      cmocka_unit_test(a_level_of_most_nodes_is_reached_as_any_other),
      cmocka_unit_test(many_nodes_neighbours_are_those_of_each),
      cmocka_unit_test(nodes_behind_a_crowded_side_are_found),
      cmocka_unit_test(a_walk_that_is_ended_has_handed_out_what_it_reached),
      cmocka_unit_test(a_walk_ends_when_its_time_is_over),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
