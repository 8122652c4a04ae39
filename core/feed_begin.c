/* feed_begin.c - where a feed begins: now, after a record, or with the oldest there is. */
#include "feed.h"

#include <stdio.h>

#include "try.h"

#define START_WAIT_MS 3000 /* a reader may not see yet what the owner's feed handed out already */

static uint64_t durable_seq(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  uint64_t seq = e->synced_seq;
  pthread_mutex_unlock(&e->mu);
  return seq;
}

static tn_status not_in_history(uint64_t epoch, uint64_t seq, const char *why, tn_error *error) {
  return tn_error_set(error, TN_CONFLICT, "from", "(%llu, %llu) is no record of this history: %s",
                      (unsigned long long)epoch, (unsigned long long)seq, why);
}

static tn_status other_epoch(uint64_t epoch, uint64_t seq, uint64_t found, tn_error *error) {
  char why[64];
  snprintf(why, sizeof why, "that record has epoch %llu", (unsigned long long)found);
  return not_in_history(epoch, seq, why, error);
}

/* The epoch of the record `seq`, from the journal, or where that begins right after it from a snapshot. */
static tn_status epoch_of(tn_feed *f, uint64_t seq, uint64_t *epoch, tn_error *error) {
  tn_engine *e = f->engine;
  tni_record record;
  int64_t time_us;
  tn_status status = tni_feed_read(f, seq, &record, error);
  if (status == TN_OK) *epoch = record.epoch;
  if (status != TN_LAGGED) return status;
  tn_error ignored;
  return tni_snapshot_peek(e, seq, epoch, &time_us, &ignored) == TN_OK ? TN_OK : TN_LAGGED;
}

static tn_status begin_after(tn_feed *f, uint64_t epoch, uint64_t seq, tn_error *error) {
  tn_engine *e = f->engine;
  uint64_t found = epoch;
  tn_status status = TN_OK;
  if (seq > 0) {
    if (e->read_only) {
      atomic_store(&f->seq, seq - 1);
      status = tni_feed_follow(f, START_WAIT_MS, error);
      if (status != TN_OK && status != TN_NOT_FOUND) return status;
    }
    if (!e->read_only && seq > durable_seq(e)) status = TN_NOT_FOUND;
    if (status == TN_OK) status = epoch_of(f, seq, &found, error);
  }
  if (status == TN_NOT_FOUND) return not_in_history(epoch, seq, "the journal ends before it", error);
  if (status == TN_OK && found != epoch) return other_epoch(epoch, seq, found, error);
  TRY(status);
  atomic_store(&f->seq, seq);
  f->epoch = epoch;
  f->has_place = true;
  if (f->cursor) return TN_OK;
  status = tni_feed_open_cursor(f, seq + 1, error);
  return status == TN_TRIMMED ? tni_feed_lagged(error) : status;
}

/* The published version is of the newest acknowledged record. */
static tn_status begin_now(tn_feed *f, tn_error *error) {
  tni_pin pin;
  if (tni_pin_take(f->engine->state, &pin) != TN_OK)
    return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  atomic_store(&f->seq, pin.version->seq);
  f->epoch = pin.version->seq == 0 ? 1 : pin.version->epoch;
  f->has_place = true;
  tni_pin_drop(f->engine->state, &pin);
  return TN_OK;
}

/* A cursor at the oldest record there is. Whoever trims does so beside this, and a reader does not know how far: so
 * it is sought, from what was there when the engine was opened. */
static tn_status find_oldest(tn_feed *f, uint64_t *out, tn_error *error) {
  uint64_t low = atomic_load(&f->engine->first_seq), high = low;
  tn_status status;
  while ((status = tni_feed_open_cursor(f, high, error)) == TN_TRIMMED && high < UINT64_MAX / 2) {
    low = high + 1;
    high *= 2;
  }
  while (status == TN_OK && low < high) {
    uint64_t middle = low + (high - low) / 2;
    status = tni_feed_open_cursor(f, middle, error);
    if (status == TN_TRIMMED)
      low = middle + 1, status = TN_OK;
    else
      high = middle;
  }
  if (status == TN_OK) status = tni_feed_open_cursor(f, low, error);
  if (status == TN_OK) *out = low;
  return status == TN_TRIMMED ? tni_feed_lagged(error) : status;
}

static tn_status begin_oldest(tn_feed *f, bool changes, tn_error *error) {
  uint64_t oldest = 1, before;
  TRY(find_oldest(f, &oldest, error));
  if (changes) {
    TRY(tni_changes_oldest(f->engine, oldest - 1, &before, error));
    if (before >= oldest) tni_feed_close_cursor(f);
    oldest = before + 1;
  }
  atomic_store(&f->seq, oldest - 1);
  f->epoch = 1;
  f->has_place = oldest == 1;
  return TN_OK;
}

tn_status tni_feed_begin(tn_feed *f, const tn_feed_options *options, tn_error *error) {
  tn_engine *e = f->engine;
  tn_status status;
  if (options->from_oldest)
    status = begin_oldest(f, options->changes, error);
  else if (options->epoch == 0 && options->seq == 0)
    status = begin_now(f, error);
  else
    status = begin_after(f, options->epoch, options->seq, error);
  if (status == TN_OK && options->changes) status = tni_changes_open(e, atomic_load(&f->seq), &f->changes, error);
  if (status == TN_TRIMMED) return tni_feed_lagged(error);
  if (status != TN_OK || !e->read_only) return status;
  status = tni_feed_follow(f, 0, error);
  if (status == TN_UNSUPPORTED)
    return tn_error_set(error, status, NULL, "the storage '%s' cannot follow another engine",
                        e->storage->plugin.name);
  return status == TN_NOT_FOUND ? TN_OK : status;
}
