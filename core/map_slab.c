#include <assert.h>
#include <sys/mman.h>

#include "map_internal.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_POISON 1
#endif
#endif
#ifdef HAVE_POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(data, size) ((void)(data), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(data, size) ((void)(data), (void)(size))
#endif

#define SEGMENT_BYTES ((size_t)TNI_SEGMENT_UNITS * TNI_NODE_UNIT)
#define ARENA_FIRST ((size_t)60 * 1024) /* the first segment is not all there: an empty state is cheap */
#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define HUGE_PAGE ((size_t)2 * 1024 * 1024)
#define HUGE_FROM (2 * HUGE_PAGE) /* arenas this large are laid on huge pages */

/* Stands at the start of what the allocator gave; segments begin at `base`. */
struct tni_arena {
  tni_arena *next;
  size_t raw_size;
  uint8_t *base;
  size_t size;
};

void tni_slab_init(tni_slab *slab, const tn_memory *memory) {
  memset(slab, 0, sizeof *slab);
  slab->memory = memory;
  atomic_init(&slab->directory, NULL);
}

static size_t directory_bytes(uint32_t capacity) { return sizeof(tni_directory) + capacity * sizeof(uint8_t *); }

void tni_slab_fini(tni_slab *slab) {
  assert(slab->blob_count == 0);
  for (tni_arena *arena = slab->arenas, *next; arena; arena = next) {
    next = arena->next;
    ASAN_UNPOISON_MEMORY_REGION(arena->base, arena->size);
    tni_free(slab->memory, arena, arena->raw_size);
  }
  tni_directory *directory = atomic_load_explicit(&slab->directory, memory_order_relaxed);
  for (tni_directory *older; directory; directory = older) {
    older = directory->older;
    tni_free(slab->memory, directory, directory_bytes(directory->capacity));
  }
}

static tn_status directory_reserve(tni_slab *slab, uint32_t segments) {
  tni_directory *old = atomic_load_explicit(&slab->directory, memory_order_relaxed);
  if (old && segments <= old->capacity) return TN_OK;
  uint32_t capacity = old ? old->capacity : 32;
  while (capacity < segments) capacity *= 2;
  tni_directory *directory = (tni_directory *)tni_alloc(slab->memory, directory_bytes(capacity));
  if (!directory) return TN_NOMEM;
  directory->older = old;
  directory->capacity = capacity;
  if (old) memcpy(directory->segments, old->segments, slab->segment_count * sizeof(uint8_t *));
  atomic_store_explicit(&slab->directory, directory, memory_order_release);
  return TN_OK;
}

/* Bytes of the next arena: a quarter of what there is, so that little lies idle. */
static size_t arena_size(const tni_slab *slab, uint64_t need) {
  if (slab->segment_count == 0 && need + slab->expected + TNI_NODE_UNIT <= ARENA_FIRST) return ARENA_FIRST;
  size_t size = (size_t)(slab->reserved_bytes / 4);
  if (size < slab->expected) size = (size_t)slab->expected;
  if (size > ARENA_MAX) size = ARENA_MAX;
  if (size < need + TNI_NODE_UNIT) size = (size_t)need + TNI_NODE_UNIT;
  return (size + SEGMENT_BYTES - 1) / SEGMENT_BYTES * SEGMENT_BYTES;
}

static tni_arena *arena_create(const tn_memory *memory, size_t size) {
  size_t align = size >= HUGE_FROM ? HUGE_PAGE : 4096;
  size_t raw_size = size + (size < SEGMENT_BYTES ? 4096 : align + 4096);
  align = size < SEGMENT_BYTES ? TNI_LINE : align;
  tni_arena *arena = (tni_arena *)tni_alloc(memory, raw_size);
  if (!arena) return NULL;
  uintptr_t start = (uintptr_t)arena + sizeof *arena;
  size_t skip = (align - start % align) % align;
  *arena = (tni_arena){NULL, raw_size, (uint8_t *)arena + sizeof *arena + skip, size};
  if (align == HUGE_PAGE) (void)madvise(arena->base, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
  return arena;
}

static void give_free(tni_slab *slab, uint32_t number, uint8_t size_class, tni_node *node) {
  node->link = slab->free[size_class];
  slab->free[size_class] = number;
  ASAN_POISON_MEMORY_REGION(node, TNI_NODE_BYTES(size_class));
}

static tni_node *node_at(const tni_slab *slab, uint32_t number) {
  return tni_node_in(atomic_load_explicit(&slab->directory, memory_order_relaxed), number);
}

/* What is left of the arena in use goes to the free lists, in pieces of common sizes. */
static void cut_rest(tni_slab *slab) {
  while (slab->bump < slab->bump_end) {
    uint8_t size_class = TNI_LEAF_CLASS;
    while (TNI_NODE_BYTES(size_class) / TNI_NODE_UNIT > slab->bump_end - slab->bump) size_class--;
    tni_node *node = node_at(slab, slab->bump);
    ASAN_UNPOISON_MEMORY_REGION(node, TNI_NODE_BYTES(size_class));
    give_free(slab, slab->bump, size_class, node);
    slab->bump += TNI_NODE_BYTES(size_class) / TNI_NODE_UNIT;
  }
}

static tn_status add_arena(tni_slab *slab, uint64_t need) {
  size_t size = arena_size(slab, need);
  uint32_t segments = (uint32_t)((size + SEGMENT_BYTES - 1) / SEGMENT_BYTES), first = slab->segment_count;
  if (size / SEGMENT_BYTES + first >= TNI_SEGMENT_MAX) return TN_NOMEM;
  if (directory_reserve(slab, first + segments) != TN_OK) return TN_NOMEM;
  tni_arena *arena = arena_create(slab->memory, size);
  if (!arena) return TN_NOMEM;
  cut_rest(slab);
  tni_directory *directory = atomic_load_explicit(&slab->directory, memory_order_relaxed);
  for (uint32_t i = 0; i < segments; i++) directory->segments[first + i] = arena->base + i * SEGMENT_BYTES;
  arena->next = slab->arenas;
  slab->arenas = arena;
  slab->reserved_bytes += arena->raw_size;
  slab->expected = 0;
  slab->segment_count += segments;
  slab->bump = first * TNI_SEGMENT_UNITS + (first == 0); /* 0 is no node */
  slab->bump_end = first * TNI_SEGMENT_UNITS + (uint32_t)(size / TNI_NODE_UNIT);
  ASAN_POISON_MEMORY_REGION(arena->base, arena->size);
  return TN_OK;
}

tn_status tni_slab_reserve(tni_slab *slab, uint64_t bytes) {
  tn_status status = TN_OK;
  if ((uint64_t)(slab->bump_end - slab->bump) * TNI_NODE_UNIT < bytes) status = add_arena(slab, bytes);
  slab->promised = status == TN_OK ? bytes : 0;
  return status;
}

void tni_slab_expect(tni_slab *slab, uint64_t bytes) { slab->expected = bytes; }

uint32_t tni_slab_take(tni_slab *slab, uint8_t size_class) {
  uint32_t number = slab->free[size_class], bytes = TNI_NODE_BYTES(size_class);
  tni_node *node;
  assert(bytes <= slab->promised);
  slab->promised -= bytes;
  if (number != 0) {
    node = node_at(slab, number);
    ASAN_UNPOISON_MEMORY_REGION(node, bytes);
    slab->free[size_class] = node->link;
    if (node->link != 0) tni_prefetch(node_at(slab, node->link), 1); /* the next one to be taken */
  } else {
    number = slab->bump;
    slab->bump += bytes / TNI_NODE_UNIT;
    assert(slab->bump <= slab->bump_end);
    node = node_at(slab, number);
    ASAN_UNPOISON_MEMORY_REGION(node, bytes);
  }
  node->size_class = size_class;
  slab->used_bytes += bytes;
  slab->node_count++;
  return number;
}

void tni_slab_give(tni_slab *slab, uint32_t number) {
  tni_node *node = node_at(slab, number);
  slab->used_bytes -= tni_node_size(node);
  slab->node_count--;
  give_free(slab, number, node->size_class, node);
}

tn_slice tni_slab_room(const tni_slab *slab, size_t bytes) {
  size_t left = (size_t)(slab->bump_end - slab->bump) * TNI_NODE_UNIT;
  if (!slab->arenas || slab->arenas->size < HUGE_FROM || left == 0) return (tn_slice){NULL, 0};
  return (tn_slice){node_at(slab, slab->bump), left < bytes ? left : bytes};
}

/* ---- blobs ---------------------------------------------------------------------------------- */

tni_blob *tni_blob_create(tni_slab *slab, tn_slice value, uint64_t birth) {
  size_t bytes = sizeof(tni_blob) + value.size;
  tni_blob *blob = (tni_blob *)tni_alloc(slab->memory, bytes);
  if (!blob) return NULL;
  *blob = (tni_blob){.birth = birth, .link = NULL, .hash = tni_value_hash(value), .size = (uint32_t)value.size};
  memcpy(blob->bytes, value.data, value.size);
  slab->used_bytes += bytes;
  slab->reserved_bytes += bytes;
  slab->blob_count++;
  return blob;
}

void tni_blob_destroy(tni_slab *slab, tni_blob *blob) {
  uint64_t bytes = tni_blob_bytes(blob);
  slab->used_bytes -= bytes;
  slab->reserved_bytes -= bytes;
  slab->blob_count--;
  tni_free(slab->memory, blob, (size_t)bytes);
}
