#include "types.h"

static const struct {
  const char *name;
  uint32_t bits;
} type_names[] = {
    {"bool", TN_T_BOOL},           {"int", TN_T_INT},       {"double", TN_TYPE_BIT(TN_DOUBLE)},
    {"number", TN_T_NUMBER},       {"string", TN_T_STRING}, {"bytes", TN_T_BYTES},
    {"timestamp", TN_T_TIMESTAMP}, {"array", TN_T_ARRAY},   {"object", TN_T_OBJECT},
};

static tn_status unknown_type(tn_ctx *ctx, tn_slice name, const char *where) {
  const char *names[TNI_LENGTH(type_names)];
  for (size_t i = 0; i < TNI_LENGTH(type_names); i++) names[i] = type_names[i].name;
  return tn_fail(ctx, TN_INVALID, where,
                 "expected bool, int, double, number, string, bytes, timestamp, array or object, got '%s'%s",
                 tni_quoted(ctx, name), tn_nearest(ctx, name, names, TNI_LENGTH(type_names)));
}

static tn_status add_type(tn_ctx *ctx, tn_value given, const char *where, uint32_t *types) {
  tn_slice name = {NULL, 0};
  TRY(tni_expect(ctx, given, TN_T_STRING, "the name of a type of values", where));
  (void)tn_as_string(given, &name);
  for (size_t i = 0; i < TNI_LENGTH(type_names); i++)
    if (tni_slice_is(name, type_names[i].name)) return *types |= type_names[i].bits, TN_OK;
  return unknown_type(ctx, name, where);
}

tn_status tni_graph_types_of(tn_ctx *ctx, tn_value given, const char *where, uint32_t *types) {
  *types = 0;
  if (tn_value_type(given) != TN_ARRAY) return add_type(ctx, given, where, types);
  for (tn_iter it = tn_iter_of(given); tn_iter_next(&it);)
    TRY(add_type(ctx, it.value, tni_where_item(ctx, where, it.next - 1), types));
  return *types != 0 ? TN_OK : tn_fail(ctx, TN_INVALID, where, "expected at least one type of values");
}

void tni_graph_types_add(tn_builder *out, uint32_t types) {
  tn_array_begin(out);
  bool number = (types & TN_T_NUMBER) == TN_T_NUMBER;
  for (size_t i = 0; i < TNI_LENGTH(type_names); i++) {
    uint32_t bits = type_names[i].bits;
    bool part_of_number = bits != TN_T_NUMBER && (bits & TN_T_NUMBER) != 0;
    if ((types & bits) == bits && !(number && part_of_number)) tn_add(out, type_names[i].name);
  }
  tn_end(out);
}
