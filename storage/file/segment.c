#include "segment.h"

#include <inttypes.h>
#include <stdio.h>

#include "disk/bytes.h"

#define SEGMENT_MAGIC "TENONseg"
#define SEGMENT_SUM_AT (TNI_SEGMENT_HEADER_SIZE - 8)
#define SEGMENT_TEXT 1u
#define WINDOW_STEP ((size_t)256 << 10)

tni_name tni_segment_name(uint64_t first_seq) { return tni_fname("journal/%020" PRIu64 ".seg", first_seq); }

void tni_segment_header_encode(const tni_fdir *dir, const tni_segment_header *header,
                               uint8_t data[TNI_SEGMENT_HEADER_SIZE]) {
  tni_out out = tni_out_to(data, TNI_SEGMENT_HEADER_SIZE);
  tni_out_bytes(&out, SEGMENT_MAGIC, 8);
  tni_out_u32(&out, TNI_FILE_VERSION);
  tni_out_u32(&out, header->text ? SEGMENT_TEXT : 0);
  tni_out_u64(&out, header->first_seq);
  tni_out_u64(&out, header->epoch);
  tni_out_u64(&out, header->log_id);
  tni_out_u64(&out, header->salt);
  tni_out_u64(&out, header->previous_salt);
  tni_out_u64(&out, header->previous_end);
  tni_out_u64(&out, header->durable_upto);
  tni_out_u64(&out, header->size);
  tni_out_zeros(&out, SEGMENT_SUM_AT - out.at);
  tni_out_u64(&out, dir->host->hash64((tn_slice){data, SEGMENT_SUM_AT}, 0));
}

tn_status tni_segment_header_read(const tni_fdir *dir, tn_file *file, const char *name, tni_segment_header *out,
                                  tn_error *error) {
  uint8_t data[TNI_SEGMENT_HEADER_SIZE] = {0};
  size_t got = 0;
  tn_status status = dir->io->read(file, 0, data, sizeof data, &got, error);
  if (status != TN_OK) return status;
  tni_in sum = tni_in_from(data + SEGMENT_SUM_AT, 8), in = tni_in_from(data, sizeof data);
  if (got < sizeof data || memcmp(tni_in_bytes(&in, 8), SEGMENT_MAGIC, 8) != 0 ||
      tni_in_u64(&sum) != dir->host->hash64((tn_slice){data, SEGMENT_SUM_AT}, 0))
    return tni_ffail(dir, error, TN_CORRUPT, name, "the segment's header is damaged");
  uint32_t version = tni_in_u32(&in);
  if (version > TNI_FILE_VERSION)
    return tni_ffail(dir, error, TN_INVALID, name,
                     "format version %" PRIu32 ", this Tenon reads up to %d; use a newer one", version,
                     TNI_FILE_VERSION);
  tni_segment_header header = {.text = (tni_in_u32(&in) & SEGMENT_TEXT) != 0};
  header.first_seq = tni_in_u64(&in);
  header.epoch = tni_in_u64(&in);
  header.log_id = tni_in_u64(&in);
  header.salt = tni_in_u64(&in);
  header.previous_salt = tni_in_u64(&in);
  header.previous_end = tni_in_u64(&in);
  header.durable_upto = tni_in_u64(&in);
  header.size = tni_in_u64(&in);
  *out = header;
  return TN_OK;
}

/* ---- frames --------------------------------------------------------------------------------- */

static uint32_t magic_of(uint64_t salt) {
  uint32_t folded = (uint32_t)(salt >> 32) ^ (uint32_t)salt;
  return folded ? folded : 1;
}

static size_t frame_header_size(bool text) { return text ? TNI_FRAME_TEXT_HEADER_SIZE : TNI_FRAME_HEADER_SIZE; }

uint64_t tni_frame_size(bool text, uint64_t length) {
  uint64_t end = frame_header_size(text) + length + (text ? 1 : 0);
  return (end + 7) / 8 * 8;
}

static const char *const type_words[] = {
    [TNI_FRAME_RECORD] = "rec ", [TNI_FRAME_OPEN] = "open", [TNI_FRAME_ROLL] = "roll", [TNI_FRAME_END] = "end "};

static void encode_binary(const tni_fdir *dir, uint64_t salt, const tni_frame *frame, tn_slice payload, uint8_t *data,
                          size_t size) {
  tni_out out = tni_out_to(data + 8, size - 8);
  tni_out_u32(&out, magic_of(salt));
  tni_out_u32(&out, (uint32_t)(frame->synced / 8));
  tni_out_u32(&out, (uint32_t)payload.size);
  tni_out_u32(&out, (uint32_t)frame->type);
  tni_out_u64(&out, frame->seq);
  tni_out_u64(&out, frame->durable_upto);
  tni_out_bytes(&out, payload.data, payload.size);
  tni_out_zeros(&out, out.size - out.at);
  tni_out sum = tni_out_to(data, 8);
  tni_out_u64(&sum, dir->host->hash64((tn_slice){data + 8, size - 8}, salt));
}

static void encode_text(const tni_fdir *dir, uint64_t salt, const tni_frame *frame, tn_slice payload, uint8_t *data,
                        size_t size) {
  char line[TNI_FRAME_TEXT_HEADER_SIZE + 1];
  memset(data, ' ', size);
  int n = snprintf(line, sizeof line, "%08" PRIx32 " %08" PRIx32 " %08" PRIx32 " %s %020" PRIu64 " %020" PRIu64,
                   magic_of(salt), (uint32_t)(frame->synced / 8), (uint32_t)payload.size, type_words[frame->type],
                   frame->seq, frame->durable_upto);
  memcpy(data + 17, line, (size_t)n);
  data[TNI_FRAME_TEXT_HEADER_SIZE - 1] = '\n';
  if (payload.size > 0) memcpy(data + TNI_FRAME_TEXT_HEADER_SIZE, payload.data, payload.size);
  data[size - 1] = '\n';
  snprintf(line, sizeof line, "%016" PRIx64, dir->host->hash64((tn_slice){data + 17, size - 17}, salt));
  memcpy(data, line, 16);
}

void tni_frame_encode(const tni_fdir *dir, const tni_segment_header *segment, const tni_frame *frame,
                      tn_slice payload, uint8_t *out) {
  size_t size = (size_t)tni_frame_size(segment->text, payload.size);
  if (segment->text)
    encode_text(dir, segment->salt, frame, payload, out, size);
  else
    encode_binary(dir, segment->salt, frame, payload, out, size);
}

/* Reads a header whose checksum is not looked at yet; false when it cannot be one. */
static bool decode_binary(uint64_t salt, const uint8_t *data, tni_frame *out, uint64_t *sum) {
  tni_in in = tni_in_from(data, TNI_FRAME_HEADER_SIZE);
  *sum = tni_in_u64(&in);
  if (tni_in_u32(&in) != magic_of(salt)) return false;
  out->synced = (uint64_t)tni_in_u32(&in) * 8;
  out->length = tni_in_u32(&in);
  uint32_t type = tni_in_u32(&in);
  out->seq = tni_in_u64(&in);
  out->durable_upto = tni_in_u64(&in);
  if (type < TNI_FRAME_RECORD || type > TNI_FRAME_END) return false;
  out->type = (tni_frame_type)type;
  return true;
}

static uint64_t read_digits(const uint8_t **at, unsigned count, unsigned base, bool *good) {
  uint64_t n = 0;
  for (unsigned i = 0; i < count; i++) {
    uint8_t c = (*at)[i];
    unsigned digit = c >= '0' && c <= '9' ? c - 48u : c >= 'a' && c <= 'f' ? c - 87u : 99u;
    if (digit >= base) *good = false;
    n = n * base + digit;
  }
  *at += count + 1;
  return n;
}

static bool decode_text(uint64_t salt, const uint8_t *data, tni_frame *out, uint64_t *sum) {
  bool good = true;
  const uint8_t *at = data;
  *sum = read_digits(&at, 16, 16, &good);
  if (!good || read_digits(&at, 8, 16, &good) != magic_of(salt)) return false;
  out->synced = read_digits(&at, 8, 16, &good) * 8;
  out->length = (uint32_t)read_digits(&at, 8, 16, &good);
  unsigned type = TNI_FRAME_RECORD;
  while (type <= TNI_FRAME_END && memcmp(at, type_words[type], 4) != 0) type++;
  at += 5;
  out->seq = read_digits(&at, 20, 10, &good);
  out->durable_upto = read_digits(&at, 20, 10, &good);
  if (!good || type > TNI_FRAME_END) return false;
  out->type = (tni_frame_type)type;
  return true;
}

/* ---- the window ----------------------------------------------------------------------------- */

static void *resize(const tni_fdir *dir, void *data, size_t old_size, size_t new_size) {
  return dir->memory->resize(dir->memory->context, data, old_size, new_size);
}

void tni_window_free(tni_window *w) {
  if (w->data) (void)resize(w->dir, w->data, w->capacity, 0);
  w->data = NULL;
  w->capacity = w->size = 0;
}

void tni_window_reset(tni_window *w, tn_file *file, uint64_t limit) {
  w->file = file;
  w->limit = limit;
  w->start = 0;
  w->size = 0;
}

static tn_status make_room(tni_window *w, size_t size, tn_error *error) {
  if (size <= w->capacity) return TN_OK;
  uint8_t *data = resize(w->dir, w->data, w->capacity, size);
  if (!data) return tni_ffail(w->dir, error, TN_NOMEM, NULL, "no memory to read %zu bytes of the journal", size);
  w->data = data;
  w->capacity = size;
  return TN_OK;
}

/* `size` bytes at `offset`, which end at or before the limit. */
static tn_status look_at(tni_window *w, uint64_t offset, size_t size, const uint8_t **out, tn_error *error) {
  if (offset < w->start || offset + size > w->start + w->size) {
    uint64_t left = w->limit - offset;
    size_t step = size > WINDOW_STEP ? size : left < WINDOW_STEP ? (size_t)left : WINDOW_STEP, got = 0;
    tn_status status = make_room(w, step, error);
    if (status != TN_OK) return status;
    w->size = 0;
    status = w->dir->io->read(w->file, offset, w->data, step, &got, error);
    if (status != TN_OK) return status;
    memset(w->data + got, 0, step - got);
    w->start = offset;
    w->size = step;
  }
  *out = w->data + (offset - w->start);
  return TN_OK;
}

tn_status tni_window_frame(tni_window *w, const tni_segment_header *segment, uint64_t offset, tni_frame *out,
                           tn_slice *payload, tn_error *error) {
  size_t head = frame_header_size(segment->text);
  if (offset > w->limit || w->limit - offset < head) return TN_NOT_FOUND;
  const uint8_t *data;
  tn_status status = look_at(w, offset, head, &data, error);
  if (status != TN_OK) return status;
  tni_frame frame = {.length = 0};
  uint64_t sum;
  if (!(segment->text ? decode_text : decode_binary)(segment->salt, data, &frame, &sum)) return TN_NOT_FOUND;
  frame.size = tni_frame_size(segment->text, frame.length);
  if (frame.size > w->limit - offset) return TN_NOT_FOUND;
  status = look_at(w, offset, (size_t)frame.size, &data, error);
  if (status != TN_OK) return status;
  size_t skip = segment->text ? 17 : 8;
  if (w->dir->host->hash64((tn_slice){data + skip, (size_t)frame.size - skip}, segment->salt) != sum)
    return TN_NOT_FOUND;
  *out = frame;
  *payload = (tn_slice){data + head, frame.length};
  return TN_OK;
}

/* The first multiple of 8 in [at, at + size) where a frame's magic stands, or `size`. */
static size_t find_magic(const tni_segment_header *segment, const uint8_t *data, size_t size) {
  char text[9];
  uint8_t magic[4];
  tni_out out = tni_out_to(magic, sizeof magic);
  tni_out_u32(&out, magic_of(segment->salt));
  snprintf(text, sizeof text, "%08" PRIx32, magic_of(segment->salt));
  const void *what = segment->text ? (const void *)text : magic;
  size_t skip = segment->text ? 17 : 8, head = frame_header_size(segment->text);
  for (size_t i = 0; i + head <= size; i += 8)
    if (memcmp(data + i + skip, what, 4) == 0) return i;
  return size;
}

tn_status tni_window_search(tni_window *w, const tni_segment_header *segment, uint64_t *offset, tni_frame *out,
                            tn_slice *payload, tn_error *error) {
  size_t head = frame_header_size(segment->text);
  for (uint64_t at = *offset; at <= w->limit && w->limit - at >= head;) {
    size_t step = w->limit - at < WINDOW_STEP ? (size_t)(w->limit - at) : WINDOW_STEP;
    const uint8_t *data;
    tn_status status = look_at(w, at, step, &data, error);
    if (status != TN_OK) return status;
    size_t found = find_magic(segment, data, step);
    if (found == step) {
      at += (step - head) / 8 * 8 + 8;
      continue;
    }
    at += found;
    status = tni_window_frame(w, segment, at, out, payload, error);
    if (status == TN_OK) *offset = at;
    if (status != TN_NOT_FOUND) return status;
    at += 8;
  }
  return TN_NOT_FOUND;
}

static tn_status note_used(void *arg, uint64_t offset, tn_slice bytes, tn_error *error) {
  (void)error;
  const uint8_t *data = bytes.data;
  size_t size = bytes.size;
  while (size >= 8) {
    uint64_t word;
    memcpy(&word, data + size - 8, 8);
    if (word != 0) break;
    size -= 8;
  }
  while (size > 0 && data[size - 1] == 0) size--;
  if (size > 0) *(uint64_t *)arg = offset + size;
  return TN_OK;
}

tn_status tni_window_used(tni_window *w, uint64_t from, uint64_t *end, tn_error *error) {
  uint64_t used = from;
  tn_status status = tni_window_each(w, from, w->limit, note_used, &used, error);
  if (status == TN_OK) *end = used;
  return status;
}

tn_status tni_window_each(tni_window *w, uint64_t from, uint64_t to,
                          tn_status (*take)(void *arg, uint64_t offset, tn_slice bytes, tn_error *error), void *arg,
                          tn_error *error) {
  for (uint64_t at = from; at < to;) {
    size_t step = to - at < WINDOW_STEP ? (size_t)(to - at) : WINDOW_STEP;
    const uint8_t *data;
    tn_status status = look_at(w, at, step, &data, error);
    if (status == TN_OK) status = take(arg, at, (tn_slice){data, step}, error);
    if (status != TN_OK) return status;
    at += step;
  }
  return TN_OK;
}
