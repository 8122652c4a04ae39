/* session.h - a client of an engine on a thread of its own, told step by step what to do: so that a test can put the
 * steps of several in any order. The engine has a kv named "cart". */
#ifndef TENON_TESTS_SESSION_H
#define TENON_TESTS_SESSION_H

#include "tenon.h"

typedef struct session session;

session *session_start(tn_engine *engine);
/* Takes back the txn that is open. NULL is fine. */
void session_stop(session *s);

/* A txn, until it is committed or aborted; what is done meanwhile is done in it. */
tn_status session_begin(session *s, tn_txn_mode mode);
tn_status session_commit(session *s);
void session_abort(session *s);

tn_status session_put(session *s, const char *key, int64_t value);
tn_status session_put_if(session *s, const char *key, int64_t value, int64_t if_version);
tn_status session_append(session *s, const char *key, const char *text);
/* The number at `key`; -1: there is none. */
int64_t session_get(session *s, const char *key);
int64_t session_version(session *s, const char *key);
/* How many of the entries whose keys begin with `prefix` have that value: what a predicate finds. */
int64_t session_count(session *s, const char *prefix, int64_t value);

/* session_begin(s, TN_WRITE) without waiting for it. */
void session_begin_later(session *s);
/* Whether it is still waiting for its turn; looks for a moment. */
bool session_waits(session *s);
/* What it answered. */
tn_status session_begun(session *s);

#endif
