#include "plan.h"

#include <stdio.h>

#include "access.h"
#include "entries.h"
#include "store.h"

/* What things cost, beside reading a key that lies next to the one before. */
#define COST_RANGE 10.0   /* finding the first key of a range */
#define COST_FETCH 5.0    /* a document by its key */
#define COST_READ 2.0     /* a document next to the one before */
#define COST_ORDER_ID 0.5 /* putting an id in order */
#define COST_SORT 3.0     /* putting a document in order */
#define RANGES_LOOKED_AT 16
#define TIE_MAX 200000.0 /* keys; above that sorting documents needs less memory than putting the tie in order */
#define WHY_MAX 96

static const char not_asked_for[] = "nothing in the filter bounds its first field, and its order is not asked for";

typedef struct planning {
  tn_ctx *ctx;
  const tni_doc_ask *ask;
  bool explain;
  double documents; /* in the collection */
  double matching;  /* documents that are likely to match */
  tni_doc_choice *out;
  tni_doc_rejected *rejected;
} planning;

/* A plan that may be taken. */
typedef struct candidate {
  tn_slice name;
  tni_doc_plan plan;
} candidate;

/* ---- estimates -------------------------------------------------------------------------------- */

/* Of many ranges some are looked at, and stand for the others. */
static double keys_in(const planning *p, uint32_t map, const tni_doc_range *ranges, uint32_t count) {
  uint32_t every = (count + RANGES_LOOKED_AT - 1) / RANGES_LOOKED_AT, looked_at = 0;
  double keys = 0;
  for (uint32_t i = 0; i < count; i += every, looked_at++)
    keys += (double)tn_map_estimate(p->ctx, map, ranges[i].from, ranges[i].to);
  return looked_at == 0 ? 0 : keys * count / looked_at;
}

static uint32_t map_of(const tni_doc_plan *plan) {
  return plan->way == TNI_DOC_BY_INDEX ? TNI_DOC_ENTRIES : TNI_DOC_DOCUMENTS;
}

/* The share of what can be found that is looked at until there is enough. */
static double share_needed(const planning *p, bool in_order) {
  double limit = (double)p->ask->limit;
  if (!in_order || p->ask->limit == TNI_DOC_ALL || p->matching <= limit) return 1;
  return limit / p->matching;
}

static double cost_of(const planning *p, const tni_doc_plan *plan) {
  bool by_index = plan->way == TNI_DOC_BY_INDEX;
  double share = share_needed(p, plan->order == TNI_DOC_IN_ORDER && !plan->sorts);
  double cost = COST_RANGE * plan->range_count + (plan->sorts ? COST_SORT * p->matching : 0);
  if (plan->covered) return cost + plan->keys;
  if (!by_index) return cost + COST_READ * plan->keys * share;
  if (plan->order == TNI_DOC_IN_ORDER) return cost + (1 + COST_FETCH) * plan->keys * share + plan->tie;
  return cost + (1 + COST_ORDER_ID) * plan->keys + COST_FETCH * plan->keys * share_needed(p, !plan->sorts);
}

/* ---- candidates ------------------------------------------------------------------------------- */

static tn_status reject(planning *p, tn_slice index, const char *why) {
  if (p->explain) p->rejected[p->out->rejected_count++] = (tni_doc_rejected){index, why};
  return TN_OK;
}

static tn_status use_documents(planning *p, tni_doc_way way, const tni_doc_bounds *bounds, tni_doc_plan *plan) {
  tn_slice prefix = tni_doc_collection_prefix(p->ask->collection);
  uint32_t count = bounds ? bounds->count : 1;
  *plan = (tni_doc_plan){.way = way, .range_count = count, .order = TNI_DOC_IN_ORDER};
  plan->ranges = tn_scratch(p->ctx, (count + 1) * sizeof *plan->ranges);
  if (!plan->ranges) return tni_no_memory(p->ctx);
  if (bounds)
    TRY(tni_doc_ranges_below(p->ctx, prefix, bounds, plan->ranges));
  else
    TRY(tni_doc_range_all(p->ctx, prefix, plan->ranges));
  plan->whole_keys = bounds && bounds->points;
  plan->bounds = bounds;
  plan->bound_fields = bounds != NULL;
  plan->covered =
      p->ask->counting && (bounds ? bounds->exact && p->ask->complete : p->ask->term_count == 0 && p->ask->complete);
  plan->sorts = p->ask->sort != NULL;
  plan->reverse = !plan->sorts && p->ask->ids_descend;
  return TN_OK;
}

/* The first tie of the walk stands for all. */
static tn_status estimate_tie(planning *p, tni_doc_plan *plan) {
  const tni_doc_range *r = &plan->ranges[plan->reverse ? plan->range_count - 1 : 0];
  tni_doc_range tie;
  tn_cursor *cursor;
  tn_slice key, value;
  size_t size;
  if (plan->group_fields == 0 || plan->range_count == 0) return TN_OK;
  TRY(tn_cursor_open(p->ctx, TNI_DOC_ENTRIES, r->from, r->to, &cursor));
  if (plan->reverse) TRY(tn_cursor_seek_end(p->ctx, cursor));
  tn_status status =
      plan->reverse ? tn_cursor_prev(p->ctx, cursor, &key, &value) : tn_cursor_next(p->ctx, cursor, &key, &value);
  if (status != TN_OK) return status == TN_NOT_FOUND ? TN_OK : status;
  TRY(tni_doc_entry_size(p->ctx, plan->index, key, plan->group_fields, &size));
  TRY(tni_doc_range_all(p->ctx, (tn_slice){key.data, size}, &tie));
  plan->tie = keys_in(p, TNI_DOC_ENTRIES, &tie, 1);
  return TN_OK;
}

/* What arrays hold is asked for all the same: the filter tells which item it was. */
static bool is_exact(const planning *p, const tni_doc_access *access) {
  bool exact = p->ask->complete && access->exact;
  for (uint32_t i = 0; exact && i < access->index->field_count; i++) exact = access->index->fields[i].arrays == 0;
  return exact;
}

static tn_status use_index(planning *p, const tni_doc_access *access, tni_doc_plan *plan) {
  *plan = (tni_doc_plan){.way = TNI_DOC_BY_INDEX,
                         .index = access->index,
                         .ranges = access->ranges,
                         .range_count = access->range_count,
                         .whole_keys = access->whole_keys,
                         .bounds = access->bounds,
                         .bound_fields = access->bound_fields,
                         .repeats = tni_doc_access_repeats(access),
                         .exact = is_exact(p, access),
                         .covered = p->ask->counting && p->ask->complete && access->exact};
  plan->covered = plan->covered && !plan->repeats;
  bool in_order = tni_doc_access_in_order(access, p->ask, plan);
  if (in_order) TRY(estimate_tie(p, plan));
  in_order = in_order && plan->tie <= TIE_MAX;
  plan->order = in_order ? TNI_DOC_IN_ORDER : TNI_DOC_COLLECT_IDS;
  plan->sorts = !in_order && p->ask->sort;
  if (!in_order) plan->reverse = p->ask->ids_descend && !p->ask->sort;
  if (!in_order) plan->group_fields = 0;
  return TN_OK;
}

/* Seen at a glance: no term is on its first field, and nothing else speaks for it. */
static bool is_useless(const tni_doc_ask *ask, const tni_doc_index *index) {
  if (ask->sort || index->sparse || index->filter) return false;
  for (size_t i = 0; i < ask->term_count; i++)
    if (tni_doc_term_is_on(&ask->terms[i], &index->fields[0].path)) return false;
  return true;
}

/* Useful: its first field has bounds, or its order saves sorting. */
static tn_status consider_index(planning *p, const tni_doc_index *index, bool hinted, tni_doc_plan *plan,
                                bool *usable) {
  const char *why = NULL;
  *usable = false;
  if (!hinted && is_useless(p->ask, index)) return reject(p, index->name, not_asked_for);
  tni_doc_access *access = tn_scratch(p->ctx, sizeof *access);
  if (!access) return tni_no_memory(p->ctx);
  TRY(tni_doc_access_make(p->ctx, p->ask, index, access, &why));
  if (why && hinted)
    return tn_fail(p->ctx, TN_INVALID, "hint", "the index '%s' cannot answer this: %s",
                   tni_quoted(p->ctx, index->name), why);
  if (why) return reject(p, index->name, why);
  TRY(use_index(p, access, plan));
  bool saves_sort = p->ask->sort && !plan->sorts;
  if (!hinted && access->bound_fields == 0 && !saves_sort && !(index->sparse || index->filter))
    return reject(p, index->name, not_asked_for);
  *usable = true;
  return TN_OK;
}

/* ---- hints ------------------------------------------------------------------------------------ */

static tn_status unknown_hint(planning *p, tn_slice hint) {
  const char *names[TNI_DOC_INDEXES_MAX + 2] = {"id", "scan"};
  uint32_t count = 2;
  for (uint32_t i = 0; i < p->ask->collection->index_count; i++)
    names[count++] = tni_quoted(p->ctx, p->ask->collection->indexes[i].name);
  return tn_fail(p->ctx, TN_INVALID, "hint", "expected the name of an index, \"id\" or \"scan\", got '%s'%s",
                 tni_quoted(p->ctx, hint), tn_nearest(p->ctx, hint, names, count));
}

static tn_status take_hint(planning *p) {
  tn_slice hint = {NULL, 0};
  tni_doc_plan *plan = &p->out->plan;
  (void)tn_as_string(p->ask->hint, &hint);
  TRY(tni_doc_indexes(p->ctx, p->ask->collection));
  const tni_doc_index *index = tni_doc_index_named(p->ask->collection, hint);
  bool usable, bounded = false;
  tni_doc_bounds *bounds = tn_scratch(p->ctx, sizeof *bounds);
  if (!bounds) return tni_no_memory(p->ctx);
  if (index) return consider_index(p, index, true, plan, &usable);
  if (tni_slice_is(hint, "scan")) return use_documents(p, TNI_DOC_SCAN, NULL, plan);
  if (!tni_slice_is(hint, "id")) return unknown_hint(p, hint);
  TRY(tni_doc_id_bounds(p->ctx, p->ask, bounds, &bounded));
  return use_documents(p, TNI_DOC_BY_ID, bounded ? bounds : NULL, plan);
}

/* ---- one document by its key ------------------------------------------------------------------ */

#define STRAIGHT_MAX 512 /* bytes of a value that is looked up without weighing ways */

/* One range with one key in it, which is all of it. */
static tn_status use_key(planning *p, tni_doc_way way, const tni_doc_key *key, tni_doc_plan *plan) {
  tni_doc_range *range = tn_scratch(p->ctx, sizeof *range + key->size + 1);
  if (!range) return tni_no_memory(p->ctx);
  uint8_t *bytes = memcpy(range + 1, key->data, key->size);
  bytes[key->size] = 0;
  *range = (tni_doc_range){{bytes, key->size}, {bytes, key->size + 1}};
  *plan = (tni_doc_plan){.way = way, .ranges = range, .range_count = 1, .whole_keys = true};
  plan->reverse = p->ask->ids_descend && !p->ask->sort;
  return TN_OK;
}

static tn_status use_id(planning *p) {
  tni_doc_plan *plan = &p->out->plan;
  tni_doc_key key;
  TRY(tni_doc_key_of(p->ctx, p->ask->collection, p->ask->id, "filter._id", &key));
  TRY(use_key(p, TNI_DOC_BY_ID, &key, plan));
  plan->covered = p->ask->counting;
  plan->sorts = p->ask->sort != NULL;
  return TN_OK;
}

bool tni_doc_is_straight(tn_value value) {
  double d;
  tn_type type = tn_value_type(value);
  if (type == TN_DOUBLE) return tn_as_double(value, &d) && d == d;
  return type == TN_INT || type == TN_TIMESTAMP || (type == TN_STRING && value.size <= STRAIGHT_MAX);
}

/* The unique index that holds one document at most for the only term there is; NULL. */
static const tni_doc_index *unique_for(const tni_doc_ask *ask) {
  const tni_doc_collection *c = ask->collection;
  const tni_term *term = ask->terms;
  bool fits = ask->term_count == 1 && !ask->sort && !ask->counting && term->kind == TNI_TERM_EQ;
  if (!fits || !tni_doc_is_straight(term->operand)) return NULL;
  for (uint32_t i = 0; i < c->index_count; i++) {
    const tni_doc_index *index = &c->indexes[i];
    if (index->unique && index->field_count == 1 && !index->filter &&
        tni_doc_term_is_on(term, &index->fields[0].path))
      return index;
  }
  return NULL;
}

static tn_status use_unique(planning *p, const tni_doc_index *index) {
  static const uint8_t end = TNI_DOC_KEY_END;
  tni_doc_key key;
  key.size = 0;
  TRY(tni_doc_key_bytes(p->ctx, &key, tni_doc_index_prefix(index)));
  TRY(tni_doc_key_part(p->ctx, &key, p->ask->terms[0].operand, index->fields[0].descending));
  TRY(tni_doc_key_bytes(p->ctx, &key, (tn_slice){&end, 1}));
  TRY(use_key(p, TNI_DOC_BY_INDEX, &key, &p->out->plan));
  p->out->plan.index = index;
  p->out->plan.exact = p->ask->complete && p->ask->terms[0].exact && index->fields[0].arrays == 0;
  return TN_OK;
}

/* ---- choosing --------------------------------------------------------------------------------- */

/* At most one document, by its key: nothing beats that. */
static bool finds_one(const tni_doc_plan *plan) { return plan->whole_keys && plan->range_count <= 1; }

/* The documents themselves come first in the list; reading all of them is made a plan only where no index finds the
 * one there is. */
static tn_status all_candidates(planning *p, candidate *list, uint32_t *count) {
  tni_doc_collection *c = p->ask->collection;
  tni_doc_bounds *bounds = tn_scratch(p->ctx, sizeof *bounds);
  bool bounded, usable;
  if (!bounds) return tni_no_memory(p->ctx);
  TRY(tni_doc_id_bounds(p->ctx, p->ask, bounds, &bounded));
  *count = 1;
  list[0].name = tni_slice_of(bounded ? "id" : "scan");
  if (bounded) TRY(use_documents(p, TNI_DOC_BY_ID, bounds, &list[0].plan));
  if (bounded && finds_one(&list[0].plan) && !p->explain) return TN_OK;
  TRY(tni_doc_indexes(p->ctx, c));
  for (uint32_t i = 0; i < c->index_count; i++) {
    list[*count].name = c->indexes[i].name;
    TRY(consider_index(p, &c->indexes[i], false, &list[*count].plan, &usable));
    if (usable && finds_one(&list[*count].plan) && !p->explain) return list[0] = list[*count], *count = 1, TN_OK;
    *count += usable;
  }
  return bounded ? TN_OK : use_documents(p, TNI_DOC_SCAN, NULL, &list[0].plan);
}

/* The narrowest ranges tell how much is likely to match; a filter that nothing is known of is taken to hold for a
 * third.
 */
static void estimate(planning *p, candidate *list, uint32_t count) {
  tni_doc_range all;
  tn_slice prefix = tni_doc_collection_prefix(p->ask->collection);
  p->documents = tni_doc_range_all(p->ctx, prefix, &all) == TN_OK ? keys_in(p, TNI_DOC_DOCUMENTS, &all, 1) : 0;
  p->matching = p->ask->term_count > 0 || !p->ask->complete ? p->documents / 3 : p->documents;
  for (uint32_t i = 0; i < count; i++) {
    tni_doc_plan *plan = &list[i].plan;
    plan->keys = keys_in(p, map_of(plan), plan->ranges, plan->range_count);
    if (plan->bound_fields > 0 && plan->keys < p->matching) p->matching = plan->keys;
  }
}

static tn_status say_why(planning *p, const candidate *lost, const candidate *won) {
  char *why = tn_scratch(p->ctx, WHY_MAX);
  if (!why) return tni_no_memory(p->ctx);
  (void)snprintf(why, WHY_MAX, "about %.0f keys, cost %.0f; the chosen plan has %.0f, cost %.0f", lost->plan.keys,
                 lost->plan.cost, won->plan.keys, won->plan.cost);
  return reject(p, lost->name, why);
}

static tn_status weigh(planning *p) {
  candidate list[TNI_DOC_INDEXES_MAX + 1];
  uint32_t count = 0, best = 0;
  TRY(all_candidates(p, list, &count));
  if (count > 1 || p->explain) estimate(p, list, count);
  for (uint32_t i = 0; count > 1 && i < count; i++) {
    list[i].plan.cost = cost_of(p, &list[i].plan);
    if (list[i].plan.cost < list[best].plan.cost) best = i;
  }
  for (uint32_t i = 0; p->explain && i < count; i++)
    if (i != best) TRY(say_why(p, &list[i], &list[best]));
  p->out->plan = list[best].plan;
  return TN_OK;
}

static tn_status choose(planning *p) {
  if (!tn_is_absent(p->ask->id)) return use_id(p);
  TRY(tni_doc_indexes(p->ctx, p->ask->collection));
  const tni_doc_index *index = p->explain ? NULL : unique_for(p->ask);
  return index ? use_unique(p, index) : weigh(p);
}

tn_status tni_doc_choose(tn_ctx *ctx, const tni_doc_ask *ask, bool explain, tni_doc_choice *out) {
  planning p = {.ctx = ctx, .ask = ask, .explain = explain, .out = out};
  memset(out, 0, sizeof *out);
  if (explain) {
    p.rejected = tn_scratch(ctx, 2 * (TNI_DOC_INDEXES_MAX + 1) * sizeof *p.rejected);
    if (!p.rejected) return tni_no_memory(ctx);
    out->rejected = p.rejected;
  }
  return tn_is_absent(ask->hint) || tn_is_null(ask->hint) ? choose(&p) : take_hint(&p);
}
