/* open.h - the engine that a command's CONFIG names: a config file, or "-" with --model NAME=TYPE for one in memory.
 */
#ifndef TENON_CLI_OPEN_H
#define TENON_CLI_OPEN_H

#include "options.h"
#include "tenon.h"

/* For the options of a command whose CONFIG may be "-". */
#define OPTION_MODEL \
  { "--model", "NAME=TYPE", OPTION_TEXTS, "a model of the engine in memory (CONFIG is -); may be repeated" }

/* Opens what operand 0 names. Warnings and errors of the engine's background work go to standard error. */
tn_status open_engine(const cli_arguments *arguments, bool read_only, tn_engine **out, tn_error *error) TN_MUST_USE;

/* For reading all of the data: read only, beside a live owner too. Where an owner was killed, its data is recovered by an
 * ordinary open first, so that nothing acknowledged is missed. */
tn_status open_source(const cli_arguments *arguments, tn_engine **out, tn_error *error) TN_MUST_USE;

/* A tn_open_options.log: warnings and errors go to standard error. */
void print_background(void *arg, tn_log_level level, const char *line);

/* The same with options of the caller's, whose log is set here. CONFIG is a file: no engine in memory, and no
 * --model. */
tn_status open_config(const cli_arguments *arguments, tn_open_options *options, tn_engine **out,
                    tn_error *error) TN_MUST_USE;

/* The same composition over a storage in memory that holds nothing: for looking at a config whose data is not there
 * yet. */
tn_status open_composition(const cli_arguments *arguments, tn_engine **out, tn_error *error) TN_MUST_USE;

#endif
