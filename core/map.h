/* map.h - the state: every map of an engine, as one versioned copy-on-write B+tree store.
 *
 * One writer edits the *working* state; readers pin a published version and never wait. It knows keys and
 * values as bytes, and nothing of models, journals or threads: its caller makes sure there is one writer.
 *
 *   generation  counts savepoints and seals. A node is edited in place iff it was born in the current
 *               generation, else it is copied and the old one retired.
 *   version     what seal() made of the working state; readers see it once publish()ed.
 *   pin         a reader's hold on the version that was the published one.
 *
 * A retired node with [birth, retired) is needed iff the published version, a sealed one, or a pinned one
 * has a generation in that interval (shared ideas: interval-based reclamation; hazard pointers for the
 * pin protocol). Everything else is freed by the writer's next seal() or reclaim(). */
#ifndef TENON_MAP_H
#define TENON_MAP_H

#include <stdatomic.h>

#include "tenon_base.h"

#define TNI_KEY_SIZE_MAX 4096
#define TNI_MAP_MAX 4096 /* maps of one state */
/* Bytes of a value that is kept in the leaf, and goes into its entry's digest as it is. */
#define TNI_INLINE_MAX 256

typedef struct tni_state tni_state;

/* 128 bits, little-endian halves; added modulo 2^128. */
typedef struct tni_digest {
  uint64_t low, high;
} tni_digest;

/* A map within one version or within the working state. */
typedef struct tni_root {
  uint32_t node; /* 0 = empty */
  uint32_t height;
  uint64_t count; /* entries */
} tni_root;

static inline tni_digest tni_digest_add(tni_digest a, tni_digest b) {
  uint64_t low = a.low + b.low;
  return (tni_digest){low, a.high + b.high + (low < a.low)};
}

/* One immutable state of all maps. Read-only to everybody but map.c. */
typedef struct tni_version {
  uint64_t seq; /* of the last record in it */
  uint64_t epoch;
  int64_t time_us; /* of that record */
  uint64_t generation;
  tni_digest digest;
  tni_root roots[];
} tni_version;

/* ---- life ----------------------------------------------------------------------------------- */

/* A state of `map_count` empty maps, with an empty version 0 published. map_seeds[i] goes into the digest of
 * every entry of map i. NOMEM. */
tn_status tni_state_create(const tn_memory *memory, uint32_t map_count, const uint64_t *map_seeds,
                           tni_state **out) TN_MUST_USE;
/* No pins may be left. Frees every node. NULL is fine. */
void tni_state_destroy(tni_state *state);

/* Bytes of nodes and values, retired ones included, beyond which put answers LIMIT; 0 = no limit (the default). It is
 * looked at before the edit, so that the last put may pass it by the nodes it copies and splits. */
void tni_state_set_memory_max(tni_state *state, uint64_t bytes);

/* ---- the writer ----------------------------------------------------------------------------- */

/* Inserts or replaces. LIMIT: key above TNI_KEY_SIZE_MAX, value above TN_VALUE_SIZE_MAX, or memory_max.
 * NOMEM. After any failure the working state is what it was. An empty key is allowed. */
tn_status tni_map_put(tni_state *state, uint32_t map, tn_slice key, tn_slice value) TN_MUST_USE;
/* The same for a key that is to be new: one way down where get and put are two. EXISTS when it is there: *there is
 * its value, and nothing changes. */
tn_status tni_map_insert(tni_state *state, uint32_t map, tn_slice key, tn_slice value, tn_slice *there) TN_MUST_USE;
/* NOT_FOUND when there is none. NOMEM leaves everything as it was. Where there is memory for the edit but not for
 * merging what it left too empty, that is left so. */
tn_status tni_map_delete(tni_state *state, uint32_t map, tn_slice key) TN_MUST_USE;
/* Deletes from <= key < to (empty `to` = to the end). *count (NULL allowed) is how many went. After NOMEM
 * some may be gone: the caller rolls back to its savepoint. */
tn_status tni_map_delete_range(tni_state *state, uint32_t map, tn_slice from, tn_slice to,
                               uint64_t *count) TN_MUST_USE;
/* Appends an entry whose key is above every key of the map: builds full nodes. INVALID when it is not above.
 * LIMIT, NOMEM as put. */
tn_status tni_map_load(tni_state *state, uint32_t map, tn_slice key, tn_slice value) TN_MUST_USE;

typedef struct tni_entry {
  uint32_t map;
  tn_slice key, value;
} tni_entry;

/* The same for many, which remembers where the last one went. Nobody else edits the state meanwhile. */
typedef struct tni_loader {
  tni_state *state;
  uint32_t map;
  struct tni_node *leaf; /* NULL at first */
} tni_loader;
void tni_loader_init(tni_loader *loader, tni_state *state, uint32_t map);
tn_status tni_loader_put(tni_loader *loader, tn_slice key, tn_slice value) TN_MUST_USE;
/* The same for some in a row, whatever `map` they name, full leaves at once. What those with values of at most
 * TNI_INLINE_MAX bytes add to the digest it leaves to tni_loader_add_digest(). After a failure those before the bad
 * one are in. */
tn_status tni_loader_put_many(tni_loader *loader, const tni_entry *entries, size_t count) TN_MUST_USE;
void tni_loader_add_digest(tni_loader *loader, tni_digest digest);

typedef struct tni_savepoint {
  uint64_t generation;
  uint64_t retired;
  tni_digest digest;
  tni_root *roots; /* map_count of them, kept by the state in a stack */
} tni_savepoint;

/* Remembers the working state and starts a generation. Savepoints nest: what was taken later is given back
 * (by rollback or release) first. NOMEM. */
tn_status tni_state_savepoint(tni_state *state, tni_savepoint *out) TN_MUST_USE;
/* Takes back every edit since; the savepoint is gone. Cannot fail. */
void tni_state_rollback(tni_state *state, const tni_savepoint *savepoint);
/* Keeps the edits; the savepoint is gone. */
void tni_state_release(tni_state *state, const tni_savepoint *savepoint);

/* Freezes the working state as a version and starts a generation. Not visible yet. No savepoint may be open.
 * NOMEM. */
tn_status tni_state_seal(tni_state *state, uint64_t seq, uint64_t epoch, int64_t time_us,
                         tni_version **out) TN_MUST_USE;
/* Makes a sealed version, and with it all sealed before, the one that pin_take() hands out: one atomic store.
 * May run beside the writer's edits and seals, but not beside another publish or abandon. What no pin needs any
 * more is freed by the writer's next seal() or reclaim(). */
void tni_state_publish(tni_state *state, tni_version *version);
/* Throws away the working state and every sealed version: back to the published one. No savepoint may be open. The
 * writer calls it. */
void tni_state_abandon(tni_state *state);
/* Frees all that departed pins held, where seal() frees a share of it. The writer calls it; an idle engine calls it
 * from time to time. */
void tni_state_reclaim(tni_state *state);
/* Edit in place, without versions: while no reader can pin (replay, load). Turning it on needs that nothing is pinned
 * and every sealed version published; no savepoint, rollback or abandon within. Turning it off, which seal() does
 * too, ends the generation; what became of the working state is then the published version's content as well, under
 * that version's seq, until the next one is published. */
void tni_state_set_exclusive(tni_state *state, bool on);

/* The working state as a version-like view for the functions below: its roots, count and digest. */
const tni_root *tni_state_working(const tni_state *state);
tni_digest tni_state_digest(const tni_state *state);
/* Grows by one with every edit; a cursor on the working state uses it to find its place again. */
uint64_t tni_state_edits(const tni_state *state);

/* ---- readers -------------------------------------------------------------------------------- */

typedef struct tni_pin {
  const tni_version *version;
  void *slot; /* map.c's */
} tni_pin;

/* Pins the published version. Any thread, no lock, no waiting. NOMEM when more than the slots there are (they
 * grow in steps) are pinned at once and no more can be had. */
tn_status tni_pin_take(tni_state *state, tni_pin *out) TN_MUST_USE;
void tni_pin_drop(tni_state *state, tni_pin *pin);

/* A map in some view: `roots` is a pinned version's, or tni_state_working(). Slices handed out live while the
 * view does: until the pin is dropped, or the next edit. */
tn_status tni_map_get(const tni_state *state, const tni_root *roots, uint32_t map, tn_slice key,
                      tn_slice *value) TN_MUST_USE;
/* The same in two steps, in a pinned version: the first finds out where the value may be and has that fetched from
 * memory; what the caller does before the second costs it no time. NULL: there is none. */
const struct tni_node *tni_map_get_begin(const tni_state *state, const tni_root *roots, uint32_t map, tn_slice key);
tn_status tni_map_get_end(const struct tni_node *begun, tn_slice key, tn_slice *value) TN_MUST_USE;
/* Interleaves the lookups; values[i].data is NULL where there is none, and never NULL for an entry. */
void tni_map_get_many(const tni_state *state, const tni_root *roots, uint32_t map, const tn_slice *keys, size_t count,
                      tn_slice *values);

/* Replay knows which keys come next. expect() finds the ways to some of them together, expect_now() fetches what
 * edits will look at where those lead that were found since the last expect_now(), and from then on they are looked
 * up without searching. In between others may be looked up and edited; the longer that takes, the less is waited for
 * memory. Up to 16 keys in the order in which they come; of more, and where the mode is not exclusive, nothing is
 * remembered. The writer calls them; they change nothing. */
void tni_map_expect(tni_state *state, uint32_t map, const tn_slice *keys, size_t count);
void tni_map_expect_now(tni_state *state);

/* So many entries are on their way: the memory for them is best asked for in large pieces. Nothing depends on it. */
void tni_state_expect(tni_state *state, uint64_t entries);
/* Memory that edits will take next, some of which the system may still have to give. The writer calls it; it stays
 * where it is as long as the state. */
tn_slice tni_state_room(const tni_state *state);

/* About how many entries lie in from <= key < to (empty `to` = to the end). Exact while both ends fall into one leaf
 * or two that are neighbours below one node; beyond that what lies between is taken to be as full as the nodes in its
 * middle. */
uint64_t tni_map_estimate(const tni_state *state, const tni_root *roots, uint32_t map, tn_slice from, tn_slice to);

#define TNI_HEIGHT_MAX 24

/* Stands between two entries. Init in place, no fini. Every call that moves it answers NOT_FOUND at the end it
 * runs into, else hands out the entry it stepped over. The key lies in the cursor, or in the node. */
typedef struct tni_cursor {
  const tni_state *state;
  const tni_root *roots;
  uint32_t map;
  bool working;   /* on the working state: finds its place again after edits */
  bool behind;    /* where in relation to `place` it stands: before it, or behind it */
  uint8_t depth;  /* levels of `path` in use; 0 = not positioned */
  uint8_t ahead;  /* leaves that were prefetched ... */
  bool leftward;  /* ... to the left, or to the right */
  uint32_t pause; /* entries of the leaf up to here are handed out by a walk to the right without further ado */
  uint64_t edits;
  const struct tni_node *leaf; /* the path's */
  struct {
    uint32_t node;
    uint32_t slot;
  } path[TNI_HEIGHT_MAX];
  uint32_t prefix_of; /* the leaf whose prefix `key` begins with; 0 = none */
  uint32_t key_size;
  uint8_t key[TNI_KEY_SIZE_MAX + 4]; /* of the entry last handed out or sought; a head may be written behind it */
} tni_cursor;

void tni_cursor_init(tni_cursor *cursor, const tni_state *state, const tni_root *roots, uint32_t map);
void tni_cursor_seek(tni_cursor *cursor, tn_slice key); /* before the first entry >= key */
void tni_cursor_seek_end(tni_cursor *cursor);           /* behind the last */
tn_status tni_cursor_next(tni_cursor *cursor, tn_slice *key, tn_slice *value) TN_MUST_USE;
tn_status tni_cursor_prev(tni_cursor *cursor, tn_slice *key, tn_slice *value) TN_MUST_USE;

/* Walks what differs between two views of one map, in key order, visiting only nodes that are not shared.
 * `each` gets {NULL, 0} for a side that has no such entry, and stops the walk by anything but TN_OK. */
typedef tn_status (*tni_diff_fn)(void *arg, tn_slice key, tn_slice old_value, tn_slice new_value);
tn_status tni_map_diff(const tni_state *state, const tni_root *old_roots, const tni_root *new_roots, uint32_t map,
                       tni_diff_fn each, void *arg) TN_MUST_USE;

/* ---- the digest ----------------------------------------------------------------------------- */

/* The digest of one entry; docs/FORMAT.md, "Digest". A state's is the sum over its entries. */
tni_digest tni_entry_digest(uint64_t map_seed, tn_slice key, tn_slice value);
/* The same of an entry with a value of at most TNI_INLINE_MAX bytes that lies in one piece: the key's size in
 * TNI_DIGEST_FRAME bytes, the lowest first, key, value. */
#define TNI_DIGEST_FRAME 4
tni_digest tni_entry_digest_framed(uint64_t map_seed, tn_slice framed);
/* The sum again, by a scan of every map. */
tni_digest tni_state_digest_scan(const tni_state *state, const tni_root *roots);

/* ---- for tests, stats and `tenon check` ----------------------------------------------------- */

typedef struct tni_state_stats {
  uint64_t live_bytes;     /* nodes and values the working state reaches, and what versions share with it */
  uint64_t retired_bytes;  /* kept only for pins and sealed versions */
  uint64_t reserved_bytes; /* taken from the allocator */
  uint64_t nodes;
  uint32_t pins;
} tni_state_stats;
/* The writer calls it. */
tni_state_stats tni_state_get_stats(tni_state *state);

/* Walks every invariant of a view (order, fences, fill, births, counts, no node used twice). CORRUPT with the
 * first broken one in error->text. */
tn_status tni_state_check(const tni_state *state, const tni_root *roots, tn_error *error) TN_MUST_USE;

#endif
