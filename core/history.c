/* history.c - the state as it was: the newest snapshot that is not after the point asked for, then the journal up to
 * it. */
#include <stdio.h>
#include <time.h>

#include "engine.h"
#include "try.h"

#define TIME_TEXT_SIZE 40

/* 2026-01-31T12:00:00.000000Z */
static const char *time_text(int64_t us, char out[TIME_TEXT_SIZE]) {
  int64_t seconds = us / 1000000 - (us % 1000000 < 0);
  time_t when = (time_t)seconds;
  struct tm utc;
  char date[TIME_TEXT_SIZE / 2 + 4];
  if (!gmtime_r(&when, &utc) || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
    snprintf(out, TIME_TEXT_SIZE, "%lld us", (long long)us);
  else
    snprintf(out, TIME_TEXT_SIZE, "%s.%06dZ", date, (int)(us - seconds * 1000000));
  return out;
}

/* ---- the snapshot to begin with -------------------------------------------------------------- */

/* Snapshots, newest first, and the oldest of those after the point; 0 = there is none. */
typedef struct choice {
  uint64_t *seqs;
  size_t count;
  uint64_t after;
} choice;

static tn_status is_after(tn_engine *e, uint64_t seq, bool *after, tn_error *error) {
  uint64_t epoch;
  int64_t time_us;
  *after = seq > e->at_seq;
  if (e->at_seq != 0) return TN_OK;
  TRY(tni_snapshot_peek(e, seq, &epoch, &time_us, error));
  *after = time_us > e->at_time_us;
  return TN_OK;
}

static tn_status load_before(tni_replay *r, choice *c, tn_error *error) {
  for (size_t i = 0; i < c->count; i++) {
    tn_error found = TN_ERROR_INIT;
    bool after = false;
    if (c->seqs[i] >= r->engine->storage_found.next_seq) continue; /* the owner has just made it */
    tn_status status = is_after(r->engine, c->seqs[i], &after, &found);
    if (status == TN_OK && after) {
      c->after = c->seqs[i];
      continue;
    }
    if (status == TN_OK) status = tni_replay_snapshot(r, c->seqs[i], &found);
    if (status == TN_OK) return TN_OK;
    if (status != TN_CORRUPT) return *error = found, status;
    TRY(tni_replay_pass_over(r, c->seqs[i], &found, error));
  }
  return TN_OK;
}

/* ---- refusing -------------------------------------------------------------------------------- */

static tn_status not_kept(const tni_replay *r, const choice *c, tn_error *error) {
  const tn_engine *e = r->engine;
  char asked[TIME_TEXT_SIZE];
  if (e->at_seq != 0)
    snprintf(asked, sizeof asked, "record %llu", (unsigned long long)e->at_seq);
  else
    time_text(e->at_time_us, asked);
  if (c->after != 0)
    return tn_error_set(error, TN_TRIMMED, "at",
                        "the state as of %s is not kept any more; the oldest from there on is that of record %llu",
                        asked, (unsigned long long)c->after);
  return tn_error_set(error, TN_CORRUPT, "at", "the journal begins at record %llu and no valid snapshot reaches it",
                      (unsigned long long)e->storage_found.first_seq);
}

static tn_status after_end(uint64_t last, const tni_replay *r, tn_error *error) {
  char time[TIME_TEXT_SIZE];
  if (last == 0) return tn_error_set(error, TN_INVALID, "at", "the journal has no records yet");
  if (last != r->seq)
    return tn_error_set(error, TN_INVALID, "at", "the journal ends at record %llu", (unsigned long long)last);
  return tn_error_set(error, TN_INVALID, "at", "the journal ends at record %llu, which was made at %s",
                      (unsigned long long)last, time_text(r->time_us, time));
}

/* ---- the point ------------------------------------------------------------------------------- */

static bool is_there(const tni_replay *r) {
  const tn_engine *e = r->engine;
  return r->seq != 0 && (e->at_seq != 0 ? r->seq == e->at_seq : r->time_us == e->at_time_us);
}

static tn_status replay_to_point(tni_replay *r, tn_error *error) {
  const tn_engine *e = r->engine;
  r->has_until = e->at_seq == 0;
  r->until_us = e->at_time_us;
  TRY(tni_replay_journal(r, e->at_seq, error));
  if (is_there(r)) return TN_OK;
  if (!r->stopped) return after_end(r->seq, r, error);
  if (r->seq != 0) return TN_OK;
  return tn_error_set(error, TN_INVALID, "at", "the history begins with record 1, which was made later");
}

static tn_status restore(tni_replay *r, choice *c, tn_error *error) {
  const tn_engine *e = r->engine;
  if (e->at_seq >= e->storage_found.next_seq) return after_end(e->storage_found.next_seq - 1, r, error);
  TRY(load_before(r, c, error));
  if (is_there(r)) return TN_OK;
  if (r->seq + 1 < e->storage_found.first_seq) return not_kept(r, c, error);
  return replay_to_point(r, error);
}

tn_status tni_history_restore(tni_replay *r, tn_error *error) {
  choice c = {NULL, 0, 0};
  TRY(tni_snapshot_seqs(r->engine, &c.seqs, &c.count, error));
  tn_status status = restore(r, &c, error);
  if (status == TN_OK) atomic_store(&r->engine->snapshot_seq, r->seq);
  tni_free(&r->engine->memory.memory, c.seqs, c.count * sizeof *c.seqs);
  return status;
}
