#include "thread.h"

#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

bool tni_thread_start(pthread_t *out, void *(*run)(void *arg), void *arg) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = pthread_create(out, NULL, run, arg) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

static void futex(tni_gate *gate, int what, uint32_t value) {
  (void)syscall(SYS_futex, &gate->opened, what, value, NULL, NULL, 0);
}

void tni_gate_wait(tni_gate *gate, uint32_t look) { futex(gate, FUTEX_WAIT_PRIVATE, look); }
void tni_gate_wake_one(tni_gate *gate) { futex(gate, FUTEX_WAKE_PRIVATE, 1); }
void tni_gate_wake_all(tni_gate *gate) { futex(gate, FUTEX_WAKE_PRIVATE, INT_MAX); }

bool tni_ring_init(tni_ring *ring, size_t size) {
  ring->size = size;
  ring->filled = ring->emptied = 0;
  ring->closed = false;
  if (pthread_mutex_init(&ring->mu, NULL) != 0) return false;
  if (pthread_cond_init(&ring->moved, NULL) == 0) return true;
  pthread_mutex_destroy(&ring->mu);
  return false;
}

void tni_ring_fini(tni_ring *ring) {
  pthread_cond_destroy(&ring->moved);
  pthread_mutex_destroy(&ring->mu);
}

/* [mu] Once it was full it is filled again when half of it is empty, so that the two do not wake each other for every
 * place. */
static void wait_to_fill(tni_ring *ring) {
  if (ring->filled - ring->emptied < ring->size) return;
  while (!ring->closed && ring->filled - ring->emptied > ring->size / 2) pthread_cond_wait(&ring->moved, &ring->mu);
}

bool tni_ring_to_fill(tni_ring *ring, size_t *place) {
  pthread_mutex_lock(&ring->mu);
  wait_to_fill(ring);
  *place = ring->filled % ring->size;
  bool open = !ring->closed;
  pthread_mutex_unlock(&ring->mu);
  return open;
}

size_t tni_ring_ahead(tni_ring *ring) {
  pthread_mutex_lock(&ring->mu);
  size_t count = ring->filled - ring->emptied;
  pthread_mutex_unlock(&ring->mu);
  return count;
}

bool tni_ring_drained(tni_ring *ring) {
  pthread_mutex_lock(&ring->mu);
  while (!ring->closed && ring->filled != ring->emptied) pthread_cond_wait(&ring->moved, &ring->mu);
  bool open = !ring->closed;
  pthread_mutex_unlock(&ring->mu);
  return open;
}

bool tni_ring_to_empty(tni_ring *ring, size_t *place) {
  pthread_mutex_lock(&ring->mu);
  while (!ring->closed && ring->filled == ring->emptied) pthread_cond_wait(&ring->moved, &ring->mu);
  *place = ring->emptied % ring->size;
  bool any = ring->filled != ring->emptied;
  pthread_mutex_unlock(&ring->mu);
  return any;
}

void tni_ring_filled(tni_ring *ring) {
  pthread_mutex_lock(&ring->mu);
  ring->filled++;
  pthread_cond_signal(&ring->moved);
  pthread_mutex_unlock(&ring->mu);
}

void tni_ring_emptied(tni_ring *ring) {
  pthread_mutex_lock(&ring->mu);
  ring->emptied++;
  if (ring->filled - ring->emptied <= ring->size / 2) pthread_cond_signal(&ring->moved);
  pthread_mutex_unlock(&ring->mu);
}

void tni_ring_close(tni_ring *ring) {
  pthread_mutex_lock(&ring->mu);
  ring->closed = true;
  pthread_cond_broadcast(&ring->moved);
  pthread_mutex_unlock(&ring->mu);
}

/* ---- a thread that fills ---------------------------------------------------------------------- */

static void *fill_all(void *arg) {
  tni_filler *f = (tni_filler *)arg;
  size_t place;
  tni_fill then = TNI_FILL_NEXT;
  while (then != TNI_FILL_END && tni_ring_to_fill(&f->ring, &place)) {
    then = f->fill(f->arg, place);
    tni_ring_filled(&f->ring);
    if (then == TNI_FILL_REST && !tni_ring_drained(&f->ring)) break;
  }
  return NULL;
}

void tni_filler_start(tni_filler *filler, size_t size, tni_fill (*fill)(void *arg, size_t place), void *arg) {
  filler->runs = false;
  filler->fill = fill;
  filler->arg = arg;
  if (size == 1 || !tni_ring_init(&filler->ring, size)) return;
  filler->runs = tni_thread_start(&filler->thread, fill_all, filler);
  if (!filler->runs) tni_ring_fini(&filler->ring);
}

size_t tni_filler_next(tni_filler *filler, bool emptied) {
  size_t place = 0;
  if (!filler->runs) return (void)filler->fill(filler->arg, 0), 0;
  if (emptied) tni_ring_emptied(&filler->ring);
  (void)tni_ring_to_empty(&filler->ring, &place);
  return place;
}

void tni_filler_stop(tni_filler *filler) {
  if (!filler->runs) return;
  filler->runs = false;
  tni_ring_close(&filler->ring);
  pthread_join(filler->thread, NULL);
  tni_ring_fini(&filler->ring);
}
