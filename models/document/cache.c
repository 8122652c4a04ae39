#include "cache.h"

/* ---- copies in one piece ---------------------------------------------------------------------- */

/* Hands out from a piece of memory; with `next` NULL it only counts. */
typedef struct piece {
  uint8_t *next;
  size_t size;
} piece;

static void *take(piece *p, size_t size) {
  void *out = p->next;
  size = (size + 15) & ~(size_t)15;
  p->size += size;
  if (p->next) p->next += size;
  return out;
}

static const void *copy_bytes(piece *p, const void *bytes, size_t size) {
  void *copy = take(p, size);
  if (copy && size > 0) memcpy(copy, bytes, size);
  return copy;
}

static tn_slice copy_slice(piece *p, tn_slice from) {
  return (tn_slice){copy_bytes(p, from.data, from.size), from.size};
}

/* Steps name parts of the path's text, and guess anew. */
static void copy_path(piece *p, const tni_path *from, tni_path *to) {
  tn_slice text = copy_slice(p, from->text);
  tni_step *steps = take(p, from->count * sizeof *steps);
  uint32_t *likely = take(p, from->count * sizeof *likely);
  if (!steps) return;
  *to = (tni_path){text, steps, from->count};
  for (uint32_t i = 0; i < from->count; i++) {
    size_t offset = (size_t)((const char *)from->steps[i].name.data - (const char *)from->text.data);
    steps[i] = from->steps[i];
    steps[i].name.data = (const char *)text.data + offset;
    steps[i].likely = &likely[i];
    likely[i] = 0;
  }
}

static void copy_index(piece *p, const tni_doc_index *from, tni_doc_index *to) {
  tn_slice name = copy_slice(p, from->name), definition = copy_slice(p, tn_value_bytes(from->definition));
  tni_doc_field *fields = take(p, from->field_count * sizeof *fields);
  for (uint32_t i = 0; i < from->field_count; i++) {
    if (fields) fields[i] = from->fields[i];
    copy_path(p, &from->fields[i].path, fields ? &fields[i].path : NULL);
  }
  if (!fields) return;
  *to = *from;
  to->name = name;
  to->definition = tn_bytes_value(definition);
  to->fields = fields;
  to->filter = NULL;
  if (!tn_is_absent(from->where)) to->where.data = to->definition.data + (from->where.data - from->definition.data);
}

static tni_doc_index *copy_indexes(piece *p, const tni_doc_index *from, uint32_t count) {
  tni_doc_index *to = take(p, count * sizeof *to);
  for (uint32_t i = 0; i < count; i++) copy_index(p, &from[i], to ? &to[i] : NULL);
  return to;
}

static size_t size_of(const tni_doc_index *indexes, uint32_t count) {
  piece counted = {NULL, 0};
  (void)copy_indexes(&counted, indexes, count);
  return counted.size;
}

/* ---- a piece moved ---------------------------------------------------------------------------- */

/* `p`, which points into the piece at `from`, in its copy at `to`. */
static void *moved(const void *p, const uint8_t *from, uint8_t *to) { return to + ((const uint8_t *)p - from); }

static void move_path(tni_path *path, const uint8_t *from, uint8_t *to) {
  tni_step *steps = moved(path->steps, from, to);
  for (uint32_t i = 0; i < path->count; i++) {
    steps[i].name.data = moved(steps[i].name.data, from, to);
    steps[i].likely = moved(steps[i].likely, from, to);
  }
  path->text.data = moved(path->text.data, from, to);
  path->steps = steps;
}

static void move_index(tni_doc_index *index, const uint8_t *from, uint8_t *to) {
  index->name.data = moved(index->name.data, from, to);
  index->definition.data = moved(index->definition.data, from, to);
  if (!tn_is_absent(index->where)) index->where.data = moved(index->where.data, from, to);
  index->fields = moved(index->fields, from, to);
  for (uint32_t i = 0; i < index->field_count; i++) move_path(&index->fields[i].path, from, to);
}

/* What is kept, copied at once. */
static void copy_kept(const tni_doc_cached *kept, uint8_t *to, tni_doc_collection *out) {
  const uint8_t *from = (const uint8_t *)kept->indexes;
  memcpy(to, from, kept->size);
  out->indexes = (tni_doc_index *)(void *)to;
  out->index_count = kept->index_count;
  for (uint32_t i = 0; i < kept->index_count; i++) move_index(&out->indexes[i], from, to);
}

/* ---- the cache -------------------------------------------------------------------------------- */

tn_status tni_doc_cache_open(tn_ctx *ctx, tn_value config) {
  tni_doc_cache *cache = ctx->state;
  tn_iter it = tn_iter_of(config);
  if (tn_iter_next(&it))
    return tn_fail(ctx, TN_INVALID, tni_quoted(ctx, it.name), "a document model takes no keys in the config");
  return pthread_mutex_init(&cache->lock, NULL) == 0 ? TN_OK : tni_no_memory(ctx);
}

static void forget(tn_ctx *ctx, tni_doc_cached *c) {
  const tn_memory *memory = tn_memory_for(ctx);
  if (c->indexes) (void)memory->resize(memory->context, c->indexes, c->size, 0);
  *c = (tni_doc_cached){0, 0, NULL, 0};
}

static void forget_lent(tn_ctx *ctx, tni_doc_lent *l) {
  const tn_memory *memory = tn_memory_for(ctx);
  if (l->memory) (void)memory->resize(memory->context, l->memory, l->size, 0);
  l->memory = NULL;
  l->row = (tn_slice){NULL, 0};
}

void tni_doc_cache_close(tn_ctx *ctx) {
  tni_doc_cache *cache = ctx->state;
  for (uint32_t i = 0; i < TNI_DOC_CACHED_MAX; i++) forget(ctx, &cache->kept[i]);
  forget_lent(ctx, &cache->lent);
  (void)pthread_mutex_destroy(&cache->lock);
}

static tni_doc_cached *find(tni_doc_cache *cache, uint64_t stamp) {
  for (uint32_t i = 0; i < TNI_DOC_CACHED_MAX; i++)
    if (cache->kept[i].indexes && cache->kept[i].stamp == stamp) return &cache->kept[i];
  return NULL;
}

tn_status tni_doc_cache_get(tn_ctx *ctx, uint64_t stamp, tni_doc_collection *out) {
  tni_doc_cache *cache = ctx->state;
  uint8_t *copy = NULL;
  (void)pthread_mutex_lock(&cache->lock);
  const tni_doc_cached *kept = find(cache, stamp);
  if (kept) copy = tn_scratch(ctx, kept->size);
  if (copy) copy_kept(kept, copy, out);
  (void)pthread_mutex_unlock(&cache->lock);
  if (!kept) return TN_NOT_FOUND;
  return copy ? TN_OK : tni_no_memory(ctx);
}

void tni_doc_cache_put(tn_ctx *ctx, uint64_t stamp, const tni_doc_collection *c) {
  tni_doc_cache *cache = ctx->state;
  const tn_memory *memory = tn_memory_for(ctx);
  size_t size = size_of(c->indexes, c->index_count);
  piece p = {memory->resize(memory->context, NULL, 0, size), 0};
  if (!p.next) return;
  tni_doc_cached made = {stamp, c->index_count, copy_indexes(&p, c->indexes, c->index_count), size};
  (void)pthread_mutex_lock(&cache->lock);
  tni_doc_cached *place = find(cache, stamp);
  if (!place) place = &cache->kept[cache->next++ % TNI_DOC_CACHED_MAX];
  forget(ctx, place);
  *place = made;
  (void)pthread_mutex_unlock(&cache->lock);
}

/* ---- lending ---------------------------------------------------------------------------------- */

static bool take_lent(tni_doc_lent *l) { return !atomic_exchange_explicit(&l->taken, true, memory_order_acquire); }
static void free_lent(tni_doc_lent *l) { atomic_store_explicit(&l->taken, false, memory_order_release); }

tni_doc_collection *tni_doc_cache_borrow(tn_ctx *ctx, tn_slice name, tn_slice row) {
  tni_doc_lent *l = &((tni_doc_cache *)ctx->state)->lent;
  if (!take_lent(l)) return NULL;
  if (l->row.size > 0 && tni_slice_same(l->row, row) && tni_slice_same(l->collection.name, name))
    return &l->collection;
  return free_lent(l), NULL;
}

static void copy_collection(piece *p, tn_slice row, const tni_doc_collection *from, tni_doc_lent *to) {
  tn_slice name = copy_slice(p, from->name);
  to->row = copy_slice(p, row);
  to->stamp = from->stamp;
  to->collection = *from;
  to->collection.name = name;
  to->collection.indexes = copy_indexes(p, from->indexes, from->index_count);
}

static bool keep_lent(tn_ctx *ctx, tni_doc_lent *l, tn_slice row, const tni_doc_collection *c) {
  const tn_memory *memory = tn_memory_for(ctx);
  piece counted = {NULL, 0};
  forget_lent(ctx, l);
  copy_collection(&counted, row, c, l);
  l->row = (tn_slice){NULL, 0};
  l->memory = memory->resize(memory->context, NULL, 0, l->size = counted.size);
  if (!l->memory) return false;
  copy_collection(&(piece){l->memory, 0}, row, c, l);
  return true;
}

tni_doc_collection *tni_doc_cache_lend(tn_ctx *ctx, tn_slice row, const tni_doc_collection *c) {
  tni_doc_lent *l = &((tni_doc_cache *)ctx->state)->lent;
  if (!take_lent(l)) return NULL;
  if (keep_lent(ctx, l, row, c)) return &l->collection;
  return free_lent(l), NULL;
}

void tni_doc_cache_return(tn_ctx *ctx, const tni_doc_collection *c) {
  tni_doc_lent *l = &((tni_doc_cache *)ctx->state)->lent;
  if (c != &l->collection) return;
  bool same = c->stamp == l->stamp;
  for (uint32_t i = 0; i < c->index_count; i++) {
    same = same && !c->indexes[i].changed;
    c->indexes[i].filter = NULL;
  }
  if (!same) forget_lent(ctx, l);
  free_lent(l);
}
