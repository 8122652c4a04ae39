/* tenon_base.h - the words every other header uses: slices, statuses, errors, the allocator.
 * Included by tenon.h and tenon_plugin.h; it knows neither. */
#ifndef TENON_BASE_H
#define TENON_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TN_API __attribute__((visibility("default")))
#define TN_MUST_USE __attribute__((warn_unused_result))
#define TN_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* A run of bytes that belongs to somebody else. How long it lives is said where one is handed out. */
typedef struct tn_slice {
  const void *data;
  size_t size;
} tn_slice;

/* What a call may answer. Three bands tell a caller what to do without reading text:
 *   usage        the call is wrong; it stays wrong until the caller changes it
 *   data         the call is right, the data says no
 *   environment  neither is at fault; tn_status_retryable() tells "again" from "stop" */
#define TN_STATUS_MAP(X)                                                           \
  X(OK, 0, "ok")                                                                   \
  X(INVALID, 1, "an argument has a wrong type, shape or value")                    \
  X(UNKNOWN, 2, "no model, operation, argument, map or plugin has this name")      \
  X(MISUSE, 3, "the call is not allowed at this point")                            \
  X(DENIED, 4, "permission refused")                                               \
  X(UNSUPPORTED, 5, "this plugin does not offer it")                               \
  X(NOT_FOUND, 20, "no such entry")                                                \
  X(EXISTS, 21, "the entry exists already")                                        \
  X(CONFLICT, 22, "the entry is not at the version the caller gave")               \
  X(CONSTRAINT, 23, "a rule of the model forbids it")                              \
  X(LIMIT, 24, "a limit on size, memory, count or time would be passed")           \
  X(BUSY, 40, "somebody else holds it; try again")                                 \
  X(LOST_RACE, 41, "another writer committed first; try again")                    \
  X(IO, 42, "reading or writing failed")                                           \
  X(FULL, 43, "no space left on the device")                                       \
  X(NOMEM, 44, "out of memory")                                                    \
  X(CORRUPT, 45, "stored data is damaged")                                         \
  X(TRIMMED, 46, "this part of the journal has been trimmed")                      \
  X(CLOSED, 47, "the engine is closed")                                            \
  X(OUTCOME_UNKNOWN, 48, "it may or may not have become durable; reopen and look") \
  X(INTERRUPTED, 49, "stopped by tn_interrupt")                                    \
  X(LAGGED, 50, "the feed fell behind what the journal keeps; open it again from the oldest")

typedef enum tn_status {
#define TN_STATUS_ENUM(name, number, text) TN_##name = number,
  TN_STATUS_MAP(TN_STATUS_ENUM)
#undef TN_STATUS_ENUM
} tn_status;

/* "NOT_FOUND" for TN_NOT_FOUND; "UNKNOWN_STATUS" for a number that is none. Static, never freed. */
TN_API const char *tn_status_name(tn_status status);
/* One line for people. Static, never freed. */
TN_API const char *tn_status_text(tn_status status);
/* True where the same call may succeed later with nothing changed by the caller: BUSY, LOST_RACE. */
TN_API bool tn_status_retryable(tn_status status);

#define TN_ERROR_TEXT_MAX 256
#define TN_ERROR_WHERE_MAX 160

/* Filled by a failing call, untouched by a successful one. The caller owns it; every call accepts NULL
 * in its place. `text` is one line saying what was expected and what came; `where` is a JSON path, a
 * byte offset, or a file and offset, and may be empty. Both are UTF-8 and cut to fit. NOT_FOUND from an
 * ordinary lookup may leave `text` empty: it costs no formatting. */
typedef struct tn_error {
  tn_status status;
  char text[TN_ERROR_TEXT_MAX];
  char where[TN_ERROR_WHERE_MAX];
} tn_error;

#define TN_ERROR_INIT \
  { TN_OK, "", "" }

/* Fills `error` (NULL allowed) and returns `status`, so that `return tn_error_set(...)` reads well.
 * `where` NULL means empty. */
TN_API tn_status tn_error_set(tn_error *error, tn_status status, const char *where, const char *format, ...)
    TN_PRINTF(4, 5);

/* The one way memory comes and goes. `resize(context, data, old_size, new_size)`:
 *   data NULL, old_size 0  -> allocate new_size bytes, aligned for any type
 *   new_size 0             -> free `data`, which has old_size bytes; returns NULL
 *   else                   -> move to new_size bytes, contents kept up to the smaller size
 * NULL for new_size > 0 means out of memory, and `data` is still valid then. Called from any thread. */
typedef struct tn_memory {
  void *(*resize)(void *context, void *data, size_t old_size, size_t new_size);
  void *context;
} tn_memory;

/* malloc, realloc, free. */
TN_API const tn_memory *tn_memory_system(void);

#endif
