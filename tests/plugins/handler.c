/* handler.c - a model whose one op calls what its argument says: for support/handler.h. */
#include "tenon_plugin.h"

typedef struct callback {
  tn_status (*fn)(tn_ctx *ctx, void *arg);
  void *arg;
} callback;

static tn_status op_call(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_slice bytes = {NULL, 0};
  callback c;
  (void)result;
  if (!tn_as_bytes(argv[0], &bytes) || bytes.size != sizeof c) return TN_INVALID;
  memcpy(&c, bytes.data, sizeof c);
  return c.fn(ctx, c.arg);
}

static const tn_param call_params[] = {
    {.name = "callback", .types = TN_T_BYTES, .required = true, .doc = "the bytes of a callback"}};

static const tn_op_def ops[] = {{.name = "call",
                                 .kind = TN_QUERY,
                                 .params = call_params,
                                 .param_count = sizeof call_params / sizeof *call_params,
                                 .fn = op_call,
                                 .doc = "for tests"}};

static const tn_model handler = {
    .plugin = TN_PLUGIN(tn_model, TN_KIND_MODEL, "handler", 1, "for tests"),
    .ops = ops,
    .op_count = sizeof ops / sizeof *ops,
};

TN_EXPORT_PLUGINS(&handler.plugin);
