/* Long journals and large snapshots: they are read ahead, and written behind, by a thread of its own, and nobody can
 * tell. And what such a thread and who started it pass each other. */
#include <stdio.h>
#include <stdlib.h>

#include "ahead.h"
#include "entry.h"
#include "io.h"
#include "record.h"
#include "storage/file/file.h"
#include "support/shop.h"
#include "support/test_host.h"
#include "thread.h"

#define RECORDS 1500
#define THREAD "\"service_thread\": true"
#define TAIL                                                                                                       \
  ", \"storage\": {\"type\": \"file\", \"verify\": \"tail\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": " \
  "4096}"

/* The clock goes on: no service thread may look at it meanwhile. */
static void fill(shop *s) {
  char key[16];
  for (int i = 0; i < RECORDS; i++) {
    s->clock_us += 1000000;
    snprintf(key, sizeof key, "key%d", i * 7919 % 400);
    if (i % 5 == 4)
      assert_status(tn_run(s->engine, "cart", "incr", tn_obj(&s->args, "key", key), NULL, &s->error), TN_OK);
    else
      assert_status(shop_put(s, key, i), TN_OK);
  }
}

/* ---- long journals -------------------------------------------------------------------------- */

static void a_long_journal_replays_the_same_with_and_without_a_thread(void **state) {
  shop *s = *state;
  char before[33], with[33], without[33];
  shop_open_fresh(s, "");
  fill(s);
  shop_digest(s, before);
  shop_open(s, THREAD);
  shop_digest(s, with);
  shop_open(s, "");
  shop_digest(s, without);
  assert_string_equal(with, before);
  assert_string_equal(without, before);
}

/* More commands in a record than keys are made ahead for, some of them of no one key. */
static void batch_of_all_kinds(shop *s, int i) {
  tn_builder args[6] = {TN_BUILDER_INIT, TN_BUILDER_INIT, TN_BUILDER_INIT,
                        TN_BUILDER_INIT, TN_BUILDER_INIT, TN_BUILDER_INIT};
  tn_batch_op ops[] = {
      {"cart", "put", tn_arr(&args[0], i % 50, i)},
      {"cart", "mput", tn_obj(&args[1], "entries", tn_arr(&s->args, tn_arr(&args[5], i % 60, i)))},
      {"cart", "swap", tn_arr(&args[2], i % 70, -i)},
      {"cart", "incr", tn_arr(&args[3], i % 50)},
      {"cart", "append", tn_arr(&args[4], 1000 + i % 90, "more")},
      {"cart", "put", tn_arr(&args[5], i % 110, i)},
  };
  assert_status(tn_batch(s->engine, ops, 6, NULL, NULL, &s->error), TN_OK);
  for (int k = 0; k < 6; k++) tn_builder_free(&args[k]);
}

static void a_long_journal_of_batches_replays_the_same(void **state) {
  shop *s = *state;
  char before[33], with[33], without[33];
  shop_open_fresh(s, "");
  for (int i = 0; i < RECORDS; i++) batch_of_all_kinds(s, i);
  shop_digest(s, before);
  shop_open(s, THREAD);
  shop_digest(s, with);
  shop_open(s, "");
  shop_digest(s, without);
  assert_string_equal(with, before);
  assert_string_equal(without, before);
}

static void every_key_of_a_batch_is_made_ahead_also_long_ones(void **state) {
  enum { PUTS = 300, KEY = 200 }; /* more than are read one by one */
  shop *s = *state;
  char key[KEY + 1];
  const tni_batch *batch;
  tni_ahead *ahead;
  shop_open_fresh(s, THREAD);
  for (int i = 0; i < PUTS; i++) {
    snprintf(key, sizeof key, "%0*d", KEY, i);
    assert_status(shop_put(s, key, i), TN_OK);
  }
  assert_status(tni_ahead_open(s->engine, 1, PUTS, &ahead, &s->error), TN_OK);
  for (size_t seen = 0; seen < PUTS; seen += batch->count) {
    assert_status(tni_ahead_next(ahead, (tn_slice){NULL, 0}, &batch, &s->error), TN_OK);
    assert_int_equal(batch->ready_count, batch->count);
    for (size_t i = 0; i < batch->ready_count; i++) assert_true(batch->ready[i].size > KEY);
  }
  tni_ahead_close(ahead);
}

static void history_ends_at_the_record_asked_for_though_more_was_read(void **state) {
  shop *s = *state;
  tn_engine *own;
  shop_open_fresh(s, "");
  int64_t start_us = s->clock_us;
  fill(s);
  shop_open(s, THREAD);
  own = s->engine;
  for (int by_time = 0; by_time < 2; by_time++) {
    tn_open_options options = s->options;
    options.at_seq = by_time ? 0 : 700;
    options.at_time_us = by_time ? start_us + INT64_C(700) * 1000000 : 0;
    assert_status(tn_open(NULL, &options, &s->engine, &s->error), TN_OK);
    assert_int_equal(shop_stat(s, "seq"), 700);
    shop_close(s);
  }
  s->engine = own;
}

/* The damage lies where only replay looks. */
static void damage_is_told_at_its_record(void **state) {
  shop *s = *state;
  char path[256], without[TN_ERROR_TEXT_MAX];
  shop_open_fresh(s, "\"service_thread\": false" TAIL);
  fill(s);
  shop_close(s);
  snprintf(path, sizeof path, "%s/data/journal/00000000000000000001.seg", s->folder.path);
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  fseek(file, 1500, SEEK_SET);
  fputc(0xee, file);
  fclose(file);
  assert_status(shop_try_open(s, "\"service_thread\": false" TAIL), TN_CORRUPT);
  memcpy(without, s->error.text, sizeof without);
  assert_status(shop_try_open(s, THREAD TAIL), TN_CORRUPT);
  assert_string_equal(s->error.text, without);
  assert_non_null(strstr(s->error.text, "is damaged"));
}

static void large_records_among_many_are_replayed(void **state) {
  shop *s = *state;
  char before[33], after[33];
  size_t size = 9u << 20;
  uint8_t *bytes = calloc(1, size);
  assert_non_null(bytes);
  shop_open_fresh(s, "");
  fill(s);
  shop_open(s, THREAD);
  for (int i = 0; i < 3; i++)
    assert_status(tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", i, "value", ((tn_slice){bytes, size})),
                         NULL, &s->error),
                  TN_OK);
  free(bytes);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(after, before);
}

static bool stop_it(void *arg) { return --*(int *)arg < 0; }

static void an_interrupted_open_leaves_no_thread_behind(void **state) {
  shop *s = *state;
  int more = 200;
  shop_open_fresh(s, "");
  fill(s);
  shop_open(s, THREAD);
  shop_close(s);
  s->options.interrupted = stop_it;
  s->options.interrupted_arg = &more;
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_INTERRUPTED);
  s->options.interrupted = NULL;
  s->engine = NULL;
}

static void without_memory_a_long_journal_is_refused_and_nothing_is_left(void **state) {
  shop *s = *state;
  char before[33], after[33];
  shop_open_fresh(s, "");
  fill(s);
  shop_open(s, THREAD);
  shop_digest(s, before);
  shop_close(s);
  tn_status status = TN_NOMEM;
  for (uint64_t more = 1; status == TN_NOMEM; more += 1 + more / 8) {
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + more);
    status = tn_open(NULL, &s->options, &s->engine, &s->error);
    atomic_store(&s->memory.fail_at, 0);
    if (status != TN_OK) assert_int_equal(atomic_load(&s->memory.bytes), 0);
  }
  assert_status(status, TN_OK);
  shop_digest(s, after);
  assert_string_equal(after, before);
}

/* ---- large snapshots ------------------------------------------------------------------------ */

#define ENTRIES 3000

/* Of keys and values of all sizes around those where their lengths take another byte. */
static void fill_wide(shop *s) {
  uint8_t *bytes = calloc(1, 70000);
  assert_non_null(bytes);
  for (int i = 0; i < ENTRIES; i++) {
    size_t size = i % 500 == 0 ? 65530 + (size_t)i / 500 : (size_t)i % 520;
    uint8_t key[300] = {(uint8_t)i, (uint8_t)(i >> 8)};
    tn_slice k = {key, 2 + (size_t)(i % 290)}, v = {bytes, size};
    bytes[0] = (uint8_t)i;
    assert_status(tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", k, "value", v), NULL, &s->error), TN_OK);
  }
  free(bytes);
}

static void a_large_snapshot_loads_the_same_with_and_without_a_thread(void **state) {
  static const char *const modes[] = {"", THREAD, "\"format\": {\"snapshot\": \"json\"}",
                                      THREAD ", \"format\": {\"snapshot\": \"json\"}"};
  shop *s = *state;
  char before[33], after[33];
  for (int written = 0; written < 4; written++) {
    shop_open_fresh(s, modes[written]);
    fill_wide(s);
    shop_digest(s, before);
    assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
    for (int read = written / 2 * 2; read < written / 2 * 2 + 2; read++) {
      shop_open(s, modes[read]);
      shop_digest(s, after);
      assert_string_equal(after, before);
      assert_int_equal(shop_stat(s, "journal.snapshot_seq"), ENTRIES);
    }
  }
}

/* The stream of the only snapshot, to `out`. */
static void read_stream(void *storage, tn_buffer *out) {
  void *reader;
  tn_slice run;
  assert_status(tni_storage_file.snapshot_open(storage, ENTRIES, &reader, NULL), TN_OK);
  while (tni_storage_file.snapshot_read(storage, reader, &run, NULL) == TN_OK)
    assert_status(tn_buffer_append(out, run.data, run.size), TN_OK);
  tni_storage_file.snapshot_close(storage, reader);
}

static void write_stream(void *storage, const tn_buffer *stream) {
  void *writer;
  assert_status(tni_storage_file.snapshot_remove(storage, ENTRIES, NULL), TN_OK);
  assert_status(tni_storage_file.snapshot_begin(storage, ENTRIES, &writer, NULL), TN_OK);
  assert_status(tni_storage_file.snapshot_write(storage, writer, (tn_slice){stream->data, stream->size}, NULL),
                TN_OK);
  assert_status(tni_storage_file.snapshot_commit(storage, writer, NULL), TN_OK);
}

/* Item `place` of the stream, with its frame. */
static tn_slice item_at(const tn_buffer *stream, int place) {
  const uint8_t *at = stream->data;
  while (place-- > 0) at += 4 + tn_load_le(at, 4);
  return (tn_slice){at, 4 + (size_t)tn_load_le(at, 4)};
}

/* Makes the snapshot anew with two entries that follow each other in turn, or with the first of them twice. */
static void disorder(const char *path, int place, bool twice) {
  tn_storage_options options = {
      .host = &test_host, .memory = tn_memory_system(), .io = tni_io_posix(), .path = path, .base_seq = 1};
  tn_storage_state found;
  tn_buffer stream = {options.memory, NULL, 0, 0}, changed = stream;
  void *storage = calloc(1, tni_storage_file.state_size);
  assert_non_null(storage);
  assert_status(tni_storage_file.open(storage, &options, &found, NULL), TN_OK);
  read_stream(storage, &stream);
  tn_slice first = item_at(&stream, place), second = item_at(&stream, place + 1);
  size_t before = (size_t)((const uint8_t *)first.data - stream.data);
  assert_status(tn_buffer_append(&changed, stream.data, stream.size), TN_OK);
  if (!twice) memcpy(changed.data + before, second.data, second.size);
  memcpy(changed.data + before + (twice ? first.size : second.size), first.data, first.size);
  write_stream(storage, &changed);
  assert_status(tni_storage_file.close(storage, NULL), TN_OK);
  tn_buffer_free(&stream);
  tn_buffer_free(&changed);
  free(storage);
}

/* The sum of their digests is the same in whatever order they come; the journal has what the snapshot does not give.
 */
static void a_snapshot_whose_entries_are_not_in_order_is_passed_over(void **state) {
  shop *s = *state;
  char before[33], after[33], path[128];
  snprintf(path, sizeof path, "%s/data", s->folder.path);
  shop_open_fresh(s, THREAD);
  for (int i = 0; i < ENTRIES; i++) {
    uint8_t key[2] = {(uint8_t)(i >> 8), (uint8_t)i};
    tn_slice k = {key, 2}, v = {before, i % 30};
    memset(before, 'x', sizeof before);
    assert_status(tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", k, "value", v), NULL, &s->error), TN_OK);
  }
  shop_digest(s, before);
  for (int place = 1; place < ENTRIES; place += 1 + place / 2) {
    for (int twice = 0; twice < 2; twice++) {
      assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
      shop_close(s);
      disorder(path, place / 30 * 30 + 1 + place % 29, twice != 0);
      shop_open(s, twice != 0 ? "" : THREAD);
      shop_digest(s, after);
      assert_string_equal(after, before);
      assert_int_equal(shop_stat(s, "journal.snapshot_seq"), 0);
      assert_non_null(strstr(s->last_log, "its entries are not in order"));
    }
  }
}

static void without_memory_a_large_snapshot_is_neither_written_nor_loaded(void **state) {
  shop *s = *state;
  char before[33], after[33];
  tn_status status = TN_NOMEM;
  shop_open_fresh(s, THREAD);
  fill_wide(s);
  shop_digest(s, before);
  for (uint64_t more = 1; status == TN_NOMEM; more += 1 + more / 8) {
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + more);
    status = tn_snapshot(s->engine, NULL, &s->error);
    atomic_store(&s->memory.fail_at, 0);
  }
  assert_status(status, TN_OK);
  shop_close(s);
  status = TN_NOMEM;
  for (uint64_t more = 1; status == TN_NOMEM; more += 1 + more / 8) {
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + more);
    status = tn_open(NULL, &s->options, &s->engine, &s->error);
    atomic_store(&s->memory.fail_at, 0);
    if (status != TN_OK) assert_int_equal(atomic_load(&s->memory.bytes), 0);
  }
  assert_status(status, TN_OK);
  shop_digest(s, after);
  assert_string_equal(after, before);
}

/* ---- entries -------------------------------------------------------------------------------- */

/* What was read is what a checker and a reader of values would make of it. */
static void assert_read_rightly(tn_slice bytes) {
  uint32_t map;
  tn_slice key, value, found;
  tn_value checked;
  int64_t n;
  if (!tni_entry_read(bytes, &map, &key, &value)) return;
  assert_status(tn_value_check(bytes, &checked, NULL), TN_OK);
  assert_int_equal(checked.size, bytes.size);
  assert_int_equal(tn_count(checked), 3);
  assert_true(tn_as_int(tn_item(checked, 0), &n) && n == map);
  assert_true(tn_as_bytes(tn_item(checked, 1), &found) && found.data == key.data && found.size == key.size);
  assert_true(tn_as_bytes(tn_item(checked, 2), &found) && found.data == value.data && found.size == value.size);
}

static void an_entry_is_what_a_builder_makes_and_reads_back(void **state) {
  static const uint32_t maps[] = {0, 63, 64, 127, 128, 4095, 40000};
  static const size_t sizes[] = {0,   1,   60,  120,  127,   128,   229,   230,  240,
                                 255, 256, 257, 4096, 65000, 65520, 65535, 65536};
  static uint8_t bytes[70000];
  tn_builder built = TN_BUILDER_INIT;
  tn_buffer made = {tn_memory_system(), NULL, 0, 0};
  (void)state;
  for (size_t m = 0; m < 7; m++)
    for (size_t i = 0; i < 13; i++)
      for (size_t k = 0; k < 17; k++) {
        tn_slice key = {bytes, sizes[i]}, value = {bytes, sizes[k]}, found_key, found_value;
        uint32_t map;
        tn_value wanted = tn_arr(&built, maps[m], key, value);
        assert_status(tni_entry_build(maps[m], key, value, &made), TN_OK);
        assert_int_equal(made.size, wanted.size);
        assert_memory_equal(made.data, wanted.data, made.size);
        assert_true(tni_entry_read((tn_slice){made.data, made.size}, &map, &found_key, &found_value));
        assert_int_equal(map, maps[m]);
        assert_read_rightly((tn_slice){made.data, made.size});
      }
  tn_buffer_free(&made);
  tn_builder_free(&built);
}

static void a_changed_entry_is_read_as_what_it_is_or_not_at_all(void **state) {
  tn_buffer made = {tn_memory_system(), NULL, 0, 0};
  (void)state;
  for (size_t size = 0; size < 300; size += 7) {
    uint8_t bytes[300] = {0};
    assert_status(tni_entry_build(70, (tn_slice){bytes, size / 2}, (tn_slice){bytes, size}, &made), TN_OK);
    for (size_t at = 0; at < made.size; at++) {
      uint8_t was = made.data[at];
      for (unsigned with = 0; with < 256; with++) {
        made.data[at] = (uint8_t)with;
        assert_read_rightly((tn_slice){made.data, made.size});
      }
      made.data[at] = was;
    }
    for (size_t cut = 0; cut < made.size; cut++) assert_read_rightly((tn_slice){made.data, cut});
  }
  tn_buffer_free(&made);
}

/* ---- records --------------------------------------------------------------------------------- */

static bool same_value(tn_value a, tn_value b) { return a.data == b.data && a.size == b.size; }

/* What was taken is what a checker and a reader of records would make of it. */
static bool taken_rightly(tn_slice bytes) {
  tni_record taken, read;
  tn_value checked;
  if (!tni_record_take(bytes, &taken)) return false;
  assert_status(tn_value_check(bytes, &checked, NULL), TN_OK);
  assert_int_equal(checked.size, bytes.size);
  assert_status(tni_record_read(checked, &read, NULL), TN_OK);
  assert_true(taken.epoch == read.epoch && taken.seq == read.seq && taken.time_us == read.time_us);
  assert_true(taken.seed == read.seed && tni_digest_equal(taken.digest, read.digest));
  assert_true(taken.user.data == read.user.data && taken.user.size == read.user.size);
  assert_true(same_value(taken.models, read.models) && same_value(taken.ops, read.ops) &&
              same_value(taken.events, read.events));
  return true;
}

/* The optional fields are there as the bits of `with` say; a longer key makes wider containers. */
static void build_record(unsigned with, size_t key_size, tn_builder *out) {
  static uint8_t key[70000];
  tn_builder args = TN_BUILDER_INIT, op = TN_BUILDER_INIT, ops = TN_BUILDER_INIT, models = TN_BUILDER_INIT;
  tni_record record = {.epoch = 3, .seq = 70000, .time_us = INT64_C(1700000000000000), .digest = {1, ~UINT64_C(0)}};
  record.ops = tn_arr(&ops, tn_arr(&op, "cart", "put", tn_arr(&args, ((tn_slice){key, key_size}), 1.5)));
  if (with & 1) record.seed = 1;
  if (with & 2) record.user = (tn_slice){"ann", 3};
  if (with & 4) record.models = tn_obj(&models, "cart", 1);
  if (with & 8) record.events = record.ops;
  tni_record_build(&record, out);
  assert_status(tn_builder_status(out), TN_OK);
  tn_builder_free(&args);
  tn_builder_free(&op);
  tn_builder_free(&ops);
  tn_builder_free(&models);
}

static void a_record_is_taken_apart_as_it_is_built(void **state) {
  static const size_t sizes[] = {0, 1, 100, 130, 255, 256, 4000, 65000, 65535, 65536};
  tn_builder built = TN_BUILDER_INIT;
  (void)state;
  for (unsigned with = 0; with < 16; with++)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      build_record(with, sizes[i], &built);
      assert_true(taken_rightly(tn_value_bytes(tn_built(&built))));
    }
  tn_builder_free(&built);
}

static void a_changed_record_is_taken_as_what_it_is_or_not_at_all(void **state) {
  tn_builder built = TN_BUILDER_INIT;
  (void)state;
  for (unsigned with = 0; with < 16; with += 5) {
    build_record(with, 40 * with, &built);
    size_t size = tn_built(&built).size;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    memcpy(bytes, tn_built(&built).data, size);
    for (size_t at = 0; at < size; at++) {
      uint8_t was = bytes[at];
      for (unsigned other = 0; other < 256; other++) {
        bytes[at] = (uint8_t)other;
        (void)taken_rightly((tn_slice){bytes, size});
      }
      bytes[at] = was;
    }
    for (size_t cut = 0; cut < size; cut++) assert_false(taken_rightly((tn_slice){bytes, cut}));
    free(bytes);
  }
  tn_builder_free(&built);
}

typedef struct handmade {
  uint8_t bytes[4096];
  size_t size;
  size_t ends[8];
  size_t count;
} handmade;

static void add_field(handmade *h, const char *name, tn_value value) {
  size_t size = strlen(name);
  h->bytes[h->size++] = (uint8_t)(TN_TAG_SHORT_STRING + size);
  memcpy(h->bytes + h->size, name, size);
  memcpy(h->bytes + h->size + size, value.data, value.size);
  h->size += size + value.size;
  h->ends[h->count++] = h->size - 3;
}

static void put_16(handmade *h, size_t at, size_t n) {
  h->bytes[at] = (uint8_t)n;
  h->bytes[at + 1] = (uint8_t)(n >> 8);
}

static tn_slice end_fields(handmade *h) {
  h->bytes[0] = TN_TAG_OBJECT16;
  for (size_t i = 0; i < h->count; i++, h->size += 2) put_16(h, h->size, h->ends[i]);
  put_16(h, h->size, h->count);
  h->size += 2;
  put_16(h, 1, h->size - 3);
  return (tn_slice){h->bytes, h->size};
}

/* No builder makes such a one. */
static void a_record_whose_values_are_nested_too_deep_is_not_taken(void **state) {
  tn_builder ops = TN_BUILDER_INIT, digest = TN_BUILDER_INIT;
  static const uint8_t one[] = {TN_TAG_SMALL_INT + 1}, zeros[16] = {0};
  tn_value number = {one, 1};
  (void)state;
  for (unsigned depth = TN_DEPTH_MAX - 1; depth <= TN_DEPTH_MAX; depth++) {
    handmade h = {.size = 3};
    tni_record record;
    tn_builder_clear(&ops);
    for (unsigned i = 0; i < depth; i++) tn_array_begin(&ops);
    for (unsigned i = 0; i < depth; i++) tn_end(&ops);
    assert_status(tn_builder_status(&ops), TN_OK);
    add_field(&h, "v", number);
    add_field(&h, "epoch", number);
    add_field(&h, "seq", number);
    add_field(&h, "time_us", number);
    add_field(&h, "ops", tn_built(&ops));
    tn_builder_clear(&digest);
    tn_add(&digest, ((tn_slice){zeros, sizeof zeros}));
    add_field(&h, "digest", tn_built(&digest));
    assert_int_equal(tni_record_take(end_fields(&h), &record), depth < TN_DEPTH_MAX);
  }
  tn_builder_free(&ops);
  tn_builder_free(&digest);
}

/* ---- the ring ------------------------------------------------------------------------------- */

#define PASSED 10000

typedef struct passing {
  tni_ring ring;
  int places[4];
  bool all; /* false = until the ring is closed */
} passing;

static void *pass(void *arg) {
  passing *p = arg;
  size_t place;
  for (int i = 0; (!p->all || i < PASSED) && tni_ring_to_fill(&p->ring, &place); i++) {
    p->places[place] = i;
    tni_ring_filled(&p->ring);
    if (i % 1000 == 999) (void)tni_ring_drained(&p->ring);
  }
  if (p->all) tni_ring_close(&p->ring);
  return NULL;
}

static void what_is_filled_is_emptied_in_order(void **state) {
  passing p = {.all = true};
  pthread_t thread;
  size_t place;
  int seen = 0;
  (void)state;
  assert_true(tni_ring_init(&p.ring, 4));
  assert_true(tni_thread_start(&thread, pass, &p));
  for (; tni_ring_to_empty(&p.ring, &place); seen++) {
    assert_int_equal(p.places[place], seen);
    tni_ring_emptied(&p.ring);
  }
  pthread_join(thread, NULL);
  tni_ring_fini(&p.ring);
  assert_int_equal(seen, PASSED);
}

static void who_empties_may_end_it(void **state) {
  passing p = {.all = false};
  pthread_t thread;
  size_t place;
  (void)state;
  assert_true(tni_ring_init(&p.ring, 4));
  assert_true(tni_thread_start(&thread, pass, &p));
  assert_true(tni_ring_to_empty(&p.ring, &place));
  tni_ring_close(&p.ring);
  pthread_join(thread, NULL);
  tni_ring_fini(&p.ring);
}

/* ---- the gate ------------------------------------------------------------------------------- */

#define SLEEPERS 8
#define OPENINGS 2000

typedef struct opening {
  tni_gate gate;
  atomic_int rounds; /* that are over */
  atomic_int passed;
} opening;

/* Is let go once for each round, by all being woken or by the one before. */
static void *pass_gate(void *arg) {
  opening *o = arg;
  for (int round = 0; round < OPENINGS; round++) {
    for (uint32_t look = tni_gate_look(&o->gate); atomic_load(&o->rounds) <= round; look = tni_gate_look(&o->gate))
      tni_gate_wait(&o->gate, look);
    tni_gate_wake_one(&o->gate);
    atomic_fetch_add(&o->passed, 1);
  }
  return NULL;
}

static void nobody_sleeps_at_a_gate_that_was_opened(void **state) {
  opening o = {.rounds = 0};
  pthread_t threads[SLEEPERS];
  (void)state;
  for (int i = 0; i < SLEEPERS; i++) assert_true(tni_thread_start(&threads[i], pass_gate, &o));
  for (int round = 0; round < OPENINGS; round++) {
    atomic_fetch_add(&o.rounds, 1);
    tni_gate_open(&o.gate);
    if (round % 2 == 0)
      tni_gate_wake_all(&o.gate);
    else
      tni_gate_wake_one(&o.gate);
  }
  tni_gate_wake_all(&o.gate);
  for (int i = 0; i < SLEEPERS; i++) pthread_join(threads[i], NULL);
  assert_int_equal(atomic_load(&o.passed), SLEEPERS * OPENINGS);
}

static void a_gate_opened_after_the_look_is_passed_at_once(void **state) {
  tni_gate gate = {0};
  (void)state;
  uint32_t look = tni_gate_look(&gate);
  tni_gate_open(&gate);
  tni_gate_wait(&gate, look);
  assert_int_not_equal(tni_gate_look(&gate), look);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_long_journal_replays_the_same_with_and_without_a_thread),
      TEST(a_long_journal_of_batches_replays_the_same),
      TEST(every_key_of_a_batch_is_made_ahead_also_long_ones),
      TEST(history_ends_at_the_record_asked_for_though_more_was_read),
      TEST(damage_is_told_at_its_record),
      TEST(large_records_among_many_are_replayed),
      TEST(an_interrupted_open_leaves_no_thread_behind),
      TEST(without_memory_a_long_journal_is_refused_and_nothing_is_left),
      TEST(a_large_snapshot_loads_the_same_with_and_without_a_thread),
      TEST(a_snapshot_whose_entries_are_not_in_order_is_passed_over),
      TEST(without_memory_a_large_snapshot_is_neither_written_nor_loaded),
      cmocka_unit_test(an_entry_is_what_a_builder_makes_and_reads_back),
      cmocka_unit_test(a_changed_entry_is_read_as_what_it_is_or_not_at_all),
      cmocka_unit_test(a_record_is_taken_apart_as_it_is_built),
      cmocka_unit_test(a_changed_record_is_taken_as_what_it_is_or_not_at_all),
      cmocka_unit_test(a_record_whose_values_are_nested_too_deep_is_not_taken),
      cmocka_unit_test(what_is_filled_is_emptied_in_order),
      cmocka_unit_test(who_empties_may_end_it),
      cmocka_unit_test(nobody_sleeps_at_a_gate_that_was_opened),
      cmocka_unit_test(a_gate_opened_after_the_look_is_passed_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
