/* The graph's algorithms against the naive ones of support/naive_algorithms.h on random graphs, against networkx
 * where python3 has it, and what they may cost. Small graphs worked out by hand are in scripts/graph_algorithms*.txt.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assert_status.h"
#include "support/naive_algorithms.h"
#include "tenon.h"

#define CONFIG                                                                                                  \
  "{\"models\": {\"g\": {\"type\": \"graph\"}}, \"storage\": {\"type\": \"memory\"}, \"durability\": \"none\"," \
  " \"service_thread\": false}"
#define GRAPHS 60
#define CLOSE 1e-12 /* how far sums of doubles may lie apart that were added in another order */

/* ---- the engine -------------------------------------------------------------------------------- */

typedef struct desk {
  tn_engine *engine;
  tn_builder args, props;
  tn_result result;
  tn_error error;
  uint64_t random;
  naive_net net;
  int64_t ids[NAIVE_NODES_MAX]; /* of the net's nodes, rising */
} desk;

static int setup(void **state) {
  desk *d = calloc(1, sizeof *d);
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  if (!d) return 1;
  d->args = d->props = (tn_builder)TN_BUILDER_INIT;
  d->result = (tn_result)TN_RESULT_INIT;
  d->error = (tn_error)TN_ERROR_INIT;
  options.config_text = CONFIG;
  *state = d;
  return tn_open(NULL, &options, &d->engine, &d->error) == TN_OK ? 0 : 1;
}

static int teardown(void **state) {
  desk *d = *state;
  tn_status status = tn_close(d->engine, NULL);
  tn_builder_free(&d->args);
  tn_builder_free(&d->props);
  tn_result_free(&d->result);
  free(d);
  return status == TN_OK ? 0 : 1;
}

static tn_status run(desk *d, const char *op, tn_value args) {
  d->error = (tn_error)TN_ERROR_INIT;
  return tn_run(d->engine, "g", op, args, &d->result, &d->error);
}

#define RUN(d, op, ...) run((d), (op), tn_obj(&(d)->args, __VA_ARGS__))

/* ---- graphs ------------------------------------------------------------------------------------ */

static uint64_t draw(desk *d, uint64_t below) {
  d->random ^= d->random << 13;
  d->random ^= d->random >> 7;
  d->random ^= d->random << 17;
  return d->random % below;
}

static int64_t create_node(desk *d) {
  int64_t id = 0;
  assert_status(RUN(d, "create_node", "labels", "N"), TN_OK);
  assert_true(tn_as_int(d->result.value, &id));
  return id;
}

static void create_edge(desk *d, int from, int to, int64_t weight) {
  static const char *const types[] = {"A", "B", "C"};
  tn_value props = tn_obj(&d->props, "w", weight);
  d->net.arcs[d->net.arc_count++] = (naive_arc){from, to, (double)weight};
  if (weight == 1 && draw(d, 2) == 0) props = tn_obj(&d->props, "other", "it weighs 1");
  if (weight == 1 && draw(d, 2) == 0) {
    assert_status(RUN(d, "create_edge", "from", d->ids[from], "to", d->ids[to], "type", types[draw(d, 3)]), TN_OK);
    return;
  }
  assert_status(
      RUN(d, "create_edge", "from", d->ids[from], "to", d->ids[to], "type", types[draw(d, 3)], "props", props),
      TN_OK);
}

static void delete_all(desk *d) {
  for (int i = 0; i < d->net.count; i++)
    assert_status(RUN(d, "delete_node", "id", d->ids[i], "detach", tn_arg_bool(true)), TN_OK);
  d->net = (naive_net){0};
}

/* Few nodes with many edges or many with few, so that there are parallel edges, self-loops and nodes without edges.
 * Ids have gaps. Without cycles edges lead to larger ids. */
static void make_graph(desk *d, bool cycles) {
  delete_all(d);
  int count = 1 + (int)draw(d, NAIVE_NODES_MAX), edges = (int)draw(d, (uint64_t)count * (1 + draw(d, 10)));
  for (; d->net.count < count; d->net.count++) {
    int64_t id = create_node(d);
    d->ids[d->net.count] = draw(d, 5) == 0 ? create_node(d) : id;
    if (d->ids[d->net.count] != id) assert_status(RUN(d, "delete_node", "id", id), TN_OK);
  }
  for (int i = 0; i < edges; i++) {
    int from = (int)draw(d, (uint64_t)count), to = (int)draw(d, (uint64_t)(draw(d, 3) == 0 ? count / 4 + 1 : count));
    if (!cycles && from == to) continue;
    if (!cycles && from > to) from ^= to, to ^= from, from ^= to;
    create_edge(d, from, to, (int64_t)draw(d, 4));
  }
}

/* ---- comparing --------------------------------------------------------------------------------- */

static double number_of(tn_value value) {
  int64_t n;
  double number = NAN;
  if (tn_as_int(value, &n)) return n == INT64_MAX ? (double)INFINITY : (double)n;
  assert_true(tn_as_double(value, &number));
  return number;
}

static bool is_close(double a, double b, double within) { return a == b || fabs(a - b) <= within; }

/* What was answered is a row for each node by id, with these values. */
static void assert_values(const desk *d, const char *op, const double *values, bool labels, double within) {
  tn_value rows = d->result.value;
  assert_int_equal(tn_count(rows), d->net.count);
  for (int i = 0; i < d->net.count; i++) {
    int64_t id = 0;
    double expected = labels ? (double)d->ids[(int)values[i]] : values[i];
    double got = number_of(tn_field(tn_item(rows, (uint32_t)i), "value"));
    (void)tn_get_int(tn_item(rows, (uint32_t)i), "id", &id);
    assert_int_equal(id, d->ids[i]);
    if (!is_close(got, expected, within)) fail_msg("%s: node %" PRId64 " is %.17g, not %.17g", op, id, got, expected);
  }
}

static const char *const direction_names[] = {"", "out", "in", "both"};

static void compare_walks(desk *d, naive_direction direction) {
  double values[NAIVE_NODES_MAX];
  const char *name = direction_names[direction];
  int from = (int)draw(d, (uint64_t)d->net.count);
  assert_status(RUN(d, "bfs", "from", d->ids[from], "direction", name), TN_OK);
  naive_bfs(&d->net, direction, from, values);
  assert_values(d, "bfs", values, false, 0);
  assert_status(RUN(d, "sssp", "from", d->ids[from], "direction", name, "weight", "w"), TN_OK);
  naive_sssp(&d->net, direction, from, values);
  assert_values(d, "sssp", values, false, 0);
  assert_status(RUN(d, "pagerank", "direction", name, "damping", 0.7, "iterations", 9), TN_OK);
  naive_pagerank(&d->net, direction, 0.7, 9, values);
  assert_values(d, "pagerank", values, false, CLOSE);
  assert_status(RUN(d, "degree_centrality", "direction", name, "counts", tn_arg_bool(true)), TN_OK);
  naive_degrees(&d->net, direction, values);
  assert_values(d, "degree_centrality", values, false, 0);
}

static void compare_groups(desk *d) {
  double values[NAIVE_NODES_MAX];
  assert_status(RUN(d, "wcc", "order", "id"), TN_OK);
  naive_wcc(&d->net, values);
  assert_values(d, "wcc", values, true, 0);
  assert_status(RUN(d, "scc", "order", "id"), TN_OK);
  naive_scc(&d->net, values);
  assert_values(d, "scc", values, true, 0);
  for (int rounds = 0; rounds < 6; rounds++) {
    assert_status(RUN(d, "cdlp", "iterations", rounds), TN_OK);
    naive_cdlp(&d->net, rounds, values);
    assert_values(d, "cdlp", values, true, 0);
  }
}

static void compare_clusters(desk *d) {
  double values[NAIVE_NODES_MAX];
  assert_status(RUN(d, "lcc", "order", "id"), TN_OK);
  naive_lcc(&d->net, false, values);
  assert_values(d, "lcc", values, false, 0);
  assert_status(RUN(d, "lcc", "direction", "both"), TN_OK);
  naive_lcc(&d->net, true, values);
  assert_values(d, "lcc both", values, false, 0);
  assert_status(RUN(d, "triangles", "order", "id"), TN_OK);
  naive_triangles(&d->net, values);
  assert_values(d, "triangles", values, false, 0);
}

static bool has_arc(const desk *d, int64_t from, int64_t to) {
  for (int i = 0; i < d->net.arc_count; i++)
    if (d->ids[d->net.arcs[i].from] == from && d->ids[d->net.arcs[i].to] == to) return true;
  return false;
}

/* What was answered is a cycle of edges that there are, on which no node occurs twice, the smallest id first. */
static void assert_cycle(const desk *d, int64_t length) {
  int64_t said = 0, ids[NAIVE_NODES_MAX + 1];
  tn_value nodes = tn_field(d->result.value, "nodes");
  (void)tn_get_int(d->result.value, "length", &said);
  if (length > 0) assert_int_equal(said, length);
  assert_int_equal(tn_count(nodes), said + 1);
  for (int i = 0; i <= said; i++) assert_true(tn_as_int(tn_item(nodes, (uint32_t)i), &ids[i]));
  assert_int_equal(ids[0], ids[said]);
  for (int i = 0; i < said; i++) {
    assert_true(has_arc(d, ids[i], ids[i + 1]));
    for (int k = 0; k < i; k++) assert_true(ids[k] != ids[i] && ids[0] < ids[i]);
  }
}

static void compare_order(desk *d) {
  int order[NAIVE_NODES_MAX];
  bool sorted = naive_sort(&d->net, order);
  assert_status(RUN(d, "topological_sort", "direction", "out"), sorted ? TN_OK : TN_CONSTRAINT);
  for (int i = 0; i < d->net.count && sorted; i++) {
    int64_t id = 0;
    (void)tn_get_int(tn_item(d->result.value, (uint32_t)i), "id", &id);
    assert_int_equal(id, d->ids[order[i]]);
  }
  assert_status(RUN(d, "find_cycle", "max_ms", 60000), sorted ? TN_NOT_FOUND : TN_OK);
  if (!sorted) assert_cycle(d, 0);
  int node = (int)draw(d, (uint64_t)d->net.count), length = naive_cycle(&d->net, node);
  assert_status(RUN(d, "find_cycle", "from", d->ids[node]), length > 0 ? TN_OK : TN_NOT_FOUND);
  if (length > 0) assert_cycle(d, length);
}

static void compare_graph(desk *d) {
  for (int direction = NAIVE_OUT; direction <= NAIVE_BOTH; direction++) compare_walks(d, (naive_direction)direction);
  compare_groups(d);
  compare_clusters(d);
  compare_order(d);
}

static void algorithms_answer_what_naive_ones_do_on_random_graphs(void **state) {
  desk *d = *state;
  const char *given = getenv("GRAPH_SEED");
  uint64_t seed = given ? strtoull(given, NULL, 10) : 20;
  for (int i = 0; i < GRAPHS; i++) {
    d->random = seed + (uint64_t)i * 0x9e3779b97f4a7c15u;
    print_message("graph of seed %" PRIu64 "\n", d->random);
    make_graph(d, i % 4 != 0);
    compare_graph(d);
  }
}

/* ---- orders and groups ------------------------------------------------------------------------- */

/* Rows of all nodes, by value or by groups, agree with those by id. */
static void a_limit_takes_the_best_of_all_rows(void **state) {
  desk *d = *state;
  double degrees[NAIVE_NODES_MAX];
  d->random = 7;
  make_graph(d, true);
  naive_degrees(&d->net, NAIVE_BOTH, degrees);
  for (int limit = 0; limit <= d->net.count + 1; limit++) {
    bool taken[NAIVE_NODES_MAX] = {false};
    assert_status(RUN(d, "degree_centrality", "counts", tn_arg_bool(true), "limit", limit), TN_OK);
    assert_int_equal(tn_count(d->result.value), limit < d->net.count ? limit : d->net.count);
    for (tn_iter it = tn_iter_of(d->result.value); tn_iter_next(&it);) {
      int64_t id = 0, best = -1;
      for (int n = 0; n < d->net.count; n++)
        if (!taken[n] && (best < 0 || degrees[n] > degrees[best])) best = n;
      (void)tn_get_int(it.value, "id", &id);
      assert_int_equal(id, d->ids[best]);
      taken[best] = true;
    }
  }
}

static void groups_hold_every_node_once_the_largest_first(void **state) {
  desk *d = *state;
  d->random = 11;
  for (int round = 0; round < 10; round++) {
    int64_t nodes = 0, before = INT64_MAX, size = 0;
    double values[NAIVE_NODES_MAX];
    make_graph(d, true);
    naive_scc(&d->net, values);
    assert_status(RUN(d, "scc", "groups", tn_arg_bool(true), "members", NAIVE_NODES_MAX), TN_OK);
    for (tn_iter it = tn_iter_of(d->result.value); tn_iter_next(&it); before = size) {
      tn_value ids = tn_field(it.value, "ids");
      (void)tn_get_int(it.value, "size", &size);
      assert_int_equal(tn_count(ids), size);
      assert_true(size <= before);
      nodes += size;
      for (tn_iter id = tn_iter_of(ids); tn_iter_next(&id);) {
        int n = 0;
        while ((double)d->ids[n] != number_of(id.value)) n++;
        assert_true((double)d->ids[(int)values[n]] == number_of(tn_field(it.value, "value")));
      }
    }
    assert_int_equal(nodes, d->net.count);
  }
}

/* ---- what they cost ---------------------------------------------------------------------------- */

static void make_ring(desk *d, int count) {
  delete_all(d);
  for (; d->net.count < count; d->net.count++) d->ids[d->net.count] = create_node(d);
  for (int i = 0; i < count; i++) create_edge(d, i, (i + 1) % count, 1);
}

static void a_long_one_ends_with_limit_when_its_time_is_over(void **state) {
  desk *d = *state;
  d->random = 3;
  make_ring(d, 50);
  assert_status(RUN(d, "pagerank", "iterations", INT64_C(1000000000000), "max_ms", 300), TN_LIMIT);
  assert_string_equal(d->error.where, "max_ms");
  assert_non_null(strstr(d->error.text, "of 1000000000000 iterations done"));
  assert_status(RUN(d, "pagerank", "iterations", 5, "max_ms", 60000), TN_OK);
}

static void create_path(desk *d, int64_t nodes) {
  tn_builder *b = &d->args;
  tn_value none = tn_obj(&d->props, "n", 0);
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_name(b, "nodes");
  tn_array_begin(b);
  for (int64_t i = 0; i < nodes; i++) tn_add(b, none);
  tn_end(b);
  tn_end(b);
  assert_status(run(d, "create_nodes", tn_built(b)), TN_OK);
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_set(b, "type", "A");
  tn_name(b, "edges");
  tn_array_begin(b);
  for (int64_t i = 1; i < nodes; i++) tn_add(b, tn_arr(&d->props, i, i + 1));
  tn_end(b);
  tn_end(b);
  assert_status(run(d, "create_edges", tn_built(b)), TN_OK);
}

static void reading_the_graph_counts_as_time_too(void **state) {
  desk *d = *state;
  create_path(d, 50000);
  assert_status(RUN(d, "wcc", "limit", 1, "max_ms", 1), TN_LIMIT);
  assert_string_equal(d->error.where, "max_ms");
  assert_string_equal(d->error.text, "ended after 1 ms, before the graph was read");
  assert_status(RUN(d, "bfs", "from", 1, "limit", 2), TN_OK);
}

typedef struct told {
  tn_engine *engine;
  uint64_t times, done, total;
  char what[32];
} told;

static void take_progress(void *arg, const char *what, uint64_t done, uint64_t total) {
  told *t = arg;
  t->times++;
  assert_true(done >= t->done || strcmp(what, t->what) != 0); /* first the edges are read, then it iterates */
  t->done = done;
  t->total = total;
  (void)snprintf(t->what, sizeof t->what, "%s", what);
  if (t->engine) tn_interrupt(t->engine);
}

static tn_status run_told(desk *d, told *t, int64_t iterations) {
  const tn_op *op;
  tn_call call = TN_CALL_INIT;
  call.on_progress = take_progress;
  call.progress_arg = t;
  d->error = (tn_error)TN_ERROR_INIT;
  assert_status(tn_op_prepare(d->engine, "g", "pagerank", &op, &d->error), TN_OK);
  return tn_run_op(d->engine, op, tn_obj(&d->args, "iterations", iterations), &call, &d->result, &d->error);
}

static void a_long_one_tells_how_far_it_is_and_can_be_interrupted(void **state) {
  desk *d = *state;
  told t = {0};
  d->random = 3;
  make_ring(d, 50);
  assert_status(run_told(d, &t, 1000), TN_OK);
  assert_true(t.times > 5 && t.done > 500 && t.total == 1000);
  assert_string_equal(t.what, "iterations");
  t = (told){.engine = d->engine};
  assert_status(run_told(d, &t, INT64_C(1000000000000)), TN_INTERRUPTED);
}

static void every_algorithm_is_refused_without_the_memory_it_takes(void **state) {
  static const char *const ops[] = {"bfs",
                                    "sssp",
                                    "pagerank",
                                    "wcc",
                                    "scc",
                                    "cdlp",
                                    "lcc",
                                    "triangles",
                                    "degree_centrality",
                                    "topological_sort",
                                    "find_cycle"};
  desk *d = *state;
  d->random = 5;
  make_ring(d, 40);
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
    bool from = i < 2, refused = false;
    for (int64_t bytes = 1;; bytes += 16) {
      tn_status status = from ? RUN(d, ops[i], "from", d->ids[0], "max_memory_bytes", bytes)
                              : RUN(d, ops[i], "max_memory_bytes", bytes);
      if (status == TN_OK || (status == TN_CONSTRAINT && refused)) break;
      assert_status(status, TN_LIMIT);
      assert_string_equal(d->error.where, "max_memory_bytes");
      refused = true;
    }
    assert_true(refused);
  }
}

static void a_write_txn_asks_its_own_changes_and_nobody_else_does(void **state) {
  desk *d = *state;
  tn_txn *txn;
  int64_t value = 0;
  d->random = 5;
  make_ring(d, 3);
  assert_status(RUN(d, "wcc", "limit", 10), TN_OK);
  assert_status(tn_begin(d->engine, TN_WRITE, NULL, &txn, &d->error), TN_OK);
  assert_status(tn_do(txn, "g", "create_node", tn_obj(&d->args, "labels", "N"), &d->result, &d->error), TN_OK);
  assert_status(tn_do(txn, "g", "wcc", TN_NO_VALUE, &d->result, &d->error), TN_OK);
  assert_int_equal(tn_count(d->result.value), 4);
  tn_abort(txn);
  assert_status(RUN(d, "wcc", "order", "id"), TN_OK);
  assert_int_equal(tn_count(d->result.value), 3);
  (void)tn_get_int(tn_item(d->result.value, 2), "value", &value);
  assert_int_equal(value, d->ids[0]);
}

/* ---- networkx ---------------------------------------------------------------------------------- */

#define PYTHON "tests/support/networkx_answers.py"

/* Writes the graph, and reads lines "OP NODE VALUE" that the other says about it. */
static void compare_with_networkx(desk *d, FILE *answers) {
  char op[32];
  int node;
  double values[NAIVE_NODES_MAX], value;
  int count = 0, seen = 0;
  for (; fscanf(answers, "%31s %d %lf", op, &node, &value) == 3; seen++) {
    assert_int_equal(node, count);
    values[count++] = value;
    if (count < d->net.count) continue;
    bool from = strcmp(op, "bfs") == 0 || strcmp(op, "sssp") == 0;
    tn_status status = from                          ? RUN(d, op, "from", d->ids[0], "weight", "w")
                       : strcmp(op, "pagerank") == 0 ? RUN(d, op, "iterations", 300)
                       : strcmp(op, "lcc") == 0      ? RUN(d, op, "direction", "both")
                                                     : RUN(d, op, "order", "id");
    if (strcmp(op, "bfs") == 0) status = RUN(d, op, "from", d->ids[0]);
    assert_status(status, TN_OK);
    assert_values(d, op, values, strstr(op, "cc") == op + 1 && *op != 'l', 1e-9);
    count = 0;
  }
  assert_int_equal(count, 0);
  assert_int_equal(seen, 8 * d->net.count);
}

static void write_graph(const desk *d, FILE *out) {
  fprintf(out, "%d\n", d->net.count);
  for (int i = 0; i < d->net.arc_count; i++)
    fprintf(out, "%d %d %.17g\n", d->net.arcs[i].from, d->net.arcs[i].to, d->net.arcs[i].weight);
}

static void algorithms_answer_what_networkx_does(void **state) {
  desk *d = *state;
  if (system("python3 -c 'import networkx' 2>/dev/null") != 0) {
    print_message("python3 has no networkx: nothing is compared with it\n");
    skip();
  }
  for (int i = 0; i < 3; i++) {
    char path[] = "/tmp/tenon-networkx-XXXXXX", command[128];
    d->random = 100 + (uint64_t)i;
    make_graph(d, true);
    int file = mkstemp(path);
    assert_true(file >= 0);
    FILE *graph = fdopen(file, "w");
    write_graph(d, graph);
    assert_int_equal(fclose(graph), 0);
    (void)snprintf(command, sizeof command, "python3 " PYTHON " <%s", path);
    FILE *answers = popen(command, "r");
    assert_non_null(answers);
    compare_with_networkx(d, answers);
    assert_int_equal(pclose(answers), 0);
    assert_int_equal(remove(path), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(algorithms_answer_what_naive_ones_do_on_random_graphs, setup, teardown),
      cmocka_unit_test_setup_teardown(a_limit_takes_the_best_of_all_rows, setup, teardown),
      cmocka_unit_test_setup_teardown(groups_hold_every_node_once_the_largest_first, setup, teardown),
      cmocka_unit_test_setup_teardown(a_long_one_ends_with_limit_when_its_time_is_over, setup, teardown),
      cmocka_unit_test_setup_teardown(reading_the_graph_counts_as_time_too, setup, teardown),
      cmocka_unit_test_setup_teardown(a_long_one_tells_how_far_it_is_and_can_be_interrupted, setup, teardown),
      cmocka_unit_test_setup_teardown(every_algorithm_is_refused_without_the_memory_it_takes, setup, teardown),
      cmocka_unit_test_setup_teardown(a_write_txn_asks_its_own_changes_and_nobody_else_does, setup, teardown),
      cmocka_unit_test_setup_teardown(algorithms_answer_what_networkx_does, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
