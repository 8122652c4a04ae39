#include "scan.h"

#include "key.h"
#include "seek.h"

static tn_status open_nodes(tni_graph_scan *s, uint64_t after) {
  tni_graph_key from = tni_graph_key_of(1, (int64_t)after, 0, 0, 0);
  from = tni_graph_key_end(&from);
  s->kind = TNI_GRAPH_SCAN_ALL;
  return tn_cursor_open(s->ctx, TNI_GRAPH_NODES, after > 0 ? tni_graph_key_slice(&from) : (tn_slice){NULL, 0},
                        (tn_slice){NULL, 0}, &s->cursor);
}

static tn_status open_label(tni_graph_scan *s, int64_t label, uint64_t after) {
  tni_graph_key all = tni_graph_key_of(1, label, 0, 0, 0), to = tni_graph_key_end(&all);
  tni_graph_key from = tni_graph_key_of(2, label, (int64_t)after, 0, 0);
  from = tni_graph_key_end(&from);
  s->kind = TNI_GRAPH_SCAN_LABEL;
  return tn_cursor_open(s->ctx, TNI_GRAPH_LABELS, tni_graph_key_slice(after > 0 ? &from : &all),
                        tni_graph_key_slice(&to), &s->cursor);
}

tn_status tni_graph_scan_open(tni_graph_scan *s, tn_ctx *ctx, int64_t label, const tni_filter *filter,
                              uint64_t after) {
  bool found;
  s->ctx = ctx;
  s->count = s->next = s->id_next = 0;
  s->ended = false;
  TRY(tni_graph_seek(ctx, label, filter, &found, &s->ids, &s->id_count));
  if (!found) return label != 0 ? open_label(s, label, after) : open_nodes(s, after);
  s->kind = TNI_GRAPH_SCAN_IDS;
  while (s->id_next < s->id_count && s->ids[s->id_next] <= after) s->id_next++;
  return TN_OK;
}

/* ---- batches ----------------------------------------------------------------------------------- */

static void take_ids(tni_graph_scan *s) {
  while (s->count < TNI_GRAPH_BATCH && s->id_next < s->id_count) s->batch[s->count++] = s->ids[s->id_next++];
  s->ended = s->id_next == s->id_count;
}

static tn_status take_members(tni_graph_scan *s) {
  tn_slice key, value;
  int64_t label, id;
  while (s->count < TNI_GRAPH_BATCH) {
    tn_status status = tn_cursor_next(s->ctx, s->cursor, &key, &value);
    if (status == TN_NOT_FOUND) return s->ended = true, TN_OK;
    if (status != TN_OK) return status;
    if (!tni_graph_key_read(&key, &label) || !tni_graph_key_read(&key, &id))
      return tni_graph_corrupt(s->ctx, "a key of labels");
    s->batch[s->count++] = (uint64_t)id;
  }
  return TN_OK;
}

static tn_status fill(tni_graph_scan *s) {
  s->count = s->next = 0;
  if (s->kind == TNI_GRAPH_SCAN_IDS)
    take_ids(s);
  else
    TRY(take_members(s));
  return tni_graph_nodes_get(s->ctx, s->batch, s->count, s->bytes);
}

static tn_status next_of_nodes(tni_graph_scan *s, uint64_t *id, tni_graph_node *node) {
  tn_slice key, bytes;
  int64_t n;
  TRY(tn_cursor_next(s->ctx, s->cursor, &key, &bytes));
  if (!tni_graph_key_read(&key, &n)) return tni_graph_corrupt(s->ctx, "a key of nodes");
  *id = (uint64_t)n;
  return tni_graph_node_open(s->ctx, bytes, node);
}

tn_status tni_graph_scan_next(tni_graph_scan *s, uint64_t *id, tni_graph_node *node) {
  if (s->kind == TNI_GRAPH_SCAN_ALL) return next_of_nodes(s, id, node);
  if (s->next == s->count && s->ended) return TN_NOT_FOUND;
  if (s->next == s->count) TRY(fill(s));
  if (s->next == s->count) return TN_NOT_FOUND;
  *id = s->batch[s->next];
  tn_slice bytes = s->bytes[s->next++];
  return bytes.data ? tni_graph_node_open(s->ctx, bytes, node) : tni_graph_corrupt(s->ctx, "labels or entries");
}
