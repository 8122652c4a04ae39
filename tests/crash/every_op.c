#include "every_op.h"

#include <stdio.h>

#include "support/assert_status.h"

#define TEXT_MAX 8192

tn_value every_op_of(const char *model, tn_builder *out) {
  char path[80], text[TEXT_MAX];
  tn_error error;
  snprintf(path, sizeof path, "tests/crash/every_op/%s.json", model);
  FILE *file = fopen(path, "r");
  if (!file) fail_msg("%s is missing; tests run in the top folder", path);
  size_t size = fread(text, 1, sizeof text, file);
  assert_true(size < sizeof text);
  fclose(file);
  tn_status status = tn_decode("json", (tn_slice){text, size}, out, NULL, &error);
  if (status != TN_OK) fail_msg("%s: %s", path, error.text);
  return tn_built(out);
}
