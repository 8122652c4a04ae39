/* The graph where something is wrong: maps that no operation would leave so are told by its check; every operation
 * bears that memory is refused, once at each place; values too long for an index. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"
#include "core/exec.h"
#include "core/work.h"
#include "models/graph/check.h"
#include "models/graph/edge.h"
#include "models/graph/rules.h"
#include "support/assert_status.h"
#include "tenon.h"

#define CONFIG                                                                        \
  "{\"models\": {\"g\": {\"type\": \"graph\"}}, \"storage\": {\"type\": \"memory\"}," \
  " \"durability\": \"none\", \"service_thread\": false}"
#define PROBLEMS_SIZE (1 << 17)
#define REQUESTS_MAX 20000

/* Refuses one request. */
typedef struct meagre {
  tn_memory memory;
  uint64_t requests, refused;
} meagre;

typedef struct desk {
  tn_engine *engine;
  tn_txn *txn;
  meagre memory;
  tn_builder args;
  tn_result result;
  tn_error error;
  char problems[PROBLEMS_SIZE]; /* one a line */
} desk;

static void *resize(void *context, void *data, size_t old_size, size_t new_size) {
  meagre *m = context;
  const tn_memory *system = tn_memory_system();
  if (new_size > old_size && ++m->requests == m->refused) return NULL;
  return system->resize(system->context, data, old_size, new_size);
}

static int setup(void **state) {
  desk *d = calloc(1, sizeof *d);
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  if (!d) return 1;
  d->memory.memory = (tn_memory){resize, &d->memory};
  options.config_text = CONFIG;
  options.memory = &d->memory.memory;
  d->args = (tn_builder)TN_BUILDER_INIT;
  d->result = (tn_result)TN_RESULT_INIT;
  *state = d;
  return tn_open(NULL, &options, &d->engine, NULL) == TN_OK ? 0 : 1;
}

static int teardown(void **state) {
  desk *d = *state;
  tn_result_free(&d->result);
  tn_status status = tn_close(d->engine, NULL);
  tn_builder_free(&d->args);
  free(d);
  return status == TN_OK ? 0 : 1;
}

static tn_value read_json(desk *d, const char *json) {
  assert_status(tn_decode("json", (tn_slice){json, strlen(json)}, &d->args, NULL, &d->error), TN_OK);
  return tn_built(&d->args);
}

static void request(desk *d, const char *json) {
  tn_status status = tn_request(d->engine, read_json(d, json), NULL, &d->result, &d->error);
  if (status != TN_OK) fail_msg("%s: %s", json, d->error.text);
}

/* Nodes 1 to 4; edges 1 A 2 bare, 1 A 2 as edge 1, 2 B 2 with a property as edge 2, and 600 more from 1 to 4. */
static void make_graph(desk *d) {
  request(d, "[\"g\",\"create_constraint\",[\"unique\",\"P\",\"n\"]]");
  request(d, "[\"g\",\"create_constraint\",[\"required\",\"P\",\"n\"]]");
  request(d, "[\"g\",\"create_nodes\",[[{\"n\":1,\"t\":[\"x\"]},{\"n\":2},{\"n\":3}],[\"P\",\"Q\"]]]");
  request(d, "[\"g\",\"create_index\",[\"P\",\"t\"]]");
  request(d, "[\"g\",\"create_node\",[]]");
  request(d, "[\"g\",\"create_edges\",[[[1,2],[1,2]],\"A\"]]");
  request(d, "[\"g\",\"create_edge\",[2,2,\"B\",{\"w\":1}]]");
  for (int i = 0; i < 600; i++) request(d, "[\"g\",\"create_edge\",[1,4,\"C\"]]");
}

/* ---- damage ------------------------------------------------------------------------------------ */

static tn_status take_problem(void *arg, tn_value row) {
  desk *d = arg;
  tn_slice text = {"", 0};
  size_t used = strlen(d->problems);
  assert_true(tn_as_string(row, &text));
  (void)snprintf(d->problems + used, sizeof d->problems - used, "%.*s\n", (int)text.size, (const char *)text.data);
  return TN_OK;
}

static tn_status run_check(tn_ctx *ctx, void *arg) {
  (void)arg;
  return tni_graph_check_all(ctx, tn_builder_for(ctx));
}

/* Runs a function on the working state, which a write txn holds. */
static void within(desk *d, tni_slot_fn fn, void *arg, bool writable) {
  tni_pin pin;
  assert_status(tni_pin_take(d->engine->state, &pin), TN_OK);
  tni_env env = tni_env_pinned(d->engine, pin.version);
  env.roots = tni_state_working(d->engine->state);
  env.writable = writable;
  tn_status status =
      tni_exec_slot(&env, &d->engine->catalog.instances[0], fn, arg, (tni_sink){take_problem, d}, &d->error);
  tni_pin_drop(d->engine->state, &pin);
  if (status != TN_OK) fail_msg("%s: %s", tn_status_name(status), d->error.text);
}

static tn_status put_value(tn_ctx *ctx, uint32_t map, tn_slice key, const char *json) {
  tn_builder value = TN_BUILDER_INIT;
  assert_status(tn_decode("json", (tn_slice){json, strlen(json)}, &value, NULL, NULL), TN_OK);
  tn_status status = tn_map_put(ctx, map, key, tn_value_bytes(tn_built(&value)));
  tn_builder_free(&value);
  return status;
}

#define KEY(...) \
  tn_slice key;  \
  assert_status(tn_key(ctx, &key, __VA_ARGS__), TN_OK)

static tn_status put_bytes(tn_ctx *ctx, tn_slice key, const char *bytes, size_t size) {
  return tn_map_put(ctx, TNI_GRAPH_ADJACENCY, key, (tn_slice){bytes, size});
}

static tn_status lose_a_node(tn_ctx *ctx, void *arg) {
  KEY(4);
  (void)arg;
  return tn_map_delete(ctx, TNI_GRAPH_NODES, key);
}
static tn_status bend_a_node(tn_ctx *ctx, void *arg) {
  KEY(3);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_NODES, key, "[[1,2],7]");
}
static tn_status label_unheard_of(tn_ctx *ctx, void *arg) {
  KEY(4);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_NODES, key, "[[9],{}]");
}
static tn_status lose_a_membership(tn_ctx *ctx, void *arg) {
  KEY(1, 3);
  (void)arg;
  return tn_map_delete(ctx, TNI_GRAPH_LABELS, key);
}
static tn_status add_a_membership(tn_ctx *ctx, void *arg) {
  KEY(1, 4);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_LABELS, key, "null");
}
static tn_status low_last_id(tn_ctx *ctx, void *arg) {
  KEY("node");
  (void)arg;
  return put_value(ctx, TNI_GRAPH_META, key, "3");
}
static tn_status wrong_count_of_nodes(tn_ctx *ctx, void *arg) {
  KEY("nodes", 1);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_META, key, "7");
}
static tn_status wrong_count_of_edges(tn_ctx *ctx, void *arg) {
  KEY("edges", 1);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_META, key, "1");
}
static tn_status two_numbers_of_a_name(tn_ctx *ctx, void *arg) {
  KEY("type", "A");
  (void)arg;
  return put_value(ctx, TNI_GRAPH_NAMES, key, "2");
}
static tn_status lose_an_edge(tn_ctx *ctx, void *arg) {
  KEY(2);
  (void)arg;
  return tn_map_delete(ctx, TNI_GRAPH_EDGES, key);
}
static tn_status turn_an_edge(tn_ctx *ctx, void *arg) {
  KEY(2);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_EDGES, key, "[2,1,2,{}]");
}
static tn_status add_an_edge(tn_ctx *ctx, void *arg) {
  KEY(9999);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_EDGES, key, "[1,1,2,{}]");
}
static tn_status lose_a_head(tn_ctx *ctx, void *arg) {
  KEY(2, -1);
  (void)arg;
  return tn_map_delete(ctx, TNI_GRAPH_ADJACENCY, key);
}
static tn_status one_sided_arc(tn_ctx *ctx, void *arg) {
  tni_graph_editor editor;
  (void)arg;
  tni_graph_editor_init(&editor, ctx);
  return tni_graph_link(&editor, 3, 1, (tni_graph_arc){4, 0});
}
static tn_status arc_to_nowhere(tn_ctx *ctx, void *arg) {
  tni_graph_editor editor;
  (void)arg;
  tni_graph_editor_init(&editor, ctx);
  return tni_graph_link(&editor, 3, 1, (tni_graph_arc){77, 0});
}
static tn_status bend_a_head(tn_ctx *ctx, void *arg) {
  KEY(1, 1);
  (void)arg;
  return put_bytes(ctx, key, "\x01\x01\x09\x00\x02", 5);
}
static tn_status wrong_degree(tn_ctx *ctx, void *arg) {
  KEY(1, 3);
  (void)arg;
  return put_bytes(ctx, key, "\0\0\0\0\x09\0\0\0\0\0\0\0", 12);
}
static tn_status lose_a_first_chunk(tn_ctx *ctx, void *arg) {
  KEY(1, 3, 0);
  (void)arg;
  return tn_map_delete(ctx, TNI_GRAPH_ADJACENCY, key);
}
static tn_status stray_chunk(tn_ctx *ctx, void *arg) {
  KEY(1, 1, 2);
  (void)arg;
  return put_bytes(ctx, key, "\x00\x01\x01\x00\x02", 5);
}
static tn_status arcs_out_of_order(tn_ctx *ctx, void *arg) {
  KEY(1, 1);
  (void)arg;
  return put_bytes(ctx, key, "\x11\x01\x02\x00\x02\x00\x00\x01\x00", 9);
}
static tn_status no_key_of_adjacency(tn_ctx *ctx, void *arg) {
  KEY("x");
  (void)arg;
  return put_bytes(ctx, key, "\x00\x01\x01\x00\x02", 5);
}
static tn_status lose_an_entry(tn_ctx *ctx, void *arg) {
  KEY(2, "x", 1);
  (void)arg;
  return tn_map_delete(ctx, TNI_GRAPH_ENTRIES, key);
}
static tn_status add_an_entry(tn_ctx *ctx, void *arg) {
  KEY(2, "y", 1);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_ENTRIES, key, "null");
}
static tn_status entry_of_no_index(tn_ctx *ctx, void *arg) {
  KEY(7, "y", 1);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_ENTRIES, key, "null");
}
static tn_status no_key_of_entries(tn_ctx *ctx, void *arg) {
  KEY(1, 1);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_ENTRIES, key, "null");
}
static tn_status break_a_constraint(tn_ctx *ctx, void *arg) {
  KEY(3);
  (void)arg;
  return put_value(ctx, TNI_GRAPH_NODES, key, "[[1,2],{}]");
}

static void the_check_tells_what_no_operation_leaves_so(void **state) {
  static const struct {
    tni_slot_fn damage;
    const char *said;
  } cases[] = {
      {lose_a_node, "adjacency: node 4: has edges and is not there\n"},
      {lose_a_node, "adjacency: node 1: has a neighbour that is not there\n"},
      {bend_a_node, "nodes: node 3: is not of the form [[label, ...], {props}]\n"},
      {label_unheard_of, "nodes: node 4: has a label without a name\n"},
      {lose_a_membership, "labels: node 3: a label's entry is missing\n"},
      {add_a_membership, "labels: node 4: does not have this label\n"},
      {low_last_id, "meta: node 4: is above the last id given out\n"},
      {wrong_count_of_nodes, "meta: label 1: its count is wrong\n"},
      {wrong_count_of_edges, "meta: type 1: its count is wrong\n"},
      {two_numbers_of_a_name, "names: number 1: its name has another number\n"},
      {lose_an_edge, "edges: edge 2: is not there\n"},
      {turn_an_edge, "edges: edge 2: is linked between other nodes or with another type\n"},
      {turn_an_edge, "edges: edge 2: is not linked\n"},
      {add_an_edge, "edges: edge 9999: is not linked\n"},
      {add_an_edge, "meta: edge 9999: is above the last id given out\n"},
      {lose_a_head, "adjacency: node 1: an edge is not at its other end\n"},
      {one_sided_arc, "adjacency: node 3: an edge is not at its other end\n"},
      {arc_to_nowhere, "adjacency: node 3: has a neighbour that is not there\n"},
      {bend_a_head, "adjacency: node 1: a head is damaged\n"},
      {wrong_degree, "adjacency: node 1: its degree is wrong\n"},
      {lose_a_first_chunk, "adjacency: node 1: its first chunk does not begin at 0\n"},
      {stray_chunk, "adjacency: node 1: a chunk belongs to no side\n"},
      {arcs_out_of_order, "adjacency: node 1: its neighbours are not in order\n"},
      {no_key_of_adjacency, "adjacency: a key: is not (node, side, neighbour?, edge?)\n"},
      {lose_an_entry, "entries: node 1: an entry of an index is missing\n"},
      {add_an_entry, "entries: node 1: an entry is not of this node\n"},
      {entry_of_no_index, "entries: node 1: an entry belongs to no index\n"},
      {no_key_of_entries, "entries: a key: is not (number, value, id)\n"},
      {break_a_constraint, "nodes: node 3: breaks a constraint\n"},
  };
  desk *d = *state;
  make_graph(d);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_status(tn_begin(d->engine, TN_WRITE, NULL, &d->txn, &d->error), TN_OK);
    d->problems[0] = '\0';
    within(d, run_check, NULL, false);
    assert_string_equal(d->problems, "");
    within(d, cases[i].damage, NULL, true);
    within(d, run_check, NULL, false);
    if (!strstr(d->problems, cases[i].said)) fail_msg("expected %sgot\n%s", cases[i].said, d->problems);
    tn_abort(d->txn);
  }
}

/* ---- memory ------------------------------------------------------------------------------------ */

static void digest_of(desk *d, char *out) {
  tn_slice text = {"", 0};
  assert_status(tn_stats(d->engine, &d->result, &d->error), TN_OK);
  assert_status(tn_get_string(d->result.value, "digest", &text), TN_OK);
  (void)snprintf(out, 33, "%.*s", (int)text.size, (const char *)text.data);
}

/* Within a txn, so that nothing but the operation asks for memory. */
static bool bears_refusal(desk *d, tn_value wanted, uint64_t nth) {
  tn_slice op = {"", 0};
  char name[64];
  assert_true(tn_as_string(tn_item(wanted, 0), &op));
  (void)snprintf(name, sizeof name, "%.*s", (int)op.size, (const char *)op.data);
  assert_status(tn_begin(d->engine, TN_WRITE, NULL, &d->txn, &d->error), TN_OK);
  d->memory.refused = d->memory.requests + nth;
  d->error = (tn_error)TN_ERROR_INIT;
  tn_status status = tn_do(d->txn, "g", name, tn_item(wanted, 1), &d->result, &d->error);
  bool reached = d->memory.requests >= d->memory.refused;
  d->memory.refused = 0;
  if (status != TN_OK && (!reached || status != TN_NOMEM || d->error.text[0] == '\0'))
    fail_msg("%s, request %d: %s: %s", name, (int)nth, tn_status_name(status), d->error.text);
  if (status != TN_OK) {
    d->problems[0] = '\0';
    within(d, run_check, NULL, false);
    assert_string_equal(d->problems, "");
  }
  tn_abort(d->txn);
  return reached;
}

static void every_operation_bears_that_memory_is_refused(void **state) {
  static const char *const requests[] = {
      "[\"create_node\",[[\"P\",\"New\"],{\"n\":9,\"t\":[1,2]}]]",
      "[\"create_edge\",[1,3,\"Fresh\",{\"w\":1}]]",
      "[\"create_edge\",[3,1,\"A\"]]",
      "[\"create_edge\",[1,4,\"C\"]]",
      "[\"create_nodes\",[[{\"n\":8},{\"n\":9}],\"P\"]]",
      "[\"create_edges\",[[[1,3],[3,3],[1,2]],\"A\"]]",
      "[\"set\",[1,null,{\"n\":11,\"t\":\"y\"},[\"R\"]]]",
      "[\"set\",[null,[1,\"A\",2],{\"w\":1}]]",
      "[\"remove\",[1,null,[\"t\"],[\"Q\"]]]",
      "[\"delete_node\",[1,true]]",
      "[\"delete_edge\",[2]]",
      "[\"merge_node\",[\"P\",{\"n\":2},{\"x\":1}]]",
      "[\"merge_edge\",[1,2,\"A\",{\"w\":7}]]",
      "[\"load_nodes\",[{\"n\":2,\"y\":1},\"P\",\"n\"]]",
      "[\"load_edges\",[1,3,\"A\",{},\"n\",\"P\"]]",
      "[\"load\",{\"from\":1,\"type\":\"A\",\"to\":3,\"edge\":99999}]",
      "[\"create_constraint\",[\"type\",\"P\",\"n\",\"int\"]]",
      "[\"create_index\",[\"Q\",\"n\"]]",
      "[\"drop_index\",[\"P\",\"t\"]]",
      "[\"list_constraints\",[]]",
      "[\"find\",[\"P\",{\"n\":{\"$gt\":1},\"_labels\":\"Q\"}]]",
      "[\"count\",[\"Q\",{\"n\":1}]]",
      "[\"neighbors\",{\"id\":1,\"direction\":\"both\",\"nodes\":true,\"limit\":5,\"where_edge\":{\"_type\":\"A\"}}]",
      "[\"degree\",[1,\"both\"]]",
      "[\"expand\",[1,\"both\"]]",
      "[\"expand\",{\"from\":1,\"unique\":\"paths\",\"max\":2,\"limit\":9}]",
      "[\"reach\",[1]]",
      "[\"shortest_path\",[1,4]]",
      "[\"shortest_path\",[2,4,\"both\",null,\"w\"]]",
      "[\"all_paths\",{\"from\":1,\"to\":4,\"limit\":3}]",
      "[\"subgraph\",[2,1,\"both\",\"A\"]]",
      "[\"dot\",[2,1]]",
      "[\"stats\",[]]",
      "[\"bfs\",[1,\"both\"]]",
      "[\"sssp\",{\"from\":1,\"types\":\"A\",\"weight\":\"w\",\"limit\":3,\"nodes\":true}]",
      "[\"pagerank\",{\"iterations\":2,\"limit\":3}]",
      "[\"wcc\",[]]",
      "[\"scc\",{\"groups\":true}]",
      "[\"cdlp\",{\"types\":[\"A\",\"B\"],\"iterations\":2}]",
      "[\"lcc\",{\"direction\":\"both\",\"limit\":2}]",
      "[\"triangles\",[]]",
      "[\"degree_centrality\",[\"in\"]]",
      "[\"topological_sort\",[\"out\",\"A\"]]",
      "[\"find_cycle\",[]]",
  };
  desk *d = *state;
  char before[33], after[33];
  make_graph(d);
  digest_of(d, before);
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    tn_builder wanted = TN_BUILDER_INIT;
    uint64_t nth = 1;
    assert_status(tn_decode("json", (tn_slice){requests[i], strlen(requests[i])}, &wanted, NULL, &d->error), TN_OK);
    while (bears_refusal(d, tn_built(&wanted), nth) && nth < REQUESTS_MAX) nth++;
    assert_true(nth < REQUESTS_MAX);
    tn_builder_free(&wanted);
  }
  digest_of(d, after);
  assert_string_equal(after, before);
}

/* ---- long values ------------------------------------------------------------------------------- */

static void a_value_too_long_for_an_index_is_refused_by_name(void **state) {
  desk *d = *state;
  static char text[5000];
  tn_builder props = TN_BUILDER_INIT;
  memset(text, 'x', sizeof text - 1);
  request(d, "[\"g\",\"create_index\",[\"P\",\"bio\"]]");
  tn_value args = tn_arr(&d->args, "P", tn_obj(&props, "bio", (const char *)text));
  assert_status(tn_run(d->engine, "g", "create_node", args, &d->result, &d->error), TN_LIMIT);
  assert_string_equal(d->error.where, "props.bio");
  request(d, "[\"g\",\"drop_index\",[\"P\",\"bio\"]]");
  args = tn_arr(&d->args, "P", tn_obj(&props, "bio", (const char *)text));
  assert_status(tn_run(d->engine, "g", "create_node", args, &d->result, &d->error), TN_OK);
  args = tn_arr(&d->args, "P", "bio");
  assert_status(tn_run(d->engine, "g", "create_index", args, &d->result, &d->error), TN_LIMIT);
  tn_builder_free(&props);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_check_tells_what_no_operation_leaves_so, setup, teardown),
      cmocka_unit_test_setup_teardown(every_operation_bears_that_memory_is_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(a_value_too_long_for_an_index_is_refused_by_name, setup, teardown),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
