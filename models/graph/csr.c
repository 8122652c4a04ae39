#include "csr_build.h"
#include "store.h"

/* ---- what is kept ------------------------------------------------------------------------------ */

void tni_graph_csr_cache_init(tni_graph_csr_cache *cache) {
  (void)pthread_mutex_init(&cache->mutex, NULL);
  memset(cache->kept, 0, sizeof cache->kept);
}

void tni_graph_csr_cache_fini(tni_graph_csr_cache *cache, const tn_memory *memory) {
  (void)memory;
  for (int i = 0; i < TNI_GRAPH_CSR_KEPT_MAX; i++)
    if (cache->kept[i]) tni_graph_kept_free(cache->kept[i]);
  (void)pthread_mutex_destroy(&cache->mutex);
}

static bool is_for(const tni_graph_kept *kept, uint64_t seq, const tni_graph_sides *sides, tn_slice weight, bool in) {
  if (kept->seq != seq || kept->all_types != sides->all || (in && !kept->in)) return false;
  if (!tni_slice_same(kept->weight, weight)) return false;
  return sides->all || (kept->type_count == sides->count &&
                        memcmp(kept->types, sides->numbers, sides->count * sizeof *sides->numbers) == 0);
}

/* [mutex] */
static void move_to_front(tni_graph_csr_cache *cache, int i) {
  tni_graph_kept *kept = cache->kept[i];
  memmove(&cache->kept[1], &cache->kept[0], (size_t)i * sizeof *cache->kept);
  cache->kept[0] = kept;
}

/* [mutex] */
static tni_graph_kept *look_for(tni_graph_csr_cache *cache, uint64_t seq, const tni_graph_sides *sides,
                                tn_slice weight, bool in) {
  for (int i = 0; i < TNI_GRAPH_CSR_KEPT_MAX; i++) {
    if (!cache->kept[i] || !is_for(cache->kept[i], seq, sides, weight, in)) continue;
    move_to_front(cache, i);
    return cache->kept[0];
  }
  return NULL;
}

/* [mutex] Whoever still has it frees it. */
static void drop(tni_graph_csr_cache *cache, int i) {
  tni_graph_kept *kept = cache->kept[i];
  cache->kept[i] = NULL;
  if (!kept) return;
  kept->cached = false;
  if (kept->lent == 0) tni_graph_kept_free(kept);
}

/* [mutex] Those of older versions go, and the one that was not used for longest. Nothing is kept for a reader of an
 * old version while there are newer ones. */
static void insert(tni_graph_csr_cache *cache, tni_graph_kept *kept) {
  int last = TNI_GRAPH_CSR_KEPT_MAX - 1;
  for (int i = 0; i <= last; i++)
    if (cache->kept[i] && cache->kept[i]->seq > kept->seq) return;
  for (int i = 0; i <= last; i++)
    if (cache->kept[i] && cache->kept[i]->seq < kept->seq) drop(cache, i);
  drop(cache, last);
  cache->kept[last] = kept;
  kept->cached = true;
  move_to_front(cache, last);
}

/* ---- lending ----------------------------------------------------------------------------------- */

static tni_graph_csr_cache *cache_of(const tn_ctx *ctx) { return &((tni_graph_state *)ctx->state)->csr; }

static tni_graph_kept *borrow(tn_ctx *ctx, const tni_graph_sides *sides, tn_slice weight, bool in) {
  tni_graph_csr_cache *cache = cache_of(ctx);
  (void)pthread_mutex_lock(&cache->mutex);
  tni_graph_kept *kept = look_for(cache, ctx->seq, sides, weight, in);
  if (kept) kept->lent++;
  (void)pthread_mutex_unlock(&cache->mutex);
  return kept;
}

/* What a write txn sees is no version yet: nobody else may get it. */
tn_status tni_graph_csr_get(tn_ctx *ctx, const tni_graph_csr_spec *spec, const tni_graph_csr **out) {
  tni_graph_csr_cache *cache = cache_of(ctx);
  tni_graph_sides sides;
  tni_graph_kept *kept = NULL;
  TRY(tni_graph_sides_of(ctx, TN_NO_VALUE, spec->types, &sides));
  if (!ctx->working) kept = borrow(ctx, &sides, spec->weight, spec->in);
  if (!kept) {
    TRY(tni_graph_kept_build(ctx, &sides, spec, &kept));
    (void)pthread_mutex_lock(&cache->mutex);
    kept->lent = 1;
    if (!ctx->working) insert(cache, kept);
    (void)pthread_mutex_unlock(&cache->mutex);
  }
  tn_status status = tni_graph_csr_may_be(ctx, &kept->csr, spec);
  if (status == TN_OK)
    *out = &kept->csr;
  else
    tni_graph_csr_put(ctx, &kept->csr);
  return status;
}

void tni_graph_csr_put(tn_ctx *ctx, const tni_graph_csr *csr) {
  tni_graph_csr_cache *cache = cache_of(ctx);
  tni_graph_kept *kept = (tni_graph_kept *)(uintptr_t)csr;
  (void)pthread_mutex_lock(&cache->mutex);
  bool unused = --kept->lent == 0 && !kept->cached;
  (void)pthread_mutex_unlock(&cache->mutex);
  if (unused) tni_graph_kept_free(kept);
}

uint32_t tni_graph_csr_node(const tni_graph_csr *csr, uint64_t id) {
  const tni_graph_kept *kept = (const tni_graph_kept *)(const void *)csr;
  if (kept->table) return id < kept->table_size ? kept->table[id] : TNI_GRAPH_NO_NODE;
  uint32_t low = 0, high = csr->node_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (csr->ids[middle] < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < csr->node_count && csr->ids[low] == id ? low : TNI_GRAPH_NO_NODE;
}
