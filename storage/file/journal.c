#include "journal.h"

#include <inttypes.h>

#include "disk/bytes.h"

#define NEXT_NAME "journal/next.tmp"
#define WIPE_STEP ((size_t)32 << 10)     /* small enough to stay in the page cache */
#define PREPARE_STEP ((uint64_t)4 << 20) /* bytes written by one call of prepare */
#define FILL_AT_ONCE \
  ((uint64_t)1 << 20) /* segments up to this size are written through when they are made, but the first */
#define BUFFER_KEPT ((size_t)4 << 20)
#define GROUP_BYTES_MAX (TNI_SEGMENT_BYTES_MOST - (1u << 20))

static void *resize(const tni_fjournal *j, void *data, size_t old_size, size_t new_size) {
  return j->dir->memory->resize(j->dir->memory->context, data, old_size, new_size);
}

tn_status tni_fjournal_init(tni_fjournal *j, const tni_fdir *dir, tn_error *error) {
  j->dir = dir;
  if (pthread_mutex_init(&j->mutex, NULL) == 0) return TN_OK;
  return tni_ffail(dir, error, TN_NOMEM, NULL, "no memory for a lock");
}

void tni_fjournal_fini(tni_fjournal *j) {
  if (j->file) j->dir->io->close(j->file);
  if (j->ahead) j->dir->io->close(j->ahead);
  if (j->segments) (void)resize(j, j->segments, j->capacity * sizeof *j->segments, 0);
  if (j->buffer) (void)resize(j, j->buffer, j->buffer_size, 0);
  j->file = j->ahead = NULL;
  j->segments = NULL;
  j->buffer = NULL;
  pthread_mutex_destroy(&j->mutex);
}

tni_fsegment *tni_fjournal_last(const tni_fjournal *j) { return j->count ? &j->segments[j->count - 1] : NULL; }

/* Under the mutex where cursors may be about. */
static tn_status reserve_segment(tni_fjournal *j, tn_error *error) {
  if (j->count < j->capacity) return TN_OK;
  size_t capacity = j->capacity ? j->capacity * 2 : 8, item = sizeof *j->segments;
  tni_fsegment *segments = resize(j, NULL, 0, capacity * item);
  if (!segments) return tni_ffail(j->dir, error, TN_NOMEM, NULL, "no memory for the list of segments");
  if (j->count > 0) memcpy(segments, j->segments, j->count * item);
  if (j->segments) (void)resize(j, j->segments, j->capacity * item, 0);
  j->segments = segments;
  j->capacity = capacity;
  return TN_OK;
}

tn_status tni_fjournal_push(tni_fjournal *j, const tni_segment_header *header, tn_error *error) {
  tn_status status = reserve_segment(j, error);
  if (status == TN_OK) j->segments[j->count++] = (tni_fsegment){*header, TNI_SEGMENT_HEADER_SIZE};
  return status;
}

tn_status tni_fjournal_wipe(const tni_fdir *dir, tn_file *file, uint64_t from, uint64_t to, tn_error *error) {
  static const uint8_t zeros[WIPE_STEP];
  while (from < to) {
    size_t step = to - from < WIPE_STEP ? (size_t)(to - from) : WIPE_STEP;
    tn_status status = dir->io->write(file, from, zeros, step, error);
    if (status != TN_OK) return status;
    from += step;
  }
  return TN_OK;
}

/* ---- making segments ------------------------------------------------------------------------ */

static void forget_ahead(tni_fjournal *j) {
  if (j->ahead) j->dir->io->close(j->ahead);
  j->ahead = NULL;
  j->ahead_size = j->ahead_filled = 0;
  j->ahead_reused = false;
}

static tn_status start_ahead(tni_fjournal *j, uint64_t size, tn_error *error) {
  tn_status status = tni_fdir_create(j->dir, NEXT_NAME, &j->ahead, error);
  if (status != TN_OK) return status;
  j->ahead_size = size;
  j->ahead_filled = 0;
  status = j->dir->io->resize(j->ahead, size, error);
  if (status == TN_OK && size <= FILL_AT_ONCE && j->count > 0) {
    status = tni_fjournal_wipe(j->dir, j->ahead, 0, size, error);
    j->ahead_filled = size;
  }
  if (status != TN_OK) forget_ahead(j);
  return status;
}

static tn_status new_salt(tni_fjournal *j, uint64_t *salt, tn_error *error) {
  uint8_t bytes[8];
  if (j->dir->host->random_bytes(bytes, sizeof bytes) != TN_OK)
    return tni_ffail(j->dir, error, TN_IO, NULL, "the system gave no random bytes");
  tni_in in = tni_in_from(bytes, sizeof bytes);
  *salt = tni_in_u64(&in);
  return TN_OK;
}

/* Makes the segment that `header` describes and gives it its name; durable when it returns TN_OK. *filled is how much
 * of it was written. */
static tn_status make_segment(tni_fjournal *j, const tni_segment_header *header, tn_file **out, uint64_t *filled,
                              tn_error *error) {
  const tni_fdir *dir = j->dir;
  bool unfit = j->ahead_size != header->size || (j->ahead_reused && j->ahead_filled < j->ahead_size);
  if (j->ahead && unfit) forget_ahead(j);
  tn_status status = j->ahead ? TN_OK : start_ahead(j, header->size, error);
  if (status != TN_OK) return status;
  tn_file *file = j->ahead;
  *filled = j->ahead_filled;
  j->ahead = NULL;
  forget_ahead(j);
  uint8_t bytes[TNI_SEGMENT_HEADER_SIZE];
  tni_segment_header_encode(dir, header, bytes);
  tni_name name = tni_segment_name(header->first_seq);
  status = dir->io->write(file, 0, bytes, sizeof bytes, error);
  if (status == TN_OK) status = dir->io->sync(file, error);
  if (status == TN_OK) status = tni_fdir_rename(dir, NEXT_NAME, name.text, error);
  if (status == TN_OK) status = tni_fdir_sync(dir, "journal", error);
  if (status == TN_OK)
    *out = file;
  else
    dir->io->close(file);
  return status;
}

/* A creation that was stopped may leave segments, but none with frames: TENON comes before the first of those. */
static tn_status refuse_frames(tni_fjournal *j, const char *name, tn_error *error) {
  tn_file *file;
  tni_segment_header header;
  tni_window window = {.dir = j->dir};
  tn_status status = tni_fdir_open(j->dir, name, TN_FILE_READ, &file, error);
  if (status != TN_OK) return status;
  status = tni_segment_header_read(j->dir, file, name, &header, error);
  if (status == TN_OK) {
    tni_frame frame;
    tn_slice payload;
    uint64_t offset = TNI_SEGMENT_HEADER_SIZE;
    tni_window_reset(&window, file, header.size);
    status = tni_window_search(&window, &header, &offset, &frame, &payload, error);
  }
  tni_window_free(&window);
  j->dir->io->close(file);
  if (status == TN_NOT_FOUND) return TN_OK;
  if (status != TN_OK && status != TN_CORRUPT) return status;
  return tni_ffail(j->dir, error, TN_INVALID, name,
                   "the directory holds a journal but no file TENON; restore that from a backup");
}

static tn_status remove_leftovers(tni_fjournal *j, tn_error *error) {
  tni_numbers found = {.items = NULL};
  tn_status status = tni_fdir_numbers(j->dir, "journal", "", ".seg", &found, error);
  for (size_t i = 0; status == TN_OK && i < found.count; i++) {
    tni_name name = tni_segment_name(found.items[i]);
    status = refuse_frames(j, name.text, error);
    if (status == TN_OK) status = tni_fdir_unlink(j->dir, name.text, error);
  }
  if (found.memory) tni_numbers_free(&found);
  return status;
}

tn_status tni_fjournal_create(tni_fjournal *j, uint64_t seq, uint64_t epoch, tn_error *error) {
  tni_path folder = tni_fdir_path(j->dir, "journal");
  tn_status status = j->dir->io->make_dir(j->dir->io, folder.text, error);
  if (status == TN_OK) status = remove_leftovers(j, error);
  tni_segment_header header = {.first_seq = seq,
                               .epoch = epoch,
                               .log_id = j->log_id,
                               .durable_upto = seq - 1,
                               .size = j->segment_min,
                               .text = j->text};
  if (status == TN_OK) status = new_salt(j, &header.salt, error);
  if (status == TN_OK) status = make_segment(j, &header, &j->file, &j->hollow, error);
  if (status == TN_OK) status = tni_fjournal_push(j, &header, error);
  if (status != TN_OK) return status;
  j->first_seq = j->next_seq = j->scanned_seq = seq;
  j->durable_upto = seq - 1;
  j->synced = TNI_SEGMENT_HEADER_SIZE;
  j->epoch = epoch + 1;
  return TN_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

static uint64_t round_up(uint64_t n, uint64_t to) { return (n + to - 1) / to * to; }

static uint64_t next_size(const tni_fjournal *j, uint64_t need) {
  uint64_t size = tni_fjournal_last(j)->header.size * 2;
  if (size < j->segment_min) size = j->segment_min;
  if (size > j->segment_max) size = j->segment_max;
  need += TNI_SEGMENT_HEADER_SIZE;
  return size >= need ? size : round_up(need, 4096);
}

/* Where the frames of the last segment end; cursors see what is before it. */
static void publish(tni_fjournal *j, uint64_t tail, uint64_t next_seq) {
  pthread_mutex_lock(&j->mutex);
  tni_fjournal_last(j)->tail = tail;
  j->next_seq = next_seq;
  pthread_mutex_unlock(&j->mutex);
}

static tni_frame make_frame(const tni_fjournal *j, tni_frame_type type, uint64_t seq) {
  return (tni_frame){.type = type, .seq = seq, .durable_upto = j->durable_upto, .synced = j->synced};
}

static tn_status sync_file(tni_fjournal *j, tn_error *error) {
  tn_status status = j->dir->io->sync(j->file, error);
  if (status != TN_OK) return status;
  j->synced = tni_fjournal_last(j)->tail;
  j->durable_upto = j->next_seq - 1;
  return TN_OK;
}

/* Not synced. */
static tn_status put_mark(tni_fjournal *j, tni_frame_type type, tn_error *error) {
  uint8_t bytes[TNI_FRAME_TEXT_HEADER_SIZE + TNI_FRAME_OPEN_PAYLOAD + 8];
  const tni_fsegment *last = tni_fjournal_last(j);
  tni_name epoch = tni_fname("%020" PRIu64, j->epoch);
  tn_slice payload = {epoch.text, type == TNI_FRAME_OPEN ? TNI_FRAME_OPEN_PAYLOAD : 0};
  tni_frame frame = make_frame(j, type, j->next_seq);
  tni_frame_encode(j->dir, &last->header, &frame, payload, bytes);
  size_t size = (size_t)tni_frame_size(last->header.text, payload.size);
  tn_status status = j->dir->io->write(j->file, last->tail, bytes, size, error);
  if (status != TN_OK) return status;
  publish(j, last->tail + size, j->next_seq);
  j->stated = frame.durable_upto;
  return TN_OK;
}

static tn_status write_mark(tni_fjournal *j, tni_frame_type type, tn_error *error) {
  tn_status status = put_mark(j, type, error);
  return status == TN_OK ? sync_file(j, error) : status;
}

/* Goes on in a new segment with room for `need` bytes. One without records is replaced, for its successor would
 * have the same name. */
static tn_status roll(tni_fjournal *j, uint64_t need, tn_error *error) {
  const tni_segment_header *old = &tni_fjournal_last(j)->header;
  bool replace = old->first_seq == j->next_seq;
  tni_segment_header header = {.first_seq = j->next_seq,
                               .epoch = j->epoch,
                               .log_id = j->log_id,
                               .previous_salt = replace ? old->previous_salt : old->salt,
                               .previous_end = replace ? old->previous_end : tni_fjournal_last(j)->tail,
                               .durable_upto = j->durable_upto,
                               .size = next_size(j, need),
                               .text = j->text};
  tn_file *file = NULL;
  uint64_t filled = 0;
  pthread_mutex_lock(&j->mutex);
  tn_status status = reserve_segment(j, error);
  pthread_mutex_unlock(&j->mutex);
  if (status == TN_OK) status = new_salt(j, &header.salt, error);
  if (status == TN_OK) status = make_segment(j, &header, &file, &filled, error);
  if (status == TN_OK && !replace) status = write_mark(j, TNI_FRAME_ROLL, error);
  if (status != TN_OK) {
    if (file) j->dir->io->close(file);
    return status;
  }
  j->dir->io->close(j->file);
  j->file = file;
  j->hollow = filled;
  pthread_mutex_lock(&j->mutex);
  if (replace) j->count--;
  j->segments[j->count++] = (tni_fsegment){header, TNI_SEGMENT_HEADER_SIZE};
  pthread_mutex_unlock(&j->mutex);
  j->synced = TNI_SEGMENT_HEADER_SIZE;
  return TN_OK;
}

/* Room for `size` bytes of frames and a roll mark after them. */
static tn_status make_room(tni_fjournal *j, uint64_t size, tn_error *error) {
  uint64_t need = size + tni_frame_size(j->text, 0);
  const tni_fsegment *last = tni_fjournal_last(j);
  bool fits = last->header.text == j->text && need <= last->header.size - last->tail;
  if (j->spoiled > last->tail) {
    tn_status status = tni_fjournal_wipe(j->dir, j->file, last->tail, j->spoiled, error);
    if (status != TN_OK) return status;
  }
  j->spoiled = 0;
  return fits ? TN_OK : roll(j, need, error);
}

tn_status tni_fjournal_mark(tni_fjournal *j, tni_frame_type type, tn_error *error) {
  tn_status status =
      make_room(j, tni_frame_size(j->text, type == TNI_FRAME_OPEN ? TNI_FRAME_OPEN_PAYLOAD : 0), error);
  if (status == TN_OK) status = write_mark(j, type, error);
  if (status != TN_OK) j->failed = true;
  return status;
}

tn_status tni_fjournal_state(tni_fjournal *j, tn_error *error) {
  if (j->dir->read_only || j->failed) return TN_OK;
  if (j->durable_upto != j->next_seq - 1 || j->stated == j->durable_upto) return TN_OK;
  const tni_fsegment *last = tni_fjournal_last(j);
  uint64_t size = tni_frame_size(j->text, TNI_FRAME_OPEN_PAYLOAD), need = size + tni_frame_size(j->text, 0);
  if (last->header.text != j->text || need > last->header.size - last->tail) return TN_OK;
  tn_status status = put_mark(j, TNI_FRAME_OPEN, error);
  if (status != TN_OK) j->spoiled = last->tail + size;
  return status;
}

static tn_status make_buffer(tni_fjournal *j, size_t size, tn_error *error) {
  if (j->buffer_size >= size && (j->buffer_size <= BUFFER_KEPT || size > BUFFER_KEPT)) return TN_OK;
  size_t wanted = (size_t)round_up(size, 4096);
  uint8_t *buffer = resize(j, NULL, 0, wanted);
  if (!buffer) return tni_ffail(j->dir, error, TN_NOMEM, NULL, "no memory for a group of %zu bytes", size);
  if (j->buffer) (void)resize(j, j->buffer, j->buffer_size, 0);
  j->buffer = buffer;
  j->buffer_size = wanted;
  return TN_OK;
}

static tn_status write_records(tni_fjournal *j, const tn_slice *records, size_t n, size_t size, tn_error *error) {
  const tni_fsegment *last = tni_fjournal_last(j);
  size_t at = 0;
  for (size_t i = 0; i < n; i++) {
    tni_frame frame = make_frame(j, TNI_FRAME_RECORD, j->next_seq + i);
    tni_frame_encode(j->dir, &last->header, &frame, records[i], j->buffer + at);
    at += (size_t)tni_frame_size(j->text, records[i].size);
  }
  tn_status status = j->dir->io->write(j->file, last->tail, j->buffer, size, error);
  if (status != TN_OK) return status;
  publish(j, last->tail + size, j->next_seq + n);
  j->stated = j->durable_upto;
  return TN_OK;
}

static tn_status may_write(const tni_fjournal *j, tn_error *error) {
  if (j->dir->read_only) return tni_ffail(j->dir, error, TN_DENIED, NULL, "the data directory was opened read-only");
  if (j->failed)
    return tni_ffail(j->dir, error, TN_IO, j->dir->path, "refused after an earlier failure; close and open again");
  return TN_OK;
}

/* Bytes of all frames of a group. LIMIT. */
static tn_status group_size(const tni_fjournal *j, const tn_slice *records, size_t n, uint64_t *out,
                            tn_error *error) {
  uint64_t size = 0;
  for (size_t i = 0; i < n; i++) {
    size += tni_frame_size(j->text, records[i].size);
    if (records[i].size > TNI_FRAME_PAYLOAD_MAX || size > GROUP_BYTES_MAX)
      return tni_ffail(j->dir, error, TN_LIMIT, NULL, "a record of %zu bytes is too large for the journal",
                       records[i].size);
  }
  *out = size;
  return TN_OK;
}

tn_status tni_fjournal_append(tni_fjournal *j, uint64_t first_seq, const tn_slice *records, size_t n, bool sync,
                              tn_error *error) {
  tn_status status = may_write(j, error);
  if (status != TN_OK) return status;
  if (n == 0) return tni_ffail(j->dir, error, TN_INVALID, NULL, "an append needs at least one record");
  if (first_seq != j->next_seq)
    return tni_ffail(j->dir, error, TN_CONFLICT, NULL, "seq %" PRIu64 " is next, not %" PRIu64, j->next_seq,
                     first_seq);
  uint64_t size = 0;
  status = group_size(j, records, n, &size, error);
  if (status != TN_OK) return status;
  status = make_buffer(j, (size_t)size, error);
  if (status == TN_OK) status = make_room(j, size, error);
  if (status == TN_OK) status = write_records(j, records, n, (size_t)size, error);
  if (status == TN_OK && sync) status = sync_file(j, error);
  if (status != TN_OK) j->failed = true;
  return status;
}

tn_status tni_fjournal_sync(tni_fjournal *j, tn_error *error) {
  tn_status status = may_write(j, error);
  if (status != TN_OK || j->durable_upto == j->next_seq - 1) return status;
  status = sync_file(j, error);
  if (status != TN_OK) j->failed = true;
  return status;
}

/* ---- dropping and preparing ----------------------------------------------------------------- */

uint64_t tni_fjournal_droppable(tni_fjournal *j, uint64_t upto) {
  uint64_t found = j->first_seq - 1;
  for (size_t i = 1; i < j->count; i++)
    if (j->segments[i].header.first_seq - 1 <= upto) found = j->segments[i].header.first_seq - 1;
  return found;
}

/* Takes a dropped segment's file for the next one: its blocks are there already. It is wiped before it is used, and
 * gets a salt of its own; a crash meets it under one name or the other. */
static bool reuse(tni_fjournal *j, const char *name, uint64_t size) {
  const tni_fdir *dir = j->dir;
  if (j->ahead || j->text || j->failed || size != next_size(j, 0)) return false;
  if (tni_fdir_rename(dir, name, NEXT_NAME, NULL) != TN_OK) return false;
  if (tni_fdir_sync(dir, "journal", NULL) != TN_OK) return true;
  if (tni_fdir_open(dir, NEXT_NAME, TN_FILE_WRITE, &j->ahead, NULL) != TN_OK) return true;
  j->ahead_size = size;
  j->ahead_filled = 0;
  j->ahead_reused = true;
  return true;
}

void tni_fjournal_drop(tni_fjournal *j, uint64_t upto) {
  while (j->count > 1 && j->segments[0].header.first_seq <= upto) {
    tni_name name = tni_segment_name(j->segments[0].header.first_seq);
    uint64_t size = j->segments[0].header.size;
    pthread_mutex_lock(&j->mutex);
    memmove(j->segments, j->segments + 1, --j->count * sizeof *j->segments);
    j->first_seq = j->segments[0].header.first_seq;
    pthread_mutex_unlock(&j->mutex);
    tn_error error = TN_ERROR_INIT;
    if (reuse(j, name.text, size)) continue;
    if (tni_fdir_unlink(j->dir, name.text, &error) != TN_OK)
      tni_fdir_log(j->dir, "%s: could not be removed (%s); the next open tries again", name.text, error.text);
  }
}

/* Writes zeros where there are zeros: what changes is that the blocks are there. */
static tn_status fill_last(tni_fjournal *j, tn_error *error) {
  const tni_fsegment *last = tni_fjournal_last(j);
  uint64_t from = j->hollow > last->tail ? j->hollow : last->tail, left = last->header.size - from;
  uint64_t step = left < PREPARE_STEP ? left : PREPARE_STEP;
  tn_status status = tni_fjournal_wipe(j->dir, j->file, from, from + step, error);
  if (status != TN_OK) return status;
  status = sync_file(j, error);
  if (status == TN_OK)
    j->hollow = from + step;
  else
    j->failed = true;
  return status;
}

tn_status tni_fjournal_prepare(tni_fjournal *j, tn_error *error) {
  if (j->dir->read_only || j->failed) return TN_OK;
  const tni_fsegment *last = tni_fjournal_last(j);
  if (j->hollow < last->header.size) return fill_last(j, error);
  if (!j->ahead && last->tail < last->header.size / 4) return TN_OK;
  if (!j->ahead) return start_ahead(j, next_size(j, 0), error);
  if (j->ahead_filled == j->ahead_size) return TN_OK;
  uint64_t left = j->ahead_size - j->ahead_filled, step = left < PREPARE_STEP ? left : PREPARE_STEP;
  tn_status status = tni_fjournal_wipe(j->dir, j->ahead, j->ahead_filled, j->ahead_filled + step, error);
  if (status == TN_OK) status = j->dir->io->sync(j->ahead, error);
  if (status == TN_OK)
    j->ahead_filled += step;
  else
    forget_ahead(j);
  return status;
}
