/* Any lines as operations on a kv in memory: each is answered, the state is sound, and refused ones change nothing.
 */
#include "cli/line.h"
#include "fuzz.h"

/* The same for each engine. */
static tn_value models_of(tn_engine *engine) {
  static tn_result description = TN_RESULT_INIT;
  if (tn_is_absent(description.value)) MUST(tn_describe(engine, &description, NULL) == TN_OK);
  return tn_field(description.value, "models");
}

static void run_line(tn_engine *engine, tn_slice line, char digest[33]) {
  tn_builder request = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  char after[33];
  tn_status status = line_parse(line, models_of(engine), &request, NULL);
  if (status == TN_OK && request.size > 0) status = tn_request(engine, tn_built(&request), NULL, &result, NULL);
  fuzz_digest(engine, after);
  MUST(status == TN_OK || strcmp(digest, after) == 0);
  strcpy(digest, after);
  tn_builder_free(&request);
  tn_result_free(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tn_engine *engine;
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  options.config_text =
      "{\"storage\":{\"type\":\"memory\"},\"service_thread\":false,\"models\":{\"c\":{\"type\":\"kv\"}}}";
  char digest[33];
  MUST(tn_open(NULL, &options, &engine, NULL) == TN_OK);
  fuzz_digest(engine, digest);
  for (size_t start = 0; start < size;) {
    const uint8_t *end = memchr(data + start, '\n', size - start);
    size_t length = end ? (size_t)(end - data) - start : size - start;
    run_line(engine, (tn_slice){data + start, length}, digest);
    start += length + 1;
  }
  MUST(tn_check(engine, NULL, NULL, NULL, NULL) == TN_OK);
  MUST(tn_close(engine, NULL) == TN_OK);
  return 0;
}
