/* The graph as plain arrays: they hold what the graph does, are kept until it changes, and are no other txn's. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"
#include "core/exec.h"
#include "core/work.h"
#include "models/graph/csr.h"
#include "support/assert_status.h"
#include "tenon.h"

#define CONFIG                                                                        \
  "{\"models\": {\"g\": {\"type\": \"graph\"}}, \"storage\": {\"type\": \"memory\"}," \
  " \"durability\": \"none\", \"service_thread\": false}"

/* Refuses one request. */
typedef struct meagre {
  tn_memory memory;
  _Atomic uint64_t requests, refused;
} meagre;

typedef struct desk {
  tn_engine *engine;
  meagre memory;
  tn_builder args;
  tn_result result;
  tn_error error;
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
  if (tn_open(NULL, &options, &d->engine, NULL) != TN_OK) return 1;
  d->args = (tn_builder)TN_BUILDER_INIT;
  d->result = (tn_result)TN_RESULT_INIT;
  *state = d;
  return 0;
}

static int teardown(void **state) {
  desk *d = *state;
  tn_status status = tn_close(d->engine, NULL);
  tn_builder_free(&d->args);
  tn_result_free(&d->result);
  free(d);
  return status == TN_OK ? 0 : 1;
}

static void request(desk *d, const char *json) {
  assert_status(tn_decode("json", (tn_slice){json, strlen(json)}, &d->args, NULL, &d->error), TN_OK);
  assert_status(tn_request(d->engine, tn_built(&d->args), NULL, &d->result, &d->error), TN_OK);
}

/* Nodes 1, 2, 4 and 5; edges 1 A 2 (7), 1 A 2 bare, 1 B 2 (3), 1 A 4, 4 B 1 (-2), 5 A 5. */
static void make_graph(desk *d) {
  request(d, "[\"g\",\"create_nodes\",[[{},{},{},{},{}]]]");
  request(d, "[\"g\",\"delete_node\",[3]]");
  request(d, "[\"g\",\"create_edges\",[[[1,2,{\"w\":7}],[1,2],[1,4],[5,5]],\"A\"]]");
  request(d, "[\"g\",\"create_edges\",[[[1,2,{\"w\":3.5}],[4,1,{\"w\":-2}]],\"B\"]]");
}

/* ---- within the graph -------------------------------------------------------------------------- */

typedef struct job {
  tn_status (*fn)(tn_ctx *ctx, void *arg);
  void *arg;
  bool working;
} job;

/* Runs a function as a query of the graph's, on the newest version, or on what a write txn sees. */
static tn_status within(desk *d, job j, tn_error *error) {
  tni_pin pin;
  tn_status status = tni_pin_take(d->engine->state, &pin);
  if (status != TN_OK) return status;
  tni_env env = tni_env_pinned(d->engine, pin.version);
  if (j.working) env.roots = tni_state_working(d->engine->state);
  status = tni_exec_slot(&env, &d->engine->catalog.instances[0], j.fn, j.arg, (tni_sink){NULL, NULL}, error);
  tni_pin_drop(d->engine->state, &pin);
  return status;
}

typedef struct wanted {
  tni_graph_csr_spec spec;
  const tni_graph_csr *lent; /* out: may be gone, only compared */
  void (*look)(const tni_graph_csr *csr);
} wanted;

static tn_status borrow(tn_ctx *ctx, void *arg) {
  wanted *w = arg;
  const tni_graph_csr *csr;
  tn_status status = tni_graph_csr_get(ctx, &w->spec, &csr);
  if (status != TN_OK) return status;
  w->lent = csr;
  if (w->look) w->look(csr);
  tni_graph_csr_put(ctx, csr);
  return TN_OK;
}

static tn_status run(desk *d, wanted *w, bool working) {
  d->error = (tn_error)TN_ERROR_INIT;
  return within(d, (job){borrow, w, working}, &d->error);
}

static tn_value types_of(desk *d, const char *name) { return tn_arr(&d->args, name); }

/* ---- what it holds ----------------------------------------------------------------------------- */

static void assert_run(const uint64_t *start, const uint32_t *items, uint32_t node, const uint32_t *expected,
                       size_t count) {
  assert_int_equal(start[node + 1] - start[node], count);
  for (size_t i = 0; i < count; i++) assert_int_equal(items[start[node] + i], expected[i]);
}

static void look_at_all(const tni_graph_csr *csr) {
  static const uint64_t ids[] = {1, 2, 4, 5};
  assert_int_equal(csr->node_count, 4);
  assert_int_equal(csr->edge_count, 6);
  assert_memory_equal(csr->ids, ids, sizeof ids);
  assert_run(csr->out_start, csr->out, 0, (const uint32_t[]){1, 1, 1, 2}, 4);
  assert_run(csr->out_start, csr->out, 1, NULL, 0);
  assert_run(csr->out_start, csr->out, 2, (const uint32_t[]){0}, 1);
  assert_run(csr->out_start, csr->out, 3, (const uint32_t[]){3}, 1);
  assert_run(csr->in_start, csr->in, 0, (const uint32_t[]){2}, 1);
  assert_run(csr->in_start, csr->in, 1, (const uint32_t[]){0, 0, 0}, 3);
  assert_run(csr->in_start, csr->in, 2, (const uint32_t[]){0}, 1);
  assert_run(csr->in_start, csr->in, 3, (const uint32_t[]){3}, 1);
  assert_null(csr->out_weight);
  assert_int_equal(tni_graph_csr_node(csr, 4), 2);
  assert_int_equal(tni_graph_csr_node(csr, 3), TNI_GRAPH_NO_NODE);
  assert_int_equal(tni_graph_csr_node(csr, 0), TNI_GRAPH_NO_NODE);
  assert_int_equal(tni_graph_csr_node(csr, UINT64_MAX), TNI_GRAPH_NO_NODE);
}

static void the_arrays_hold_what_the_graph_does(void **state) {
  desk *d = *state;
  make_graph(d);
  wanted w = {{.in = true}, NULL, look_at_all};
  assert_status(run(d, &w, false), TN_OK);
}

static void look_at_weights(const tni_graph_csr *csr) {
  double sum = 0, in_sum = 0;
  for (uint64_t i = 0; i < 3; i++) sum += csr->out_weight[i];
  assert_true(sum == 7 + 3.5 + 1);
  assert_true(csr->out_weight[csr->out_start[2]] == -2);
  for (uint64_t i = csr->in_start[1]; i < csr->in_start[2]; i++) in_sum += csr->in_weight[i];
  assert_true(in_sum == sum);
  assert_true(csr->weight_min == -2);
}

static void look_at_a(const tni_graph_csr *csr) {
  assert_int_equal(csr->edge_count, 4);
  assert_run(csr->out_start, csr->out, 0, (const uint32_t[]){1, 1, 2}, 3);
  assert_null(csr->in);
}

static void weights_and_types_are_those_asked_for(void **state) {
  desk *d = *state;
  make_graph(d);
  wanted weights = {{.weight = {"w", 1}, .in = true}, NULL, look_at_weights};
  assert_status(run(d, &weights, false), TN_OK);
  wanted types = {{.types = types_of(d, "A")}, NULL, look_at_a};
  assert_status(run(d, &types, false), TN_OK);
  types.spec.types = types_of(d, "C");
  assert_status(run(d, &types, false), TN_UNKNOWN);
  request(d, "[\"g\",\"set\",[null,1,{\"w\":\"heavy\"}]]");
  assert_status(run(d, &weights, false), TN_INVALID);
  assert_string_equal(d->error.where, "weight");
}

static void look_at_nothing(const tni_graph_csr *csr) {
  assert_int_equal(csr->node_count, 0);
  assert_int_equal(csr->edge_count, 0);
  assert_int_equal(csr->out_start[0], 0);
}

static void an_empty_graph_has_empty_arrays(void **state) {
  wanted w = {{.in = true}, NULL, look_at_nothing};
  assert_status(run(*state, &w, false), TN_OK);
}

/* ---- how long it is kept ----------------------------------------------------------------------- */

static void it_is_kept_until_the_graph_changes(void **state) {
  desk *d = *state;
  make_graph(d);
  wanted w = {{.in = true}, NULL, NULL}, out_only = {{.in = false}, NULL, NULL};
  assert_status(run(d, &w, false), TN_OK);
  const tni_graph_csr *first = w.lent;
  assert_status(run(d, &w, false), TN_OK);
  assert_ptr_equal(w.lent, first);
  assert_status(run(d, &out_only, false), TN_OK);
  assert_ptr_equal(out_only.lent, first);
  request(d, "[\"g\",\"create_edge\",[2,4,\"A\"]]");
  w.look = NULL;
  assert_status(run(d, &w, false), TN_OK);
  assert_status(run(d, &out_only, false), TN_OK);
  assert_ptr_equal(out_only.lent, w.lent);
}

static void look_at_seven(const tni_graph_csr *csr) { assert_int_equal(csr->edge_count, 7); }
static void look_at_six(const tni_graph_csr *csr) { assert_int_equal(csr->edge_count, 6); }

static void what_a_write_txn_sees_is_kept_for_nobody(void **state) {
  desk *d = *state;
  tn_txn *txn;
  make_graph(d);
  wanted before = {{.in = true}, NULL, look_at_six}, within_txn = {{.in = true}, NULL, look_at_seven};
  assert_status(run(d, &before, false), TN_OK);
  assert_status(tn_begin(d->engine, TN_WRITE, NULL, &txn, &d->error), TN_OK);
  assert_status(tn_do(txn, "g", "create_edge", tn_arr(&d->args, 2, 4, "A"), &d->result, &d->error), TN_OK);
  assert_status(run(d, &within_txn, true), TN_OK);
  assert_status(run(d, &before, false), TN_OK);
  tn_abort(txn);
  assert_status(run(d, &before, false), TN_OK);
}

static void *borrow_often(void *arg) {
  desk *d = arg;
  for (int i = 0; i < 50; i++) {
    wanted w = {{.in = i % 2 == 0}, NULL, NULL};
    tn_error error = TN_ERROR_INIT;
    if (within(d, (job){borrow, &w, false}, &error) != TN_OK) return arg;
  }
  return NULL;
}

static void several_threads_share_it_while_the_graph_changes(void **state) {
  desk *d = *state;
  pthread_t threads[4];
  make_graph(d);
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, borrow_often, d), 0);
  for (int i = 0; i < 20; i++) request(d, "[\"g\",\"create_edge\",[2,4,\"A\"]]");
  for (int i = 0; i < 4; i++) {
    void *failed;
    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
}

static void without_memory_it_says_so_and_holds_none(void **state) {
  desk *d = *state;
  tn_status status = TN_NOMEM;
  make_graph(d);
  for (uint64_t nth = 1; status != TN_OK && nth < 1000; nth++) {
    wanted w = {{.in = true, .weight = {"w", 1}}, NULL, NULL};
    d->memory.refused = d->memory.requests + nth;
    status = run(d, &w, false);
    d->memory.refused = 0;
    if (status != TN_OK) assert_status(status, TN_NOMEM);
    if (status != TN_OK) assert_string_not_equal(d->error.text, "");
  }
  assert_status(status, TN_OK);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_arrays_hold_what_the_graph_does, setup, teardown),
      cmocka_unit_test_setup_teardown(weights_and_types_are_those_asked_for, setup, teardown),
      cmocka_unit_test_setup_teardown(an_empty_graph_has_empty_arrays, setup, teardown),
      cmocka_unit_test_setup_teardown(it_is_kept_until_the_graph_changes, setup, teardown),
      cmocka_unit_test_setup_teardown(what_a_write_txn_sees_is_kept_for_nobody, setup, teardown),
      cmocka_unit_test_setup_teardown(several_threads_share_it_while_the_graph_changes, setup, teardown),
      cmocka_unit_test_setup_teardown(without_memory_it_says_so_and_holds_none, setup, teardown),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
