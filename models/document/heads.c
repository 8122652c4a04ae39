#include "heads.h"

#define FEW 12 /* so many are compared as they are */

/* ---- few -------------------------------------------------------------------------------------- */

static void insert_each(tni_doc_headed *items, size_t count) {
  for (size_t i = 1; i < count; i++) {
    tni_doc_headed moved = items[i];
    size_t k = i;
    for (; k > 0 && tni_doc_bytes_compare(items[k - 1].key, moved.key) > 0; k--) items[k] = items[k - 1];
    items[k] = moved;
  }
}

/* ---- by their heads --------------------------------------------------------------------------- */

static uint64_t head_at(tn_slice key, size_t at) {
  const uint8_t *bytes = key.data;
  uint64_t head = 0;
  size_t size = key.size > at ? key.size - at : 0;
  if (size > sizeof head) size = sizeof head;
  for (size_t i = 0; i < size; i++) head |= (uint64_t)bytes[at + i] << (8 * (sizeof head - 1 - i));
  return head;
}

static bool is_sorted(const tni_doc_headed *items, size_t count) {
  for (size_t i = 1; i < count; i++)
    if (items[i - 1].head > items[i].head) return false;
  return true;
}

static void merge(const tni_doc_headed *from, size_t middle, size_t count, tni_doc_headed *to) {
  size_t a = 0, b = middle;
  for (size_t i = 0; i < count; i++) {
    bool left = a < middle && (b == count || from[a].head <= from[b].head);
    to[i] = left ? from[a++] : from[b++];
  }
}

static void sort_heads(tni_doc_headed *items, size_t count, tni_doc_headed *spare) {
  if (is_sorted(items, count)) return;
  size_t middle = count / 2;
  sort_heads(items, middle, spare);
  sort_heads(items + middle, count - middle, spare + middle);
  memcpy(spare, items, count * sizeof *items);
  merge(spare, middle, count, items);
}

/* ---- all -------------------------------------------------------------------------------------- */

static bool any_beyond(const tni_doc_headed *items, size_t count, size_t at) {
  for (size_t i = 0; i < count; i++)
    if (items[i].key.size > at) return true;
  return false;
}

/* All are the same up to `at`. */
static void sort_from(tni_doc_headed *items, size_t count, size_t at, tni_doc_headed *spare) {
  if (count <= FEW || !any_beyond(items, count, at)) {
    insert_each(items, count);
    return;
  }
  for (size_t i = 0; i < count; i++) items[i].head = head_at(items[i].key, at);
  sort_heads(items, count, spare);
  for (size_t from = 0, to; from < count; from = to) {
    for (to = from + 1; to < count && items[to].head == items[from].head;) to++;
    sort_from(items + from, to - from, at + sizeof items->head, spare + from);
  }
}

void tni_doc_headed_sort(tni_doc_headed *items, size_t count, tni_doc_headed *spare) {
  sort_from(items, count, 0, spare);
}
