/* feed.c - feeds for applications: opened, asked, closed. */
#include "feed.h"

#include <unistd.h>

#include "nearest.h"
#include "try.h"

/* ---- life ------------------------------------------------------------------------------------ */

void tni_feed_free(tn_feed *f) {
  const tn_memory *memory = &f->engine->memory.memory;
  tni_feed_close_cursor(f);
  tn_builder_free(&f->record);
  tni_changes_close(f->changes);
  if (f->fd >= 0) close(f->fd);
  tni_free(memory, f->wanted, f->engine->catalog.instance_count * sizeof *f->wanted);
  tni_free(memory, f, sizeof *f);
}

static tn_status want(tn_feed *f, const char *name, tn_error *error) {
  const tni_catalog *c = &f->engine->catalog;
  tn_slice text = {name, strlen(name)};
  const tni_instance *instance = tni_catalog_instance(c, text);
  if (instance) {
    f->wanted[instance - c->instances] = true;
    return TN_OK;
  }
  char hint[96];
  tni_nearest nearest = tni_nearest_to(text);
  for (size_t i = 0; i < c->instance_count; i++) tni_nearest_offer(&nearest, c->instances[i].name);
  return tn_error_set(error, TN_UNKNOWN, "models", "no model is named '%.64s'%s", name,
                      tni_nearest_hint(&nearest, hint, sizeof hint));
}

static tn_status choose_models(tn_feed *f, const char *const *models, tn_error *error) {
  if (!models) return TN_OK;
  if (!models[0]) return tn_error_set(error, TN_INVALID, "models", "the list of models is empty; NULL means all");
  f->wanted =
      (bool *)tni_alloc_zero(&f->engine->memory.memory, f->engine->catalog.instance_count * sizeof *f->wanted);
  if (!f->wanted) return tn_error_set(error, TN_NOMEM, NULL, "no memory for a feed");
  for (; *models; models++) TRY(want(f, *models, error));
  return TN_OK;
}

tn_status tn_feed_open(tn_engine *engine, const tn_feed_options *options, tn_feed **out, tn_error *error) {
  static const tn_feed_options defaults = TN_FEED_OPTIONS_INIT;
  tn_error own = TN_ERROR_INIT;
  options = options ? options : &defaults;
  if (engine->in_history)
    return tn_error_set(error, TN_MISUSE, NULL,
                        "the engine stands at a point in history, where nothing comes any more");
  tn_feed *f = (tn_feed *)tni_alloc_zero(&engine->memory.memory, sizeof *f);
  if (!f) return tn_error_set(error, TN_NOMEM, NULL, "no memory for a feed");
  f->engine = engine;
  f->on_item = options->on_item;
  f->on_end = options->on_end;
  f->arg = options->arg;
  f->fd = -1;
  f->record = (tn_builder)TN_BUILDER_INIT;
  f->record.memory = &engine->memory.memory;
  tn_status status = choose_models(f, options->models, &own);
  if (status == TN_OK) status = tni_feed_begin(f, options, &own);
  if (status == TN_OK) status = tni_feed_link(f, &own);
  if (status == TN_OK) {
    *out = f;
    return TN_OK;
  }
  tni_feed_free(f);
  return tn_error_set(error, status, own.where, "%s", own.text);
}

void tn_feed_close(tn_feed *feed) {
  if (feed && tni_feed_unlink(feed)) tni_feed_free(feed);
}

/* ---- asking ---------------------------------------------------------------------------------- */

tn_status tni_feed_refuse_callback(tn_error *error) {
  return tn_error_set(error, TN_MISUSE, NULL, "this feed's items go to its on_item");
}

tn_status tn_feed_next(tn_feed *feed, uint32_t timeout_ms, tn_feed_item *item, tn_error *error) {
  tn_error own = TN_ERROR_INIT;
  if (feed->on_item) return tni_feed_refuse_callback(error);
  tn_status status =
      atomic_load(&feed->ended) ? feed->end.status : tni_feed_take(feed, tni_monotonic_ms() + timeout_ms, item, &own);
  if (status == TN_OK) return TN_OK;
  if (status == TN_NOT_FOUND) tni_feed_quiet(feed);
  if (status == TN_LAGGED && !atomic_load(&feed->ended)) tni_feed_end(feed, &own);
  if (atomic_load(&feed->ended)) own = feed->end;
  if (status == TN_NOT_FOUND) return tn_error_set(error, status, NULL, "no record is waiting");
  return tn_error_set(error, status, own.where, "%s", own.text);
}

tn_status tn_feed_position(const tn_feed *feed, uint64_t *epoch, uint64_t *seq) {
  if (!feed->has_place) return TN_NOT_FOUND;
  *epoch = feed->epoch;
  *seq = atomic_load(&feed->seq);
  return TN_OK;
}
