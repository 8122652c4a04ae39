/* stream.h - a snapshot's stream, read, checked and taken apart into entries ahead of who loads them: by a thread of
 * its own where the engine has threads and there is much of it, else by who asks. It loads nothing. docs/FORMAT.md,
 * "Snapshot stream". */
#ifndef TENON_STREAM_H
#define TENON_STREAM_H

#include "map.h"
#include "tenon.h"
#include "tenon_plugin.h"

typedef struct tni_stream tni_stream;

/* A map of the header, and what goes into the digest of its entries. */
typedef struct tni_stream_map {
  const tn_map_def *def;
  uint64_t seed;
} tni_stream_map;

/* Some entries in order; `map` as the header counts them. They live until the next are asked for. */
typedef struct tni_entries {
  tni_entry *items;
  size_t count;
  tni_digest digest; /* the sum of those whose values have at most TNI_INLINE_MAX bytes */
} tni_entries;

tn_status tni_stream_open(tn_engine *e, uint64_t seq, tni_stream **out, tn_error *error) TN_MUST_USE;
void tni_stream_close(tni_stream *stream);

/* CORRUPT, with the snapshot as where. */
tn_status tni_stream_bad(const tni_stream *stream, tn_error *error, const char *what);
/* The first item, before anything else; it lives until tni_stream_begin(). CORRUPT, NOMEM. */
tn_status tni_stream_header(tni_stream *stream, tn_value *out, tn_error *error) TN_MUST_USE;
/* What the header's maps are (as long as the stream), and how many entries there should be. Entries come next.
 * NOMEM. */
tn_status tni_stream_begin(tni_stream *stream, const tni_stream_map *maps, uint32_t map_count, uint64_t entries,
                           tn_error *error) TN_MUST_USE;
/* At least one entry more. NOT_FOUND after the last; CORRUPT, NOMEM and whatever reading says, once all before it was
 * handed out. `room` is memory that whoever loads will write to next (empty = unknown): a thread that has time faults
 * it in. */
tn_status tni_stream_next(tni_stream *stream, tn_slice room, const tni_entries **out, tn_error *error) TN_MUST_USE;

#endif
