#include "cursor.h"

#include <inttypes.h>

#include "look.h"

struct tni_fcursor {
  tni_fjournal *j;
  uint64_t seq;  /* of the record handed out next */
  tn_file *file; /* the segment it reads; NULL at first */
  tni_segment_header segment;
  uint64_t upto; /* records before this one are in it, as of the last look */
  uint64_t offset;
  tni_window window;
};

static tn_status trimmed(const tni_fjournal *j, uint64_t seq, uint64_t oldest, tn_error *error) {
  return tni_ffail(j->dir, error, TN_TRIMMED, NULL, "record %" PRIu64 " was trimmed; the oldest is %" PRIu64, seq,
                   oldest);
}

tn_status tni_fcursor_open(tni_fjournal *j, uint64_t from_seq, tni_fcursor **out, tn_error *error) {
  pthread_mutex_lock(&j->mutex);
  uint64_t oldest = j->first_seq;
  pthread_mutex_unlock(&j->mutex);
  if (from_seq < oldest) return trimmed(j, from_seq, oldest, error);
  const tn_memory *m = j->dir->memory;
  tni_fcursor *c = m->resize(m->context, NULL, 0, sizeof *c);
  if (!c) return tni_ffail(j->dir, error, TN_NOMEM, NULL, "no memory for a cursor");
  *c = (tni_fcursor){.j = j, .seq = from_seq, .window = {.dir = j->dir}};
  *out = c;
  return TN_OK;
}

void tni_fcursor_close(tni_fcursor *c) {
  const tn_memory *m = c->j->dir->memory;
  if (c->file) c->j->dir->io->close(c->file);
  tni_window_free(&c->window);
  (void)m->resize(m->context, c, sizeof *c, 0);
}

/* The segment that holds the cursor's record, as it is now, and the record where it ends. NOT_FOUND at the end of the
 * journal. */
static tn_status find_segment(tni_fcursor *c, tni_fsegment *out, uint64_t *upto, tn_error *error) {
  tni_fjournal *j = c->j;
  tn_status status = TN_OK;
  pthread_mutex_lock(&j->mutex);
  uint64_t oldest = j->first_seq;
  size_t i = j->count;
  if (c->seq >= j->next_seq)
    status = TN_NOT_FOUND;
  else if (c->seq < oldest)
    status = TN_TRIMMED;
  while (status == TN_OK && i > 0 && j->segments[i - 1].header.first_seq > c->seq) i--;
  if (status == TN_OK && i == 0) status = TN_IO; /* a reader's look failed */
  if (status == TN_OK) {
    *out = j->segments[i - 1];
    *upto =
        i < j->count && j->segments[i].header.first_seq < j->next_seq ? j->segments[i].header.first_seq : j->next_seq;
  }
  pthread_mutex_unlock(&j->mutex);
  if (status == TN_TRIMMED) return trimmed(j, c->seq, oldest, error);
  if (status == TN_IO) return tni_ffail(j->dir, error, status, NULL, "record %" PRIu64 " cannot be reached", c->seq);
  return status;
}

static tn_status enter(tni_fcursor *c, const tni_fsegment *segment, tn_error *error) {
  tn_file *file;
  tni_name name = tni_segment_name(segment->header.first_seq);
  tn_status status = tni_fdir_open(c->j->dir, name.text, TN_FILE_READ, &file, error);
  if (status != TN_OK) return status;
  if (c->file) c->j->dir->io->close(c->file);
  c->file = file;
  c->segment = segment->header;
  c->offset = TNI_SEGMENT_HEADER_SIZE;
  tni_window_reset(&c->window, file, segment->tail);
  return TN_OK;
}

/* A file that vanished was trimmed: by this owner, whose list says so, or by another one, whom a look finds. */
static tn_status vanished(tni_fcursor *c, tn_error *error) {
  tni_fsegment again;
  uint64_t upto;
  tn_status status = c->j->dir->read_only ? tni_flook(c->j, NULL, error) : TN_OK;
  if (status == TN_OK) status = find_segment(c, &again, &upto, error);
  if (status != TN_OK) return status;
  tni_name name = tni_segment_name(again.header.first_seq);
  return tni_ffail(c->j->dir, error, TN_CORRUPT, name.text, "record %" PRIu64 " is missing: the segment is gone",
                   c->seq);
}

/* No frame where one must be: the segment was trimmed and its file taken for another one, or it is damaged. */
static tn_status damaged(tni_fcursor *c, tn_error *error) {
  tni_fsegment now;
  uint64_t upto;
  tn_error ignored = TN_ERROR_INIT;
  tn_status looked = c->j->dir->read_only ? tni_flook(c->j, NULL, &ignored) : TN_OK;
  if (looked == TN_OK && find_segment(c, &now, &upto, &ignored) == TN_TRIMMED)
    return find_segment(c, &now, &upto, error);
  return tni_ffail(c->j->dir, error, TN_CORRUPT,
                   tni_fname("%s:%" PRIu64, tni_segment_name(c->segment.first_seq).text, c->offset).text,
                   "record %" PRIu64 " is damaged; restore it from a backup", c->seq);
}

/* Stands in the segment that holds the cursor's record; that is looked for where the last look does not say. */
static tn_status reach(tni_fcursor *c, tn_error *error) {
  tni_fsegment segment;
  uint64_t upto;
  if (c->file && c->seq < c->upto) return TN_OK;
  tn_status status = find_segment(c, &segment, &upto, error);
  if (status == TN_OK && (!c->file || c->segment.salt != segment.header.salt)) {
    tn_error found = TN_ERROR_INIT;
    status = enter(c, &segment, &found);
    if (status == TN_NOT_FOUND) return vanished(c, error);
    if (status != TN_OK && error) *error = found;
  }
  if (status != TN_OK) return status;
  c->window.limit = segment.tail;
  c->upto = upto;
  return TN_OK;
}

tn_status tni_fcursor_next(tni_fcursor *c, tn_record *out, tn_error *error) {
  tn_status status = reach(c, error);
  while (status == TN_OK) {
    tni_frame frame;
    tn_slice payload;
    status = tni_window_frame(&c->window, &c->segment, c->offset, &frame, &payload, error);
    if (status == TN_NOT_FOUND || (status == TN_OK && (frame.type == TNI_FRAME_ROLL || frame.seq > c->seq)))
      return damaged(c, error);
    if (status != TN_OK) return status;
    c->offset += frame.size;
    if (frame.type != TNI_FRAME_RECORD || frame.seq != c->seq) continue;
    *out = (tn_record){c->seq++, payload};
    break;
  }
  return status;
}
