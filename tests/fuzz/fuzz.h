/* fuzz.h - what the fuzz targets share: how one says that something is wrong, and an input taken apart from its
 * front. A target is a file fuzz_NAME.c with one LLVMFuzzerTestOneInput() and a folder seeds/NAME; it keeps nothing
 * from one input to the next but what is made once and never changes. */
#ifndef TENON_FUZZ_H
#define TENON_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "tenon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                       \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                                \
    }                                                                         \
  } while (0)

/* Bytes behind the end are zeros: any input is a whole one. */
typedef struct fuzz_input {
  const uint8_t *at;
  const uint8_t *end;
} fuzz_input;

static inline fuzz_input fuzz_input_of(const uint8_t *data, size_t size) { return (fuzz_input){data, data + size}; }
static inline size_t fuzz_left(const fuzz_input *in) { return (size_t)(in->end - in->at); }
static inline uint8_t fuzz_byte(fuzz_input *in) { return fuzz_left(in) > 0 ? *in->at++ : 0; }
/* `width` bytes, little-endian. */
uint64_t fuzz_number(fuzz_input *in, unsigned width);
/* The next bytes, as many of `size` as there are. */
tn_slice fuzz_bytes(fuzz_input *in, size_t size);

/* Adds one value to an open builder: all types, ends of ranges and neighbours of 2^53 and 2^63, containers up to
 * `depth` levels, now and then one as deep as values may be. */
void fuzz_add(fuzz_input *in, tn_builder *b, unsigned depth);
void fuzz_add_type(fuzz_input *in, tn_builder *b, tn_type type, unsigned depth);
/* Clears the builder and builds one value; absent when it passed a limit. */
tn_value fuzz_value(fuzz_input *in, tn_builder *b, unsigned depth);

/* The state's digest, 32 hexadecimal digits. */
void fuzz_digest(tn_engine *engine, char out[33]);

#endif
