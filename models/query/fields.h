/* fields.h - an object in the making whose fields may be set again: a field keeps the place where it was set first
 * and the value that was set last. */
#ifndef TENON_QUERY_FIELDS_H
#define TENON_QUERY_FIELDS_H

#include "pool.h"

typedef struct tni_field_entry {
  tn_slice name;
  tn_value value;
} tni_field_entry;

typedef struct tni_fields {
  tni_pool *pool;
  tni_field_entry *entries;
  uint32_t count, capacity;
  uint32_t *table; /* places in entries plus 1 by hash, 0 = free; NULL while there are few */
  uint32_t table_size;
} tni_fields;

/* Names and values are borrowed. */
static inline tni_fields tni_fields_in(tni_pool *pool) { return (tni_fields){pool, NULL, 0, 0, NULL, 0}; }
tn_status tni_fields_set(tni_fields *fields, tn_slice name, tn_value value) TN_MUST_USE;
/* All fields of an object. */
tn_status tni_fields_set_all(tni_fields *fields, tn_value object) TN_MUST_USE;
/* The object; fields whose value is absent are left out. */
void tni_fields_build(const tni_fields *fields, tn_builder *builder);

#endif
