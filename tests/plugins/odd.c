/* odd.c - a model that does what models should not, and what few do: for the tests. VERSION is its version. */
#include "tenon_plugin.h"

#include <stdlib.h>

#ifndef VERSION
#define VERSION 1
#endif

enum { NUMBERS, TEXTS };

static const tn_map_def maps[] = {{"numbers", TN_KEYS_TUPLE, TN_VALUES_VALUE, "by name"},
                                  {"texts", TN_KEYS_BYTES, TN_VALUES_BYTES, "raw bytes"}};

static tn_status put_number(tn_ctx *ctx, tn_value name, int64_t n) {
  tn_slice key;
  tn_builder *b = tn_builder_for(ctx);
  tn_status status = tn_key(ctx, &key, name);
  if (status != TN_OK || !b) return status != TN_OK ? status : TN_NOMEM;
  tn_add(b, n);
  return tn_map_put(ctx, NUMBERS, key, tn_value_bytes(tn_built(b)));
}

static tn_status get_number(tn_ctx *ctx, tn_value name, tn_builder *result) {
  tn_slice key, value;
  tn_status status = tn_key(ctx, &key, name);
  if (status == TN_OK) status = tn_map_get(ctx, NUMBERS, key, &value);
  if (status == TN_OK) tn_add(result, tn_bytes_value(value));
  return status;
}

static tn_status op_set(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  int64_t n = 0;
  (void)result;
  (void)tn_as_int(argv[1], &n);
  return put_number(ctx, argv[0], n);
}

static tn_status op_get(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  return get_number(ctx, argv[0], result);
}

/* Inserts; when the name is there it answers the number that is. */
static tn_status op_add(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_slice key, there;
  tn_builder *b = tn_builder_for(ctx);
  tn_status status = tn_key(ctx, &key, argv[0]);
  if (status != TN_OK || !b) return status != TN_OK ? status : TN_NOMEM;
  tn_add(b, 1);
  status = tn_map_insert(ctx, NUMBERS, key, tn_value_bytes(tn_built(b)), &there);
  if (status == TN_EXISTS) tn_add(result, tn_bytes_value(there));
  return status == TN_EXISTS ? TN_OK : status;
}

static tn_status op_set_by_args(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_status status = tn_journal_args(ctx);
  return status == TN_OK ? op_set(ctx, argv, result) : status;
}

static tn_status op_args_late(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_status status = op_set(ctx, argv, result);
  return status == TN_OK ? tn_journal_args(ctx) : status;
}

/* Not deterministic: another number in each process and each call. */
static tn_status op_wild(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  static int64_t calls;
  uint64_t noise;
  (void)result;
  if (ctx->host->random_bytes(&noise, sizeof noise) != TN_OK) return TN_IO;
  return put_number(ctx, argv[0], (int64_t)(noise >> 1) + ++calls);
}

/* The same after reopening: its numbers come from the record's seed. */
static tn_status op_roll(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  int64_t n = (int64_t)(tn_random(ctx) >> 1);
  tn_add(result, n);
  return put_number(ctx, argv[0], n);
}

static tn_status op_roll_and_fail(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_status status = op_roll(ctx, argv, result);
  return status != TN_OK ? status : tn_fail(ctx, TN_CONSTRAINT, "odd", "it fails after rolling");
}

/* Fills a map with bytes that are neither tuples nor values, deletes a range, and tells of it. */
static tn_status op_fill(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  uint64_t gone;
  tn_builder *data = tn_builder_for(ctx);
  (void)argv;
  for (uint8_t i = 0; i < 20; i++) {
    uint8_t key[2] = {0xff, i};
    tn_status status = tn_map_put(ctx, TEXTS, (tn_slice){key, 2}, (tn_slice){"\x00raw", i % 5});
    if (status != TN_OK) return status;
  }
  tn_status status = tn_map_delete_range(ctx, TEXTS, (tn_slice){"\xff\x05", 2}, (tn_slice){"\xff\x0a", 2}, &gone);
  if (status != TN_OK || !data) return status != TN_OK ? status : TN_NOMEM;
  tn_add(result, gone);
  tn_add(data, "filled");
  return tn_emit(ctx, "filled", tn_built(data));
}

/* Changes something and then fails. */
static tn_status op_fail_late(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_status status = op_fill(ctx, argv, result);
  return status != TN_OK ? status : tn_fail(ctx, TN_CONSTRAINT, "odd", "it fails after changing things");
}

static tn_status op_ask(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_slice model = {"", 0}, op = {"", 0};
  char names[2][64] = {"", ""};
  tn_builder *args = tn_builder_for(ctx);
  (void)tn_as_string(argv[0], &model);
  (void)tn_as_string(argv[1], &op);
  if (!args || model.size > 63 || op.size > 63) return TN_INVALID;
  memcpy(names[0], model.data, model.size);
  memcpy(names[1], op.data, op.size);
  return tn_query(ctx, names[0], names[1], tn_arr(args, argv[2]), result);
}

static tn_status op_write_in_query(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  (void)result;
  return put_number(ctx, argv[0], 1);
}

static tn_status op_wrong_map(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  (void)argv, (void)result;
  return tn_map_put(ctx, 7, (tn_slice){"k", 1}, (tn_slice){"v", 1});
}

static const tn_param name_param[] = {{.name = "name", .types = TN_T_STRING, .required = true}};
static const tn_param set_params[] = {{.name = "name", .types = TN_T_STRING, .required = true},
                                      {.name = "n", .types = TN_T_INT, .fallback = TN_DEFAULT_INT(7)}};
static const tn_param ask_params[] = {{.name = "model", .types = TN_T_STRING, .required = true},
                                      {.name = "op", .types = TN_T_STRING, .required = true},
                                      {.name = "arg", .types = TN_T_ANY, .required = true}};

#define OP(op_name, op_kind, op_flags, op_params, op_fn)                                     \
  {                                                                                          \
    .name = op_name, .kind = op_kind, .flags = op_flags, .params = op_params,                \
    .param_count = sizeof(op_params) / sizeof(op_params)[0], .fn = op_fn, .doc = "for tests" \
  }

static const tn_op_def ops[] = {
    OP("set", TN_COMMAND, 0, set_params, op_set),
    OP("get", TN_QUERY, 0, name_param, op_get),
    OP("add", TN_COMMAND, 0, name_param, op_add),
    OP("set_by_args", TN_COMMAND, TN_OP_JOURNAL_CHANGES, set_params, op_set_by_args),
    OP("args_late", TN_COMMAND, TN_OP_JOURNAL_CHANGES, set_params, op_args_late),
    OP("wild", TN_COMMAND, 0, name_param, op_wild),
    OP("wild_recorded", TN_COMMAND, TN_OP_JOURNAL_CHANGES, name_param, op_wild),
    OP("fill", TN_COMMAND, 0, name_param, op_fill),
    OP("fill_recorded", TN_COMMAND, TN_OP_JOURNAL_CHANGES, name_param, op_fill),
    OP("roll", TN_COMMAND, 0, name_param, op_roll),
    OP("roll_and_fail", TN_COMMAND, 0, name_param, op_roll_and_fail),
    OP("fail_late", TN_COMMAND, 0, name_param, op_fail_late),
    OP("ask", TN_QUERY, 0, ask_params, op_ask),
    OP("write_in_query", TN_QUERY, 0, name_param, op_write_in_query),
    OP("wrong_map", TN_COMMAND, 0, name_param, op_wrong_map),
};

#if VERSION > 1
/* Version 2 wants a mark that version 1 did not make. */
static tn_status upgrade(tn_ctx *ctx, uint32_t from_version) {
  tn_builder *name = tn_builder_for(ctx);
  if (!name) return TN_NOMEM;
  tn_add(name, "upgraded_from");
  return put_number(ctx, tn_built(name), from_version);
}
#endif

static const tn_model odd = {
    .plugin = TN_PLUGIN(tn_model, TN_KIND_MODEL, "odd", VERSION, "for tests"),
    .maps = maps,
    .map_count = sizeof maps / sizeof maps[0],
    .ops = ops,
    .op_count = sizeof ops / sizeof ops[0],
#if VERSION > 1
    .upgrade = upgrade,
#endif
};

TN_EXPORT_PLUGINS(&odd.plugin);
