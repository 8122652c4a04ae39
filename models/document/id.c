#include "id.h"

#include <stdio.h>

tn_status tni_doc_id_key(tn_ctx *ctx, tn_value id, const char *where, tni_doc_key *key) {
  size_t before = key->size;
  TRY(tni_expect(ctx, id, TN_T_SCALAR, "any scalar as _id", where));
  tn_status status = tni_doc_key_part(ctx, key, id, false);
  if (status == TN_LIMIT || (status == TN_OK && key->size - before > TNI_DOC_ID_SIZE_MAX))
    return tn_fail(ctx, TN_LIMIT, where, "expected an _id of at most %d encoded bytes", TNI_DOC_ID_SIZE_MAX);
  return status;
}

tn_status tni_doc_id_of_part(tn_ctx *ctx, tn_slice part, tn_builder *scratch, tn_value *out) {
  tn_builder_clear(scratch);
  TRY(tn_key_decode(ctx, part, scratch));
  *out = tn_item(tn_built(scratch), 0);
  return TN_OK;
}

#define TEXT_MAX 80

const char *tni_doc_id_text(tn_ctx *ctx, tn_value id) {
  static const char *const types[] = {[TN_ABSENT] = "that is absent",
                                      [TN_NULL] = "null",
                                      [TN_BOOL] = "that is a bool",
                                      [TN_INT] = "",
                                      [TN_DOUBLE] = "",
                                      [TN_STRING] = "",
                                      [TN_BYTES] = "that is bytes",
                                      [TN_TIMESTAMP] = "that is a time",
                                      [TN_ARRAY] = "that is an array",
                                      [TN_OBJECT] = "that is an object"};
  char *out = tn_scratch(ctx, TEXT_MAX);
  tn_slice text;
  int64_t n;
  double d;
  if (!out) return "?";
  if (tn_as_string(id, &text))
    (void)snprintf(out, TEXT_MAX, "\"%s\"", tni_quoted(ctx, text));
  else if (tn_as_int(id, &n))
    (void)snprintf(out, TEXT_MAX, "%lld", (long long)n);
  else if (tn_as_double(id, &d))
    (void)snprintf(out, TEXT_MAX, "%g", d);
  else
    (void)snprintf(out, TEXT_MAX, "%s", types[tn_value_type(id)]);
  return out;
}

/* ---- ids made here ---------------------------------------------------------------------------- */

#define MICROSECOND_BITS 10
#define OP_BITS 20
#define NTH_BITS 22
#define RANDOM_BITS 28

static uint64_t at_most(uint64_t n, unsigned bits) {
  uint64_t most = (UINT64_C(1) << bits) - 1;
  return n < most ? n : most;
}

/* 128 bits; the two that 26 digits of five bits have besides are zero. */
typedef struct wide {
  uint64_t high, low;
} wide;

static wide push(wide w, uint64_t n, unsigned bits) {
  w.high = w.high << bits | w.low >> (64 - bits);
  w.low = w.low << bits | n;
  return w;
}

static void write_base32(wide w, char out[TNI_DOC_ULID_SIZE]) {
  static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (unsigned i = TNI_DOC_ULID_SIZE; i-- > 0;) {
    out[i] = digits[w.low & 31];
    w.low = w.low >> 5 | w.high << 59;
    w.high >>= 5;
  }
}

void tni_doc_id_make(tn_ctx *ctx, uint64_t nth, char out[TNI_DOC_ULID_SIZE]) {
  uint64_t now = ctx->now_us > 0 ? (uint64_t)ctx->now_us : 0;
  wide w = {0, now / 1000};
  w = push(w, now % 1000, MICROSECOND_BITS);
  w = push(w, at_most(ctx->op, OP_BITS), OP_BITS);
  w = push(w, at_most(nth, NTH_BITS), NTH_BITS);
  w = push(w, tn_random(ctx) >> (64 - RANDOM_BITS), RANDOM_BITS);
  write_base32(w, out);
}
