#include "image.h"

#include "seal.h"
#include "tenon_plugin.h"

#define PLANS_MAX 8
#define EDITS_MAX 24
#define FILES_MAX 16
#define GROWTH_MAX 2048
#define START_US 1767225600000000

/* ---- memory that is not asked for too much --------------------------------------------------- */

static void *resize(void *context, void *data, size_t old_size, size_t new_size) {
  const tn_memory *under = tn_memory_system();
  (void)context;
  MUST(new_size <= IMAGE_MEMORY_MAX);
  return under->resize(under->context, data, old_size, new_size);
}

static const tn_memory bounded = {resize, NULL};

static int64_t read_clock(void *arg) {
  (void)arg;
  return START_US;
}

static tn_status open_engine(const char *config, const recorded_io *io, bool read_only, tn_engine **out,
                             tn_error *error) {
  tn_open_options options = {.config_text = config,
                             .base_dir = "",
                             .read_only = read_only,
                             .memory = &bounded,
                             .io = recorded_io_tn_io(io),
                             .clock_us = read_clock};
  return tn_open(NULL, &options, out, error);
}

static void write_config(const image *i, bool truncate, char *out, size_t size) {
  int n = snprintf(out, size,
                   "{\"data\": \"data\", \"service_thread\": false, \"format\": {\"journal\": \"%s\", \"snapshot\": "
                   "\"%s\"}, \"journal\": {\"keep\": \"%s\"}, \"snapshot\": {\"every_commands\": 0, \"keep\": 2}, "
                   "\"storage\": {\"type\": \"file\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": 4096}, %s"
                   "\"models\": {\"c\": {\"type\": \"kv\"}}}",
                   i->plan.format, i->plan.format, i->plan.keep, truncate ? "\"recover\": \"truncate\", " : "");
  MUST(n > 0 && (size_t)n < size);
}

tn_status image_open(const image *i, const recorded_io *io, bool read_only, bool truncate, tn_engine **out,
                     tn_error *error) {
  char config[sizeof i->config];
  write_config(i, truncate, config, sizeof config);
  return open_engine(config, io, read_only, out, error);
}

/* ---- making one ------------------------------------------------------------------------------ */

static void run(tn_engine *engine, const char *op, tn_value args) {
  MUST(tn_run(engine, "c", op, args, NULL, NULL) == TN_OK);
}

static void note(image *i, tn_engine *engine) {
  MUST(++i->last < IMAGE_SEQ_MAX);
  fuzz_digest(engine, i->digest[i->last]);
}

/* Values of all types and several sizes, one that expires, a batch. */
static void write_some(image *i, tn_engine *engine, int round) {
  char text[700];
  tn_builder args = TN_BUILDER_INIT, more = TN_BUILDER_INIT;
  memset(text, 'a' + round, sizeof text);
  run(engine, "put", tn_obj(&args, "key", round, "value", tn_text((tn_slice){text, (size_t)(60 + 90 * round)})));
  note(i, engine);
  run(engine, "put", tn_obj(&args, "key", tn_arr(&more, round, "x"), "value", 0.5 * round, "ttl_ms", 1000 + round));
  note(i, engine);
  tn_batch_op ops[] = {{"c", "incr", tn_obj(&args, "key", "n")},
                       {"c", "append", tn_obj(&more, "key", "list", "value", ((tn_slice){text, 20}))}};
  MUST(tn_batch(engine, ops, 2, NULL, NULL, NULL) == TN_OK);
  note(i, engine);
  tn_builder_free(&args);
  tn_builder_free(&more);
}

static void stop(recorded_io *io, tn_engine *engine) {
  recorded_io_fail(io, 1, TN_IO, true);
  (void)tn_close(engine, NULL);
  recorded_io_fail(io, 0, TN_OK, false);
}

/* Two segments and more, two snapshots, records behind them. */
static recorded_io *record(image *i) {
  recorded_io *io = recorded_io_create();
  tn_engine *engine;
  MUST(open_engine(i->config, io, false, &engine, NULL) == TN_OK);
  for (int round = 0; round < 6; round++) {
    write_some(i, engine, round);
    if (round % 2 == 1 && round < 5) MUST(tn_snapshot(engine, NULL, NULL) == TN_OK);
  }
  if (i->plan.closed)
    MUST(tn_close(engine, NULL) == TN_OK);
  else
    stop(io, engine);
  return io;
}

static bool is_segment(const char *path, uint64_t *first_seq) {
  unsigned long long seq = 0;
  bool is = sscanf(path, "data/journal/%20llu.seg", &seq) == 1;
  if (is) *first_seq = seq;
  return is;
}

/* First seq of the segment before the one at `path`, or 0. */
static uint64_t segment_before(const recorded_io *io, const char *path) {
  uint64_t own, other, found = 0;
  const char *each;
  if (!is_segment(path, &own)) return 0;
  for (size_t n = 0; (each = recorded_io_path(io, n)); n++)
    if (is_segment(each, &other) && other < own && other > found) found = other;
  return found;
}

/* Random numbers in the files are replaced, so that an input means the same in every process. */
static recorded_io *without_chance(const recorded_io *io) {
  recorded_io *same = recorded_io_copy(io);
  const char *path;
  for (size_t n = 0; (path = recorded_io_path(io, n)); n++) {
    const uint8_t *data;
    size_t size;
    MUST(recorded_io_bytes(io, path, &data, &size));
    uint8_t *copy = malloc(size + 1);
    MUST(copy);
    if (size > 0) memcpy(copy, data, size);
    seal_unify(path, copy, size, segment_before(io, path));
    recorded_io_put(same, path, copy, size);
    free(copy);
  }
  return same;
}

static void check_image(const image *i) {
  tn_engine *engine;
  char digest[33];
  recorded_io *copy = recorded_io_copy(i->files);
  MUST(image_open(i, copy, false, false, &engine, NULL) == TN_OK);
  fuzz_digest(engine, digest);
  MUST(strcmp(digest, i->digest[i->last]) == 0);
  MUST(tn_close(engine, NULL) == TN_OK);
  recorded_io_destroy(copy);
}

static void make(image *i, const image_plan *plan) {
  i->plan = *plan;
  write_config(i, false, i->config, sizeof i->config);
  snprintf(i->digest[0], sizeof i->digest[0], "%032d", 0);
  recorded_io *io = record(i);
  recorded_io *same = without_chance(io);
  i->files = recorded_io_copy(same);
  recorded_io_destroy(same);
  recorded_io_destroy(io);
  check_image(i);
}

static bool same_plan(const image_plan *a, const image_plan *b) {
  return strcmp(a->format, b->format) == 0 && strcmp(a->keep, b->keep) == 0 && a->closed == b->closed;
}

const image *image_get(const image_plan *plan) {
  static image images[PLANS_MAX];
  static size_t count;
  for (size_t i = 0; i < count; i++)
    if (same_plan(&images[i].plan, plan)) return &images[i];
  MUST(count < PLANS_MAX);
  make(&images[count], plan);
  return &images[count++];
}

/* ---- damaging a copy ------------------------------------------------------------------------- */

typedef struct edited {
  const char *path;
  uint8_t *data;
  size_t size, capacity;
} edited;

static edited edited_of(const image *i, const char *path) {
  const uint8_t *data;
  size_t size;
  MUST(recorded_io_bytes(i->files, path, &data, &size));
  edited e = {path, calloc(1, size + GROWTH_MAX), size, size + GROWTH_MAX};
  MUST(e.data);
  if (size > 0) memcpy(e.data, data, size);
  return e;
}

/* Numbers that lengths, counts and seqs break on. */
static uint64_t odd_number(fuzz_input *in) {
  static const uint64_t odd[] = {0, 1, UINT64_MAX, INT64_MAX, UINT32_MAX, 0x7ffffff0, 0x80000000, 7};
  uint8_t how = fuzz_byte(in);
  return how < 8 ? odd[how] : fuzz_number(in, how % 8 + 1u);
}

static void store(edited *e, size_t at, fuzz_input *in) {
  uint64_t n = odd_number(in);
  for (size_t k = 0; k < 8 && at + k < e->size; k++) e->data[at + k] = (uint8_t)(n >> (8 * k));
}

static void write_bytes(edited *e, size_t at, tn_slice bytes) {
  size_t left = e->size - at, size = bytes.size < left ? bytes.size : left;
  if (size > 0) memcpy(e->data + at, bytes.data, size);
}

static void copy_run(edited *e, size_t at, fuzz_input *in) {
  size_t from = fuzz_number(in, 2) % e->size, size = 8u * fuzz_byte(in);
  size_t most = e->size - (from > at ? from : at);
  memmove(e->data + at, e->data + from, size < most ? size : most);
}

static void zero_run(edited *e, size_t at, size_t size) {
  memset(e->data + at, 0, size < e->size - at ? size : e->size - at);
}

static void grow(edited *e, size_t by) { e->size += by < e->capacity - e->size ? by : e->capacity - e->size; }

static void edit(edited *e, fuzz_input *in) {
  uint8_t kind = fuzz_byte(in) % 8;
  size_t at = (size_t)fuzz_number(in, 2);
  if (kind == 0) grow(e, at);
  if (kind == 0 || e->size == 0) return;
  at %= e->size;
  switch (kind) {
    case 1: e->data[at] ^= (uint8_t)(1u << fuzz_byte(in) % 8); break;
    case 2: e->data[at] = fuzz_byte(in); break;
    case 3: store(e, at, in); break;
    case 4: write_bytes(e, at, fuzz_bytes(in, 1u + fuzz_byte(in) % 32)); break;
    case 5: copy_run(e, at, in); break;
    case 6: zero_run(e, at, (size_t)fuzz_number(in, 2)); break;
    default: e->size = at;
  }
}

recorded_io *image_edited(const image *i, const char *part, fuzz_input *in, bool sealed) {
  recorded_io *copy = recorded_io_copy(i->files);
  edited files[FILES_MAX];
  size_t count = 0;
  const char *path;
  for (size_t n = 0; (path = recorded_io_path(i->files, n)); n++)
    if (strstr(path, part) && count < FILES_MAX) files[count++] = edited_of(i, path);
  MUST(count > 0);
  for (int n = 0; n < EDITS_MAX && fuzz_left(in) > 0; n++) edit(&files[fuzz_byte(in) % count], in);
  for (size_t n = 0; n < count; n++) {
    if (sealed) seal_again(files[n].path, files[n].data, files[n].size);
    recorded_io_put(copy, files[n].path, files[n].data, files[n].size);
    free(files[n].data);
  }
  recorded_io *out = recorded_io_copy(copy); /* with nothing recorded */
  recorded_io_destroy(copy);
  return out;
}
