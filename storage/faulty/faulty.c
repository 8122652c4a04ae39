#include "faulty.h"

#include <time.h>

#include "faults.h"

#define TYPE_SIZE_MAX 64

typedef struct faulty_storage {
  const tn_host *host;
  const tn_memory *memory;
  tni_faults faults;
  const tn_storage *inner;
  void *inner_self;
  tn_builder inner_config;
  atomic_bool broken; /* an append or sync failed: neither is taken any more */
  _Atomic uint64_t refused;
} faulty_storage;

/* A cursor or snapshot reader of the wrapped storage. */
typedef struct reading {
  void *inner;
  tn_buffer copy; /* of what was handed out last with a bit flipped */
} reading;

static tn_status no_memory(const faulty_storage *s, tn_error *error) {
  return s->host->error_set(error, TN_NOMEM, NULL, "no memory for a faulty storage");
}

/* Hands up the failure of a call that is due to fail. */
#define FAIL_WHERE_DUE(s, name, error)               \
  if (tni_fault_due(&(s)->faults, TNI_FAULT_##name)) \
  return tni_fault_fail(&(s)->faults, (s)->host, TNI_FAULT_##name, error)

/* ---- open and close ------------------------------------------------------------------------- */

static tn_status take_inner(faulty_storage *s, tn_value of, char *type, tn_error *error) {
  tn_slice word = {"", 0};
  tn_builder *b = &s->inner_config;
  if (tn_get_string(of, "type", &word) != TN_OK || word.size >= TYPE_SIZE_MAX)
    return s->host->error_set(error, TN_INVALID, "of", "expected the storage to wrap, like {\"type\": \"file\"}");
  memcpy(type, word.data, word.size);
  type[word.size] = '\0';
  tn_object_begin(b);
  for (tn_iter it = tn_iter_of(of); tn_iter_next(&it);) {
    if (it.name.size == 4 && memcmp(it.name.data, "type", 4) == 0) continue;
    tn_name_slice(b, it.name);
    tn_add(b, it.value);
  }
  tn_end(b);
  return tn_builder_status(b) == TN_OK ? TN_OK : no_memory(s, error);
}

static tn_status configure(faulty_storage *s, tn_value config, char *type, tn_error *error) {
  if (!tn_is_absent(config) && tn_value_type(config) != TN_OBJECT)
    return s->host->error_set(error, TN_INVALID, "", "an object is expected");
  s->faults.on = TNI_FAULT_ANY;
  s->faults.seed = 1;
  tn_status status = TN_OK;
  for (tn_iter it = tn_iter_of(config); status == TN_OK && tn_iter_next(&it);) {
    char name[64] = "";
    if (it.name.size == 2 && memcmp(it.name.data, "of", 2) == 0) continue;
    memcpy(name, it.name.data, it.name.size < sizeof name ? it.name.size : sizeof name - 1);
    status = tni_faults_take(&s->faults, s->host, it.name, it.value, error);
    if (status == TN_UNKNOWN)
      status =
          s->host->error_set(error, TN_INVALID, name,
                             "unknown key; storage \"faulty\" knows of, on, fail, nth, all_after, rate, seed and "
                             "sync_ms");
  }
  if (status == TN_OK) status = tni_faults_check(&s->faults, s->host, error);
  return status == TN_OK ? take_inner(s, tn_field(config, "of"), type, error) : status;
}

static void finish(faulty_storage *s) {
  if (s->inner_self) (void)s->memory->resize(s->memory->context, s->inner_self, s->inner->state_size + 1, 0);
  tn_builder_free(&s->inner_config);
}

static tn_status open_inner(faulty_storage *s, const tn_storage_options *options, tn_storage_state *out,
                            tn_error *error) {
  tn_storage_options inner = *options;
  size_t size = s->inner->state_size + 1;
  inner.config = tn_built(&s->inner_config);
  FAIL_WHERE_DUE(s, open, error);
  s->inner_self = s->memory->resize(s->memory->context, NULL, 0, size);
  if (!s->inner_self) return no_memory(s, error);
  memset(s->inner_self, 0, size);
  return s->inner->open(s->inner_self, &inner, out, error);
}

static tn_status faulty_open(void *self, const tn_storage_options *options, tn_storage_state *out, tn_error *error) {
  faulty_storage *s = self;
  char type[TYPE_SIZE_MAX];
  s->host = options->host;
  s->memory = options->memory;
  s->host->builder_init(&s->inner_config, s->memory);
  tn_status status = configure(s, options->config, type, error);
  if (status == TN_OK) status = options->find(options->find_arg, type, &s->inner, error);
  if (status == TN_OK) status = open_inner(s, options, out, error);
  if (status != TN_OK) finish(s);
  return status;
}

static tn_status faulty_close(void *self, tn_error *error) {
  faulty_storage *s = self;
  tn_status status = s->inner->close(s->inner_self, error);
  if (status == TN_OK && tni_fault_due(&s->faults, TNI_FAULT_close))
    status = tni_fault_fail(&s->faults, s->host, TNI_FAULT_close, error);
  if (status == TN_OK && atomic_load(&s->broken))
    status = s->host->error_set(error, TN_IO, NULL, "closed after a failure as asked");
  finish(s);
  return status;
}

/* ---- the journal ---------------------------------------------------------------------------- */

static tn_status refuse(faulty_storage *s, tn_error *error) {
  atomic_fetch_add(&s->refused, 1);
  return s->host->error_set(error, TN_IO, NULL, "refused after an earlier failure; close and open again");
}

static tn_status settle(faulty_storage *s, tn_status status) {
  if (status != TN_OK && status != TN_CONFLICT && status != TN_INVALID) atomic_store(&s->broken, true);
  return status;
}

static void be_slow(const faulty_storage *s) {
  struct timespec left = {s->faults.sync_ms / 1000, (long)(s->faults.sync_ms % 1000) * 1000000};
  while (s->faults.sync_ms > 0 && nanosleep(&left, &left) != 0) continue;
}

/* A sync that fails leaves what was appended where it is: not synced. */
static tn_status append(faulty_storage *s, uint64_t first_seq, const tn_slice *records, size_t n, uint32_t flags,
                        tn_error *error) {
  bool sync = (flags & TN_APPEND_SYNC) != 0;
  uint32_t without = flags & ~(uint32_t)TN_APPEND_SYNC;
  tn_status status = TN_OK;
  if (tni_fault_due(&s->faults, TNI_FAULT_append)) {
    size_t part = s->faults.kind == TNI_FAIL_SHORT ? n / 2 : 0;
    if (part > 0) status = s->inner->append(s->inner_self, first_seq, records, part, without, error);
    return status == TN_OK ? tni_fault_fail(&s->faults, s->host, TNI_FAULT_append, error) : status;
  }
  if (sync && tni_fault_due(&s->faults, TNI_FAULT_sync)) {
    status = s->inner->append(s->inner_self, first_seq, records, n, without, error);
    return status == TN_OK ? tni_fault_fail(&s->faults, s->host, TNI_FAULT_sync, error) : status;
  }
  if (sync) be_slow(s);
  return s->inner->append(s->inner_self, first_seq, records, n, flags, error);
}

static tn_status faulty_append(void *self, uint64_t first_seq, const tn_slice *records, size_t n, uint32_t flags,
                               tn_error *error) {
  faulty_storage *s = self;
  if (atomic_load(&s->broken)) return refuse(s, error);
  return settle(s, append(s, first_seq, records, n, flags, error));
}

static tn_status faulty_sync(void *self, tn_error *error) {
  faulty_storage *s = self;
  if (atomic_load(&s->broken)) return refuse(s, error);
  if (tni_fault_due(&s->faults, TNI_FAULT_sync))
    return settle(s, tni_fault_fail(&s->faults, s->host, TNI_FAULT_sync, error));
  be_slow(s);
  return settle(s, s->inner->sync(s->inner_self, error));
}

static tn_status faulty_trim(void *self, uint64_t upto, uint64_t *first_seq, tn_error *error) {
  faulty_storage *s = self;
  FAIL_WHERE_DUE(s, trim, error);
  return s->inner->trim(s->inner_self, upto, first_seq, error);
}

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status reading_make(faulty_storage *s, reading **out, tn_error *error) {
  reading *r = s->memory->resize(s->memory->context, NULL, 0, sizeof *r);
  if (!r) return no_memory(s, error);
  *r = (reading){.copy = {.memory = s->memory}};
  *out = r;
  return TN_OK;
}

static void reading_free(const faulty_storage *s, reading *r) {
  tn_buffer_free(&r->copy);
  (void)s->memory->resize(s->memory->context, r, sizeof *r, 0);
}

/* Where that is due, bytes become a copy of themselves with one bit flipped. */
static tn_status flip(faulty_storage *s, reading *r, tn_slice *bytes, tn_error *error) {
  if (bytes->size == 0) return TN_OK;
  size_t bit = tni_fault_bit(&s->faults, bytes->size * 8);
  r->copy.size = 0;
  if (tn_buffer_append(&r->copy, bytes->data, bytes->size) != TN_OK) return no_memory(s, error);
  r->copy.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  *bytes = (tn_slice){r->copy.data, r->copy.size};
  return TN_OK;
}

static tn_status faulty_read_open(void *self, uint64_t from_seq, void **cursor, tn_error *error) {
  faulty_storage *s = self;
  reading *r = NULL;
  FAIL_WHERE_DUE(s, read_open, error);
  tn_status status = reading_make(s, &r, error);
  if (status != TN_OK) return status;
  status = s->inner->read_open(s->inner_self, from_seq, &r->inner, error);
  if (status == TN_OK)
    *cursor = r;
  else
    reading_free(s, r);
  return status;
}

static tn_status faulty_read_next(void *self, void *cursor, tn_record *out, tn_error *error) {
  faulty_storage *s = self;
  reading *r = cursor;
  bool due = tni_fault_due(&s->faults, TNI_FAULT_read_next);
  if (due && s->faults.kind != TNI_FAIL_FLIP) return tni_fault_fail(&s->faults, s->host, TNI_FAULT_read_next, error);
  tn_status status = s->inner->read_next(s->inner_self, r->inner, out, error);
  return status == TN_OK && due ? flip(s, r, &out->bytes, error) : status;
}

static void faulty_read_close(void *self, void *cursor) {
  faulty_storage *s = self;
  s->inner->read_close(s->inner_self, ((reading *)cursor)->inner);
  reading_free(s, cursor);
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static tn_status faulty_snapshot_begin(void *self, uint64_t seq, void **writer, tn_error *error) {
  faulty_storage *s = self;
  FAIL_WHERE_DUE(s, snapshot_begin, error);
  return s->inner->snapshot_begin(s->inner_self, seq, writer, error);
}

static tn_status faulty_snapshot_write(void *self, void *writer, tn_slice bytes, tn_error *error) {
  faulty_storage *s = self;
  if (!tni_fault_due(&s->faults, TNI_FAULT_snapshot_write))
    return s->inner->snapshot_write(s->inner_self, writer, bytes, error);
  bytes.size = s->faults.kind == TNI_FAIL_SHORT ? bytes.size / 2 : 0;
  tn_status status = bytes.size > 0 ? s->inner->snapshot_write(s->inner_self, writer, bytes, error) : TN_OK;
  return status == TN_OK ? tni_fault_fail(&s->faults, s->host, TNI_FAULT_snapshot_write, error) : status;
}

static tn_status faulty_snapshot_commit(void *self, void *writer, tn_error *error) {
  faulty_storage *s = self;
  if (!tni_fault_due(&s->faults, TNI_FAULT_snapshot_commit))
    return s->inner->snapshot_commit(s->inner_self, writer, error);
  s->inner->snapshot_abort(s->inner_self, writer);
  return tni_fault_fail(&s->faults, s->host, TNI_FAULT_snapshot_commit, error);
}

static void faulty_snapshot_abort(void *self, void *writer) {
  faulty_storage *s = self;
  s->inner->snapshot_abort(s->inner_self, writer);
}

static tn_status faulty_snapshot_list(void *self, tn_status (*each)(void *arg, uint64_t seq, uint64_t size),
                                      void *arg, tn_error *error) {
  faulty_storage *s = self;
  FAIL_WHERE_DUE(s, snapshot_list, error);
  return s->inner->snapshot_list(s->inner_self, each, arg, error);
}

static tn_status faulty_snapshot_open(void *self, uint64_t seq, void **reader, tn_error *error) {
  faulty_storage *s = self;
  reading *r = NULL;
  FAIL_WHERE_DUE(s, snapshot_open, error);
  tn_status status = reading_make(s, &r, error);
  if (status != TN_OK) return status;
  status = s->inner->snapshot_open(s->inner_self, seq, &r->inner, error);
  if (status == TN_OK)
    *reader = r;
  else
    reading_free(s, r);
  return status;
}

static tn_status faulty_snapshot_read(void *self, void *reader, tn_slice *out, tn_error *error) {
  faulty_storage *s = self;
  reading *r = reader;
  bool due = tni_fault_due(&s->faults, TNI_FAULT_snapshot_read);
  if (due && s->faults.kind != TNI_FAIL_FLIP)
    return tni_fault_fail(&s->faults, s->host, TNI_FAULT_snapshot_read, error);
  tn_status status = s->inner->snapshot_read(s->inner_self, r->inner, out, error);
  return status == TN_OK && due ? flip(s, r, out, error) : status;
}

static void faulty_snapshot_close(void *self, void *reader) {
  faulty_storage *s = self;
  s->inner->snapshot_close(s->inner_self, ((reading *)reader)->inner);
  reading_free(s, reader);
}

static tn_status faulty_snapshot_remove(void *self, uint64_t seq, tn_error *error) {
  faulty_storage *s = self;
  FAIL_WHERE_DUE(s, snapshot_remove, error);
  return s->inner->snapshot_remove(s->inner_self, seq, error);
}

/* ---- the rest ------------------------------------------------------------------------------- */

static tn_status faulty_follow(void *self, uint64_t after_seq, uint32_t timeout_ms, tn_error *error) {
  faulty_storage *s = self;
  FAIL_WHERE_DUE(s, follow, error);
  return s->inner->follow(s->inner_self, after_seq, timeout_ms, error);
}

static tn_status faulty_maintain(void *self, tn_error *error) {
  faulty_storage *s = self;
  FAIL_WHERE_DUE(s, maintain, error);
  return s->inner->maintain(s->inner_self, error);
}

static tn_status faulty_set_meta(void *self, tn_slice meta, tn_error *error) {
  faulty_storage *s = self;
  FAIL_WHERE_DUE(s, set_meta, error);
  return s->inner->set_meta(s->inner_self, meta, error);
}

/* Those of the wrapped storage, and "faults": of a faulty storage of a faulty one there are two, one within the
 * other. */
static void faulty_stats(void *self, tn_builder *out) {
  faulty_storage *s = self;
  tn_builder inner;
  s->host->builder_init(&inner, s->memory);
  tn_object_begin(&inner);
  s->inner->stats(s->inner_self, &inner);
  tn_end(&inner);
  tn_value within = tn_field(tn_built(&inner), "faults");
  for (tn_iter it = tn_iter_of(tn_built(&inner)); tn_iter_next(&it);) {
    if (it.value.data == within.data) continue;
    tn_name_slice(out, it.name);
    tn_add(out, it.value);
  }
  tn_name(out, "faults");
  tn_object_begin(out);
  tn_set(out, "calls", atomic_load(&s->faults.calls));
  tn_set(out, "failed", atomic_load(&s->faults.failed));
  tn_set(out, "broken", tn_arg_bool(atomic_load(&s->broken)));
  tn_set(out, "refused", atomic_load(&s->refused));
  if (!tn_is_absent(within)) tn_set(out, "of", within);
  tn_end(out);
  tn_builder_free(&inner);
}

const tn_storage tni_storage_faulty = {
    .plugin = TN_PLUGIN(tn_storage, TN_KIND_STORAGE, "faulty", 1, "another storage, failing as asked; for tests"),
    .state_size = sizeof(faulty_storage),
    .open = faulty_open,
    .close = faulty_close,
    .append = faulty_append,
    .sync = faulty_sync,
    .read_open = faulty_read_open,
    .read_next = faulty_read_next,
    .read_close = faulty_read_close,
    .trim = faulty_trim,
    .snapshot_begin = faulty_snapshot_begin,
    .snapshot_write = faulty_snapshot_write,
    .snapshot_commit = faulty_snapshot_commit,
    .snapshot_abort = faulty_snapshot_abort,
    .snapshot_list = faulty_snapshot_list,
    .snapshot_open = faulty_snapshot_open,
    .snapshot_read = faulty_snapshot_read,
    .snapshot_close = faulty_snapshot_close,
    .snapshot_remove = faulty_snapshot_remove,
    .follow = faulty_follow,
    .maintain = faulty_maintain,
    .stats = faulty_stats,
    .set_meta = faulty_set_meta,
};
