#include "sets.h"

#include <string.h>

/* VALUE as JSON if all of it is, else as it stands. */
static void add_value(const char *text, tn_builder *scratch, tn_builder *out) {
  tn_slice slice = {text, strlen(text)};
  size_t used = 0;
  tn_builder_clear(scratch);
  if (tn_decode("json", slice, scratch, &used, NULL) == TN_OK && used == slice.size)
    tn_add(out, tn_built(scratch));
  else
    tn_add(out, tn_text(slice));
}

static tn_status add_set(const char *text, tn_builder *scratch, tn_builder *out, tn_error *error) {
  const char *equals = strchr(text, '=');
  if (!equals || equals == text)
    return tn_error_set(error, TN_INVALID, "--set", "expected PARAM=VALUE, not '%s'", text);
  tn_name_slice(out, (tn_slice){text, (size_t)(equals - text)});
  add_value(equals + 1, scratch, out);
  return TN_OK;
}

/* What was wrong with names shows when the object ends. */
static tn_status check_sets(const tn_builder *out, tn_error *error) {
  tn_status status = tn_builder_status(out);
  if (status == TN_OK) return TN_OK;
  return tn_error_set(
      error, status, "--set",
      status == TN_INVALID ? "an argument is set twice, or is not UTF-8" : "the arguments do not fit into a value");
}

tn_status read_sets(const cli_arguments *arguments, tn_builder *out, tn_error *error) {
  tn_builder scratch = TN_BUILDER_INIT;
  const char *text;
  tn_status status = TN_OK;
  tn_builder_clear(out);
  tn_object_begin(out);
  for (unsigned i = 0; status == TN_OK && (text = arguments_text(arguments, "--set", i)) != NULL; i++)
    status = add_set(text, &scratch, out, error);
  tn_end(out);
  tn_builder_free(&scratch);
  return status == TN_OK ? check_sets(out, error) : status;
}
