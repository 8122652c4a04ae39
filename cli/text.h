/* text.h - text on a terminal: how many columns it takes, and text cut to fit. Text is UTF-8; columns are those of
 * the locale's wcwidth(). What cannot be shown (control characters, what reorders text, bytes that are no UTF-8) is
 * escaped, so that data never commands the terminal. JSON stays JSON, of the same value. */
#ifndef TENON_CLI_TEXT_H
#define TENON_CLI_TEXT_H

#include <stdio.h>

#include "tenon_base.h"

/* Columns that text_print() takes; where they are more than `limit`, any number above that. */
size_t text_columns(tn_slice text, size_t limit);
void text_print(FILE *to, tn_slice text);
/* As text_print(), but line feeds and tabs go out as they are. */
void text_print_lines(FILE *to, tn_slice text);
/* At most `columns` (1 or more) of it, the last one an ellipsis where something is left out. Returns the columns
 * taken. */
size_t text_print_cut(FILE *to, tn_slice text, size_t columns);
/* All of it, behind the `indent` columns that the line has so far: broken between words where it would pass `columns`
 * (0 = never), and indented as far again. */
void text_print_wrapped(FILE *to, tn_slice text, size_t indent, size_t columns);

#endif
