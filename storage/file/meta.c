#include "meta.h"

#include "disk/bytes.h"

#define META_NAME "TENON"
#define META_MAGIC "TENONdir"
#define META_HEAD_SIZE 32
#define META_SUM_SIZE 8

static void *resize(const tni_fdir *dir, void *data, size_t old_size, size_t new_size) {
  return dir->memory->resize(dir->memory->context, data, old_size, new_size);
}

void tni_fmeta_free(const tni_fdir *dir, tni_fmeta *meta) {
  if (meta->bytes) (void)resize(dir, meta->bytes, meta->size, 0);
  *meta = (tni_fmeta){.bytes = NULL};
}

tn_status tni_fmeta_hold(const tni_fdir *dir, tni_fmeta *meta, tn_slice bytes, tn_error *error) {
  uint8_t *copy = NULL;
  if (bytes.size > 0) {
    copy = resize(dir, NULL, 0, bytes.size);
    if (!copy) return tni_ffail(dir, error, TN_NOMEM, META_NAME, "no memory for the log's meta");
    memcpy(copy, bytes.data, bytes.size);
  }
  meta->bytes = copy;
  meta->size = bytes.size;
  return TN_OK;
}

static void encode(const tni_fdir *dir, const tni_fmeta *meta, uint8_t *data, size_t size) {
  tni_out out = tni_out_to(data, size);
  tni_out_bytes(&out, META_MAGIC, 8);
  tni_out_u32(&out, TNI_FILE_VERSION);
  tni_out_u32(&out, (uint32_t)meta->size);
  tni_out_u64(&out, meta->trimmed_upto);
  tni_out_u64(&out, meta->log_id);
  tni_out_bytes(&out, meta->bytes, meta->size);
  tni_out_u64(&out, dir->host->hash64((tn_slice){data, out.at}, 0));
}

static tn_status decode(const tni_fdir *dir, tn_slice bytes, tni_fmeta *out, tn_error *error) {
  tni_in in = tni_in_from(bytes.data, bytes.size);
  const uint8_t *magic = tni_in_bytes(&in, 8);
  if (!magic || memcmp(magic, META_MAGIC, 8) != 0)
    return tni_ffail(dir, error, TN_INVALID, META_NAME,
                     "this file was not written by Tenon; choose another data directory");
  tni_in sum = {bytes.data, bytes.size, bytes.size < META_SUM_SIZE ? bytes.size : bytes.size - META_SUM_SIZE, false};
  if (dir->host->hash64((tn_slice){bytes.data, sum.at}, 0) != tni_in_u64(&sum) || sum.failed)
    return tni_ffail(dir, error, TN_CORRUPT, META_NAME, "its checksum does not match; restore it from a backup");
  uint32_t version = tni_in_u32(&in);
  if (version > TNI_FILE_VERSION)
    return tni_ffail(dir, error, TN_INVALID, META_NAME,
                     "format version %u, this Tenon reads up to %d; use a newer one", version, TNI_FILE_VERSION);
  size_t size = tni_in_u32(&in);
  tni_fmeta meta = {.size = size};
  meta.trimmed_upto = tni_in_u64(&in);
  meta.log_id = tni_in_u64(&in);
  const uint8_t *from = tni_in_bytes(&in, size);
  if (in.failed || in.at + META_SUM_SIZE != bytes.size)
    return tni_ffail(dir, error, TN_CORRUPT, META_NAME, "its parts do not fit its size of %zu bytes", bytes.size);
  if (size > 0) {
    meta.bytes = resize(dir, NULL, 0, size);
    if (!meta.bytes) return tni_ffail(dir, error, TN_NOMEM, META_NAME, "no memory for %zu bytes", size);
    memcpy(meta.bytes, from, size);
  }
  *out = meta;
  return TN_OK;
}

/* Reads the file to its end into fresh memory of *size bytes. */
static tn_status read_all(const tni_fdir *dir, tn_file *file, uint8_t **data, size_t *size, tn_error *error) {
  uint64_t length;
  tn_status status = dir->io->size(file, &length, error);
  if (status != TN_OK) return status;
  if (length == 0 || length > META_HEAD_SIZE + TNI_META_SIZE_MAX + META_SUM_SIZE)
    return tni_ffail(dir, error, TN_CORRUPT, META_NAME, "it has %llu bytes", (unsigned long long)length);
  uint8_t *room = resize(dir, NULL, 0, (size_t)length);
  if (!room) return tni_ffail(dir, error, TN_NOMEM, META_NAME, "no memory to read it");
  size_t got = 0;
  status = dir->io->read(file, 0, room, (size_t)length, &got, error);
  if (status == TN_OK && got < length) status = tni_ffail(dir, error, TN_CORRUPT, META_NAME, "it ends early");
  if (status != TN_OK) {
    (void)resize(dir, room, (size_t)length, 0);
    return status;
  }
  *data = room;
  *size = (size_t)length;
  return TN_OK;
}

tn_status tni_fmeta_read(const tni_fdir *dir, tni_fmeta *out, tn_error *error) {
  tn_file *file;
  tn_status status = tni_fdir_open(dir, META_NAME, TN_FILE_READ, &file, error);
  if (status != TN_OK) return status;
  uint8_t *data = NULL;
  size_t size = 0;
  status = read_all(dir, file, &data, &size, error);
  dir->io->close(file);
  if (status != TN_OK) return status;
  status = decode(dir, (tn_slice){data, size}, out, error);
  (void)resize(dir, data, size, 0);
  return status;
}

tn_status tni_fmeta_write(const tni_fdir *dir, const tni_fmeta *meta, tn_error *error) {
  if (meta->size > TNI_META_SIZE_MAX)
    return tni_ffail(dir, error, TN_LIMIT, META_NAME, "%zu bytes of meta, at most %u", meta->size, TNI_META_SIZE_MAX);
  size_t size = META_HEAD_SIZE + meta->size + META_SUM_SIZE;
  uint8_t *data = resize(dir, NULL, 0, size);
  if (!data) return tni_ffail(dir, error, TN_NOMEM, META_NAME, "no memory to write it");
  encode(dir, meta, data, size);
  tn_status status = tni_fdir_replace(dir, META_NAME, (tn_slice){data, size}, error);
  (void)resize(dir, data, size, 0);
  return status;
}
