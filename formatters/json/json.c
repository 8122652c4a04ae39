#include "json.h"

#include "json_read.h"
#include "json_write.h"

static tn_status encode(const tn_host *host, tn_value value, tn_buffer *out, tn_error *error) {
  size_t before = out->size;
  tn_status status = tni_json_write(value, out);
  if (status == TN_OK) return TN_OK;
  out->size = before;
  return host->error_set(error, status, NULL, "no memory for the JSON text of a value");
}

const tn_formatter tni_formatter_json = {
    .plugin = TN_PLUGIN(tn_formatter, TN_KIND_FORMATTER, "json", 1, "RFC 8259 on one line, typed by $-objects"),
    .text = true,
    .encode = encode,
    .decode = tni_json_read,
};
