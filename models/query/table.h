/* table.h - what is kept under a value and found by it again: 1 and 1.0 are the same, within arrays and objects, too.
 * Keys stay in the order they came. */
#ifndef TENON_QUERY_TABLE_H
#define TENON_QUERY_TABLE_H

#include "pool.h"

typedef struct tni_table_entry tni_table_entry;

typedef struct tni_table {
  tni_pool *pool; /* has keys and payloads */
  size_t payload_size;
  tni_table_entry *entries;
} tni_table;

void tni_table_init(tni_table *table, tni_pool *pool, size_t payload_size);
/* The payload under `key`; zeroed where the key is new, which is then copied. It stays where it is. LIMIT, NOMEM. */
tn_status tni_table_add(tni_table *table, tn_value key, void **payload, bool *is_new) TN_MUST_USE;
/* NULL: there is no such key. */
void *tni_table_find(const tni_table *table, tn_value key);

/* Entry after entry: for (e = tni_table_first(&t); e; e = tni_table_next(e)) */
tni_table_entry *tni_table_first(const tni_table *table);
tni_table_entry *tni_table_next(const tni_table_entry *entry);
tn_value tni_table_key(const tni_table_entry *entry);
void *tni_table_payload(tni_table_entry *entry);

#endif
