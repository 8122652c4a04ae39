#include "look.h"

#include <inttypes.h>

#include "snapshot.h"
#include "walk.h"

#define LOOKS_MAX 1000 /* attempts of a reader that keeps losing races against an owner */

static void drop_trimmed(tni_fjournal *j, uint64_t trimmed_upto) {
  while (j->count > 1 && j->segments[0].header.first_seq <= trimmed_upto)
    memmove(j->segments, j->segments + 1, --j->count * sizeof *j->segments);
}

static void show(tni_walk *w) {
  tni_fjournal *j = w->j;
  j->first_seq = j->segments[0].header.first_seq;
  j->scanned_seq = w->seq;
  j->durable_upto = w->durable_upto;
  j->epoch = w->epoch;
  uint64_t next = w->durable_upto + 1 < w->seq ? w->durable_upto + 1 : w->seq;
  j->next_seq = next < j->first_seq ? j->first_seq : next;
}

static tn_status look_once(tni_walk *w, uint64_t trimmed_upto, bool afresh, tn_error *error) {
  uint64_t snapshot = 0;
  tn_status listed = tni_fsnapshot_newest(w->dir, &snapshot, error);
  if (listed != TN_OK) return listed;
  tn_status status = afresh ? TN_NOT_FOUND : tni_walk_resume(w, error);
  if (status == TN_NOT_FOUND) {
    tni_walk_end(w);
    *w = (tni_walk){.j = w->j, .dir = w->dir, .window = {.dir = w->dir}};
    w->j->count = 0;
    status = tni_walk_start(w, trimmed_upto, error);
  }
  if (status == TN_OK) status = tni_walk_chain(w, error);
  tni_damage d = {.found = false};
  if (status == TN_OK) status = tni_walk_judge(w, &d, false, error);
  if (status == TN_OK && d.found) status = tni_walk_refuse(w, &d, error);
  if (status == TN_OK && snapshot >= w->seq)
    return tni_ffail(w->dir, error, TN_CORRUPT, tni_walk_place(w, w->offset).text,
                     "the journal ends at record %" PRIu64 ", but there is a snapshot of record %" PRIu64, w->seq - 1,
                     snapshot);
  if (status != TN_OK) return status;
  if (snapshot > w->durable_upto) w->durable_upto = snapshot;
  drop_trimmed(w->j, trimmed_upto);
  show(w);
  return TN_OK;
}

/* Where a look failed: failing twice at the same place is no race against the owner. */
typedef struct failure {
  tn_status status;
  uint64_t trimmed_upto;
  uint64_t seq;
  uint64_t offset;
} failure;

static bool same_failure(const failure *a, const failure *b) {
  return a->status == b->status && a->trimmed_upto == b->trimmed_upto && a->seq == b->seq && a->offset == b->offset;
}

static tn_status look(tni_fjournal *j, bool *clean, tn_error *error) {
  failure before = {.status = TN_OK};
  for (int i = 0;; i++) {
    tni_fmeta meta;
    tn_status status = tni_fmeta_read(j->dir, &meta, error);
    if (status != TN_OK) return status;
    tni_walk w = {.j = j, .dir = j->dir, .window = {.dir = j->dir}};
    status = look_once(&w, meta.trimmed_upto, i > 0, error);
    failure now = {status, meta.trimmed_upto, w.seq, w.offset};
    if (status == TN_OK && clean) *clean = w.last == TNI_FRAME_END;
    tni_walk_end(&w);
    tni_fmeta_free(j->dir, &meta);
    if (status != TN_CORRUPT && status != TN_NOT_FOUND) return status;
    if (i >= LOOKS_MAX || (i > 1 && same_failure(&before, &now)))
      return status == TN_NOT_FOUND ? tni_ffail(j->dir, error, TN_CORRUPT, j->dir->path, "a segment keeps vanishing")
                                    : status;
    before = now;
  }
}

tn_status tni_flook(tni_fjournal *j, bool *clean, tn_error *error) {
  pthread_mutex_lock(&j->mutex);
  tn_status status = look(j, clean, error);
  if (status != TN_OK) j->count = 0; /* half walked */
  pthread_mutex_unlock(&j->mutex);
  return status;
}
