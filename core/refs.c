#include "refs.h"

#include <string.h>

#include "memory.h"
#include "try.h"

#define REF_NAME "$result"
#define REF_PATH_MAX 1024

tn_status tni_results_add(tni_results *results, tn_value value) {
  const tn_memory *memory = results->bytes.memory;
  if (results->count == results->capacity) {
    size_t capacity = results->capacity == 0 ? 16 : results->capacity * 2;
    size_t *ends =
        (size_t *)tni_resize(memory, results->ends, results->capacity * sizeof *ends, capacity * sizeof *ends);
    if (!ends) return TN_NOMEM;
    results->ends = ends;
    results->capacity = capacity;
  }
  TRY(tn_buffer_append(&results->bytes, value.data, value.size));
  results->ends[results->count++] = results->bytes.size;
  return TN_OK;
}

tn_value tni_results_at(const tni_results *results, size_t i) {
  size_t start = i == 0 ? 0 : results->ends[i - 1];
  return (tn_value){results->bytes.data + start, results->ends[i] - start};
}

void tni_results_fini(tni_results *results) {
  tni_free(results->bytes.memory, results->ends, results->capacity * sizeof *results->ends);
  tn_buffer_free(&results->bytes);
}

static bool is_ref(tn_value value, tn_value *target) {
  if (tn_value_type(value) != TN_OBJECT || tn_count(value) != 1) return false;
  *target = tn_field(value, REF_NAME);
  return !tn_is_absent(*target);
}

static tn_status look_up(const tni_results *results, tn_value target, tn_value *out, tn_error *error) {
  int64_t i;
  tn_slice text = {"", 0};
  char path[REF_PATH_MAX];
  bool fine = tn_value_type(target) == TN_ARRAY && tn_count(target) >= 1 && tn_count(target) <= 2 &&
              tn_as_int(tn_item(target, 0), &i) &&
              (tn_count(target) == 1 || tn_as_string(tn_item(target, 1), &text)) && text.size < sizeof path &&
              !memchr(text.data, 0, text.size);
  if (!fine)
    return tn_error_set(error, TN_INVALID, REF_NAME, "expected {\"$result\": [number of an operation, \"path\"]}");
  if (i < 0 || (uint64_t)i >= results->count)
    return tn_error_set(error, TN_INVALID, REF_NAME, "operation %lld is not an earlier one of this batch",
                        (long long)i);
  memcpy(path, text.data, text.size);
  path[text.size] = '\0';
  *out = tn_path(tni_results_at(results, (size_t)i), path);
  if (!tn_is_absent(*out)) return TN_OK;
  return tn_error_set(error, TN_NOT_FOUND, REF_NAME, "operation %lld answered nothing at '%.100s'", (long long)i,
                      path);
}

static tn_status copy_resolved(const tni_results *results, tn_value value, tn_builder *out, tn_error *error) {
  tn_value target;
  if (is_ref(value, &target)) {
    TRY(look_up(results, target, &target, error));
    tn_add(out, target);
    return TN_OK;
  }
  tn_type type = tn_value_type(value);
  if (type != TN_ARRAY && type != TN_OBJECT) return tn_add(out, value), TN_OK;
  if (type == TN_ARRAY)
    tn_array_begin(out);
  else
    tn_object_begin(out);
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) {
    if (type == TN_OBJECT) tn_name_slice(out, it.name);
    TRY(copy_resolved(results, it.value, out, error));
  }
  tn_end(out);
  return TN_OK;
}

tn_status tni_refs_resolve(const tni_results *results, tn_value args, tn_builder *scratch, tn_value *out,
                           tn_error *error) {
  *out = args;
  if (args.size == 0 || !memmem(args.data, args.size, REF_NAME, strlen(REF_NAME))) return TN_OK;
  tn_builder_clear(scratch);
  TRY(copy_resolved(results, args, scratch, error));
  tn_status status = tn_builder_status(scratch);
  if (status != TN_OK)
    return tn_error_set(error, status, "args", "the arguments with their references resolved do not fit");
  *out = tn_built(scratch);
  return TN_OK;
}
