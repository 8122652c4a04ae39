/* table.h - values for people: tables of rows, other values as indented JSON, scalars plain; or as JSON or CSV. Knows
 * no engine and no terminal: who prints says how wide it is. */
#ifndef TENON_CLI_TABLE_H
#define TENON_CLI_TABLE_H

#include <stdio.h>

#include "tenon.h"

#define TABLE_FIELDS_MAX 64 /* columns of a table; rows with more different fields are shown as JSON */

typedef enum table_mode { TABLE_MODE_TABLE, TABLE_MODE_JSON, TABLE_MODE_CSV } table_mode;

typedef struct table_style {
  table_mode mode;
  size_t columns;        /* the width to fit; 0 = as wide as it gets */
  bool colour;           /* ANSI colours, in mode table only */
  bool (*stopped)(void); /* asked before each row; NULL = never. Then printing ends early, as a success */
} table_style;

/* Prints a value and a line feed.
 * - TABLE: an array of objects has columns named by their fields, numbers to the right, and then how many rows
 *   there are; where the columns are too many for the width, each row is a block of lines. Cells are cut to fit.
 *   A string is as it is, unquoted; a timestamp without the wrapping; another scalar is JSON. Anything else is JSON
 *   on one line where that fits, else indented; strings in it are cut to fit.
 * - JSON: the value on one line.
 * - CSV: a line of names, a line per row (RFC 4180, but lines end in LF). An array's items that are no objects, and a
 *   value that is neither, stand in a column named "value". null is empty, "" an empty string.
 * In all of them what would command the terminal is escaped (text.h). LIMIT and NOMEM as tn_encode(); then part of it
 * may have been printed. */
tn_status table_print(FILE *to, const table_style *style, tn_value value, tn_error *error) TN_MUST_USE;

/* "CONFLICT: expected version 1, found version 2 (if_version)": one line. In mode JSON it is the answer of the line
 * protocol. `before` (NULL allowed), as "ops.txt:3", says where it came from. */
void table_print_error(FILE *to, const table_style *style, const tn_error *error, const char *before);

/* "on" or "off" by name: the sequences around text of that look; "" without colour. */
typedef enum table_look {
  LOOK_PLAIN,
  LOOK_NAME,
  LOOK_STRING,
  LOOK_NUMBER,
  LOOK_WORD,
  LOOK_FAINT,
  LOOK_ERROR
} table_look;
const char *table_look_on(const table_style *style, table_look look);
const char *table_look_off(const table_style *style, table_look look);

#endif
