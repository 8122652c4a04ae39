/* test_no_memory.c - every public operation with the allocator failing at the 1st, 2nd, 3rd... request, once or from
 * there on, until it succeeds: a status each time, nothing changed by a failure, nothing leaked. */
#include <stdio.h>
#include <stdlib.h>

#include "crash/deeds.h"
#include "support/assert_status.h"

#define KEYS 40
#define TRIES_MAX 4000
#define TEXT ", \"format\": {\"journal\": \"json\", \"snapshot\": \"json\"}"

/* Fails one request, or that and all after it. */
typedef struct scarce_memory {
  tn_memory memory;
  _Atomic uint64_t requests; /* that allocated or grew */
  _Atomic uint64_t fail_at;  /* 0 = none */
  bool all_after;
} scarce_memory;

static void *scarce_resize(void *context, void *data, size_t old_size, size_t new_size) {
  scarce_memory *m = context;
  const tn_memory *under = tn_memory_system();
  if (new_size > old_size) {
    uint64_t number = atomic_fetch_add(&m->requests, 1) + 1, fail_at = atomic_load(&m->fail_at);
    if (fail_at != 0 && (number == fail_at || (m->all_after && number > fail_at))) return NULL;
  }
  return under->resize(under->context, data, old_size, new_size);
}

/* A subject whose memory is scarce, on a place of its own. */
typedef struct bench {
  place place;
  scarce_memory scarce;
  subject *subject;
} bench;

/* `b` stays where it is. On a copy of `prepared`, if there is one. */
static void make_bench(bench *b, const place *prepared, const char *more, bool all_after) {
  *b = (bench){.place = prepared ? place_copy(prepared) : place_make(&durable_storages[0], false)};
  b->scarce.all_after = all_after;
  b->scarce.memory = (tn_memory){scarce_resize, &b->scarce};
  b->subject = subject_create(&b->place, NULL, more);
  tni_counted_memory_init(&b->subject->memory, &b->scarce.memory);
  if (prepared) b->subject->clock_us += 60000000; /* as far as preparing left it */
}

static void end_bench(bench *b) {
  assert_int_equal(subject_destroy(b->subject), 0);
  place_remove(&b->place);
}

static place prepare(const char *more) {
  bench b;
  make_bench(&b, NULL, more, true);
  assert_status(subject_open(b.subject), TN_OK);
  subject_prepare(b.subject, KEYS);
  assert_status(subject_close(b.subject), TN_OK);
  place copy = place_copy(&b.place);
  end_bench(&b);
  return copy;
}

static void fail_from(bench *b, uint64_t nth) {
  atomic_store(&b->scarce.fail_at, nth ? atomic_load(&b->scarce.requests) + nth : 0);
}

/* ---- operations ----------------------------------------------------------------------------- */

/* Nothing was changed, unless the storage had no memory: then writes are over until it is opened again. */
static void expect_failure(subject *s, const deed *d, tn_status status, uint64_t seq, const char *before) {
  char after[33];
  if (!subject_is_writable(s)) {
    if (status != TN_IO) assert_status(status, TN_OUTCOME_UNKNOWN);
    assert_status(subject_close(s), TN_IO);
    assert_status(subject_open(s), TN_OK);
    assert_true(subject_state(s, after) >= seq);
    return;
  }
  if (status != TN_NOMEM) fail_msg("%s: %s: %s", d->name, tn_status_name(status), s->error.text);
  if (subject_state(s, after) == seq || !d->commits_apart) assert_string_equal(before, after);
}

/* What is there is there again after a close. */
static void expect_the_same_again(subject *s, const deed *d, uint64_t nth) {
  char before[33], after[33];
  uint64_t seq = subject_state(s, before);
  assert_status(subject_close(s), TN_OK);
  if (atomic_load(&s->memory.blocks) != 0) fail_msg("%s leaks when request %d is refused", d->name, (int)nth);
  assert_status(subject_open(s), TN_OK);
  assert_int_equal(subject_state(s, after), seq);
  assert_string_equal(before, after);
}

/* False when the deed had all the memory it asked for. */
static bool fails_once(const place *prepared, const char *more, const deed *d, uint64_t nth, bool all_after) {
  bench b;
  char before[33];
  make_bench(&b, prepared, more, all_after);
  subject *s = b.subject;
  assert_status(subject_open(s), TN_OK);
  uint64_t seq = subject_state(s, before), last = atomic_load(&b.scarce.requests) + nth;
  fail_from(&b, nth);
  tn_status status = d->run(s);
  fail_from(&b, 0);
  bool failed = atomic_load(&b.scarce.requests) >= last;
  if (!failed) assert_status(status, TN_OK);
  if (status != TN_OK) expect_failure(s, d, status, seq, before);
  expect_the_same_again(s, d, nth);
  end_bench(&b);
  return failed;
}

static void try_every_deed(const char *more, bool all_after) {
  place prepared = prepare(more);
  size_t failures = 0;
  for (const deed *d = deeds; d->name; d++) {
    uint64_t nth = 1;
    while (fails_once(&prepared, more, d, nth, all_after)) assert_true(++nth < TRIES_MAX);
    failures += nth - 1;
  }
  place_remove(&prepared);
  print_message("# %zu requests refused\n", failures);
}

static void every_operation_survives_that_there_is_no_memory_any_more(void **state) {
  (void)state;
  try_every_deed("", true);
}

static void every_operation_survives_that_one_request_is_refused(void **state) {
  (void)state;
  try_every_deed(", \"durability\": \"none\"" TEXT, false);
}

/* ---- opening and closing -------------------------------------------------------------------- */

static void as_owner(subject *s) { (void)s; }
static void to_read(subject *s) { s->options.read_only = true; }
static void in_history(subject *s) { s->options.at_seq = KEYS / 2; }

/* False when the open had all the memory it asked for. What it opens is the same as ever. */
static bool open_fails_once(bench *b, const char *digest, uint64_t nth) {
  subject *s = b->subject;
  char found[33];
  assert_int_equal(atomic_load(&s->memory.blocks), 0);
  uint64_t last = atomic_load(&b->scarce.requests) + nth;
  fail_from(b, nth);
  tn_status status = subject_open(s);
  fail_from(b, 0);
  if (status != TN_OK) {
    assert_status(status, TN_NOMEM);
    return true;
  }
  (void)subject_state(s, found);
  assert_string_equal(found, digest);
  assert_status(subject_close(s), TN_OK);
  return atomic_load(&b->scarce.requests) >= last;
}

static void try_to_open(void (*how)(subject *s), const char *more, bool all_after) {
  char digest[33];
  place prepared = prepare(more);
  bench b;
  uint64_t nth = 1;
  make_bench(&b, &prepared, more, all_after);
  how(b.subject);
  assert_status(subject_open(b.subject), TN_OK);
  (void)subject_state(b.subject, digest);
  assert_status(subject_close(b.subject), TN_OK);
  while (open_fails_once(&b, digest, nth)) assert_true(++nth < TRIES_MAX);
  print_message("# %d requests of an open refused\n", (int)nth - 1);
  end_bench(&b);
  place_remove(&prepared);
}

static void opening_survives_that_there_is_no_memory(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    try_to_open(as_owner, i < 2 ? "" : TEXT, i % 2 == 0);
    try_to_open(to_read, i < 2 ? "" : TEXT, i % 2 == 0);
    try_to_open(in_history, i < 2 ? "" : TEXT, i % 2 == 0);
  }
}

static tn_status has_models(void *arg, uint64_t seq, tn_value record) {
  if (seq == 1) *(bool *)arg = tn_count(tn_field(record, "models")) > 0;
  return TN_OK;
}

static void a_new_log_says_which_models_made_it_whatever_was_refused_before(void **state) {
  (void)state;
  bool said = true;
  for (uint64_t nth = 1; said && nth < 200; nth++) {
    bench b;
    make_bench(&b, NULL, "", false);
    subject *s = b.subject;
    fail_from(&b, nth);
    if (subject_open(s) == TN_OK && deeds[0].run(s) == TN_OK) {
      fail_from(&b, 0);
      assert_status(tn_journal_read(s->engine, 1, 1, has_models, &said, &s->error), TN_OK);
    }
    fail_from(&b, 0);
    end_bench(&b);
  }
  assert_true(said);
}

static void count_done(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  (void)result, (void)error;
  *(int *)arg += status == TN_OK;
}

/* Whatever is refused, the engine is gone, and what was answered stays. */
static void closing_survives_that_there_is_no_memory(void **state) {
  (void)state;
  place prepared = prepare("");
  for (uint64_t nth = 1; nth < 20; nth++) {
    char digest[33];
    const tn_op *incr;
    int done = 0;
    bench b;
    make_bench(&b, &prepared, "", true);
    subject *s = b.subject;
    assert_status(subject_open(s), TN_OK);
    uint64_t seq = subject_state(s, digest);
    assert_status(tn_op_prepare(s->engine, "cart", "incr", &incr, &s->error), TN_OK);
    for (int i = 0; i < 3; i++) {
      tn_value args = tn_obj(&s->args, "key", "n");
      assert_status(tn_submit(s->engine, incr, args, TN_DONE_ANYWHERE, count_done, &done, &s->error), TN_OK);
    }
    fail_from(&b, nth);
    tn_status status = subject_close(s);
    fail_from(&b, 0);
    if (status != TN_OK && status != TN_NOMEM) assert_status(status, TN_IO);
    assert_int_equal(atomic_load(&s->memory.blocks), 0);
    assert_status(subject_open(s), TN_OK);
    assert_true(subject_state(s, digest) >= seq + (uint64_t)done);
    end_bench(&b);
  }
  place_remove(&prepared);
}

/* ---- without an engine ---------------------------------------------------------------------- */

static void decoding_survives_that_there_is_no_memory(void **state) {
  (void)state;
  static const char text[] =
      "{\"a\": [1, 2.5, \"text\", {\"b\": null}], \"c\": {\"$date\": \"2024-02-29T12:00:00Z\"}}";
  scarce_memory scarce = {.all_after = true};
  tni_counted_memory counted;
  tn_status status = TN_NOMEM;
  scarce.memory = (tn_memory){scarce_resize, &scarce};
  tni_counted_memory_init(&counted, &scarce.memory);
  for (uint64_t nth = 1; status != TN_OK; nth++) {
    tn_builder out = TN_BUILDER_INIT;
    out.memory = &counted.memory;
    atomic_store(&scarce.fail_at, atomic_load(&scarce.requests) + nth);
    status = tn_decode("json", (tn_slice){text, sizeof text - 1}, &out, NULL, NULL);
    atomic_store(&scarce.fail_at, 0);
    if (status != TN_OK) assert_status(status, TN_NOMEM);
    tn_builder_free(&out);
    assert_int_equal(atomic_load(&counted.blocks), 0);
    assert_true(nth < TRIES_MAX);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_operation_survives_that_there_is_no_memory_any_more),
      cmocka_unit_test(every_operation_survives_that_one_request_is_refused),
      cmocka_unit_test(opening_survives_that_there_is_no_memory),
      cmocka_unit_test(a_new_log_says_which_models_made_it_whatever_was_refused_before),
      cmocka_unit_test(closing_survives_that_there_is_no_memory),
      cmocka_unit_test(decoding_survives_that_there_is_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
