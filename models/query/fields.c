#include "fields.h"

#define FEW 16

static uint32_t *slot_for(const tni_fields *fields, tn_slice name) {
  uint32_t mask = fields->table_size - 1;
  uint32_t at = (uint32_t)fields->pool->ctx->host->hash64(name, 0) & mask;
  while (fields->table[at] != 0 && !tni_slice_same(fields->entries[fields->table[at] - 1].name, name))
    at = (at + 1) & mask;
  return &fields->table[at];
}

static tni_field_entry *find(const tni_fields *fields, tn_slice name) {
  if (fields->table) {
    uint32_t place = *slot_for(fields, name);
    return place ? &fields->entries[place - 1] : NULL;
  }
  for (uint32_t i = 0; i < fields->count; i++)
    if (tni_slice_same(fields->entries[i].name, name)) return &fields->entries[i];
  return NULL;
}

/* At most half of the table is ever taken. */
static tn_status make_table(tni_fields *fields) {
  uint32_t size = fields->capacity * 2;
  fields->table = tni_pool_alloc(fields->pool, size * sizeof *fields->table);
  if (!fields->table) return tni_pool_full(fields->pool);
  memset(fields->table, 0, size * sizeof *fields->table);
  fields->table_size = size;
  for (uint32_t i = 0; i < fields->count; i++) *slot_for(fields, fields->entries[i].name) = i + 1;
  return TN_OK;
}

static tn_status grow(tni_fields *fields) {
  uint32_t capacity = fields->capacity == 0 ? FEW : fields->capacity * 2;
  tni_field_entry *entries = tni_pool_alloc(fields->pool, capacity * sizeof *entries);
  if (!entries) return tni_pool_full(fields->pool);
  if (fields->count > 0) memcpy(entries, fields->entries, fields->count * sizeof *entries);
  fields->entries = entries;
  fields->capacity = capacity;
  return capacity > FEW ? make_table(fields) : TN_OK;
}

tn_status tni_fields_set(tni_fields *fields, tn_slice name, tn_value value) {
  tni_field_entry *entry = find(fields, name);
  if (entry) return entry->value = value, TN_OK;
  if (fields->count == fields->capacity) TRY(grow(fields));
  if (fields->table) *slot_for(fields, name) = fields->count + 1;
  fields->entries[fields->count++] = (tni_field_entry){name, value};
  return TN_OK;
}

tn_status tni_fields_set_all(tni_fields *fields, tn_value object) {
  for (tn_iter it = tn_iter_of(object); tn_iter_next(&it);) TRY(tni_fields_set(fields, it.name, it.value));
  return TN_OK;
}

void tni_fields_build(const tni_fields *fields, tn_builder *builder) {
  tn_object_begin(builder);
  for (uint32_t i = 0; i < fields->count; i++) {
    if (tn_is_absent(fields->entries[i].value)) continue;
    tn_name_slice(builder, fields->entries[i].name);
    tn_add(builder, fields->entries[i].value);
  }
  tn_end(builder);
}
