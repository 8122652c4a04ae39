/* refused.c - plugins that must be refused; FAULT says what is wrong with this one. */
#include "tenon_plugin.h"

static tn_status answer(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  (void)ctx, (void)argv;
  tn_add(result, 1);
  return TN_OK;
}

static const tn_param params[] = {
#if FAULT == 4
    {.name = "n", .types = TN_T_INT, .fallback = TN_DEFAULT_BOOL(true)},
#elif FAULT == 5
    {.name = "n", .types = TN_T_ANY},
#else
    {.name = "n", .types = TN_T_INT},
#endif
};

static const tn_op_def ops[] = {
    {.name = FAULT == 3 ? "Bad Name" : "answer",
     .kind = TN_COMMAND,
     .flags = FAULT == 6 ? 0x100 : FAULT == 12 ? TN_OP_KEYED : 0,
     .params = params,
     .param_count = 1,
     .fn = FAULT == 2 ? NULL : answer},
};

static const tn_map_def maps[] = {{"twice", TN_KEYS_TUPLE, TN_VALUES_VALUE, ""},
                                  {"twice", TN_KEYS_TUPLE, TN_VALUES_VALUE, ""}};

static const tn_model refused = {
    .plugin = {FAULT == 1 ? 999 : TN_ABI, sizeof(tn_model), TN_KIND_MODEL, FAULT == 7 ? 0 : 1,
               FAULT == 8 ? "kv" : "refused", "bad"},
    .maps = maps,
    .map_count = FAULT == 11 ? 2 : 1,
    .ops = ops,
    .op_count = 1,
};

static const tn_formatter half = {.plugin = TN_PLUGIN(tn_formatter, TN_KIND_FORMATTER, "half", 1, "decodes nothing")};

#if FAULT == 9
TN_EXPORT_PLUGINS(&half.plugin);
#elif FAULT != 10
TN_EXPORT_PLUGINS(&refused.plugin);
#endif

/* Keeps both vtables in use, whichever is exported. */
TN_API const void *refused_parts[] = {&refused, &half};
