/* Damaged snapshots, with their checksums or made good: a journal that is kept whole opens to the same state without
 * them; a trimmed one to the same state or not at all; then another snapshot is written and loaded. */
#include "image.h"

static void look(tn_engine *engine, uint64_t *seq, char digest[33]) {
  tn_result stats = TN_RESULT_INIT;
  MUST(tn_stats(engine, &stats, NULL) == TN_OK);
  *seq = stats.seq;
  tn_result_free(&stats);
  fuzz_digest(engine, digest);
}

static void ignore(void *arg, const char *line) {
  (void)arg;
  (void)line;
}

/* A new record and a new snapshot, from which the next open starts. */
static void check_goes_on(const image *i, const recorded_io *io, tn_engine *engine, bool sealed) {
  char digest[33], again[33];
  uint64_t seq, seq_again;
  tn_builder args = TN_BUILDER_INIT;
  MUST(tn_run(engine, "c", "put", tn_obj(&args, "key", "later", "value", 1), NULL, NULL) == TN_OK);
  tn_status checked = tn_check(engine, ignore, NULL, NULL, NULL);
  MUST(sealed || checked == TN_OK || checked == TN_CORRUPT);
  MUST(tn_snapshot(engine, NULL, NULL) == TN_OK);
  look(engine, &seq, digest);
  MUST(tn_close(engine, NULL) == TN_OK);
  MUST(image_open(i, io, false, false, &engine, NULL) == TN_OK);
  look(engine, &seq_again, again);
  MUST(seq == seq_again && strcmp(digest, again) == 0);
  MUST(tn_close(engine, NULL) == TN_OK);
  tn_builder_free(&args);
}

static void check_is_whole(const image *i, tn_engine *engine) {
  char digest[33];
  uint64_t seq;
  look(engine, &seq, digest);
  MUST(seq == i->last && strcmp(digest, i->digest[seq]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = fuzz_input_of(data, size);
  uint8_t how = fuzz_byte(&in);
  bool whole = (how & 2) != 0, sealed = (how & 4) != 0;
  image_plan plan = {how & 1 ? "json" : "binary", whole ? "all" : "snapshot", true};
  const image *i = image_get(&plan);
  recorded_io *io = image_edited(i, ".snap", &in, sealed);
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  tn_status status = image_open(i, io, false, false, &engine, &error);
  if (status == TN_OK) {
    if (!sealed) check_is_whole(i, engine);
    check_goes_on(i, io, engine, sealed);
  } else {
    MUST(error.status == status && error.text[0] != '\0');
    MUST(sealed || (status == TN_CORRUPT && !whole));
  }
  recorded_io_destroy(io);
  return 0;
}
