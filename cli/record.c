#include "record.h"

#include <string.h>

#define DIGEST_SIZE 16

/* As tn_stats() and `tenon info` write it: a number of 32 hex digits. The record has it as little-endian bytes. */
static void add_digest(tn_builder *line, tn_slice bytes) {
  char text[2 * DIGEST_SIZE + 1];
  for (size_t i = 0; i < DIGEST_SIZE; i++)
    snprintf(text + 2 * i, 3, "%02x", ((const unsigned char *)bytes.data)[DIGEST_SIZE - 1 - i]);
  tn_add(line, (const char *)text);
}

static void build_line(tn_builder *line, tn_value record, tn_value changes) {
  tn_builder_clear(line);
  tn_object_begin(line);
  for (tn_iter it = tn_iter_of(record); tn_iter_next(&it);) {
    tn_slice bytes;
    bool is_digest = it.name.size == 6 && memcmp(it.name.data, "digest", 6) == 0;
    tn_name_slice(line, it.name);
    if (is_digest && tn_as_bytes(it.value, &bytes) && bytes.size == DIGEST_SIZE)
      add_digest(line, bytes);
    else
      tn_add(line, it.value);
  }
  if (!tn_is_absent(changes)) tn_set(line, "changes", changes);
  tn_end(line);
}

tn_status record_print(record_printer *p, tn_value record, tn_value changes, tn_error *error) {
  build_line(&p->line, record, changes);
  tn_status status = tn_builder_status(&p->line);
  if (status != TN_OK) return tn_error_set(error, status, NULL, "a record does not fit into a line");
  return output_value(&p->output, tn_built(&p->line), error);
}
