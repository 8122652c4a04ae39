#include "run.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "store.h"
#include "try.h"

#define SYSTEMS_MAX 64
#define CELLS_MAX 128

/* A system while its group is measured. */
typedef struct opened {
  const bench_system *system;
  bench_setup setup;
  bench_folder folder;
  void *self;
} opened;

typedef struct cell {
  opened *by;
  const bench_measure *measure;
  bench_result *result;
} cell;

typedef struct runner {
  const bench_options *options;
  const volatile sig_atomic_t *stop;
  bench_results *results;
  unsigned failures;
  const bench_group *group;
  bench_data data;
  opened systems[SYSTEMS_MAX];
  size_t system_count;
} runner;

bool bench_wanted(const char *patterns, const char *name) {
  if (!patterns) return true;
  for (const char *at = patterns; *at != '\0';) {
    char pattern[128];
    size_t size = strcspn(at, ",");
    (void)snprintf(pattern, sizeof pattern, "%.*s", (int)size, at);
    if (fnmatch(pattern, name, 0) == 0) return true;
    at += size + (at[size] == ',');
  }
  return false;
}

/* ---- who takes part ------------------------------------------------------------------------- */

/* The first measure called `name` behind *after in the list, which is NULL again once it was passed. */
static const bench_measure *find_in(const bench_measure *list, const char *name, const bench_measure **after) {
  for (const bench_measure *m = list; m && m->workload; m++) {
    if (*after == m)
      *after = NULL;
    else if (!*after && strcmp(m->workload, name) == 0)
      return m;
  }
  return NULL;
}

static const bench_measure *find_measure(const bench_system *system, const char *name, const bench_measure *after) {
  const bench_measure *found = NULL;
  for (size_t i = 0; !found && system->store && bench_store_measures[i]; i++)
    found = find_in(bench_store_measures[i], name, &after);
  return found ? found : find_in(system->measures, name, &after);
}

static bool wanted_workload(const runner *r, const bench_workload *w) {
  return &bench_groups[w->group] == r->group && bench_wanted(r->options->only, w->name);
}

static bool has_part(const runner *r, const bench_system *system) {
  unsigned group = (unsigned)(r->group - bench_groups);
  if (!(system->groups & (1u << group)) || !bench_wanted(r->options->systems, system->name)) return false;
  if (system->store && !system->store->terms[r->group->mode]) return false;
  for (const bench_workload *w = bench_workloads; w->name; w++)
    if (wanted_workload(r, w) && find_measure(system, w->measure, NULL)) return true;
  return false;
}

/* ---- opening and closing -------------------------------------------------------------------- */

static void complain(runner *r, const char *system, const char *what, tn_status status, const tn_error *error) {
  r->failures++;
  fprintf(stderr, "%s: %s failed: %s %s%s%s\n", system, what, tn_status_name(status), error->text,
          error->where[0] ? " at " : "", error->where);
}

static tn_status make_folder(const runner *r, const char *system, bench_folder *out, tn_error *error) {
  char name[128];
  const char *parent = r->options->folder;
  uint64_t room = 2 * 1024 * r->data.count; /* loaded twice, with room to spare */
  if (r->group->mode == BENCH_MEMORY) parent = bench_ram_folder(room, parent);
  (void)snprintf(name, sizeof name, "tenon-bench-%d-%s-%s", (int)getpid(), r->group->name, system);
  return bench_folder_make(out, parent, name, error);
}

static void open_system(runner *r, const bench_system *system) {
  tn_error error = TN_ERROR_INIT;
  opened *o = &r->systems[r->system_count];
  *o = (opened){.system = system};
  o->setup = (bench_setup){r->group, &r->data, o->folder.path, r->options->quick};
  tn_status status = make_folder(r, system->name, &o->folder, &error);
  if (status == TN_OK) status = system->open(system, &o->setup, &o->self, &error);
  if (status == TN_OK) {
    r->system_count++;
    return;
  }
  bench_folder_remove(&o->folder);
  if (status != TN_UNSUPPORTED) complain(r, system->name, "opening", status, &error);
}

static void close_systems(runner *r) {
  for (; r->system_count > 0; r->system_count--) {
    opened *o = &r->systems[r->system_count - 1];
    o->system->close(o->self);
    bench_folder_remove(&o->folder);
  }
}

/* ---- measuring ------------------------------------------------------------------------------ */

static const char *terms_of(const runner *r, const bench_system *system, const bench_measure *measure) {
  if (measure->terms) return measure->terms;
  return system->terms ? system->terms : system->store ? system->store->terms[r->group->mode] : NULL;
}

static size_t collect_cells(runner *r, const bench_workload *w, cell *cells) {
  size_t count = 0;
  for (size_t i = 0; i < r->system_count; i++) {
    const bench_system *system = r->systems[i].system;
    for (const bench_measure *m = NULL; (m = find_measure(system, w->measure, m)) && count < CELLS_MAX;) {
      bench_result *result = bench_results_add(r->results, w, system->name, m->suffix, terms_of(r, system, m));
      if (result) cells[count++] = (cell){&r->systems[i], m, result};
    }
  }
  return count;
}

static void settle(const opened *o) {
  const bench_store *store = o->system->store;
  if (store && store->settle) store->settle(((const bench_held *)o->self)->self);
}

/* A cell that fails or is not supported takes part no more. */
static void measure_cell(runner *r, cell *c) {
  tn_error error = TN_ERROR_INIT;
  double value = 0;
  if (!c->measure) return;
  bench_round round = {r->options->seconds, c->result->workload->arg};
  tn_status status = c->measure->run(c->by->self, &round, &value, &error);
  settle(c->by);
  if (status == TN_OK) {
    bench_result_add_value(c->result, value);
    return;
  }
  c->measure = NULL;
  if (status != TN_UNSUPPORTED) complain(r, c->result->system, c->result->workload->name, status, &error);
}

static void run_workload(runner *r, const bench_workload *w) {
  cell cells[CELLS_MAX];
  size_t count = collect_cells(r, w, cells);
  unsigned rounds = r->options->rounds;
  if (w->rounds_max > 0 && rounds > w->rounds_max) rounds = w->rounds_max;
  for (unsigned round = 0; round < rounds; round++)
    for (size_t i = 0; i < count && !*r->stop; i++) measure_cell(r, &cells[(i + round) % count]);
  for (size_t i = 0; i < count; i++) bench_result_finish(cells[i].result);
  bench_print_workload(stdout, r->results, w);
}

static tn_status run_group(runner *r, tn_error *error) {
  bool any = false;
  for (const bench_entry *e = bench_systems; e->name && !any; e++) any = e->system && has_part(r, e->system);
  if (!any) return TN_OK;
  if (!bench_data_init(&r->data, r->options->count, r->group->key_size, r->group->value_size))
    return bench_failed(TN_NOMEM, error);
  for (const bench_entry *e = bench_systems; e->name && !*r->stop; e++)
    if (e->system && r->system_count < SYSTEMS_MAX && has_part(r, e->system) &&
        !(e->system->absent && e->system->absent()))
      open_system(r, e->system);
  for (const bench_workload *w = bench_workloads; w->name && !*r->stop; w++)
    if (wanted_workload(r, w)) run_workload(r, w);
  close_systems(r);
  bench_data_fini(&r->data);
  return TN_OK;
}

tn_status bench_run_all(const bench_options *options, const volatile sig_atomic_t *stop, bench_results *results,
                        unsigned *failures, tn_error *error) {
  runner *r = calloc(1, sizeof *r);
  tn_status status = TN_OK;
  if (!r) return bench_failed(TN_NOMEM, error);
  *r = (runner){.options = options, .stop = stop, .results = results};
  for (size_t i = 0; i < BENCH_GROUPS && status == TN_OK && !*stop; i++) {
    r->group = &bench_groups[i];
    status = run_group(r, error);
  }
  *failures = r->failures;
  free(r);
  return status;
}
