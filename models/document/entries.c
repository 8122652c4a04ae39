#include "entries.h"

#include "id.h"

/* How far a field's path has been followed. */
typedef struct place {
  tn_value value; /* absent: an empty array */
  uint32_t step;  /* the next one to take */
  bool done;
} place;

typedef struct making {
  tni_pool *pool;
  tni_doc_index *index;
  tn_value doc;
  tn_slice id_part;
  const char *where;
  bool shared; /* several fields lead through one array */
  tni_doc_entries out;
  uint32_t capacity;
} making;

static tn_status fail_in(const making *m, tn_status status, const char *text) {
  tn_ctx *ctx = m->pool->ctx;
  return tn_fail(ctx, status, m->where, "index '%s': %s the document with the _id %s",
                 tni_quoted(ctx, m->index->name), text, tni_doc_id_text(ctx, tn_field(m->doc, "_id")));
}

/* ---- one key ---------------------------------------------------------------------------------- */

static tn_status grow(making *m) {
  uint32_t capacity = m->capacity == 0 ? 1 : m->capacity * 4;
  tn_slice *keys = tni_pool_alloc(m->pool, capacity * sizeof *keys);
  if (!keys) return tni_pool_full(m->pool);
  if (m->out.count > 0) memcpy(keys, m->out.keys, m->out.count * sizeof *keys);
  m->out.keys = keys;
  m->capacity = capacity;
  return TN_OK;
}

static tn_status build(const making *m, const place *places, tni_doc_key *key) {
  static const uint8_t end = TNI_DOC_KEY_END;
  tn_ctx *ctx = m->pool->ctx;
  TRY(tni_doc_key_bytes(ctx, key, tni_doc_index_prefix(m->index)));
  for (uint32_t i = 0; i < m->index->field_count; i++)
    TRY(tni_doc_key_part(ctx, key, places[i].value, m->index->fields[i].descending));
  return tni_doc_key_bytes(ctx, key, m->index->unique ? (tn_slice){&end, 1} : m->id_part);
}

static tn_status emit(making *m, const place *places) {
  tni_doc_key key;
  key.size = 0;
  tn_status status = build(m, places, &key);
  if (status == TN_LIMIT) return fail_in(m, status, "the key is longer than 4096 bytes in");
  if (status != TN_OK) return status;
  if (m->out.count > 0) TRY(tn_step(m->pool->ctx));
  if (m->out.count == m->capacity) TRY(grow(m));
  uint8_t *copy = tni_pool_alloc(m->pool, key.size);
  if (!copy) return tni_pool_full(m->pool);
  memcpy(copy, key.data, key.size);
  m->out.keys[m->out.count++] = (tn_slice){copy, key.size};
  return TN_OK;
}

/* ---- through objects and arrays --------------------------------------------------------------- */

static void note_array(making *m, uint32_t field, uint32_t step) {
  uint32_t bit = 1u << (step - 1);
  m->index->changed |= (m->index->fields[field].arrays & bit) == 0;
  m->index->fields[field].arrays |= bit;
}

static void finish(place *p, tn_value value) { *p = (place){tn_is_absent(value) ? tni_null_value : value, 0, true}; }

/* Through objects, until the end of the path or an array. */
static void follow(making *m, uint32_t field, place *p) {
  const tni_path *path = &m->index->fields[field].path;
  while (p->step < path->count && tn_value_type(p->value) == TN_OBJECT)
    p->value = tni_step_field(&path->steps[p->step++], p->value);
  if (tn_value_type(p->value) == TN_ARRAY && p->step > 0)
    note_array(m, field, p->step);
  else
    finish(p, p->step == path->count ? p->value : TN_NO_VALUE);
}

/* The array that fields wait at; *waiting is how many. INVALID when there are two. */
static tn_status find_array(const making *m, const place *places, tn_value *array, uint32_t *waiting) {
  *waiting = 0;
  for (uint32_t i = 0; i < m->index->field_count; i++) {
    if (places[i].done) continue;
    if (*waiting > 0 && places[i].value.data != array->data)
      return fail_in(m, TN_INVALID, "two of its fields lead through different arrays of");
    *array = places[i].value;
    ++*waiting;
  }
  return TN_OK;
}

/* Takes a step into an item; false when it leads nowhere. An item that a number in the path chose is not taken apart.
 */
static bool enter(making *m, uint32_t field, tn_value item, bool chosen, place *p) {
  const tni_path *path = &m->index->fields[field].path;
  if (p->step == path->count) return finish(p, item), true;
  if (chosen && p->step + 1 == path->count) return finish(p, item), true;
  if (chosen) {
    *p = (place){item, p->step + 1, false};
    if (tn_value_type(item) != TN_OBJECT && tn_value_type(item) != TN_ARRAY) return false;
  } else if (tn_value_type(item) == TN_OBJECT) {
    *p = (place){item, p->step, false};
  } else {
    return false;
  }
  follow(m, field, p);
  return true;
}

static tn_status expand(making *m, const place *places);

/* One item, by names, or with those fields by number that have its number. */
static tn_status expand_item(making *m, const place *places, tn_value item, uint32_t number, bool by_number) {
  place inner[TNI_DOC_FIELDS_MAX];
  bool any = false;
  memcpy(inner, places, m->index->field_count * sizeof *inner);
  for (uint32_t i = 0; i < m->index->field_count; i++) {
    const tni_path *path = &m->index->fields[i].path;
    if (inner[i].done) continue;
    bool chosen = by_number && inner[i].step < path->count && path->steps[inner[i].step].index == number;
    bool went = enter(m, i, item, chosen, &inner[i]);
    if (!went) finish(&inner[i], TN_NO_VALUE);
    any = any || (went && chosen == by_number);
  }
  return any ? expand(m, inner) : TN_OK;
}

static bool has_number(const making *m, const place *places, uint32_t number) {
  for (uint32_t i = 0; i < m->index->field_count; i++) {
    const tni_path *path = &m->index->fields[i].path;
    if (!places[i].done && places[i].step < path->count && path->steps[places[i].step].index == number) return true;
  }
  return false;
}

/* Fields that wait at an array end as empty arrays if their path does, else as null. */
static tn_status emit_without(making *m, const place *places) {
  place inner[TNI_DOC_FIELDS_MAX];
  memcpy(inner, places, m->index->field_count * sizeof *inner);
  for (uint32_t i = 0; i < m->index->field_count; i++) {
    bool at_end = inner[i].step == m->index->fields[i].path.count;
    if (!inner[i].done && at_end)
      inner[i].value = TN_NO_VALUE;
    else if (!inner[i].done)
      finish(&inner[i], TN_NO_VALUE);
  }
  return emit(m, inner);
}

static bool ends_here(const making *m, const place *places) {
  for (uint32_t i = 0; i < m->index->field_count; i++)
    if (!places[i].done && places[i].step == m->index->fields[i].path.count) return true;
  return false;
}

static tn_status expand(making *m, const place *places) {
  tn_value array = TN_NO_VALUE;
  uint32_t waiting, before = m->out.count;
  TRY(find_array(m, places, &array, &waiting));
  if (waiting == 0) return emit(m, places);
  m->shared |= waiting > 1;
  for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);) {
    TRY(expand_item(m, places, it.value, it.next - 1, false));
    if (has_number(m, places, it.next - 1)) TRY(expand_item(m, places, it.value, it.next - 1, true));
  }
  bool needed = m->shared || (tn_count(array) == 0 && ends_here(m, places));
  return m->out.count == before && needed ? emit_without(m, places) : TN_OK;
}

/* ---- a document ------------------------------------------------------------------------------- */

/* Whether a sparse index leaves it out: none of its fields is there. */
static bool has_none(const tni_doc_index *index, tn_value doc) {
  for (uint32_t i = 0; i < index->field_count; i++) {
    bool through_array;
    if (!tn_is_absent(tni_path_plain(&index->fields[i].path, doc, &through_array)) || through_array) return false;
  }
  return true;
}

static tn_status is_member(const making *m, tn_value doc, bool *out) {
  *out = !m->index->sparse || !has_none(m->index, doc);
  return *out && m->index->filter ? tni_filter_match(m->index->filter, m->pool, doc, NULL, out) : TN_OK;
}

static tn_status order(making *m) {
  tn_slice *spare = tni_pool_alloc(m->pool, m->out.count * sizeof *spare);
  if (!spare) return tni_pool_full(m->pool);
  tni_doc_slices_sort(m->out.keys, m->out.count, spare);
  m->out.count = (uint32_t)tni_doc_slices_unique(m->out.keys, m->out.count);
  return TN_OK;
}

static bool is_named(const tni_doc_touched *touched, tn_slice name) {
  for (uint32_t i = 0; i < touched->count; i++)
    if (tni_slice_same(touched->names[i], name)) return true;
  return false;
}

static void follow_all(making *m, const tni_doc_touched *touched, place *places) {
  for (uint32_t i = 0; i < m->index->field_count; i++) {
    if (touched && !is_named(touched, m->index->fields[i].path.steps[0].name)) continue;
    places[i] = (place){m->doc, 0, false};
    follow(m, i, &places[i]);
  }
}

/* All keys of m->doc. Those of `places` that a change left alone stay where they are. */
static tn_status make(making *m, const tni_doc_touched *touched, place *places, bool *member, tni_doc_entries *out) {
  m->out = *out = (tni_doc_entries){NULL, 0};
  m->capacity = 0;
  m->shared = false;
  TRY(is_member(m, m->doc, member));
  if (!*member) return TN_OK;
  follow_all(m, touched, places);
  TRY(expand(m, places));
  if (m->out.count == 0) TRY(emit_without(m, places));
  if (m->out.count > 1) TRY(order(m));
  return *out = m->out, TN_OK;
}

tn_status tni_doc_entries_make(tni_pool *pool, tni_doc_index *index, tn_value doc, tn_slice id_part,
                               const char *where, tni_doc_entries *out) {
  making m = {.pool = pool, .index = index, .doc = doc, .id_part = id_part, .where = where};
  place places[TNI_DOC_FIELDS_MAX];
  bool member;
  return make(&m, NULL, places, &member, out);
}

tn_status tni_doc_entries_change(tni_pool *pool, tni_doc_index *index, tn_value old, tn_value new,
                                 const tni_doc_touched *touched, tn_slice id_part, const char *where,
                                 tni_doc_entries *had, tni_doc_entries *has) {
  making m = {.pool = pool, .index = index, .doc = old, .id_part = id_part, .where = where};
  place places[TNI_DOC_FIELDS_MAX];
  bool member;
  TRY(make(&m, NULL, places, &member, had));
  m.doc = new;
  return make(&m, member ? touched : NULL, places, &member, has);
}

bool tni_doc_index_is_touched(const tni_doc_index *index, const tni_doc_touched *touched) {
  if (index->filter) return true;
  for (uint32_t i = 0; i < index->field_count; i++)
    if (is_named(touched, index->fields[i].path.steps[0].name)) return true;
  return false;
}

/* ---- entries that were found ------------------------------------------------------------------ */

tn_status tni_doc_entry_size(tn_ctx *ctx, const tni_doc_index *index, tn_slice key, uint32_t fields, size_t *out) {
  size_t size = index->prefix_size;
  for (uint32_t i = 0; i < fields && size < key.size; i++) {
    tn_slice rest = {(const uint8_t *)key.data + size, key.size - size};
    size_t part = tni_doc_part_size(rest, index->fields[i].descending);
    if (part == 0) return tn_fail(ctx, TN_CORRUPT, NULL, "a key of an index is not made of parts");
    size += part;
  }
  *out = size;
  return TN_OK;
}

tn_status tni_doc_entry_id(tn_ctx *ctx, const tni_doc_index *index, tn_slice key, tn_slice value, tn_slice *out) {
  size_t size;
  if (index->unique) return *out = value, TN_OK;
  TRY(tni_doc_entry_size(ctx, index, key, index->field_count, &size));
  if (size >= key.size) return tn_fail(ctx, TN_CORRUPT, NULL, "a key of an index has no _id");
  *out = (tn_slice){(const uint8_t *)key.data + size, key.size - size};
  return TN_OK;
}
