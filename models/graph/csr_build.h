/* csr_build.h - makes the arrays of csr.h from the maps, in one walk through `adjacency`. */
#ifndef TENON_GRAPH_CSR_BUILD_H
#define TENON_GRAPH_CSR_BUILD_H

#include "csr.h"
#include "expand.h"

/* The arrays, and who has them. `csr` comes first, so that what is lent is the whole. */
typedef struct tni_graph_kept {
  tni_graph_csr csr;
  const tn_memory *memory;
  /* what it was built for */
  uint64_t seq;
  bool all_types, in;
  uint32_t type_count;
  int64_t *types; /* rising */
  tn_slice weight;
  /* who has it */
  uint32_t lent;
  bool cached;
  /* id -> node: a table by id where ids are dense enough, else they are searched */
  uint32_t *table;
  uint64_t table_size;
} tni_graph_kept;

/* NOMEM, INVALID, LIMIT, CORRUPT, INTERRUPTED as csr.h says. */
tn_status tni_graph_kept_build(tn_ctx *ctx, const tni_graph_sides *sides, const tni_graph_csr_spec *spec,
                               tni_graph_kept **out) TN_MUST_USE;
/* LIMIT when it is larger than the spec allows. */
tn_status tni_graph_csr_may_be(tn_ctx *ctx, const tni_graph_csr *csr, const tni_graph_csr_spec *spec) TN_MUST_USE;
void tni_graph_kept_free(tni_graph_kept *kept);

#endif
