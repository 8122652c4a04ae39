/* thread.h - threads of the library's own, and hand-overs between two of them. It knows no engine. */
#ifndef TENON_THREAD_H
#define TENON_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts a thread that gets none of the application's signals. False when none can be had. */
bool tni_thread_start(pthread_t *out, void *(*run)(void *arg), void *arg);

/* A few dozen nanoseconds, for who waits for something that will not take long. */
static inline void tni_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/* Where many wait for one event at a time, who comes after it may see at once that it was: nobody takes a lock on the
 * way out, and nobody is woken for what others wait for. */
typedef struct tni_gate {
  _Atomic uint32_t opened; /* how often */
} tni_gate;

static inline uint32_t tni_gate_look(const tni_gate *gate) { return atomic_load(&gate->opened); }
/* Sleeps until the gate was opened after that look; may return before. */
void tni_gate_wait(tni_gate *gate, uint32_t look);
/* Whoever looked before does not sleep any more; those who sleep already are woken by the other two. */
static inline void tni_gate_open(tni_gate *gate) { atomic_fetch_add(&gate->opened, 1); }
void tni_gate_wake_one(tni_gate *gate);
void tni_gate_wake_all(tni_gate *gate);

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

/* What filling a place says of what comes after it. */
typedef enum tni_fill {
  TNI_FILL_END,  /* nothing */
  TNI_FILL_NEXT, /* there is more */
  TNI_FILL_REST  /* there is more, once all that was filled is empty: what lies there is large */
} tni_fill;

/* A ring with a thread of its own that fills it. */
typedef struct tni_filler {
  tni_ring ring;
  pthread_t thread;
  bool runs;
  tni_fill (*fill)(void *arg, size_t place);
  void *arg;
} tni_filler;

/* Begins to fill. Where there is no thread to be had, and for a single place, `runs` stays false and
 * tni_filler_next() fills. */
void tni_filler_start(tni_filler *filler, size_t size, tni_fill (*fill)(void *arg, size_t place), void *arg);
/* The place filled next; `emptied`: the one before it has been done with. */
size_t tni_filler_next(tni_filler *filler, bool emptied);
void tni_filler_stop(tni_filler *filler);

#endif
