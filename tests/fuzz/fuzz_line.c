/* Any line of `tenon run`: it becomes a request, nothing, or an error at one of its bytes. A request written as JSON
 * is a line that means the same, and an answer is one line that reads back. */
#include "cli/line.h"
#include "fuzz.h"

/* What is known of one operation: cart put KEY VALUE. */
static tn_value models(void) {
  static const char text[] =
      "{\"cart\":{\"ops\":[{\"name\":\"put\",\"params\":[{\"name\":\"key\"},{\"name\":\"value\"}]}]}}";
  static tn_builder b = TN_BUILDER_INIT;
  if (b.size == 0) MUST(tn_decode("json", (tn_slice){text, sizeof text - 1}, &b, NULL, NULL) == TN_OK);
  return tn_built(&b);
}

/* JSON that means a scalar is written as something else than it was. */
static void check_again(tn_value request) {
  if (tn_value_type(request) != TN_ARRAY && tn_value_type(request) != TN_OBJECT) return;
  tn_builder again = TN_BUILDER_INIT;
  tn_slice text = {NULL, 0};
  MUST(tn_encode("json", request, &text, NULL) == TN_OK);
  MUST(!line_is_open(text));
  MUST(line_parse(text, models(), &again, NULL) == TN_OK);
  MUST(tn_value_same(tn_built(&again), request));
  tn_text_free(text);
  tn_builder_free(&again);
}

/* What was printed is one line, an object; `field` of it is `value` (absent: it is there). */
static void check_answer(const char *text, size_t size, const char *field, tn_value value) {
  tn_builder b = TN_BUILDER_INIT;
  MUST(size > 0 && memchr(text, '\n', size) == text + size - 1);
  MUST(tn_decode("json", (tn_slice){text, size}, &b, NULL, NULL) == TN_OK);
  tn_value found = tn_field(tn_built(&b), field);
  MUST(tn_is_absent(value) ? !tn_is_absent(found) : tn_value_same(found, value));
  tn_builder_free(&b);
}

/* An answer has a level of its own around what it holds. */
static bool can_be_read_back(tn_value result) {
  tn_builder b = TN_BUILDER_INIT;
  bool fits = !tn_is_absent(tn_arr(&b, result));
  tn_builder_free(&b);
  return fits;
}

static void print(tn_value result, const tn_error *error) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  MUST(out);
  MUST((error ? line_print_error(out, error, NULL) : line_print_result(out, result, NULL)) == TN_OK);
  MUST(fclose(out) == 0);
  if (error)
    check_answer(text, size, "error", TN_NO_VALUE);
  else if (can_be_read_back(result))
    check_answer(text, size, "result", result);
  free(text);
}

static void check_refusal(tn_status status, const tn_error *error, size_t size) {
  MUST(error->status == status && error->text[0] != '\0');
  MUST(status == TN_INVALID || status == TN_LIMIT);
  if (status == TN_INVALID)
    MUST(strncmp(error->where, "byte ", 5) == 0 && strtoull(error->where + 5, NULL, 10) <= size);
  print(TN_NO_VALUE, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tn_builder request = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_slice line = {data, size};
  (void)line_is_open(line);
  tn_status status = line_parse(line, models(), &request, &error);
  if (status != TN_OK) {
    check_refusal(status, &error, size);
  } else if (!tn_is_absent(tn_built(&request))) {
    check_again(tn_built(&request));
    print(tn_built(&request), NULL);
  }
  tn_builder_free(&request);
  return 0;
}
