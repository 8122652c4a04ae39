/* documents.h - texts of JSON that the same seed makes the same each time: arrays of things of one kind. */
#ifndef TENON_BENCH_DOCUMENTS_H
#define TENON_BENCH_DOCUMENTS_H

#include "tenon_base.h"

typedef enum bench_document {
  BENCH_RECORDS, /* objects of seven fields, one of them an object, one an array */
  BENCH_OBJECTS, /* objects of three short fields */
  BENCH_UMLAUTS, /* strings of 40 to 240 characters, a fifth of them beyond ASCII */
  BENCH_NUMBERS, /* integers of all sizes and doubles of up to 17 digits */
  BENCH_DOCUMENTS
} bench_document;

/* The text, 2 MiB of it or 256 KiB, in memory for free(). NULL when there is none. */
char *bench_document_make(bench_document kind, bool quick, size_t *size);

#endif
