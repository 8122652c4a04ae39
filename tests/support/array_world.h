/* array_world.h - collections that are arrays of documents, for pipelines without a store. A find is done naively. */
#ifndef TENON_TESTS_ARRAY_WORLD_H
#define TENON_TESTS_ARRAY_WORLD_H

#include "models/document/pipeline.h"

#define ARRAY_WORLD_MAX 8

typedef struct array_world {
  tni_doc_world world;
  const char *names[ARRAY_WORLD_MAX];
  tn_value arrays[ARRAY_WORLD_MAX]; /* of documents */
  unsigned count;
  const char *indexed; /* "items sku": $lookup finds sku of items by an index; NULL */
  unsigned drawn;      /* documents that were handed out */
} array_world;

/* Fills `world`; the rest is the caller's. */
void array_world_init(array_world *w);

/* All that a pipeline gives, as an array in a builder of the call. It is run twice, and has to give the same. */
tn_status array_world_run(array_world *w, tn_ctx *ctx, const tni_pipeline_options *options, const char *collection,
                          tn_value pipeline, tn_value *out) TN_MUST_USE;

#endif
