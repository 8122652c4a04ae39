#include "join.h"

#include "query/order.h"

/* A document found, with its place in the collection, which is its number or what its _id sorts as. */
typedef struct found {
  tn_value doc;
  uint64_t number;
} found;

typedef struct found_item {
  struct found_item *next;
  const found *found;
} found_item;

typedef struct found_list {
  found_item *first, *last;
  uint64_t count;
} found_list;

static tn_status add_found(found_list *list, tni_pool *pool, const found *f) {
  found_item *item = tni_pool_alloc(pool, sizeof *item);
  if (!item) return tni_pool_full(pool);
  *item = (found_item){NULL, f};
  if (list->last)
    list->last->next = item;
  else
    list->first = item;
  list->last = item;
  list->count++;
  return TN_OK;
}

tn_status tni_join_compile(tni_join *join, tni_request *request, tn_value collection, const char *where) {
  const tni_doc_world *world = request->world;
  tni_doc_find find = {.collection = collection, .where = where};
  join->request = request;
  tni_pool_init_within(&join->pool, &request->memory);
  TRY(tni_chain_of_find(request, find, TN_NO_VALUE, where, &join->all));
  tn_status status = world->seeker(world->arg, request->ctx, collection, join->foreign.text, &join->seeker);
  join->has_seeker = status == TN_OK;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- the table -------------------------------------------------------------------------------- */

typedef struct indexing {
  tni_join *join;
  const found *doc;
} indexing;

static tn_status index_value(void *arg, tn_value value, bool in_array, uint32_t array_index) {
  indexing *i = arg;
  void *payload;
  bool is_new;
  (void)in_array, (void)array_index;
  TRY(tni_table_add(&i->join->table, tn_is_absent(value) ? tni_null_value : value, &payload, &is_new));
  found_list *list = payload;
  if (list->last && list->last->found == i->doc) return TN_OK;
  return add_found(list, &i->join->pool, i->doc);
}

static tn_status index_document(tni_join *join, tn_value doc, uint64_t number) {
  found *f = tni_pool_alloc(&join->pool, sizeof *f);
  if (!f) return tni_pool_full(&join->pool);
  f->number = number;
  TRY(tni_pool_copy(&join->pool, doc, &f->doc));
  indexing i = {join, f};
  return tni_path_each(&join->foreign, f->doc, true, index_value, &i);
}

static tn_status make_table(tni_join *join) {
  tn_value doc;
  tn_status status;
  uint64_t number = 0;
  tni_table_init(&join->table, &join->pool, sizeof(found_list));
  TRY(tni_chain_open(&join->all));
  while ((status = tni_chain_next(&join->all, &doc)) == TN_OK) TRY(index_document(join, doc, number++));
  if (status != TN_NOT_FOUND) return status;
  tni_chain_close(&join->all);
  join->has_table = true;
  return TN_OK;
}

/* ---- one document's values -------------------------------------------------------------------- */

typedef struct search {
  tni_join *join;
  tni_pool *pool;
  tni_doc_list values;
  found_list list;
} search;

static tn_status collect_value(void *arg, tn_value value, bool in_array, uint32_t array_index) {
  search *s = arg;
  (void)in_array, (void)array_index;
  if (tn_is_absent(value)) return TN_OK;
  if (tn_value_type(value) != TN_ARRAY) return tni_doc_list_add(&s->values, s->pool, value);
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) TRY(tni_doc_list_add(&s->values, s->pool, it.value));
  return TN_OK;
}

static tn_status find_in_table(search *s) {
  for (const tni_doc_item *v = s->values.first; v; v = v->next) {
    const found_list *list = tni_table_find(&s->join->table, v->doc);
    for (const found_item *i = list ? list->first : NULL; i; i = i->next) TRY(add_found(&s->list, s->pool, i->found));
  }
  return TN_OK;
}

typedef struct check {
  const search *search;
  bool has; /* one of the values */
} check;

static tn_status check_value(void *arg, tn_value value, bool in_array, uint32_t array_index) {
  check *c = arg;
  const tn_host *host = c->search->pool->ctx->host;
  (void)in_array, (void)array_index;
  if (tn_is_absent(value)) value = tni_null_value;
  for (const tni_doc_item *v = c->search->values.first; v && !c->has; v = v->next)
    c->has = host->value_compare(value, v->doc) == 0;
  return c->has ? TN_NOT_FOUND : TN_OK;
}

static tn_status add_checked(search *s, tn_value doc) {
  check c = {s, false};
  found *f = tni_pool_alloc(s->pool, sizeof *f);
  if (!f) return tni_pool_full(s->pool);
  f->number = 0;
  TRY(tni_path_each(&s->join->foreign, doc, true, check_value, &c));
  if (!c.has) return TN_OK;
  TRY(tni_pool_copy(s->pool, doc, &f->doc));
  return add_found(&s->list, s->pool, f);
}

static tn_status find_by_index(search *s) {
  const tni_doc_seeker *seeker = &s->join->seeker;
  tn_value doc;
  for (const tni_doc_item *v = s->values.first; v; v = v->next) {
    tn_status status;
    TRY(seeker->seek(seeker->arg, v->doc));
    while ((status = seeker->next(seeker->arg, &doc)) == TN_OK) TRY(add_checked(s, doc));
    if (status != TN_NOT_FOUND) return status;
  }
  return TN_OK;
}

/* ---- what was found, in order ----------------------------------------------------------------- */

static int compare(void *arg, const void *a, const void *b) {
  const tni_join *join = arg;
  const found *x = a, *y = b;
  if (!join->has_seeker) return x->number < y->number ? -1 : x->number > y->number;
  return join->request->ctx->host->value_compare(tn_field(x->doc, "_id"), tn_field(y->doc, "_id"));
}

static tn_status give(search *s, const void **items, tni_doc_list *out) {
  const found *before = NULL;
  TRY(tni_order(s->pool->ctx, items, items + s->list.count, s->list.count, compare, s->join));
  for (uint64_t i = 0; i < s->list.count; before = items[i++])
    if (!before || compare(s->join, before, items[i]) != 0)
      TRY(tni_doc_list_add(out, s->pool, ((const found *)items[i])->doc));
  return TN_OK;
}

static tn_status give_in_order(search *s, tni_doc_list *out) {
  size_t at = 0;
  const void **items = tni_pool_alloc(s->pool, 2 * s->list.count * sizeof *items);
  if (!items) return tni_pool_full(s->pool);
  for (const found_item *i = s->list.first; i; i = i->next) items[at++] = i->found;
  return give(s, items, out);
}

tn_status tni_join_find(tni_join *join, tn_value doc, tni_pool *pool, tni_doc_list *out) {
  search s = {.join = join, .pool = pool};
  *out = (tni_doc_list){.count = 0};
  if (!join->has_seeker && !join->has_table) TRY(make_table(join));
  TRY(tni_path_each(&join->local, doc, false, collect_value, &s));
  if (s.values.count == 0) TRY(tni_doc_list_add(&s.values, pool, tni_null_value));
  TRY(join->has_seeker ? find_by_index(&s) : find_in_table(&s));
  return s.list.count > 0 ? give_in_order(&s, out) : TN_OK;
}
