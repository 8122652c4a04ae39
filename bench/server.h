/* server.h - a peer that is a program of its own: started in a folder, spoken to by lines or by a socket, ended. It
 * ends with the bench, whatever that dies of. */
#ifndef TENON_BENCH_SERVER_H
#define TENON_BENCH_SERVER_H

#include <stdio.h>
#include <sys/types.h>

#include "tenon_base.h"

typedef struct bench_server {
  pid_t pid; /* 0 = not running */
  FILE *to;  /* its standard input and output */
  FILE *from;
} bench_server;

/* Runs argv[0] (found by PATH; argv ends with NULL) with `folder` as its working directory and its errors going to a
 * file "errors" there. IO. */
tn_status bench_server_start(bench_server *out, const char *const *argv, const char *folder,
                             tn_error *error) TN_MUST_USE;
/* Asks it to end, kills it when it has not after a while, and waits. Not running is fine. */
void bench_server_stop(bench_server *server);
/* Whether it is still there. */
bool bench_server_runs(bench_server *server);

/* Says a line and hands out the answer, a line as well, in `answer`. IO when it does not answer any more. */
tn_status bench_server_ask(bench_server *server, const char *line, char *answer, size_t size,
                           tn_error *error) TN_MUST_USE;

/* Whether there is such a program. */
bool bench_has_program(const char *name);

#endif
