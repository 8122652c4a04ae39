/* sets.h - arguments of an operation that are typed as options: --set PARAM=VALUE. */
#ifndef TENON_CLI_SETS_H
#define TENON_CLI_SETS_H

#include "options.h"
#include "tenon.h"

/* For the options of a command. */
#define OPTION_SET \
  { "--set", "PARAM=VALUE", OPTION_TEXTS, "argument PARAM is VALUE, JSON or else a string; may be repeated" }

/* Builds an object of what was typed, {} when nothing was. INVALID: not of that form, or one is set twice. */
tn_status read_sets(const cli_arguments *arguments, tn_builder *out, tn_error *error) TN_MUST_USE;

#endif
