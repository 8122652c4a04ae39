#include "record.h"

#include <stdio.h>

#include "exec.h"

static void store_le(uint8_t *to, uint64_t n) {
  for (int i = 0; i < 8; i++) to[i] = (uint8_t)(n >> (8 * i));
}

void tni_digest_write(tni_digest digest, uint8_t out[TNI_DIGEST_SIZE]) {
  store_le(out, digest.low);
  store_le(out + 8, digest.high);
}

tni_digest tni_digest_read(const uint8_t in[TNI_DIGEST_SIZE]) {
  return (tni_digest){tn_load_le(in, 8), tn_load_le(in + 8, 8)};
}

bool tni_digest_equal(tni_digest a, tni_digest b) { return a.low == b.low && a.high == b.high; }

void tni_digest_text(tni_digest digest, char out[33]) {
  snprintf(out, 33, "%016llx%016llx", (unsigned long long)digest.high, (unsigned long long)digest.low);
}

void tni_record_build(const tni_record *record, tn_builder *out) {
  uint8_t digest[TNI_DIGEST_SIZE];
  tni_digest_write(record->digest, digest);
  tn_builder_clear(out);
  tn_object_begin(out);
  tn_set(out, "v", TNI_RECORD_VERSION);
  tn_set(out, "epoch", record->epoch);
  tn_set(out, "seq", record->seq);
  tn_set(out, "time_us", record->time_us);
  if (record->seed != 0) tn_set(out, "seed", record->seed);
  if (record->user.size > 0) tn_set(out, "user", tn_text(record->user));
  if (!tn_is_absent(record->models)) tn_set(out, "models", record->models);
  tn_set(out, "ops", record->ops);
  if (!tn_is_absent(record->events)) tn_set(out, "events", record->events);
  tn_set(out, "digest", ((tn_slice){digest, sizeof digest}));
  tn_end(out);
}

tn_status tni_record_read(tn_value value, tni_record *out, tn_error *error) {
  int64_t version, epoch, seq, seed = 0;
  tni_record r = {0};
  tn_slice digest;
  if (tn_get_int(value, "v", &version) != TN_OK)
    return tn_error_set(error, TN_CORRUPT, NULL, "this is no journal record");
  if (version > TNI_RECORD_VERSION)
    return tn_error_set(error, TN_UNSUPPORTED, NULL, "a record has version %lld; this library reads up to %d",
                        (long long)version, TNI_RECORD_VERSION);
  r.ops = tn_field(value, "ops");
  r.models = tn_field(value, "models");
  r.events = tn_field(value, "events");
  (void)tn_get_string(value, "user", &r.user);
  (void)tn_get_int(value, "seed", &seed);
  if (tn_get_int(value, "epoch", &epoch) != TN_OK || tn_get_int(value, "seq", &seq) != TN_OK ||
      tn_get_int(value, "time_us", &r.time_us) != TN_OK || tn_value_type(r.ops) != TN_ARRAY ||
      tn_get_bytes(value, "digest", &digest) != TN_OK || digest.size != TNI_DIGEST_SIZE)
    return tn_error_set(error, TN_CORRUPT, NULL, "a record lacks one of epoch, seq, time_us, ops, digest");
  r.epoch = (uint64_t)epoch;
  r.seq = (uint64_t)seq;
  r.seed = (uint64_t)seed;
  r.digest = tni_digest_read((const uint8_t *)digest.data);
  *out = r;
  return TN_OK;
}

tn_status tni_record_decode(const tn_formatter *format, const tn_record *bytes, tn_builder *out, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  char where[64];
  size_t used = 0;
  tn_builder_clear(out);
  tn_status status = format->decode(&tni_host, bytes->bytes, out, &used, &found);
  snprintf(where, sizeof where, "record %llu", (unsigned long long)bytes->seq);
  if (status == TN_NOMEM) return tn_error_set(error, status, where, "%s", found.text);
  if (status != TN_OK)
    return tn_error_set(error, TN_CORRUPT, where, "the record cannot be decoded: %s (%s)", found.text, found.where);
  if (used != bytes->bytes.size)
    return tn_error_set(error, TN_CORRUPT, where, "the record ends after %zu of %zu bytes", used, bytes->bytes.size);
  return TN_OK;
}
