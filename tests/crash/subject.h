/* subject.h - an engine over one of the durable storages that tests do something to: its place, its memory, its
 * clock, and what it was told. */
#ifndef TENON_TESTS_SUBJECT_H
#define TENON_TESTS_SUBJECT_H

#include "crash/place.h"
#include "memory.h"

#define SUBJECT_SEQ_MAX 64

/* An engine with the models of every_op.h, a kv named "cart" among them, and a clock that stands still. */
typedef struct subject {
  place place;
  char config[800];
  tn_open_options options;
  tni_counted_memory memory; /* what the engine holds; can be made to fail */
  int64_t clock_us;
  tn_engine *engine; /* NULL = none is open */
  tn_builder args, more;
  tn_result result;
  tn_error error;
  uint64_t answered; /* the newest record that a call told of */
} subject;

/* What a subject may be at. Entry 0 of `digest` is that of no record. */
typedef struct known_states {
  uint64_t seq; /* the newest */
  char digest[SUBJECT_SEQ_MAX][33];
} known_states;

/* Without engine and place. `storage` is the config's, NULL = the place's own; `more` holds further keys, each after
 * a comma. */
subject *subject_create(const place *p, const char *storage, const char *more);
/* Ends the engine, too, if one is open. The place stays. The number of bytes that the engine did not give back. */
uint64_t subject_destroy(subject *s);
tn_status subject_open(subject *s);
/* The engine is gone whatever it returns. */
tn_status subject_close(subject *s);
/* An op of the cart; the result stays in s->result. */
tn_status subject_run(subject *s, const char *op, tn_value args);
tn_status subject_put(subject *s, const char *key, int64_t value);
/* What a deed needs: `keys` entries and a few others, some of which have expired, a snapshot, more records. */
void subject_prepare(subject *s, int keys);

/* The newest published record and its digest. */
uint64_t subject_state(subject *s, char digest[33]);
bool subject_is_writable(subject *s);
/* A number out of tn_stats(); -1 when it is not there. */
int64_t subject_stat(subject *s, const char *path);
/* What the journal says of each record. */
void subject_states(subject *s, known_states *out);

#endif
