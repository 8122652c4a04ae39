/* line.h - the line protocol of `tenon run`: a line becomes a request for tn_request(), what it answers becomes a
 * line. Knows no engine, no file and no option of the command line; calls only tenon.h. */
#ifndef TENON_CLI_LINE_H
#define TENON_CLI_LINE_H

#include <stdio.h>

#include "tenon.h"

/* Builds in `request`, which it clears first, what `line` asks for. A line is one of:
 *   ["MODEL","OP",{named}]  ["MODEL","OP",[positional]]  {"batch":[...]}
 *                    anything that opens with [ or { is one JSON value and becomes the request as it stands:
 *                    tn_request() says what is wrong with its shape
 *   MODEL OP ARG...  words between white space, which become ["MODEL","OP",[ARG...]]; with --NAME ARG behind them,
 *                    ["MODEL","OP",{NAME:ARG,...}]
 *   # comment        and a blank line: TN_OK with nothing built, so tn_built(request) is absent
 *
 * An ARG is a JSON value if it parses, white space inside it included, else a string: 3, true, [1, 2], apples and
 * "two words" are five ARGs. One that opens with ", [ or { has to parse. MODEL and OP are strings, bare or in
 * JSON quotes. A line feed or carriage return at the end of `line` is white space. --NAME without an ARG behind it is
 * true; what begins with --LETTER otherwise stands in quotes.
 *
 * `models` is tn_describe()'s, from which ARGs in front of a --NAME get their names; absent where nothing is known. Of
 * an operation that is not known they are left out: tn_request() says that there is none.
 *
 * INVALID: not JSON where JSON has to be, not UTF-8, no OP, an ARG behind those with names, or more ARGs than there are
 * parameters; `where` is "byte N" of the line. LIMIT: too deep or too large. NOMEM. After a failure `request` holds
 * nothing of use. */
tn_status line_parse(tn_slice line, tn_value models, tn_builder *request, tn_error *error) TN_MUST_USE;

/* True when an array or object in `line` is not closed yet, so that it may go on on the next line. */
bool line_is_open(tn_slice line);

/* Prints {"ok":true,"result":...} and a line feed; an absent `result` is null. LIMIT for a value too large to encode,
 * NOMEM: then nothing is printed. Whether `out` took it: ferror(). */
tn_status line_print_result(FILE *out, tn_value result, tn_error *error) TN_MUST_USE;

/* Prints {"ok":false,"error":{"status":"...","text":"...","where":"..."}} and a line feed. An empty text becomes the
 * status's own. NOMEM: then nothing is printed. */
tn_status line_print_error(FILE *out, const tn_error *what, tn_error *error) TN_MUST_USE;

#endif
