#include "results.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- collecting ----------------------------------------------------------------------------- */

static bool has_suffix(const char *text, const char *suffix) {
  size_t size = strlen(text), end = strlen(suffix);
  return size >= end && strcmp(text + size - end, suffix) == 0;
}

bool bench_lower_is_better(const char *unit) { return has_suffix(unit, "_us") || has_suffix(unit, "_bytes"); }

bench_result *bench_results_add(bench_results *results, const bench_workload *workload, const char *system,
                                const char *suffix, const char *terms) {
  if (results->count == results->capacity) {
    size_t capacity = results->capacity ? 2 * results->capacity : 64;
    bench_result **items = realloc(results->items, capacity * sizeof *items);
    if (!items) return NULL;
    results->items = items;
    results->capacity = capacity;
  }
  bench_result *result = calloc(1, sizeof *result);
  if (!result) return NULL;
  result->workload = workload;
  result->terms = terms;
  (void)snprintf(result->system, sizeof result->system, "%s%s", system, suffix ? suffix : "");
  return results->items[results->count++] = result;
}

void bench_results_fini(bench_results *results) {
  for (size_t i = 0; i < results->count; i++) free(results->items[i]);
  free(results->items);
  *results = (bench_results){NULL, 0, 0};
}

const bench_result *bench_results_find(const bench_results *results, const char *workload, const char *system) {
  for (size_t i = 0; i < results->count; i++) {
    const bench_result *r = results->items[i];
    if (r->rounds > 0 && strcmp(r->workload->name, workload) == 0 && strcmp(r->system, system) == 0) return r;
  }
  return NULL;
}

void bench_result_add_value(bench_result *result, double value) {
  if (result->rounds < BENCH_ROUNDS_MAX) result->values[result->rounds++] = value;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void bench_result_finish(bench_result *r) {
  if (r->rounds == 0) return;
  qsort(r->values, r->rounds, sizeof *r->values, compare);
  unsigned middle = r->rounds / 2;
  r->median = r->rounds % 2 ? r->values[middle] : (r->values[middle - 1] + r->values[middle]) / 2;
  r->min = r->values[0];
  r->max = r->values[r->rounds - 1];
}

/* ---- the table ------------------------------------------------------------------------------ */

double bench_ratio(const bench_result *a, const bench_result *b) {
  double over = bench_lower_is_better(a->workload->unit) ? b->median : a->median;
  double under = bench_lower_is_better(a->workload->unit) ? a->median : b->median;
  return under > 0 ? over / under : INFINITY;
}

const char *bench_number(double number, char *out) {
  static const struct {
    double from;
    const char *unit;
  } steps[] = {{1e9, " G"}, {1e6, " M"}, {1e3, " k"}, {0, ""}};
  size_t i = 0;
  while (steps[i].from > 0 && number < steps[i].from) i++;
  double scaled = steps[i].from > 0 ? number / steps[i].from : number;
  (void)snprintf(out, 24, "%.*f%s", scaled < 10 ? 2 : scaled < 100 ? 1 : 0, scaled, steps[i].unit);
  return out;
}

static void print_result(FILE *out, const bench_result *r, const bench_result *tenon) {
  char median[24], min[24], max[24], ratio[32] = "";
  if (tenon && tenon != r) (void)snprintf(ratio, sizeof ratio, "%.2fx", bench_ratio(tenon, r));
  fprintf(out, "  %-22s %10s %10s %10s %9s  %s\n", r->system, bench_number(r->median, median),
          bench_number(r->min, min), bench_number(r->max, max), ratio, r->terms ? r->terms : "");
}

void bench_print_workload(FILE *out, const bench_results *results, const bench_workload *workload) {
  const bench_result *tenon = bench_results_find(results, workload->name, "tenon");
  bool any = false;
  for (size_t i = 0; i < results->count; i++) {
    const bench_result *r = results->items[i];
    if (r->workload != workload || r->rounds == 0) continue;
    if (!any) {
      fprintf(out, "%s, %s (%s is better)\n", workload->name, workload->unit,
              bench_lower_is_better(workload->unit) ? "lower" : "higher");
      fprintf(out, "  %-22s %10s %10s %10s %9s\n", "", "median", "min", "max", "tenon is");
    }
    any = true;
    print_result(out, r, tenon);
  }
  if (any) fputc('\n', out);
  (void)fflush(out);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void write_result(FILE *out, const bench_result *r) {
  fprintf(out,
          "{\"workload\":\"%s\",\"system\":\"%s\",\"unit\":\"%s\",\"median\":%.6g,\"min\":%.6g,\"max\":%.6g,"
          "\"rounds\":%u}",
          r->workload->name, r->system, r->workload->unit, r->median, r->min, r->max, r->rounds);
}

tn_status bench_write_json(const char *path, const bench_results *results, tn_error *error) {
  FILE *out = fopen(path, "w");
  const char *between = "[\n";
  if (!out) return tn_error_set(error, TN_IO, path, "writing results: %s", strerror(errno));
  for (size_t i = 0; i < results->count; i++) {
    if (results->items[i]->rounds == 0) continue;
    fputs(between, out);
    write_result(out, results->items[i]);
    between = ",\n";
  }
  fputs(*between == '[' ? "[]\n" : "\n]\n", out);
  bool failed = ferror(out) != 0;
  if (fclose(out) != 0 || failed) return tn_error_set(error, TN_IO, path, "writing results: %s", strerror(errno));
  return TN_OK;
}
