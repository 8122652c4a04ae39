#include "deeds.h"

#include <cJSON.h>
#include <stdio.h>
#include <time.h>

#include "crash/every_op.h"
#include "support/assert_status.h"
#include "tenon_cjson.h"

#define LARGE 20000
#define JOBS 5

/* An expected refusal is as good as TN_OK. */
static tn_status as(tn_status status, tn_status expected) { return status == expected ? TN_OK : status; }

/* ---- single operations ---------------------------------------------------------------------- */

static tn_status put_one(subject *s) { return subject_put(s, "new", 1); }

static tn_status put_large(subject *s) {
  static char big[LARGE];
  memset(big, 'x', sizeof big);
  return subject_run(s, "put", tn_obj(&s->args, "key", "big", "value", tn_text((tn_slice){big, sizeof big})));
}

static tn_status delete_some(subject *s) { return subject_run(s, "delete_range", tn_obj(&s->args, "prefix", "k1")); }

static tn_status refused(subject *s) {
  return as(subject_run(s, "take", tn_obj(&s->args, "key", "none")), TN_NOT_FOUND);
}

static tn_status get(subject *s) { return subject_run(s, "get", tn_obj(&s->args, "key", "text")); }

static tn_status scan(subject *s) { return subject_run(s, "scan", TN_NO_VALUE); }

static tn_status take_row(void *arg, tn_value row) {
  (void)row;
  ++*(int *)arg;
  return TN_OK;
}

static tn_status prepared_op_with_rows(subject *s) {
  const tn_op *op;
  int rows = 0;
  tn_call call = {.timeout_ms = 60000, .user = "somebody", .on_row = take_row, .row_arg = &rows};
  tn_status status = tn_op_prepare(s->engine, "cart", "scan", &op, &s->error);
  return status == TN_OK ? tn_run_op(s->engine, op, TN_NO_VALUE, &call, &s->result, &s->error) : status;
}

static tn_status told(subject *s, tn_status status) {
  if (status == TN_OK && s->result.seq > s->answered) s->answered = s->result.seq;
  return status;
}

static tn_status prepared_op_of_a_user(subject *s) {
  const tn_op *op;
  tn_call call = {.user = "somebody"};
  tn_status status = tn_op_prepare(s->engine, "cart", "incr", &op, &s->error);
  if (status != TN_OK) return status;
  return told(s, tn_run_op(s->engine, op, tn_obj(&s->args, "key", "n"), &call, &s->result, &s->error));
}

/* ---- several at once ------------------------------------------------------------------------ */

static tn_status batch(subject *s) {
  tn_builder ref = TN_BUILDER_INIT;
  tn_value first = tn_arr(&ref, 0, "");
  tn_builder sum = TN_BUILDER_INIT;
  tn_batch_op ops[] = {{"cart", "incr", tn_obj(&s->args, "key", "n")},
                       {"cart", "put", tn_obj(&s->more, "key", "sum", "value", tn_obj(&sum, "$result", first))},
                       {"cart", "count", TN_NO_VALUE}};
  tn_status status = told(s, tn_batch(s->engine, ops, 3, NULL, &s->result, &s->error));
  tn_builder_free(&ref);
  tn_builder_free(&sum);
  return status;
}

static tn_status refused_batch(subject *s) {
  tn_batch_op ops[] = {{"cart", "incr", tn_obj(&s->args, "key", "n")},
                       {"cart", "incr", tn_obj(&s->more, "key", "text")}};
  return as(tn_batch(s->engine, ops, 2, NULL, &s->result, &s->error), TN_INVALID);
}

static tn_status batch_of_queries(subject *s) {
  tn_batch_op ops[] = {{"cart", "get", tn_obj(&s->args, "key", "text")}, {"cart", "count", TN_NO_VALUE}};
  return tn_batch(s->engine, ops, 2, NULL, &s->result, &s->error);
}

/* EXISTS the second time. */
static tn_status every_op(subject *s, const char *model) {
  tn_status status = tn_request(s->engine, every_op_of(model, &s->args), NULL, &s->result, &s->error);
  return status == TN_EXISTS ? TN_OK : told(s, status);
}

static tn_status every_op_of_kv(subject *s) { return every_op(s, "kv"); }
#ifdef TN_WITH_PCRE2
static tn_status every_op_of_document(subject *s) { return every_op(s, "document"); }
static tn_status every_op_of_graph(subject *s) { return every_op(s, "graph"); }
#endif

static tn_status request(subject *s) {
  tn_builder args = TN_BUILDER_INIT, one = TN_BUILDER_INIT, list = TN_BUILDER_INIT;
  tn_value put_it = tn_arr(&one, "cart", "put", tn_obj(&args, "key", "asked", "value", 1));
  tn_value both = tn_obj(&s->args, "batch", tn_arr(&list, put_it, put_it));
  tn_status status = told(s, tn_request(s->engine, both, NULL, &s->result, &s->error));
  tn_builder_free(&args);
  tn_builder_free(&one);
  tn_builder_free(&list);
  return status;
}

/* For answers that do not say which record was made. */
static tn_status told_by_stats(subject *s, tn_status status) {
  if (status == TN_OK && tn_stats(s->engine, &s->result, NULL) == TN_OK) s->answered = s->result.seq;
  return status;
}

/* Where there is no memory for the answer, only that is missing. */
static tn_status json(subject *s) {
  tn_slice answer;
  tn_status status =
      tn_run_json(s->engine, "[\"cart\", \"put\", {\"key\": \"json\", \"value\": [1, 2.5]}]", &answer, &s->error);
  tn_text_free(answer);
  return told_by_stats(s, status);
}

static tn_status cjson(subject *s) {
  cJSON *answer = NULL, *ask = cJSON_Parse("[\"cart\", \"put\", {\"key\": \"tree\", \"value\": [1, 2.5]}]");
  tn_status status = tn_run_cjson(s->engine, ask, &answer, &s->error);
  cJSON_Delete(ask);
  cJSON_Delete(answer);
  return told_by_stats(s, status);
}

/* ---- transactions --------------------------------------------------------------------------- */

static tn_status do_some(subject *s, tn_txn *txn) {
  tn_status status = TN_OK;
  for (int i = 0; i < 20 && status == TN_OK; i++)
    status = tn_do(txn, "cart", "put", tn_obj(&s->args, "key", i, "value", i), &s->result, &s->error);
  if (status == TN_OK)
    status = as(tn_do(txn, "cart", "incr", tn_obj(&s->args, "key", "text"), NULL, &s->error), TN_INVALID);
  if (status == TN_OK) status = tn_do(txn, "cart", "get", tn_obj(&s->args, "key", 3), &s->result, &s->error);
  return status;
}

static tn_status txn_commit(subject *s) {
  tn_txn *txn;
  uint64_t seq = 0;
  tn_status status = tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error);
  if (status != TN_OK) return status;
  status = do_some(s, txn);
  if (status == TN_OK)
    status = tn_commit(txn, &seq, &s->error);
  else
    tn_abort(txn);
  if (status == TN_OK) s->answered = seq;
  return status;
}

static tn_status txn_abort(subject *s) {
  tn_txn *txn;
  tn_status status = tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error);
  if (status != TN_OK) return status;
  status = do_some(s, txn);
  tn_abort(txn);
  return status;
}

static tn_status txn_read(subject *s) {
  tn_txn *txn;
  tn_status status = tn_begin(s->engine, TN_READ, NULL, &txn, &s->error);
  if (status != TN_OK) return status;
  status = tn_do(txn, "cart", "scan", TN_NO_VALUE, &s->result, &s->error);
  tn_status ended = tn_commit(txn, NULL, &s->error);
  return status == TN_OK ? ended : status;
}

/* ---- many in flight ------------------------------------------------------------------------- */

typedef struct jobs {
  subject *subject;
  int open;
  tn_status worst;
} jobs;

static void job_done(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  jobs *j = arg;
  (void)error;
  j->open--;
  if (status != TN_OK)
    j->worst = status;
  else if (result->seq > j->subject->answered)
    j->subject->answered = result->seq;
}

static tn_status submit(subject *s) {
  const tn_op *incr;
  size_t count;
  jobs j = {s, 0, TN_OK};
  tn_status status = tn_op_prepare(s->engine, "cart", "incr", &incr, &s->error);
  for (int i = 0; i < JOBS && status == TN_OK; i++) {
    tn_done_by by = i % 2 ? TN_DONE_POLLED : TN_DONE_ANYWHERE;
    status = tn_submit(s->engine, incr, tn_obj(&s->args, "key", "n"), by, job_done, &j, &s->error);
    if (status == TN_OK) j.open++;
  }
  while (j.open > 0) assert_status(tn_poll(s->engine, 1000, &count, &s->error), TN_OK);
  return status == TN_OK ? j.worst : status;
}

/* ---- feeds ---------------------------------------------------------------------------------- */

static tn_status take_items(subject *s, tn_feed *feed) {
  tn_feed_item item;
  int fd;
  uint64_t epoch, seq;
  tn_status status = tn_feed_fd(feed, &fd, &s->error);
  while (status == TN_OK) status = tn_feed_next(feed, 0, &item, &s->error);
  if (status == TN_NOT_FOUND) status = as(tn_feed_position(feed, &epoch, &seq), TN_NOT_FOUND);
  return status;
}

static tn_status feed(subject *s) {
  tn_feed *all = NULL;
  tn_feed_options options = TN_FEED_OPTIONS_INIT;
  options.from_oldest = true;
  tn_status status = tn_feed_open(s->engine, &options, &all, &s->error);
  if (status == TN_OK) status = take_items(s, all);
  tn_feed_close(all);
  return status;
}

static void take_item(void *arg, const tn_feed_item *item) {
  (void)item;
  ++*(int *)arg;
}

static void take_end(void *arg, const tn_error *error) { *(int *)arg = -1 - (int)error->status; }

static tn_status feed_by_callback(subject *s) {
  int count = 0;
  tn_feed *all = NULL;
  tn_feed_options options = TN_FEED_OPTIONS_INIT;
  options.from_oldest = true;
  options.on_item = take_item;
  options.on_end = take_end;
  options.arg = &count;
  tn_status status = tn_feed_open(s->engine, &options, &all, &s->error);
  if (status == TN_OK) status = tn_tick(s->engine, &s->error);
  tn_feed_close(all);
  return status == TN_OK && count < 0 ? (tn_status)(-1 - count) : status;
}

/* ---- upkeep and looking --------------------------------------------------------------------- */

static tn_status snapshot(subject *s) {
  tn_status status = put_one(s);
  return status == TN_OK ? tn_snapshot(s->engine, NULL, &s->error) : status;
}

/* A sync is due where durability is "interval", and expired entries are to be purged. */
static tn_status tick(subject *s) {
  tn_status status = put_one(s);
  if (status != TN_OK) return status;
  (void)nanosleep(&(struct timespec){0, 2000000}, NULL);
  return told_by_stats(s, tn_tick(s->engine, &s->error));
}

static void print_problem(void *arg, const char *line) {
  (void)arg;
  print_message("%s\n", line);
}

static tn_status check(subject *s) { return tn_check(s->engine, print_problem, NULL, &s->result, &s->error); }
static tn_status describe(subject *s) { return tn_describe(s->engine, &s->result, &s->error); }
static tn_status stats(subject *s) { return tn_stats(s->engine, &s->result, &s->error); }

static tn_status take_record(void *arg, uint64_t seq, tn_value record) {
  return (void)arg, (void)seq, (void)record, TN_OK;
}

static tn_status read_journal(subject *s) { return tn_journal_read(s->engine, 2, 0, take_record, NULL, &s->error); }

/* Elsewhere in the same place; what an earlier try left there is not in the way. */
static tn_status backup(subject *s) {
  static unsigned number;
  char path[128];
  const char *base = s->place.files ? "" : s->place.disk.path;
  snprintf(path, sizeof path, "%s%sbackup%u", base, base[0] ? "/" : "", number++);
  return tn_backup(s->engine, path, NULL, &s->error);
}

static tn_status copy(subject *s) {
  static unsigned number;
  char target[400];
  snprintf(target, sizeof target,
           "{\"data\": \"copy%u\", \"service_thread\": false, \"models\": " EVERY_OP_MODELS
           ", "
           "\"storage\": {\"type\": \"file\", \"segment_bytes_min\": 8192}, "
           "\"format\": {\"journal\": \"json\", \"snapshot\": \"json\"}}",
           number++);
  tn_open_options options = s->options;
  options.config_text = target;
  return tn_copy(s->engine, NULL, &options, NULL, &s->error);
}

const deed deeds[] = {
    {.name = "put", .run = put_one},
    {.name = "put of a large value", .run = put_large},
    {.name = "delete_range", .run = delete_some},
    {.name = "a command that is refused", .run = refused},
    {.name = "get", .run = get},
    {.name = "scan", .run = scan},
    {.name = "scan by a prepared op, row by row", .run = prepared_op_with_rows},
    {.name = "incr by a prepared op, of a user", .run = prepared_op_of_a_user},
    {.name = "batch", .run = batch},
    {.name = "a batch that is refused", .run = refused_batch},
    {.name = "a batch of queries", .run = batch_of_queries},
    {.name = "a batch of every op of kv", .run = every_op_of_kv},
#ifdef TN_WITH_PCRE2
    {.name = "a batch of every op of document", .run = every_op_of_document},
    {.name = "a batch of every op of graph", .run = every_op_of_graph},
#endif
    {.name = "request", .run = request},
    {.name = "request as JSON text", .run = json},
    {.name = "request as a cJSON tree", .run = cjson},
    {.name = "txn, committed", .run = txn_commit},
    {.name = "txn, aborted", .run = txn_abort},
    {.name = "read txn", .run = txn_read},
    {.name = "submit and poll", .run = submit, .commits_apart = true},
    {.name = "feed", .run = feed},
    {.name = "feed by callback", .run = feed_by_callback, .commits_apart = true},
    {.name = "put and snapshot", .run = snapshot, .commits_apart = true},
    {.name = "put and tick", .run = tick, .commits_apart = true},
    {.name = "check", .run = check},
    {.name = "journal_read", .run = read_journal},
    {.name = "stats", .run = stats},
    {.name = "describe", .run = describe},
    {.name = "backup", .run = backup},
    {.name = "copy", .run = copy},
    {.name = NULL},
};
