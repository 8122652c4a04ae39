/* feed.h - a feed as its own parts see it. A feed holds nothing but its place: the journal is the queue, so nobody
 * who commits waits for one. feed.c opens and closes, feed_begin.c finds the place, feed_read.c takes items from
 * there, feed_serve.c tells those who wait that there are more.
 *
 * The place (seq, epoch, cursor, the decoded record) belongs to whoever takes items: the caller of tn_feed_next(),
 * or, while `busy`, whoever serves its callback. */
#ifndef TENON_FEED_H
#define TENON_FEED_H

#include "changes.h"
#include "engine.h"

struct tn_feed {
  tn_engine *engine;
  bool *wanted; /* for each instance; NULL = all */
  void (*on_item)(void *arg, const tn_feed_item *item);
  void (*on_end)(void *arg, const tn_error *error);
  void *arg;

  _Atomic uint64_t seq; /* of the last record looked at */
  uint64_t epoch;       /* its epoch */
  bool has_place;       /* epoch and seq are a pair */
  bool more;            /* read only: the last look found something after seq */
  void *cursor;         /* NULL = to be opened */
  tn_builder record;
  tni_changes *changes; /* NULL = not asked for */
  tn_error end;         /* why it ended ... */
  atomic_bool ended;    /* ... once it did */

  int fd;         /* [mu] -1 = none */
  bool fd_set;    /* [mu] */
  bool busy;      /* [mu] `by` serves it */
  pthread_t by;   /* [mu] */
  bool closing;   /* [mu] closed within on_item */
  uint64_t round; /* [mu] it was served last */
  tn_feed *next;  /* [mu] */
};

/* ---- feed_begin.c ---------------------------------------------------------------------------- */

/* Finds the place that the options name. As tn_feed_open(). */
tn_status tni_feed_begin(tn_feed *f, const tn_feed_options *options, tn_error *error) TN_MUST_USE;

/* ---- feed_read.c ----------------------------------------------------------------------------- */

/* The next wanted item, waiting for it; NOT_FOUND: none came until then, or there are many to pass over and the time
 * is up. The place moves. INTERRUPTED: without a callback only. */
tn_status tni_feed_take(tn_feed *f, int64_t until_ms, tn_feed_item *item, tn_error *error) TN_MUST_USE;
/* Reads a record without moving the place. LAGGED: it is not kept any more. NOT_FOUND. */
tn_status tni_feed_read(tn_feed *f, uint64_t seq, tni_record *out, tn_error *error) TN_MUST_USE;
/* Read only: is there a record after the place? NOT_FOUND. */
tn_status tni_feed_follow(tn_feed *f, int64_t timeout_ms, tn_error *error) TN_MUST_USE;
tn_status tni_feed_open_cursor(tn_feed *f, uint64_t seq, tn_error *error) TN_MUST_USE;
void tni_feed_close_cursor(tn_feed *f);
/* Makes of TRIMMED what it means to a feed. */
tn_status tni_feed_lagged(tn_error *error);

/* ---- feed_serve.c ---------------------------------------------------------------------------- */

/* From here on every call answers the same. */
void tni_feed_end(tn_feed *f, const tn_error *error);
/* The consumer has seen all there is: the fd falls silent, unless more has come meanwhile. */
void tni_feed_quiet(tn_feed *f);
/* Among the engine's feeds, and served if it has a callback; and no longer, waiting until it is not being served.
 * Called within its own callback, whoever serves it ends it afterwards: false. */
tn_status tni_feed_link(tn_feed *f, tn_error *error) TN_MUST_USE;
bool tni_feed_unlink(tn_feed *f);

/* ---- feed.c ---------------------------------------------------------------------------------- */

/* One that is not linked. */
void tni_feed_free(tn_feed *f);
/* MISUSE: items of a feed with a callback go nowhere else. */
tn_status tni_feed_refuse_callback(tn_error *error);

#endif
