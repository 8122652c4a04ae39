/* The graph against a naive one of this file's, under random changes, aborts and reopening; and its cases that older
 * systems got wrong. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/graph/key.h"
#include "support/assert_status.h"
#include "support/folder.h"
#include "tenon.h"

#define CONFIG                                                                                                \
  "{\"models\": {\"g\": {\"type\": \"graph\"}}, \"storage\": {\"type\": \"file\"}, \"durability\": \"none\"," \
  " \"service_thread\": false}"

/* ---- the engine -------------------------------------------------------------------------------- */

typedef struct desk {
  folder data;
  tn_engine *engine;
  tn_txn *txn; /* open, or NULL */
  tn_builder args;
  tn_result result;
  tn_error error;
} desk;

static void open_desk(desk *d) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  tn_error error = TN_ERROR_INIT;
  options.config_text = CONFIG;
  options.data = d->data.path;
  tn_status status = tn_open(NULL, &options, &d->engine, &error);
  assert_string_equal(error.text, "");
  assert_status(status, TN_OK);
}

static int setup(void **state) {
  desk *d = calloc(1, sizeof *d);
  if (!d || !folder_make(&d->data)) return 1;
  d->args = (tn_builder)TN_BUILDER_INIT;
  d->result = (tn_result)TN_RESULT_INIT;
  open_desk(d);
  *state = d;
  return 0;
}

static int teardown(void **state) {
  desk *d = *state;
  tn_status status = tn_close(d->engine, NULL);
  tn_builder_free(&d->args);
  tn_result_free(&d->result);
  folder_remove(&d->data);
  free(d);
  return status == TN_OK ? 0 : 1;
}

static tn_status do_op(desk *d, const char *op, tn_value args) {
  d->error = (tn_error)TN_ERROR_INIT;
  return d->txn ? tn_do(d->txn, "g", op, args, &d->result, &d->error)
                : tn_run(d->engine, "g", op, args, &d->result, &d->error);
}

#define DO(d, op, ...) do_op((d), (op), tn_obj(&(d)->args, __VA_ARGS__))

static void print_problem(void *arg, const char *line) { (void)arg, (void)fprintf(stderr, "%s\n", line); }

static void assert_sound(desk *d) {
  tn_error error = TN_ERROR_INIT;
  assert_status(tn_check(d->engine, print_problem, NULL, NULL, &error), TN_OK);
}

static void digest_of(desk *d, char *out) {
  tn_slice text = {"", 0};
  assert_status(tn_stats(d->engine, &d->result, &d->error), TN_OK);
  assert_status(tn_get_string(d->result.value, "digest", &text), TN_OK);
  (void)snprintf(out, 33, "%.*s", (int)text.size, (const char *)text.data);
}

static void reopen(desk *d) {
  char before[33], after[33];
  digest_of(d, before);
  assert_status(tn_close(d->engine, NULL), TN_OK);
  open_desk(d);
  digest_of(d, after);
  assert_string_equal(after, before);
}

static int64_t result_int(const desk *d) {
  int64_t n = -1;
  assert_true(tn_as_int(d->result.value, &n));
  return n;
}

static int64_t degree(desk *d, int64_t id, const char *direction) {
  assert_status(DO(d, "degree", "id", id, "direction", direction), TN_OK);
  return result_int(d);
}

/* ---- the naive graph --------------------------------------------------------------------------- */

#define NODES_MAX 700
#define EDGES_MAX 20000
#define TYPES 3

static const char *const type_names[TYPES] = {"A", "B", "C"};

typedef struct naive_edge {
  int64_t from, to, id; /* id 0 = bare */
  int type;
  int64_t weight; /* -1: no properties */
} naive_edge;

typedef struct naive {
  bool there[NODES_MAX + 1]; /* by id */
  int64_t last_node;
  naive_edge edges[EDGES_MAX];
  size_t edge_count;
  int64_t last_edge;
} naive;

typedef struct world {
  desk *d;
  naive now, before; /* `before`: as it was when the txn began */
  uint64_t random;
} world;

static uint64_t draw(world *w, uint64_t below) {
  w->random ^= w->random << 13;
  w->random ^= w->random >> 7;
  w->random ^= w->random << 17;
  return w->random % below;
}

/* Low ids often, so that some nodes have very many edges. */
static int64_t draw_node(world *w) {
  int64_t last = w->now.last_node > 0 ? w->now.last_node : 1;
  return draw(w, 3) == 0 ? 1 + (int64_t)draw(w, 3) : 1 + (int64_t)draw(w, (uint64_t)last);
}

static bool is_there(const naive *n, int64_t id) { return id >= 1 && id <= n->last_node && n->there[id]; }

static bool has_bare(const naive *n, int64_t from, int type, int64_t to) {
  for (size_t i = 0; i < n->edge_count; i++)
    if (n->edges[i].from == from && n->edges[i].to == to && n->edges[i].type == type && n->edges[i].id == 0)
      return true;
  return false;
}

/* ---- steps, done to both ----------------------------------------------------------------------- */

static void create_node(world *w) {
  if (w->now.last_node == NODES_MAX) return;
  assert_status(DO(w->d, "create_node", "labels", "N"), TN_OK);
  assert_int_equal(result_int(w->d), ++w->now.last_node);
  w->now.there[w->now.last_node] = true;
}

static void create_edge(world *w) {
  naive *n = &w->now;
  int64_t from = draw_node(w), to = draw_node(w), weight = draw(w, 4) == 0 ? (int64_t)draw(w, 100) : -1;
  int type = (int)draw(w, TYPES);
  tn_builder props = TN_BUILDER_INIT;
  if (n->edge_count == EDGES_MAX) return;
  tn_object_begin(&props);
  if (weight >= 0) tn_set(&props, "w", weight);
  tn_end(&props);
  tn_status status =
      DO(w->d, "create_edge", "from", from, "to", to, "type", type_names[type], "props", tn_built(&props));
  tn_builder_free(&props);
  if (!is_there(n, from) || !is_there(n, to)) {
    assert_status(status, TN_NOT_FOUND);
    assert_string_equal(w->d->error.where, is_there(n, from) ? "to" : "from");
    return;
  }
  assert_status(status, TN_OK);
  naive_edge edge = {from, to, 0, type, weight};
  if (weight >= 0 || has_bare(n, from, type, to)) {
    edge.id = ++n->last_edge;
    assert_int_equal(result_int(w->d), edge.id);
  } else {
    assert_int_equal(tn_count(w->d->result.value), 3);
  }
  n->edges[n->edge_count++] = edge;
}

/* Several of one type in one command. */
static void create_edges(world *w) {
  naive *n = &w->now;
  tn_builder edges = TN_BUILDER_INIT;
  int type = (int)draw(w, TYPES);
  size_t count = 1 + draw(w, 60), first = n->edge_count;
  bool fine = true;
  if (n->edge_count + count > EDGES_MAX) return;
  tn_array_begin(&edges);
  for (size_t i = 0; i < count; i++) {
    naive_edge edge = {draw_node(w), draw_node(w), 0, type, draw(w, 6) == 0 ? (int64_t)draw(w, 100) : -1};
    fine = fine && is_there(n, edge.from) && is_there(n, edge.to);
    tn_array_begin(&edges);
    tn_add(&edges, edge.from);
    tn_add(&edges, edge.to);
    if (edge.weight >= 0) {
      tn_object_begin(&edges);
      tn_set(&edges, "w", edge.weight);
      tn_end(&edges);
    }
    tn_end(&edges);
    if (edge.weight >= 0 || has_bare(n, edge.from, type, edge.to)) edge.id = n->last_edge + 1;
    n->last_edge += edge.id != 0;
    n->edges[n->edge_count++] = edge;
  }
  tn_end(&edges);
  int64_t last = n->last_edge;
  tn_status status = DO(w->d, "create_edges", "edges", tn_built(&edges), "type", type_names[type]);
  tn_builder_free(&edges);
  assert_status(status, fine ? TN_OK : TN_NOT_FOUND);
  if (fine) return;
  for (size_t i = first; i < n->edge_count; i++) last -= n->edges[i].id != 0;
  n->last_edge = last;
  n->edge_count = first;
}

static tn_value name_edge(tn_builder *b, const naive_edge *edge) {
  tn_builder_clear(b);
  if (edge->id != 0)
    tn_add(b, edge->id);
  else
    return tn_arr(b, edge->from, type_names[edge->type], edge->to);
  return tn_built(b);
}

static void delete_edge(world *w) {
  tn_builder name = TN_BUILDER_INIT;
  if (w->now.edge_count == 0) return;
  size_t at = draw(w, w->now.edge_count);
  assert_status(DO(w->d, "delete_edge", "edge", name_edge(&name, &w->now.edges[at])), TN_OK);
  w->now.edges[at] = w->now.edges[--w->now.edge_count];
  tn_builder_free(&name);
}

static void set_edge(world *w) {
  tn_builder name = TN_BUILDER_INIT, props = TN_BUILDER_INIT;
  if (w->now.edge_count == 0) return;
  naive_edge *edge = &w->now.edges[draw(w, w->now.edge_count)];
  int64_t weight = (int64_t)draw(w, 100);
  assert_status(DO(w->d, "set", "edge", name_edge(&name, edge), "props", tn_obj(&props, "w", weight)), TN_OK);
  edge->weight = weight;
  if (edge->id == 0) edge->id = ++w->now.last_edge;
  assert_int_equal(result_int(w->d), edge->id);
  tn_builder_free(&name);
  tn_builder_free(&props);
}

static int64_t edges_of(const naive *n, int64_t id) {
  int64_t count = 0;
  for (size_t i = 0; i < n->edge_count; i++) count += n->edges[i].from == id || n->edges[i].to == id;
  return count;
}

static void delete_node(world *w) {
  int64_t id = draw_node(w), edges = edges_of(&w->now, id);
  bool detach = draw(w, 2) == 0;
  tn_status status = DO(w->d, "delete_node", "id", id, "detach", detach);
  if (!is_there(&w->now, id)) {
    assert_status(status, TN_NOT_FOUND);
    return;
  }
  if (!detach && edges > 0) {
    char said[64];
    (void)snprintf(said, sizeof said, "has %" PRId64 " edge", edges);
    assert_status(status, TN_CONSTRAINT);
    assert_non_null(strstr(w->d->error.text, said));
    return;
  }
  assert_status(status, TN_OK);
  assert_int_equal(result_int(w->d), edges);
  w->now.there[id] = false;
  for (size_t i = w->now.edge_count; i-- > 0;)
    if (w->now.edges[i].from == id || w->now.edges[i].to == id) w->now.edges[i] = w->now.edges[--w->now.edge_count];
}

static void step(world *w) {
  uint64_t what = draw(w, 1000);
  if (what < 60)
    create_node(w);
  else if (what < 690)
    create_edge(w);
  else if (what < 700)
    create_edges(w);
  else if (what < 860)
    delete_edge(w);
  else if (what < 990)
    set_edge(w);
  else
    delete_node(w);
}

/* ---- comparing --------------------------------------------------------------------------------- */

static size_t count_arcs(const naive *n, int64_t id, bool out, bool in) {
  size_t count = 0;
  for (size_t i = 0; i < n->edge_count; i++)
    count += (size_t)(out && n->edges[i].from == id) + (size_t)(in && n->edges[i].to == id);
  return count;
}

static bool row_is(tn_value row, int64_t id, const naive_edge *edge) {
  int64_t other = 0, name = 0;
  tn_slice type = {"", 0}, direction = {"", 0};
  (void)tn_get_int(row, "id", &other);
  (void)tn_get_int(row, "edge", &name);
  (void)tn_get_string(row, "type", &type);
  (void)tn_get_string(row, "direction", &direction);
  bool out = direction.size == 3;
  return name == edge->id && memcmp(type.data, type_names[edge->type], 1) == 0 &&
         (out ? edge->from == id && edge->to == other : edge->to == id && edge->from == other);
}

static void assert_row_known(const naive *n, int64_t id, tn_value row) {
  for (size_t i = 0; i < n->edge_count; i++)
    if (row_is(row, id, &n->edges[i])) return;
  fail_msg("node %" PRId64 " has an edge that it should not have", id);
}

/* Page by page; each row is an edge of the naive graph, no two are the same, and there are as many. */
static void assert_neighbors(world *w, int64_t id) {
  tn_result last = TN_RESULT_INIT;
  size_t rows = 0;
  tn_builder after = TN_BUILDER_INIT;
  char before[128] = "";
  (void)last;
  for (;;) {
    tn_builder_clear(&w->d->args);
    tn_object_begin(&w->d->args);
    tn_set(&w->d->args, "id", id);
    tn_set(&w->d->args, "direction", "both");
    tn_set(&w->d->args, "limit", 37);
    if (rows > 0) tn_set(&w->d->args, "after", tn_built(&after));
    tn_end(&w->d->args);
    assert_status(do_op(w->d, "neighbors", tn_built(&w->d->args)), TN_OK);
    size_t count = tn_count(w->d->result.value);
    for (tn_iter it = tn_iter_of(w->d->result.value); tn_iter_next(&it);) {
      char now[128];
      tn_slice text;
      assert_row_known(&w->now, id, it.value);
      assert_status(tn_encode("json", it.value, &text, NULL), TN_OK);
      (void)snprintf(now, sizeof now, "%.*s", (int)text.size, (const char *)text.data);
      assert_string_not_equal(now, before);
      (void)snprintf(before, sizeof before, "%s", now);
      tn_text_free(text);
    }
    rows += count;
    if (count == 0) break;
    tn_builder_clear(&after);
    tn_add(&after, tn_item(w->d->result.value, (uint32_t)count - 1));
  }
  assert_int_equal(rows, count_arcs(&w->now, id, true, true));
  tn_builder_free(&after);
}

static void compare(world *w) {
  for (int64_t id = 1; id <= w->now.last_node; id += id < 4 ? 1 : 1 + (int64_t)draw(w, 40)) {
    if (!is_there(&w->now, id)) {
      assert_status(DO(w->d, "get", "id", id), TN_NOT_FOUND);
      continue;
    }
    assert_int_equal(degree(w->d, id, "out"), count_arcs(&w->now, id, true, false));
    assert_int_equal(degree(w->d, id, "in"), count_arcs(&w->now, id, false, true));
    assert_neighbors(w, id);
  }
}

static void random_rounds(desk *d, uint64_t seed, int rounds, int steps) {
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->d = d;
  w->random = seed;
  for (int round = 0; round < rounds; round++) {
    memcpy(&w->before, &w->now, sizeof w->now);
    assert_status(tn_begin(d->engine, TN_WRITE, NULL, &d->txn, &d->error), TN_OK);
    for (int i = 0; i < steps; i++) step(w);
    if (round % 5 == 4) {
      tn_abort(d->txn);
      memcpy(&w->now, &w->before, sizeof w->now);
    } else {
      assert_status(tn_commit(d->txn, NULL, &d->error), TN_OK);
    }
    d->txn = NULL;
    compare(w);
    if (round % 8 == 7) assert_sound(d);
    if (round % 8 == 7) reopen(d);
  }
  free(w);
}

static void random_changes_are_those_of_a_naive_graph(void **state) {
  for (uint64_t seed = 1; seed <= 2; seed++) {
    print_message("seed %" PRIu64 "\n", seed);
    random_rounds(*state, seed * 0x9e3779b97f4a7c15u, 24, 400);
    assert_int_equal(teardown(state), 0);
    assert_int_equal(setup(state), 0);
  }
}

/* ---- very many edges of one node ---------------------------------------------------------------- */

#define HUB_EDGES 5000

static void make_hub(desk *d) {
  assert_status(tn_begin(d->engine, TN_WRITE, NULL, &d->txn, &d->error), TN_OK);
  for (int i = 0; i <= HUB_EDGES; i++) assert_status(DO(d, "create_node", "labels", "N"), TN_OK);
  for (int64_t i = 0; i < HUB_EDGES; i++)
    assert_status(DO(d, "create_edge", "from", 1, "to", 2 + i * 1231 % HUB_EDGES, "type", "T"), TN_OK);
  assert_status(tn_commit(d->txn, NULL, &d->error), TN_OK);
  d->txn = NULL;
}

static void a_side_that_grows_and_shrinks_stays_sound(void **state) {
  desk *d = *state;
  tn_builder name = TN_BUILDER_INIT;
  make_hub(d);
  assert_sound(d);
  for (int64_t i = 0; i < HUB_EDGES; i++) {
    int64_t to = 2 + i * 3 % HUB_EDGES;
    if (i % 500 == 0 && i > 0) assert_int_equal(degree(d, 1, "out"), HUB_EDGES - i);
    if (i % 500 == 0) assert_sound(d);
    assert_status(DO(d, "delete_edge", "edge", tn_arr(&name, 1, "T", to)), TN_OK);
  }
  assert_int_equal(degree(d, 1, "out"), 0);
  assert_sound(d);
  tn_builder_free(&name);
}

static void parallel_edges_beyond_a_chunk_are_told_apart(void **state) {
  desk *d = *state;
  for (int i = 0; i < 2; i++) assert_status(DO(d, "create_node", "labels", "N"), TN_OK);
  for (int i = 0; i < 3000; i++) assert_status(DO(d, "create_edge", "from", 1, "to", 2, "type", "T"), TN_OK);
  assert_int_equal(degree(d, 2, "in"), 3000);
  assert_sound(d);
  for (int64_t id = 2999; id > 0; id -= 2) assert_status(DO(d, "delete_edge", "edge", id), TN_OK);
  assert_int_equal(degree(d, 2, "in"), 1500);
  assert_status(DO(d, "delete_edge", "edge", 2999), TN_NOT_FOUND);
  assert_sound(d);
}

static void a_node_with_very_many_edges_goes_in_one_command(void **state) {
  desk *d = *state;
  make_hub(d);
  assert_status(DO(d, "delete_node", "id", 1), TN_CONSTRAINT);
  assert_non_null(strstr(d->error.text, "5000 edges"));
  assert_status(DO(d, "delete_node", "id", 1, "detach", (_Bool)1), TN_OK);
  assert_int_equal(result_int(d), HUB_EDGES);
  assert_int_equal(degree(d, 2, "both"), 0);
  assert_sound(d);
  reopen(d);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(random_changes_are_those_of_a_naive_graph, setup, teardown),
      cmocka_unit_test_setup_teardown(a_side_that_grows_and_shrinks_stays_sound, setup, teardown),
      cmocka_unit_test_setup_teardown(parallel_edges_beyond_a_chunk_are_told_apart, setup, teardown),
      cmocka_unit_test_setup_teardown(a_node_with_very_many_edges_goes_in_one_command, setup, teardown),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
