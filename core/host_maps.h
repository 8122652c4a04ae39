/* host_maps.h - what the host answers to handlers about keys, maps and cursors. Each is a slot of tn_host
 * (tenon_plugin.h has their contracts); host.c puts them together. */
#ifndef TENON_HOST_MAPS_H
#define TENON_HOST_MAPS_H

#include "tenon_plugin.h"

tn_status tni_host_key(tn_ctx *ctx, const tn_arg *parts, size_t count, tn_slice *out);
tn_status tni_host_key_add(tn_ctx *ctx, uint8_t *key, size_t *size, tn_arg part);
tn_status tni_host_key_decode(tn_ctx *ctx, tn_slice key, tn_builder *out);
tn_status tni_host_key_items(tn_ctx *ctx, tn_slice key, tn_builder *out);
tn_status tni_host_key_end(tn_ctx *ctx, tn_slice key, tn_slice *out);
tn_status tni_host_key_prefix(tn_ctx *ctx, const tn_arg *parts, size_t count, tn_slice *from, tn_slice *to);
tn_status tni_host_get(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice *value);
tn_status tni_host_get_many(tn_ctx *ctx, uint32_t map, const tn_slice *keys, size_t count, tn_slice *values);
tn_status tni_host_put(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value);
tn_status tni_host_insert(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value, tn_slice *there);
tn_status tni_host_delete(tn_ctx *ctx, uint32_t map, tn_slice key);
tn_status tni_host_delete_range(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, uint64_t *count);
uint64_t tni_host_count(tn_ctx *ctx, uint32_t map);
uint64_t tni_host_estimate(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to);
tn_status tni_host_cursor_open(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, tn_cursor **out);
tn_status tni_host_cursor_seek(tn_cursor *cursor, tn_slice key);
tn_status tni_host_cursor_seek_end(tn_cursor *cursor);
tn_status tni_host_cursor_next(tn_cursor *cursor, tn_slice *key, tn_slice *value);
tn_status tni_host_cursor_prev(tn_cursor *cursor, tn_slice *key, tn_slice *value);

#endif
