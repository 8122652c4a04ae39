#include "record.h"

#include <stdio.h>

#include "exec.h"
#include "value_layout.h"

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

/* In the order in which they are written, and so found. */
enum { VERSION, EPOCH, SEQ, TIME, SEED, USER, MODELS, OPS, EVENTS, DIGEST, FIELDS };

static const tn_slice names[FIELDS] = {{"v", 1},    {"epoch", 5},  {"seq", 3}, {"time_us", 7}, {"seed", 4},
                                       {"user", 4}, {"models", 6}, {"ops", 3}, {"events", 6},  {"digest", 6}};

/* All fields in one walk; those that are not there stay absent. */
static void take_fields(tn_value value, tn_value fields[FIELDS]) {
  tn_iter it = tn_iter_of(value);
  for (size_t i = 0; it.container.is_object && tn_iter_next(&it);) {
    for (size_t tried = 0; tried < FIELDS; tried++, i++) {
      if (i == FIELDS) i = 0;
      if (it.name.size == names[i].size && memcmp(it.name.data, names[i].data, it.name.size) == 0) {
        fields[i++] = it.value;
        break;
      }
    }
  }
}

static tn_status read_fields(const tn_value fields[FIELDS], tni_record *out, tn_error *error) {
  int64_t version, epoch, seq, seed = 0;
  tn_slice digest;
  if (!tn_as_int(fields[VERSION], &version))
    return tn_error_set(error, TN_CORRUPT, NULL, "this is no journal record");
  if (version > TNI_RECORD_VERSION)
    return tn_error_set(error, TN_UNSUPPORTED, NULL, "a record has version %lld; this library reads up to %d",
                        (long long)version, TNI_RECORD_VERSION);
  tni_record r = {.models = fields[MODELS], .ops = fields[OPS], .events = fields[EVENTS]};
  (void)tn_as_string(fields[USER], &r.user);
  (void)tn_as_int(fields[SEED], &seed);
  if (!tn_as_int(fields[EPOCH], &epoch) || !tn_as_int(fields[SEQ], &seq) || !tn_as_int(fields[TIME], &r.time_us) ||
      tn_value_type(r.ops) != TN_ARRAY || !tn_as_bytes(fields[DIGEST], &digest) || digest.size != TNI_DIGEST_SIZE)
    return tn_error_set(error, TN_CORRUPT, NULL, "a record lacks one of epoch, seq, time_us, ops, digest");
  r.epoch = (uint64_t)epoch;
  r.seq = (uint64_t)seq;
  r.seed = (uint64_t)seed;
  r.digest = tni_digest_read((const uint8_t *)digest.data);
  *out = r;
  return TN_OK;
}

tn_status tni_record_read(tn_value value, tni_record *out, tn_error *error) {
  tn_value fields[FIELDS] = {{NULL, 0}};
  take_fields(value, fields);
  return read_fields(fields, out, error);
}

/* ---- a record in its own bytes -------------------------------------------------------------- */

/* The parts of an object that is all of `bytes`, in its shortest form. Nothing is said of its items. */
static bool open_object(tn_slice bytes, tn_container *out) {
  const uint8_t *data = (const uint8_t *)bytes.data;
  if (bytes.size < 3 || data[0] < TN_TAG_OBJECT8 || data[0] > TN_TAG_OBJECT32) return false;
  unsigned width = 1u << (data[0] - TN_TAG_OBJECT8);
  if (bytes.size < 1 + 2 * width || tn_load_le(data + 1, width) != bytes.size - 1 - width) return false;
  uint64_t count = tn_load_le(data + bytes.size - width, width);
  if (count > FIELDS || (count + 1) * width > bytes.size - 1 - width) return false;
  *out = tn_container_of((tn_value){data, bytes.size});
  return tni_container_width((size_t)(out->ends - out->items), out->count) == width;
}

/* The value behind its name, where that is the next of them that is there. */
static bool take_field(tn_slice slot, size_t *next, tn_value fields[FIELDS]) {
  const uint8_t *data = (const uint8_t *)slot.data;
  tn_value value;
  for (size_t i = *next; i < FIELDS; i++) {
    size_t skip = 1 + names[i].size;
    if (slot.size <= skip || data[0] != TN_TAG_SHORT_STRING + names[i].size) continue;
    if (memcmp(data + 1, names[i].data, names[i].size) != 0) continue;
    if (tni_value_check_within((tn_slice){data + skip, slot.size - skip}, 1, &value, NULL) != TN_OK) return false;
    fields[i] = value;
    *next = i + 1;
    return value.size == slot.size - skip;
  }
  return false;
}

bool tni_record_take(tn_slice bytes, tni_record *out) {
  tn_value fields[FIELDS] = {{NULL, 0}};
  tn_container c;
  size_t start = 0, next = 0;
  if (bytes.size > TN_VALUE_SIZE_MAX || !open_object(bytes, &c)) return false;
  for (uint32_t i = 0; i < c.count; i++) {
    size_t end = (size_t)tn_load_le(c.ends + (size_t)i * c.width, c.width);
    if (end <= start || end > (size_t)(c.ends - c.items)) return false;
    if (!take_field((tn_slice){c.items + start, end - start}, &next, fields)) return false;
    start = end;
  }
  return start == (size_t)(c.ends - c.items) && read_fields(fields, out, NULL) == TN_OK;
}

/* ---- what a storage handed out -------------------------------------------------------------- */

static tn_status not_decoded(tn_status status, const tn_record *bytes, size_t used, const tn_error *found,
                             tn_error *error) {
  char where[64];
  snprintf(where, sizeof where, "record %llu", (unsigned long long)bytes->seq);
  if (status == TN_NOMEM) return tn_error_set(error, status, where, "%s", found->text);
  if (status != TN_OK)
    return tn_error_set(error, TN_CORRUPT, where, "the record cannot be decoded: %s (%s)", found->text, found->where);
  return tn_error_set(error, TN_CORRUPT, where, "the record ends after %zu of %zu bytes", used, bytes->bytes.size);
}

tn_status tni_record_decode(const tn_formatter *format, const tn_record *bytes, tn_builder *out, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  size_t used = 0;
  tn_builder_clear(out);
  tn_status status = format->decode(&tni_host, bytes->bytes, out, &used, &found);
  if (status == TN_OK && used == bytes->bytes.size) return TN_OK;
  return not_decoded(status, bytes, used, &found, error);
}

tn_status tni_view(const tn_formatter *format, tn_slice bytes, tn_builder *scratch, tn_value *out, size_t *used,
                   tn_error *error) {
  tn_status status;
  if (format->plain) {
    status = tn_value_check(bytes, out, error);
    if (status == TN_OK) *used = out->size;
    return status;
  }
  tn_builder_clear(scratch);
  status = format->decode(&tni_host, bytes, scratch, used, error);
  if (status == TN_OK) *out = tn_built(scratch);
  return status;
}

tn_status tni_record_view(const tn_formatter *format, const tn_record *bytes, tn_builder *scratch, tn_value *out,
                          tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  size_t used = 0;
  tn_status status = tni_view(format, bytes->bytes, scratch, out, &used, &found);
  if (status == TN_OK && used == bytes->bytes.size) return TN_OK;
  return not_decoded(status, bytes, used, &found, error);
}
