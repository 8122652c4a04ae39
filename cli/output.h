/* output.h - standard output that remembers its first failure, and complaints on standard error. */
#ifndef TENON_CLI_OUTPUT_H
#define TENON_CLI_OUTPUT_H

#include <stdio.h>

#include "tenon.h"

typedef struct output {
  FILE *file;
  bool failed; /* writing failed; what is written from now on goes nowhere */
  int reason;  /* errno, 0 when it is not known */
} output;

#define OUTPUT_INIT \
  { stdout, false, 0 }

/* Hands everything to the system. False once anything failed. */
bool output_flush(output *out);
/* False once anything failed; hands nothing on. */
bool output_is_fine(output *out);
/* Flushes for the last time and says on standard error what failed, if anything. A reader that went away is no
 * failure to talk about. Returns `code`, or what a failed output makes of it. */
int output_end(output *out, const char *command, int code);

/* {"ok":true,"result":...}, or {"ok":false,"error":...} when `status` says so. A line. */
void output_answer(output *out, tn_status status, tn_value result, const tn_error *error);
/* {"row":...} */
tn_status output_row(output *out, tn_value row, tn_error *error) TN_MUST_USE;
/* The value as JSON, and a line feed. */
tn_status output_value(output *out, tn_value value, tn_error *error) TN_MUST_USE;
void output_slice(output *out, tn_slice text);

/* "tenon COMMAND: TEXT (WHERE)" on standard error. */
void complain(const char *command, const tn_error *error);

#endif
