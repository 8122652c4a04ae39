/* tenon.h - Tenon for applications: open an engine from a config, run operations, commit, read.
 *
 * An engine hosts named model instances (a key-value store, documents, your own) over one journal. What
 * changes is a command, what reads is a query; both are called by names and take values:
 *
 *   tn_engine *shop;
 *   tn_builder args = TN_BUILDER_INIT;
 *   tn_result result = TN_RESULT_INIT;
 *   tn_error error = TN_ERROR_INIT;
 *   if (tn_open("shop.json", NULL, &shop, &error) != TN_OK) ...
 *   if (tn_run(shop, "cart", "put", tn_obj(&args, "key", "apples", "value", 3), &result, &error) != TN_OK) ...
 *
 * Threads. Any number of threads may use one engine. A tn_txn, tn_builder, tn_result or tn_error belongs to one
 * thread at a time. A write txn is ended by the thread that began it. Queries never wait for writers, nor
 * writers for queries. A command's handler may run on another caller's thread.
 *
 * Fork. After fork() the child must not touch an engine of its parent, not even to close it; it may exec,
 * exit, or open engines of its own.
 *
 * Callbacks. What may be called on the same engine from inside one:
 *   on_row, on_progress   nothing
 *   done          tn_submit, queries, tn_stats, tn_interrupt
 *   log           nothing
 *   clock, memory, interrupted   nothing
 *   on_record     nothing
 *   on_item       all but tn_close and tn_tick; tn_feed_close ends the feed when on_item returns
 *   on_end        the same
 *
 * Strings that go in are UTF-8 and NUL-terminated; data goes in and out as values (tenon_value.h). Every
 * function that fails fills the tn_error it was given (NULL is accepted). */
#ifndef TENON_H
#define TENON_H

#include "tenon_base.h"
#include "tenon_value.h"

typedef struct tn_engine tn_engine;
typedef struct tn_txn tn_txn;
typedef struct tn_feed tn_feed;
typedef struct tn_op tn_op;
struct tn_io; /* tenon_plugin.h */

/* "0.1.0" */
TN_API const char *tn_version(void);

/* ---- open and close ------------------------------------------------------------------------- */

typedef enum tn_log_level { TN_LOG_INFO, TN_LOG_WARNING, TN_LOG_ERROR } tn_log_level;

typedef struct tn_open_options {
  const char *config_text; /* the config itself, in place of a file's; relative paths start at `base_dir` */
  const char *base_dir;    /* NULL = the config file's folder, or the working directory */
  const char *data;        /* in place of the config's "data" */
  bool read_only;          /* take no lock, change nothing; works beside a live owner, and sees what is durable */
  uint64_t at_seq;         /* the state as of this record, read_only; 0 = the newest */
  int64_t at_time_us;      /* the same for the last record that was made up to then; 0 = the newest */
  void (*log)(void *arg, tn_log_level level, const char *line); /* what happens in the background; any thread */
  void *log_arg;
  const tn_memory *memory;         /* NULL = malloc */
  const struct tn_io *io;          /* NULL = the system's files */
  int64_t (*clock_us)(void *arg);  /* NULL = CLOCK_REALTIME, microseconds since 1970 */
  void *clock_arg;
  bool (*interrupted)(void *arg);  /* asked at each record and entry that tn_open reads: true ends it. NULL = never */
  void *interrupted_arg;
} tn_open_options;

#define TN_OPEN_OPTIONS_INIT {NULL, NULL, NULL, false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL}

/* Opens the engine that a config file describes (docs/CONFIG.md), recovering what its storage holds: newest valid snapshot,
 * then the journal after it, digests compared. `config_path` NULL takes options->config_text. `options` NULL = all
 * defaults; it is not kept, what it points to must outlive the engine.
 * INVALID, UNKNOWN: the config, with the JSON path as where. BUSY: another engine owns the data. CORRUPT: the data
 * is damaged; nothing was changed. NOT_FOUND: read_only and no data there. INTERRUPTED: options->interrupted said so. IO, FULL,
 * NOMEM, LIMIT.
 *
 * With at_seq or at_time_us the engine stands at a point in history: queries see that state, and the time is that record's,
 * not the clock's. It does not move. MISUSE: both are given. TRIMMED: what it takes is not kept any more; the text names the
 * oldest point from there on. INVALID: it lies after the end of the journal, which the text names, so that asking for the same
 * moment never gets two answers; or before the first record there ever was. */
TN_API tn_status tn_open(const char *config_path, const tn_open_options *options, tn_engine **out,
                         tn_error *error) TN_MUST_USE;

/* Ends an engine: waits for what was submitted, makes it durable, marks the journal as cleanly ended. No call may be
 * in progress. MISUSE while a txn or a feed is open: the engine stays as it is. Otherwise the engine is gone whatever it returns.
 * NULL is fine. */
TN_API tn_status tn_close(tn_engine *engine, tn_error *error);

/* ---- run ------------------------------------------------------------------------------------ */

/* What an operation answered. Owned by the caller, used again by passing it again, given back with
 * tn_result_free(). `value` points into it and never into the engine's state. */
typedef struct tn_result {
  tn_value value;
  uint64_t seq; /* command: its record's, 0 when it changed nothing; query: the version it read */
  tn_builder builder;
} tn_result;

#define TN_RESULT_INIT {{NULL, 0}, 0, TN_BUILDER_INIT}
TN_API void tn_result_free(tn_result *result);

/* Runs one command or query. `args` is an object (by name), an array (by position), or TN_NO_VALUE for none;
 * it is copied where it must outlive the call. A command has the engine's durability when TN_OK returns. A query
 * reads the newest acknowledged version. Rows of a streamed query arrive as one array.
 * `result` may be NULL. Statuses: UNKNOWN model, op or argument; INVALID argument, with its name as where; what the
 * model's op says; BUSY after write_wait_ms behind a write txn; LIMIT deadline, memory or size; IO after an
 * earlier failure (reopen); OUTCOME_UNKNOWN when writing failed underneath. Anything but OUTCOME_UNKNOWN changed
 * nothing. */
TN_API tn_status tn_run(tn_engine *engine, const char *model, const char *op, tn_value args, tn_result *result,
                        tn_error *error) TN_MUST_USE;

/* A handle for (model, op), so that hot paths look nothing up. Lives as long as the engine. UNKNOWN. */
TN_API tn_status tn_op_prepare(tn_engine *engine, const char *model, const char *op, const tn_op **out,
                               tn_error *error) TN_MUST_USE;

typedef struct tn_call {
  uint32_t timeout_ms; /* LIMIT after it; 0 = none */
  const char *user;    /* goes into the record; NULL = none. Given to tn_begin it must outlive the txn */
  /* Takes each row of a streamed query as it comes; `row` lives for the call. Not TN_OK stops the query, which
   * returns that status. NULL = rows are collected in the result, an array. */
  tn_status (*on_row)(void *arg, tn_value row);
  void *row_arg;
  /* Told how far a long op is, now and then, on the thread that works, `total` 0 = not known. What is done may be taken
   * back. NULL = nobody asks */
  void (*on_progress)(void *arg, const char *what, uint64_t done, uint64_t total);
  void *progress_arg;
} tn_call;

#define TN_CALL_INIT {0, NULL, NULL, NULL, NULL, NULL}

/* tn_run with a prepared op and options (NULL = defaults). */
TN_API tn_status tn_run_op(tn_engine *engine, const tn_op *op, tn_value args, const tn_call *call, tn_result *result,
                           tn_error *error) TN_MUST_USE;

typedef struct tn_batch_op {
  const char *model;
  const char *op;
  tn_value args;
} tn_batch_op;

#define TN_BATCH_OPS_MAX 1000000

/* Runs a list of commands and queries as one atomic record. Within `args`, the object {"$result": [i, "path"]} stands for
 * what operation i, an earlier one, answered at that path. The result is an array of the operations' results. The
 * first failing operation fails the batch, changes nothing, and its number stands in error->where. */
TN_API tn_status tn_batch(tn_engine *engine, const tn_batch_op *ops, size_t count, const tn_call *call,
                          tn_result *result, tn_error *error) TN_MUST_USE;

/* Runs a request that came as a value: ["MODEL", "OP", args?], or {"batch": [[...], ...]}. */
TN_API tn_status tn_request(tn_engine *engine, tn_value request, const tn_call *call, tn_result *result,
                            tn_error *error) TN_MUST_USE;

/* ---- transactions --------------------------------------------------------------------------- */

typedef enum tn_txn_mode {
  TN_READ, /* a pinned version: every query sees the same state */
  TN_WRITE /* the one writer: sees its own changes, becomes one atomic record */
} tn_txn_mode;

/* TN_WRITE waits for the writer before it: BUSY after write_wait_ms. MISUSE when this thread has a write txn of this engine open.
 * IO after an earlier failure; DENIED on a read-only engine. */
TN_API tn_status tn_begin(tn_engine *engine, tn_txn_mode mode, const tn_call *call, tn_txn **out,
                          tn_error *error) TN_MUST_USE;
/* As tn_run within the txn. A failing command takes back only itself; the txn goes on. Results are provisional until
 * tn_commit. Past txn_max_ms: LIMIT, and the txn is aborted (tn_abort still ends the handle). */
TN_API tn_status tn_do(tn_txn *txn, const char *model, const char *op, tn_value args, tn_result *result,
                       tn_error *error) TN_MUST_USE;
/* Ends the txn, whatever it returns. *seq (NULL allowed) is its record's, 0 when nothing changed. As tn_run; LOST_RACE
 * when another node's record came first. */
TN_API tn_status tn_commit(tn_txn *txn, uint64_t *seq, tn_error *error) TN_MUST_USE;
/* Ends the txn and drops what it did. NULL is fine. */
TN_API void tn_abort(tn_txn *txn);

/* ---- many in flight from one thread --------------------------------------------------------- */

/* Called exactly once for each accepted tn_submit. `result` and `error` live for the call. */
typedef void (*tn_done_fn)(void *arg, tn_status status, const tn_result *result, const tn_error *error);

typedef enum tn_done_by {
  TN_DONE_ANYWHERE, /* `done` is called on whatever thread finds it finished, the service thread mostly */
  TN_DONE_POLLED    /* `done` is called only within tn_poll(), on the thread that called it */
} tn_done_by;

#define TN_SUBMIT_MAX 65536 /* submitted and not done */

/* Applies a command or query as tn_run does, without waiting for it to be durable; commands of one thread take effect in
 * their order. TN_OK = accepted: `done` will tell how it ended, a failing operation included. BUSY: TN_SUBMIT_MAX
 * are in flight. `args` need not outlive the call. */
TN_API tn_status tn_submit(tn_engine *engine, const tn_op *op, tn_value args, tn_done_by by, tn_done_fn done,
                           void *arg, tn_error *error) TN_MUST_USE;
/* Waits up to timeout_ms for polled completions, calls their `done`, and sets *count to how many. With nothing in flight it
 * returns at once. */
TN_API tn_status tn_poll(tn_engine *engine, uint32_t timeout_ms, size_t *count, tn_error *error) TN_MUST_USE;

/* ---- feeds ---------------------------------------------------------------------------------- */

/* A feed hands out the journal's records, in order, each once it is durable: what was asked for, with what effect, and
 * what handlers said happened. The journal is its queue: a consumer may be slow, stop, and go on from where it was, and
 * no commit ever waits for one. One that falls behind what the journal keeps hears LAGGED.
 *
 * A record is named for good by (epoch, seq): keep the pair of the last item you are done with, and open the feed after
 * it the next time. An item may come again after a stop between doing and keeping, so what is done with it should bear that.
 *
 * On a read-only engine a feed follows a live owner, by looking for what is new; UNSUPPORTED where the storage cannot. Under
 * durability "interval" and "none" items come when what they are of is synced.
 *
 * Raw changes, on request: what differs between the states before and after a record, ordered by model, map and key; without "old"
 * the entry is new, without "new" it is gone. Keys are arrays of their parts and values are values where the map has such, else bytes.
 * The feed follows the journal with a state of its own: opening takes the time of tn_open(), and it the memory of the state. It can
 * begin where a snapshot and the journal behind it reach: in a trimmed journal from_oldest begins behind the oldest snapshot. */
typedef struct tn_feed_item {
  uint64_t epoch, seq;
  int64_t time_us;
  tn_value record; /* all of it, as tn_journal_read() hands it out */
  tn_value ops;    /* [[model, op, [args], changes?], ...] */
  tn_value events; /* [[model, event, data], ...]; absent when there are none */
  tn_value changes; /* with options.changes: [{"model", "map", "key", "old"?, "new"?}, ...]; else absent */
} tn_feed_item;

typedef struct tn_feed_options {
  const char *const *models; /* only records that change one of these instances, whole; ends with NULL. NULL = all */
  uint64_t epoch, seq;       /* begin after this record; both 0 = with what is acknowledged from now on; seq 0 = at record 1 */
  bool from_oldest;          /* begin at the oldest record there is, whatever epoch and seq say */
  bool changes;              /* items carry what their records changed */
  /* With on_item set the engine calls it for each item, one at a time, on a thread of its own, or within tn_tick() where the
   * config has no "service_thread". A slow one holds up other callbacks of feeds, and nothing else. Without it, tn_feed_next(). */
  void (*on_item)(void *arg, const tn_feed_item *item); /* `item` lives for the call */
  void (*on_end)(void *arg, const tn_error *error);     /* LAGGED or a failure: nothing comes any more. NULL = to the log */
  void *arg;
} tn_feed_options;

#define TN_FEED_OPTIONS_INIT {NULL, 0, 0, false, false, NULL, NULL, NULL}

/* `options` NULL = all defaults; they are not kept, what `arg` points to must outlive the feed. UNKNOWN model. CONFLICT: (epoch,
 * seq) is no record of this history. LAGGED: what comes after it is not kept any more. MISUSE on an engine at a point in
 * history. On a read-only engine it waits up to 3 s for a place that the owner has and readers do not see yet. */
TN_API tn_status tn_feed_open(tn_engine *engine, const tn_feed_options *options, tn_feed **out,
                              tn_error *error) TN_MUST_USE;
/* The next item, waiting up to timeout_ms for it: NOT_FOUND when there is none yet. `item` lives until the next call. One thread at
 * a time. INTERRUPTED: tn_interrupt() was called meanwhile; nothing is lost. LAGGED stays; after IO, NOMEM, CORRUPT, and with
 * `changes` LIMIT (they do not fit into a value) and INVALID (a model of another version made it), the next call tries the same record
 * again. MISUSE with on_item. */
TN_API tn_status tn_feed_next(tn_feed *feed, uint32_t timeout_ms, tn_feed_item *item, tn_error *error) TN_MUST_USE;
/* How far the feed has looked: the last record handed out or passed over by `models`. What to keep, where items are few, so that
 * trimming does not catch up with it. By the thread that takes items. NOT_FOUND: it began with the oldest and has looked at none. */
TN_API tn_status tn_feed_position(const tn_feed *feed, uint64_t *epoch, uint64_t *seq);
/* *fd becomes readable when records are waiting (or the feed has ended), and stays so until tn_feed_next() said NOT_FOUND: take
 * items until then, with timeout 0. It is for poll() and the like only, and belongs to the feed. On a read-only engine it is set
 * with some delay, and within tn_tick() where the config has no "service_thread". IO. MISUSE with on_item. */
TN_API tn_status tn_feed_fd(tn_feed *feed, int *fd, tn_error *error) TN_MUST_USE;
/* Waits until a running on_item returns, unless called within it. NULL is fine. */
TN_API void tn_feed_close(tn_feed *feed);

/* ---- upkeep --------------------------------------------------------------------------------- */

/* Does what the service thread would: interval sync, snapshots that are due, models' maintenance, reclaiming. For
 * engines with "service_thread": false, about every 100 ms; where the thread runs it does nothing. */
TN_API tn_status tn_tick(tn_engine *engine, tn_error *error) TN_MUST_USE;

/* Every operation now running on the engine ends with INTERRUPTED at its next step through a map, every tn_feed_next() that waits
 * within 50 ms; a commit that is being made durable is not interrupted. Any thread; also from a signal handler. */
TN_API void tn_interrupt(tn_engine *engine);

/* Writes the newest acknowledged version out and drops snapshots beyond the config's number. *seq (NULL allowed) names
 * it. Writers go on meanwhile. UNSUPPORTED, IO, FULL; BUSY while another is being written. */
TN_API tn_status tn_snapshot(tn_engine *engine, uint64_t *seq, tn_error *error) TN_MUST_USE;

/* Copies the journal and a snapshot of a live engine, or of one opened read only beside it, to another data directory, which must
 * be empty or not there; the same config with "data" changed opens it. *seq (NULL allowed) is the last record in it. EXISTS: there
 * is something already; INTERRUPTED by tn_interrupt(); IO, FULL. What a failed one leaves refuses to be opened, or is whole. */
TN_API tn_status tn_backup(tn_engine *engine, const char *path, uint64_t *seq, tn_error *error) TN_MUST_USE;

/* Copies the journal up to the newest acknowledged record, and the snapshots, to the data that another config describes:
 * another storage, other formats. Records and entries are the same, written in the target's formats; seqs, epochs and
 * digests stay. The target has the same models (INVALID names the first that differs), and must be empty or not there
 * (EXISTS) - or what an earlier call left unfinished, which then is continued. The copy is read back before it counts: its
 * state's digest must be the source's, else CORRUPT. Until then it says in its meta that it is unfinished, and tn_open
 * refuses it. The source may be opened read only beside a live owner. `to_options` as for tn_open, NULL = all defaults.
 * `result` (NULL allowed): {seq, digest, records, snapshots, resumed}, what this call copied.
 * UNSUPPORTED: the target's storage cannot take the mark back. INTERRUPTED by tn_interrupt(). What tn_open says. */
TN_API tn_status tn_copy(tn_engine *engine, const char *to_config, const tn_open_options *to_options, tn_result *result,
                         tn_error *error) TN_MUST_USE;

/* Numbers about the engine, an object: seq, epoch, digest (32 hex digits), memory, pins, journal, ... */
TN_API tn_status tn_stats(tn_engine *engine, tn_result *result, tn_error *error) TN_MUST_USE;

/* ---- looking inside ------------------------------------------------------------------------- */

/* Hands out the journal's records from `from` to `to` (0 = the end), oldest first; `record` lives for the call. Stops
 * at the first status but TN_OK and returns it. TRIMMED when `from` is older than the oldest; 0 = the oldest. */
TN_API tn_status tn_journal_read(tn_engine *engine, uint64_t from, uint64_t to,
                                 tn_status (*on_record)(void *arg, uint64_t seq, tn_value record), void *arg,
                                 tn_error *error) TN_MUST_USE;

/* Reads everything there is: every frame and snapshot, replays the journal from its oldest base comparing digests at each
 * record and snapshot, and runs the models' own checks. Each problem goes to on_problem as one line. TN_OK = no problem; CORRUPT =
 * at least one; BUSY: read_only beside an owner who removed what was being checked; anything else kept it from finishing.
 * Snapshots and trimming wait while it reads. `result` (NULL allowed): an
 * object of counts. */
TN_API tn_status tn_check(tn_engine *engine, void (*on_problem)(void *arg, const char *line), void *arg,
                          tn_result *result, tn_error *error) TN_MUST_USE;

/* The plugins known here and, with an engine, its model instances, each with its ops, their params and docs, as an
 * object: {"plugins": [{kind, name, version, doc, text? (a formatter's)}], "models": {NAME: {type, version, ops: [{name, kind, rows, doc,
 * params: [{name, types: [...], required, default?, doc}]}]}}}. `engine` may be NULL. */
TN_API tn_status tn_describe(tn_engine *engine, tn_result *result, tn_error *error) TN_MUST_USE;

/* ---- formats -------------------------------------------------------------------------------- */

/* Decodes one value with the named built-in formatter ("json", "binary") from the start of `bytes` into `out`, which it
 * clears first; *used (NULL allowed) is what it took. Not given, nothing but white space may follow. INVALID with "byte N"
 * as where; UNKNOWN format. */
TN_API tn_status tn_decode(const char *format, tn_slice bytes, tn_builder *out, size_t *used,
                           tn_error *error) TN_MUST_USE;
/* Encodes a value; the bytes come in memory from tn_memory_system() and are given back with tn_text_free(). They are followed by
 * a NUL that `size` does not count. */
TN_API tn_status tn_encode(const char *format, tn_value value, tn_slice *out, tn_error *error) TN_MUST_USE;
TN_API void tn_text_free(tn_slice text);

/* Runs a request that came as JSON text, ["MODEL", "OP", arguments?] or {"batch": [...]}, and answers in text:
 * {"ok":true,"result":...}, or {"ok":false,"error":{"status":"...","text":"...","where":"..."}} when it failed. The answer, given
 * back with tn_text_free() and followed by a NUL, is there in both cases; {NULL, 0} only when there is no memory for it.
 * Returns the request's status. For cJSON trees: tenon_cjson.h, which also says when to use which. */
TN_API tn_status tn_run_json(tn_engine *engine, const char *request, tn_slice *answer, tn_error *error) TN_MUST_USE;

#endif
