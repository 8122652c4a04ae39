#include "table.h"

#include "hash.h"

/* Memory is the table's pool, so what uthash frees stays in it: growing leaves as much behind as it takes. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) tni_pool_alloc(table->pool, size)
#define uthash_free(data, size) ((void)(data))
#define uthash_nonfatal_oom(element) ((element)->hashed = false)
#define HASH_KEYCMP(a, b, size) same_key(table, a, b)
#include <uthash.h>

struct tni_table_entry {
  UT_hash_handle hh;
  tn_value key;
  bool hashed;
  _Alignas(16) uint8_t payload[];
};

void tni_table_init(tni_table *table, tni_pool *pool, size_t payload_size) {
  *table = (tni_table){pool, payload_size, NULL};
}

/* 0 when they are the same, as memcmp has it. Keys are the addresses of values. */
static int same_key(const tni_table *table, const void *a, const void *b) {
  return table->pool->ctx->host->value_compare(*(const tn_value *)a, *(const tn_value *)b);
}

static tni_table_entry *find(const tni_table *table, tn_value key, unsigned hash) {
  tni_table_entry *entry;
  HASH_FIND_BYHASHVALUE(hh, table->entries, &key, sizeof key, hash, entry);
  return entry;
}

static unsigned hash_of(const tni_table *table, tn_value key) {
  return (unsigned)tni_hash_value(table->pool->ctx, key);
}

static tn_status add(tni_table *table, tn_value key, unsigned hash, tni_table_entry **out) {
  tni_table_entry *entry = tni_pool_alloc(table->pool, sizeof *entry + table->payload_size);
  if (!entry) return tni_pool_full(table->pool);
  memset(entry, 0, sizeof *entry + table->payload_size);
  TRY(tni_pool_copy(table->pool, key, &entry->key));
  entry->hashed = true;
  HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->entries, &entry->key, sizeof entry->key, hash, entry);
  if (!entry->hashed) return tni_pool_full(table->pool);
  *out = entry;
  return TN_OK;
}

tn_status tni_table_add(tni_table *table, tn_value key, void **payload, bool *is_new) {
  unsigned hash = hash_of(table, key);
  tni_table_entry *entry = find(table, key, hash);
  *is_new = !entry;
  if (!entry) TRY(add(table, key, hash, &entry));
  *payload = entry->payload;
  return TN_OK;
}

void *tni_table_find(const tni_table *table, tn_value key) {
  tni_table_entry *entry = find(table, key, hash_of(table, key));
  return entry ? entry->payload : NULL;
}

tni_table_entry *tni_table_first(const tni_table *table) { return table->entries; }
tni_table_entry *tni_table_next(const tni_table_entry *entry) { return entry->hh.next; }
tn_value tni_table_key(const tni_table_entry *entry) { return entry->key; }
void *tni_table_payload(tni_table_entry *entry) { return entry->payload; }
