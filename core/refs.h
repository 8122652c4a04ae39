/* refs.h - {"$result": [i, "path"]} in a batch's arguments: what an earlier operation of it answered. */
#ifndef TENON_REFS_H
#define TENON_REFS_H

#include "tenon_plugin.h"

/* The results so far, kept one after another. */
typedef struct tni_results {
  tn_buffer bytes;
  size_t *ends;
  size_t count, capacity;
} tni_results;

tn_status tni_results_add(tni_results *results, tn_value value) TN_MUST_USE;
tn_value tni_results_at(const tni_results *results, size_t i);
void tni_results_fini(tni_results *results);

/* *out is `args` itself where no reference stands in it, else a copy in `scratch` with each one replaced. INVALID:
 * not of the form [number of an earlier operation, path]; NOT_FOUND: nothing is there. */
tn_status tni_refs_resolve(const tni_results *results, tn_value args, tn_builder *scratch, tn_value *out,
                           tn_error *error) TN_MUST_USE;

#endif
