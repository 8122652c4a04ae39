#include "documents.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "data.h"

#define TEXT_BYTES ((size_t)2 << 20)
#define TEXT_BYTES_QUICK ((size_t)256 << 10)
#define ITEM_MAX 4096 /* bytes of one */

typedef struct text {
  char *data;
  size_t size, capacity;
  uint64_t seed;
} text;

static const char *const words[] = {"alpha",    "beta",    "gamma",  "delta",   "a longer name",
                                    "customer", "invoice", "Berlin", "Hamburg", "x"};

static uint64_t below(text *t, uint64_t n) { return bench_below(&t->seed, n); }
static const char *word(text *t) { return words[below(t, sizeof words / sizeof *words)]; }

/* There is room for an item before each one is begun. */
static TN_PRINTF(2, 3) void add(text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  t->size += (size_t)vsnprintf(t->data + t->size, t->capacity - t->size, format, args);
  va_end(args);
}

static void add_record(text *t, unsigned i) {
  add(t, "{\"id\":%u,\"name\":\"%s %u\",\"price\":%.2f,\"active\":%s,", i, word(t), (unsigned)below(t, 1000),
      (double)below(t, 100000) / 100, below(t, 2) ? "true" : "false");
  add(t, "\"tags\":[\"%s\",\"%s\"],", word(t), word(t));
  add(t, "\"address\":{\"city\":\"%s\",\"zip\":\"%05u\",\"lat\":%.6f},\"note\":null}", word(t),
      (unsigned)below(t, 100000), (double)below(t, 180000000) / 1e6 - 90);
}

static void add_object(text *t) { add(t, "{\"a\":%u,\"b\":\"%s\",\"c\":true}", (unsigned)below(t, 100), word(t)); }

static void add_umlauts(text *t) {
  add(t, "\"");
  for (uint64_t left = 40 + below(t, 200); left > 0; left--) {
    if (below(t, 5) == 0)
      add(t, "\xc3\xbc");
    else
      add(t, "%c", "etaoin shrdlu"[below(t, 13)]);
  }
  add(t, "\"");
}

static void add_number(text *t) {
  if (below(t, 2))
    add(t, "%lld", (long long)bench_random(&t->seed) >> below(t, 64));
  else
    add(t, "%.17g", (double)below(t, 1000000007) / ((double)below(t, 100000) + 0.5));
}

static void add_item(text *t, bench_document kind, unsigned i) {
  switch (kind) {
    case BENCH_RECORDS: add_record(t, i); break;
    case BENCH_OBJECTS: add_object(t); break;
    case BENCH_UMLAUTS: add_umlauts(t); break;
    default: add_number(t);
  }
}

char *bench_document_make(bench_document kind, bool quick, size_t *size) {
  size_t enough = quick ? TEXT_BYTES_QUICK : TEXT_BYTES;
  text t = {malloc(enough + 2 * ITEM_MAX), 0, enough + 2 * ITEM_MAX, 4};
  if (!t.data) return NULL;
  add(&t, "[");
  for (unsigned i = 0; t.size < enough; i++) {
    if (i > 0) add(&t, ",");
    add_item(&t, kind, i);
  }
  add(&t, "]");
  *size = t.size;
  return t.data;
}
