#include "support/clients.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/values.h"

#define LISTS_AT_ONCE 4
#define LIST_APPENDS 40 /* about so many go to a list until others take its place */
#define REGISTERS 3
#define FIRST_REGISTER 1000000
#define LIST_SIZE_MAX 4000
#define BATCH_MAX 4
#define JOBS_MAX 64

typedef struct client {
  clients *all;
  int number;
  values_source chance;
  atomic_bool stopped;
  int64_t seen; /* in a register, some time ago */
  tn_builder builders[BATCH_MAX];
  tn_result result;
  tn_error error;
  _Atomic int jobs; /* submitted and not done */
} client;

static uint64_t draw(client *c, uint64_t below) { return values_below(&c->chance, below); }

/* cmocka's assertions are for the thread that runs the test. The first complaint counts. */
static void complain(client *c, const char *what, tn_status status, const tn_error *error) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  if (c->all->failure[0] == '\0')
    snprintf(c->all->failure, sizeof c->all->failure, "client %d: %s: %s: %s (%s)", c->number, what,
             tn_status_name(status), error ? error->text : "", error ? error->where : "");
  pthread_mutex_unlock(&mutex);
  c->stopped = true;
}

/* ---- what an answer means ------------------------------------------------------------------- */

/* Anything but OUTCOME_UNKNOWN changed nothing. */
static history_outcome outcome_of(client *c, const char *what, tn_status status) {
  if (status == TN_OK) return HISTORY_OK;
  if (status == TN_BUSY) return HISTORY_ABORTED;
  if (!c->all->may_break || (status != TN_OUTCOME_UNKNOWN && status != TN_IO)) {
    complain(c, what, status, &c->error);
    return HISTORY_UNKNOWN;
  }
  c->stopped = true;
  return status == TN_IO ? HISTORY_ABORTED : HISTORY_UNKNOWN;
}

static void end(client *c, history_txn *t, const char *what, tn_status status) {
  history_end(c->all->history, t, outcome_of(c, what, status));
}

static history_txn *begin(client *c) { return history_begin(c->all->history, c->number); }

/* ---- lists ---------------------------------------------------------------------------------- */

typedef struct key_name {
  char text[16];
} key_name;

static key_name list_name(int list) {
  key_name name;
  snprintf(name.text, sizeof name.text, "l%d", list);
  return name;
}

static int64_t new_element(client *c) { return atomic_fetch_add(&c->all->elements, 1) + 1; }

static int pick_list(client *c) {
  int first = (int)(atomic_load(&c->all->elements) / (LIST_APPENDS * LISTS_AT_ONCE)) * LISTS_AT_ONCE;
  int list = first + (int)draw(c, LISTS_AT_ONCE), known = atomic_load(&c->all->lists);
  while (known <= list && !atomic_compare_exchange_weak(&c->all->lists, &known, list + 1)) continue;
  return list;
}

static tn_value append_args(tn_builder *b, int list, int64_t element) {
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_set(b, "key", (const char *)list_name(list).text);
  tn_name(b, "value");
  tn_array_begin(b);
  tn_add(b, element);
  tn_end(b);
  tn_end(b);
  return tn_built(b);
}

static tn_value get_args(tn_builder *b, int list) {
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_set(b, "key", (const char *)list_name(list).text);
  tn_name(b, "default");
  tn_array_begin(b);
  tn_end(b);
  tn_end(b);
  return tn_built(b);
}

static void note_list(client *c, history_txn *t, int list, tn_value value) {
  int64_t elements[LIST_SIZE_MAX];
  size_t count = 0;
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it) && count < LIST_SIZE_MAX;)
    if (!tn_as_int(it.value, &elements[count++])) complain(c, "a list holds something else", TN_CORRUPT, NULL);
  history_read_list(t, list, elements, count);
}

/* ---- single operations ---------------------------------------------------------------------- */

/* A client's changes take effect in the order in which it made them, those that are not answered yet included. What
 * only reads may read an older version: the newest that is acknowledged. */
static void note_append(history_txn *t, int list, int64_t element) {
  history_append(t, list, element);
  t->in_order = true;
}

static void turn_append(client *c) {
  int list = pick_list(c);
  int64_t element = new_element(c);
  history_txn *t = begin(c);
  note_append(t, list, element);
  tn_value args = append_args(&c->builders[0], list, element);
  end(c, t, "append", tn_run(c->all->engine, "cart", "append", args, &c->result, &c->error));
}

static void turn_read(client *c) {
  int list = pick_list(c);
  history_txn *t = begin(c);
  tn_status status = tn_run(c->all->engine, "cart", "get", get_args(&c->builders[0], list), &c->result, &c->error);
  if (status == TN_OK) note_list(c, t, list, c->result.value);
  end(c, t, "get", status);
}

/* Several lists in one query: of one version. */
static void turn_read_many(client *c) {
  tn_builder *b = &c->builders[0];
  int first = pick_list(c) / LISTS_AT_ONCE * LISTS_AT_ONCE;
  history_txn *t = begin(c);
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_name(b, "keys");
  tn_array_begin(b);
  for (int i = 0; i < LISTS_AT_ONCE; i++) tn_add(b, (const char *)list_name(first + i).text);
  tn_end(b);
  tn_end(b);
  tn_status status = tn_run(c->all->engine, "cart", "mget", tn_built(b), &c->result, &c->error);
  for (int i = 0; status == TN_OK && i < LISTS_AT_ONCE; i++)
    note_list(c, t, first + i, tn_item(c->result.value, (uint32_t)i));
  end(c, t, "mget", status);
}

/* ---- registers ------------------------------------------------------------------------------ */

static key_name register_name(int reg) {
  key_name name;
  snprintf(name.text, sizeof name.text, "r%d", reg);
  return name;
}

static tn_status run_register(client *c, const char *op, tn_value args, int64_t *found) {
  *found = 0;
  tn_status status = tn_run(c->all->engine, "cart", op, args, &c->result, &c->error);
  if (status == TN_OK) (void)tn_as_int(c->result.value, found);
  return status;
}

static void turn_write(client *c) {
  int reg = (int)draw(c, REGISTERS);
  int64_t value = new_element(c), version;
  history_txn *t = begin(c);
  tn_value args = tn_obj(&c->builders[0], "key", (const char *)register_name(reg).text, "value", value);
  history_write(t, FIRST_REGISTER + reg, value);
  end(c, t, "put", run_register(c, "put", args, &version));
}

static void turn_look(client *c) {
  int reg = (int)draw(c, REGISTERS);
  int64_t found;
  history_txn *t = begin(c);
  tn_value args = tn_obj(&c->builders[0], "key", (const char *)register_name(reg).text);
  tn_status status = run_register(c, "get", args, &found);
  history_read(t, FIRST_REGISTER + reg, found);
  if (status == TN_OK) c->seen = found;
  end(c, t, "get", status);
}

static void turn_swap(client *c) {
  int reg = (int)draw(c, REGISTERS);
  int64_t value = new_element(c), found;
  history_txn *t = begin(c);
  tn_value args = tn_obj(&c->builders[0], "key", (const char *)register_name(reg).text, "value", value);
  tn_status status = run_register(c, "swap", args, &found);
  history_swap(t, FIRST_REGISTER + reg, value, found);
  end(c, t, "swap", status);
}

static void turn_cas(client *c) {
  int reg = (int)draw(c, REGISTERS);
  int64_t value = new_element(c), version;
  history_txn *t = begin(c);
  tn_value args =
      tn_obj(&c->builders[0], "key", (const char *)register_name(reg).text, "expect", c->seen, "value", value);
  tn_status status = run_register(c, "cas", args, &version);
  history_cas(t, FIRST_REGISTER + reg, c->seen, value, status != TN_CONFLICT);
  end(c, t, "cas", status == TN_CONFLICT ? TN_OK : status);
}

/* ---- batches -------------------------------------------------------------------------------- */

/* One operation on a list: what it is and, for the history, on what. */
typedef struct list_op {
  bool reads;
  int list;
  int64_t element;
} list_op;

static list_op pick_op(client *c) {
  list_op op = {draw(c, 2), pick_list(c), 0};
  if (!op.reads) op.element = new_element(c);
  return op;
}

static tn_value args_of(tn_builder *b, const list_op *op) {
  return op->reads ? get_args(b, op->list) : append_args(b, op->list, op->element);
}

static void note_op(client *c, history_txn *t, const list_op *op, tn_value result, bool done) {
  if (!op->reads) note_append(t, op->list, op->element);
  if (op->reads && done) note_list(c, t, op->list, result);
}

/* The last operation of a batch that is to fail adds text to a number. */
static void batch(client *c, bool fails) {
  list_op ops[BATCH_MAX];
  tn_batch_op batch[BATCH_MAX];
  size_t count = 2 + (size_t)draw(c, BATCH_MAX - 1);
  for (size_t i = 0; i < count; i++) {
    ops[i] = pick_op(c);
    batch[i] = (tn_batch_op){"cart", ops[i].reads ? "get" : "append", args_of(&c->builders[i], &ops[i])};
  }
  if (fails)
    batch[count - 1] = (tn_batch_op){"cart", "append", tn_obj(&c->builders[count - 1], "key", "r0", "value", "x")};
  history_txn *t = begin(c);
  tn_status status = tn_batch(c->all->engine, batch, count, NULL, &c->result, &c->error);
  for (size_t i = 0; i < count; i++) note_op(c, t, &ops[i], tn_item(c->result.value, (uint32_t)i), status == TN_OK);
  if (fails && status == TN_INVALID)
    history_end(c->all->history, t, HISTORY_ABORTED);
  else
    end(c, t, "batch", status);
}

static void turn_batch(client *c) { batch(c, false); }
static void turn_failing_batch(client *c) { batch(c, true); }

/* ---- txns ----------------------------------------------------------------------------------- */

static tn_status do_op(client *c, tn_txn *txn, history_txn *t, const list_op *op) {
  tn_value args = args_of(&c->builders[0], op);
  tn_status status = tn_do(txn, "cart", op->reads ? "get" : "append", args, &c->result, &c->error);
  note_op(c, t, op, c->result.value, status == TN_OK);
  return status;
}

/* So that others get in between. */
static void pause_now_and_then(client *c) {
  if (draw(c, 3) == 0) (void)nanosleep(&(struct timespec){0, (long)draw(c, 300) * 1000}, NULL);
}

/* A command of a txn that fails takes back only itself. */
static tn_status do_some(client *c, tn_txn *txn, history_txn *t) {
  tn_status status = TN_OK;
  for (uint64_t i = 1 + draw(c, 5); i > 0 && status == TN_OK; i--) {
    list_op op = pick_op(c);
    status = do_op(c, txn, t, &op);
    pause_now_and_then(c);
    if (status != TN_OK || draw(c, 4) != 0) continue;
    tn_value refused = tn_obj(&c->builders[0], "key", "r0", "value", "x");
    status = tn_do(txn, "cart", "append", refused, NULL, &c->error);
    status = status == TN_INVALID ? TN_OK : status;
  }
  return status;
}

static void turn_txn(client *c) {
  tn_txn *txn;
  history_txn *t = begin(c);
  tn_status status = tn_begin(c->all->engine, TN_WRITE, NULL, &txn, &c->error);
  if (status != TN_OK) {
    end(c, t, "begin", status);
    return;
  }
  status = do_some(c, txn, t);
  if (status == TN_OK && draw(c, 4) != 0) {
    end(c, t, "commit", tn_commit(txn, NULL, &c->error));
    return;
  }
  tn_abort(txn);
  history_end(c->all->history, t, HISTORY_ABORTED);
  if (status != TN_OK) (void)outcome_of(c, "do", status);
}

/* One version, however long it takes. */
static void turn_read_txn(client *c) {
  tn_txn *txn;
  history_txn *t = begin(c);
  tn_status status = tn_begin(c->all->engine, TN_READ, NULL, &txn, &c->error);
  if (status == TN_OK) {
    for (uint64_t i = 2 + draw(c, 4); i > 0 && status == TN_OK; i--) {
      list_op op = {true, pick_list(c), 0};
      status = do_op(c, txn, t, &op);
      pause_now_and_then(c);
    }
    tn_abort(txn);
  }
  end(c, t, "read txn", status);
}

/* ---- submitted ------------------------------------------------------------------------------ */

typedef struct job {
  client *client;
  history_txn *txn;
} job;

/* On any thread; nobody else ends this txn. */
static void job_done(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  job *j = arg;
  client *c = j->client;
  (void)result;
  bool broken = c->all->may_break && (status == TN_OUTCOME_UNKNOWN || status == TN_IO);
  if (status != TN_OK && !broken) complain(c, "job", status, error);
  history_end(c->all->history, j->txn,
              status == TN_OK   ? HISTORY_OK
              : status == TN_IO ? HISTORY_ABORTED
                                : HISTORY_UNKNOWN);
  free(j);
  atomic_fetch_sub(&c->jobs, 1);
}

static void submit_one(client *c, const tn_op *append) {
  int list = pick_list(c);
  int64_t element = new_element(c);
  job *j = malloc(sizeof *j);
  if (!j) abort();
  *j = (job){c, begin(c)};
  note_append(j->txn, list, element);
  atomic_fetch_add(&c->jobs, 1);
  tn_status status = tn_submit(c->all->engine, append, append_args(&c->builders[0], list, element),
                               draw(c, 2) ? TN_DONE_POLLED : TN_DONE_ANYWHERE, job_done, j, &c->error);
  if (status == TN_OK) return;
  end(c, j->txn, "submit", status);
  free(j);
  atomic_fetch_sub(&c->jobs, 1);
}

static void poll(client *c, uint32_t timeout_ms) {
  size_t count;
  tn_status status = tn_poll(c->all->engine, timeout_ms, &count, &c->error);
  if (status != TN_OK) complain(c, "poll", status, &c->error);
}

static void turn_submit(client *c) {
  const tn_op *append;
  if (tn_op_prepare(c->all->engine, "cart", "append", &append, &c->error) != TN_OK) abort();
  for (uint64_t i = 1 + draw(c, 4); i > 0 && !c->stopped && atomic_load(&c->jobs) < JOBS_MAX; i--)
    submit_one(c, append);
  poll(c, 0);
}

/* ---- a client's life ------------------------------------------------------------------------ */

static void turn_upkeep(client *c) {
  tn_status status =
      c->all->ticks ? tn_tick(c->all->engine, &c->error) : tn_snapshot(c->all->engine, NULL, &c->error);
  if (status != TN_BUSY && status != TN_UNSUPPORTED) (void)outcome_of(c, "upkeep", status);
}

typedef void (*turn_fn)(client *c);
static const turn_fn turns[] = {
    turn_append, turn_append, turn_append,        turn_read, turn_read_many, turn_read_many, turn_batch,
    turn_batch,  turn_batch,  turn_failing_batch, turn_txn,  turn_txn,       turn_txn,       turn_read_txn,
    turn_submit, turn_submit, turn_write,         turn_look, turn_look,      turn_swap,      turn_cas,
};

static void take_turn(client *c) {
  if (draw(c, 30) == 0)
    turn_upkeep(c);
  else
    turns[draw(c, sizeof turns / sizeof *turns)](c);
}

/* With no service thread somebody has to finish what was submitted. */
static void finish_jobs(client *c) {
  while (atomic_load(&c->jobs) > 0 && c->all->failure[0] == '\0') {
    poll(c, 10);
    if (c->all->ticks) turn_upkeep(c);
  }
}

static void *live(void *arg) {
  client *c = arg;
  for (int i = 0; i < c->all->turns && !c->stopped; i++) take_turn(c);
  if (c->stopped) atomic_fetch_add(&c->all->broken, 1);
  finish_jobs(c);
  return NULL;
}

static void client_init(client *c, clients *all, int number) {
  memset(c, 0, sizeof *c);
  c->all = all;
  c->number = number;
  c->chance = (values_source){all->seed * 100 + (uint64_t)number};
  for (int i = 0; i < BATCH_MAX; i++) c->builders[i] = (tn_builder)TN_BUILDER_INIT;
  c->result = (tn_result)TN_RESULT_INIT;
}

static void client_fini(client *c) {
  for (int i = 0; i < BATCH_MAX; i++) tn_builder_free(&c->builders[i]);
  tn_result_free(&c->result);
}

void clients_work(clients *c, tn_engine *engine) {
  client *each = calloc(CLIENTS, sizeof *each);
  pthread_t threads[CLIENTS];
  if (!each) abort();
  c->engine = engine;
  c->seed++;
  for (int i = 0; i < CLIENTS; i++) client_init(&each[i], c, i);
  for (int i = 0; i < CLIENTS; i++)
    if (pthread_create(&threads[i], NULL, live, &each[i]) != 0) abort();
  for (int i = 0; i < CLIENTS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < CLIENTS; i++) client_fini(&each[i]);
  free(each);
}

void clients_prepare(clients *c, tn_engine *engine) {
  tn_builder args = TN_BUILDER_INIT;
  (void)c;
  for (int i = 0; i < REGISTERS; i++) {
    tn_value put = tn_obj(&args, "key", (const char *)register_name(i).text, "value", 0);
    if (tn_run(engine, "cart", "put", put, NULL, NULL) != TN_OK) abort();
  }
  tn_builder_free(&args);
}

static void read_one(client *c, bool is_list, int number) {
  history_txn *t = begin(c);
  int64_t found = 0;
  key_name name = is_list ? list_name(number) : register_name(number);
  tn_value args =
      is_list ? get_args(&c->builders[0], number) : tn_obj(&c->builders[0], "key", (const char *)name.text);
  tn_status status = tn_run(c->all->engine, "cart", "get", args, &c->result, &c->error);
  if (status == TN_OK && is_list) note_list(c, t, number, c->result.value);
  if (status == TN_OK && !is_list) (void)tn_as_int(c->result.value, &found);
  if (!is_list) history_read(t, FIRST_REGISTER + number, found);
  end(c, t, "get", status);
}

void clients_read_all(clients *c, tn_engine *engine) {
  client reader;
  c->engine = engine;
  client_init(&reader, c, CLIENTS_READER);
  for (int i = 0; i < atomic_load(&c->lists); i++) read_one(&reader, true, i);
  for (int i = 0; i < REGISTERS; i++) read_one(&reader, false, i);
  client_fini(&reader);
}
