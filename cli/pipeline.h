/* pipeline.h - requests in, answers out in the same order, many commands becoming durable together.
 *
 * A single command is submitted and answered when it is durable; while it waits, the next ones are taken. Anything
 * else, a query, a batch, or a request of a wrong shape, first lets the commands before it finish, and so sees what
 * they did. No answer is printed before it is durable; all that are ready are flushed. */
#ifndef TENON_CLI_PIPELINE_H
#define TENON_CLI_PIPELINE_H

#include "output.h"
#include "tenon.h"

#define PIPELINE_COMMANDS_MAX 1024            /* submitted and not answered */
#define PIPELINE_BYTES_MAX ((size_t)16 << 20) /* of their requests, the last one not counted */

typedef struct pipeline pipeline;

typedef struct pipeline_options {
  bool rows;       /* a streamed query gives a line per row, then {"ok":true,"rows":N} */
  bool one_by_one; /* submit nothing: each request is answered before the next is taken */
} pipeline_options;

/* `engine` and `out` must outlive it. NOMEM; what tn_describe() says. */
tn_status pipeline_create(tn_engine *engine, output *out, const pipeline_options *options, pipeline **result,
                          tn_error *error) TN_MUST_USE;
/* Nothing may be in flight. */
void pipeline_destroy(pipeline *p);

void pipeline_request(pipeline *p, tn_value request);
/* An answer that needs no engine: `error` is why. */
void pipeline_refuse(pipeline *p, const tn_error *error);
/* Waits until everything is answered. */
void pipeline_drain(pipeline *p);
/* True when any answer so far was a failure. */
bool pipeline_failed(const pipeline *p);

#endif
