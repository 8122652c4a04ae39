#include "build.h"

#include "heads.h"

#define RUN_KEYS_FIRST 256
#define RUN_KEYS_MAX ((size_t)1 << 18)   /* that are put in order together */
#define RUN_BYTES_MAX ((size_t)24 << 20) /* of their bytes */
#define AHEAD 8                          /* keys that are on their way from memory */
#define KEYS_BETWEEN_TELLS 16

/* Keys of some documents. Behind each lies its document's id: its part's size in two bytes, and the part. */
typedef struct run {
  tni_doc_headed *keys, *spare; /* `capacity` of each */
  size_t count, capacity;
  tni_pool bytes;
} run;

typedef struct building {
  tni_doc_store *store;
  tni_doc_index *index;
  run run;
  uint64_t made, put, total; /* documents whose keys were made, and are in the map */
} building;

/* ---- progress --------------------------------------------------------------------------------- */

/* Making a document's keys is half of it. */
static tn_status tell(const building *b) {
  uint64_t done = (b->made + b->put + 1) / 2;
  return tn_progress(b->store->ctx, "documents", done, b->total > done ? b->total : done);
}

/* ---- a run ------------------------------------------------------------------------------------ */

static tn_status grow(building *b) {
  run *r = &b->run;
  size_t capacity = r->capacity == 0 ? RUN_KEYS_FIRST : r->capacity * 2;
  tni_doc_headed *keys = tn_scratch(b->store->ctx, 2 * capacity * sizeof *keys);
  if (!keys) return tni_no_memory(b->store->ctx);
  if (r->count > 0) memcpy(keys, r->keys, r->count * sizeof *keys);
  r->keys = keys;
  r->spare = keys + capacity;
  r->capacity = capacity;
  return TN_OK;
}

static tn_status keep(building *b, tn_slice key, tn_slice id_part) {
  run *r = &b->run;
  uint16_t id_size = (uint16_t)id_part.size;
  if (r->count == r->capacity) TRY(grow(b));
  uint8_t *bytes = tni_pool_alloc(&r->bytes, key.size + sizeof id_size + id_part.size);
  if (!bytes) return tni_pool_full(&r->bytes);
  memcpy(bytes, key.data, key.size);
  memcpy(bytes + key.size, &id_size, sizeof id_size);
  memcpy(bytes + key.size + sizeof id_size, id_part.data, id_part.size);
  r->keys[r->count++] = (tni_doc_headed){0, {bytes, key.size}};
  return TN_OK;
}

static tn_slice id_behind(tn_slice key) {
  const uint8_t *behind = (const uint8_t *)key.data + key.size;
  uint16_t size;
  memcpy(&size, behind, sizeof size);
  return (tn_slice){behind + sizeof size, size};
}

static tn_status put_key(const building *b, size_t i) {
  const run *r = &b->run;
  tn_slice key = r->keys[i].key;
  if (i + AHEAD < r->count) __builtin_prefetch(r->keys[i + AHEAD].key.data);
  return tni_doc_put_entry(b->store, b->index, key, id_behind(key), "fields");
}

/* What ties comes in the order of the documents, so that of two with one key the second is the one too many. */
static tn_status put_run(building *b) {
  run *r = &b->run;
  uint64_t before = b->put, documents = b->made - b->put;
  tni_doc_headed_sort(r->keys, r->count, r->spare);
  for (size_t i = 0; i < r->count; i++) {
    TRY(put_key(b, i));
    if (i % KEYS_BETWEEN_TELLS != 0) continue;
    b->put = before + documents * (i + 1) / r->count;
    TRY(tell(b));
  }
  b->put = b->made;
  r->count = 0;
  return tni_pool_reset(&r->bytes), TN_OK;
}

/* ---- documents -------------------------------------------------------------------------------- */

static tn_status take_document(building *b, const tni_doc_stored *stored) {
  tni_pool_mark mark = tni_pool_at(b->store->pool);
  tn_slice id_part = tni_doc_id_part(b->store->collection, stored->key);
  tni_doc_entries entries;
  TRY(tni_doc_entries_make(b->store->pool, b->index, stored->doc, id_part, "fields", &entries));
  for (uint32_t i = 0; i < entries.count; i++) TRY(keep(b, entries.keys[i], id_part));
  tni_pool_back(b->store->pool, mark);
  b->made++;
  return tell(b);
}

/* The cursor finds its place again behind the changes of another map. */
static tn_status take_all(building *b, tn_cursor *cursor) {
  tn_slice key, value;
  tni_doc_stored stored;
  tn_status status;
  while ((status = tn_cursor_next(b->store->ctx, cursor, &key, &value)) == TN_OK) {
    TRY(tni_doc_read(b->store->ctx, key, value, &stored));
    TRY(take_document(b, &stored));
    if (b->run.count >= RUN_KEYS_MAX || b->run.bytes.used >= RUN_BYTES_MAX) TRY(put_run(b));
  }
  return status == TN_NOT_FOUND ? put_run(b) : status;
}

tn_status tni_doc_index_build(tni_doc_store *s, tni_doc_index *index) {
  building b = {.store = s, .index = index};
  tn_cursor *cursor;
  tn_slice end, prefix = tni_doc_collection_prefix(s->collection);
  tni_pool_init(&b.run.bytes, s->ctx, SIZE_MAX);
  TRY(tni_doc_key_end(s->ctx, prefix, &end));
  b.total = tn_map_estimate(s->ctx, TNI_DOC_DOCUMENTS, prefix, end);
  TRY(tn_cursor_open(s->ctx, TNI_DOC_DOCUMENTS, prefix, end, &cursor));
  TRY(take_all(&b, cursor));
  return tni_doc_index_save(s->ctx, s->collection, index);
}
