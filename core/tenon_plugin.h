/* tenon_plugin.h - the plugin ABI: what a model, a storage or a formatter offers, and what the host
 * offers it. Applications do not need this header; they use tenon.h.
 *
 * A plugin is one `static const` vtable per thing it offers. It is built in, or a shared object named in
 * the config's "plugins", which exports its vtables with TN_EXPORT_PLUGINS(). A plugin calls the host
 * only through the tn_host it is handed (the inline functions below do), so it links against nothing.
 * At registration the host copies the vtable into a zero-filled struct of its own, checks every required
 * slot, and fills the optional ones that are missing with stubs that answer TN_UNSUPPORTED. A loaded
 * plugin is never unloaded.
 *
 * Rules that hold for every slot:
 *   - Statuses go up; text goes into the error that came with the call. No abort, no exit, no output.
 *   - On failure a slot has released what it took and leaves out parameters alone.
 *   - A pointer argument is borrowed for the call unless its comment says otherwise. */
#ifndef TENON_PLUGIN_H
#define TENON_PLUGIN_H

#include "tenon_base.h"
#include "tenon_value.h"

#define TN_ABI 1

typedef enum tn_plugin_kind { TN_KIND_MODEL = 1, TN_KIND_STORAGE = 2, TN_KIND_FORMATTER = 3 } tn_plugin_kind;

/* The first member of every vtable. */
typedef struct tn_plugin {
  uint32_t abi;         /* TN_ABI of the header it was compiled with */
  uint32_t struct_size; /* sizeof the whole vtable there */
  uint32_t kind;        /* tn_plugin_kind */
  uint32_t version;     /* the plugin's own, from 1; a model's is recorded with its data */
  const char *name;     /* what the config's "type" says: [a-z][a-z0-9_]*, at most 63 bytes */
  const char *doc;      /* one line */
} tn_plugin;

/* .plugin = TN_PLUGIN(tn_model, TN_KIND_MODEL, "leaderboard", 1, "scores, best first") */
#define TN_PLUGIN(vtable_type, kind, name, version, doc) \
  { TN_ABI, sizeof(vtable_type), (kind), (version), (name), (doc) }

/* In exactly one file of a shared object: TN_EXPORT_PLUGINS(&leaderboard.plugin); */
#define TN_EXPORT_PLUGINS(...) TN_API const tn_plugin *const tn_plugins[] = {__VA_ARGS__, NULL}

typedef struct tn_host tn_host;
typedef struct tn_ctx tn_ctx;
typedef struct tn_cursor tn_cursor;

/* ============================================================================================
 * Model
 * ============================================================================================ */

/* How a map's keys and values are made, so that a text format can write them readably. */
typedef enum tn_map_keys { TN_KEYS_TUPLE, TN_KEYS_BYTES } tn_map_keys;         /* made by tn_key(), or any bytes */
typedef enum tn_map_values { TN_VALUES_VALUE, TN_VALUES_BYTES } tn_map_values; /* a tn_value, or any bytes */

/* An ordered set of key -> value, owned by one model instance, versioned by the core. A handler names it
 * by its index in tn_model.maps. Maps may be added at the end of the array; name and kinds never change. */
typedef struct tn_map_def {
  const char *name;
  tn_map_keys keys;
  tn_map_values values;
  const char *doc;
} tn_map_def;

#define TN_KEY_SIZE_MAX 4096 /* encoded bytes of one key */
#define TN_MAP_VALUE_SIZE_MAX \
  (TN_VALUE_SIZE_MAX - (1u << 20)) /* so that an entry fits into one value of a snapshot */
#define TN_OP_PARAM_MAX 32         /* params of one op */

/* Sets of types for tn_param.types. */
#define TN_TYPE_BIT(type) (1u << (type))
#define TN_T_BOOL TN_TYPE_BIT(TN_BOOL)
#define TN_T_INT TN_TYPE_BIT(TN_INT)
#define TN_T_NUMBER (TN_TYPE_BIT(TN_INT) | TN_TYPE_BIT(TN_DOUBLE))
#define TN_T_STRING TN_TYPE_BIT(TN_STRING)
#define TN_T_BYTES TN_TYPE_BIT(TN_BYTES)
#define TN_T_TIMESTAMP TN_TYPE_BIT(TN_TIMESTAMP)
#define TN_T_ARRAY TN_TYPE_BIT(TN_ARRAY)
#define TN_T_OBJECT TN_TYPE_BIT(TN_OBJECT)
#define TN_T_NULL TN_TYPE_BIT(TN_NULL)
#define TN_T_SCALAR (TN_T_NULL | TN_T_BOOL | TN_T_NUMBER | TN_T_STRING | TN_T_BYTES | TN_T_TIMESTAMP)
#define TN_T_ANY (TN_T_SCALAR | TN_T_ARRAY | TN_T_OBJECT)

/* One parameter. The host binds arguments given by name or by position, checks types and fills defaults;
 * a handler parses nothing. Params of an op are append-only: records store arguments by position, null where one
 * is absent; null for an optional param that does not accept it is the same as not given, and an optional param of a
 * command that does accept it must have a default. */
typedef struct tn_param {
  const char *name;
  uint32_t types; /* which types are accepted: a set of TN_T_ */
  bool required;
  tn_arg fallback; /* taken when not given: TN_DEFAULT_...; none = the handler sees the absent value */
  const char *doc;
} tn_param;

#define TN_DEFAULT_INT(n)      \
  {                            \
    TN_INT, { .integer = (n) } \
  }
#define TN_DEFAULT_BOOL(b)      \
  {                             \
    TN_BOOL, { .boolean = (b) } \
  }
#define TN_DEFAULT_STRING(literal)               \
  {                                              \
    TN_STRING, {                                 \
      .slice = {(literal), sizeof(literal) - 1 } \
    }                                            \
  }
#define TN_DEFAULT_NULL \
  {                     \
    TN_NULL, { 0 }      \
  }

/* The usual rows of a table of params; a flag is false when it is not given. */
#define TN_REQUIRED(name, types, doc) \
  { (name), (types), true, {TN_ABSENT, {0}}, (doc) }
#define TN_OPTIONAL(name, types, doc) \
  { (name), (types), false, {TN_ABSENT, {0}}, (doc) }
#define TN_FLAG(name, doc) \
  { (name), TN_T_BOOL, false, TN_DEFAULT_BOOL(false), (doc) }

typedef enum tn_op_kind { TN_COMMAND, TN_QUERY } tn_op_kind; /* a change, or a read */

enum {
  TN_OP_ROWS = 1,            /* a query that emits rows with tn_row(); `result` is a builder to make them in */
  TN_OP_JOURNAL_CHANGES = 2, /* a command whose outcome may differ between library versions: its changes are
                              * stored in the record and replayed in place of the handler, but for calls that
                              * tn_journal_args() takes out */
  TN_OP_KEYED = 4 /* its first argument, a required one, is the one part of the key that it looks up first, in the
                   * model's first map: fetched while the call is made ready, at replay far ahead. Only a hint */
};

/* Handles one op. `argv` has one value per param, absent where neither argument nor default is there.
 * The handler builds its result in `result` (empty when called; left empty = null).
 * A command must be deterministic: what it does follows from argv, the maps, ctx->seq, ctx->now_us and
 * tn_random() alone. It runs under the engine's writer lock, possibly on another caller's thread and
 * again at replay. On failure everything it did to the maps is taken back. A query runs on a pinned
 * version, beside any others, on any thread, and gets TN_MISUSE from calls that change. */
typedef tn_status (*tn_op_fn)(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

typedef struct tn_op_def {
  const char *name;
  tn_op_kind kind;
  uint32_t flags;
  const tn_param *params;
  size_t param_count;
  tn_op_fn fn;
  const char *doc;
} tn_op_def;

/* The usual rows of a table of ops, whose params are an array. */
#define TN_OP(name, kind, flags, params, fn, doc) \
  { (name), (kind), (flags), (params), sizeof(params) / sizeof *(params), (fn), (doc) }
#define TN_QUERY_OP(name, params, fn, doc) TN_OP(name, TN_QUERY, 0, params, fn, doc)
#define TN_ROWS_OP(name, params, fn, doc) TN_OP(name, TN_QUERY, TN_OP_ROWS, params, fn, doc)
#define TN_COMMAND_OP(name, params, fn, doc) TN_OP(name, TN_COMMAND, 0, params, fn, doc)

/* What maintain() wants done: an op of the same instance and its arguments, an object or array built in
 * `args`. `op` NULL = nothing. */
typedef struct tn_maintenance {
  const char *op;
  tn_builder *args;
} tn_maintenance;

typedef struct tn_model {
  tn_plugin plugin;
  size_t state_size; /* bytes of ctx->state for each instance, zeroed by the host; may be 0 */
  const tn_map_def *maps;
  size_t map_count;
  const tn_op_def *ops;
  size_t op_count;

  /* Optional. Once, before any op; may not touch maps. `config` is the instance's object from the config
   * without "type" and "uses"; it lives as long as the instance. Unknown keys must be refused: TN_INVALID,
   * path within `config` as where. A model without it accepts no keys. */
  tn_status (*open)(tn_ctx *ctx, tn_value config);
  /* Optional. Once, after the last op, only when open succeeded. */
  void (*close)(tn_ctx *ctx);
  /* Optional. Data was written by the older `from_version`; called once after a load from a snapshot at the
   * journal's end, as a command (may change maps). Missing = data of another version is refused. */
  tn_status (*upgrade)(tn_ctx *ctx, uint32_t from_version);
  /* Optional. Called about once a second as a query; what it asks for is issued as a command, and it is
   * called again at once until it asks for nothing. */
  tn_status (*maintain)(tn_ctx *ctx, tn_maintenance *out);
  /* Optional. As a query: compare the maps with each other; each problem is a row, a string. TN_OK even when
   * problems were found. */
  tn_status (*check)(tn_ctx *ctx, tn_builder *row);

  /* Reserved for native state (save, load, undo, changes); must be NULL. */
  void (*reserved[6])(void);
} tn_model;

/* What a handler is given. Lives for one call. Fields are read only. */
struct tn_ctx {
  const tn_host *host;
  void *state;     /* the instance's own */
  uint64_t seq;    /* command: the record being made; query: the version being read */
  int64_t now_us;  /* command: the record's time; query: fixed when its version was pinned */
  tn_error *error; /* tn_fail() fills it; never NULL */
  uint64_t op;     /* command: its place among the record's, from 0 */
  bool working;    /* the maps are the writer's own state, which no seq names: a query in a write txn sees what is not
                    * committed, at the seq of the version before. So nothing may be kept for others by `seq` */
};

/* ============================================================================================
 * Files: the one narrow layer under everything that reaches the disk
 * ============================================================================================ */

typedef struct tn_file tn_file;
typedef struct tn_io tn_io;

typedef enum tn_open_mode {
  TN_FILE_READ,  /* must exist */
  TN_FILE_WRITE, /* must exist; read and write */
  TN_FILE_CREATE /* must not exist; read and write */
} tn_open_mode;

/* Every slot: any thread; may block; on failure fills error->text with what was tried and the system's
 * reason, error->where with the path. NOT_FOUND, EXISTS, FULL, IO, NOMEM, INVALID. */
struct tn_io {
  tn_status (*open)(const tn_io *io, const char *path, tn_open_mode mode, tn_file **out, tn_error *error);
  void (*close)(tn_file *file);
  /* Reads up to `size` bytes at `offset`; *got < size only at the end of the file. */
  tn_status (*read)(tn_file *file, uint64_t offset, void *data, size_t size, size_t *got, tn_error *error);
  /* Writes all of it or fails; after a failure any part may have been written. Grows the file. */
  tn_status (*write)(tn_file *file, uint64_t offset, const void *data, size_t size, tn_error *error);
  /* Contents and size are durable when it returns TN_OK. After a failure nothing may be assumed; never retry. */
  tn_status (*sync)(tn_file *file, tn_error *error);
  /* Sets the size; what is added reads as zeros. Blocks are reserved where the file system can. */
  tn_status (*resize)(tn_file *file, uint64_t size, tn_error *error);
  tn_status (*size)(tn_file *file, uint64_t *out, tn_error *error);
  /* An exclusive lock that ends with close(); BUSY when any other open of the file holds it, in this
   * process too. */
  tn_status (*lock)(tn_file *file, tn_error *error);
  tn_status (*rename)(const tn_io *io, const char *from, const char *to, tn_error *error); /* replaces `to` */
  tn_status (*unlink)(const tn_io *io, const char *path, tn_error *error);
  tn_status (*make_dir)(const tn_io *io, const char *path,
                        tn_error *error); /* with parents, durably; fine if there */
  /* Calls `each` with the name of every entry but . and .., in no order; stops at the first status but TN_OK. */
  tn_status (*list)(const tn_io *io, const char *path, tn_status (*each)(void *arg, const char *name), void *arg,
                    tn_error *error);
  /* Creations, renames and unlinks in the directory are durable when it returns TN_OK. */
  tn_status (*sync_dir)(const tn_io *io, const char *path, tn_error *error);
  void *context;
};

/* ============================================================================================
 * Storage
 * ============================================================================================ */

typedef struct tn_storage tn_storage;

typedef struct tn_storage_options {
  const tn_host *host;     /* its first part only; lives as long as the storage */
  const tn_memory *memory; /* all allocation goes here */
  const tn_io *io;         /* all files are reached by it */
  const char *path;        /* the data directory; may not exist yet; "" when the config names none */
  tn_value config;         /* the config's "storage" object without "type" */
  tn_slice meta;           /* kept when the log is created, handed back at every later open */
  uint64_t base_seq;       /* seq of the first record of a log that is created now */
  uint64_t base_epoch;     /* and the epoch it begins with */
  bool read_only;          /* take no lock, change nothing, see up to what is known durable */
  bool text;               /* the journal's records are lines of text: keep what is between them readable */
  bool text_snapshots;     /* the same of what is written to snapshots, where chunks begin and end with a line */
  bool truncate_damaged;   /* the operator accepts losing everything from the first damaged record on */
  /* A line about what was found or done; any thread. Never NULL. */
  void (*log)(void *log_arg, const char *line);
  void *log_arg;
  /* Another storage by its type, for one that wraps it: all slots callable, as long as this one lives. UNKNOWN. */
  tn_status (*find)(void *find_arg, const char *type, const tn_storage **out, tn_error *error);
  void *find_arg;
} tn_storage_options;

/* What open found. `meta` lives as long as the storage. */
typedef struct tn_storage_state {
  tn_slice meta;
  uint64_t first_seq; /* oldest record there is; == next_seq when there is none */
  uint64_t next_seq;  /* what the next append must start with */
  uint64_t epoch;     /* this open's: one more than the last one's after an unclean stop. From 1 */
  bool clean;         /* the last owner closed it, or it is new */
} tn_storage_state;

typedef struct tn_record {
  uint64_t seq;
  tn_slice bytes; /* borrowed until the cursor's next call */
} tn_record;

enum { TN_APPEND_SYNC = 1 }; /* everything up to here is durable when append returns TN_OK */

/* Keeps records and snapshots; knows nothing of what is in them. `self` is state_size zeroed bytes. The
 * host never calls append, sync, trim, maintain and set_meta of one storage at the same time; reading and
 * snapshots run beside them, from other threads. */
struct tn_storage {
  tn_plugin plugin;
  size_t state_size;

  /* TN_OK; BUSY owned by somebody else; NOT_FOUND read_only and nothing there; CORRUPT names file, offset and
   * seq; INVALID not a directory of this storage, or of a newer version; IO, FULL, NOMEM. Everything
   * that next_seq counts is durable when open returns, except when read_only. */
  tn_status (*open)(void *self, const tn_storage_options *options, tn_storage_state *out, tn_error *error);
  /* Ends what open began, also after failures. Syncs and marks a clean end when nothing failed. TN_OK or what
   * the sync said; `self` is finished in any case. */
  tn_status (*close)(void *self, tn_error *error);

  /* Appends n >= 1 records with seqs first_seq, first_seq + 1, ... as one unit of writing. CONFLICT when
   * first_seq is not next in the log: nothing was written. IO, FULL, NOMEM: unknown how much was; the
   * host closes and reopens before it writes again. */
  tn_status (*append)(void *self, uint64_t first_seq, const tn_slice *records, size_t n, uint32_t flags,
                      tn_error *error);
  /* Everything appended is durable when it returns TN_OK. After a failure as for append. */
  tn_status (*sync)(void *self, tn_error *error);

  /* Reading in order from `from_seq`: a cursor sees what was appended before it was opened, perhaps more.
   * TRIMMED when from_seq is older than the oldest; the text names that one. */
  tn_status (*read_open)(void *self, uint64_t from_seq, void **cursor, tn_error *error);
  /* NOT_FOUND at the end. CORRUPT names file, offset and seq. */
  tn_status (*read_next)(void *self, void *cursor, tn_record *out, tn_error *error);
  void (*read_close)(void *self, void *cursor);
  /* May drop records with seq <= upto; keeps what it cannot drop apart. Sets *first_seq to the oldest left. */
  tn_status (*trim)(void *self, uint64_t upto, uint64_t *first_seq, tn_error *error);

  /* Snapshots are byte streams named by a seq. One writer at a time; a snapshot exists from its commit on, whole
   * or not at all. commit makes it durable; the host commits one only when the journal is durable through its seq.
   * commit and abort end the writer, whatever commit returns. The host hands over smaller runs, with rests between
   * them, while commits are synced: who writes a run when it is handed over holds up no sync for longer. */
  tn_status (*snapshot_begin)(void *self, uint64_t seq, void **writer, tn_error *error);
  tn_status (*snapshot_write)(void *self, void *writer, tn_slice bytes, tn_error *error);
  tn_status (*snapshot_commit)(void *self, void *writer, tn_error *error);
  void (*snapshot_abort)(void *self, void *writer);
  /* Calls `each` with every snapshot, newest first; stops at the first status but TN_OK. */
  tn_status (*snapshot_list)(void *self, tn_status (*each)(void *arg, uint64_t seq, uint64_t size), void *arg,
                             tn_error *error);
  tn_status (*snapshot_open)(void *self, uint64_t seq, void **reader, tn_error *error);
  /* The next run of bytes, of the storage's choosing, borrowed until the next call; NOT_FOUND at the end.
   * CORRUPT as soon as bytes differ from what was written, before they are handed out. */
  tn_status (*snapshot_read)(void *self, void *reader, tn_slice *out, tn_error *error);
  void (*snapshot_close)(void *self, void *reader);
  tn_status (*snapshot_remove)(void *self, uint64_t seq, tn_error *error);

  /* Optional. Waits until a record after `after_seq` is there (TN_OK) or timeout_ms has passed (NOT_FOUND). */
  tn_status (*follow)(void *self, uint64_t after_seq, uint32_t timeout_ms, tn_error *error);
  /* Optional. Work that may be done ahead, off the commit path. */
  tn_status (*maintain)(void *self, tn_error *error);
  /* Optional. Adds fields to the object that is open in `out`. */
  void (*stats)(void *self, tn_builder *out);
  /* Optional; without it nothing can be copied into this storage. Replaces the log's meta, durably and as a whole:
   * after a stop there is the old one or the new one. What open handed out as meta ends with it. Owner only. */
  tn_status (*set_meta)(void *self, tn_slice meta, tn_error *error);
};

/* ============================================================================================
 * Formatter
 * ============================================================================================ */

/* Bytes that grow. `memory` is set by who makes it; the rest starts zero. */
typedef struct tn_buffer {
  const tn_memory *memory;
  uint8_t *data;
  size_t size;
  size_t capacity;
} tn_buffer;

/* Room for `more` bytes after `size`: where to write them, or NULL when there is no memory. */
static inline uint8_t *tn_buffer_reserve(tn_buffer *b, size_t more) {
  if (more > b->capacity - b->size) {
    if (more > SIZE_MAX / 2 - b->size) return NULL;
    size_t capacity = b->capacity < 64 ? 128 : b->capacity * 2;
    if (capacity < b->size + more) capacity = b->size + more;
    uint8_t *data = (uint8_t *)b->memory->resize(b->memory->context, b->data, b->capacity, capacity);
    if (!data) return NULL;
    b->data = data;
    b->capacity = capacity;
  }
  return b->data + b->size;
}

static inline tn_status tn_buffer_append(tn_buffer *b, const void *data, size_t size) {
  if (size == 0) return TN_OK;
  uint8_t *to = tn_buffer_reserve(b, size);
  if (!to) return TN_NOMEM;
  memcpy(to, data, size);
  b->size += size;
  return TN_OK;
}

static inline void tn_buffer_free(tn_buffer *b) {
  if (b->data) (void)b->memory->resize(b->memory->context, b->data, b->capacity, 0);
  *b = (tn_buffer){b->memory, NULL, 0, 0};
}

/* Turns values into bytes and back, without loss, for every value. Stateless; any thread. */
typedef struct tn_formatter {
  tn_plugin plugin;
  bool text; /* people can read it: an encoded value holds no line feed, and each record or entry gets a line */

  /* Appends the encoding of `value`, a checked one, to `out`. NOMEM, LIMIT. */
  tn_status (*encode)(const tn_host *host, tn_value value, tn_buffer *out, tn_error *error);
  /* Decodes one value from the start of `bytes` into `out` (empty when called) and sets *used to the bytes it
   * took, surrounding white space of a text format included. INVALID with "byte N" as where; LIMIT, NOMEM. */
  tn_status (*decode)(const tn_host *host, tn_slice bytes, tn_builder *out, size_t *used, tn_error *error);
  bool plain; /* an encoded value is the value's own bytes: what is checked may be read where it lies */
} tn_formatter;

/* ============================================================================================
 * What the host offers
 * ============================================================================================ */

/* Use the inline functions below it. Slots are only ever added at the end. */
struct tn_host {
  uint32_t abi;
  uint32_t struct_size;

  /* For every plugin, any thread. */
  tn_status (*error_set)(tn_error *error, tn_status status, const char *where, const char *format, ...)
      TN_PRINTF(4, 5);
  tn_status (*value_check)(tn_slice bytes, tn_value *out, tn_error *error);
  int (*value_compare)(tn_value a, tn_value b);
  uint64_t (*hash64)(tn_slice bytes, uint64_t seed);  /* XXH3-64 */
  tn_status (*random_bytes)(void *data, size_t size); /* from the system; never in a handler */
  void (*builder_init)(tn_builder *b, const tn_memory *memory);

  /* For a model's slots, within the call that was handed `ctx`. */
  tn_status (*fail)(tn_ctx *ctx, tn_status status, const char *where, const char *format, ...) TN_PRINTF(4, 5);
  void *(*scratch)(tn_ctx *ctx, size_t size);
  tn_builder *(*builder)(tn_ctx *ctx);
  tn_status (*key)(tn_ctx *ctx, const tn_arg *parts, size_t count, tn_slice *out);
  tn_status (*key_decode)(tn_ctx *ctx, tn_slice key, tn_builder *out);
  tn_status (*key_end)(tn_ctx *ctx, tn_slice key, tn_slice *out);
  tn_status (*key_prefix)(tn_ctx *ctx, const tn_arg *parts, size_t count, tn_slice *from, tn_slice *to);
  tn_status (*get)(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice *value);
  tn_status (*get_many)(tn_ctx *ctx, uint32_t map, const tn_slice *keys, size_t count, tn_slice *values);
  tn_status (*put)(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value);
  tn_status (*del)(tn_ctx *ctx, uint32_t map, tn_slice key);
  tn_status (*delete_range)(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, uint64_t *count);
  uint64_t (*count)(tn_ctx *ctx, uint32_t map);
  tn_status (*cursor_open)(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, tn_cursor **out);
  tn_status (*cursor_seek)(tn_cursor *cursor, tn_slice key);
  tn_status (*cursor_seek_end)(tn_cursor *cursor);
  tn_status (*cursor_next)(tn_cursor *cursor, tn_slice *key, tn_slice *value);
  tn_status (*cursor_prev)(tn_cursor *cursor, tn_slice *key, tn_slice *value);
  tn_status (*row)(tn_ctx *ctx, tn_builder *row);
  tn_status (*query)(tn_ctx *ctx, const char *instance, const char *op, tn_value args, tn_builder *result);
  tn_status (*emit)(tn_ctx *ctx, const char *event, tn_value data);
  uint64_t (*random)(tn_ctx *ctx);
  tn_status (*key_items)(tn_ctx *ctx, tn_slice key, tn_builder *out);
  tn_status (*step)(tn_ctx *ctx);
  tn_status (*progress)(tn_ctx *ctx, const char *what, uint64_t done, uint64_t total);
  const char *(*nearest)(tn_ctx *ctx, tn_slice wanted, const char *const *names, size_t count);
  const tn_memory *(*memory)(tn_ctx *ctx);
  tn_status (*key_add)(tn_ctx *ctx, uint8_t *key, size_t *size, tn_arg part);
  uint64_t (*estimate)(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to);
  tn_status (*insert)(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value, tn_slice *there);
  tn_status (*journal_args)(tn_ctx *ctx);
  void (*budget)(tn_ctx *ctx, uint64_t ms, const char *where);
};

/* Fills the call's error and returns `status`: return tn_fail(ctx, TN_CONFLICT, "if_version", "...", ...); */
#define tn_fail(ctx, ...) ((ctx)->host->fail((ctx), __VA_ARGS__))

/* Memory that lives until the handler returns; NULL when there is none. Never freed by the handler. */
static inline void *tn_scratch(tn_ctx *ctx, size_t size) { return ctx->host->scratch(ctx, size); }
/* An empty builder that lives until the handler returns; NULL when there is no memory. */
static inline tn_builder *tn_builder_for(tn_ctx *ctx) { return ctx->host->builder(ctx); }

/* ---- keys: the tuple encoding, in which memcmp order is the order of tn_value_compare() ------ */

/* A key of the given parts, in scratch memory. LIMIT above TN_KEY_SIZE_MAX; NOMEM.
 *   tn_slice key; TRY(tn_key(ctx, &key, score, player)); */
#define tn_key(ctx, out, ...) \
  ((ctx)->host->key((ctx), (tn_arg[]){TN_ARGS(__VA_ARGS__)}, TN_ARG_COUNT(__VA_ARGS__), (out)))
/* Appends a part to a key in memory of the caller's, TN_KEY_SIZE_MAX bytes of which *size are in use: for who makes
 * many keys and wants no memory for each. LIMIT; on failure *size is as it was. */
#define tn_key_add(ctx, key, size, part) ((ctx)->host->key_add((ctx), (key), (size), TN_ARG(part)))
/* The same without the host, for a number that is a double: writes the part at `to`, TN_KEY_NUMBER_SIZE bytes. Ints
 * between -TN_KEY_INT_END and TN_KEY_INT_END are such; NaN is not, 0 must not be -0, and what is further from 0 than
 * TN_KEY_INT_END has two bytes more (docs/FORMAT.md, "Key"). */
#define TN_KEY_NUMBER 0x21
#define TN_KEY_NUMBER_SIZE 9
#define TN_KEY_INT_END (INT64_C(1) << 53)
static inline void tn_key_put_number(uint8_t *to, double number) {
  uint64_t bits, sign = UINT64_C(1) << 63;
  memcpy(&bits, &number, sizeof bits);
  bits = bits & sign ? ~bits : bits | sign;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  bits = __builtin_bswap64(bits);
#endif
  to[0] = TN_KEY_NUMBER;
  memcpy(to + 1, &bits, sizeof bits);
}
/* The parts of a key again, as an array. A number comes back as an int where its value is a whole one in
 * int64, else as a double: the type it had is not in a key. */
static inline tn_status tn_key_decode(tn_ctx *ctx, tn_slice key, tn_builder *out) {
  return ctx->host->key_decode(ctx, key, out);
}
/* The same without the array around them: each part is added to `out`, where an array is open, or where the one value
 * is wanted that a key of one part has. After a failure some may stand there. */
static inline tn_status tn_key_items(tn_ctx *ctx, tn_slice key, tn_builder *out) {
  return ctx->host->key_items(ctx, key, out);
}
/* The end of the range of the keys whose first parts are those of `key`: from `key` up to it. */
static inline tn_status tn_key_end(tn_ctx *ctx, tn_slice key, tn_slice *out) {
  return ctx->host->key_end(ctx, key, out);
}
/* The range of the keys that have the given parts, where the last, a string or an array, is only what theirs begins
 * with: tn_key_prefix(ctx, &from, &to, "Smi")                  ("Smi"), ("Smith"), ("Smith", "Ann"), ... INVALID when
 * it is of another type. */
#define tn_key_prefix(ctx, from, to, ...) \
  ((ctx)->host->key_prefix((ctx), (tn_arg[]){TN_ARGS(__VA_ARGS__)}, TN_ARG_COUNT(__VA_ARGS__), (from), (to)))

/* ---- maps. Slices handed out live until the next change of any map in this call, or its end ---- */

/* NOT_FOUND when there is none. */
static inline tn_status tn_map_get(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice *value) {
  return ctx->host->get(ctx, map, key, value);
}
/* values[i] is {NULL, 0} where keys[i] is not there. Far faster than one after another. */
static inline tn_status tn_map_get_many(tn_ctx *ctx, uint32_t map, const tn_slice *keys, size_t count,
                                        tn_slice *values) {
  return ctx->host->get_many(ctx, map, keys, count, values);
}
/* Inserts or replaces. Key and value are copied. LIMIT for a key or value too large or for the engine's
 * memory; NOMEM; MISUSE in a query. */
static inline tn_status tn_map_put(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value) {
  return ctx->host->put(ctx, map, key, value);
}
/* The same for a key that is to be new: one lookup where tn_map_get() and tn_map_put() are two. EXISTS, without text,
 * when it is there: *there is its value, and nothing changes. */
static inline tn_status tn_map_insert(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value, tn_slice *there) {
  return ctx->host->insert(ctx, map, key, value, there);
}
/* NOT_FOUND when there is none. */
static inline tn_status tn_map_delete(tn_ctx *ctx, uint32_t map, tn_slice key) {
  return ctx->host->del(ctx, map, key);
}
/* Deletes from <= key < to; an empty `to` means to the end. *count (NULL allowed) is how many. */
static inline tn_status tn_map_delete_range(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, uint64_t *count) {
  return ctx->host->delete_range(ctx, map, from, to, count);
}
/* Number of entries; costs nothing. */
static inline uint64_t tn_map_count(tn_ctx *ctx, uint32_t map) { return ctx->host->count(ctx, map); }

/* About how many entries lie in from <= key < to (an empty `to` means to the end): exact where they are few, else
 * from how full the nodes on the way are. Costs what two lookups do; the same for the same state. */
static inline uint64_t tn_map_estimate(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to) {
  return ctx->host->estimate(ctx, map, from, to);
}

/* A cursor over from <= key < to (an empty `to` means to the end) stands between two entries: at first before
 * the range. next() hands out the entry after it and steps over that; prev() the one before it; NOT_FOUND at
 * either end. In a command it stays where it is while entries are put and deleted. INTERRUPTED and LIMIT
 * (deadline) come through these calls. It ends with the handler. */
static inline tn_status tn_cursor_open(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, tn_cursor **out) {
  return ctx->host->cursor_open(ctx, map, from, to, out);
}
#define tn_cursor_seek(ctx, cursor, key) ((ctx)->host->cursor_seek((cursor), (key))) /* before the first >= key */
#define tn_cursor_seek_end(ctx, cursor) ((ctx)->host->cursor_seek_end(cursor))       /* behind the range */
/* The key lives until the next call on the cursor or the next change, the value until the next change. */
#define tn_cursor_next(ctx, cursor, key, value) ((ctx)->host->cursor_next((cursor), (key), (value)))
#define tn_cursor_prev(ctx, cursor, key, value) ((ctx)->host->cursor_prev((cursor), (key), (value)))

/* ---- the rest -------------------------------------------------------------------------------- */

/* Hands the value built in `row` to whoever asked, and clears `row`. Anything but TN_OK: return it. */
static inline tn_status tn_row(tn_ctx *ctx, tn_builder *row) { return ctx->host->row(ctx, row); }
/* Runs a query of another instance in the same txn; `instance` must stand in this one's "uses". */
static inline tn_status tn_query(tn_ctx *ctx, const char *instance, const char *op, tn_value args,
                                 tn_builder *result) {
  return ctx->host->query(ctx, instance, op, args, result);
}
/* Says that something happened; goes with the record to feeds. Commands only. */
static inline tn_status tn_emit(tn_ctx *ctx, const char *event, tn_value data) {
  return ctx->host->emit(ctx, event, data);
}
/* The next number of a sequence that the record's seed fixes, so that replay sees the same. */
static inline uint64_t tn_random(tn_ctx *ctx) { return ctx->host->random(ctx); }
/* This call of a command with TN_OP_JOURNAL_CHANGES is deterministic, as its arguments show: its record holds them
 * alone, and replay runs the handler. Before the first change, else MISUSE; nothing where changes are not stored. */
static inline tn_status tn_journal_args(tn_ctx *ctx) { return ctx->host->journal_args(ctx); }
/* For loops that call no cursor: INTERRUPTED, or LIMIT when the call ran out of its time. Cheap: it looks at the
 * clock once in a while. */
static inline tn_status tn_step(tn_ctx *ctx) { return ctx->host->step(ctx); }
/* From now on this call, with the queries it makes, has so many milliseconds, at least 1: behind them tn_step() and
 * all that does the same say LIMIT with `where`, which names the argument and lives as long as the call. */
static inline void tn_budget(tn_ctx *ctx, uint64_t ms, const char *where) { ctx->host->budget(ctx, ms, where); }
/* How far a long op is, for whoever waits for it (tn_call.on_progress): `done` of `total` (0 = not known), in what
 * `what` names, "documents". As often as one likes; it may be passed on less often. Does what tn_step() does. */
static inline tn_status tn_progress(tn_ctx *ctx, const char *what, uint64_t done, uint64_t total) {
  return ctx->host->progress(ctx, what, done, total);
}
/* What to put behind an error about a name that is not known: "; did you mean '$set'?" in scratch memory, or "". */
static inline const char *tn_nearest(tn_ctx *ctx, tn_slice wanted, const char *const *names, size_t count) {
  return ctx->host->nearest(ctx, wanted, names, count);
}
/* Memory that outlives the call, for what an instance keeps in ctx->state beside its maps, a cache; counted with the
 * engine's. The model guards it against other threads itself and frees it in its close(). */
static inline const tn_memory *tn_memory_for(tn_ctx *ctx) { return ctx->host->memory(ctx); }

/* The bytes of a value, and a value kept as a map's bytes. */
static inline tn_slice tn_value_bytes(tn_value value) { return (tn_slice){value.data, value.size}; }
static inline tn_value tn_bytes_value(tn_slice bytes) { return (tn_value){(const uint8_t *)bytes.data, bytes.size}; }

#endif
