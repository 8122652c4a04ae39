/* cJSON: text to a tree of allocated nodes and back. It does not look whether strings are UTF-8. */
#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "../documents.h"
#include "../store.h"
#include "try.h"

typedef struct document {
  char *text;
  size_t size;
  cJSON *tree;
} document;

typedef struct trees {
  document documents[BENCH_DOCUMENTS];
} trees;

static void close_trees(void *self) {
  trees *t = self;
  for (int i = 0; i < BENCH_DOCUMENTS; i++) {
    free(t->documents[i].text);
    cJSON_Delete(t->documents[i].tree);
  }
  free(t);
}

static tn_status open_trees(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  trees *t = calloc(1, sizeof *t);
  if (!t) return bench_failed(TN_NOMEM, error);
  for (int i = 0; i < BENCH_DOCUMENTS; i++) {
    document *d = &t->documents[i];
    d->text = bench_document_make((bench_document)i, setup->quick, &d->size);
    if (d->text) d->tree = cJSON_ParseWithLength(d->text, d->size);
    if (d->tree) continue;
    close_trees(t);
    return tn_error_set(error, TN_INVALID, NULL, "cJSON does not take document %d", i);
  }
  *self = t;
  return TN_OK;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* Each adds the seconds and bytes of what it is about. */
typedef struct spent {
  double seconds;
  size_t bytes;
} spent;

typedef tn_status (*document_fn)(const document *d, spent *all);

static tn_status parse_one(const document *d, spent *all) {
  double start = bench_now();
  cJSON *tree = cJSON_ParseWithLength(d->text, d->size);
  all->seconds += bench_now() - start;
  all->bytes += d->size;
  cJSON_Delete(tree);
  return tree ? TN_OK : TN_INVALID;
}

static tn_status parse_and_free_one(const document *d, spent *all) {
  double start = bench_now();
  cJSON *tree = cJSON_ParseWithLength(d->text, d->size);
  cJSON_Delete(tree);
  all->seconds += bench_now() - start;
  all->bytes += d->size;
  return tree ? TN_OK : TN_INVALID;
}

static tn_status write_one(const document *d, spent *all) {
  double start = bench_now();
  char *text = cJSON_PrintUnformatted(d->tree);
  all->seconds += bench_now() - start;
  if (!text) return TN_NOMEM;
  all->bytes += strlen(text);
  cJSON_free(text);
  return TN_OK;
}

/* round->arg is the document, or BENCH_DOCUMENTS for all of them in turns. *value = MB/s. */
static tn_status repeat(const trees *t, document_fn run, const bench_round *round, double *value, tn_error *error) {
  spent all = {0, 0};
  do {
    for (uint32_t i = 0; i < BENCH_DOCUMENTS; i++)
      if (round->arg == BENCH_DOCUMENTS || round->arg == i) TRY(bench_failed(run(&t->documents[i], &all), error));
  } while (all.seconds < round->seconds);
  *value = (double)all.bytes / 1e6 / all.seconds;
  return TN_OK;
}

static tn_status parse(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, parse_one, round, value, error);
}
static tn_status parse_and_free(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, parse_and_free_one, round, value, error);
}
static tn_status write(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, write_one, round, value, error);
}

/* ---- a field -------------------------------------------------------------------------------- */

static tn_status read_field(void *self, const bench_round *round, double *value, tn_error *error) {
  const trees *t = self;
  uint64_t done = 0;
  double start = bench_now(), now;
  do {
    for (const cJSON *record = t->documents[BENCH_RECORDS].tree->child; record; record = record->next, done++) {
      const cJSON *address = cJSON_GetObjectItemCaseSensitive(record, "address");
      const cJSON *city = cJSON_GetObjectItemCaseSensitive(address, "city");
      if (!cJSON_IsString(city)) return bench_failed(TN_NOT_FOUND, error);
      bench_sink += (uint8_t)*city->valuestring;
    }
  } while ((now = bench_now()) < start + round->seconds);
  *value = (double)done / (now - start);
  return TN_OK;
}

static const bench_measure measures[] = {
    {"json_parse", parse, NULL, "cJSON_ParseWithLength"},
    {"json_parse", parse_and_free, "_freed", "with cJSON_Delete of the tree"},
    {"json_write", write, NULL, "cJSON_PrintUnformatted"},
    {"read_field", read_field, NULL, "out of the tree"},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_cjson = {
    .name = "cjson",
    .groups = 1u << BENCH_VALUES,
    .measures = measures,
    .open = open_trees,
    .close = close_trees,
};
