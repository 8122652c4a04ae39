/* The workloads about values by themselves: JSON into a value and back, and a field out of an encoded one. */
#include <stdlib.h>
#include <string.h>

#include "documents.h"
#include "store.h"
#include "tenon.h"
#include "try.h"

typedef struct document {
  char *text;
  size_t size;
  tn_builder value;
} document;

typedef struct values {
  document documents[BENCH_DOCUMENTS];
  tn_builder scratch;
} values;

static void close_values(void *self) {
  values *v = self;
  for (int i = 0; i < BENCH_DOCUMENTS; i++) {
    free(v->documents[i].text);
    tn_builder_free(&v->documents[i].value);
  }
  tn_builder_free(&v->scratch);
  free(v);
}

static tn_status make_document(document *d, bench_document kind, bool quick, tn_error *error) {
  d->text = bench_document_make(kind, quick, &d->size);
  if (!d->text) return bench_failed(TN_NOMEM, error);
  return tn_decode("json", (tn_slice){d->text, d->size}, &d->value, NULL, error);
}

static tn_status open_values(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  tn_status status = TN_OK;
  values *v = calloc(1, sizeof *v);
  if (!v) return bench_failed(TN_NOMEM, error);
  v->scratch = (tn_builder)TN_BUILDER_INIT;
  for (int i = 0; i < BENCH_DOCUMENTS; i++) v->documents[i].value = (tn_builder)TN_BUILDER_INIT;
  for (int i = 0; i < BENCH_DOCUMENTS && status == TN_OK; i++)
    status = make_document(&v->documents[i], (bench_document)i, setup->quick, error);
  if (status == TN_OK)
    *self = v;
  else
    close_values(v);
  return status;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static tn_status parse_one(values *v, const document *d, size_t *bytes, tn_error *error) {
  *bytes += d->size;
  return tn_decode("json", (tn_slice){d->text, d->size}, &v->scratch, NULL, error);
}

static tn_status write_one(values *v, const document *d, size_t *bytes, tn_error *error) {
  tn_slice text;
  (void)v;
  TRY(tn_encode("json", tn_built(&d->value), &text, error));
  *bytes += text.size;
  tn_text_free(text);
  return TN_OK;
}

typedef tn_status (*document_fn)(values *v, const document *d, size_t *bytes, tn_error *error);

/* round->arg is the document, or BENCH_DOCUMENTS for all of them in turns. *value = MB/s. */
static tn_status repeat(values *v, document_fn run, const bench_round *round, double *value, tn_error *error) {
  size_t bytes = 0;
  double start = bench_now(), now;
  do {
    for (uint32_t i = 0; i < BENCH_DOCUMENTS; i++)
      if (round->arg == BENCH_DOCUMENTS || round->arg == i) TRY(run(v, &v->documents[i], &bytes, error));
  } while ((now = bench_now()) < start + round->seconds);
  *value = (double)bytes / 1e6 / (now - start);
  return TN_OK;
}

static tn_status parse(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, parse_one, round, value, error);
}
static tn_status write(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, write_one, round, value, error);
}

/* ---- a field -------------------------------------------------------------------------------- */

static tn_status read_field(void *self, const bench_round *round, double *value, tn_error *error) {
  const values *v = self;
  uint64_t done = 0;
  tn_container records = tn_container_of(tn_built(&v->documents[BENCH_RECORDS].value));
  double start = bench_now(), now;
  do {
    for (uint32_t i = 0; i < records.count; i++, done++) {
      tn_slice record = tn_container_slot(&records, i), city = {NULL, 0};
      TRY(bench_failed(tn_get_string((tn_value){record.data, record.size}, "address.city", &city), error));
      bench_sink += *(const uint8_t *)city.data;
    }
  } while ((now = bench_now()) < start + round->seconds);
  *value = (double)done / (now - start);
  return TN_OK;
}

static const bench_measure measures[] = {
    {"json_parse", parse, NULL, "tn_decode, UTF-8 checked"},
    {"json_write", write, NULL, "tn_encode"},
    {"read_field", read_field, NULL, "tn_get_string \"address.city\""},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_tenon_values = {
    .name = "tenon",
    .groups = 1u << BENCH_VALUES,
    .measures = measures,
    .open = open_values,
    .close = close_values,
};
