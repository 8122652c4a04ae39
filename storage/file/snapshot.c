#include "snapshot.h"

#include <inttypes.h>

#include "disk/bytes.h"

#define SNAPSHOT_MAGIC "TENONsnp"
#define SUM_AT (TNI_SNAPSHOT_HEADER_SIZE - 8)
#define SNAPSHOT_TEXT 1u
#define CHUNK_HEADER_SIZE 16
#define CHUNK_ROOM (2 * CHUNK_HEADER_SIZE) /* before a payload: its header, or that in hexadecimal */
#define CHUNK_DATA 1
#define CHUNK_END 2
#define END_SIZE 16

#define BLOCK ((size_t)4096)
#define WRITTEN_LEAST ((size_t)64 << 10) /* at once: what was handed over in smaller runs is collected */
#define WRITTEN_MOST ((size_t)512 << 10) /* at once, the last chunk not counted */

/* What is written lies in `data`, and goes to the file in large runs of whole blocks from a whole block on, so that
 * it may pass the page cache. It goes when the host has handed over a run, so that who hands over chooses how large
 * the writes are that a commit may wait behind:
 *
 *   data:  chunk | chunk | ... | chunk being made: header, payload so far | free
 *          ^ 0 is `offset` in the file  ^ start                            ^ start + header_size + filled
 */
struct tni_fsnapshot_writer {
  const tni_fdir *dir;
  tn_file *file;
  uint64_t seq;
  uint64_t offset; /* whole blocks */
  uint64_t seed;   /* of the next chunk */
  uint64_t chunks;
  uint64_t bytes;
  bool text;
  bool failed;
  size_t header_size; /* of a chunk, as it is written */
  size_t start;
  size_t filled;
  uint8_t *data; /* in `room`, on a block */
  uint8_t room[BLOCK + WRITTEN_MOST + BLOCK + CHUNK_ROOM + TNI_SNAPSHOT_CHUNK_MAX];
};

/* `chunk` holds CHUNK_ROOM, whose second half is the header, and then the payload. */
struct tni_fsnapshot_reader {
  const tni_fdir *dir;
  tn_file *file;
  tni_name name;
  uint64_t offset;
  uint64_t seed;
  uint64_t chunks;
  uint64_t bytes;
  bool text;
  bool ended;
  uint8_t chunk[CHUNK_ROOM + TNI_SNAPSHOT_CHUNK_MAX];
};

static tni_name snapshot_name(uint64_t seq) { return tni_fname("snapshot-%020" PRIu64 ".snap", seq); }
static tni_name temporary_name(uint64_t seq) { return tni_fname("snapshot-%020" PRIu64 ".tmp", seq); }

static void *take_memory(const tni_fdir *dir, size_t size, tn_error *error) {
  void *data = dir->memory->resize(dir->memory->context, NULL, 0, size);
  if (!data) tni_ffail(dir, error, TN_NOMEM, NULL, "no memory for a snapshot's buffer");
  return data;
}

static void give_memory(const tni_fdir *dir, void *data, size_t size) {
  (void)dir->memory->resize(dir->memory->context, data, size, 0);
}

/* ---- hexadecimal, from and to the second half of the same room ------------------------------- */

static void spread_hex(uint8_t *room, size_t size) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < size; i++) {
    uint8_t byte = room[size + i];
    room[2 * i] = (uint8_t)digits[byte >> 4];
    room[2 * i + 1] = (uint8_t)digits[byte & 15];
  }
}

static bool hex_digit(uint8_t c, uint8_t *out) {
  if (c >= '0' && c <= '9') return *out = (uint8_t)(c - '0'), true;
  if (c >= 'a' && c <= 'f') return *out = (uint8_t)(c - 'a' + 10), true;
  return false;
}

static bool gather_hex(uint8_t *room, size_t size) {
  uint8_t high, low;
  for (size_t i = size; i-- > 0;) {
    if (!hex_digit(room[2 * i], &high) || !hex_digit(room[2 * i + 1], &low)) return false;
    room[size + i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void encode_header(const tni_fdir *dir, uint64_t seq, uint64_t log_id, uint64_t salt, bool text,
                          uint8_t data[TNI_SNAPSHOT_HEADER_SIZE]) {
  tni_out out = tni_out_to(data, TNI_SNAPSHOT_HEADER_SIZE);
  tni_out_bytes(&out, SNAPSHOT_MAGIC, 8);
  tni_out_u32(&out, TNI_FILE_VERSION);
  tni_out_u32(&out, text ? SNAPSHOT_TEXT : 0);
  tni_out_u64(&out, seq);
  tni_out_u64(&out, log_id);
  tni_out_u64(&out, salt);
  tni_out_zeros(&out, SUM_AT - out.at);
  tni_out_u64(&out, dir->host->hash64((tn_slice){data, SUM_AT}, 0));
}

static void writer_end(tni_fsnapshot_writer *w, bool remove) {
  if (w->file) w->dir->io->close(w->file);
  if (remove) (void)tni_fdir_unlink(w->dir, temporary_name(w->seq).text, NULL);
  give_memory(w->dir, w, sizeof *w);
}

static tn_status begin_file(tni_fsnapshot_writer *w, uint64_t log_id, tn_error *error) {
  uint8_t salt[8];
  tn_status status = w->dir->host->random_bytes(salt, sizeof salt);
  if (status != TN_OK) return tni_ffail(w->dir, error, status, NULL, "the system gave no random bytes");
  tni_in in = tni_in_from(salt, sizeof salt);
  w->seed = tni_in_u64(&in);
  encode_header(w->dir, w->seq, log_id, w->seed, w->text, w->data);
  w->start = TNI_SNAPSHOT_HEADER_SIZE;
  return tni_fdir_create(w->dir, temporary_name(w->seq).text, &w->file, error);
}

tn_status tni_fsnapshot_begin(const tni_fdir *dir, uint64_t log_id, uint64_t seq, bool text,
                              tni_fsnapshot_writer **out, tn_error *error) {
  if (dir->read_only) return tni_ffail(dir, error, TN_DENIED, NULL, "the data directory was opened read-only");
  tni_fsnapshot_writer *w = take_memory(dir, sizeof *w, error);
  if (!w) return TN_NOMEM;
  w->dir = dir;
  w->file = NULL;
  w->seq = seq;
  w->offset = w->chunks = w->bytes = 0;
  w->filled = 0;
  w->text = text;
  w->failed = false;
  w->header_size = text ? CHUNK_ROOM : CHUNK_HEADER_SIZE;
  w->data = w->room + (BLOCK - (uintptr_t)w->room % BLOCK) % BLOCK;
  tn_status status = begin_file(w, log_id, error);
  if (status == TN_OK)
    *out = w;
  else
    writer_end(w, w->file != NULL);
  return status;
}

static uint8_t *payload_of(tni_fsnapshot_writer *w) { return w->data + w->start + w->header_size; }

/* Writes the whole blocks before `start`, or all of it when it is the `last`. */
static tn_status write_blocks(tni_fsnapshot_writer *w, bool last, tn_error *error) {
  size_t size = w->start / BLOCK * BLOCK, rest = w->start - size;
  tn_status status = size > 0 ? w->dir->io->write(w->file, w->offset, w->data, size, error) : TN_OK;
  if (status == TN_OK && last && rest > 0)
    status = w->dir->io->write(w->file, w->offset + size, w->data + size, rest, error);
  if (status != TN_OK) w->failed = true;
  if (rest > 0) memmove(w->data, w->data + size, rest);
  w->offset += size;
  w->start = rest;
  return status;
}

/* Ends the chunk being made and begins another one. */
static tn_status write_chunk(tni_fsnapshot_writer *w, uint32_t kind, tn_error *error) {
  uint8_t *header = payload_of(w) - CHUNK_HEADER_SIZE;
  tni_out out = tni_out_to(header + 8, CHUNK_HEADER_SIZE - 8), sum = tni_out_to(header, 8);
  tni_out_u32(&out, (uint32_t)w->filled);
  tni_out_u32(&out, kind);
  w->seed = w->dir->host->hash64((tn_slice){header + 8, CHUNK_HEADER_SIZE - 8 + w->filled}, w->seed);
  tni_out_u64(&sum, w->seed);
  if (w->text) spread_hex(w->data + w->start, CHUNK_HEADER_SIZE);
  if (kind == CHUNK_DATA) w->chunks++, w->bytes += w->filled;
  w->start += w->header_size + w->filled;
  w->filled = 0;
  bool last = kind == CHUNK_END;
  return last || w->start >= WRITTEN_MOST ? write_blocks(w, last, error) : TN_OK;
}

/* Writes what was collected, but for what is no whole block. */
static tn_status write_collected(tni_fsnapshot_writer *w, tn_error *error) {
  tn_status status = w->filled > 0 ? write_chunk(w, CHUNK_DATA, error) : TN_OK;
  return status == TN_OK ? write_blocks(w, false, error) : status;
}

tn_status tni_fsnapshot_write(tni_fsnapshot_writer *w, tn_slice bytes, tn_error *error) {
  const uint8_t *data = bytes.data;
  size_t left = bytes.size;
  tn_status status = TN_OK;
  if (left <= TNI_SNAPSHOT_CHUNK_MAX &&
      left > TNI_SNAPSHOT_CHUNK_MAX - w->filled) /* not split where it need not be */
    status = write_chunk(w, CHUNK_DATA, error);
  while (status == TN_OK && left > 0) {
    size_t room = TNI_SNAPSHOT_CHUNK_MAX - w->filled, step = left < room ? left : room;
    memcpy(payload_of(w) + w->filled, data, step);
    w->filled += step;
    data += step;
    left -= step;
    if (w->filled == TNI_SNAPSHOT_CHUNK_MAX) status = write_chunk(w, CHUNK_DATA, error);
  }
  if (status == TN_OK && w->start + w->filled >= WRITTEN_LEAST) status = write_collected(w, error);
  return status;
}

static tn_status write_end(tni_fsnapshot_writer *w, tn_error *error) {
  uint8_t *room = payload_of(w);
  tni_out out = tni_out_to(w->text ? room + END_SIZE : room, END_SIZE);
  tni_out_u64(&out, w->chunks);
  tni_out_u64(&out, w->bytes);
  if (w->text) spread_hex(room, END_SIZE);
  w->filled = w->text ? 2 * END_SIZE : END_SIZE;
  return write_chunk(w, CHUNK_END, error);
}

tn_status tni_fsnapshot_commit(tni_fsnapshot_writer *w, tn_error *error) {
  tn_status status = TN_OK;
  if (w->failed) status = tni_ffail(w->dir, error, TN_IO, temporary_name(w->seq).text, "a write failed before");
  if (status == TN_OK && w->filled > 0) status = write_chunk(w, CHUNK_DATA, error);
  if (status == TN_OK) status = write_end(w, error);
  if (status == TN_OK) status = w->dir->io->sync(w->file, error);
  bool renamed = false;
  if (status == TN_OK) {
    status = tni_fdir_rename(w->dir, temporary_name(w->seq).text, snapshot_name(w->seq).text, error);
    renamed = status == TN_OK;
  }
  if (status == TN_OK) status = tni_fdir_sync(w->dir, "", error);
  writer_end(w, !renamed);
  return status;
}

void tni_fsnapshot_abort(tni_fsnapshot_writer *w) { writer_end(w, true); }

/* ---- listing and removing ------------------------------------------------------------------- */

static tn_status size_of(const tni_fdir *dir, uint64_t seq, uint64_t *size, tn_error *error) {
  tn_file *file;
  tn_status status = tni_fdir_open(dir, snapshot_name(seq).text, TN_FILE_READ, &file, error);
  if (status != TN_OK) return status;
  status = dir->io->size(file, size, error);
  dir->io->close(file);
  return status;
}

tn_status tni_fsnapshot_list(const tni_fdir *dir, tn_status (*each)(void *arg, uint64_t seq, uint64_t size),
                             void *arg, tn_error *error) {
  tni_numbers seqs;
  tn_status status = tni_fdir_numbers(dir, "", "snapshot-", ".snap", &seqs, error);
  if (status != TN_OK) return status;
  for (size_t i = seqs.count; i > 0 && status == TN_OK; i--) {
    uint64_t size = 0;
    tn_error found = TN_ERROR_INIT;
    tn_status sized = size_of(dir, seqs.items[i - 1], &size, &found);
    if (sized == TN_NOT_FOUND) continue; /* removed meanwhile */
    if (sized == TN_OK)
      status = each(arg, seqs.items[i - 1], size);
    else if (status = sized, error)
      *error = found;
  }
  tni_numbers_free(&seqs);
  return status;
}

tn_status tni_fsnapshot_newest(const tni_fdir *dir, uint64_t *seq, tn_error *error) {
  tni_numbers seqs;
  tn_status status = tni_fdir_numbers(dir, "", "snapshot-", ".snap", &seqs, error);
  if (status != TN_OK) return status;
  *seq = seqs.count > 0 ? seqs.items[seqs.count - 1] : 0;
  tni_numbers_free(&seqs);
  return TN_OK;
}

tn_status tni_fsnapshot_remove(const tni_fdir *dir, uint64_t seq, tn_file **leaving, tn_error *error) {
  tn_file *file = NULL;
  if (dir->read_only) return tni_ffail(dir, error, TN_DENIED, NULL, "the data directory was opened read-only");
  tni_path path = tni_fdir_path(dir, snapshot_name(seq).text);
  if (tni_fdir_open(dir, snapshot_name(seq).text, TN_FILE_READ, &file, NULL) != TN_OK) file = NULL;
  tn_status status = dir->io->unlink(dir->io, path.text, error);
  if (status == TN_OK) status = tni_fdir_sync(dir, "", error);
  *leaving = file;
  return status;
}

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status damaged(const tni_fsnapshot_reader *r, const char *what, tn_error *error) {
  return tni_ffail(r->dir, error, TN_CORRUPT, tni_fname("%s:%" PRIu64, r->name.text, r->offset).text,
                   "the snapshot is damaged: %s", what);
}

static tn_status read_exactly(tni_fsnapshot_reader *r, void *data, size_t size, tn_error *error) {
  size_t got = 0;
  tn_status status = r->dir->io->read(r->file, r->offset, data, size, &got, error);
  return status == TN_OK && got < size ? damaged(r, "it ends early", error) : status;
}

static tn_status read_header(tni_fsnapshot_reader *r, uint64_t log_id, uint64_t seq, tn_error *error) {
  uint8_t data[TNI_SNAPSHOT_HEADER_SIZE];
  tn_status status = read_exactly(r, data, sizeof data, error);
  if (status != TN_OK) return status;
  tni_in in = tni_in_from(data, sizeof data), sum = tni_in_from(data + SUM_AT, 8);
  if (memcmp(tni_in_bytes(&in, 8), SNAPSHOT_MAGIC, 8) != 0 ||
      tni_in_u64(&sum) != r->dir->host->hash64((tn_slice){data, SUM_AT}, 0))
    return damaged(r, "its header does not check", error);
  uint32_t version = tni_in_u32(&in);
  if (version > TNI_FILE_VERSION)
    return tni_ffail(r->dir, error, TN_INVALID, r->name.text,
                     "format version %" PRIu32 ", this Tenon reads up to %d; use a newer one", version,
                     TNI_FILE_VERSION);
  r->text = (tni_in_u32(&in) & SNAPSHOT_TEXT) != 0;
  if (tni_in_u64(&in) != seq) return damaged(r, "its header names another seq than its file name", error);
  if (tni_in_u64(&in) != log_id) return damaged(r, "it belongs to another data directory", error);
  r->seed = tni_in_u64(&in);
  r->offset = TNI_SNAPSHOT_HEADER_SIZE;
  return TN_OK;
}

tn_status tni_fsnapshot_open(const tni_fdir *dir, uint64_t log_id, uint64_t seq, tni_fsnapshot_reader **out,
                             tn_error *error) {
  tni_fsnapshot_reader *r = take_memory(dir, sizeof *r, error);
  if (!r) return TN_NOMEM;
  r->dir = dir;
  r->name = snapshot_name(seq);
  r->offset = r->chunks = r->bytes = 0;
  r->ended = false;
  tn_status status = tni_fdir_open(dir, r->name.text, TN_FILE_READ, &r->file, error);
  if (status == TN_OK) {
    status = read_header(r, log_id, seq, error);
    if (status != TN_OK) dir->io->close(r->file);
  }
  if (status == TN_OK)
    *out = r;
  else
    give_memory(dir, r, sizeof *r);
  return status;
}

void tni_fsnapshot_close(tni_fsnapshot_reader *r) {
  r->dir->io->close(r->file);
  give_memory(r->dir, r, sizeof *r);
}

static tn_status read_chunk_header(tni_fsnapshot_reader *r, tn_error *error) {
  uint8_t *header = r->chunk + CHUNK_HEADER_SIZE;
  if (!r->text) return read_exactly(r, header, CHUNK_HEADER_SIZE, error);
  tn_status status = read_exactly(r, r->chunk, CHUNK_ROOM, error);
  if (status == TN_OK && !gather_hex(r->chunk, CHUNK_HEADER_SIZE))
    status = damaged(r, "a chunk's header is not hexadecimal", error);
  return status;
}

/* The next chunk into r->chunk, checked. */
static tn_status read_chunk(tni_fsnapshot_reader *r, uint32_t *length, uint32_t *kind, tn_error *error) {
  const uint8_t *header = r->chunk + CHUNK_HEADER_SIZE;
  tn_status status = read_chunk_header(r, error);
  if (status != TN_OK) return status;
  tni_in in = tni_in_from(header, CHUNK_HEADER_SIZE);
  uint64_t sum = tni_in_u64(&in), start = r->offset, size = r->text ? CHUNK_ROOM : CHUNK_HEADER_SIZE;
  *length = tni_in_u32(&in);
  *kind = tni_in_u32(&in);
  if (*length > TNI_SNAPSHOT_CHUNK_MAX) return damaged(r, "a chunk's length makes no sense", error);
  r->offset += size;
  status = read_exactly(r, r->chunk + CHUNK_ROOM, *length, error);
  r->offset = start;
  if (status != TN_OK) return status;
  r->seed = r->dir->host->hash64((tn_slice){header + 8, CHUNK_HEADER_SIZE - 8 + *length}, r->seed);
  if (r->seed != sum) return damaged(r, "a chunk's checksum does not match", error);
  r->offset += size + *length;
  return TN_OK;
}

static tn_status check_end(tni_fsnapshot_reader *r, uint32_t length, tn_error *error) {
  uint8_t *room = r->chunk + CHUNK_ROOM;
  bool whole = length == (r->text ? 2 * END_SIZE : END_SIZE) && (!r->text || gather_hex(room, END_SIZE));
  tni_in in = tni_in_from(r->text ? room + END_SIZE : room, END_SIZE);
  uint64_t chunks = tni_in_u64(&in), bytes = tni_in_u64(&in), size = 0;
  if (!whole || chunks != r->chunks || bytes != r->bytes) return damaged(r, "chunks are missing", error);
  tn_status status = r->dir->io->size(r->file, &size, error);
  if (status == TN_OK && size != r->offset) return damaged(r, "bytes follow its end", error);
  r->ended = status == TN_OK;
  return status == TN_OK ? TN_NOT_FOUND : status;
}

tn_status tni_fsnapshot_read(tni_fsnapshot_reader *r, tn_slice *out, tn_error *error) {
  if (r->ended) return TN_NOT_FOUND;
  uint32_t length, kind;
  tn_status status = read_chunk(r, &length, &kind, error);
  if (status != TN_OK) return status;
  if (kind == CHUNK_END) return check_end(r, length, error);
  if (kind != CHUNK_DATA) return damaged(r, "a chunk is of no known kind", error);
  r->chunks++;
  r->bytes += length;
  *out = (tn_slice){r->chunk + CHUNK_ROOM, length};
  return TN_OK;
}
