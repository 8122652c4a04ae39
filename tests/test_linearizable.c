/* test_linearizable.c - what many clients did at once, in every way the API has, has an order that agrees with time
 * and with all they were told: in every durability, on every storage, and across a stop, clean or not. */
#include <inttypes.h>
#include <stdlib.h>

#include "crash/lab.h"
#include "support/check_lists.h"
#include "support/check_registers.h"
#include "support/clients.h"
#include "support/folder.h"
#include "support/values.h"

#define TURNS 150
#define TURNS_BEFORE_STOP 60
#define TURNS_AFTER_STOP 20
#define STOPS 10
#define CALLS_UNTIL_STOP 400

typedef struct storage_kind {
  const char *name;
  const char *config; /* its "storage" */
  bool survives;      /* a close */
} storage_kind;

/* A storage that is added gets all of this with a line. */
static const storage_kind storages[] = {
    {"memory", "{\"type\": \"memory\"}", false},
    {"file", "{\"type\": \"file\", \"segment_bytes_min\": 8192, \"segment_bytes_max\": 16384}", true},
};

static const char *const durabilities[] = {"sync", "interval", "none"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- a run ---------------------------------------------------------------------------------- */

typedef struct run {
  char config[700];
  clients clients;
  history history;
  char name[200]; /* for what goes wrong */
  size_t txns, reads, operations;
} run;

static void run_init(run *r, const storage_kind *storage, const char *durability, bool service_thread,
                     uint64_t seed) {
  *r = (run){.clients = {.history = &r->history, .seed = seed, .turns = TURNS, .ticks = !service_thread}};
  history_init(&r->history);
  snprintf(r->config, sizeof r->config,
           "{\"data\": \"data\", \"storage\": %s, \"durability\": \"%s\", \"sync_interval_ms\": 2, "
           "\"service_thread\": %s, "
           "\"snapshot\": {\"every_commands\": 60, \"keep\": 2}, \"journal\": {\"keep\": \"snapshot\"}, "
           "\"models\": {\"cart\": {\"type\": \"kv\"}}}",
           storage->config, durability, service_thread ? "true" : "false");
  snprintf(r->name, sizeof r->name, "%s, %s, %s service thread, seed %" PRIu64, storage->name, durability,
           service_thread ? "with" : "without", seed);
}

static void check_run(run *r) {
  list_report lists;
  register_report registers;
  if (r->clients.failure[0]) fail_msg("%s: %s", r->name, r->clients.failure);
  check_lists(&r->history, &lists);
  if (lists.anomalies) fail_msg("%s: %s\n%s", r->name, list_anomaly_names(lists.anomalies), lists.text);
  check_registers(&r->history, &registers);
  if (!registers.linearizable) fail_msg("%s: %s", r->name, registers.text);
  r->txns = lists.txns;
  r->reads = lists.reads;
  r->operations = registers.operations;
}

static void run_fini(run *r) { history_fini(&r->history); }

/* ---- engines that are closed ----------------------------------------------------------------- */

static tn_engine *open_at(const run *r, const folder *f) {
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  tn_open_options options = {.config_text = r->config, .base_dir = f->path};
  tn_status status = tn_open(NULL, &options, &engine, &error);
  if (status != TN_OK) fail_msg("%s: %s: %s (%s)", r->name, tn_status_name(status), error.text, error.where);
  return engine;
}

/* Clients work, all is read, and where the storage keeps it read again after a close, by other clients' history. */
static void work_and_reopen(run *r, bool survives) {
  folder f;
  assert_true(folder_make(&f));
  tn_engine *engine = open_at(r, &f);
  clients_prepare(&r->clients, engine);
  clients_work(&r->clients, engine);
  clients_read_all(&r->clients, engine);
  assert_status(tn_close(engine, NULL), TN_OK);
  if (survives) {
    engine = open_at(r, &f);
    clients_work(&r->clients, engine);
    clients_read_all(&r->clients, engine);
    assert_status(tn_close(engine, NULL), TN_OK);
  }
  folder_remove(&f);
  check_run(r);
}

static void clients_agree(const char *durability, bool service_thread) {
  values_source chance = values_source_for_run("linearizable");
  for (size_t i = 0; i < COUNT(storages); i++) {
    run r;
    run_init(&r, &storages[i], durability, service_thread, values_below(&chance, 1000000));
    work_and_reopen(&r, storages[i].survives);
    print_message("# %s: %zu txns with %zu reads of lists, %zu operations on registers\n", r.name, r.txns, r.reads,
                  r.operations);
    run_fini(&r);
  }
}

static void what_clients_were_told_has_an_order_where_answers_wait_for_the_sync(void **state) {
  (void)state;
  clients_agree("sync", true);
}

static void what_clients_were_told_has_an_order_where_syncs_come_later(void **state) {
  (void)state;
  clients_agree("interval", true);
}

static void what_clients_were_told_has_an_order_where_nothing_is_synced(void **state) {
  (void)state;
  clients_agree("none", true);
}

static void what_clients_were_told_has_an_order_without_a_service_thread(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(durabilities); i++) clients_agree(durabilities[i], false);
}

/* ---- engines that are stopped ---------------------------------------------------------------- */

static tn_engine *open_on(const run *r, const recorded_io *io) {
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  tn_open_options options = {.config_text = r->config, .base_dir = "", .io = recorded_io_tn_io(io)};
  tn_status status = tn_open(NULL, &options, &engine, &error);
  if (status != TN_OK) fail_msg("%s: %s: %s (%s)", r->name, tn_status_name(status), error.text, error.where);
  return engine;
}

/* At some call of its files, in the midst of the clients' work, nothing gets through any more. */
static void work_until_it_breaks(run *r, recorded_io *io, uint64_t call) {
  tn_engine *engine = open_on(r, io);
  clients_prepare(&r->clients, engine);
  r->clients.may_break = true;
  r->clients.turns = TURNS_BEFORE_STOP;
  recorded_io_fail(io, call, TN_IO, true);
  clients_work(&r->clients, engine);
  lab_abandon(io, engine);
}

/* All that was answered before must stand, and what has no answer stand as a whole or not at all. */
static void go_on(run *r, recorded_io *io) {
  tn_engine *engine = open_on(r, io);
  r->clients.may_break = false;
  r->clients.turns = TURNS_AFTER_STOP;
  clients_read_all(&r->clients, engine);
  clients_work(&r->clients, engine);
  clients_read_all(&r->clients, engine);
  assert_status(tn_close(engine, NULL), TN_OK);
  check_run(r);
}

/* One of the states that a power cut could leave: what was not synced is kept, lost or torn. */
static recorded_io *cut_power(const recorded_io *io, uint64_t seed) {
  crash_walk *w = crash_walk_create(io, recorded_io_op_count(io), 8, seed);
  recorded_io *state = NULL;
  for (uint64_t i = 0; i <= seed % 8 && crash_walk_next(w); i++) {
    recorded_io_destroy(state);
    state = crash_walk_state(w);
  }
  crash_walk_destroy(w);
  return state;
}

typedef struct tally {
  size_t txns, broken;
} tally;

static void stop_and_go_on(const char *durability, bool power, uint64_t seed, tally *t) {
  run r;
  const storage_kind files = {"files in memory",
                              "{\"type\": \"file\", \"segment_bytes_min\": 8192, "
                              "\"segment_bytes_max\": 16384}",
                              true};
  recorded_io *io = recorded_io_create();
  run_init(&r, &files, durability, true, seed);
  work_until_it_breaks(&r, io, 1 + seed % CALLS_UNTIL_STOP);
  recorded_io *left = power ? cut_power(io, seed) : recorded_io_copy(io);
  assert_non_null(left);
  t->broken += (size_t)atomic_load(&r.clients.broken);
  go_on(&r, left);
  t->txns += r.txns;
  recorded_io_destroy(left);
  recorded_io_destroy(io);
  run_fini(&r);
}

static void try_stops(const char *durability, bool power) {
  values_source chance = values_source_for_run(power ? "power cut" : "stopped");
  tally t = {0, 0};
  for (int i = 0; i < STOPS; i++) stop_and_go_on(durability, power, values_below(&chance, 1000000), &t);
  print_message("# %s, %s: %d times, %zu txns, %zu clients heard of it\n", power ? "power cut" : "stopped",
                durability, STOPS, t.txns, t.broken);
  assert_true(t.broken > 0);
}

static void what_was_answered_before_a_stop_stands_after_it(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(durabilities); i++) try_stops(durabilities[i], false);
}

static void what_was_answered_after_a_sync_stands_after_a_power_cut(void **state) {
  (void)state;
  try_stops("sync", true);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_clients_were_told_has_an_order_where_answers_wait_for_the_sync),
      cmocka_unit_test(what_clients_were_told_has_an_order_where_syncs_come_later),
      cmocka_unit_test(what_clients_were_told_has_an_order_where_nothing_is_synced),
      cmocka_unit_test(what_clients_were_told_has_an_order_without_a_service_thread),
      cmocka_unit_test(what_was_answered_before_a_stop_stands_after_it),
      cmocka_unit_test(what_was_answered_after_a_sync_stands_after_a_power_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
