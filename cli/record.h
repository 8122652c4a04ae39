/* record.h - a journal record as a line, as `tenon log` and `tenon tail` print it. */
#ifndef TENON_CLI_RECORD_H
#define TENON_CLI_RECORD_H

#include "output.h"

typedef struct record_printer {
  output output;
  tn_builder line;
} record_printer;

#define RECORD_PRINTER_INIT \
  { OUTPUT_INIT, TN_BUILDER_INIT }

/* Prints the record as a line of JSON, its digest as tn_stats() writes it, and what it changed unless that is absent.
 * LIMIT, NOMEM; whether the output took it tells output_is_fine(). */
tn_status record_print(record_printer *p, tn_value record, tn_value changes, tn_error *error) TN_MUST_USE;

#endif
