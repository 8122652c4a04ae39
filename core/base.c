#include "tenon_base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *tn_status_name(tn_status status) {
  switch (status) {
#define STATUS_NAME(name, number, text) \
  case TN_##name: return #name;
    TN_STATUS_MAP(STATUS_NAME)
#undef STATUS_NAME
  }
  return "UNKNOWN_STATUS";
}

const char *tn_status_text(tn_status status) {
  switch (status) {
#define STATUS_TEXT(name, number, text) \
  case TN_##name: return text;
    TN_STATUS_MAP(STATUS_TEXT)
#undef STATUS_TEXT
  }
  return "not a status of this library";
}

bool tn_status_retryable(tn_status status) { return status == TN_BUSY || status == TN_LOST_RACE; }

/* Drops the part of a character that a cut left at the end, and turns what would break the line into spaces. */
static void make_one_line(char *text) {
  size_t size = strlen(text), back = 0;
  while (back < 3 && back < size && ((unsigned char)text[size - 1 - back] & 0xc0) == 0x80) back++;
  if (back < size) {
    unsigned char lead = (unsigned char)text[size - 1 - back];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (need > back + 1) text[size - 1 - back] = '\0';
  }
  for (char *c = text; *c != '\0'; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
}

tn_status tn_error_set(tn_error *error, tn_status status, const char *where, const char *format, ...) {
  if (!error) return status;
  char text[TN_ERROR_TEXT_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  make_one_line(text);
  char place[TN_ERROR_WHERE_MAX];
  snprintf(place, sizeof place, "%s", where ? where : "");
  make_one_line(place);
  error->status = status;
  memcpy(error->text, text, sizeof text);
  memcpy(error->where, place, sizeof place);
  return status;
}

static void *system_resize(void *context, void *data, size_t old_size, size_t new_size) {
  (void)context;
  (void)old_size;
  if (new_size > 0) return realloc(data, new_size);
  free(data);
  return NULL;
}

const tn_memory *tn_memory_system(void) {
  static const tn_memory memory = {system_resize, NULL};
  return &memory;
}
