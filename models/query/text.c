#include "text.h"

tn_slice tni_text_first(tn_slice text) {
  const uint8_t *data = text.data;
  size_t size = 1;
  while (size < text.size && !tni_begins_char(data[size])) size++;
  return (tn_slice){data, size};
}

tn_slice tni_text_last(tn_slice text) {
  const uint8_t *data = text.data;
  size_t at = text.size - 1;
  while (at > 0 && !tni_begins_char(data[at])) at--;
  return tni_text_from(text, at);
}

size_t tni_text_chars(tn_slice text) {
  const uint8_t *data = text.data;
  size_t chars = 0;
  for (size_t i = 0; i < text.size; i++) chars += tni_begins_char(data[i]);
  return chars;
}

size_t tni_text_bytes(tn_slice text, uint64_t chars) {
  const uint8_t *data = text.data;
  size_t at = 0;
  for (; at < text.size; at++)
    if (tni_begins_char(data[at]) && chars-- == 0) break;
  return at;
}

size_t tni_text_find(tn_slice text, tn_slice part) {
  if (part.size == 0) return 0;
  const char *found = text.size == 0 ? NULL : memmem(text.data, text.size, part.data, part.size);
  return found ? (size_t)(found - (const char *)text.data) : text.size + 1;
}

uint8_t *tni_text_room(tni_text *text, size_t size) {
  uint8_t *room = tn_text_room(text->builder, text->size + size);
  if (!room) return NULL;
  room += text->size;
  text->size += size;
  return room;
}

void tni_text_put(tni_text *text, tn_slice part) {
  uint8_t *room = part.size > 0 ? tni_text_room(text, part.size) : NULL;
  if (room) memcpy(room, part.data, part.size);
}

/* An empty one may have had no room yet. */
void tni_text_end(tni_text *text) {
  (void)tn_text_room(text->builder, text->size);
  tn_text_add(text->builder, text->size);
}
