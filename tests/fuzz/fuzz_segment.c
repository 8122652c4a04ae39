/* Damaged segments of a journal, with their checksums or made good: opening refuses them and changes nothing, or
 * recovers a prefix of what was written; then the engine goes on, and is the same when it is opened again. */
#include "image.h"

typedef struct attempt {
  const image *image;
  bool sealed;   /* the damage has good checksums: what is there may be any history, but it must hold together */
  bool truncate; /* the operator accepts to lose what comes after damage */
} attempt;

static tn_status count_record(void *arg, uint64_t seq, tn_value record) {
  uint64_t *last = arg;
  (void)record;
  MUST(*last == 0 || seq == *last + 1);
  *last = seq;
  return TN_OK;
}

static uint64_t seq_of(tn_engine *engine) {
  tn_result stats = TN_RESULT_INIT;
  MUST(tn_stats(engine, &stats, NULL) == TN_OK);
  uint64_t seq = stats.seq;
  tn_result_free(&stats);
  return seq;
}

static void check_state(const attempt *a, tn_engine *engine) {
  uint64_t seq = seq_of(engine), last = 0;
  char digest[33];
  tn_status status = tn_journal_read(engine, 0, 0, count_record, &last, NULL);
  if (a->sealed) {
    MUST(status == TN_CORRUPT || (status == TN_OK && (last == 0 || last == seq)));
    return;
  }
  MUST(status == TN_OK && last == seq);
  fuzz_digest(engine, digest);
  MUST(seq <= a->image->last && strcmp(digest, a->image->digest[seq]) == 0);
}

static void check_reader(const attempt *a, const recorded_io *io) {
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  tn_status status = image_open(a->image, io, true, false, &engine, &error);
  if (status == TN_OK) {
    check_state(a, engine);
    MUST(tn_close(engine, NULL) == TN_OK);
  } else {
    MUST(error.status == status && error.text[0] != '\0');
  }
  MUST(recorded_io_op_count(io) == 0);
}

static void check_refusal(const attempt *a, const recorded_io *io, tn_status status, const tn_error *error) {
  MUST(error->status == status && error->text[0] != '\0');
  if (!a->sealed) MUST(status == TN_CORRUPT || status == TN_INVALID);
  if (!a->sealed) MUST(recorded_io_op_count(io) == 0);
}

static void check_goes_on(const attempt *a, const recorded_io *io, tn_engine *engine) {
  char digest[33], again[33];
  tn_builder args = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  uint64_t seq = seq_of(engine);
  MUST(tn_run(engine, "c", "put", tn_obj(&args, "key", "later", "value", 1), &result, NULL) == TN_OK);
  MUST(result.seq == seq + 1);
  fuzz_digest(engine, digest);
  MUST(tn_close(engine, NULL) == TN_OK);
  MUST(image_open(a->image, io, false, false, &engine, NULL) == TN_OK);
  fuzz_digest(engine, again);
  MUST(seq_of(engine) == seq + 1 && strcmp(digest, again) == 0);
  MUST(tn_close(engine, NULL) == TN_OK);
  tn_builder_free(&args);
  tn_result_free(&result);
}

static void check_owner(const attempt *a, const recorded_io *io) {
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  tn_status status = image_open(a->image, io, false, a->truncate, &engine, &error);
  if (status == TN_OK) {
    check_state(a, engine);
    check_goes_on(a, io, engine);
  } else {
    check_refusal(a, io, status, &error);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = fuzz_input_of(data, size);
  uint8_t how = fuzz_byte(&in);
  image_plan plan = {how & 1 ? "json" : "binary", "all", (how & 2) != 0};
  attempt a = {image_get(&plan), (how & 4) != 0, (how & 8) != 0};
  recorded_io *io = image_edited(a.image, how & 16 ? "data/TENON" : ".seg", &in, a.sealed);
  if (how & 32)
    check_reader(&a, io);
  else
    check_owner(&a, io);
  recorded_io_destroy(io);
  return 0;
}
