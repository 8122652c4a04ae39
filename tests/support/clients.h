/* clients.h - clients at work on one engine, each on a thread of its own, in every way there is: commands, batches,
 * write and read txns, submitted commands, queries. What they did and were told goes into a history; the engine has a
 * kv named "cart". */
#ifndef TENON_TESTS_CLIENTS_H
#define TENON_TESTS_CLIENTS_H

#include "support/history.h"
#include "tenon.h"

#define CLIENTS 8
#define CLIENTS_READER (CLIENTS + 1) /* the number under which clients_read_all() reads */

typedef struct clients {
  history *history;
  uint64_t seed;
  int turns;      /* of each client */
  bool may_break; /* the storage fails at some time: a client that hears of it stops */
  bool ticks;     /* no service thread: one of them calls tn_tick() */

  tn_engine *engine;
  _Atomic int64_t elements; /* appended or written so far: each is another number */
  _Atomic int lists;        /* numbers of lists in use are below this */
  _Atomic int broken;       /* so many clients stopped early */
  char failure[500];        /* what went as it must not; "" = nothing */
} clients;

/* The registers get their first value. */
void clients_prepare(clients *c, tn_engine *engine);
/* Lets all of them do their turns. The engine may be another one than before, of the same data. */
void clients_work(clients *c, tn_engine *engine);
/* Reads every list and register, each by itself. */
void clients_read_all(clients *c, tn_engine *engine);

#endif
