#include "cursor.h"

#include <inttypes.h>

struct tni_lcursor {
  tni_ljournal *j;
  uint64_t seq; /* of the record handed out next */
  tni_lplace place;
};

static tn_status trimmed(const tni_ljournal *j, uint64_t seq, uint64_t oldest, tn_error *error) {
  return tni_ffail(j->dir, error, TN_TRIMMED, NULL, "record %" PRIu64 " was trimmed; the oldest is %" PRIu64, seq,
                   oldest);
}

tn_status tni_lcursor_open(tni_ljournal *j, uint64_t from_seq, tni_lcursor **out, tn_error *error) {
  const tn_memory *m = j->dir->memory;
  uint64_t oldest = tni_ljournal_bounds(j).first_seq;
  if (from_seq < oldest) return trimmed(j, from_seq, oldest, error);
  tni_lcursor *c = m->resize(m->context, NULL, 0, sizeof *c);
  if (!c) return tni_ffail(j->dir, error, TN_NOMEM, NULL, "no memory for a cursor");
  *c = (tni_lcursor){.j = j, .seq = from_seq};
  tn_status status = tni_lplace_init(&c->place, j->file, error);
  if (status == TN_OK)
    *out = c;
  else
    (void)m->resize(m->context, c, sizeof *c, 0);
  return status;
}

void tni_lcursor_close(tni_lcursor *c) {
  const tn_memory *m = c->j->dir->memory;
  tni_lplace_fini(&c->place);
  (void)m->resize(m->context, c, sizeof *c, 0);
}

/* TN_OK when the cursor's record is to be there, NOT_FOUND behind the newest, TRIMMED. */
static tn_status where_it_stands(const tni_lcursor *c, tn_error *error) {
  tni_lbounds bounds = tni_ljournal_bounds(c->j);
  if (c->seq >= bounds.next_seq) return TN_NOT_FOUND;
  return c->seq < bounds.first_seq ? trimmed(c->j, c->seq, bounds.first_seq, error) : TN_OK;
}

/* A record that is not there, or not whole: it was trimmed, by this owner, whose bounds say so, or by another one,
 * whom a look finds; else it is damaged. */
static tn_status missing(tni_lcursor *c, tn_error *found, tn_error *error) {
  tn_status status = c->j->env ? TN_OK : tni_ljournal_look(c->j, error);
  if (status == TN_OK) status = where_it_stands(c, error);
  if (status != TN_OK) return status;
  return tni_ffail(c->j->dir, error, TN_CORRUPT, found->where[0] ? found->where : c->j->file->name.text,
                   "record %" PRIu64 " is damaged or missing; restore it from a backup", c->seq);
}

tn_status tni_lcursor_next(tni_lcursor *c, tn_record *out, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tni_lkey key = tni_lkey_numbered(TNI_LRECORD, c->seq);
  tn_status status = where_it_stands(c, error);
  if (status != TN_OK) return status;
  status = tni_lplace_next(&c->place, &key, &found);
  if (status == TN_NOT_FOUND || status == TN_CORRUPT) return missing(c, &found, error);
  if (status == TN_OK && c->place.value.size < TNI_LRECORD_HEAD) return missing(c, &found, error);
  if (status != TN_OK) {
    if (error) *error = found;
    return status;
  }
  const uint8_t *bytes = (const uint8_t *)c->place.value.data + TNI_LRECORD_HEAD;
  *out = (tn_record){c->seq++, {bytes, c->place.value.size - TNI_LRECORD_HEAD}};
  return TN_OK;
}
