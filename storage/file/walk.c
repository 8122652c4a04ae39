#include "walk.h"

#include <inttypes.h>
#include <stdio.h>

void tni_walk_end(tni_walk *w) {
  if (w->file) w->dir->io->close(w->file);
  w->file = NULL;
  tni_window_free(&w->window);
  if (w->names.memory) tni_numbers_free(&w->names);
}

tni_name tni_walk_segment(const tni_walk *w) { return tni_segment_name(tni_fjournal_last(w->j)->header.first_seq); }

tni_name tni_walk_place(const tni_walk *w, uint64_t offset) {
  return tni_fname("%s:%" PRIu64, tni_walk_segment(w).text, offset);
}

void tni_damage_note(tni_damage *d, tn_status status, uint64_t seq, tni_name where, const char *why) {
  if (d->found) return;
  *d = (tni_damage){.found = true, .status = status, .seq = seq, .where = where};
  snprintf(d->why, sizeof d->why, "%s", why);
}

/* ---- entering segments ---------------------------------------------------------------------- */

static const char *chain_problem(const tni_walk *w, const tni_segment_header *header) {
  const tni_fsegment *before = tni_fjournal_last(w->j);
  if (header->first_seq != w->seq) return "its header names another first record than its file name";
  if (header->log_id != w->j->log_id) return "it belongs to another data directory";
  if (header->epoch < w->epoch) return "it is older than the segment before it";
  if (header->size < TNI_SEGMENT_HEADER_SIZE || header->size > TNI_SEGMENT_BYTES_MOST * 2)
    return "its size makes no sense";
  if (before && header->previous_salt != before->header.salt) return "it does not continue the segment before it";
  if (before && header->previous_end != w->roll_at) return "the segment before it has another end";
  return NULL;
}

static tn_status open_segment(tni_walk *w, uint64_t first_seq, tn_file **file, tni_segment_header *header,
                              tn_error *error) {
  tni_name name = tni_segment_name(first_seq);
  tn_status status = tni_fdir_open(w->dir, name.text, TN_FILE_READ, file, error);
  if (status != TN_OK) return status;
  status = tni_segment_header_read(w->dir, *file, name.text, header, error);
  if (status != TN_OK) w->dir->io->close(*file);
  return status;
}

static tn_status begin_frames(tni_walk *w, tn_file *file, uint64_t offset, tn_error *error) {
  uint64_t size = 0, limit = tni_fjournal_last(w->j)->header.size;
  tn_status status = w->dir->io->size(file, &size, error);
  if (w->file) w->dir->io->close(w->file);
  w->file = file;
  w->cut_short = size < limit;
  w->offset = offset;
  tni_window_reset(&w->window, file, limit);
  return status;
}

static tn_status enter(tni_walk *w, tn_error *error) {
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

static void take_frame(tni_walk *w, const tni_frame *frame, tn_slice payload) {
  if (frame->type == TNI_FRAME_RECORD) w->seq++;
  if (frame->type == TNI_FRAME_OPEN && epoch_in(payload) > w->epoch) w->epoch = epoch_in(payload);
  if (frame->type == TNI_FRAME_ROLL) w->roll_at = w->offset;
  if (frame->durable_upto > w->durable_upto) w->durable_upto = frame->durable_upto;
  w->last = frame->type;
  w->offset += frame->size;
  tni_fjournal_last(w->j)->tail = w->offset;
}

/* To the roll mark (TN_OK) or the first place where no frame stands that may (NOT_FOUND). */
static tn_status walk_frames(tni_walk *w, tn_error *error) {
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
static tn_status skip_frames(tni_walk *w, tn_error *error) {
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

tn_status tni_walk_chain(tni_walk *w, tn_error *error) {
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
static tn_status judge_frames(tni_walk *w, tni_window *window, const tni_segment_header *segment, uint64_t from,
                              bool any_proves, tni_damage *d, bool all, tn_error *error) {
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
      tni_damage_note(d, TN_CORRUPT, w->seq, tni_walk_place(w, w->offset), why);
      if (!all) return TN_OK;
    }
  }
}

static tn_status judge_later(tni_walk *w, uint64_t first_seq, tni_damage *d, bool all, tn_error *error) {
  tn_file *file;
  tni_segment_header header;
  tn_error found = TN_ERROR_INIT;
  tn_status status = open_segment(w, first_seq, &file, &header, &found);
  if (status == TN_CORRUPT || status == TN_INVALID) {
    tni_damage_note(d, status, first_seq, tni_segment_name(first_seq), found.text);
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
    tni_damage_note(d, TN_CORRUPT, first_seq, tni_segment_name(first_seq), "it belongs to another data directory");
  else
    status = judge_frames(w, &window, &header, TNI_SEGMENT_HEADER_SIZE, true, d, all, error);
  tni_window_free(&window);
  w->dir->io->close(file);
  return status;
}

tn_status tni_walk_judge(tni_walk *w, tni_damage *d, bool all, tn_error *error) {
  tn_status status = TN_OK;
  if (w->gap) {
    char why[160];
    snprintf(why, sizeof why, "the segment %s that continues this one is missing", tni_segment_name(w->seq).text);
    tni_damage_note(d, TN_CORRUPT, w->seq, tni_walk_place(w, w->roll_at), why);
  } else {
    const tni_segment_header *here = &tni_fjournal_last(w->j)->header;
    if (w->cut_short)
      tni_damage_note(d, TN_CORRUPT, w->seq, tni_walk_place(w, w->offset), "the file is shorter than it was made");
    status = judge_frames(w, &w->window, here, w->offset, false, d, all, error);
  }
  for (size_t i = w->next; status == TN_OK && i < w->names.count && (all || !d->found); i++)
    status = judge_later(w, w->names.items[i], d, all, error);
  return status;
}

tn_status tni_walk_refuse(const tni_walk *w, const tni_damage *d, tn_error *error) {
  return tni_ffail(w->dir, error, d->status, d->where.text,
                   "record %" PRIu64
                   " is damaged or missing: %s. Restore a backup, or open with recover: \"truncate\" "
                   "to give up all from it on",
                   d->seq, d->why);
}

/* ---- where a walk begins --------------------------------------------------------------------- */

tn_status tni_walk_start(tni_walk *w, uint64_t trimmed_upto, tn_error *error) {
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

tn_status tni_walk_resume(tni_walk *w, tn_error *error) {
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
