#include "stream.h"

#include <stdio.h>

#include "engine.h"
#include "entry.h"
#include "key.h"
#include "thread.h"
#include "try.h"
#include "value_layout.h"

#define ITEM_SIZE_MAX ((uint64_t)8 << 30) /* a value as text may be several times its size */

#define FRAME 4 /* bytes of an item's size, before it */

#define BATCHES 8
#define ENTRIES_MAX 1024              /* of a batch, and ... */
#define BYTES_MAX ((size_t)128 << 10) /* ... when it is full before that, the last entry not counted */
#define LARGE ((size_t)8 << 20)       /* batches from this size on are not piled up, nor their memory kept */
#define ALONE_UPTO 1024               /* so many entries are no work for two */

typedef struct batch {
  tni_entries out;
  tn_buffer bytes;  /* of each entry the key's size, key and value, one after another */
  bool summed;      /* out.digest is there */
  tn_status status; /* what came behind the entries; TN_OK = more */
  tn_error error;
  bool given_back; /* by another thread than fills it; then: */
  tn_slice room;   /* what whoever had the batch before will write to next */
  tni_entry entries[ENTRIES_MAX];
} batch;

struct tni_stream {
  tn_engine *engine;
  uint64_t seq;
  void *handle;
  tn_buffer carry; /* an item that began in an earlier run */
  tn_slice run;    /* what is left of the current one */
  bool ended;
  bool usual; /* items may be what the writer makes of entries */
  tn_builder item;
  tn_buffer key;
  const tni_stream_map *maps;
  uint32_t map_count;
  batch *batches;
  size_t batch_count;
  batch *asked; /* handed out last; NULL at first */
  const uint8_t *faulted_in;
  tni_filler filler;
};

/* ---- items ---------------------------------------------------------------------------------- */

tn_status tni_stream_bad(const tni_stream *s, tn_error *error, const char *what) {
  char where[64];
  snprintf(where, sizeof where, "snapshot %llu", (unsigned long long)s->seq);
  return tn_error_set(error, TN_CORRUPT, where, "%s", what);
}

static tn_status no_memory(tn_error *error) {
  return tn_error_set(error, TN_NOMEM, NULL, "no memory to load a snapshot");
}

static tn_status more(tni_stream *s, tn_error *error) {
  const tn_engine *e = s->engine;
  tn_status status = e->storage->snapshot_read(e->storage_self, s->handle, &s->run, error);
  if (status != TN_NOT_FOUND) return status;
  s->ended = true;
  s->run = (tn_slice){NULL, 0};
  return TN_OK;
}

/* How many bytes of `bytes` the first item takes, its frame included; 0 = it is not all there. */
static size_t item_size(const tni_stream *s, tn_slice bytes) {
  if (s->engine->snapshot_format->text) {
    const char *end = bytes.size > 0 ? (const char *)memchr(bytes.data, '\n', bytes.size) : NULL;
    return end ? (size_t)(end - (const char *)bytes.data) + 1 : 0;
  }
  if (bytes.size < FRAME) return 0;
  size_t size = (size_t)tn_load_le((const uint8_t *)bytes.data, FRAME) + FRAME;
  return size <= bytes.size ? size : 0;
}

static tn_slice take(tn_slice *from, size_t size) {
  tn_slice taken = {from->data, size};
  if (size > 0) *from = (tn_slice){(const uint8_t *)from->data + size, from->size - size};
  return taken;
}

/* How many bytes of the run the item in the carry may still need, as far as can be told. */
static size_t item_lacks(const tni_stream *s) {
  size_t have = s->carry.size, size = FRAME;
  if (s->engine->snapshot_format->text) {
    size = item_size(s, s->run);
    return size > 0 ? size : s->run.size;
  }
  if (have >= FRAME) size += (size_t)tn_load_le(s->carry.data, FRAME);
  return size - have < s->run.size ? size - have : s->run.size;
}

/* Moves bytes from the run to the carry until an item is whole. */
static tn_status carry_item(tni_stream *s, tn_slice *out, tn_error *error) {
  for (;;) {
    tn_slice some = take(&s->run, item_lacks(s));
    if (tn_buffer_append(&s->carry, some.data, some.size) != TN_OK) return no_memory(error);
    *out = (tn_slice){s->carry.data, item_size(s, (tn_slice){s->carry.data, s->carry.size})};
    if (out->size > 0) return TN_OK;
    if (s->carry.size > ITEM_SIZE_MAX) return tni_stream_bad(s, error, "an item is too large");
    if (s->run.size > 0) continue;
    TRY(more(s, error));
    if (s->ended)
      return s->carry.size > 0 ? tni_stream_bad(s, error, "the stream ends within an item") : TN_NOT_FOUND;
  }
}

/* The next item's bytes, without its frame; NOT_FOUND at the end. */
static tn_status next_bytes(tni_stream *s, tn_slice *out, tn_error *error) {
  bool text = s->engine->snapshot_format->text;
  tn_slice bytes;
  do {
    size_t size = item_size(s, s->run);
    s->carry.size = 0;
    if (size > 0)
      bytes = take(&s->run, size);
    else
      TRY(carry_item(s, &bytes, error));
  } while (text && bytes.size == 1);
  if (text)
    bytes.size--;
  else
    (void)take(&bytes, FRAME);
  *out = bytes;
  return TN_OK;
}

static tn_status item_value(tni_stream *s, tn_slice bytes, tn_value *out, tn_error *error) {
  size_t used = 0;
  tn_status status = tni_view(s->engine->snapshot_format, bytes, &s->item, out, &used, error);
  if (status == TN_NOMEM) return status;
  return status == TN_OK && used == bytes.size ? TN_OK : tni_stream_bad(s, error, "an item cannot be decoded");
}

tn_status tni_stream_header(tni_stream *s, tn_value *out, tn_error *error) {
  tn_slice bytes;
  TRY(next_bytes(s, &bytes, error));
  return item_value(s, bytes, out, error);
}

/* ---- entries -------------------------------------------------------------------------------- */

static tn_status entry_key(tni_stream *s, const tn_map_def *def, tn_value key, tn_slice *out, tn_error *error) {
  if (tn_as_bytes(key, out)) return TN_OK;
  if (def->keys != TN_KEYS_TUPLE || tn_value_type(key) != TN_ARRAY)
    return tni_stream_bad(s, error, "an entry's key is neither bytes nor a tuple");
  s->key.size = 0;
  for (tn_iter it = tn_iter_of(key); tn_iter_next(&it);) {
    tn_status status = tni_key_add_value(&s->key, it.value);
    if (status == TN_NOMEM) return no_memory(error);
    if (status != TN_OK) return tni_stream_bad(s, error, "an entry's key does not fit");
  }
  *out = (tn_slice){s->key.data, s->key.size};
  return TN_OK;
}

static tn_status entry_value(const tni_stream *s, const tn_map_def *def, tn_value value, tn_slice *out,
                             tn_error *error) {
  if (s->engine->snapshot_format->text && def->values == TN_VALUES_VALUE) return *out = tn_value_bytes(value), TN_OK;
  return tn_as_bytes(value, out) ? TN_OK : tni_stream_bad(s, error, "an entry's value is not bytes");
}

/* The batch's bytes may still move: until then the slices count from their start. */
static tn_status add_entry(batch *b, uint32_t map, tn_slice key, tn_slice value) {
  uint8_t *to = tn_buffer_reserve(&b->bytes, TNI_DIGEST_FRAME + key.size + value.size);
  if (!to) return no_memory(&b->error);
  tni_store_le(to, key.size, TNI_DIGEST_FRAME);
  if (key.size > 0) memcpy(to + TNI_DIGEST_FRAME, key.data, key.size);
  if (value.size > 0) memcpy(to + TNI_DIGEST_FRAME + key.size, value.data, value.size);
  b->bytes.size += TNI_DIGEST_FRAME + key.size + value.size;
  b->entries[b->out.count++] = (tni_entry){map, {NULL, key.size}, {NULL, value.size}};
  return TN_OK;
}

static tn_status take_value(tni_stream *s, batch *b, tn_value item) {
  tn_slice key = {NULL, 0}, value = {NULL, 0};
  int64_t n = -1;
  bool fine = tn_value_type(item) == TN_ARRAY && tn_count(item) == 3 && tn_as_int(tn_item(item, 0), &n);
  if (!fine || n < 0 || n >= (int64_t)s->map_count)
    return tni_stream_bad(s, &b->error, "an entry is not [map, key, value]");
  TRY(entry_key(s, s->maps[n].def, tn_item(item, 1), &key, &b->error));
  TRY(entry_value(s, s->maps[n].def, tn_item(item, 2), &value, &b->error));
  return add_entry(b, (uint32_t)n, key, value);
}

static bool has_room(const batch *b) { return b->out.count < ENTRIES_MAX && b->bytes.size < BYTES_MAX; }

/* Takes items as long as they are whole in the run and what the writer makes of entries. */
static tn_status take_usual(tni_stream *s, batch *b) {
  tn_status status = TN_OK;
  tn_slice left = s->run, key, value;
  uint32_t map;
  while (status == TN_OK && has_room(b) && left.size >= FRAME) {
    size_t size = (size_t)tn_load_le((const uint8_t *)left.data, FRAME);
    tn_slice bytes = {(const uint8_t *)left.data + FRAME, size};
    if (size > left.size - FRAME || !tni_entry_read(bytes, &map, &key, &value) || map >= s->map_count) break;
    status = add_entry(b, map, key, value);
    (void)take(&left, FRAME + size);
  }
  s->run = left;
  return status;
}

static tn_status take_entry(tni_stream *s, batch *b) {
  tn_slice bytes, key, value;
  uint32_t map;
  tn_value item;
  TRY(next_bytes(s, &bytes, &b->error));
  bool usual = s->usual && tni_entry_read(bytes, &map, &key, &value) && map < s->map_count;
  if (usual) return add_entry(b, map, key, value);
  TRY(item_value(s, bytes, &item, &b->error));
  return take_value(s, b, item);
}

static void place_entries(batch *b) {
  const uint8_t *at = b->bytes.data ? b->bytes.data : (const uint8_t *)"";
  for (size_t i = 0; i < b->out.count; i++) {
    tni_entry *entry = &b->entries[i];
    entry->key.data = at + TNI_DIGEST_FRAME;
    entry->value.data = at + TNI_DIGEST_FRAME + entry->key.size;
    at += TNI_DIGEST_FRAME + entry->key.size + entry->value.size;
  }
}

static void sum_up(const tni_stream *s, batch *b) {
  tni_digest sum = {0, 0};
  for (size_t i = 0; i < b->out.count; i++) {
    const tni_entry *entry = &b->entries[i];
    if (entry->value.size > TNI_INLINE_MAX) continue;
    tn_slice framed = {(const uint8_t *)entry->key.data - TNI_DIGEST_FRAME,
                       TNI_DIGEST_FRAME + entry->key.size + entry->value.size};
    sum = tni_digest_add(sum, tni_entry_digest_framed(s->maps[entry->map].seed, framed));
  }
  b->out.digest = sum;
  b->summed = true;
}

static void fill(tni_stream *s, batch *b) {
  b->out.count = b->bytes.size = 0;
  b->summed = false;
  if (b->bytes.capacity > LARGE) tn_buffer_free(&b->bytes);
  b->status = TN_OK;
  while (b->status == TN_OK && has_room(b)) {
    if (s->usual) b->status = take_usual(s, b);
    if (b->status == TN_OK && has_room(b)) b->status = take_entry(s, b);
  }
  place_entries(b);
}

/* ---- the thread ----------------------------------------------------------------------------- */

static tni_fill fill_place(void *arg, size_t place) {
  tni_stream *s = (tni_stream *)arg;
  batch *b = &s->batches[place];
  bool has_time = b->given_back && tni_ring_ahead(&s->filler.ring) >= BATCHES / 2;
  if (has_time && b->room.size > 0) tni_fault_in(b->room, &s->faulted_in);
  fill(s, b);
  if (has_time) sum_up(s, b);
  if (b->status != TN_OK) return TNI_FILL_END;
  return b->bytes.size > LARGE ? TNI_FILL_REST : TNI_FILL_NEXT;
}

/* ---- asking --------------------------------------------------------------------------------- */

tn_status tni_stream_open(tn_engine *e, uint64_t seq, tni_stream **out, tn_error *error) {
  const tn_memory *memory = &e->memory.memory;
  tni_stream *s = (tni_stream *)tni_alloc(memory, sizeof *s);
  if (!s) return no_memory(error);
  const tn_formatter *format = e->snapshot_format;
  *s = (tni_stream){.engine = e, .seq = seq, .usual = format->plain && !format->text, .item = TN_BUILDER_INIT};
  s->carry.memory = s->key.memory = s->item.memory = memory;
  tn_status status = e->storage->snapshot_open(e->storage_self, seq, &s->handle, error);
  if (status == TN_OK)
    *out = s;
  else
    tni_free(memory, s, sizeof *s);
  return status;
}

void tni_stream_close(tni_stream *s) {
  tn_engine *e = s->engine;
  const tn_memory *memory = &e->memory.memory;
  tni_filler_stop(&s->filler);
  e->storage->snapshot_close(e->storage_self, s->handle);
  for (size_t i = 0; i < s->batch_count; i++) tn_buffer_free(&s->batches[i].bytes);
  tni_free(memory, s->batches, s->batch_count * sizeof *s->batches);
  tn_buffer_free(&s->carry);
  tn_buffer_free(&s->key);
  tn_builder_free(&s->item);
  tni_free(memory, s, sizeof *s);
}

tn_status tni_stream_begin(tni_stream *s, const tni_stream_map *maps, uint32_t map_count, uint64_t entries,
                           tn_error *error) {
  const tn_memory *memory = &s->engine->memory.memory;
  size_t count = s->engine->config.service_thread && entries > ALONE_UPTO ? BATCHES : 1;
  s->batches = (batch *)tni_alloc(memory, count * sizeof *s->batches);
  if (!s->batches) return no_memory(error);
  s->batch_count = count;
  s->maps = maps;
  s->map_count = map_count;
  for (size_t i = 0; i < count; i++) {
    s->batches[i].bytes = (tn_buffer){memory, NULL, 0, 0};
    s->batches[i].out.items = s->batches[i].entries;
    s->batches[i].given_back = false;
    s->batches[i].room = (tn_slice){NULL, 0};
  }
  tni_filler_start(&s->filler, s->batch_count, fill_place, s);
  return TN_OK;
}

/* The next one, filled. */
static batch *take_batch(tni_stream *s, tn_slice room) {
  if (s->asked && s->filler.runs) {
    s->asked->given_back = true;
    s->asked->room = room;
  }
  return &s->batches[tni_filler_next(&s->filler, s->asked != NULL)];
}

tn_status tni_stream_next(tni_stream *s, tn_slice room, const tni_entries **out, tn_error *error) {
  bool more_comes = !s->asked || s->asked->status == TN_OK;
  if (more_comes) s->asked = take_batch(s, room);
  if (!s->asked->summed) sum_up(s, s->asked);
  if (more_comes && s->asked->out.count > 0) return *out = &s->asked->out, TN_OK;
  if (s->asked->status != TN_NOT_FOUND) *error = s->asked->error;
  return s->asked->status;
}
