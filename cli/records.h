/* records.h - the records of a file, one after another, as values: JSON lines, one JSON array, or CSV with a header.
 * Holds one record at a time, whatever the size of the file. Knows no engine. */
#ifndef TENON_CLI_RECORDS_H
#define TENON_CLI_RECORDS_H

#include "tenon.h"

#define RECORD_SIZE_MAX ((size_t)64 << 20) /* bytes of one record's text */

typedef enum records_format { RECORDS_JSONL, RECORDS_JSON, RECORDS_CSV } records_format;

typedef struct records {
  int fd;
  records_format format;
  bool typed;        /* CSV: a field without quotes that is a JSON number, true, false or null becomes that */
  uint64_t line;     /* where the record handed out last began, or where a refused one is at fault; from 1 */
  uint64_t consumed; /* bytes handed out or passed */
  bool broken;       /* after a refusal: what follows cannot be told apart, nothing more comes */
  /* records.c's */
  char *data; /* data[start, end) has been read and not consumed */
  size_t capacity, start, end;
  uint64_t next_line, line_start; /* of the byte data[start]: its line, and `consumed` where that began */
  bool ended;
  tn_status failed; /* reading did: IO, LIMIT, NOMEM, INTERRUPTED */
  int state;
  tn_builder value, header;
  char *field; /* of CSV, unquoted */
  size_t field_size, field_capacity;
} records;

#define RECORDS_INIT(fd, format, typed)                                                                           \
  {                                                                                                               \
    (fd), (format), (typed), 0, 0, false, NULL, 0, 0, 0, 1, 0, false, TN_OK, 0, TN_BUILDER_INIT, TN_BUILDER_INIT, \
        NULL, 0, 0                                                                                                \
  }

/* The next record; it lives until the next call. JSON's are any values; a row of CSV is an object with the header's
 * names, its fields strings. Blank lines are passed over. NOT_FOUND: there are no more. INVALID, LIMIT
 * (nested too deeply, above RECORD_SIZE_MAX): this record is none, with a byte of its line; unless `broken` the next
 * call goes on behind it. IO, NOMEM, INTERRUPTED (a signal was caught): reading has ended. */
tn_status records_next(records *r, tn_value *record, tn_error *error) TN_MUST_USE;
void records_free(records *r);

/* "jsonl", "json", "csv". */
bool records_format_of(const char *name, records_format *out);

#endif
