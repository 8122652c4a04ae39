#include "recover.h"

#include <inttypes.h>
#include <stdio.h>

#include "snapshot.h"
#include "walk.h"

typedef struct copying {
  const tni_fdir *dir;
  tn_file *to;
  uint64_t from;
} copying;

static tn_status copy_run(void *arg, uint64_t offset, tn_slice bytes, tn_error *error) {
  copying *c = arg;
  return c->dir->io->write(c->to, offset - c->from, bytes.data, bytes.size, error);
}

/* The bytes [from, to) of the last segment, durable in a file of their own. */
static tn_status keep_tail(tni_walk *w, const char *name, uint64_t from, uint64_t to, tn_error *error) {
  tni_name temporary = tni_fname("%s.tmp", name);
  copying c = {w->dir, NULL, from};
  tn_status status = tni_fdir_create(w->dir, temporary.text, &c.to, error);
  if (status != TN_OK) return status;
  status = tni_window_each(&w->window, from, to, copy_run, &c, error);
  if (status == TN_OK) status = w->dir->io->sync(c.to, error);
  w->dir->io->close(c.to);
  if (status == TN_OK) status = tni_fdir_rename(w->dir, temporary.text, name, error);
  return status == TN_OK ? tni_fdir_sync(w->dir, "journal", error) : status;
}

static tni_name cut_name(const tni_walk *w, uint64_t seq) {
  return tni_fname("journal/tail-%" PRIu64 "-%" PRIu64 ".cut", w->epoch + 1, seq);
}

static tn_status cut_tail(tni_walk *w, bool given_up, bool *any, tn_error *error) {
  uint64_t end = w->offset;
  tn_status status = tni_window_used(&w->window, w->offset, &end, error);
  *any = end > w->offset;
  if (status != TN_OK || !*any) return status;
  tni_name kept = cut_name(w, w->seq);
  status = keep_tail(w, kept.text, w->offset, end, error);
  if (status == TN_OK) status = tni_fjournal_wipe(w->dir, w->j->file, w->offset, end, error);
  if (status == TN_OK)
    tni_fdir_log(w->dir, "%s: cut %" PRIu64 " bytes after record %" PRIu64 "%s; kept in %s",
                 tni_walk_place(w, w->offset).text, end - w->offset, w->seq - 1,
                 given_up ? "" : ", a tail that was never synced", kept.text);
  return status;
}

/* Segments after the end hold no frames, or frames that are given up. */
static tn_status set_aside_later(tni_walk *w, bool keep, tn_error *error) {
  tn_status status = TN_OK;
  for (size_t i = w->next; status == TN_OK && i < w->names.count; i++) {
    tni_name name = tni_segment_name(w->names.items[i]), kept = cut_name(w, w->names.items[i]);
    status = keep ? tni_fdir_rename(w->dir, name.text, kept.text, error) : tni_fdir_unlink(w->dir, name.text, error);
    if (status == TN_OK && keep) tni_fdir_log(w->dir, "%s: given up as asked; kept in %s", name.text, kept.text);
  }
  return status == TN_OK && w->next < w->names.count ? tni_fdir_sync(w->dir, "journal", error) : status;
}

static tn_status remove_trimmed(tni_walk *w, tn_error *error) {
  tn_status status = TN_OK;
  for (size_t i = 0; status == TN_OK && i < w->trimmed; i++)
    status = tni_fdir_unlink(w->dir, tni_segment_name(w->names.items[i]).text, error);
  return status;
}

/* A last segment without frames: the roll mark before it may not be synced yet. */
static tn_status sync_previous(tni_walk *w, tn_error *error) {
  if (w->j->count < 2 || tni_fjournal_last(w->j)->tail > TNI_SEGMENT_HEADER_SIZE) return TN_OK;
  tni_name name = tni_segment_name(w->j->segments[w->j->count - 2].header.first_seq);
  tn_file *file;
  tn_status status = tni_fdir_open(w->dir, name.text, TN_FILE_WRITE, &file, error);
  if (status != TN_OK) return status;
  status = w->dir->io->sync(file, error);
  w->dir->io->close(file);
  return status;
}

/* Makes the journal end at the walk's place, durably. */
static tn_status settle(tni_walk *w, const tni_damage *d, bool *clean, tn_error *error) {
  tni_fsegment *last = tni_fjournal_last(w->j);
  if (w->gap) last->tail = w->offset = w->roll_at;
  tn_status status = tni_fdir_open(w->dir, tni_walk_segment(w).text, TN_FILE_WRITE, &w->j->file, error);
  if (status == TN_OK) status = tni_fdir_sync(w->dir, "", error); /* TENON, before what it allows to remove */
  if (status == TN_OK) status = set_aside_later(w, d->found, error);
  if (status == TN_OK && w->cut_short) status = w->dir->io->resize(w->j->file, last->header.size, error);
  bool cut = false;
  if (status == TN_OK) status = cut_tail(w, d->found, &cut, error);
  if (status == TN_OK) status = w->dir->io->sync(w->j->file, error);
  if (status == TN_OK) status = sync_previous(w, error);
  if (status == TN_OK) status = remove_trimmed(w, error);
  if (status == TN_OK) status = tni_fdir_sync(w->dir, "journal", error);
  *clean = w->last == TNI_FRAME_END && !cut && !d->found;
  return status;
}

static void adopt(tni_walk *w) {
  tni_fjournal *j = w->j;
  j->first_seq = j->segments[0].header.first_seq;
  j->next_seq = j->scanned_seq = w->seq;
  j->durable_upto = w->seq - 1;
  j->synced = tni_fjournal_last(j)->tail;
  j->hollow = tni_fjournal_last(j)->header.size;
}

/* What a snapshot was made of was durable. */
static tn_status judge_snapshot(const tni_walk *w, tni_damage *d, tn_error *error) {
  uint64_t seq = 0;
  char why[160];
  tn_status status = tni_fsnapshot_newest(w->dir, &seq, error);
  if (status != TN_OK || seq < w->seq) return status;
  snprintf(why, sizeof why, "there is a snapshot of record %" PRIu64, seq);
  tni_damage_note(d, TN_CORRUPT, w->seq, tni_walk_place(w, w->offset), why);
  return TN_OK;
}

static tn_status recover(tni_walk *w, uint64_t trimmed_upto, bool truncate, bool *clean, tn_error *error) {
  tni_damage d = {.found = false};
  tn_error found = TN_ERROR_INIT;
  tn_status status = tni_walk_start(w, trimmed_upto, error);
  if (status != TN_OK) return status;
  status = tni_walk_chain(w, &found);
  w->gap = w->gap || (status == TN_CORRUPT && w->last == TNI_FRAME_ROLL);
  if (w->gap && status == TN_CORRUPT)
    tni_damage_note(&d, TN_CORRUPT, w->seq, tni_fname("%.63s", found.where), found.text);
  else if (status != TN_OK && error)
    *error = found;
  if (status != TN_OK && !w->gap) return status;
  status = tni_walk_judge(w, &d, truncate, error);
  if (status == TN_OK) status = judge_snapshot(w, &d, error);
  if (status != TN_OK) return status;
  if (d.found && (!truncate || d.status != TN_CORRUPT)) return tni_walk_refuse(w, &d, error);
  if (d.found)
    tni_fdir_log(w->dir, "%s: giving up all from record %" PRIu64 " on, as asked: %s", d.where.text, w->seq, d.why);
  status = settle(w, &d, clean, error);
  if (status != TN_OK) return status;
  adopt(w);
  w->j->epoch = *clean ? w->epoch : w->epoch + 1;
  return tni_fjournal_mark(w->j, TNI_FRAME_OPEN, error);
}

tn_status tni_frecover(tni_fjournal *j, uint64_t trimmed_upto, bool truncate, bool *clean, tn_error *error) {
  tni_walk w = {.j = j, .dir = j->dir, .window = {.dir = j->dir}};
  bool verify_all = j->verify_all;
  j->verify_all = verify_all || truncate;
  tn_status status = recover(&w, trimmed_upto, truncate, clean, error);
  j->verify_all = verify_all;
  tni_walk_end(&w);
  return status;
}
