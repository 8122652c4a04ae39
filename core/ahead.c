#include "ahead.h"

#include <stdio.h>

#include "engine.h"
#include "key.h"
#include "thread.h"
#include "try.h"

#define BATCHES 8
#define RECORDS_MAX 128                    /* of a batch, and ... */
#define BYTES_MAX ((size_t)64 << 10)       /* ... when it is full before that, the last record not counted */
#define LARGE ((size_t)8 << 20)            /* batches from this size on are not piled up, nor their memory kept */
#define READY_MAX (4 * RECORDS_MAX)        /* commands of a batch */
#define READY_OF_ONE 4                     /* of a record: the first */
#define ARGS_MAX (8 * RECORDS_MAX)         /* of a batch: together */
#define ALONE_UPTO ((uint64_t)RECORDS_MAX) /* so many records are no work for two */

typedef struct batch {
  tni_batch out;
  tn_buffer bytes; /* the records' values, one after another */
  tn_slice room;   /* what whoever had the batch before will write to next */
  size_t ends[RECORDS_MAX];
  tn_status status; /* what came behind the records; TN_OK = more */
  tn_error error;
  tni_record records[RECORDS_MAX];
  tni_ready ready[READY_MAX];
  size_t arg_count;
  tn_value args[ARGS_MAX];
} batch;

struct tni_ahead {
  tn_engine *engine;
  void *cursor;
  uint64_t seq; /* of the record read last */
  uint64_t end;
  tn_builder scratch;
  batch *batches;
  size_t batch_count;
  batch *asked; /* handed out last; NULL at first */
  const uint8_t *faulted_in;
  tni_filler filler;
};

/* ---- filling a batch ------------------------------------------------------------------------ */

static tn_status damaged(const tni_ahead *a, tn_error *error, const char *what) {
  char where[64];
  snprintf(where, sizeof where, "record %llu", (unsigned long long)(a->seq + 1));
  return tn_error_set(error, TN_CORRUPT, where, "%s", what);
}

static tn_status read_one(tni_ahead *a, batch *b) {
  tn_engine *e = a->engine;
  tn_record found;
  if (a->seq >= a->end) return TN_NOT_FOUND;
  tn_status status = e->storage->read_next(e->storage_self, a->cursor, &found, &b->error);
  if (status == TN_NOT_FOUND) return damaged(a, &b->error, "the journal ends before a record that it should hold");
  TRY(status);
  if (found.seq != a->seq + 1) return damaged(a, &b->error, "the journal skips a record");
  tn_slice bytes = found.bytes;
  if (!e->journal_format->plain) {
    TRY(tni_record_decode(e->journal_format, &found, &a->scratch, &b->error));
    bytes = tn_value_bytes(tn_built(&a->scratch));
  }
  if (tn_buffer_append(&b->bytes, bytes.data, bytes.size) != TN_OK)
    return tn_error_set(&b->error, TN_NOMEM, NULL, "no memory to read records");
  b->ends[b->out.count++] = b->bytes.size;
  a->seq++;
  return TN_OK;
}

/* ---- making ops ready ----------------------------------------------------------------------- */

/* Only a hint: what has no key like that is left out. */
static void note_key(batch *b, tni_ready *ready) {
  uint8_t room[TN_KEY_SIZE_MAX];
  tn_buffer key = {NULL, room, 0, sizeof room}; /* no key outgrows it */
  if (!(ready->op->def->flags & TN_OP_KEYED) || tn_is_absent(ready->argv[0])) return;
  if (tni_key_add_value(&key, ready->argv[0]) != TN_OK) return;
  if (tn_buffer_append(&b->out.keys, key.data, key.size) != TN_OK) return;
  ready->map = ready->op->instance->map_base;
  ready->start = b->out.keys.size - key.size;
  ready->size = key.size;
}

static const tn_op *command_of(const tni_ahead *a, tn_value entry) {
  tn_slice model, name;
  if (!tn_as_string(tn_item(entry, 0), &model) || !tn_as_string(tn_item(entry, 1), &name)) return NULL;
  const tni_instance *instance = tni_catalog_instance(&a->engine->catalog, model);
  const tn_op *op = instance ? tni_instance_op(instance, name) : NULL;
  return op && op->def->kind == TN_COMMAND ? op : NULL;
}

/* What cannot be made ready is left as it is: who replays it says what is wrong with it. */
static void make_ready(const tni_ahead *a, batch *b, size_t record, size_t number, tn_value entry) {
  tn_error ignored;
  bool is_plain = tn_value_type(entry) == TN_ARRAY && tn_count(entry) == 3;
  const tn_op *op = is_plain ? command_of(a, entry) : NULL;
  if (!op || b->out.ready_count == READY_MAX || b->arg_count + TN_OP_PARAM_MAX > ARGS_MAX) return;
  tn_value *argv = b->args + b->arg_count;
  if (tni_bind(op, tn_item(entry, 2), argv, &ignored) != TN_OK) return;
  b->arg_count += op->def->param_count;
  tni_ready *ready = &b->ready[b->out.ready_count++];
  *ready = (tni_ready){.record = record, .number = number, .op = op, .argv = argv};
  note_key(b, ready);
}

static void make_all_ready(const tni_ahead *a, batch *b, size_t record) {
  size_t i = 0;
  for (tn_iter it = tn_iter_of(b->records[record].ops); i < READY_OF_ONE && tn_iter_next(&it); i++)
    make_ready(a, b, record, i, it.value);
}

static tn_status take_one(tni_ahead *a, tn_slice bytes, uint64_t seq, tni_record *out, tn_error *error) {
  const tn_formatter *format = a->engine->journal_format;
  tn_value value = tn_bytes_value(bytes);
  if (tni_record_take(bytes, out)) return TN_OK;
  if (format->plain) TRY(tni_record_view(format, &(tn_record){seq, bytes}, &a->scratch, &value, error));
  return tni_record_read(value, out, error);
}

/* Once their bytes move no more. */
static void take_apart(tni_ahead *a, batch *b) {
  uint64_t seq = a->seq - b->out.count;
  const uint8_t *all = b->bytes.data ? b->bytes.data : (const uint8_t *)"";
  for (size_t i = 0, start = 0; i < b->out.count; start = b->ends[i++]) {
    tn_slice bytes = {all + start, b->ends[i] - start};
    tn_error found; /* where there is one */
    tn_status status = take_one(a, bytes, seq + i + 1, &b->records[i], &found);
    if (status != TN_OK) {
      b->out.count = i;
      b->status = status;
      b->error = found;
      return;
    }
    make_all_ready(a, b, i);
  }
}

static void fill(tni_ahead *a, batch *b) {
  b->out.count = b->out.ready_count = b->arg_count = 0;
  b->out.keys.size = b->bytes.size = 0;
  if (b->bytes.capacity > LARGE) tn_buffer_free(&b->bytes);
  b->status = TN_OK;
  while (b->status == TN_OK && b->out.count < RECORDS_MAX && b->bytes.size < BYTES_MAX) b->status = read_one(a, b);
  take_apart(a, b);
}

/* ---- the thread ----------------------------------------------------------------------------- */

static tni_fill fill_place(void *arg, size_t place) {
  tni_ahead *a = (tni_ahead *)arg;
  batch *b = &a->batches[place];
  if (b->room.size > 0 && tni_ring_ahead(&a->filler.ring) >= BATCHES / 2) tni_fault_in(b->room, &a->faulted_in);
  fill(a, b);
  if (b->status != TN_OK) return TNI_FILL_END;
  return b->bytes.size > LARGE ? TNI_FILL_REST : TNI_FILL_NEXT;
}

/* ---- asking --------------------------------------------------------------------------------- */

static tn_status make_batches(tni_ahead *a, tn_error *error) {
  const tn_memory *memory = &a->engine->memory.memory;
  bool two = a->engine->config.service_thread && a->end - a->seq > ALONE_UPTO;
  a->batch_count = two ? BATCHES : 1;
  a->batches = (batch *)tni_alloc(memory, a->batch_count * sizeof *a->batches);
  if (!a->batches) return tn_error_set(error, TN_NOMEM, NULL, "no memory to read records");
  for (size_t i = 0; i < a->batch_count; i++) {
    batch *b = &a->batches[i];
    b->bytes = (tn_buffer){memory, NULL, 0, 0};
    b->room = (tn_slice){NULL, 0};
    b->out = (tni_batch){.records = b->records, .ready = b->ready, .keys = {memory, NULL, 0, 0}};
  }
  return TN_OK;
}

static void free_ahead(tni_ahead *a) {
  const tn_memory *memory = &a->engine->memory.memory;
  for (size_t i = 0; a->batches && i < a->batch_count; i++) {
    tn_buffer_free(&a->batches[i].bytes);
    tn_buffer_free(&a->batches[i].out.keys);
  }
  tni_free(memory, a->batches, a->batch_count * sizeof *a->batches);
  tn_builder_free(&a->scratch);
  tni_free(memory, a, sizeof *a);
}

tn_status tni_ahead_open(tn_engine *e, uint64_t from, uint64_t to, tni_ahead **out, tn_error *error) {
  tni_ahead *a = (tni_ahead *)tni_alloc(&e->memory.memory, sizeof *a);
  if (!a) return tn_error_set(error, TN_NOMEM, NULL, "no memory to read records");
  *a = (tni_ahead){.engine = e, .seq = from - 1, .end = to, .scratch = TN_BUILDER_INIT};
  a->scratch.memory = &e->memory.memory;
  tn_status status = make_batches(a, error);
  if (status == TN_OK) status = e->storage->read_open(e->storage_self, from, &a->cursor, error);
  if (status != TN_OK) {
    free_ahead(a);
    return status;
  }
  tni_filler_start(&a->filler, a->batch_count, fill_place, a);
  *out = a;
  return TN_OK;
}

void tni_ahead_close(tni_ahead *a) {
  const tn_engine *e = a->engine;
  tni_filler_stop(&a->filler);
  e->storage->read_close(e->storage_self, a->cursor);
  free_ahead(a);
}

/* The next one, filled. */
static batch *take_batch(tni_ahead *a, tn_slice room) {
  if (a->asked && a->filler.runs) a->asked->room = room;
  return &a->batches[tni_filler_next(&a->filler, a->asked != NULL)];
}

tn_status tni_ahead_next(tni_ahead *a, tn_slice room, const tni_batch **out, tn_error *error) {
  bool more = !a->asked || a->asked->status == TN_OK;
  if (more) a->asked = take_batch(a, room);
  if (more && a->asked->out.count > 0) return *out = &a->asked->out, TN_OK;
  if (a->asked->status != TN_NOT_FOUND) *error = a->asked->error;
  return a->asked->status;
}
