/* feed_read.c - the journal read behind what is durable, record by record. */
#include "feed.h"

#include "try.h"

#define PASS_AT_ONCE 1024    /* unwanted records between two looks at the clock */
#define INTERRUPT_STEP_MS 50 /* how long a wait may miss tn_interrupt() */

void tni_feed_close_cursor(tn_feed *f) {
  tn_engine *e = f->engine;
  if (f->cursor) e->storage->read_close(e->storage_self, f->cursor);
  f->cursor = NULL;
}

tn_status tni_feed_lagged(tn_error *error) {
  tn_error found = *error;
  return tn_error_set(error, TN_LAGGED, "",
                      "the feed fell behind what the journal keeps (%.120s); open it again from the oldest",
                      found.text);
}

tn_status tni_feed_open_cursor(tn_feed *f, uint64_t seq, tn_error *error) {
  tn_engine *e = f->engine;
  tni_feed_close_cursor(f);
  tn_status status = e->storage->read_open(e->storage_self, seq, &f->cursor, error);
  if (status != TN_OK) f->cursor = NULL;
  return status;
}

/* The bytes of the record `seq`; a cursor that stood at the end is asked again as a new one. */
static tn_status read_bytes(tn_feed *f, uint64_t seq, tn_slice *out, tn_error *error) {
  tn_engine *e = f->engine;
  tn_record found;
  tn_status status = TN_NOT_FOUND;
  for (bool fresh = false; status == TN_NOT_FOUND && !fresh;) {
    fresh = !f->cursor;
    if (fresh) TRY(tni_feed_open_cursor(f, seq, error));
    status = e->storage->read_next(e->storage_self, f->cursor, &found, error);
    if (status != TN_OK) tni_feed_close_cursor(f);
  }
  if (status == TN_OK && found.seq != seq)
    status = tn_error_set(error, TN_CORRUPT, NULL, "the journal hands out record %llu for %llu",
                          (unsigned long long)found.seq, (unsigned long long)seq);
  if (status == TN_OK) *out = found.bytes;
  return status;
}

tn_status tni_feed_read(tn_feed *f, uint64_t seq, tni_record *out, tn_error *error) {
  tn_engine *e = f->engine;
  tn_record bytes = {seq, {NULL, 0}};
  tn_status status = read_bytes(f, seq, &bytes.bytes, error);
  if (status == TN_TRIMMED) return tni_feed_lagged(error);
  if (status != TN_OK) return status;
  status = tni_record_decode(e->journal_format, &bytes, &f->record, error);
  if (status == TN_OK) status = tni_record_read(tn_built(&f->record), out, error);
  if (status != TN_OK) tni_feed_close_cursor(f);
  return status;
}

/* Waits under mu until records became durable. */
static tn_status wait_durable(tn_feed *f, int64_t until_ms) {
  tn_engine *e = f->engine;
  struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
  int waited = 0;
  pthread_mutex_lock(&e->mu);
  while (e->synced_seq <= atomic_load(&f->seq) && waited == 0)
    waited = pthread_cond_timedwait(&e->feeds_wake, &e->mu, &until);
  bool more = e->synced_seq > atomic_load(&f->seq);
  pthread_mutex_unlock(&e->mu);
  return more ? TN_OK : TN_NOT_FOUND;
}

tn_status tni_feed_follow(tn_feed *f, int64_t timeout_ms, tn_error *error) {
  tn_engine *e = f->engine;
  return e->storage->follow(e->storage_self, atomic_load(&f->seq), timeout_ms > 0 ? (uint32_t)timeout_ms : 0, error);
}

/* Is there a record after the place? */
static tn_status look_for_more(tn_feed *f, int64_t until_ms, tn_error *error) {
  if (!f->engine->read_only) return wait_durable(f, until_ms);
  if (f->more) return TN_OK;
  tn_status status = tni_feed_follow(f, until_ms - tni_monotonic_ms(), error);
  f->more = status == TN_OK;
  return status;
}

/* Looks again and again, for tn_interrupt() is also called from signal handlers, which cannot wake anybody. */
static tn_status wait_for_more(tn_feed *f, int64_t until_ms, unsigned interrupts_seen, tn_error *error) {
  for (;;) {
    int64_t now_ms = tni_monotonic_ms(), step_ms = now_ms + INTERRUPT_STEP_MS;
    if (!f->on_item && atomic_load(&f->engine->interrupts) != interrupts_seen)
      return tn_error_set(error, TN_INTERRUPTED, NULL, "interrupted");
    tn_status status = look_for_more(f, step_ms < until_ms ? step_ms : until_ms, error);
    if (status != TN_NOT_FOUND || tni_monotonic_ms() >= until_ms) return status;
  }
}

static bool is_wanted(const tn_feed *f, const tni_record *record) {
  const tni_catalog *c = &f->engine->catalog;
  tn_slice name;
  if (!f->wanted) return true;
  for (tn_iter it = tn_iter_of(record->ops); tn_iter_next(&it);) {
    const tni_instance *instance = tn_as_string(tn_item(it.value, 0), &name) ? tni_catalog_instance(c, name) : NULL;
    if (instance && f->wanted[instance - c->instances]) return true;
  }
  return false;
}

static void move_to(tn_feed *f, const tni_record *record) {
  atomic_store(&f->seq, record->seq);
  f->epoch = record->epoch;
  f->has_place = true;
}

static tn_status take_changes(tn_feed *f, const tni_record *record, tn_value *out, tn_error *error) {
  tn_status status = tni_changes_take(f->changes, record, out, error);
  if (status != TN_OK) tni_feed_close_cursor(f); /* it stands behind the record, which will be read again */
  return status;
}

tn_status tni_feed_take(tn_feed *f, int64_t until_ms, tn_feed_item *item, tn_error *error) {
  unsigned interrupts_seen = atomic_load(&f->engine->interrupts);
  for (unsigned passed = 0; passed < PASS_AT_ONCE || tni_monotonic_ms() < until_ms; passed++) {
    tni_record record;
    TRY(wait_for_more(f, until_ms, interrupts_seen, error));
    tn_status status = tni_feed_read(f, atomic_load(&f->seq) + 1, &record, error);
    if (status == TN_NOT_FOUND) f->more = false;
    if (status == TN_NOT_FOUND && tni_monotonic_ms() < until_ms) continue;
    tn_value changes = TN_NO_VALUE;
    bool wanted = status == TN_OK && is_wanted(f, &record);
    if (status == TN_OK && f->changes) status = take_changes(f, &record, wanted ? &changes : NULL, error);
    if (status != TN_OK) return status;
    move_to(f, &record);
    if (!wanted) continue;
    *item = (tn_feed_item){record.epoch, record.seq,    record.time_us, tn_built(&f->record),
                           record.ops,   record.events, changes};
    return TN_OK;
  }
  return TN_NOT_FOUND;
}
