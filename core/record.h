/* record.h - one journal entry, as a value: made from the commands of a txn, and read back. docs/FORMAT.md, "Record".
 */
#ifndef TENON_RECORD_H
#define TENON_RECORD_H

#include "map.h"
#include "tenon_plugin.h"

#define TNI_RECORD_VERSION 1
#define TNI_UPGRADE_OP "$upgrade" /* in the place of an op: a model's upgrade; always with changes */

/* A record taken apart; slices and values point into the value it was read from. */
typedef struct tni_record {
  uint64_t epoch;
  uint64_t seq;
  int64_t time_us;
  uint64_t seed;     /* 0 when no handler drew from it */
  tn_slice user;     /* empty when none */
  tn_value models;   /* {name: [type, version]}, where it differs from what the journal said before; else absent */
  tn_value ops;      /* [[model, op, [args], changes?]] */
  tn_value events;   /* [[model, event, data]], or absent */
  tni_digest digest; /* of the state after it */
} tni_record;

/* Builds the record's value in `out` (cleared first). Its status tells. */
void tni_record_build(const tni_record *record, tn_builder *out);
/* CORRUPT when the value is no record, UNSUPPORTED when it is one of a newer version. */
tn_status tni_record_read(tn_value value, tni_record *out, tn_error *error) TN_MUST_USE;
/* Checks bytes of unknown origin and takes them apart in one walk, where they are exactly what tni_record_build()
 * makes. False when they are not: tn_value_check() and tni_record_read() say whether they are a record all the same.
 */
bool tni_record_take(tn_slice bytes, tni_record *out);

/* What a storage handed out, decoded into `out` (cleared first). CORRUPT, naming the record: the bytes are not one
 * value of the format. NOMEM. */
tn_status tni_record_decode(const tn_formatter *format, const tn_record *bytes, tn_builder *out,
                            tn_error *error) TN_MUST_USE;

/* The same without copying where the format lets it: *out lies in `bytes`, or in `scratch`. */
tn_status tni_record_view(const tn_formatter *format, const tn_record *bytes, tn_builder *scratch, tn_value *out,
                          tn_error *error) TN_MUST_USE;
/* One value from the start of `bytes`, the same way; else as tn_formatter.decode(). */
tn_status tni_view(const tn_formatter *format, tn_slice bytes, tn_builder *scratch, tn_value *out, size_t *used,
                   tn_error *error) TN_MUST_USE;

/* 16 bytes: low half, high half, little-endian. */
#define TNI_DIGEST_SIZE 16
void tni_digest_write(tni_digest digest, uint8_t out[TNI_DIGEST_SIZE]);
tni_digest tni_digest_read(const uint8_t in[TNI_DIGEST_SIZE]);
bool tni_digest_equal(tni_digest a, tni_digest b);
/* 32 hex digits, high half first, and a NUL. */
void tni_digest_text(tni_digest digest, char out[33]);

#endif
