#include "rules.h"

#include <stdio.h>

#include "key.h"
#include "query/pool.h"
#include "where.h"

const char *const tni_graph_rule_names[4] = {"index", "unique", "required", "type"};

static const uint8_t null_value[] = {TN_TAG_NULL};

/* ---- definitions ------------------------------------------------------------------------------- */

static tn_status rule_key(tn_ctx *ctx, const tni_graph_rule *rule, tn_slice *out) {
  return tn_key(ctx, out, rule->label, tn_text(rule->prop), (int)rule->kind);
}

/* Without a word about it there may be. */
static bool may_have_arrays(tn_value stored) {
  bool arrays = true;
  (void)tn_as_bool(tn_item(stored, 2), &arrays);
  return arrays;
}

static tn_status rule_read(tn_ctx *ctx, tn_slice key, tn_slice value, tn_builder *parts, tni_graph_rule *out) {
  int64_t kind = -1, types = 0;
  tn_slice prop = {NULL, 0};
  tn_value stored = tn_bytes_value(value);
  tn_builder_clear(parts);
  TRY(tn_key_decode(ctx, key, parts));
  tn_value built = tn_built(parts);
  bool fine = tn_as_int(tn_item(built, 0), &out->label) && tn_as_string(tn_item(built, 1), &prop) &&
              tn_as_int(tn_item(built, 2), &kind) && kind >= 0 && kind <= TNI_GRAPH_TYPED &&
              tn_as_int(tn_item(stored, 0), &out->number) && tn_as_int(tn_item(stored, 1), &types);
  char *copy = fine ? tn_scratch(ctx, prop.size + 1) : NULL;
  if (!fine) return tni_graph_corrupt(ctx, "a rule");
  if (!copy) return tni_no_memory(ctx);
  memcpy(copy, prop.data, prop.size);
  out->kind = (tni_graph_rule_kind)kind;
  out->prop = (tn_slice){copy, prop.size};
  out->types = (uint32_t)types;
  out->arrays = may_have_arrays(stored);
  return TN_OK;
}

static tn_status range_of_label(tn_ctx *ctx, int64_t label, tn_slice *from, tn_slice *to) {
  *from = *to = (tn_slice){NULL, 0};
  if (label == 0) return TN_OK;
  TRY(tn_key(ctx, from, label));
  return tn_key_end(ctx, *from, to);
}

static size_t most_rules(tn_ctx *ctx, int64_t label) {
  uint64_t all = tn_map_count(ctx, TNI_GRAPH_RULES);
  return label != 0 && all > TNI_GRAPH_RULES_MAX ? TNI_GRAPH_RULES_MAX : (size_t)all;
}

tn_status tni_graph_rules_of(tn_ctx *ctx, int64_t label, const tni_graph_rule **out, size_t *count) {
  tn_slice from, to, key, value;
  tn_cursor *cursor;
  tn_status status = TN_OK;
  size_t most = most_rules(ctx, label), n = 0;
  *out = NULL;
  *count = 0;
  if (most == 0) return TN_OK;
  tni_graph_rule *rules = tn_scratch(ctx, most * sizeof *rules);
  tn_builder *parts = tn_builder_for(ctx);
  if (!rules || !parts) return tni_no_memory(ctx);
  TRY(range_of_label(ctx, label, &from, &to));
  TRY(tn_cursor_open(ctx, TNI_GRAPH_RULES, from, to, &cursor));
  while (n < most && (status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK)
    TRY(rule_read(ctx, key, value, parts, &rules[n++]));
  if (status != TN_OK && status != TN_NOT_FOUND) return status;
  *out = rules;
  *count = n;
  return TN_OK;
}

tn_status tni_graph_rule_get(tn_ctx *ctx, int64_t label, tn_slice prop, tni_graph_rule_kind kind,
                             tni_graph_rule *out) {
  tni_graph_rule wanted = {kind, label, prop, 0, 0, false};
  tn_slice key, value;
  int64_t types = 0;
  TRY(rule_key(ctx, &wanted, &key));
  TRY(tn_map_get(ctx, TNI_GRAPH_RULES, key, &value));
  tn_value stored = tn_bytes_value(value);
  if (!tn_as_int(tn_item(stored, 0), &wanted.number) || !tn_as_int(tn_item(stored, 1), &types))
    return tni_graph_corrupt(ctx, "a rule");
  wanted.types = (uint32_t)types;
  wanted.arrays = may_have_arrays(stored);
  *out = wanted;
  return TN_OK;
}

static tn_status put_rule(tn_ctx *ctx, const tni_graph_rule *rule) {
  tn_builder *b = tn_builder_for(ctx);
  tn_slice key;
  if (!b) return tni_no_memory(ctx);
  TRY(rule_key(ctx, rule, &key));
  tn_value stored = tni_graph_rule_has_entries(rule) ? tn_arr(b, rule->number, rule->types, tn_arg_bool(rule->arrays))
                                                     : tn_arr(b, rule->number, rule->types);
  if (tn_is_absent(stored)) return tni_no_memory(ctx);
  return tn_map_put(ctx, TNI_GRAPH_RULES, key, tn_value_bytes(stored));
}

/* ---- saying which ------------------------------------------------------------------------------ */

/* `id` 0: a node that is about to be. */
static tn_status broken(tn_ctx *ctx, const tni_graph_rule *rule, const char *where, const char *what, uint64_t id) {
  tni_graph_names labels;
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_LABEL, &labels));
  const char *label = tni_graph_name_of(&labels, rule->label), *prop = tni_quoted(ctx, rule->prop);
  const char *at = tni_where(ctx, where, rule->prop), *name = tni_graph_rule_names[rule->kind];
  if (id == 0) return tn_fail(ctx, TN_CONSTRAINT, at, "%s %s.%s: a new node %s", name, label, prop, what);
  return tn_fail(ctx, TN_CONSTRAINT, at, "%s %s.%s: node %llu %s", name, label, prop, (unsigned long long)id, what);
}

static tn_status too_long(tn_ctx *ctx, const tni_graph_rule *rule, const char *where) {
  return tn_fail(ctx, TN_LIMIT, tni_where(ctx, where, rule->prop), "an indexed value has at most %d encoded bytes",
                 TNI_GRAPH_INDEXED_SIZE_MAX);
}

/* ---- entries ----------------------------------------------------------------------------------- */

tn_status tni_graph_entries_of(tn_ctx *ctx, const tni_graph_rule *rule, tn_value value, tn_slice *from,
                               tn_slice *to) {
  tn_slice key;
  tn_status status = tn_key(ctx, &key, rule->number, value);
  if (status == TN_LIMIT || (status == TN_OK && key.size > TNI_GRAPH_INDEXED_SIZE_MAX)) return TN_LIMIT;
  if (status != TN_OK) return status;
  *from = key;
  return tn_key_end(ctx, key, to);
}

/* A number of `size` bytes at the end of a key, and nothing else. */
static bool read_tail(tn_slice key, size_t size, int64_t *out) {
  if (key.size <= size) return false;
  tn_slice tail = {(const uint8_t *)key.data + key.size - size, size};
  return tni_graph_key_read(&tail, out) && tail.size == 0 && *out > 0;
}

static tn_status decode_node(tn_ctx *ctx, tn_slice key, int64_t *out) {
  tn_builder *parts = tn_builder_for(ctx);
  if (!parts) return tni_no_memory(ctx);
  TRY(tn_key_decode(ctx, key, parts));
  return tn_as_int(tn_item(tn_built(parts), 2), out) ? TN_OK : tni_graph_corrupt(ctx, "a key of entries");
}

/* An id has 9 bytes, or 11 from 2^53 on; where both can be read the key is taken apart from its front. */
tn_status tni_graph_entry_node(tn_ctx *ctx, tn_slice key, uint64_t *out) {
  int64_t id, large;
  bool is_short = read_tail(key, 9, &id), is_long = read_tail(key, TNI_GRAPH_PART_MAX, &large);
  if (!is_short && !is_long) return tni_graph_corrupt(ctx, "a key of entries");
  if (is_short && is_long) TRY(decode_node(ctx, key, &id));
  *out = (uint64_t)(is_short ? id : large);
  return TN_OK;
}

/* A rule that is being applied to one node or many. */
typedef struct work {
  tn_ctx *ctx;
  const tni_graph_rule *rule;
  const char *where;
  bool is_new;        /* the node is about to be */
  bool unstored;      /* so is the rule */
  bool arrays;        /* there was one among the values */
  tn_cursor **cursor; /* over the entries; opened when first needed */
} work;

/* The front of the keys of a value's entries, with room for an id behind it. */
typedef struct entry {
  size_t size;
  uint8_t data[TN_KEY_SIZE_MAX + 1];
} entry;

static tn_status entry_of(const work *w, tn_value value, entry *out) {
  out->size = 0;
  TRY(tn_key_add(w->ctx, out->data, &out->size, w->rule->number));
  tn_status status = tn_key_add(w->ctx, out->data, &out->size, value);
  bool fits = status == TN_OK && out->size <= TNI_GRAPH_INDEXED_SIZE_MAX;
  return fits || (status != TN_OK && status != TN_LIMIT) ? status : too_long(w->ctx, w->rule, w->where);
}

static tn_slice entry_key(entry *e, uint64_t id) {
  tni_graph_key last = tni_graph_key_of(1, (int64_t)id, 0, 0, 0);
  memcpy(e->data + e->size, last.data, last.size);
  return (tn_slice){e->data, e->size + last.size};
}

static int compare_keys(tn_slice a, tn_slice b) {
  size_t common = a.size < b.size ? a.size : b.size;
  int order = memcmp(a.data, b.data, common);
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* The first node of a range other than `but`; NOT_FOUND. */
static tn_status first_other(work *w, tn_slice from, tn_slice to, uint64_t but, uint64_t *out) {
  static const tn_slice open = {NULL, 0};
  tn_slice key, value;
  if (!*w->cursor) TRY(tn_cursor_open(w->ctx, TNI_GRAPH_ENTRIES, open, open, w->cursor));
  TRY(tn_cursor_seek(w->ctx, *w->cursor, from));
  do {
    TRY(tn_cursor_next(w->ctx, *w->cursor, &key, &value));
    if (compare_keys(key, to) >= 0) return TN_NOT_FOUND;
    TRY(tni_graph_entry_node(w->ctx, key, out));
  } while (*out == but);
  return TN_OK;
}

tn_status tni_graph_unique_node(tn_ctx *ctx, const tni_graph_rule *rule, tn_value value, uint64_t *out) {
  tn_cursor *cursor = NULL;
  work w = {.ctx = ctx, .rule = rule, .where = "", .cursor = &cursor};
  tn_slice from, to;
  tn_status status = tni_graph_entries_of(ctx, rule, value, &from, &to);
  if (status == TN_OK) status = first_other(&w, from, to, 0, out);
  return status == TN_LIMIT ? TN_NOT_FOUND : status;
}

static tn_status refuse_other(work *w, const entry *e, uint64_t id) {
  static const uint8_t end = 0xff; /* no part of a key begins with it */
  uint8_t to[TNI_GRAPH_INDEXED_SIZE_MAX + 1];
  uint64_t other;
  memcpy(to, e->data, e->size);
  to[e->size] = end;
  tn_status status = first_other(w, (tn_slice){e->data, e->size}, (tn_slice){to, e->size + 1}, id, &other);
  if (status == TN_OK) return broken(w->ctx, w->rule, w->where, "has this value already", other);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status add_entry(work *w, tn_value value, uint64_t id) {
  entry e;
  TRY(entry_of(w, value, &e));
  if (w->rule->kind == TNI_GRAPH_UNIQUE) TRY(refuse_other(w, &e, id));
  return tn_map_put(w->ctx, TNI_GRAPH_ENTRIES, entry_key(&e, id), (tn_slice){null_value, 1});
}

/* Of two equal items the second has no entry any more. */
static tn_status remove_entry(work *w, tn_value value, uint64_t id) {
  entry e;
  TRY(entry_of(w, value, &e));
  tn_status status = tn_map_delete(w->ctx, TNI_GRAPH_ENTRIES, entry_key(&e, id));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* The first array is written down with the rule. */
static tn_status note_array(work *w) {
  tni_graph_rule noted = *w->rule;
  bool known = noted.arrays || w->arrays;
  w->arrays = noted.arrays = true;
  return known || w->unstored ? TN_OK : put_rule(w->ctx, &noted);
}

static tn_status each_entry(work *w, tn_value value, uint64_t id,
                            tn_status (*change)(work *w, tn_value value, uint64_t id)) {
  if (tn_is_absent(value)) return TN_OK;
  TRY(change(w, value, id));
  if (tn_value_type(value) != TN_ARRAY) return TN_OK;
  TRY(note_array(w));
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) TRY(change(w, it.value, id));
  return TN_OK;
}

/* ---- a node changes ---------------------------------------------------------------------------- */

static bool is_there(tn_value value) { return !tn_is_absent(value) && !tn_is_null(value); }

bool tni_graph_rule_holds(const tni_graph_rule *rule, tn_value value) {
  if (rule->kind == TNI_GRAPH_REQUIRED) return is_there(value);
  if (rule->kind == TNI_GRAPH_TYPED)
    return !is_there(value) || (TN_TYPE_BIT(tn_value_type(value)) & rule->types) != 0;
  return true;
}

static tn_status check_holds(const work *w, tn_value value, uint64_t id) {
  char what[64];
  if (tni_graph_rule_holds(w->rule, value)) return TN_OK;
  if (w->is_new) id = 0;
  if (w->rule->kind == TNI_GRAPH_REQUIRED) return broken(w->ctx, w->rule, w->where, "does not have it", id);
  (void)snprintf(what, sizeof what, "would have %s", tn_type_name(tn_value_type(value)));
  return broken(w->ctx, w->rule, w->where, what, id);
}

/* `bound`: the rule holds for the node afterwards. */
static tn_status apply(work *w, uint64_t id, tn_value old, tn_value new, bool bound) {
  if (!tni_graph_rule_has_entries(w->rule)) return bound ? check_holds(w, new, id) : TN_OK;
  if (tn_value_same(old, new)) return TN_OK;
  TRY(each_entry(w, old, id, remove_entry));
  return each_entry(w, new, id, add_entry);
}

static tn_value value_of(const tni_graph_rule *rule, const tni_graph_node *node) {
  if (!node || !tni_graph_has_label(&node->labels, rule->label)) return TN_NO_VALUE;
  return tn_field_slice(node->props, rule->prop);
}

static tn_status apply_label(tn_ctx *ctx, int64_t label, uint64_t id, const tni_graph_node *before,
                             const tni_graph_node *after, const char *where) {
  const tni_graph_rule *rules;
  tn_cursor *cursor = NULL;
  size_t count;
  TRY(tni_graph_rules_of(ctx, label, &rules, &count));
  for (size_t i = 0; i < count; i++) {
    work w = {.ctx = ctx, .rule = &rules[i], .where = where, .is_new = !before, .cursor = &cursor};
    bool bound = after && tni_graph_has_label(&after->labels, label);
    TRY(apply(&w, id, value_of(&rules[i], before), value_of(&rules[i], after), bound));
  }
  return TN_OK;
}

tn_status tni_graph_rules_apply(tn_ctx *ctx, uint64_t id, const tni_graph_node *before, const tni_graph_node *after,
                                const char *where) {
  if (tn_map_count(ctx, TNI_GRAPH_RULES) == 0) return TN_OK;
  for (uint32_t i = 0; before && i < before->labels.count; i++)
    TRY(apply_label(ctx, before->labels.numbers[i], id, before, after, where));
  for (uint32_t i = 0; after && i < after->labels.count; i++)
    if (!before || !tni_graph_has_label(&before->labels, after->labels.numbers[i]))
      TRY(apply_label(ctx, after->labels.numbers[i], id, before, after, where));
  return TN_OK;
}

tn_status tni_graph_rules_init(tni_graph_rules *r, tn_ctx *ctx, const tni_graph_labels *labels) {
  r->ctx = ctx;
  r->count = labels->count;
  r->cursor = NULL;
  for (uint32_t i = 0; i < labels->count; i++)
    TRY(tni_graph_rules_of(ctx, labels->numbers[i], &r->of_label[i].rules, &r->of_label[i].count));
  return TN_OK;
}

tn_status tni_graph_rules_apply_new(tni_graph_rules *r, uint64_t id, tn_value props, const char *where) {
  for (uint32_t k = 0; k < r->count; k++)
    for (size_t i = 0; i < r->of_label[k].count; i++) {
      const tni_graph_rule *rule = &r->of_label[k].rules[i];
      work w = {.ctx = r->ctx, .rule = rule, .where = where, .is_new = true, .cursor = &r->cursor};
      TRY(apply(&w, id, TN_NO_VALUE, tn_field_slice(props, rule->prop), true));
    }
  return TN_OK;
}

/* ---- a rule comes or goes ---------------------------------------------------------------------- */

/* Each index gets the next number above those there are. */
static tn_status next_number(tn_ctx *ctx, int64_t *out) {
  const tni_graph_rule *rules;
  size_t count;
  int64_t last = 0;
  TRY(tni_graph_rules_of(ctx, 0, &rules, &count));
  for (size_t i = 0; i < count; i++)
    if (rules[i].number > last) last = rules[i].number;
  *out = last + 1;
  return TN_OK;
}

/* The next nodes with a label. */
static tn_status next_members(tn_ctx *ctx, tn_cursor *cursor, uint64_t *ids, size_t *count) {
  tn_slice key, value;
  tn_status status = TN_OK;
  int64_t label, id;
  for (*count = 0; *count < TNI_GRAPH_BATCH && (status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK;) {
    if (!tni_graph_key_read(&key, &label) || !tni_graph_key_read(&key, &id))
      return tni_graph_corrupt(ctx, "a key of labels");
    ids[(*count)++] = (uint64_t)id;
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* Values are copied: they lie in a map, and entries are about to change. */
static tn_status values_of(work *w, tni_pool *pool, const uint64_t *ids, size_t count, tn_value *values) {
  tn_slice bytes[TNI_GRAPH_BATCH];
  TRY(tni_graph_nodes_get(w->ctx, ids, count, bytes));
  for (size_t i = 0; i < count; i++) {
    if (!bytes[i].data) return tni_graph_corrupt(w->ctx, "labels");
    values[i] = tn_field_slice(tn_item(tn_bytes_value(bytes[i]), 1), w->rule->prop);
    if (!tn_is_absent(values[i])) TRY(tni_pool_copy(pool, values[i], &values[i]));
  }
  return TN_OK;
}

static tn_status apply_to_batch(work *w, tni_pool *pool, const uint64_t *ids, size_t count) {
  tn_value values[TNI_GRAPH_BATCH];
  tni_pool_mark mark = tni_pool_at(pool);
  TRY(values_of(w, pool, ids, count, values));
  for (size_t i = 0; i < count; i++) TRY(apply(w, ids[i], TN_NO_VALUE, values[i], true));
  tni_pool_back(pool, mark);
  return TN_OK;
}

/* Says in rule->arrays whether there is one among the values. */
static tn_status apply_to_all(tn_ctx *ctx, tni_graph_rule *rule) {
  tni_graph_key from = tni_graph_key_of(1, rule->label, 0, 0, 0), to = tni_graph_key_end(&from);
  tn_cursor *cursor, *entries = NULL;
  work w = {.ctx = ctx, .rule = rule, .where = "", .unstored = true, .cursor = &entries};
  uint64_t ids[TNI_GRAPH_BATCH], done = 0;
  int64_t total;
  tni_pool pool;
  size_t count;
  tni_pool_init(&pool, ctx, SIZE_MAX);
  TRY(tni_graph_counter_get(ctx, TNI_GRAPH_NODES_OF_LABEL, rule->label, &total));
  TRY(tn_cursor_open(ctx, TNI_GRAPH_LABELS, tni_graph_key_slice(&from), tni_graph_key_slice(&to), &cursor));
  do {
    TRY(next_members(ctx, cursor, ids, &count));
    TRY(apply_to_batch(&w, &pool, ids, count));
    TRY(tn_progress(ctx, "nodes", done += count, (uint64_t)total));
  } while (count == TNI_GRAPH_BATCH);
  rule->arrays = w.arrays;
  return TN_OK;
}

tn_status tni_graph_rule_create(tn_ctx *ctx, tni_graph_rule *rule) {
  const tni_graph_rule *rules;
  size_t count;
  tni_graph_rule found;
  tn_status status = tni_graph_rule_get(ctx, rule->label, rule->prop, rule->kind, &found);
  if (status == TN_OK) return TN_EXISTS;
  if (status != TN_NOT_FOUND) return status;
  TRY(tni_graph_rules_of(ctx, rule->label, &rules, &count));
  if (count == TNI_GRAPH_RULES_MAX)
    return tn_fail(ctx, TN_LIMIT, "label", "a label has at most %d indexes and constraints", TNI_GRAPH_RULES_MAX);
  rule->number = 0;
  rule->arrays = false;
  if (tni_graph_rule_has_entries(rule)) TRY(next_number(ctx, &rule->number));
  TRY(apply_to_all(ctx, rule));
  return put_rule(ctx, rule);
}

tn_status tni_graph_rule_drop(tn_ctx *ctx, const tni_graph_rule *rule) {
  tn_slice key;
  tni_graph_key from = tni_graph_key_of(1, rule->number, 0, 0, 0), to = tni_graph_key_end(&from);
  if (tni_graph_rule_has_entries(rule))
    TRY(tn_map_delete_range(ctx, TNI_GRAPH_ENTRIES, tni_graph_key_slice(&from), tni_graph_key_slice(&to), NULL));
  TRY(rule_key(ctx, rule, &key));
  return tn_map_delete(ctx, TNI_GRAPH_RULES, key);
}
