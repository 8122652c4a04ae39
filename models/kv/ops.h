/* ops.h - the handlers behind kv's ops. kv.c binds each to its name and parameters; an op's doc there says what it
 * answers and refuses, and `argv` holds its parameters in the order of its table. */
#ifndef TENON_MODEL_KV_OPS_H
#define TENON_MODEL_KV_OPS_H

#include "tenon_plugin.h"

#define TNI_KV_TTL_MS_MAX 10000000000000 /* some 317 years */
#define TNI_KV_PURGE_DEFAULT 1000        /* entries that one purge deletes when nothing else is said */

/* ops_read.c */
tn_status tni_kv_get(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_entry_op(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_exists(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_mget(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_count(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_scan(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_export(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_write.c */
tn_status tni_kv_put(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_mput(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_delete(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_delete_range(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_swap(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_take(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_cas(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_rename(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_modify.c */
tn_status tni_kv_incr(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_append(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* expiry.c */
tn_status tni_kv_expire(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_persist(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_ttl(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_kv_purge(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
/* The model's maintain: asks for a purge when an entry has expired. */
tn_status tni_kv_maintain(tn_ctx *ctx, tn_maintenance *out);
/* When something written now with `ttl_ms` expires; never, when that is absent. INVALID out of range. */
tn_status tni_kv_expires_at(tn_ctx *ctx, tn_value ttl_ms, int64_t *expires_us);
/* How many stored entries have expired. Walks them. */
tn_status tni_kv_count_expired(tn_ctx *ctx, uint64_t *count);

/* check.c: the model's check. */
tn_status tni_kv_check(tn_ctx *ctx, tn_builder *row);

#endif
