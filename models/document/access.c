#include "access.h"

/* ---- does it hold all that may match? --------------------------------------------------------- */

static bool same_operand(tn_ctx *ctx, tn_value a, tn_value b) { return ctx->host->value_compare(a, b) == 0; }

/* Whether what fulfils `given` fulfils `wanted`, both on one path. */
static tn_status term_implies(tn_ctx *ctx, const tni_term *given, const tni_term *wanted, bool *out) {
  tni_doc_bounds inner, outer;
  bool given_bounded, wanted_bounded;
  *out = given->kind == wanted->kind && same_operand(ctx, given->operand, wanted->operand);
  if (*out) return TN_OK;
  if (wanted->kind == TNI_TERM_EXISTS) return *out = tni_doc_term_needs_value(given), TN_OK;
  TRY(tni_doc_bounds_of(ctx, given, &inner, &given_bounded));
  TRY(tni_doc_bounds_of(ctx, wanted, &outer, &wanted_bounded));
  *out = given_bounded && wanted_bounded && outer.exact && tni_doc_bounds_within(&inner, &outer);
  return TN_OK;
}

static tn_status filter_implies(tn_ctx *ctx, const tni_doc_ask *ask, const tni_filter *where, bool *out) {
  const tni_term *wanted;
  size_t count;
  bool complete;
  TRY(tni_filter_terms(ctx, where, &wanted, &count, &complete));
  *out = complete;
  for (size_t i = 0; i < count && *out; i++) {
    *out = false;
    for (size_t k = 0; k < ask->term_count && !*out; k++)
      if (tni_doc_term_is_on(&ask->terms[k], &wanted[i].path))
        TRY(term_implies(ctx, &ask->terms[k], &wanted[i], out));
  }
  return TN_OK;
}

static bool needs_a_field(const tni_doc_ask *ask, const tni_doc_index *index) {
  for (size_t k = 0; k < ask->term_count; k++)
    for (uint32_t f = 0; f < index->field_count; f++)
      if (tni_doc_term_is_on(&ask->terms[k], &index->fields[f].path) && tni_doc_term_needs_value(&ask->terms[k]))
        return true;
  return false;
}

static tn_status why_incomplete(tn_ctx *ctx, const tni_doc_ask *ask, const tni_doc_index *index, const char **why) {
  bool implied = true;
  if (index->sparse && !needs_a_field(ask, index))
    return *why = "it is sparse, and documents without its fields may match", TN_OK;
  if (index->filter) TRY(filter_implies(ctx, ask, index->filter, &implied));
  if (!implied) *why = "it is partial, and documents outside its `where` may match";
  return TN_OK;
}

/* ---- bounds of fields ------------------------------------------------------------------------- */

#define ANY_ELEMENT UINT32_MAX

/* How much bounds narrow down, by their form. */
static unsigned rank_of(const tni_doc_bounds *b) {
  if (b->count == 0) return UINT32_MAX;
  if (b->points) return 1000000u - (b->count < 999999u ? b->count : 999999u) + 3u;
  return (b->ranges[0].from.size > 1) + (b->ranges[b->count - 1].to.size > 1);
}

/* Terms of a field that may be taken together, and what they give. */
typedef struct group {
  tni_doc_bounds bounds;
  bool bounded;
  bool all_exact; /* every term of the path is in it */
  uint32_t element;
} group;

static tn_status take_term(tn_ctx *ctx, const tni_term *term, group *g) {
  tni_doc_bounds bounds;
  bool bounded;
  TRY(tni_doc_bounds_of(ctx, term, &bounds, &bounded));
  if (!bounded) return g->all_exact = false, TN_OK;
  if (g->bounded) TRY(tni_doc_bounds_both(ctx, &g->bounds, &bounds, &bounds));
  g->bounds = bounds;
  g->bounded = true;
  return TN_OK;
}

/* All terms on the path that stand in `element`, or all there are. */
static tn_status take_together(tn_ctx *ctx, const tni_doc_ask *ask, const tni_path *path, uint32_t element,
                               group *g) {
  *g = (group){.all_exact = true, .element = element};
  for (size_t k = 0; k < ask->term_count; k++) {
    if (!tni_doc_term_is_on(&ask->terms[k], path)) continue;
    if (element == ANY_ELEMENT || ask->terms[k].element == element)
      TRY(take_term(ctx, &ask->terms[k], g));
    else
      g->all_exact = false;
  }
  return TN_OK;
}

static void keep_better(group *best, const group *g) {
  if (g->bounded && (!best->bounded || rank_of(&g->bounds) > rank_of(&best->bounds))) *best = *g;
}

static uint32_t terms_on(const tni_doc_ask *ask, const tni_path *path) {
  uint32_t count = 0;
  for (size_t k = 0; k < ask->term_count; k++) count += tni_doc_term_is_on(&ask->terms[k], path);
  return count;
}

/* On a path through an array: one term, or those of one $elemMatch if the path has no second array. */
static tn_status take_best(tn_ctx *ctx, const tni_doc_ask *ask, const tni_doc_field *field, uint32_t element,
                           group *best) {
  bool one_array = (field->arrays & (field->arrays - 1)) == 0;
  uint32_t all = terms_on(ask, &field->path);
  *best = (group){.bounded = false};
  for (size_t k = 0; k < ask->term_count; k++) {
    const tni_term *term = &ask->terms[k];
    group g = {.all_exact = all == 1, .element = term->element};
    if (!tni_doc_term_is_on(term, &field->path)) continue;
    if (element != ANY_ELEMENT && term->element != element) continue;
    if (term->element != 0 && one_array)
      TRY(take_together(ctx, ask, &field->path, term->element, &g));
    else
      TRY(take_term(ctx, term, &g));
    keep_better(best, &g);
  }
  return TN_OK;
}

static uint32_t common_steps(const tni_path *a, const tni_path *b) {
  uint32_t n = 0;
  while (n < a->count && n < b->count && tni_slice_same(a->steps[n].name, b->steps[n].name)) n++;
  return n;
}

/* The $elemMatch that a field's terms have to stand in, because a field before it leads through the same array:
 * ANY_ELEMENT when there is none, 0 when nothing helps. */
static uint32_t element_needed(const tni_doc_index *index, uint32_t field, const uint32_t *elements) {
  uint32_t needed = ANY_ELEMENT;
  for (uint32_t i = 0; i < field; i++) {
    uint32_t steps = common_steps(&index->fields[i].path, &index->fields[field].path);
    uint32_t shared = (index->fields[i].arrays | index->fields[field].arrays) & ((1u << steps) - 1u);
    if (shared == 0) continue;
    if ((shared & (shared - 1)) != 0 || elements[i] == 0 || elements[i] == ANY_ELEMENT) return 0;
    if (needed != ANY_ELEMENT && needed != elements[i]) return 0;
    needed = elements[i];
  }
  return needed;
}

static tn_status bounds_of_field(tn_ctx *ctx, const tni_doc_ask *ask, const tni_doc_index *index, uint32_t field,
                                 const uint32_t *elements, group *out) {
  const tni_doc_field *f = &index->fields[field];
  uint32_t element = element_needed(index, field, elements);
  *out = (group){.bounded = false};
  if (element == 0) return TN_OK;
  if (f->arrays != 0) return take_best(ctx, ask, f, element, out);
  TRY(take_together(ctx, ask, &f->path, ANY_ELEMENT, out));
  out->element = ANY_ELEMENT;
  return TN_OK;
}

/* The leading fields that have bounds, up to the first that has more than points. */
static tn_status bounds_of_fields(tn_ctx *ctx, const tni_doc_ask *ask, tni_doc_access *access) {
  const tni_doc_index *index = access->index;
  uint32_t elements[TNI_DOC_FIELDS_MAX];
  size_t used = 0;
  bool exact = true;
  for (uint32_t f = 0; f < index->field_count; f++) {
    group g;
    TRY(bounds_of_field(ctx, ask, index, f, elements, &g));
    if (!g.bounded) break;
    elements[f] = g.element;
    access->bounds[access->bound_fields++] = g.bounds;
    exact = exact && g.all_exact && g.bounds.exact;
    used += terms_on(ask, &index->fields[f].path);
    if (!g.bounds.points) break;
  }
  access->exact = exact && used == ask->term_count;
  return TN_OK;
}

/* ---- ranges of keys --------------------------------------------------------------------------- */

static tn_status join(tn_ctx *ctx, tn_slice a, tn_slice b, uint8_t mask, tn_slice *out) {
  uint8_t *bytes = tn_scratch(ctx, a.size + b.size + 1);
  if (!bytes) return tni_no_memory(ctx);
  if (a.size > 0) memcpy(bytes, a.data, a.size);
  for (size_t i = 0; i < b.size; i++) bytes[a.size + i] = ((const uint8_t *)b.data)[i] ^ mask;
  *out = (tn_slice){bytes, a.size + b.size};
  return TN_OK;
}

/* A part begins with 01 at least, and never with ff; 00 behind a complemented text only goes on with it. */
tn_status tni_doc_range_all(tn_ctx *ctx, tn_slice prefix, tni_doc_range *out) {
  static const uint8_t lowest = 0x01, above = 0xff;
  TRY(join(ctx, prefix, (tn_slice){&lowest, 1}, 0, &out->from));
  return join(ctx, prefix, (tn_slice){&above, 1}, 0, &out->to);
}

tn_status tni_doc_ranges_below(tn_ctx *ctx, tn_slice prefix, const tni_doc_bounds *bounds, tni_doc_range *out) {
  for (uint32_t i = 0; i < bounds->count; i++) {
    TRY(join(ctx, prefix, bounds->ranges[i].from, 0, &out[i].from));
    TRY(join(ctx, prefix, bounds->ranges[i].to, 0, &out[i].to));
  }
  return TN_OK;
}

/* Key prefixes, all of whose fields are points. */
typedef struct prefixes {
  tn_slice *list;
  uint32_t count;
} prefixes;

static tn_status extend(tn_ctx *ctx, prefixes *p, const tni_doc_bounds *points, bool flipped) {
  prefixes more = {tn_scratch(ctx, ((size_t)p->count * points->count + 1) * sizeof *more.list), 0};
  if (!more.list) return tni_no_memory(ctx);
  for (uint32_t i = 0; i < p->count; i++)
    for (uint32_t k = 0; k < points->count; k++) {
      const tni_doc_range *point = &points->ranges[flipped ? points->count - 1 - k : k];
      TRY(join(ctx, p->list[i], point->from, flipped ? 0xff : 0, &more.list[more.count++]));
    }
  *p = more;
  return TN_OK;
}

static bool fits(const prefixes *p, const tni_doc_bounds *bounds) {
  return (uint64_t)p->count * bounds->count <= TNI_DOC_RANGES_MAX;
}

/* From the first range to the last, with what lies between. */
static tni_doc_bounds hull(const tni_doc_bounds *bounds, tni_doc_range *room) {
  *room = (tni_doc_range){bounds->ranges[0].from, bounds->ranges[bounds->count - 1].to};
  return (tni_doc_bounds){.ranges = room, .count = 1};
}

static tn_status room_for_ranges(tn_ctx *ctx, size_t count, tni_doc_access *access) {
  access->ranges = tn_scratch(ctx, count * sizeof *access->ranges);
  return access->ranges ? TN_OK : tni_no_memory(ctx);
}

static tn_status ranges_of_prefixes(tn_ctx *ctx, const prefixes *p, tni_doc_access *access) {
  TRY(room_for_ranges(ctx, p->count, access));
  for (uint32_t i = 0; i < p->count; i++)
    TRY(tni_doc_range_all(ctx, p->list[i], &access->ranges[access->range_count++]));
  return TN_OK;
}

static tn_status ranges_below_prefixes(tn_ctx *ctx, const prefixes *p, const tni_doc_bounds *last, bool flipped,
                                       tni_doc_access *access) {
  tni_doc_bounds bounds = *last;
  TRY(room_for_ranges(ctx, (size_t)p->count * last->count, access));
  if (flipped) TRY(tni_doc_bounds_flip(ctx, last, &bounds));
  for (uint32_t i = 0; i < p->count; i++) {
    TRY(tni_doc_ranges_below(ctx, p->list[i], &bounds, &access->ranges[access->range_count]));
    access->range_count += bounds.count;
  }
  return TN_OK;
}

static tn_status make_ranges(tn_ctx *ctx, tni_doc_access *access) {
  const tni_doc_index *index = access->index;
  tn_slice first = tni_doc_index_prefix(index);
  prefixes p = {&first, 1};
  tni_doc_range room;
  for (uint32_t f = 0; f < access->bound_fields; f++) {
    tni_doc_bounds *bounds = &access->bounds[f];
    bool flipped = index->fields[f].descending;
    if (bounds->count == 0) return TN_OK;
    if (bounds->points && fits(&p, bounds)) {
      TRY(extend(ctx, &p, bounds, flipped));
      continue;
    }
    access->bound_fields = f + 1;
    access->exact = access->exact && fits(&p, bounds);
    if (fits(&p, bounds)) return ranges_below_prefixes(ctx, &p, bounds, flipped, access);
    tni_doc_bounds wide = hull(bounds, &room);
    access->bounds[f] = wide;
    return ranges_below_prefixes(ctx, &p, &wide, flipped, access);
  }
  access->whole_keys = index->unique && access->bound_fields == index->field_count;
  return ranges_of_prefixes(ctx, &p, access);
}

tn_status tni_doc_access_make(tn_ctx *ctx, const tni_doc_ask *ask, const tni_doc_index *index, tni_doc_access *out,
                              const char **why) {
  out->index = index;
  out->bound_fields = out->range_count = 0;
  out->whole_keys = out->exact = false;
  *why = NULL;
  if (index->sparse || index->filter) TRY(why_incomplete(ctx, ask, index, why));
  if (*why) return TN_OK;
  TRY(bounds_of_fields(ctx, ask, out));
  return make_ranges(ctx, out);
}

tn_status tni_doc_id_bounds(tn_ctx *ctx, const tni_doc_ask *ask, tni_doc_bounds *out, bool *bounded) {
  static const tni_path id = {{"_id", 3}, NULL, 1};
  group g;
  TRY(take_together(ctx, ask, &id, ANY_ELEMENT, &g));
  *bounded = g.bounded;
  if (g.bounded) *out = g.bounds;
  out->exact = g.bounded && g.all_exact && g.bounds.exact && terms_on(ask, &id) == ask->term_count;
  return TN_OK;
}

/* ---- order ------------------------------------------------------------------------------------ */

/* One value, the same in all keys of the ranges. */
static bool is_fixed(const tni_doc_access *a, uint32_t field) {
  return field < a->bound_fields && a->bounds[field].points && a->bounds[field].count == 1;
}

static bool rest_is_fixed(const tni_doc_access *a, uint32_t field) {
  while (field < a->index->field_count && is_fixed(a, field)) field++;
  return field == a->index->field_count;
}

/* Goes through the fields of index and sort side by side. A field through an array does not: a document stands where
 * its smallest or largest item is, and has other keys besides. *upto is the field of the index behind the last that
 * counts, *way -1 when the index has to be walked backwards. */
static bool follows_sort(const tni_doc_access *a, const tni_sort *sort, uint32_t *upto, int *way) {
  uint32_t i = 0, k = 0;
  *way = 0;
  while (k < sort->count) {
    if (i == a->index->field_count) return false;
    const tni_doc_field *field = &a->index->fields[i];
    bool same = tni_slice_same(field->path.text, sort->fields[k].path.text);
    if (same ? field->arrays != 0 : !is_fixed(a, i)) return false;
    if (same && !is_fixed(a, i)) {
      int here = field->descending == sort->fields[k].descending ? 1 : -1;
      if (*way != 0 && *way != here) return false;
      *way = here;
    }
    i++;
    k += same;
  }
  *upto = i;
  return true;
}

bool tni_doc_access_in_order(const tni_doc_access *a, const tni_doc_ask *ask, tni_doc_plan *plan) {
  uint32_t upto;
  int way;
  plan->group_fields = plan->sort_fields = 0;
  plan->reverse = ask->ids_descend && !ask->sort;
  if (!ask->sort) return a->range_count <= 1 && rest_is_fixed(a, 0);
  if (!follows_sort(a, ask->sort, &upto, &way)) return false;
  plan->reverse = way < 0;
  plan->sort_fields = upto;
  bool one_each = a->index->unique && upto == a->index->field_count;
  if (!one_each && (plan->reverse || !rest_is_fixed(a, upto))) plan->group_fields = upto;
  return true;
}

bool tni_doc_access_repeats(const tni_doc_access *a) {
  bool arrays = false;
  for (uint32_t i = 0; i < a->index->field_count; i++) arrays = arrays || a->index->fields[i].arrays != 0;
  return arrays && !(a->range_count == 1 && rest_is_fixed(a, 0));
}
