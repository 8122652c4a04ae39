/* test_file_states.c - storage/file in every state a crash can leave it in: nothing acknowledged is lost, nothing
 * is there that was not submitted, and it goes on. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crash/budget.h"
#include "crash/crash_walk.h"
#include "storage/file/file.h"
#include "support/assert_status.h"
#include "support/test_host.h"

#define RECORDS_MAX 400
#define SESSIONS_MAX 12
#define SNAPSHOTS_MAX 16
#define RECORD_SIZE_MAX 9000

/* One submission of a record. After a kill the same seq may be submitted again with other bytes. */
typedef struct sent_record {
  uint64_t seq;
  uint64_t bytes; /* number that its bytes are made from */
  size_t begun;   /* operations recorded when it was submitted */
  size_t durable; /* when it was acknowledged as durable; SIZE_MAX = not yet */
  size_t gone;    /* when an open returned without it */
} sent_record;

typedef struct session {
  size_t begun, opened, closing, closed;
  uint64_t epoch;
} session;

typedef struct taken_snapshot {
  uint64_t seq;
  size_t begun, committed, removing;
} taken_snapshot;

/* What a run did and when, counted in recorded operations. */
typedef struct history {
  recorded_io *io;
  sent_record records[RECORDS_MAX];
  size_t record_count;
  uint64_t last; /* seq */
  session sessions[SESSIONS_MAX];
  size_t session_count;
  taken_snapshot snapshots[SNAPSHOTS_MAX];
  size_t snapshot_count;
  struct {
    size_t begun;
    uint64_t upto;
  } trims[RECORDS_MAX];
  size_t trim_count;
  bool text;
  bool verify_tail;
} history;

/* ---- a host whose chance can be repeated ---------------------------------------------------- */

static uint64_t chance;

static uint64_t draw(uint64_t below) {
  uint64_t z = chance += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % below;
}

static tn_status seeded_bytes(void *data, size_t size) {
  for (size_t i = 0; i < size; i++) ((uint8_t *)data)[i] = (uint8_t)draw(256);
  return TN_OK;
}

static tn_host host;

static void no_log(void *arg, const char *line) {
  (void)arg;
  (void)line;
}

/* ---- what records and snapshots hold -------------------------------------------------------- */

static bool large_records; /* so that nearly every group rolls over */

static tn_slice record_bytes(uint64_t number, uint8_t *room) {
  uint64_t h = (number + 1) * 2654435761u;
  size_t size = h % 37 == 0 ? 5000 + h % 3000 : h % 11 == 0 ? 0 : h % 260;
  if (large_records) size = 900 + h % 2000;
  for (size_t i = 0; i < size; i++) room[i] = (uint8_t)('a' + (number * 7 + i) % 26);
  return (tn_slice){room, size};
}

static size_t snapshot_size(uint64_t seq) { return (size_t)(seq * 97 % 3000); }
static uint8_t snapshot_byte(uint64_t seq, size_t i) { return (uint8_t)(seq * 31 + i * 7); }

/* ---- opening -------------------------------------------------------------------------------- */

typedef struct opened {
  void *self;
  tn_storage_state state;
  tn_error error;
} opened;

static const char *what_failed = "";

static tn_status open_storage(const recorded_io *io, const history *h, opened *out) {
  static uint8_t sizes[64];
  static uint8_t tail[] = {TN_TAG_SHORT_STRING + 4, 't', 'a', 'i', 'l'},
                 all[] = {TN_TAG_SHORT_STRING + 3, 'a', 'l', 'l'};
  tn_builder b = TN_BUILDER_INIT;
  tn_value verify = h->verify_tail ? (tn_value){tail, sizeof tail} : (tn_value){all, sizeof all};
  tn_value config = tn_obj(&b, "segment_bytes_min", 4096, "segment_bytes_max", 8192, "verify", verify);
  assert_true(config.size > 0 && config.size <= sizeof sizes);
  memcpy(sizes, config.data, config.size);
  config.data = sizes;
  tn_builder_free(&b);
  tn_storage_options options = {.host = &host,
                                .memory = tn_memory_system(),
                                .io = recorded_io_tn_io(io),
                                .path = "data",
                                .config = config,
                                .meta = {"meta", 4},
                                .base_seq = 1,
                                .base_epoch = 1,
                                .text = h->text,
                                .text_snapshots = h->text,
                                .log = no_log};
  *out = (opened){.self = calloc(1, tni_storage_file.state_size), .error = TN_ERROR_INIT};
  tn_status status = tni_storage_file.open(out->self, &options, &out->state, &out->error);
  if (status != TN_OK) free(out->self);
  return status;
}

static tn_status close_storage(opened *o) {
  tn_status status = tni_storage_file.close(o->self, &o->error);
  free(o->self);
  return status;
}

/* ---- a run ---------------------------------------------------------------------------------- */

static size_t now(const history *h) { return recorded_io_op_count(h->io); }

static void acknowledge(history *h) {
  for (size_t i = 0; i < h->record_count; i++)
    if (h->records[i].durable == SIZE_MAX && h->records[i].gone == SIZE_MAX) h->records[i].durable = now(h);
}

/* An open that returned: what it has is durable, what it has not is gone. */
static void settle(history *h, uint64_t next_seq) {
  for (size_t i = 0; i < h->record_count; i++)
    if (h->records[i].seq >= next_seq && h->records[i].gone == SIZE_MAX) h->records[i].gone = now(h);
  h->last = next_seq - 1;
  acknowledge(h);
}

/* False when the storage failed, as it was asked to. */
static bool run_group(history *h, opened *o, size_t n, bool sync) {
  static uint8_t rooms[6][RECORD_SIZE_MAX];
  tn_slice records[6];
  uint64_t first = h->last + 1;
  if (h->record_count + n > RECORDS_MAX) return true;
  for (size_t i = 0; i < n; i++) {
    records[i] = record_bytes(h->record_count, rooms[i]);
    h->records[h->record_count] = (sent_record){++h->last, h->record_count, now(h), SIZE_MAX, SIZE_MAX};
    h->record_count++;
  }
  if (tni_storage_file.append(o->self, first, records, n, sync ? TN_APPEND_SYNC : 0, &o->error) != TN_OK)
    return false;
  if (sync) acknowledge(h);
  return true;
}

static bool run_append(history *h, opened *o) {
  size_t n = 1 + (size_t)draw(draw(4) == 0 ? 6 : 2);
  return run_group(h, o, n, draw(3) != 0);
}

static bool run_sync(history *h, opened *o) {
  if (tni_storage_file.sync(o->self, &o->error) != TN_OK) return false;
  acknowledge(h);
  return true;
}

static bool write_snapshot(opened *o, uint64_t seq, void *writer) {
  for (size_t i = 0; i < snapshot_size(seq); i++) {
    uint8_t byte = snapshot_byte(seq, i);
    if (tni_storage_file.snapshot_write(o->self, writer, (tn_slice){&byte, 1}, &o->error) != TN_OK) return false;
  }
  return true;
}

static bool run_snapshot(history *h, opened *o) {
  if (h->snapshot_count == SNAPSHOTS_MAX || h->last == 0) return true;
  for (size_t i = 0; i < h->snapshot_count; i++)
    if (h->snapshots[i].seq == h->last) return true;
  taken_snapshot *s = &h->snapshots[h->snapshot_count++];
  *s = (taken_snapshot){h->last, now(h), SIZE_MAX, SIZE_MAX};
  void *writer;
  if (!run_sync(h, o)) return false;
  if (tni_storage_file.snapshot_begin(o->self, s->seq, &writer, &o->error) != TN_OK) return false;
  bool good = write_snapshot(o, s->seq, writer);
  if (!good || draw(4) == 0)
    tni_storage_file.snapshot_abort(o->self, writer);
  else if (tni_storage_file.snapshot_commit(o->self, writer, &o->error) == TN_OK)
    s->committed = now(h);
  else
    good = false;
  return good;
}

static bool run_snapshot_remove(history *h, opened *o) {
  for (size_t i = 0; i < h->snapshot_count; i++) {
    taken_snapshot *s = &h->snapshots[i];
    if (s->committed == SIZE_MAX || s->removing != SIZE_MAX) continue;
    s->removing = now(h);
    return tni_storage_file.snapshot_remove(o->self, s->seq, &o->error) == TN_OK;
  }
  return true;
}

static bool run_trim(history *h, opened *o, uint64_t upto) {
  uint64_t first;
  h->trims[h->trim_count].begun = now(h);
  h->trims[h->trim_count++].upto = upto;
  return tni_storage_file.trim(o->self, upto, &first, &o->error) == TN_OK;
}

static bool run_step(history *h, opened *o) {
  uint64_t what = draw(20);
  if (what < 14) return run_append(h, o);
  if (what < 15) return run_sync(h, o);
  if (what < 16) return run_snapshot(h, o);
  if (what < 17) return run_trim(h, o, draw(h->last + 1));
  if (what < 18) return run_snapshot_remove(h, o);
  return tni_storage_file.maintain(o->self, &o->error) == TN_OK;
}

/* As if the process had been killed: what it wrote stays, nothing more is done. */
static void run_kill(history *h, opened *o) {
  recorded_io_fail(h->io, 1, TN_IO, true);
  (void)close_storage(o);
  recorded_io_fail(h->io, 0, TN_OK, false);
}

static void run_close(history *h, session *s, opened *o) {
  s->closing = now(h);
  if (close_storage(o) != TN_OK) return;
  acknowledge(h);
  s->closed = now(h);
}

typedef enum ending { ENDS_CLOSED, ENDS_KILLED, ENDS_FAILING } ending;

static void run_session(history *h, size_t steps, ending how) {
  session *s = &h->sessions[h->session_count++];
  *s = (session){now(h), SIZE_MAX, SIZE_MAX, SIZE_MAX, 0};
  opened o;
  if (how == ENDS_FAILING) recorded_io_fail(h->io, 1 + draw(steps * 5 + 20), draw(2) ? TN_IO : TN_FULL, false);
  if (open_storage(h->io, h, &o) == TN_OK) {
    settle(h, o.state.next_seq);
    s->opened = now(h);
    s->epoch = o.state.epoch;
    bool good = true;
    for (size_t i = 0; i < steps && good; i++) good = run_step(h, &o);
    assert_true(good || how == ENDS_FAILING);
    if (how == ENDS_KILLED || (how == ENDS_FAILING && draw(2)))
      run_kill(h, &o);
    else
      run_close(h, s, &o);
  } else
    assert_int_equal(how, ENDS_FAILING);
  recorded_io_fail(h->io, 0, TN_OK, false);
}

static history *make_history(uint64_t seed, size_t sessions, size_t steps, bool kills, bool text) {
  history *h = calloc(1, sizeof *h);
  chance = seed;
  h->io = recorded_io_create();
  h->text = text;
  h->verify_tail = seed % 2 == 1;
  for (size_t i = 0; i < sessions; i++) run_session(h, steps, kills ? (ending)draw(3) : ENDS_CLOSED);
  return h;
}

/* What is done when one call after the other fails. */
typedef enum failing_step {
  FAIL_CREATE,
  FAIL_REPLACE,
  FAIL_ROLL,
  FAIL_TRIM,
  FAIL_SNAPSHOT,
  FAIL_CLOSE,
  FAIL_STEPS
} failing_step;

static void run_failing(history *h, session *s, failing_step step, uint64_t nth) {
  opened o;
  if (step == FAIL_CREATE) recorded_io_fail(h->io, nth, TN_IO, false);
  if (open_storage(h->io, h, &o) != TN_OK) return;
  s->opened = now(h);
  s->epoch = o.state.epoch;
  for (size_t i = 0; i < 5 && step >= FAIL_ROLL; i++) assert_true(run_group(h, &o, 1, true));
  if (step != FAIL_CREATE) recorded_io_fail(h->io, nth, TN_IO, false);
  if (step == FAIL_TRIM)
    (void)run_trim(h, &o, h->last);
  else if (step == FAIL_SNAPSHOT)
    (void)run_snapshot(h, &o);
  else if (step == FAIL_CLOSE)
    run_close(h, s, &o);
  else
    (void)run_group(h, &o, 6, true);
  if (step != FAIL_CLOSE) run_kill(h, &o);
}

/* A session in which call number `nth` of a step fails, then a kill; a session that goes on. Groups are large: before
 * FAIL_REPLACE the segment holds no record and is replaced by the next one. */
static history *make_failing(failing_step step, uint64_t nth) {
  history *h = calloc(1, sizeof *h);
  chance = nth;
  h->io = recorded_io_create();
  session *s = &h->sessions[h->session_count++];
  *s = (session){now(h), SIZE_MAX, SIZE_MAX, SIZE_MAX, 0};
  run_failing(h, s, step, nth);
  recorded_io_fail(h->io, 0, TN_OK, false);
  run_session(h, 2, ENDS_CLOSED);
  return h;
}

static void free_history(history *h) {
  recorded_io_destroy(h->io);
  free(h);
}

/* ---- checking one state --------------------------------------------------------------------- */

#define CHECK(condition)        \
  do {                          \
    if (!(condition)) {         \
      what_failed = #condition; \
      return false;             \
    }                           \
  } while (0)

/* What may be there after the first `op` operations. */
typedef struct expected {
  uint64_t durable, submitted, trim_upto;
  uint64_t epoch; /* of the last open that returned; 0 = none did */
  bool is_open;   /* between an open that returned and its close */
  bool is_closed; /* a close returned, nothing was begun after it */
} expected;

static expected expect(const history *h, size_t op) {
  expected e = {0};
  for (size_t i = 0; i < h->record_count; i++) {
    const sent_record *r = &h->records[i];
    if (r->durable <= op && r->seq > e.durable) e.durable = r->seq;
    if (r->begun <= op && r->gone > op && r->seq > e.submitted) e.submitted = r->seq;
  }
  for (size_t i = 0; i < h->trim_count; i++)
    if (h->trims[i].begun <= op && h->trims[i].upto > e.trim_upto) e.trim_upto = h->trims[i].upto;
  for (size_t i = 0; i < h->session_count; i++) {
    const session *s = &h->sessions[i];
    if (s->opened <= op) e.epoch = s->epoch, e.is_open = op < s->closing;
    if (s->begun < op) e.is_closed = s->closed <= op;
  }
  return e;
}

/* Whether these bytes were submitted as this record, and not gone, at `op`. `extra` was appended by a check. */
static bool was_sent(const history *h, size_t op, const tn_record *record, uint64_t extra) {
  static uint8_t room[RECORD_SIZE_MAX];
  if (record->seq == extra) return record->bytes.size == 5 && memcmp(record->bytes.data, "extra", 5) == 0;
  for (size_t i = 0; i < h->record_count; i++) {
    const sent_record *r = &h->records[i];
    if (r->seq != record->seq || r->begun > op || r->gone <= op) continue;
    tn_slice sent = record_bytes(r->bytes, room);
    if (sent.size == record->bytes.size && (sent.size == 0 || memcmp(sent.data, record->bytes.data, sent.size) == 0))
      return true;
  }
  return false;
}

static bool check_records(const history *h, size_t op, const opened *o, uint64_t last, uint64_t extra) {
  void *cursor;
  tn_error error = TN_ERROR_INIT;
  CHECK(tni_storage_file.read_open(o->self, o->state.first_seq, &cursor, &error) == TN_OK);
  bool same = true;
  uint64_t seq = o->state.first_seq;
  tn_record record;
  tn_status status;
  while ((status = tni_storage_file.read_next(o->self, cursor, &record, &error)) == TN_OK) {
    same = same && record.seq == seq && was_sent(h, op, &record, extra);
    seq++;
  }
  tni_storage_file.read_close(o->self, cursor);
  CHECK(status == TN_NOT_FOUND);
  CHECK(same);
  CHECK(seq == last + 1);
  return true;
}

static bool check_snapshot(const opened *o, uint64_t seq) {
  void *reader;
  tn_error error = TN_ERROR_INIT;
  CHECK(tni_storage_file.snapshot_open(o->self, seq, &reader, &error) == TN_OK);
  size_t at = 0;
  bool same = true;
  tn_slice run;
  tn_status status;
  while ((status = tni_storage_file.snapshot_read(o->self, reader, &run, &error)) == TN_OK)
    for (size_t i = 0; i < run.size; i++) same = same && ((const uint8_t *)run.data)[i] == snapshot_byte(seq, at++);
  tni_storage_file.snapshot_close(o->self, reader);
  CHECK(status == TN_NOT_FOUND);
  CHECK(same && at == snapshot_size(seq));
  return true;
}

typedef struct listed {
  uint64_t seqs[SNAPSHOTS_MAX];
  size_t count;
} listed;

static tn_status list_one(void *arg, uint64_t seq, uint64_t size) {
  (void)size;
  listed *l = arg;
  if (l->count == SNAPSHOTS_MAX) return TN_LIMIT;
  l->seqs[l->count++] = seq;
  return TN_OK;
}

static bool check_snapshots(const history *h, size_t op, const opened *o) {
  listed l = {.count = 0};
  tn_error error = TN_ERROR_INIT;
  CHECK(tni_storage_file.snapshot_list(o->self, list_one, &l, &error) == TN_OK);
  for (size_t i = 0; i < l.count; i++)
    if (!check_snapshot(o, l.seqs[i])) return false;
  for (size_t i = 0; i < h->snapshot_count; i++) {
    const taken_snapshot *s = &h->snapshots[i];
    bool there = false;
    for (size_t k = 0; k < l.count; k++) there = there || l.seqs[k] == s->seq;
    if (s->committed <= op && s->removing >= op) CHECK(there);
    if (s->begun > op) CHECK(!there);
  }
  return true;
}

static bool append_one(opened *o, uint64_t seq) {
  tn_slice record = {"extra", 5};
  CHECK(tni_storage_file.append(o->self, seq, &record, 1, TN_APPEND_SYNC, &o->error) == TN_OK);
  return true;
}

/* The state goes on: killed, opened again, appended to, closed, opened again. */
static bool check_goes_on(const history *h, size_t op, const recorded_io *io, const opened *first) {
  uint64_t last = first->state.next_seq - 1, epoch = first->state.epoch;
  opened o;
  CHECK(open_storage(io, h, &o) == TN_OK);
  bool good = check_records(h, op, &o, last, 0) && append_one(&o, last + 1);
  if (good && (o.state.epoch != epoch + 1 || o.state.clean)) what_failed = "epoch after a kill", good = false;
  if (close_storage(&o) != TN_OK || !good) return false;
  CHECK(open_storage(io, h, &o) == TN_OK);
  good = check_records(h, op, &o, last + 1, last + 1) && o.state.clean && o.state.epoch == epoch + 1;
  return close_storage(&o) == TN_OK && good;
}

static bool check_state(const history *h, size_t op, const recorded_io *state) {
  expected e = expect(h, op);
  opened o;
  tn_status status = open_storage(state, h, &o);
  if (status != TN_OK) {
    print_message("open: %s: %s (%s)\n", tn_status_name(status), o.error.text, o.error.where);
    return what_failed = "open", false;
  }
  recorded_io *killed = recorded_io_copy(state);
  uint64_t last = o.state.next_seq - 1;
  bool good = last >= e.durable && last <= e.submitted && o.state.first_seq <= e.trim_upto + 1;
  if (!good) what_failed = "first and next seq";
  if (good && e.is_open && (o.state.epoch <= e.epoch || o.state.clean))
    what_failed = "epoch of an open log", good = false;
  if (good && o.state.clean && last != e.submitted) what_failed = "clean with records missing", good = false;
  if (good && e.is_closed && !o.state.clean) what_failed = "a closed log is not clean", good = false;
  if (good && (o.state.meta.size != 4 || memcmp(o.state.meta.data, "meta", 4) != 0))
    what_failed = "meta", good = false;
  good = good && check_records(h, op, &o, last, 0) && check_snapshots(h, op, &o);
  opened copy = o;
  good = close_storage(&o) == TN_OK && good;
  good = good && check_goes_on(h, op, killed, &copy);
  recorded_io_destroy(killed);
  return good;
}

/* The recovery of a crash state is itself stopped at each of its operations. */
static size_t check_stopped_recovery(const history *h, size_t op, crash_walk *w, uint64_t seed) {
  recorded_io *state = crash_walk_state(w);
  opened o;
  assert_status(open_storage(state, h, &o), TN_OK);
  uint64_t epoch = o.state.epoch;
  size_t done = recorded_io_op_count(state), states = 0;
  crash_walk *again = crash_walk_create(state, 0, 4, seed);
  while (crash_walk_next(again)) {
    recorded_io *stopped = crash_walk_state(again);
    opened second;
    states++;
    assert_status(open_storage(stopped, h, &second), TN_OK);
    expected e = expect(h, op);
    assert_true(second.state.next_seq - 1 >= e.durable && second.state.next_seq - 1 <= e.submitted);
    assert_true(check_records(h, op, &second, second.state.next_seq - 1, 0));
    if (crash_walk_op(again) >= done) assert_true(second.state.epoch > epoch);
    assert_status(close_storage(&second), TN_OK);
    recorded_io_destroy(stopped);
  }
  crash_walk_destroy(again);
  assert_status(close_storage(&o), TN_OK);
  recorded_io_destroy(state);
  return states;
}

static size_t check_history(history *h, size_t states_max, uint64_t seed, size_t *nested) {
  size_t states = 0;
  crash_walk *w = crash_walk_create(h->io, 0, states_max, seed);
  while (crash_walk_next(w)) {
    recorded_io *state = crash_walk_state(w);
    if (!check_state(h, crash_walk_op(w), state)) {
      char line[2000];
      crash_walk_describe(w, line, sizeof line);
      fail_msg("%s; seed %" PRIu64 ", %s", what_failed, seed, line);
    }
    recorded_io_destroy(state);
    if (++states % 60 == 0) *nested += check_stopped_recovery(h, crash_walk_op(w), w, seed + states);
  }
  crash_walk_destroy(w);
  return states;
}

/* ---- the tests ------------------------------------------------------------------------------ */

static void try_histories(uint64_t seed, size_t count, size_t sessions, size_t steps, size_t states_max, bool kills,
                          bool text) {
  size_t states = 0, nested = 0;
  for (size_t i = 0; i < count; i++) {
    history *h = make_history(seed + i, sessions, steps, kills, text);
    states += check_history(h, states_max, seed + i, &nested);
    free_history(h);
  }
  print_message("# %zu crash states of storage/file, %zu more of its recovery, seeds %" PRIu64 " to %" PRIu64 "\n",
                states, nested, seed, seed + count - 1);
}

static void every_crash_state_of_a_short_run_keeps_what_was_acknowledged(void **state) {
  (void)state;
  try_histories(100, 2, 1, 3, 64, false, false);
}

static void sampled_crash_states_of_long_runs_keep_what_was_acknowledged(void **state) {
  (void)state;
  try_histories(1, 6, 3, 14, 6, false, false);
}

/* What `make crash` does most of. */
static void crash_states_after_kills_and_failures_keep_what_was_acknowledged(void **state) {
  (void)state;
  size_t states = 0, nested = 0;
  uint64_t seed = 0;
  budget b = budget_make(1000, 16);
  while (budget_next(&b, &seed)) {
    large_records = seed % 4 == 3;
    history *h = make_history(seed, 6, 8, true, seed % 8 == 5);
    states += check_history(h, 6, seed, &nested);
    free_history(h);
  }
  large_records = false;
  print_message("# %zu crash states of storage/file, %zu more of its recovery, seeds %" PRIu64 " to %" PRIu64 "\n",
                states, nested, b.first_seed, seed);
}

static void crash_states_around_rollovers_keep_what_was_acknowledged(void **state) {
  (void)state;
  large_records = true;
  try_histories(3040, 12, 9, 3, 5, true, false);
  large_records = false;
}

static void any_call_may_fail_and_the_system_after_it(void **state) {
  (void)state;
  size_t states = 0, nested = 0;
  large_records = true;
  for (int step = 0; step < FAIL_STEPS; step++) {
    for (uint64_t nth = 1; nth <= 16; nth++) {
      history *h = make_failing((failing_step)step, nth);
      states += check_history(h, 4, nth, &nested);
      free_history(h);
    }
  }
  large_records = false;
  print_message("# %zu crash states of storage/file around failing calls\n", states);
}

static void a_journal_of_text_survives_crashes_like_any_other(void **state) {
  (void)state;
  try_histories(500, 2, 4, 10, 5, true, true);
}

int main(void) {
  host = test_host;
  host.random_bytes = seeded_bytes;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_crash_state_of_a_short_run_keeps_what_was_acknowledged),
      cmocka_unit_test(sampled_crash_states_of_long_runs_keep_what_was_acknowledged),
      cmocka_unit_test(crash_states_after_kills_and_failures_keep_what_was_acknowledged),
      cmocka_unit_test(crash_states_around_rollovers_keep_what_was_acknowledged),
      cmocka_unit_test(any_call_may_fail_and_the_system_after_it),
      cmocka_unit_test(a_journal_of_text_survives_crashes_like_any_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
