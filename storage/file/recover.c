#include "recover.h"

#include <inttypes.h>
#include <stdio.h>

#define LOOKS_MAX 1000 /* attempts of a reader that keeps losing races against an owner */

/* A walk along the segments; journal->segments holds those entered. */
typedef struct walk {
  tni_fjournal *j;
  const tni_fdir *dir;
  tni_numbers names; /* first seqs of all segments */
  size_t trimmed;    /* so many names at the start are left behind by trimming */
  size_t next;       /* names.items[next] is entered next */
  tn_file *file;     /* of the segment entered last */
  tni_window window;
  uint64_t seq;     /* expected next */
  uint64_t offset;  /* where it is expected */
  uint64_t roll_at; /* offset of the roll mark that was passed last */
  uint64_t epoch;
  uint64_t durable_upto;
  tni_frame_type last; /* of the frames seen; 0 = none */
  bool cut_short;      /* the file is shorter than it was made */
  bool gap;            /* a roll mark, and no segment that continues it */
} walk;

typedef struct damage {
  bool found;
  tn_status status;
  uint64_t seq;
  tni_name where;
  char why[160];
} damage;

static void walk_end(walk *w) {
  if (w->file) w->dir->io->close(w->file);
  w->file = NULL;
  tni_window_free(&w->window);
  if (w->names.memory) tni_numbers_free(&w->names);
}

static tni_name current_name(const walk *w) { return tni_segment_name(tni_fjournal_last(w->j)->header.first_seq); }

static tni_name place(const walk *w, uint64_t offset) {
  return tni_fname("%s:%" PRIu64, current_name(w).text, offset);
}

static void note_damage(damage *d, tn_status status, uint64_t seq, tni_name where, const char *why) {
  if (d->found) return;
  *d = (damage){.found = true, .status = status, .seq = seq, .where = where};
  snprintf(d->why, sizeof d->why, "%s", why);
}

/* ---- entering segments ---------------------------------------------------------------------- */

static const char *chain_problem(const walk *w, const tni_segment_header *header) {
  const tni_fsegment *before = tni_fjournal_last(w->j);
  if (header->first_seq != w->seq) return "its header names another first record than its file name";
  if (header->log_id != w->j->log_id) return "it belongs to another data directory";
  if (header->epoch < w->epoch) return "it is older than the segment before it";
  if (header->size > TNI_SEGMENT_BYTES_MOST * 2) return "its size makes no sense";
  if (before && header->previous_salt != before->header.salt) return "it does not continue the segment before it";
  if (before && header->previous_end != w->roll_at) return "the segment before it has another end";
  return NULL;
}

static tn_status open_segment(walk *w, uint64_t first_seq, tn_file **file, tni_segment_header *header,
                              tn_error *error) {
  tni_name name = tni_segment_name(first_seq);
  tn_status status = tni_fdir_open(w->dir, name.text, TN_FILE_READ, file, error);
  if (status != TN_OK) return status;
  status = tni_segment_header_read(w->dir, *file, name.text, header, error);
  if (status != TN_OK) w->dir->io->close(*file);
  return status;
}

static tn_status begin_frames(walk *w, tn_file *file, uint64_t offset, tn_error *error) {
  uint64_t size = 0, limit = tni_fjournal_last(w->j)->header.size;
  tn_status status = w->dir->io->size(file, &size, error);
  if (w->file) w->dir->io->close(w->file);
  w->file = file;
  w->cut_short = size < limit;
  w->offset = offset;
  tni_window_reset(&w->window, file, limit);
  return status;
}

static tn_status enter(walk *w, tn_error *error) {
  uint64_t first_seq = w->names.items[w->next];
  tn_file *file;
  tni_segment_header header;
  tn_status status = open_segment(w, first_seq, &file, &header, error);
  if (status != TN_OK) return status;
  const char *problem = chain_problem(w, &header);
  if (problem)
    status = tni_ffail(w->dir, error, TN_CORRUPT, tni_segment_name(first_seq).text,
                       "the segment that begins with record %" PRIu64 " is not right: %s", first_seq, problem);
  if (status == TN_OK) status = tni_fjournal_push(w->j, &header, error);
  if (status != TN_OK) {
    w->dir->io->close(file);
    return status;
  }
  w->next++;
  w->epoch = header.epoch;
  if (w->durable_upto < header.durable_upto) w->durable_upto = header.durable_upto;
  return begin_frames(w, file, TNI_SEGMENT_HEADER_SIZE, error);
}

/* ---- walking frames ------------------------------------------------------------------------- */

static uint64_t epoch_in(tn_slice payload) {
  uint64_t n = 0;
  const uint8_t *digits = payload.data;
  for (size_t i = 0; i < payload.size && i < TNI_FRAME_OPEN_PAYLOAD; i++) n = n * 10 + (uint64_t)(digits[i] - '0');
  return n;
}

static void take_frame(walk *w, const tni_frame *frame, tn_slice payload) {
  if (frame->type == TNI_FRAME_RECORD) w->seq++;
  if (frame->type == TNI_FRAME_OPEN && epoch_in(payload) > w->epoch) w->epoch = epoch_in(payload);
  if (frame->type == TNI_FRAME_ROLL) w->roll_at = w->offset;
  if (frame->durable_upto > w->durable_upto) w->durable_upto = frame->durable_upto;
  w->last = frame->type;
  w->offset += frame->size;
  tni_fjournal_last(w->j)->tail = w->offset;
}

/* To the roll mark (TN_OK) or the first place where no frame stands that may (NOT_FOUND). */
static tn_status walk_frames(walk *w, tn_error *error) {
  for (;;) {
    tni_frame frame;
    tn_slice payload;
    tn_status status =
        tni_window_frame(&w->window, &tni_fjournal_last(w->j)->header, w->offset, &frame, &payload, error);
    if (status == TN_OK && frame.seq != w->seq) status = TN_NOT_FOUND;
    if (status != TN_OK) return status;
    take_frame(w, &frame, payload);
    if (frame.type == TNI_FRAME_ROLL) return TN_OK;
  }
}

/* Goes over the frames of a segment that cannot be torn: the one after it continues it and holds a frame. OK when
 * it stands at its roll mark now, NOT_FOUND when the frames have to be walked. */
static tn_status skip_frames(walk *w, tn_error *error) {
  if (w->j->verify_all || w->next >= w->names.count) return TN_NOT_FOUND;
  const tni_segment_header *here = &tni_fjournal_last(w->j)->header;
  tn_file *file;
  tni_segment_header after;
  tn_error ignored = TN_ERROR_INIT;
  if (open_segment(w, w->names.items[w->next], &file, &after, &ignored) != TN_OK) return TN_NOT_FOUND;
  tni_frame frame = {.length = 0};
  tn_slice payload;
  tni_window window = {.dir = w->dir};
  tni_window_reset(&window, file, after.size);
  tn_status status = after.previous_salt != here->salt
                         ? TN_NOT_FOUND
                         : tni_window_frame(&window, &after, TNI_SEGMENT_HEADER_SIZE, &frame, &payload, error);
  tni_window_free(&window);
  w->dir->io->close(file);
  if (status == TN_OK) status = tni_window_frame(&w->window, here, after.previous_end, &frame, &payload, error);
  if (status == TN_OK && (frame.type != TNI_FRAME_ROLL || frame.seq != after.first_seq)) status = TN_NOT_FOUND;
  if (status != TN_OK) return status;
  w->offset = after.previous_end;
  w->seq = frame.seq;
  take_frame(w, &frame, payload);
  return TN_OK;
}

/* Along the chain to its end, a gap, or what cannot be entered. */
static tn_status walk_chain(walk *w, tn_error *error) {
  for (;;) {
    tn_status status = skip_frames(w, error);
    if (status == TN_NOT_FOUND) status = walk_frames(w, error);
    if (status == TN_NOT_FOUND) return TN_OK;
    if (status != TN_OK) return status;
    w->gap = w->next >= w->names.count || w->names.items[w->next] != w->seq;
    if (w->gap) return TN_OK;
    status = enter(w, error);
    if (status != TN_OK) return status;
  }
}

/* ---- judging what follows ------------------------------------------------------------------- */

/* Valid frames from `from` on in one file: do they prove that `offset` was durable once? Collects their epochs. */
static tn_status judge_frames(walk *w, tni_window *window, const tni_segment_header *segment, uint64_t from,
                              bool any_proves, damage *d, bool all, tn_error *error) {
  for (uint64_t at = from;; at += 8) {
    tni_frame frame;
    tn_slice payload;
    tn_status status = tni_window_search(window, segment, &at, &frame, &payload, error);
    if (status == TN_NOT_FOUND) return TN_OK;
    if (status != TN_OK) return status;
    if (frame.type == TNI_FRAME_OPEN && epoch_in(payload) > w->epoch) w->epoch = epoch_in(payload);
    if (any_proves || frame.synced > from || frame.durable_upto >= w->seq) {
      char why[160];
      snprintf(why, sizeof why, "the frame at %s:%" PRIu64 " (seq %" PRIu64 ") shows that it was durable",
               tni_segment_name(segment->first_seq).text, at, frame.seq);
      note_damage(d, TN_CORRUPT, w->seq, place(w, w->offset), why);
      if (!all) return TN_OK;
    }
  }
}

static tn_status judge_later(walk *w, uint64_t first_seq, damage *d, bool all, tn_error *error) {
  tn_file *file;
  tni_segment_header header;
  tn_error found = TN_ERROR_INIT;
  tn_status status = open_segment(w, first_seq, &file, &header, &found);
  if (status == TN_CORRUPT || status == TN_INVALID) {
    note_damage(d, status, first_seq, tni_segment_name(first_seq), found.text);
    return TN_OK;
  }
  if (status != TN_OK) {
    if (error) *error = found;
    return status;
  }
  if (header.epoch > w->epoch) w->epoch = header.epoch;
  tni_window window = {.dir = w->dir};
  tni_window_reset(&window, file, header.size);
  if (header.log_id != w->j->log_id || header.size > TNI_SEGMENT_BYTES_MOST * 2)
    note_damage(d, TN_CORRUPT, first_seq, tni_segment_name(first_seq), "it belongs to another data directory");
  else
    status = judge_frames(w, &window, &header, TNI_SEGMENT_HEADER_SIZE, true, d, all, error);
  tni_window_free(&window);
  w->dir->io->close(file);
  return status;
}

/* `all`: look at everything even when damage is found, for the epochs in it. */
static tn_status judge(walk *w, damage *d, bool all, tn_error *error) {
  tn_status status = TN_OK;
  if (w->gap) {
    char why[160];
    snprintf(why, sizeof why, "the segment %s that continues this one is missing", tni_segment_name(w->seq).text);
    note_damage(d, TN_CORRUPT, w->seq, place(w, w->roll_at), why);
  } else {
    const tni_segment_header *here = &tni_fjournal_last(w->j)->header;
    if (w->cut_short) note_damage(d, TN_CORRUPT, w->seq, place(w, w->offset), "the file is shorter than it was made");
    status = judge_frames(w, &w->window, here, w->offset, false, d, all, error);
  }
  for (size_t i = w->next; status == TN_OK && i < w->names.count && (all || !d->found); i++)
    status = judge_later(w, w->names.items[i], d, all, error);
  return status;
}

static tn_status refuse(const walk *w, const damage *d, tn_error *error) {
  return tni_ffail(w->dir, error, d->status, d->where.text,
                   "record %" PRIu64
                   " is damaged or missing: %s. Restore a backup, or open with recover: \"truncate\" "
                   "to give up all from it on",
                   d->seq, d->why);
}

/* ---- the owner's open ----------------------------------------------------------------------- */

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
static tn_status keep_tail(walk *w, const char *name, uint64_t from, uint64_t to, tn_error *error) {
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

static tni_name cut_name(const walk *w, uint64_t seq) {
  return tni_fname("journal/tail-%" PRIu64 "-%" PRIu64 ".cut", w->epoch + 1, seq);
}

static tn_status cut_tail(walk *w, bool given_up, bool *any, tn_error *error) {
  uint64_t end = w->offset;
  tn_status status = tni_window_used(&w->window, w->offset, &end, error);
  *any = end > w->offset;
  if (status != TN_OK || !*any) return status;
  tni_name kept = cut_name(w, w->seq);
  status = keep_tail(w, kept.text, w->offset, end, error);
  if (status == TN_OK) status = tni_fjournal_wipe(w->dir, w->j->file, w->offset, end, error);
  if (status == TN_OK)
    tni_fdir_log(w->dir, "%s: cut %" PRIu64 " bytes after record %" PRIu64 "%s; kept in %s", place(w, w->offset).text,
                 end - w->offset, w->seq - 1, given_up ? "" : ", a tail that was never synced", kept.text);
  return status;
}

/* Segments after the end hold no frames, or frames that are given up. */
static tn_status set_aside_later(walk *w, bool keep, tn_error *error) {
  tn_status status = TN_OK;
  for (size_t i = w->next; status == TN_OK && i < w->names.count; i++) {
    tni_name name = tni_segment_name(w->names.items[i]), kept = cut_name(w, w->names.items[i]);
    status = keep ? tni_fdir_rename(w->dir, name.text, kept.text, error) : tni_fdir_unlink(w->dir, name.text, error);
    if (status == TN_OK && keep) tni_fdir_log(w->dir, "%s: given up as asked; kept in %s", name.text, kept.text);
  }
  return status == TN_OK && w->next < w->names.count ? tni_fdir_sync(w->dir, "journal", error) : status;
}

static tn_status remove_trimmed(walk *w, tn_error *error) {
  tn_status status = TN_OK;
  for (size_t i = 0; status == TN_OK && i < w->trimmed; i++)
    status = tni_fdir_unlink(w->dir, tni_segment_name(w->names.items[i]).text, error);
  return status;
}

/* A last segment without frames: the roll mark before it may not be synced yet. */
static tn_status sync_previous(walk *w, tn_error *error) {
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
static tn_status settle(walk *w, const damage *d, bool *clean, tn_error *error) {
  tni_fsegment *last = tni_fjournal_last(w->j);
  if (w->gap) last->tail = w->offset = w->roll_at;
  tn_status status = tni_fdir_open(w->dir, current_name(w).text, TN_FILE_WRITE, &w->j->file, error);
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

static void adopt(walk *w) {
  tni_fjournal *j = w->j;
  j->first_seq = j->segments[0].header.first_seq;
  j->next_seq = j->scanned_seq = w->seq;
  j->durable_upto = w->seq - 1;
  j->synced = tni_fjournal_last(j)->tail;
}

/* Lists the segments and enters the first after those that trimming has left behind. */
static tn_status start(walk *w, uint64_t trimmed_upto, tn_error *error) {
  tn_status status = tni_fdir_numbers(w->dir, "journal", "", ".seg", &w->names, error);
  if (status != TN_OK) return status;
  while (w->next < w->names.count && w->names.items[w->next] <= trimmed_upto) w->next++;
  w->trimmed = w->next;
  w->seq = trimmed_upto + 1;
  w->durable_upto = trimmed_upto;
  if (w->next < w->names.count && w->names.items[w->next] == w->seq) return enter(w, error);
  if (w->next < w->names.count)
    return tni_ffail(w->dir, error, TN_CORRUPT, tni_segment_name(w->seq).text,
                     "records %" PRIu64 " to %" PRIu64 " are missing: the segment is gone; restore it from a backup",
                     w->seq, w->names.items[w->next] - 1);
  return tni_ffail(w->dir, error, TN_CORRUPT, tni_segment_name(w->seq).text,
                   "records from %" PRIu64 " on are missing: the segment is gone; restore it from a backup", w->seq);
}

static tn_status recover(walk *w, uint64_t trimmed_upto, bool truncate, bool *clean, tn_error *error) {
  damage d = {.found = false};
  tn_error found = TN_ERROR_INIT;
  tn_status status = start(w, trimmed_upto, error);
  if (status != TN_OK) return status;
  status = walk_chain(w, &found);
  w->gap = w->gap || (status == TN_CORRUPT && w->last == TNI_FRAME_ROLL);
  if (w->gap && status == TN_CORRUPT)
    note_damage(&d, TN_CORRUPT, w->seq, tni_fname("%.63s", found.where), found.text);
  else if (status != TN_OK && error)
    *error = found;
  if (status != TN_OK && !w->gap) return status;
  status = judge(w, &d, truncate, error);
  if (status != TN_OK) return status;
  if (d.found && (!truncate || d.status != TN_CORRUPT)) return refuse(w, &d, error);
  if (d.found)
    tni_fdir_log(w->dir, "%s: giving up all from record %" PRIu64 " on, as asked: %s", d.where.text, w->seq, d.why);
  status = settle(w, &d, clean, error);
  if (status != TN_OK) return status;
  adopt(w);
  w->j->epoch = *clean ? w->epoch : w->epoch + 1;
  return tni_fjournal_mark(w->j, TNI_FRAME_OPEN, error);
}

tn_status tni_frecover(tni_fjournal *j, uint64_t trimmed_upto, bool truncate, bool *clean, tn_error *error) {
  walk w = {.j = j, .dir = j->dir, .window = {.dir = j->dir}};
  bool verify_all = j->verify_all;
  j->verify_all = verify_all || truncate;
  tn_status status = recover(&w, trimmed_upto, truncate, clean, error);
  j->verify_all = verify_all;
  walk_end(&w);
  return status;
}

/* ---- a reader's look ------------------------------------------------------------------------ */

/* Takes the walk up again where the last look ended. NOT_FOUND when that segment is gone or another. */
static tn_status resume(walk *w, tn_error *error) {
  tni_fsegment *last = tni_fjournal_last(w->j);
  if (!last) return TN_NOT_FOUND;
  tn_status status = tni_fdir_numbers(w->dir, "journal", "", ".seg", &w->names, error);
  if (status != TN_OK) return status;
  while (w->next < w->names.count && w->names.items[w->next] < last->header.first_seq) w->next++;
  if (w->next == w->names.count || w->names.items[w->next] != last->header.first_seq) return TN_NOT_FOUND;
  w->next++;
  tn_file *file;
  tni_segment_header header;
  status = open_segment(w, last->header.first_seq, &file, &header, error);
  if (status != TN_OK) return status;
  if (header.salt != last->header.salt) {
    w->dir->io->close(file);
    return TN_NOT_FOUND;
  }
  w->seq = w->j->scanned_seq;
  w->epoch = w->j->epoch;
  w->durable_upto = w->j->durable_upto;
  return begin_frames(w, file, last->tail, error);
}

static void drop_trimmed(tni_fjournal *j, uint64_t trimmed_upto) {
  while (j->count > 1 && j->segments[0].header.first_seq <= trimmed_upto)
    memmove(j->segments, j->segments + 1, --j->count * sizeof *j->segments);
}

static void show(walk *w) {
  tni_fjournal *j = w->j;
  j->first_seq = j->segments[0].header.first_seq;
  j->scanned_seq = w->seq;
  j->durable_upto = w->durable_upto;
  j->epoch = w->epoch;
  uint64_t next = w->durable_upto + 1 < w->seq ? w->durable_upto + 1 : w->seq;
  j->next_seq = next < j->first_seq ? j->first_seq : next;
}

static tn_status look_once(walk *w, uint64_t trimmed_upto, bool afresh, tn_error *error) {
  tn_status status = afresh ? TN_NOT_FOUND : resume(w, error);
  if (status == TN_NOT_FOUND) {
    walk_end(w);
    *w = (walk){.j = w->j, .dir = w->dir, .window = {.dir = w->dir}};
    w->j->count = 0;
    status = start(w, trimmed_upto, error);
  }
  if (status == TN_OK) status = walk_chain(w, error);
  damage d = {.found = false};
  if (status == TN_OK) status = judge(w, &d, false, error);
  if (status == TN_OK && d.found) status = refuse(w, &d, error);
  if (status != TN_OK) return status;
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
    walk w = {.j = j, .dir = j->dir, .window = {.dir = j->dir}};
    status = look_once(&w, meta.trimmed_upto, i > 0, error);
    failure now = {status, meta.trimmed_upto, w.seq, w.offset};
    if (status == TN_OK && clean) *clean = w.last == TNI_FRAME_END;
    walk_end(&w);
    tni_fmeta_free(j->dir, &meta);
    if (status != TN_CORRUPT && status != TN_NOT_FOUND) return status;
    if (i >= LOOKS_MAX || (i > 1 && same_failure(&before, &now)))
      return status == TN_NOT_FOUND ? tni_ffail(j->dir, error, TN_CORRUPT, j->dir->path, "a segment keeps vanishing")
                                    : status;
    before = now;
  }
}

tn_status tni_frecover_look(tni_fjournal *j, bool *clean, tn_error *error) {
  pthread_mutex_lock(&j->mutex);
  tn_status status = look(j, clean, error);
  pthread_mutex_unlock(&j->mutex);
  return status;
}
