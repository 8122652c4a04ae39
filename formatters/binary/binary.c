#include "binary.h"

static tn_status encode(const tn_host *host, tn_value value, tn_buffer *out, tn_error *error) {
  if (tn_buffer_append(out, value.data, value.size) == TN_OK) return TN_OK;
  return host->error_set(error, TN_NOMEM, NULL, "no memory to encode %zu bytes", value.size);
}

static tn_status decode(const tn_host *host, tn_slice bytes, tn_builder *out, size_t *used, tn_error *error) {
  tn_value value;
  tn_status status = host->value_check(bytes, &value, error);
  if (status != TN_OK) return status;
  tn_add(out, value);
  status = tn_builder_status(out);
  if (status != TN_OK) return host->error_set(error, status, "byte 0", "no memory to decode %zu bytes", value.size);
  *used = value.size;
  return TN_OK;
}

const tn_formatter tni_formatter_binary = {
    .plugin =
        TN_PLUGIN(tn_formatter, TN_KIND_FORMATTER, "binary", 1, "values as they are in memory: fastest, smallest"),
    .text = false,
    .encode = encode,
    .decode = decode,
    .plain = true,
};
