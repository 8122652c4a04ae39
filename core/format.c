/* format.c - the built-in formatters by name, for applications. */
#include <stdio.h>

#include "exec.h"
#include "memory.h"
#include "nearest.h"
#include "registry.h"
#include "try.h"

static tn_status find_format(const char *name, const tn_formatter **out, tn_error *error) {
  for (size_t i = 0; tni_builtins[i]; i++)
    if (tni_builtins[i]->kind == TN_KIND_FORMATTER && strcmp(tni_builtins[i]->name, name) == 0) {
      *out = (const tn_formatter *)(const void *)tni_builtins[i];
      return TN_OK;
    }
  tni_nearest nearest = tni_nearest_to((tn_slice){name, strlen(name)});
  char hint[96];
  for (size_t i = 0; tni_builtins[i]; i++)
    if (tni_builtins[i]->kind == TN_KIND_FORMATTER) tni_nearest_offer(&nearest, tni_builtins[i]->name);
  return tn_error_set(error, TN_UNKNOWN, "format", "no built-in format is named '%s'%s", name,
                      tni_nearest_hint(&nearest, hint, sizeof hint));
}

static bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

tn_status tn_decode(const char *format, tn_slice bytes, tn_builder *out, size_t *used, tn_error *error) {
  const tn_formatter *f;
  size_t taken = 0;
  TRY(find_format(format, &f, error));
  tn_builder_clear(out);
  tn_status status = f->decode(&tni_host, bytes, out, &taken, error);
  size_t end = taken;
  if (status == TN_OK && !used) {
    while (f->text && end < bytes.size && is_space(((const uint8_t *)bytes.data)[end])) end++;
    if (end != bytes.size) {
      char where[32];
      snprintf(where, sizeof where, "byte %zu", end);
      status = tn_error_set(error, TN_INVALID, where, "something follows the value");
    }
  }
  if (status != TN_OK) {
    tn_builder_clear(out);
    return status;
  }
  if (used) *used = taken;
  return TN_OK;
}

tn_status tn_encode(const char *format, tn_value value, tn_slice *out, tn_error *error) {
  const tn_formatter *f;
  tn_buffer buffer = {tn_memory_system(), NULL, 0, 0};
  TRY(find_format(format, &f, error));
  tn_status status = f->encode(&tni_host, value, &buffer, error);
  size_t size = buffer.size;
  if (status == TN_OK && tn_buffer_append(&buffer, "", 1) != TN_OK)
    status = tn_error_set(error, TN_NOMEM, NULL, "no memory for the text");
  if (status != TN_OK) {
    tn_buffer_free(&buffer);
    return status;
  }
  *out = (tn_slice){buffer.data, size};
  return TN_OK;
}

/* tn_memory_system() does not need a block's size. */
void tn_text_free(tn_slice text) {
  const tn_memory *memory = tn_memory_system();
  union {
    const void *in;
    void *out;
  } data = {text.data};
  tni_free(memory, data.out, text.size + 1);
}
