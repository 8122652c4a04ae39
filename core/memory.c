#include "memory.h"

#include <sys/mman.h>

#define FAULT_STEP ((uintptr_t)2 << 20)

void tni_fault_in(tn_slice room, const uint8_t **upto) {
#ifdef MADV_POPULATE_WRITE
  const uint8_t *from = (const uint8_t *)room.data, *end = from + room.size;
  if (*upto > from && *upto <= end) from = *upto;
  uintptr_t start = ((uintptr_t)from + FAULT_STEP - 1) & ~(FAULT_STEP - 1), stop = (uintptr_t)end & ~(FAULT_STEP - 1);
  if (room.size == 0 || start >= stop) return;
  (void)madvise((void *)start, FAULT_STEP, MADV_POPULATE_WRITE);
  *upto = (const uint8_t *)start + FAULT_STEP;
#else
  (void)room, (void)upto;
#endif
}

static void *counted_resize(void *context, void *data, size_t old_size, size_t new_size) {
  tni_counted_memory *c = (tni_counted_memory *)context;
  if (new_size > old_size) {
    uint64_t number = atomic_fetch_add_explicit(&c->requests, 1, memory_order_relaxed) + 1;
    uint64_t fail_at = atomic_load_explicit(&c->fail_at, memory_order_relaxed);
    if (fail_at != 0 && number >= fail_at) return NULL;
  }
  void *moved = tni_resize(c->under, data, old_size, new_size);
  if (new_size > 0 && !moved) return NULL;
  atomic_fetch_add_explicit(&c->bytes, (uint64_t)new_size - (uint64_t)old_size, memory_order_relaxed);
  if (!data && new_size > 0) atomic_fetch_add_explicit(&c->blocks, 1, memory_order_relaxed);
  if (data && new_size == 0) atomic_fetch_sub_explicit(&c->blocks, 1, memory_order_relaxed);
  return moved;
}

void tni_counted_memory_init(tni_counted_memory *counted, const tn_memory *under) {
  counted->memory = (tn_memory){counted_resize, counted};
  counted->under = under;
  atomic_init(&counted->bytes, 0);
  atomic_init(&counted->blocks, 0);
  atomic_init(&counted->requests, 0);
  atomic_init(&counted->fail_at, 0);
}
