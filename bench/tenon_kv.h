/* tenon_kv.h - an engine with one kv model as a store of the bench: every access is an operation through tn_run. */
#ifndef TENON_BENCH_TENON_KV_H
#define TENON_BENCH_TENON_KV_H

#include "store.h"
#include "tenon.h"

typedef struct bench_engine {
  tn_engine *engine;
  const tn_op *put, *get, *scan; /* prepared */
} bench_engine;

/* What one thread runs operations with. */
typedef struct bench_kv_session {
  bench_engine *of;
  tn_builder args;
  tn_result result;
  tn_error error;
} bench_kv_session;

typedef enum bench_journal {
  BENCH_JOURNAL_WHOLE, /* as by default */
  BENCH_JOURNAL_SHORT  /* next to nothing of it is left once there is a snapshot */
} bench_journal;

/* Opens an engine whose files, if it has any, are below `folder`. No snapshots but those asked for. */
tn_status bench_engine_open(bench_mode mode, bench_journal journal, const char *folder, bench_engine *out,
                            tn_error *error) TN_MUST_USE;
tn_status bench_engine_close(bench_engine *e, tn_error *error);
/* Puts all entries of the data, BENCH_TXN_MAX a record, or one a record. */
tn_status bench_engine_fill(bench_engine *e, const bench_data *data, bool singly, tn_error *error) TN_MUST_USE;

extern const bench_store bench_kv_store;

#endif
