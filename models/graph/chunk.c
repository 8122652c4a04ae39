#include "chunk.h"

/* ---- numbers of 0 to 8 bytes ------------------------------------------------------------------- */

static uint8_t width_of(uint64_t n) { return n == 0 ? 0 : (uint8_t)(8 - __builtin_clzll(n) / 8); }

static uint64_t load32(const uint8_t *at) {
  uint32_t n;
  memcpy(&n, at, sizeof n);
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? n : __builtin_bswap32(n);
}

static uint64_t load64(const uint8_t *at) {
  uint64_t n;
  memcpy(&n, at, sizeof n);
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? n : __builtin_bswap64(n);
}

/* Item i of numbers of one width. Odd widths are read as a wider number that ends with the item and begins before it,
 * at most 3 bytes: there is a header. */
static inline uint64_t load(const uint8_t *items, unsigned width, uint32_t i) {
  const uint8_t *at = items + (size_t)i * width;
  switch (width) {
    case 0: return 0;
    case 1: return at[0];
    case 2: return tn_load_le(at, 2);
    case 3: return load32(at - 1) >> 8;
    case 4: return load32(at);
    default: return load64(at - (8 - width)) >> (8 * (8 - width));
  }
}

static void store(uint8_t *at, unsigned width, uint64_t n) {
  for (unsigned i = 0; i < width; i++) at[i] = (uint8_t)(n >> (8 * i));
}

/* Numbers of one width, each stored as a word whose rest the next one writes over. */
static uint8_t *store_all(uint8_t *at, unsigned width, uint64_t base, const uint64_t *items, uint32_t count) {
  for (uint32_t i = 0; i < count; i++, at += width) {
    uint64_t n = items[i] - base;
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) n = __builtin_bswap64(n);
    memcpy(at, &n, sizeof n);
  }
  return at;
}

/* One loop for each width, so that the compiler sees it as a constant. */
static void load_all(const uint8_t *items, unsigned width, uint64_t base, uint32_t from, uint32_t to, uint64_t *out) {
#define EACH(constant) \
  _Pragma("GCC unroll 4") for (uint32_t i = from; i < to; i++) *out++ = base + load(items, (constant), i)
  switch (width) {
    case 0: EACH(0); break;
    case 1: EACH(1); break;
    case 2: EACH(2); break;
    case 3: EACH(3); break;
    case 4: EACH(4); break;
    default: EACH(width);
  }
#undef EACH
}

/* ---- reading ----------------------------------------------------------------------------------- */

static size_t padded(size_t size) {
  return (size + TNI_GRAPH_CHUNK_STEP - 1) / TNI_GRAPH_CHUNK_STEP * TNI_GRAPH_CHUNK_STEP;
}

static bool is_size_of(size_t size, size_t needed) { return size >= needed && size <= padded(needed); }

bool tni_graph_chunk_open(tn_slice bytes, tni_graph_chunk *out) {
  const uint8_t *data = bytes.data;
  if (bytes.size < TNI_GRAPH_CHUNK_HEADER + 1) return false;
  unsigned width = data[0] & 15, edge_width = data[0] >> 4, base_width = data[1];
  uint32_t count = (uint32_t)tn_load_le(data + 2, 2);
  if (width > 8 || edge_width > 8 || base_width < 1 || base_width > 8 || count < 1 || count > TNI_GRAPH_CHUNK_ARCS ||
      !is_size_of(bytes.size, TNI_GRAPH_CHUNK_HEADER + base_width + (size_t)count * (width + edge_width)))
    return false;
  uint64_t base = 0;
  if (bytes.size >= TNI_GRAPH_CHUNK_HEADER + 8)
    base = load64(data + TNI_GRAPH_CHUNK_HEADER) << (64 - 8 * base_width) >> (64 - 8 * base_width);
  else
    for (unsigned i = 0; i < base_width; i++) base |= (uint64_t)data[TNI_GRAPH_CHUNK_HEADER + i] << (8 * i);
  out->offsets = data + TNI_GRAPH_CHUNK_HEADER + base_width;
  out->edges = out->offsets + (size_t)count * width;
  out->base = base;
  out->count = count;
  out->width = (uint8_t)width;
  out->edge_width = (uint8_t)edge_width;
  return true;
}

tni_graph_arc tni_graph_chunk_at(const tni_graph_chunk *chunk, uint32_t i) {
  return (tni_graph_arc){chunk->base + load(chunk->offsets, chunk->width, i),
                         load(chunk->edges, chunk->edge_width, i)};
}

uint32_t tni_graph_chunk_seek(const tni_graph_chunk *chunk, tni_graph_arc arc) {
  uint32_t low = 0, high = chunk->count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (tni_graph_arc_compare(tni_graph_chunk_at(chunk, middle), arc) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void tni_graph_chunk_nodes(const tni_graph_chunk *chunk, uint32_t from, uint64_t *out) {
  load_all(chunk->offsets, chunk->width, chunk->base, from, chunk->count, out);
}

void tni_graph_chunk_edges(const tni_graph_chunk *chunk, uint32_t from, uint64_t *out) {
  load_all(chunk->edges, chunk->edge_width, 0, from, chunk->count, out);
}

void tni_graph_chunk_decode(const tni_graph_chunk *chunk, tni_graph_arcs *out) {
  out->count = chunk->count;
  tni_graph_chunk_nodes(chunk, 0, out->nodes);
  tni_graph_chunk_edges(chunk, 0, out->edges);
}

/* ---- writing ----------------------------------------------------------------------------------- */

static uint64_t greatest_edge(const tni_graph_arcs *arcs, uint32_t from, uint32_t to) {
  uint64_t all = 0; /* only its width counts */
  for (uint32_t i = from; i < to; i++) all |= arcs->edges[i];
  return all;
}

static unsigned base_width_of(uint64_t base) { return base == 0 ? 1 : width_of(base); }

size_t tni_graph_chunk_size(const tni_graph_arcs *arcs, uint32_t from, uint32_t to) {
  uint64_t base = arcs->nodes[from];
  size_t each = (size_t)width_of(arcs->nodes[to - 1] - base) + width_of(greatest_edge(arcs, from, to));
  return padded(TNI_GRAPH_CHUNK_HEADER + base_width_of(base) + each * (to - from));
}

size_t tni_graph_chunk_encode(const tni_graph_arcs *arcs, uint32_t from, uint32_t to, uint8_t *out) {
  uint64_t base = arcs->nodes[from];
  unsigned width = width_of(arcs->nodes[to - 1] - base), edge_width = width_of(greatest_edge(arcs, from, to));
  unsigned base_width = base_width_of(base);
  out[0] = (uint8_t)(width | edge_width << 4);
  out[1] = (uint8_t)base_width;
  store(out + 2, 2, to - from);
  uint8_t *at = out + TNI_GRAPH_CHUNK_HEADER;
  store(at, base_width, base);
  at += base_width;
  if (width > 0) at = store_all(at, width, base, arcs->nodes + from, to - from);
  if (edge_width > 0) at = store_all(at, edge_width, 0, arcs->edges + from, to - from);
  size_t size = (size_t)(at - out);
  memset(at, 0, padded(size) - size);
  return padded(size);
}

/* ---- decoded arcs ------------------------------------------------------------------------------ */

static tni_graph_arc arc_at(const tni_graph_arcs *arcs, uint32_t i) {
  return (tni_graph_arc){arcs->nodes[i], arcs->edges[i]};
}

uint32_t tni_graph_arcs_seek(const tni_graph_arcs *arcs, tni_graph_arc arc) {
  uint32_t low = 0, high = arcs->count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (tni_graph_arc_compare(arc_at(arcs, middle), arc) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool is_at(const tni_graph_arcs *arcs, uint32_t i, tni_graph_arc arc) {
  return i < arcs->count && tni_graph_arc_compare(arc_at(arcs, i), arc) == 0;
}

static void shift(uint64_t *items, uint32_t count, uint32_t from, uint32_t to) {
  memmove(items + to, items + from, (count - from) * sizeof *items);
}

bool tni_graph_arcs_insert(tni_graph_arcs *arcs, tni_graph_arc arc, uint32_t *at) {
  uint32_t i = tni_graph_arcs_seek(arcs, arc);
  if (is_at(arcs, i, arc)) return false;
  shift(arcs->nodes, arcs->count, i, i + 1);
  shift(arcs->edges, arcs->count, i, i + 1);
  arcs->nodes[i] = arc.node;
  arcs->edges[i] = arc.edge;
  arcs->count++;
  *at = i;
  return true;
}

bool tni_graph_arcs_remove(tni_graph_arcs *arcs, tni_graph_arc arc) {
  uint32_t i = tni_graph_arcs_seek(arcs, arc);
  if (!is_at(arcs, i, arc)) return false;
  shift(arcs->nodes, arcs->count, i + 1, i);
  shift(arcs->edges, arcs->count, i + 1, i);
  arcs->count--;
  return true;
}
