#include "entry.h"

#include "disk/bytes.h"

#define STATE_MAGIC "TENONlmd"
#define STATE_CLOSED 1
#define STATE_APART 2
#define STATE_OF_SNAPSHOTS 4

/* ---- keys ----------------------------------------------------------------------------------- */

static void add_big_endian(tni_lkey *key, uint64_t number, unsigned width) {
  for (unsigned i = width; i > 0; i--) key->bytes[key->size++] = (uint8_t)(number >> (8 * (i - 1)));
}

tni_lkey tni_lkey_of(tni_lkind kind) { return (tni_lkey){.bytes = {(uint8_t)kind}, .size = 1}; }

tni_lkey tni_lkey_numbered(tni_lkind kind, uint64_t number) {
  tni_lkey key = tni_lkey_of(kind);
  add_big_endian(&key, number, 8);
  return key;
}

tni_lkey tni_lkey_chunk(uint64_t seq, uint64_t id, uint32_t number) {
  tni_lkey key = tni_lkey_numbered(TNI_LCHUNK, seq);
  add_big_endian(&key, id, 8);
  add_big_endian(&key, number, 4);
  return key;
}

static uint64_t big_endian(const uint8_t *bytes) {
  uint64_t n = 0;
  for (unsigned i = 0; i < 8; i++) n = n << 8 | bytes[i];
  return n;
}

bool tni_lkey_is(tn_slice key, tni_lkind kind, uint64_t *number) {
  const uint8_t *bytes = key.data;
  if (key.size != 9 || bytes[0] != kind) return false;
  *number = big_endian(bytes + 1);
  return true;
}

bool tni_lkey_is_chunk(tn_slice key, uint64_t *seq, uint64_t *id) {
  const uint8_t *bytes = key.data;
  if (key.size != 21 || bytes[0] != TNI_LCHUNK) return false;
  *seq = big_endian(bytes + 1);
  *id = big_endian(bytes + 9);
  return true;
}

/* ---- checksums ------------------------------------------------------------------------------ */

uint64_t tni_lsum(const tn_host *host, uint64_t log_id, tn_slice key, tn_slice behind) {
  bool is_state = *(const uint8_t *)key.data == TNI_LSTATE;
  return host->hash64(behind, host->hash64(key, is_state ? 0 : log_id));
}

bool tni_lsum_matches(const tn_host *host, uint64_t log_id, tn_slice key, tn_slice value) {
  tni_in in = tni_in_from(value.data, value.size);
  uint64_t sum = tni_in_u64(&in);
  if (in.failed || key.size == 0) return false;
  tn_slice behind = {(const uint8_t *)value.data + TNI_LSUM_SIZE, value.size - TNI_LSUM_SIZE};
  return tni_lsum(host, log_id, key, behind) == sum;
}

/* ---- values --------------------------------------------------------------------------------- */

void tni_lstate_encode(const tni_lstate *state, uint8_t data[TNI_LSTATE_SIZE]) {
  tni_out out = tni_out_to(data, TNI_LSTATE_SIZE);
  tni_out_bytes(&out, STATE_MAGIC, 8);
  tni_out_u32(&out, TNI_LMDB_VERSION);
  tni_out_u32(&out, (state->closed ? STATE_CLOSED : 0u) | (state->apart ? STATE_APART : 0u) |
                        (state->of_snapshots ? STATE_OF_SNAPSHOTS : 0u));
  tni_out_u64(&out, state->log_id);
  tni_out_u64(&out, state->trimmed_upto);
  tni_out_u64(&out, state->epoch);
  tni_out_u64(&out, state->durable_upto);
}

tn_status tni_lstate_decode(const tni_fdir *dir, const char *name, tn_slice bytes, tni_lstate *out, tn_error *error) {
  tni_in in = tni_in_from(bytes.data, bytes.size);
  const uint8_t *magic = tni_in_bytes(&in, 8);
  if (!magic || memcmp(magic, STATE_MAGIC, 8) != 0)
    return tni_ffail(dir, error, TN_INVALID, name, "this LMDB file was not written by Tenon; choose another folder");
  uint32_t version = tni_in_u32(&in), flags = tni_in_u32(&in);
  if (version > TNI_LMDB_VERSION)
    return tni_ffail(dir, error, TN_INVALID, name, "format version %u, this Tenon reads up to %d; use a newer one",
                     version, TNI_LMDB_VERSION);
  tni_lstate state = {
      .closed = flags & STATE_CLOSED, .apart = flags & STATE_APART, .of_snapshots = flags & STATE_OF_SNAPSHOTS};
  state.log_id = tni_in_u64(&in);
  state.trimmed_upto = tni_in_u64(&in);
  state.epoch = tni_in_u64(&in);
  state.durable_upto = tni_in_u64(&in);
  if (in.failed || in.at != bytes.size)
    return tni_ffail(dir, error, TN_CORRUPT, name, "the log's state has %zu bytes, not %d", bytes.size,
                     TNI_LSTATE_SIZE);
  *out = state;
  return TN_OK;
}

void tni_lrecord_head_encode(const tni_lrecord_head *head, uint8_t data[TNI_LRECORD_HEAD]) {
  tni_out out = tni_out_to(data, TNI_LRECORD_HEAD);
  tni_out_u64(&out, head->durable_upto);
  tni_out_u64(&out, head->offset);
}

bool tni_lrecord_head_decode(tn_slice bytes, tni_lrecord_head *out) {
  tni_in in = tni_in_from(bytes.data, bytes.size);
  out->durable_upto = tni_in_u64(&in);
  out->offset = tni_in_u64(&in);
  return !in.failed;
}

void tni_lsnapshot_head_encode(const tni_lsnapshot_head *head, uint8_t data[TNI_LSNAPSHOT_HEAD]) {
  tni_out out = tni_out_to(data, TNI_LSNAPSHOT_HEAD);
  tni_out_u64(&out, head->id);
  tni_out_u64(&out, head->bytes);
  tni_out_u32(&out, head->chunks);
}

bool tni_lsnapshot_head_decode(tn_slice bytes, tni_lsnapshot_head *out) {
  tni_in in = tni_in_from(bytes.data, bytes.size);
  out->id = tni_in_u64(&in);
  out->bytes = tni_in_u64(&in);
  out->chunks = tni_in_u32(&in);
  return !in.failed && in.at == bytes.size;
}
