/* memory.h - how the library itself asks for memory: short names over tn_memory, and an allocator that counts
 * and can be made to fail. */
#ifndef TENON_MEMORY_H
#define TENON_MEMORY_H

#include <stdatomic.h>
#include <string.h>

#include "tenon_base.h"

static inline void *tni_resize(const tn_memory *m, void *data, size_t old_size, size_t new_size) {
  return m->resize(m->context, data, old_size, new_size);
}
static inline void *tni_alloc(const tn_memory *m, size_t size) { return tni_resize(m, NULL, 0, size); }
static inline void *tni_alloc_zero(const tn_memory *m, size_t size) {
  void *data = tni_alloc(m, size);
  if (data) memset(data, 0, size);
  return data;
}
static inline void tni_free(const tn_memory *m, void *data, size_t size) {
  if (data) (void)tni_resize(m, data, size, 0);
}
/* A copy of `text` with its NUL; freed with tni_free_string(). NULL when there is no memory. */
static inline char *tni_copy_string(const tn_memory *m, const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = (char *)tni_alloc(m, size);
  if (copy) memcpy(copy, text, size);
  return copy;
}
static inline void tni_free_string(const tn_memory *m, char *text) {
  if (text) tni_free(m, text, strlen(text) + 1);
}

/* Has the system give the next 2 MiB of `room` now, and not when they are first written to; where it cannot, nothing.
 * Whoever uses the memory may do so meanwhile. *upto is where the last call on this memory ended, and is moved on;
 * NULL at first. */
void tni_fault_in(tn_slice room, const uint8_t **upto);

/* Passes on to `under`, counts what is held, and fails on demand. Any thread. */
typedef struct tni_counted_memory {
  tn_memory memory; /* hand out &memory */
  const tn_memory *under;
  _Atomic uint64_t bytes;    /* held now */
  _Atomic uint64_t blocks;   /* held now */
  _Atomic uint64_t requests; /* that allocated or grew, ever */
  _Atomic uint64_t fail_at;  /* the request with this number (from 1) and all after it fail; 0 = none */
} tni_counted_memory;

void tni_counted_memory_init(tni_counted_memory *counted, const tn_memory *under);

#endif
