/* thread.h - threads of the library's own, and hand-overs between two of them. It knows no engine. */
#ifndef TENON_THREAD_H
#define TENON_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Starts a thread that gets none of the application's signals. False when none can be had. */
bool tni_thread_start(pthread_t *out, void *(*run)(void *arg), void *arg);

/* A ring of `size` places that one thread fills and another one empties, in order. What lies in a place belongs to
 * whose turn it is; the ring itself holds nothing. */
typedef struct tni_ring {
  pthread_mutex_t mu;
  pthread_cond_t moved;
  size_t size;
  size_t filled, emptied; /* [mu] how many, ever */
  bool closed;            /* [mu] nobody goes on */
} tni_ring;

/* False when there is no memory for a lock. */
bool tni_ring_init(tni_ring *ring, size_t size);
void tni_ring_fini(tni_ring *ring);
/* The place to fill next, once it is empty. False when the ring was closed. */
bool tni_ring_to_fill(tni_ring *ring, size_t *place);
void tni_ring_filled(tni_ring *ring);
/* How many places are filled. */
size_t tni_ring_ahead(tni_ring *ring);
/* Waits until all that was filled is empty. False when the ring was closed. */
bool tni_ring_drained(tni_ring *ring);
/* The place to empty next, once it is filled. False when the ring was closed and all that was filled is empty. */
bool tni_ring_to_empty(tni_ring *ring, size_t *place);
void tni_ring_emptied(tni_ring *ring);
/* Either of the two wants no more; nobody waits any longer. */
void tni_ring_close(tni_ring *ring);

#endif
