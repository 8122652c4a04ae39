/* test_lmdb_states.c - storage/lmdb after power cuts at any point of what it and liblmdb write, and after kills: what
 * was acknowledged is there, nothing is there that was not submitted, and it goes on. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crash/crash_walk.h"
#include "io.h"
#include "support/assert_status.h"
#include "support/folder.h"
#include "support/mirrored_io.h"
#include "support/test_host.h"
#include "tenon.h"

#ifndef TN_WITH_LMDB
int main(void) {
  printf("# storage \"lmdb\" was left out: so are its tests\n");
  return 0;
}
#else

#include "storage/lmdb/lmdb.h"

#define RECORDS_MAX 400
#define MARKS_MAX 2000
#define SNAPSHOTS_MAX 40
#define SESSIONS_MAX 40
#define RECORD_SIZE_MAX 9000

static const tn_storage *const lmdb = &tni_storage_lmdb;

static uint64_t draw(uint64_t *random, uint64_t below) {
  uint64_t z = *random += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % below;
}

/* How many states and kills are tried: $CRASH_FACTOR times what stands here. */
static uint64_t factor(void) {
  const char *text = getenv("CRASH_FACTOR");
  return text ? strtoull(text, NULL, 10) : 1;
}

/* ---- a storage ------------------------------------------------------------------------------ */

typedef struct opened {
  char path[96];
  const tn_io *io;
  bool apart;
  void *self;
  tn_storage_state state;
  tn_error error;
} opened;

static void no_log(void *arg, const char *line) {
  (void)arg;
  (void)line;
}

static tn_status try_open(opened *o) {
  tn_builder config = TN_BUILDER_INIT;
  tn_storage_options options = {.host = &test_host,
                                .memory = tn_memory_system(),
                                .io = o->io ? o->io : tni_io_posix(),
                                .path = o->path,
                                .config = tn_obj(&config, "snapshots", o->apart ? "apart" : "together"),
                                .meta = {"meta", 4},
                                .base_seq = 1,
                                .base_epoch = 1,
                                .log = no_log};
  o->self = calloc(1, lmdb->state_size);
  tn_status status = lmdb->open(o->self, &options, &o->state, &o->error);
  if (status != TN_OK) free(o->self);
  tn_builder_free(&config);
  return status;
}

static tn_status try_close(opened *o) {
  tn_status status = lmdb->close(o->self, &o->error);
  free(o->self);
  return status;
}

static size_t record_size(uint64_t seq) {
  static const size_t sizes[] = {0, 20, 90, 90, 300, 300, 700, 2500, RECORD_SIZE_MAX};
  return sizes[seq * 7 % 9];
}

static uint8_t record_byte(uint64_t seq, size_t i) { return (uint8_t)(seq * 31 + i + i / 13); }

static tn_status append(opened *o, uint64_t first, size_t n, uint32_t flags) {
  static uint8_t rooms[8][RECORD_SIZE_MAX];
  tn_slice records[8];
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < record_size(first + i); k++) rooms[i][k] = record_byte(first + i, k);
    records[i] = (tn_slice){rooms[i], record_size(first + i)};
  }
  return lmdb->append(o->self, first, records, n, flags, &o->error);
}

static bool is_record(const tn_record *record) {
  bool same = record->bytes.size == record_size(record->seq);
  for (size_t i = 0; same && i < record->bytes.size; i++)
    same = ((const uint8_t *)record->bytes.data)[i] == record_byte(record->seq, i);
  return same;
}

/* Whether exactly the records of the state are there. */
static bool has_its_records(opened *o) {
  void *cursor;
  tn_record record;
  uint64_t seq = o->state.first_seq;
  bool good = lmdb->read_open(o->self, seq, &cursor, &o->error) == TN_OK;
  if (!good) return false;
  while (good && lmdb->read_next(o->self, cursor, &record, &o->error) == TN_OK)
    good = record.seq == seq++ && is_record(&record);
  lmdb->read_close(o->self, cursor);
  return good && seq == o->state.next_seq;
}

static size_t snapshot_size(uint64_t seq) { return (size_t)(seq * 7919 % 60000); }

static tn_status write_snapshot(opened *o, uint64_t seq) {
  static uint8_t bytes[60000];
  void *writer;
  for (size_t i = 0; i < snapshot_size(seq); i++) bytes[i] = record_byte(seq, i);
  tn_status status = lmdb->snapshot_begin(o->self, seq, &writer, &o->error);
  if (status != TN_OK) return status;
  status = lmdb->snapshot_write(o->self, writer, (tn_slice){bytes, snapshot_size(seq)}, &o->error);
  if (status == TN_OK) return lmdb->snapshot_commit(o->self, writer, &o->error);
  lmdb->snapshot_abort(o->self, writer);
  return status;
}

static bool has_snapshot(opened *o, uint64_t seq) {
  void *reader;
  tn_slice run;
  size_t at = 0;
  bool good = lmdb->snapshot_open(o->self, seq, &reader, &o->error) == TN_OK;
  if (!good) return false;
  tn_status status;
  while ((status = lmdb->snapshot_read(o->self, reader, &run, &o->error)) == TN_OK)
    for (size_t i = 0; i < run.size; i++) good = good && ((const uint8_t *)run.data)[i] == record_byte(seq, at++);
  lmdb->snapshot_close(o->self, reader);
  return good && status == TN_NOT_FOUND && at == snapshot_size(seq);
}

/* ---- a recorded life ------------------------------------------------------------------------ */

/* What was promised, counted in recorded operations. */
typedef struct history {
  recorded_io *io;
  opened o;
  uint64_t random;
  uint64_t last;             /* seq */
  size_t begun[RECORDS_MAX]; /* by seq */
  struct {
    size_t op;
    uint64_t seq;
  } durable[MARKS_MAX], trims[MARKS_MAX]; /* from `op` on durable up to seq; trimmed at most so far */
  size_t durable_count, trim_count;
  struct {
    uint64_t seq;
    size_t begun, committed, removing;
  } snapshots[SNAPSHOTS_MAX];
  size_t snapshot_count;
  struct {
    size_t opened, closing; /* SIZE_MAX = killed */
    uint64_t epoch;
  } sessions[SESSIONS_MAX];
  size_t session_count;
} history;

static void note_durable(history *h) {
  assert_true(h->durable_count < MARKS_MAX);
  h->durable[h->durable_count].op = mirrored_io_op_count();
  h->durable[h->durable_count++].seq = h->last;
}

static void step_append(history *h) {
  bool sync = draw(&h->random, 2) == 0;
  size_t n = 1 + (size_t)draw(&h->random, 4);
  for (size_t i = 0; i < n; i++) h->begun[h->last + 1 + i] = mirrored_io_op_count();
  assert_status(append(&h->o, h->last + 1, n, sync ? TN_APPEND_SYNC : 0), TN_OK);
  h->last += n;
  if (sync) note_durable(h);
}

static void step_sync(history *h) {
  assert_status(lmdb->sync(h->o.self, &h->o.error), TN_OK);
  note_durable(h);
}

static void step_tell(history *h) { assert_status(lmdb->maintain(h->o.self, &h->o.error), TN_OK); }

static void step_snapshot(history *h) {
  size_t i = h->snapshot_count++;
  assert_true(i < SNAPSHOTS_MAX);
  h->snapshots[i].seq = h->last;
  h->snapshots[i].begun = mirrored_io_op_count();
  h->snapshots[i].removing = SIZE_MAX;
  for (size_t k = 0; k < i; k++) /* one of the same seq takes its place */
    if (h->snapshots[k].seq == h->last && h->snapshots[k].removing == SIZE_MAX)
      h->snapshots[k].removing = h->snapshots[i].begun;
  assert_status(write_snapshot(&h->o, h->last), TN_OK);
  h->snapshots[i].committed = mirrored_io_op_count();
}

static void step_remove(history *h) {
  for (size_t i = 0; i < h->snapshot_count; i++) {
    if (h->snapshots[i].removing != SIZE_MAX) continue;
    h->snapshots[i].removing = mirrored_io_op_count();
    assert_status(lmdb->snapshot_remove(h->o.self, h->snapshots[i].seq, &h->o.error), TN_OK);
    return;
  }
}

static void step_trim(history *h) {
  uint64_t first;
  if (h->last < 10) return;
  h->trims[h->trim_count].op = mirrored_io_op_count();
  h->trims[h->trim_count++].seq = h->last - 5;
  assert_status(lmdb->trim(h->o.self, h->last - 5, &first, &h->o.error), TN_OK);
}

static void begin_session(history *h) {
  assert_status(try_open(&h->o), TN_OK);
  assert_int_equal(h->o.state.next_seq, h->last + 1);
  assert_true(h->session_count < SESSIONS_MAX);
  h->sessions[h->session_count].closing = SIZE_MAX;
  h->sessions[h->session_count].epoch = h->o.state.epoch;
  h->sessions[h->session_count++].opened = mirrored_io_op_count();
  note_durable(h);
}

static void end_session(history *h) {
  h->sessions[h->session_count - 1].closing = mirrored_io_op_count();
  assert_status(try_close(&h->o), TN_OK);
  note_durable(h);
}

static void step_reopen(history *h) {
  end_session(h);
  begin_session(h);
}

/* The system lives on, so what was written is there; but it is not durable before the next open has returned. */
static void step_kill(history *h) {
  mirrored_io_stop(true);
  (void)try_close(&h->o);
  mirrored_io_stop(false);
  begin_session(h);
}

typedef void (*step_fn)(history *h);

static void run(history *h, const char *root, uint64_t seed, bool apart, size_t steps) {
  static const step_fn kinds[] = {step_append, step_append,   step_append, step_append, step_append, step_sync,
                                  step_tell,   step_snapshot, step_remove, step_trim,   step_reopen, step_kill};
  *h = (history){.random = seed, .o = {.apart = apart}};
  snprintf(h->o.path, sizeof h->o.path, "%s/data", root);
  h->o.io = mirrored_io_begin(root);
  begin_session(h);
  for (size_t i = 0; i < steps; i++) kinds[draw(&h->random, sizeof kinds / sizeof *kinds)](h);
  end_session(h);
  h->io = mirrored_io_end();
}

/* ---- what must be there --------------------------------------------------------------------- */

static uint64_t durable_at(const history *h, size_t op) {
  uint64_t seq = 0;
  for (size_t i = 0; i < h->durable_count; i++)
    if (h->durable[i].op <= op) seq = h->durable[i].seq;
  return seq;
}

static uint64_t submitted_at(const history *h, size_t op) {
  uint64_t seq = 0;
  while (seq < h->last && h->begun[seq + 1] < op) seq++;
  return seq;
}

static uint64_t trimmed_at(const history *h, size_t op) {
  uint64_t seq = 0;
  for (size_t i = 0; i < h->trim_count; i++)
    if (h->trims[i].op < op) seq = h->trims[i].seq;
  return seq;
}

static bool snapshots_are_right(const history *h, opened *o, size_t op) {
  for (size_t i = 0; i < h->snapshot_count; i++) {
    bool must = h->snapshots[i].committed <= op && h->snapshots[i].removing >= op;
    if (must && !has_snapshot(o, h->snapshots[i].seq)) return false;
  }
  return true;
}

/* (epoch, seq) names one history: an open that follows an open without a close between them counts up. */
static bool epoch_is_right(const history *h, const tn_storage_state *s, size_t op) {
  size_t i = h->session_count;
  while (i > 0 && h->sessions[i - 1].opened > op) i--;
  if (i == 0) return s->epoch >= 1;
  bool may_be_clean = h->sessions[i - 1].closing < op;
  return s->clean ? may_be_clean && s->epoch >= h->sessions[i - 1].epoch : s->epoch > h->sessions[i - 1].epoch;
}

static bool state_is_right(const history *h, opened *o, size_t op) {
  const tn_storage_state *s = &o->state;
  return epoch_is_right(h, s, op) && s->next_seq > durable_at(h, op) && s->next_seq <= submitted_at(h, op) + 1 &&
         s->first_seq <= trimmed_at(h, op) + 1 && has_its_records(o) && snapshots_are_right(h, o, op);
}

/* Opens a state, goes on with it, opens it again. */
static bool check_state(const history *h, const char *root, const recorded_io *files, size_t op) {
  folder data;
  snprintf(data.path, sizeof data.path, "%.50s/data", root);
  recorded_io_unpack(files, root);
  opened o = {.apart = h->o.apart};
  snprintf(o.path, sizeof o.path, "%s", data.path);
  bool good = try_open(&o) == TN_OK;
  if (good) {
    uint64_t next = o.state.next_seq, epoch = o.state.epoch;
    good = state_is_right(h, &o, op) && append(&o, next, 2, TN_APPEND_SYNC) == TN_OK;
    good = try_close(&o) == TN_OK && good && try_open(&o) == TN_OK;
    good = good && o.state.clean && o.state.epoch == epoch && o.state.next_seq == next + 2 && has_its_records(&o);
    if (good) good = try_close(&o) == TN_OK;
  }
  folder_remove(&data);
  return good;
}

/* In memory where the system has that. */
static void make_root(folder *f) {
  snprintf(f->path, sizeof f->path, "/dev/shm/tenon-test-XXXXXX");
  assert_true(mkdtemp(f->path) || folder_make(f));
}

static size_t walk(const history *h, const char *root, uint64_t seed, size_t states_each) {
  size_t states = 0;
  crash_walk *w = crash_walk_create(h->io, 0, states_each, seed);
  while (crash_walk_next(w)) {
    recorded_io *files = crash_walk_state(w);
    if (!check_state(h, root, files, crash_walk_op(w))) {
      char line[200];
      crash_walk_describe(w, line, sizeof line);
      fail_msg("seed %" PRIu64 ", %s", seed, line);
    }
    recorded_io_destroy(files);
    states++;
  }
  crash_walk_destroy(w);
  return states;
}

static void nothing_is_lost_by_a_power_cut_at_any_point(void **state) {
  (void)state;
  static history h;
  size_t states = 0;
  for (uint64_t seed = 1; seed <= 6 * factor(); seed++) {
    folder root, image;
    make_root(&root);
    make_root(&image);
    run(&h, root.path, seed, seed % 2 == 0, 14 + (size_t)seed % 4 * 6);
    states += walk(&h, image.path, seed, 4);
    recorded_io_destroy(h.io);
    folder_remove(&root);
    folder_remove(&image);
  }
  print_message("# %zu states after power cuts, each opened, continued and opened again\n", states);
}

/* ---- kills ---------------------------------------------------------------------------------- */

/* In a process of its own until it is killed: appends, tells what was appended, trims and writes snapshots. */
static void live(const char *path, int tell, uint64_t seed) {
  opened o = {.apart = seed % 2 == 0};
  uint64_t first, next;
  snprintf(o.path, sizeof o.path, "%s", path);
  if (try_open(&o) != TN_OK) _exit(1);
  for (next = o.state.next_seq;;) {
    size_t n = 1 + (size_t)draw(&seed, 5);
    if (append(&o, next, n, draw(&seed, 3) == 0 ? TN_APPEND_SYNC : 0) != TN_OK) _exit(2);
    next += n;
    uint64_t newest = next - 1;
    if (write(tell, &newest, sizeof newest) != sizeof newest) _exit(3);
    if (draw(&seed, 40) == 0 && lmdb->trim(o.self, newest - newest / 4, &first, &o.error) != TN_OK) _exit(4);
    if (draw(&seed, 30) == 0 && write_snapshot(&o, newest) != TN_OK) _exit(5);
    if (draw(&seed, 50) == 0 && lmdb->sync(o.self, &o.error) != TN_OK) _exit(6);
  }
}

/* Kills it after some microseconds; the newest seq that it told. */
static uint64_t live_and_die(const char *path, uint64_t seed, long lifetime_us) {
  int tell[2], code;
  uint64_t newest = 0, told;
  assert_int_equal(pipe(tell), 0);
  pid_t child = fork();
  if (child == 0) live(path, tell[1], seed);
  close(tell[1]);
  (void)nanosleep(&(struct timespec){0, lifetime_us * 1000}, NULL);
  assert_int_equal(kill(child, SIGKILL), 0);
  while (read(tell[0], &told, sizeof told) == sizeof told) newest = told;
  close(tell[0]);
  assert_int_equal(waitpid(child, &code, 0), child);
  assert_true(WIFSIGNALED(code));
  return newest;
}

static void nothing_that_was_appended_is_lost_by_a_kill(void **state) {
  (void)state;
  uint64_t random = 77, kills = 40 * factor(), records = 0;
  for (int apart = 0; apart < 2; apart++) {
    folder root;
    char path[96];
    uint64_t epoch = 1, known = 0;
    make_root(&root);
    snprintf(path, sizeof path, "%s/data", root.path);
    for (uint64_t i = 0; i < kills; i++) {
      uint64_t seed = draw(&random, 1000000) * 2 + (apart ? 0 : 1);
      uint64_t newest = live_and_die(path, seed, 500 + (long)draw(&random, 60000));
      opened o = {.apart = apart == 1};
      snprintf(o.path, sizeof o.path, "%s", path);
      assert_status(try_open(&o), TN_OK);
      if (newest > known) {
        assert_false(o.state.clean);
        assert_true(o.state.epoch > epoch);
      }
      if (newest > known) known = newest;
      assert_true(o.state.next_seq > known && has_its_records(&o));
      known = o.state.next_seq - 1;
      epoch = o.state.epoch;
      assert_status(try_close(&o), TN_OK);
    }
    records += known;
    folder_remove(&root);
  }
  print_message("# %" PRIu64 " kills while %" PRIu64 " records were written\n", 2 * kills, records);
}

/* ---- engines -------------------------------------------------------------------------------- */

/* In a process of its own until it is killed: commands and batches, and what was answered. */
static void command(const char *config, int tell, uint64_t seed) {
  tn_engine *engine;
  tn_builder args = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  tn_open_options options = {.config_text = config, .base_dir = ""};
  if (tn_open(NULL, &options, &engine, NULL) != TN_OK) _exit(1);
  for (;;) {
    tn_value put = tn_obj(&args, "key", draw(&seed, 500), "value", draw(&seed, 1000000));
    if (tn_run(engine, "cart", "put", put, &result, NULL) != TN_OK) _exit(2);
    if (write(tell, &result.seq, sizeof result.seq) != sizeof result.seq) _exit(3);
    if (draw(&seed, 60) == 0 && tn_snapshot(engine, NULL, NULL) != TN_OK) _exit(4);
  }
}

static uint64_t command_and_die(const char *config, uint64_t seed, long lifetime_us) {
  int tell[2];
  uint64_t newest = 0, told;
  assert_int_equal(pipe(tell), 0);
  pid_t child = fork();
  if (child == 0) command(config, tell[1], seed);
  close(tell[1]);
  (void)nanosleep(&(struct timespec){0, lifetime_us * 1000}, NULL);
  assert_int_equal(kill(child, SIGKILL), 0);
  while (read(tell[0], &told, sizeof told) == sizeof told) newest = told;
  close(tell[0]);
  assert_int_equal(waitpid(child, NULL, 0), child);
  return newest;
}

static void an_engine_that_was_killed_has_everything_it_answered_in_each_mode(void **state) {
  (void)state;
  static const char *const modes[] = {"sync", "interval", "none"};
  uint64_t random = 99;
  for (int mode = 0; mode < 3; mode++) {
    folder root;
    char config[300];
    uint64_t known = 0;
    make_root(&root);
    snprintf(config, sizeof config,
             "{\"data\": \"%s/data\", \"storage\": {\"type\": \"lmdb\"}, \"durability\": \"%s\",\n"
             " \"journal\": {\"keep\": \"%s\"}, \"models\": {\"cart\": {\"type\": \"kv\"}}}",
             root.path, modes[mode], mode == 1 ? "snapshot" : "all");
    for (uint64_t i = 0; i < 6 * factor(); i++) {
      uint64_t newest = command_and_die(config, draw(&random, 1000000), 20000 + (long)draw(&random, 100000));
      tn_engine *engine;
      tn_error error = TN_ERROR_INIT;
      tn_result stats = TN_RESULT_INIT;
      tn_open_options options = {.config_text = config, .base_dir = ""};
      assert_status(tn_open(NULL, &options, &engine, &error), TN_OK);
      assert_status(tn_check(engine, NULL, NULL, NULL, &error), TN_OK); /* each record's digest among others */
      assert_status(tn_stats(engine, &stats, &error), TN_OK);
      if (newest > known) known = newest;
      assert_true(stats.seq >= known);
      known = stats.seq;
      tn_result_free(&stats);
      assert_status(tn_close(engine, &error), TN_OK);
    }
    folder_remove(&root);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_lost_by_a_power_cut_at_any_point),
      cmocka_unit_test(nothing_that_was_appended_is_lost_by_a_kill),
      cmocka_unit_test(an_engine_that_was_killed_has_everything_it_answered_in_each_mode),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
