/* test_bit_rot.c - one damaged byte anywhere in the files of a whole engine, binary and text, closed and killed: the
 * open or tn_check reports it, or the state is the right one. The documented residue: after a kill the last synced
 * group. Never a wrong state, never a change to what is refused, no request of memory or number of calls beyond a
 * limit. And bytes that come wrong from the storage without its noticing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crash/budget.h"
#include "crash/subject.h"
#include "support/assert_status.h"

#define REQUEST_MAX ((size_t)4 << 20) /* bytes of memory asked for at once, for files of a few KiB */
#define CALLS_MAX 20000               /* of files, for one open and check */
#define SECONDS_MAX 120               /* for a thousand damaged bytes */
#define DRAWN_FILES 30
#define TEXT ", \"format\": {\"journal\": \"json\", \"snapshot\": \"json\"}"

static uint64_t chance;

static uint64_t draw(uint64_t below) {
  uint64_t z = chance += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % below;
}

/* ---- memory that is not asked for too much -------------------------------------------------- */

static size_t largest_request;

static void *watched_resize(void *context, void *data, size_t old_size, size_t new_size) {
  const tn_memory *under = tn_memory_system();
  (void)context;
  if (new_size > largest_request) largest_request = new_size;
  return new_size > REQUEST_MAX ? NULL : under->resize(under->context, data, old_size, new_size);
}

static const tn_memory watched_memory = {watched_resize, NULL};

/* ---- sound files ---------------------------------------------------------------------------- */

/* Files, what is in them, and how they are opened. */
typedef struct sound {
  place place;
  const char *storage; /* the config's, that looks at less when it opens; NULL = the place's own */
  const char *more;
  bool closed;
  known_states known;
} sound;

static void write_some(subject *s, int records) {
  for (int i = 0; i < records; i++) {
    char text[400];
    memset(text, 'a' + i % 26, sizeof text);
    tn_slice value = {text, (size_t)draw(draw(4) ? 60 : sizeof text)};
    tn_value args = tn_obj(&s->args, "key", i % 9, "value", tn_text(value));
    assert_status(tn_run(s->engine, "cart", "put", args, NULL, &s->error), TN_OK);
    if (i == records / 3 || i == records * 2 / 3) assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  }
}

/* Each record is a group of its own. */
static sound make_sound(const durable_storage *storage, const char *more, int records, bool closed) {
  sound f = {.more = more, .closed = closed};
  place p = place_make(storage, false);
  subject *s = subject_create(&p, NULL, more);
  assert_status(subject_open(s), TN_OK);
  write_some(s, records);
  subject_states(s, &f.known);
  if (!closed) f.place = place_copy(&p);
  assert_status(subject_close(s), TN_OK);
  if (closed) f.place = place_copy(&p);
  assert_int_equal(subject_destroy(s), 0);
  place_remove(&p);
  return f;
}

static void end_sound(sound *f) { place_remove(&f->place); }

/* ---- one damaged byte ----------------------------------------------------------------------- */

typedef struct damage {
  const char *path;
  size_t offset;
  uint8_t mask;
} damage;

static char lines[400]; /* of the log of the last open */

static void note_line(void *arg, tn_log_level level, const char *line) {
  (void)arg, (void)level;
  snprintf(lines, sizeof lines, "%s", line);
}

#define CHECK(condition)                                                                                             \
  do {                                                                                                               \
    if (!(condition))                                                                                                \
      fail_msg("%s byte %zu ^ %02x (%s%s): %s; %s: %s [%s]", d->path, d->offset, d->mask,                            \
               f->closed ? "closed" : "killed", f->more, #condition, tn_status_name(s->error.status), s->error.text, \
               s->error.where);                                                                                      \
  } while (0)

static bool is_refusal(tn_status status) {
  return status == TN_CORRUPT || status == TN_INVALID || status == TN_UNSUPPORTED;
}

/* What may be there. A record less, after a kill, has been said. */
static void check_found(const sound *f, const damage *d, subject *s) {
  char digest[33];
  uint64_t seq = subject_state(s, digest);
  CHECK(seq <= f->known.seq && strcmp(digest, f->known.digest[seq]) == 0);
  CHECK(seq == f->known.seq || (!f->closed && seq + 1 == f->known.seq && lines[0]));
}

static void check_reader(const sound *f, const damage *d, subject *s) {
  char digest[33];
  s->options.read_only = true;
  tn_status status = subject_open(s);
  if (status == TN_OK) {
    uint64_t seq = subject_state(s, digest);
    CHECK(seq <= f->known.seq && strcmp(digest, f->known.digest[seq]) == 0);
    CHECK(subject_close(s) == TN_OK);
  } else {
    CHECK(is_refusal(status));
  }
  s->options.read_only = false;
}

/* It takes a command, and has it afterwards; unless damage comes to light that no open has looked at. */
static void check_goes_on(const sound *f, const damage *d, subject *s) {
  uint64_t before, after;
  char was[33], is[33];
  tn_value args = tn_obj(&s->args, "key", "later", "value", 1);
  CHECK(tn_run(s->engine, "cart", "put", args, &s->result, &s->error) == TN_OK);
  before = subject_state(s, was);
  CHECK(subject_close(s) == TN_OK);
  tn_status status = subject_open(s);
  if (is_refusal(status)) return;
  CHECK(status == TN_OK);
  after = subject_state(s, is);
  CHECK(before == after && strcmp(was, is) == 0);
}

typedef enum verdict { UNNOTICED, FOUND_BY_OPEN, FOUND_BY_CHECK } verdict;

/* Whether and by what it was reported. */
static verdict check_damaged(const sound *f, const damage *d, uint64_t number) {
  place p = place_copy(&f->place);
  assert_true(recorded_io_flip(p.files, d->path, d->offset, d->mask));
  subject *s = subject_create(&p, f->storage, f->more);
  tni_counted_memory_init(&s->memory, &watched_memory);
  s->options.log = note_line;
  lines[0] = '\0';
  if (number % 4 == 0) check_reader(f, d, s);
  lines[0] = '\0';
  tn_status status = subject_open(s);
  verdict found = status != TN_OK || lines[0] ? FOUND_BY_OPEN : UNNOTICED;
  if (status == TN_OK) {
    check_found(f, d, s);
    tn_status checked = tn_check(s->engine, NULL, NULL, NULL, &s->error);
    CHECK(checked == TN_OK || checked == TN_CORRUPT);
    if (found == UNNOTICED && checked != TN_OK) found = FOUND_BY_CHECK;
    if (number % 8 == 1) check_goes_on(f, d, s);
  } else {
    CHECK(is_refusal(status));
    CHECK(recorded_io_op_count(p.files) == 0 || f->storage); /* what it had not read was found by the replay */
  }
  CHECK(recorded_io_call_count(p.files) < CALLS_MAX);
  CHECK(largest_request <= REQUEST_MAX);
  CHECK(subject_destroy(s) == 0);
  place_remove(&p);
  return found;
}

/* ---- every byte ----------------------------------------------------------------------------- */

typedef struct tally {
  uint64_t bytes, by[3]; /* damaged; of each verdict */
} tally;

static void rot_one(const sound *f, const damage *d, tally *t) {
  if (t->bytes % 1000 == 0) alarm(SECONDS_MAX);
  t->by[check_damaged(f, d, t->bytes)]++;
  t->bytes++;
}

static void print_tally(const tally *t, const sound *f) {
  alarm(0);
  print_message("# %s, %s%s: %" PRIu64 " damaged bytes, %" PRIu64 " found by the open, %" PRIu64
                " by the check, %" PRIu64 " did not matter\n",
                f->place.storage->name, f->closed ? "closed" : "killed", f->more, t->bytes, t->by[FOUND_BY_OPEN],
                t->by[FOUND_BY_CHECK], t->by[UNNOTICED]);
}

static bool is_in_zeros(const uint8_t *data, size_t size, size_t offset) {
  for (size_t i = offset < 8 ? 0 : offset - 8; i < size && i < offset + 8; i++)
    if (data[i] != 0) return false;
  return true;
}

/* One bit of each `step`th byte; of runs of zeros fewer. */
static void rot_file(const sound *f, const char *path, size_t step, tally *t) {
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_bytes(f->place.files, path, &data, &size));
  for (size_t offset = 0; offset < size; offset += step)
    if (offset % 16 < step || !is_in_zeros(data, size, offset))
      rot_one(f, &(damage){path, offset, (uint8_t)(1u << (offset % 8))}, t);
}

static tally rot_everything(const sound *f, size_t step) {
  tally t = {0, {0, 0, 0}};
  const char *path;
  for (size_t i = 0; (path = recorded_io_path(f->place.files, i)); i++) rot_file(f, path, step, &t);
  print_tally(&t, f);
  assert_true(t.by[FOUND_BY_OPEN] > t.bytes / 4);
  assert_true(t.by[UNNOTICED] < t.bytes / 100); /* zeros behind a roll mark, a space, the case of a digit */
  return t;
}

static void rot_bytes(const char *more, bool closed, size_t step) {
  for (const durable_storage *storage = durable_storages; storage->name; storage++) {
    if (storage->on_disk) continue;
    chance = 1;
    sound f = make_sound(storage, more, 24, closed);
    (void)rot_everything(&f, budget_is_large() ? 1 : step);
    end_sound(&f);
  }
}

static void any_byte_of_a_closed_log_may_rot(void **state) {
  (void)state;
  rot_bytes("", true, 1);
}

static void any_byte_of_a_killed_log_may_rot(void **state) {
  (void)state;
  rot_bytes("", false, 1);
}

static void any_byte_of_text_may_rot(void **state) {
  (void)state;
  rot_bytes(TEXT, true, 1);
  rot_bytes(TEXT, false, 3);
}

/* With "verify": "tail" an open looks at less of the older records. */
static void what_an_open_does_not_read_is_found_by_the_check(void **state) {
  (void)state;
  chance = 1;
  sound f = make_sound(&durable_storages[0], "", 60, true);
  f.storage = "{\"type\": \"file\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": 8192, \"verify\": \"tail\"}";
  tally t = rot_everything(&f, budget_is_large() ? 1 : 5);
  assert_true(t.by[FOUND_BY_CHECK] > t.bytes / 8);
  end_sound(&f);
}

/* Any bits of a byte, any number of records; what `make crash` does most of. */
static void drawn_bytes_may_rot(void **state) {
  (void)state;
  uint64_t seed = 0;
  tally t = {0, {0, 0, 0}};
  budget b = budget_make(1, DRAWN_FILES);
  while (budget_next(&b, &seed)) {
    chance = seed;
    sound f = make_sound(&durable_storages[0], draw(2) ? TEXT : "", 2 + (int)draw(50), draw(2));
    size_t files = 0;
    while (recorded_io_path(f.place.files, files)) files++;
    for (int i = 0; i < 50; i++) {
      const uint8_t *data;
      size_t size;
      damage d = {recorded_io_path(f.place.files, draw(files)), 0, (uint8_t)(1 + draw(255))};
      assert_true(recorded_io_bytes(f.place.files, d.path, &data, &size));
      if (size == 0) continue;
      d.offset = draw(size);
      rot_one(&f, &d, &t);
    }
    end_sound(&f);
  }
  alarm(0);
  print_message("# %" PRIu64 " drawn bytes, %" PRIu64 " reported, seeds %" PRIu64 " to %" PRIu64 "\n", t.bytes,
                t.by[FOUND_BY_OPEN] + t.by[FOUND_BY_CHECK], b.first_seed, seed);
}

/* ---- what cannot be seen --------------------------------------------------------------------- */

/* Everything of the last segment from here on was never written, as far as anybody can tell. */
static void zero_from(const place *p, const char *path, size_t from) {
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_bytes(p->files, path, &data, &size));
  for (size_t i = from; i < size; i++)
    if (data[i] != 0) assert_true(recorded_io_flip(p->files, path, i, data[i]));
}

/* True when it opens with less. */
static bool opens_with_less(const sound *f, const char *path, size_t from) {
  damage of = {path, from, 0xff}, *d = &of;
  place p = place_copy(&f->place);
  zero_from(&p, path, from);
  subject *s = subject_create(&p, NULL, f->more);
  tn_status status = subject_open(s);
  uint64_t seq = f->known.seq;
  if (status == TN_OK) {
    char digest[33];
    seq = subject_state(s, digest);
    CHECK(seq <= f->known.seq && strcmp(digest, f->known.digest[seq]) == 0);
    CHECK(seq == f->known.seq || subject_stat(s, "epoch") == 2);
  } else {
    CHECK(status == TN_CORRUPT);
  }
  CHECK(subject_destroy(s) == 0);
  place_remove(&p);
  return seq < f->known.seq;
}

/* docs/RELIABILITY.md, "What is not promised": still a prefix, and no clean end; unless a newer snapshot tells. */
static void an_end_that_turned_to_zeros_leaves_a_prefix(void **state) {
  (void)state;
  chance = 2;
  sound f = make_sound(&durable_storages[0], "", 6, true);
  size_t less = 0, places = 0;
  for (size_t from = 512; from < 4096; from += 8, places++)
    less += opens_with_less(&f, "data/journal/00000000000000000001.seg", from);
  assert_true(less > 0 && less < places / 2);
  end_sound(&f);
}

/* ---- bytes that the storage hands out wrong ------------------------------------------------- */

/* What a storage without checksums would do: the core's own digests notice. */
static bool reads_wrong(const sound *f, const char *what, uint64_t nth, uint64_t seed) {
  char config[400];
  snprintf(config, sizeof config,
           "{\"type\": \"faulty\", \"of\": %s, \"on\": \"%s\", \"fail\": \"flip\", \"nth\": %" PRIu64
           ", \"seed\": %" PRIu64 "}",
           f->place.storage->config, what, nth, seed);
  place p = place_copy(&f->place);
  damage of = {what, (size_t)nth, (uint8_t)seed}, *d = &of;
  subject *s = subject_create(&p, config, f->more);
  tni_counted_memory_init(&s->memory, &watched_memory);
  tn_status status = subject_open(s);
  bool flipped = true;
  if (status == TN_OK) {
    char digest[33];
    uint64_t seq = subject_state(s, digest);
    CHECK(seq == f->known.seq && strcmp(digest, f->known.digest[seq]) == 0);
    flipped = subject_stat(s, "storage.faults.failed") > 0;
  } else {
    CHECK(is_refusal(status));
  }
  CHECK(largest_request <= REQUEST_MAX);
  CHECK(subject_destroy(s) == 0);
  place_remove(&p);
  return flipped;
}

static void a_storage_that_hands_out_wrong_bytes_never_makes_a_wrong_state(void **state) {
  (void)state;
  uint64_t reads = 0;
  for (const durable_storage *storage = durable_storages; storage->name; storage++)
    for (int text = 0; text < 2; text++) {
      chance = 1;
      sound f = make_sound(storage, text ? TEXT : "", 24, true);
      for (uint64_t seed = 1; seed <= 60; seed++) {
        for (uint64_t nth = 1; reads_wrong(&f, "read_next", nth, seed); nth++) reads++;
        for (uint64_t nth = 1; reads_wrong(&f, "snapshot_read", nth, seed); nth++) reads++;
      }
      end_sound(&f);
    }
  print_message("# %" PRIu64 " reads with a flipped bit\n", reads);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_byte_of_a_closed_log_may_rot),
      cmocka_unit_test(any_byte_of_a_killed_log_may_rot),
      cmocka_unit_test(any_byte_of_text_may_rot),
      cmocka_unit_test(what_an_open_does_not_read_is_found_by_the_check),
      cmocka_unit_test(drawn_bytes_may_rot),
      cmocka_unit_test(an_end_that_turned_to_zeros_leaves_a_prefix),
      cmocka_unit_test(a_storage_that_hands_out_wrong_bytes_never_makes_a_wrong_state),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
