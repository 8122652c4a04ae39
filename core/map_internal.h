/* map_internal.h - what the files of the map share: the state, and the memory of nodes and blobs.
 *
 *   map.c           life of a state
 *   map_get.c       lookups
 *   map_edit.c      put, delete, load, range delete
 *   map_load.c      entries that go behind all others; map_fill.c: whole leaves of them
 *   map_finger.c    the way to the key looked up last
 *   map_ways.c      the ways to keys that will be looked up soon
 *   map_settle.c    merging and evening out what deletes left too empty
 *   map_version.c   generations: savepoints, seal, publish, abandon, reclaim
 *   map_pin.c       readers' slots
 *   map_slab.c      where nodes and blobs come from
 *   map_node.c      one node: layout, edits in place; map_search.h: search
 *   map_sequence.c  entries of old nodes, and a new one, on their way into new nodes
 *   map_cursor.c, map_diff.c, map_estimate.c, map_digest.c, map_check.c */
#ifndef TENON_MAP_INTERNAL_H
#define TENON_MAP_INTERNAL_H

#include "map.h"
#include "map_node.h"
#include "memory.h"

/* ---- memory (map_slab.c) -------------------------------------------------------------------- */

#define TNI_LINE 64
/* Keeps what stands before it out of the cache lines of what stands behind it: readers look at the former all the
 * time, and the writer writes to the latter with each edit. */
#define TNI_APART(name) uint8_t name[TNI_LINE]

#define TNI_NODE_UNIT 512u     /* a node's number counts these; 0 is no node */
#define TNI_SEGMENT_UNITS 512u /* 256 KiB: what one entry of the directory stands for */
#define TNI_SEGMENT_MAX (UINT32_MAX / TNI_SEGMENT_UNITS)

/* Where each segment is. Readers look at it while the writer grows it: a longer one replaces it, the older ones
 * stay until the slab goes. */
typedef struct tni_directory {
  struct tni_directory *older;
  uint32_t capacity;
  uint8_t *segments[];
} tni_directory;

typedef struct tni_arena tni_arena;

/* Nodes of a few size classes, by one writer. A node's memory stays where it is, and is poisoned for ASan while it
 * is free. */
typedef struct tni_slab {
  const tn_memory *memory;
  _Atomic(tni_directory *) directory;
  tni_arena *arenas;
  TNI_APART(apart);
  uint32_t segment_count;
  uint32_t bump, bump_end;         /* numbers never handed out yet */
  uint64_t expected;               /* bytes of nodes that somebody spoke of before they are reserved */
  uint64_t promised;               /* of what was reserved last, not taken yet */
  uint32_t free[TNI_NODE_CLASSES]; /* lists linked by tni_node.link, last in first out */
  uint64_t used_bytes;             /* nodes and blobs that are not free */
  uint64_t reserved_bytes;         /* taken from `memory` */
  uint64_t node_count;
  uint64_t blob_count;
} tni_slab;

/* A value too large for a leaf. Immutable; it has its own birth, so that leaves are copied without it. */
typedef struct tni_blob {
  uint64_t birth;
  struct tni_blob *link; /* in a list of retired ones */
  tni_digest hash;       /* of the value: tni_value_hash() */
  uint32_t size;
  uint8_t bytes[];
} tni_blob;

void tni_slab_init(tni_slab *slab, const tn_memory *memory);
/* Blobs must have been freed. */
void tni_slab_fini(tni_slab *slab);
/* Makes sure that nodes of `bytes` bytes altogether can be had without failing, until the next call. NOMEM. */
tn_status tni_slab_reserve(tni_slab *slab, uint64_t bytes) TN_MUST_USE;
/* About so many will be wanted: what is taken from `memory` next is as large as that, within reason. */
void tni_slab_expect(tni_slab *slab, uint64_t bytes);
/* The number of a node with its size_class set and nothing else. Must have been reserved. */
uint32_t tni_slab_take(tni_slab *slab, uint8_t size_class);
void tni_slab_give(tni_slab *slab, uint32_t number);

/* What nodes will be taken from next, as far as `bytes`; of a large arena only. */
tn_slice tni_slab_room(const tni_slab *slab, size_t bytes);

/* NULL when there is no memory. */
tni_blob *tni_blob_create(tni_slab *slab, tn_slice value, uint64_t birth);
void tni_blob_destroy(tni_slab *slab, tni_blob *blob);
static inline uint64_t tni_blob_bytes(const tni_blob *blob) { return sizeof *blob + blob->size; }

/* ---- versions and pins ---------------------------------------------------------------------- */

#define TNI_LANES 8

/* Nodes and blobs that the working state no longer reaches, last in first out. Nodes go to one lane after another:
 * each lane's next one is on its way from memory while the others' are worked on. */
typedef struct tni_retired {
  uint32_t lanes[TNI_LANES];
  tni_blob *blobs;
  uint64_t node_count, blob_count;
} tni_retired;

/* A version with what only the writer looks at. Boxes are reused, never given back while the state lives: a slot
 * may hold the address of one that is no version any more, until its reader sees that. */
typedef struct tni_box {
  _Alignas(TNI_LINE) struct tni_box *older; /* in the list of versions; in the list of free boxes */
  uint64_t scan;                            /* the last look at the slots that found it pinned */
  tni_retired retired;                      /* what this version sees and the next newer one does not */
  const tni_node *fresh;                    /* the root of the map that the writer was at last; NULL = none */
  void *raw;                                /* what the allocator gave */
} tni_box; /* the tni_version lies behind it, in lines of its own: readers look at it while the writer is busy here */

static inline tni_version *tni_version_in(tni_box *box) { return (tni_version *)(void *)(box + 1); }
static inline tni_box *tni_box_of(const tni_version *version) {
  return (tni_box *)((uintptr_t)version - sizeof(tni_box));
}
/* NULL when there is no memory. */
tni_box *tni_box_create(const tn_memory *memory, uint32_t map_count);
void tni_box_destroy(const tn_memory *memory, tni_box *box, uint32_t map_count);

/* The working state as it was at a savepoint. */
typedef struct tni_saved {
  struct tni_saved *under, *above; /* frames above the top one are kept for reuse */
  uint64_t generation;
  uint64_t outer_floor;
  uint64_t retired_nodes, retired_blobs;
  tni_digest digest;
  tni_root roots[];
} tni_saved;

#define TNI_SLOT_BYTES 64
#define TNI_SLOTS_FIRST 16
#define TNI_SLOTS_MORE 64

typedef struct tni_slot {
  _Alignas(TNI_SLOT_BYTES) _Atomic(const tni_version *) version; /* NULL: free */
} tni_slot;

/* A run of slots; once there, it stays until the state goes. */
typedef struct tni_slots {
  _Atomic(struct tni_slots *) next;
  void *raw; /* what the allocator gave, and how much */
  size_t raw_size;
  uint32_t count;
  tni_slot slots[];
} tni_slots;

struct tni_state {
  _Atomic(tni_version *) published;
  _Atomic(const tni_node *) fresh; /* of its box: whoever pins has it fetched at once */
  TNI_APART(apart);
  const tn_memory *memory;
  uint32_t map_count;
  tni_slots *slots;
  tni_root *roots; /* of the working state */
  uint64_t *seeds;
  struct tni_finger *finger; /* the writer's */
  struct tni_ways *ways;     /* the writer's; NULL until some are expected */
  tni_slab slab;
  bool exclusive;
  uint64_t memory_max;
  /* the working state */
  uint64_t generation;
  uint64_t floor; /* what was born later than this is nobody else's: edited in place, freed at once */
  uint64_t edits;
  tni_digest digest;
  tni_retired log;   /* retired since the newest version was sealed */
  tni_saved *frames; /* the lowest one; `top` is NULL when no savepoint is open */
  tni_saved *top;
  /* versions */
  tni_box *newest; /* sealed last; `older` leads to the oldest still held */
  tni_box *boxes;  /* free */
  uint64_t scan;
  uint64_t retired_bytes; /* in the log and in every box */
};

/* The working state's node is needed no more: freed when nobody else can see it, else kept in the log. */
void tni_drop_node(tni_state *state, uint32_t number);
void tni_drop_blob(tni_state *state, tni_blob *blob);
/* Frees every node and blob of the subtree that was born after `generation`. */
void tni_free_young(tni_state *state, uint32_t number, uint64_t generation);
/* Frees everything on the list. */
void tni_free_retired(tni_state *state, tni_retired *list);

/* NULL when there is no memory. */
tni_slots *tni_slots_create(const tn_memory *memory, uint32_t count);
void tni_slots_destroy(const tn_memory *memory, tni_slots *slots);
/* Marks the boxes that slots hold with a new state->scan. */
void tni_slots_scan(tni_state *state);
uint32_t tni_slots_count_held(tni_slots *slots);

/* ---- digest --------------------------------------------------------------------------------- */

/* A value's own hash, as it goes into the digest of an entry when the value is above TNI_INLINE_MAX bytes. */
tni_digest tni_value_hash(tn_slice value);
/* tni_entry_digest() of an entry whose value has that hash. */
tni_digest tni_entry_digest_hashed(uint64_t map_seed, tn_slice key, tni_digest value_hash);

static inline tni_digest tni_digest_subtract(tni_digest a, tni_digest b) {
  return (tni_digest){a.low - b.low, a.high - b.high - (a.low < b.low)};
}

/* ---- reaching nodes ------------------------------------------------------------------------- */

static inline tni_node *tni_node_in(const tni_directory *directory, uint32_t number) {
  uint8_t *segment = directory->segments[number / TNI_SEGMENT_UNITS];
  return (tni_node *)(void *)(segment + (size_t)(number % TNI_SEGMENT_UNITS) * TNI_NODE_UNIT);
}
static inline const tni_directory *tni_directory_of(const tni_state *state) {
  return atomic_load_explicit(&state->slab.directory, memory_order_acquire);
}
static inline tni_node *tni_node_at(const tni_state *state, uint32_t number) {
  return tni_node_in(tni_directory_of(state), number);
}

#define TNI_INNER_LINES 6    /* of an inner node: header, prefix and most heads */
#define TNI_LEAF_TOP_LINES 3 /* the same of a leaf, and slots */
#define TNI_LEAF_LINES (TNI_NODE_BYTES(TNI_LEAF_CLASS) / TNI_LINE)
/* `data` may be no good address: NULL, or of a node that is gone. */
static inline void tni_prefetch(const void *data, unsigned lines) {
  for (unsigned i = 0; i < lines; i++) __builtin_prefetch((const void *)((uintptr_t)data + i * TNI_LINE));
}
/* Not further than the second cache: more lines than the first one can have on their way do not hold up what is
 * wanted now. */
static inline void tni_prefetch_far(const void *data, unsigned lines) {
  for (unsigned i = 0; i < lines; i++) __builtin_prefetch((const char *)data + i * TNI_LINE, 0, 2);
}

/* The value of a leaf's slot. Never NULL. */
static inline tn_slice tni_leaf_value(const tni_node *leaf, uint32_t slot) {
  if (!tni_slot_is_blob(leaf, slot)) return tni_slot_inline(leaf, slot);
  const tni_blob *blob = tni_slot_blob(leaf, slot);
  return (tn_slice){blob->bytes, blob->size};
}

#endif
