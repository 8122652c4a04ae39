#include "scan.h"

#include "access.h"
#include "resume.h"

#define BATCH_FIRST 8
#define IDS_BYTES_MAX                                                                           \
  ((size_t)32 << 20) /* of ids that wait to be put in order; beyond them all documents are read \
                      */

#define AHEAD 6 /* documents */
#define AHEAD_BYTES 512
#define CACHE_LINE 64

struct tni_doc_scan {
  tn_ctx *ctx;
  const tni_doc_collection *collection;
  tni_doc_plan plan;
  tn_slice after;
  tni_doc_counts counts;
  /* keys */
  tn_cursor *cursor;
  uint32_t range; /* how many were begun */
  bool in_range;
  /* keys of documents, in order, that are to be looked up: all of the plan's, or those of a tie */
  tni_pool pool;
  tn_slice *ids;
  size_t id_count, id_next, id_capacity;
  bool collected;
  /* documents that were looked up */
  tn_slice *keys, *values; /* `room` of each; NULL where none are looked up */
  uint32_t fetched, next, fetch, room;
};

/* ---- keys of the plan's map ------------------------------------------------------------------- */

static uint32_t map_of(const tni_doc_scan *s) {
  return s->plan.way == TNI_DOC_BY_INDEX ? TNI_DOC_ENTRIES : TNI_DOC_DOCUMENTS;
}

static const tni_doc_range *range_at(const tni_doc_scan *s, uint32_t i) {
  return &s->plan.ranges[s->plan.reverse ? s->plan.range_count - 1 - i : i];
}

static tn_status begin_range(tni_doc_scan *s) {
  const tni_doc_range *r = range_at(s, s->range), *ranges = s->plan.ranges;
  if (!s->cursor)
    TRY(tn_cursor_open(s->ctx, map_of(s), ranges[0].from, ranges[s->plan.range_count - 1].to, &s->cursor));
  if (s->range > 0 || s->plan.reverse) TRY(tn_cursor_seek(s->ctx, s->cursor, s->plan.reverse ? r->to : r->from));
  s->range++;
  s->in_range = true;
  return TN_OK;
}

static bool is_in_range(const tni_doc_scan *s, tn_slice key) {
  const tni_doc_range *r = range_at(s, s->range - 1);
  return s->plan.reverse ? tni_doc_bytes_compare(key, r->from) >= 0 : tni_doc_bytes_compare(key, r->to) < 0;
}

static tn_status step(tni_doc_scan *s, bool back, tn_slice *key, tn_slice *value) {
  return s->plan.reverse != back ? tn_cursor_prev(s->ctx, s->cursor, key, value)
                                 : tn_cursor_next(s->ctx, s->cursor, key, value);
}

static tn_status walk_key(tni_doc_scan *s, tn_slice *key, tn_slice *value) {
  for (;;) {
    if (!s->in_range && s->range == s->plan.range_count) return TN_NOT_FOUND;
    if (!s->in_range) TRY(begin_range(s));
    tn_status status = step(s, false, key, value);
    if (status != TN_OK && status != TN_NOT_FOUND) return status;
    if (status == TN_OK && is_in_range(s, *key)) return TN_OK;
    s->in_range = false;
  }
}

static tn_status look_up_key(tni_doc_scan *s, tn_slice *key, tn_slice *value) {
  while (s->range < s->plan.range_count) {
    *key = range_at(s, s->range++)->from;
    tn_status status = tn_map_get(s->ctx, map_of(s), *key, value);
    if (status != TN_NOT_FOUND) return status;
  }
  return TN_NOT_FOUND;
}

static tn_status next_key(tni_doc_scan *s, tn_slice *key, tn_slice *value) {
  TRY(s->plan.whole_keys ? look_up_key(s, key, value) : walk_key(s, key, value));
  s->counts.keys++;
  return TN_OK;
}

/* ---- ids of an index -------------------------------------------------------------------------- */

static bool is_wanted(const tni_doc_scan *s, tn_slice id_part) {
  if (s->after.size == 0) return true;
  int order = tni_doc_bytes_compare(id_part, s->after);
  return s->plan.reverse ? order < 0 : order > 0;
}

static tn_status grow_ids(tni_doc_scan *s) {
  size_t capacity = s->id_capacity == 0 ? 64 : s->id_capacity * 2;
  tn_slice *ids = tni_pool_alloc(&s->pool, capacity * sizeof *ids);
  if (!ids) return tni_pool_full(&s->pool);
  if (s->id_count > 0) memcpy(ids, s->ids, s->id_count * sizeof *ids);
  s->ids = ids;
  s->id_capacity = capacity;
  return TN_OK;
}

/* Keeps the documents key of an entry. */
static tn_status add_id(tni_doc_scan *s, tn_slice id_part) {
  tn_slice prefix = tni_doc_collection_prefix(s->collection);
  if (s->id_count == s->id_capacity) TRY(grow_ids(s));
  uint8_t *key = tni_pool_alloc(&s->pool, prefix.size + id_part.size);
  if (!key) return tni_pool_full(&s->pool);
  memcpy(key, prefix.data, prefix.size);
  memcpy(key + prefix.size, id_part.data, id_part.size);
  s->ids[s->id_count++] = (tn_slice){key, prefix.size + id_part.size};
  return TN_OK;
}

static tn_status order_ids(tni_doc_scan *s, size_t from) {
  size_t count = s->id_count - from;
  if (count < 2) return TN_OK;
  tni_pool_mark mark = tni_pool_at(&s->pool);
  tn_slice *spare = tni_pool_alloc(&s->pool, count * sizeof *spare);
  if (!spare) return tni_pool_full(&s->pool);
  tni_doc_slices_sort(s->ids + from, count, spare);
  tni_pool_back(&s->pool, mark);
  s->id_count = from + tni_doc_slices_unique(s->ids + from, count);
  return TN_OK;
}

static void forget_ids(tni_doc_scan *s) {
  tni_pool_back(&s->pool, (tni_pool_mark){NULL, NULL, 0, 0});
  s->ids = NULL;
  s->id_count = s->id_next = s->id_capacity = 0;
}

/* Too many to hold: reading all documents gives them in the same order. */
static tn_status read_all_instead(tni_doc_scan *s) {
  tni_doc_range *all = tn_scratch(s->ctx, sizeof *all);
  if (!all) return tni_no_memory(s->ctx);
  TRY(tni_doc_range_all(s->ctx, tni_doc_collection_prefix(s->collection), all));
  forget_ids(s);
  s->plan.way = TNI_DOC_SCAN;
  s->plan.index = NULL;
  s->plan.ranges = all;
  s->plan.range_count = 1;
  s->plan.whole_keys = s->plan.exact = false;
  s->plan.order = TNI_DOC_IN_ORDER;
  s->cursor = NULL;
  s->range = 0;
  s->in_range = false;
  return TN_OK;
}

static tn_status collect_ids(tni_doc_scan *s) {
  tn_slice key, value, id_part;
  tn_status status;
  s->collected = true;
  while ((status = next_key(s, &key, &value)) == TN_OK) {
    TRY(tni_doc_entry_id(s->ctx, s->plan.index, key, value, &id_part));
    if (is_wanted(s, id_part)) TRY(add_id(s, id_part));
    if (s->pool.used > IDS_BYTES_MAX) return read_all_instead(s);
  }
  return status == TN_NOT_FOUND ? order_ids(s, 0) : status;
}

/* The entries that are the same up to the plan's group_fields, as ids in order. */
static tn_status collect_tie(tni_doc_scan *s) {
  size_t from = s->id_count, size = 0;
  tn_slice key, value, id_part, tie = {NULL, 0};
  tn_status status;
  while ((status = next_key(s, &key, &value)) == TN_OK) {
    if (tie.size == 0) {
      TRY(tni_doc_entry_size(s->ctx, s->plan.index, key, s->plan.group_fields, &size));
      uint8_t *copy = tni_pool_alloc(&s->pool, size);
      if (!copy) return tni_pool_full(&s->pool);
      tie = (tn_slice){memcpy(copy, key.data, size), size};
    } else if (!tni_doc_has_parts(key, tie)) {
      s->counts.keys--;
      status = step(s, true, &key, &value);
      break;
    }
    TRY(tni_doc_entry_id(s->ctx, s->plan.index, key, value, &id_part));
    TRY(add_id(s, id_part));
  }
  if (status != TN_OK && (status != TN_NOT_FOUND || tie.size == 0)) return status;
  return order_ids(s, from);
}

static tn_status next_in_order(tni_doc_scan *s) {
  tn_slice key, value, id_part = {NULL, 0};
  if (s->plan.group_fields > 0) return collect_tie(s);
  do {
    TRY(next_key(s, &key, &value));
    TRY(tni_doc_entry_id(s->ctx, s->plan.index, key, value, &id_part));
  } while (!is_wanted(s, id_part));
  return add_id(s, id_part);
}

/* ---- documents of ids ------------------------------------------------------------------------- */

/* Makes sure that enough ids wait, as far as there are any. */
static tn_status gather(tni_doc_scan *s) {
  tn_status status = TN_OK;
  if (s->plan.order == TNI_DOC_COLLECT_IDS) return TN_OK;
  if (s->id_next == s->id_count) forget_ids(s);
  while (s->id_count - s->id_next < s->fetch && (status = next_in_order(s)) == TN_OK) continue;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_slice waiting_id(const tni_doc_scan *s, size_t i) {
  bool backwards = s->plan.reverse && s->plan.order == TNI_DOC_COLLECT_IDS;
  return s->ids[backwards ? s->id_count - 1 - i : i];
}

static tn_status fetch(tni_doc_scan *s) {
  TRY(gather(s));
  s->next = s->fetched = 0;
  while (s->fetched < s->fetch && s->id_next < s->id_count) s->keys[s->fetched++] = waiting_id(s, s->id_next++);
  if (s->fetched == 0) return TN_NOT_FOUND;
  s->fetch = s->fetch < s->room / 2 ? s->fetch * 2 : s->room;
  if (s->fetched > 1) return tn_map_get_many(s->ctx, TNI_DOC_DOCUMENTS, s->keys, s->fetched, s->values);
  tn_status status = tn_map_get(s->ctx, TNI_DOC_DOCUMENTS, s->keys[0], &s->values[0]);
  if (status == TN_NOT_FOUND) s->values[0] = (tn_slice){NULL, 0};
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* Documents lie anywhere in memory: what comes soon is on its way while this one is looked at. */
static void prefetch(const tni_doc_scan *s, uint32_t i) {
  const char *bytes = i < s->fetched ? s->values[i].data : NULL;
  size_t size = bytes ? s->values[i].size : 0;
  for (size_t at = 0; at < size && at < AHEAD_BYTES; at += CACHE_LINE) __builtin_prefetch(bytes + at);
}

static tn_status next_fetched(tni_doc_scan *s, tni_doc_stored *out) {
  if (s->next == s->fetched) TRY(fetch(s));
  uint32_t i = s->next++;
  if (i == 0)
    for (uint32_t k = 0; k < AHEAD; k++) prefetch(s, k);
  prefetch(s, i + AHEAD);
  if (!s->values[i].data) return tn_fail(s->ctx, TN_CORRUPT, NULL, "an entry of an index has no document");
  s->counts.documents++;
  return tni_doc_read(s->ctx, s->keys[i], s->values[i], out);
}

/* ---- documents themselves --------------------------------------------------------------------- */

static tn_status next_document(tni_doc_scan *s, tni_doc_stored *out) {
  tn_slice key, value;
  do {
    TRY(next_key(s, &key, &value));
  } while (!is_wanted(s, tni_doc_id_part(s->collection, key)));
  s->counts.documents++;
  return tni_doc_read(s->ctx, key, value, out);
}

static tn_status room_for_fetched(tni_doc_scan *s, uint64_t limit) {
  s->fetched = s->next = 0;
  s->keys = s->values = NULL;
  if (s->plan.way != TNI_DOC_BY_INDEX) return TN_OK;
  bool few = s->plan.whole_keys && s->plan.range_count > 0 && s->plan.range_count < TNI_DOC_FETCH_MAX;
  s->room = few ? s->plan.range_count : TNI_DOC_FETCH_MAX;
  s->fetch = limit > 0 && limit < BATCH_FIRST ? (uint32_t)limit : BATCH_FIRST;
  if (s->fetch > s->room) s->fetch = s->room;
  s->keys = tn_scratch(s->ctx, 2 * s->room * sizeof *s->keys);
  if (!s->keys) return tni_no_memory(s->ctx);
  s->values = s->keys + s->room;
  return TN_OK;
}

/* ---- either ----------------------------------------------------------------------------------- */

tn_status tni_doc_scan_open(tn_ctx *ctx, const tni_doc_collection *c, const tni_doc_plan *plan, tn_slice after,
                            uint64_t limit, tni_doc_scan **out) {
  tni_doc_scan *s = tn_scratch(ctx, sizeof *s);
  if (!s) return tni_no_memory(ctx);
  s->ctx = ctx;
  s->collection = c;
  s->plan = *plan;
  s->after = after;
  s->counts = (tni_doc_counts){0, 0};
  s->cursor = NULL;
  s->range = 0;
  s->in_range = s->collected = false;
  tni_pool_init_fixed(&s->pool, ctx);
  s->ids = NULL;
  s->id_count = s->id_next = s->id_capacity = 0;
  TRY(room_for_fetched(s, limit));
  if (after.size > 0 && plan->way != TNI_DOC_BY_INDEX && !plan->whole_keys)
    TRY(tni_doc_resume_id(ctx, c, after, &s->plan));
  *out = s;
  return TN_OK;
}

tn_status tni_doc_scan_next(tni_doc_scan *s, tni_doc_stored *out) {
  if (s->plan.order == TNI_DOC_COLLECT_IDS && !s->collected) TRY(collect_ids(s));
  return s->plan.way == TNI_DOC_BY_INDEX ? next_fetched(s, out) : next_document(s, out);
}

tn_status tni_doc_scan_count(tni_doc_scan *s, uint64_t *out) {
  tn_slice key, value;
  tn_status status;
  bool only = tni_doc_collection_exists(s->collection) && tn_map_count(s->ctx, TNI_DOC_COLLECTIONS) == 1;
  if (only && s->plan.way == TNI_DOC_SCAN) return *out = tn_map_count(s->ctx, TNI_DOC_DOCUMENTS), TN_OK;
  while ((status = next_key(s, &key, &value)) == TN_OK) continue;
  *out = s->counts.keys;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

bool tni_doc_scan_is_exact(const tni_doc_scan *s) { return s->plan.exact; }

tni_doc_counts tni_doc_scan_counts(const tni_doc_scan *s) { return s->counts; }
