#include "store.h"

tn_status tni_graph_corrupt(tn_ctx *ctx, const char *what) {
  return tn_fail(ctx, TN_CORRUPT, NULL, "%s is not as the graph keeps it", what);
}
