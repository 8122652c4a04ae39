#include "mapping.h"

#include <string.h>

/* ---- what was typed -------------------------------------------------------------------------- */

/* JSON where it is, else a string, as words of `tenon run` are. */
static tn_status read_constant(const char *text, tn_builder *out, tn_error *error) {
  tn_slice bytes = {text, strlen(text)};
  tn_error why = TN_ERROR_INIT;
  if (tn_decode("json", bytes, out, NULL, &why) == TN_OK) return TN_OK;
  if (*text == '"' || *text == '[' || *text == '{')
    return tn_error_set(error, TN_INVALID, "--set", "'%s' is no JSON: %s", text, why.text);
  tn_builder_clear(out);
  tn_add(out, text);
  tn_status status = tn_builder_status(out);
  return status == TN_OK ? TN_OK : tn_error_set(error, status, "--set", "'%s': %s", text, tn_status_text(status));
}

/* The same argument twice, or an argument and a field of it. */
static bool collide(const mapping *map, tn_slice param, size_t head_size) {
  bool same = map->param_size == param.size && memcmp(map->param, param.data, param.size) == 0;
  bool whole = map->head_size == map->param_size || head_size == param.size;
  return same || (whole && map->head_size == head_size && memcmp(map->param, param.data, head_size) == 0);
}

tn_status mappings_add(mappings *m, const char *option, const char *text, tn_error *error) {
  bool is_map = strcmp(option, "--map") == 0;
  const char *equals = strchr(text, '=');
  if (!equals || equals == text || equals[1] == '\0')
    return tn_error_set(error, TN_INVALID, option, "expected PARAM=%s, not '%s'", is_map ? "FIELD" : "VALUE", text);
  if (m->count == MAPPINGS_MAX) return tn_error_set(error, TN_LIMIT, option, "at most %d are possible", MAPPINGS_MAX);
  tn_slice param = {text, (size_t)(equals - text)};
  const char *dot = memchr(text, '.', param.size);
  size_t head = dot ? (size_t)(dot - text) : param.size;
  if (head == 0 || head + 1 == param.size)
    return tn_error_set(error, TN_INVALID, option, "expected PARAM or PARAM.NAME before '=', not '%s'", text);
  for (unsigned k = 0; k < m->count; k++)
    if (collide(&m->items[k], param, head))
      return tn_error_set(error, TN_INVALID, option, "'%.*s' is mapped twice", (int)param.size, text);
  mapping *made = &m->items[m->count++];
  *made = (mapping){text, param.size, head, equals + 1, TN_BUILDER_INIT};
  if (is_map) return m->mapped = true, TN_OK;
  made->field = NULL;
  return read_constant(equals + 1, &made->constant, error);
}

tn_slice mappings_param(const mappings *m, unsigned i) {
  return (tn_slice){m->items[i].param, m->items[i].head_size};
}

void mappings_free(mappings *m) {
  for (unsigned i = 0; i < m->count; i++) tn_builder_free(&m->items[i].constant);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static tn_value find_field(tn_value record, const char *field) {
  if (strcmp(field, ".") == 0) return record;
  tn_value exact = tn_field(record, field);
  return tn_is_absent(exact) ? tn_path(record, field) : exact;
}

static bool is_head(const mapping *map, tn_slice param) {
  return map->head_size == param.size && memcmp(map->param, param.data, param.size) == 0;
}

/* The record's own fields, but for those that are set. */
static void add_fields(const mappings *m, tn_value record, tn_builder *args) {
  for (tn_iter it = tn_iter_of(record); tn_iter_next(&it);) {
    bool set = false;
    for (unsigned i = 0; i < m->count; i++) set = set || is_head(&m->items[i], it.name);
    if (set) continue;
    tn_name_slice(args, it.name);
    tn_add(args, it.value);
  }
}

/* Named by what is behind the first `skip` bytes of the parameter. */
static void add_named(const mapping *map, size_t skip, tn_value record, tn_builder *args) {
  tn_value value = map->field ? find_field(record, map->field) : tn_built(&map->constant);
  if (tn_is_absent(value)) return;
  tn_name_slice(args, (tn_slice){map->param + skip, map->param_size - skip});
  tn_add(args, value);
}

static bool same_head(const mapping *a, const mapping *b) {
  return a->head_size == b->head_size && memcmp(a->param, b->param, a->head_size) == 0;
}

static bool is_first_of_head(const mappings *m, unsigned i) {
  for (unsigned k = 0; k < i; k++)
    if (same_head(&m->items[k], &m->items[i])) return false;
  return true;
}

/* The argument whose fields are mapped one by one. */
static void add_object(const mappings *m, unsigned first, tn_value record, tn_builder *args) {
  const mapping *head = &m->items[first];
  tn_name_slice(args, (tn_slice){head->param, head->head_size});
  tn_object_begin(args);
  for (unsigned i = first; i < m->count; i++)
    if (same_head(&m->items[i], head)) add_named(&m->items[i], head->head_size + 1, record, args);
  tn_end(args);
}

tn_status mappings_args(const mappings *m, tn_value record, tn_builder *args, tn_value *out, tn_error *error) {
  tn_type type = tn_value_type(record);
  *out = record;
  if (m->count == 0 && (type == TN_OBJECT || type == TN_ARRAY)) return TN_OK;
  if (!m->mapped && type != TN_OBJECT)
    return tn_error_set(
        error, TN_INVALID, NULL,
        "a record has to be an object%s, this one is of type %s; --map PARAM=. hands it to a parameter",
        m->count == 0 ? " or an array" : "", tn_type_name(type));
  tn_builder_clear(args);
  tn_object_begin(args);
  if (!m->mapped) add_fields(m, record, args);
  for (unsigned i = 0; i < m->count; i++)
    if (m->items[i].head_size == m->items[i].param_size)
      add_named(&m->items[i], 0, record, args);
    else if (is_first_of_head(m, i))
      add_object(m, i, record, args);
  tn_end(args);
  *out = tn_built(args);
  tn_status status = tn_builder_status(args);
  return status == TN_OK ? TN_OK : tn_error_set(error, status, NULL, "the mapped arguments do not fit into a value");
}
