#include "store.h"

tn_status tni_graph_corrupt(tn_ctx *ctx, const char *what) {
  return tn_fail(ctx, TN_CORRUPT, NULL, "%s is not as the graph keeps it", what);
}

tn_status tni_graph_not_built(tn_ctx *ctx, const tn_builder *builder, const char *where) {
  tn_status status = tn_builder_status(builder);
  if (status == TN_NOMEM) return tni_no_memory(ctx);
  return tn_fail(ctx, status, where, "the properties cannot be built: %s", tn_status_text(status));
}
