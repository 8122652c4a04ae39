/* pretty.h - JSON text laid out for people. It takes what tn_encode("json", ...) made, and trusts it to be JSON. */
#ifndef TENON_CLI_PRETTY_H
#define TENON_CLI_PRETTY_H

#include "table.h"

/* On one line where that fits into style->columns, else with a line for each item, two columns in for each level.
 * Strings that do not fit are cut. No line feed at the end. */
void pretty_print(FILE *to, const table_style *style, tn_slice json);

/* What a JSON token that begins with `first` looks like. */
table_look pretty_look(char first);

#endif
