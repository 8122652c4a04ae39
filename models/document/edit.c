#include "edit.h"

#include <assert.h>

void tni_doc_edit_begin(tni_doc_edit *edit, tni_pool *pool, tn_value doc) {
  edit->pool = pool;
  edit->doc = doc;
  edit->root = (tni_doc_edit_node){.state = TNI_DOC_EDIT_VALUE, .value = doc};
  edit->touched = edit->reshaped = false;
  edit->patch_count = 0;
}

/* ---- steps ------------------------------------------------------------------------------------ */

static bool is_new(const tni_doc_edit_node *parent, uint32_t index) { return index >= tn_count(parent->value); }

/* What stands at a place that no node was made for. */
static tn_value value_at(const tni_doc_edit_node *parent, uint32_t index) {
  return is_new(parent, index) ? TN_NO_VALUE : tn_item(parent->value, index);
}

/* The last child whose index is not above `index`; NULL when it would be the first. */
static tni_doc_edit_node *child_before(const tni_doc_edit_node *parent, uint32_t index) {
  if (!parent->first || parent->first->index > index) return NULL;
  if (parent->last->index <= index) return parent->last;
  tni_doc_edit_node *child = parent->first;
  while (child->next->index <= index) child = child->next;
  return child;
}

static void link_child(tni_doc_edit_node *parent, tni_doc_edit_node *before, tni_doc_edit_node *child) {
  tni_doc_edit_node **link = before ? &before->next : &parent->first;
  child->next = *link;
  *link = child;
  if (!child->next) parent->last = child;
}

static tn_status child_at(tni_doc_edit *edit, tni_doc_edit_node *parent, tn_slice name, uint32_t index,
                          tn_value value, tni_doc_edit_node **out) {
  tni_doc_edit_node *before = child_before(parent, index);
  if (before && before->index == index) return *out = before, TN_OK;
  tni_doc_edit_node *child = tni_pool_alloc(edit->pool, sizeof *child);
  if (!child) return tni_pool_full(edit->pool);
  *child = (tni_doc_edit_node){.parent = parent, .name = name, .index = index, .value = value};
  child->state = tn_is_absent(value) ? TNI_DOC_EDIT_MISSING : TNI_DOC_EDIT_VALUE;
  link_child(parent, before, child);
  return *out = child, TN_OK;
}

/* The place of a field and what stands there, one behind the last for a new one. */
static uint32_t place_of(const tni_doc_edit_node *node, const tni_step *step, tn_value *value) {
  for (const tni_doc_edit_node *child = node->first; child; child = child->next)
    if (tni_slice_same(child->name, step->name)) return child->index;
  tn_container object = tn_container_of(node->value);
  uint32_t place = tni_step_place(step, &object);
  if (place == TNI_NO_INDEX) return node->count;
  *value = tn_slot_field(tn_container_slot(&object, place), NULL);
  return place;
}

static tn_status field_at(tni_doc_edit *edit, tni_doc_edit_node *node, const tni_step *step,
                          tni_doc_edit_node **out) {
  tn_value value = TN_NO_VALUE;
  uint32_t index = place_of(node, step, &value);
  TRY(child_at(edit, node, step->name, index, value, out));
  if (index == node->count) node->count++;
  return TN_OK;
}

static void open_node(tni_doc_edit_node *node) {
  if (node->state != TNI_DOC_EDIT_VALUE) return;
  node->state = TNI_DOC_EDIT_OPEN;
  node->is_array = tn_value_type(node->value) == TN_ARRAY;
  node->count = tn_count(node->value);
}

tn_status tni_doc_edit_item(tni_doc_edit *edit, tni_doc_edit_node *node, uint32_t index, tni_doc_edit_node **out) {
  assert(tni_doc_edit_type(node) == TN_ARRAY);
  open_node(node);
  return child_at(edit, node, (tn_slice){NULL, 0}, index, value_at(node, index), out);
}

tn_status tni_doc_edit_step(tni_doc_edit *edit, tni_doc_edit_node *node, const tni_step *step,
                            tni_doc_edit_node **out) {
  tn_type type = tni_doc_edit_type(node);
  if (type == TN_ARRAY && step->index != TNI_NO_INDEX) return tni_doc_edit_item(edit, node, step->index, out);
  if (type != TN_OBJECT && type != TN_ABSENT) return *out = NULL, TN_OK;
  open_node(node);
  return field_at(edit, node, step, out);
}

tn_status tni_doc_edit_find(tni_doc_edit *edit, tni_doc_edit_node *node, const tni_step *step,
                            tni_doc_edit_node **out) {
  *out = NULL;
  if (tni_doc_edit_type(node) != TN_OBJECT) return TN_OK;
  open_node(node);
  tn_value value = TN_NO_VALUE;
  uint32_t index = place_of(node, step, &value);
  if (index == node->count) return TN_OK;
  TRY(child_at(edit, node, step->name, index, value, out));
  if ((*out)->state == TNI_DOC_EDIT_MISSING) *out = NULL;
  return TN_OK;
}

/* ---- values ----------------------------------------------------------------------------------- */

tn_value tni_doc_edit_value(const tni_doc_edit_node *node) {
  assert(node->state != TNI_DOC_EDIT_OPEN);
  return node->state == TNI_DOC_EDIT_VALUE ? node->value : TN_NO_VALUE;
}

tn_type tni_doc_edit_type(const tni_doc_edit_node *node) {
  if (node->state == TNI_DOC_EDIT_MISSING) return TN_ABSENT;
  if (node->state == TNI_DOC_EDIT_VALUE) return tn_value_type(node->value);
  return node->is_array ? TN_ARRAY : TN_OBJECT;
}

/* An array reaches as far as an item that comes to be in it. */
static tn_status reach(const tni_doc_edit *edit, tni_doc_edit_node *array, uint32_t index, const char *where) {
  if (index < array->count) return TN_OK;
  uint32_t padding = index - array->count;
  if (padding > TNI_DOC_EDIT_PADDING_MAX)
    return tn_fail(edit->pool->ctx, TN_LIMIT, where, "item %u is more than %d behind the %u of '%s'", (unsigned)index,
                   TNI_DOC_EDIT_PADDING_MAX, (unsigned)array->count, tni_doc_edit_path(edit, array));
  array->count = index + 1;
  return TN_OK;
}

static tn_status make_way(const tni_doc_edit *edit, tni_doc_edit_node *node, const char *where) {
  for (; node->parent; node = node->parent) {
    if (node->parent->is_array) return reach(edit, node->parent, node->index, where);
    if (node->parent->state == TNI_DOC_EDIT_MISSING) node->parent->state = TNI_DOC_EDIT_OPEN;
  }
  return TN_OK;
}

static bool is_scalar(tn_value value) {
  tn_type type = tn_value_type(value);
  return type != TN_ARRAY && type != TN_OBJECT && type != TN_ABSENT;
}

static bool lies_in(tn_value doc, tn_value value) {
  return value.data >= doc.data && value.data < doc.data + doc.size;
}

/* What needs no more than its bytes written over is noted; else the document is written anew. */
static void note_change(tni_doc_edit *edit, const tni_doc_edit_node *node, tn_value value) {
  bool fits = node->state == TNI_DOC_EDIT_VALUE && node->value.size == value.size && is_scalar(value) &&
              is_scalar(node->value) && lies_in(edit->doc, node->value);
  edit->touched = true;
  if (!fits || edit->patch_count == TNI_DOC_EDIT_PATCHES_MAX)
    edit->reshaped = true;
  else
    edit->patches[edit->patch_count++] = (tni_doc_edit_patch){(size_t)(node->value.data - edit->doc.data), value};
}

tn_status tni_doc_edit_set(tni_doc_edit *edit, tni_doc_edit_node *node, tn_value value, const char *where) {
  assert(node->state != TNI_DOC_EDIT_OPEN && !tn_is_absent(value));
  note_change(edit, node, value);
  if (node->state == TNI_DOC_EDIT_MISSING) TRY(make_way(edit, node, where));
  node->state = TNI_DOC_EDIT_VALUE;
  node->value = value;
  return TN_OK;
}

void tni_doc_edit_remove(tni_doc_edit *edit, tni_doc_edit_node *node) {
  assert(node->parent && node->state != TNI_DOC_EDIT_OPEN);
  if (node->state == TNI_DOC_EDIT_MISSING) return;
  edit->touched = edit->reshaped = true;
  node->value = node->parent->is_array ? tni_null_value : TN_NO_VALUE;
  if (!node->parent->is_array) node->state = TNI_DOC_EDIT_MISSING;
}

const char *tni_doc_edit_path(const tni_doc_edit *edit, const tni_doc_edit_node *node) {
  if (!node->parent) return "";
  const char *above = tni_doc_edit_path(edit, node->parent);
  return node->parent->is_array ? tni_where_item(edit->pool->ctx, above, node->index)
                                : tni_where(edit->pool->ctx, above, node->name);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void write_node(tn_builder *b, const tni_doc_edit_node *node);

static void write_child(tn_builder *b, const tni_doc_edit_node *child) {
  if (child->state == TNI_DOC_EDIT_MISSING) return;
  if (!child->parent->is_array) tn_name_slice(b, child->name);
  write_node(b, child);
}

static void write_slot(tn_builder *b, const tni_doc_edit_node *node, tn_slice name, tn_value value) {
  if (!node->is_array) tn_name_slice(b, name);
  tn_add(b, value);
}

/* The places that were there before, with the children among them; returns the first child behind them. */
static const tni_doc_edit_node *write_old(tn_builder *b, const tni_doc_edit_node *node) {
  const tni_doc_edit_node *child = node->first;
  for (tn_iter it = tn_iter_of(node->value); tn_iter_next(&it);)
    if (child && child->index == it.next - 1) {
      write_child(b, child);
      child = child->next;
    } else {
      write_slot(b, node, it.name, it.value);
    }
  return child;
}

/* An item that is still missing behind the end of its array is not of it. */
static void write_new(tn_builder *b, const tni_doc_edit_node *node, const tni_doc_edit_node *child) {
  uint32_t next = tn_count(node->value);
  for (; child; child = child->next) {
    if (child->state == TNI_DOC_EDIT_MISSING) continue;
    for (; node->is_array && next < child->index; next++) tn_add(b, TN_ARG_NULL);
    write_child(b, child);
    next = child->index + 1;
  }
}

static void write_node(tn_builder *b, const tni_doc_edit_node *node) {
  if (node->state == TNI_DOC_EDIT_VALUE) {
    tn_add(b, node->value);
    return;
  }
  if (node->is_array)
    tn_array_begin(b);
  else
    tn_object_begin(b);
  write_new(b, node, write_old(b, node));
  tn_end(b);
}

static tn_status write_patched(const tni_doc_edit *edit, tn_value *out) {
  uint8_t *copy = tni_pool_alloc(edit->pool, edit->doc.size);
  if (!copy) return tni_pool_full(edit->pool);
  memcpy(copy, edit->doc.data, edit->doc.size);
  for (uint32_t i = 0; i < edit->patch_count; i++)
    memcpy(copy + edit->patches[i].at, edit->patches[i].value.data, edit->patches[i].value.size);
  *out = (tn_value){copy, edit->doc.size};
  return TN_OK;
}

tn_status tni_doc_edit_write(const tni_doc_edit *edit, const char *where, tn_value *out) {
  if (!edit->touched) return *out = edit->doc, TN_OK;
  if (!edit->reshaped) return write_patched(edit, out);
  tn_builder *b = tni_pool_builder(edit->pool);
  if (!b) return tni_no_memory(edit->pool->ctx);
  write_node(b, &edit->root);
  return tni_pool_built(edit->pool, b, where, out);
}
