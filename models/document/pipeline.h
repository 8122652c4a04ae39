/* pipeline.h - aggregation: documents that go through stages, [{"$match": ...}, {"$group": ...}]. Each stage draws
 * from the one before it when it is asked for its next document, and holds only what it must (a sort, a group).
 * stage_table.c names all stages, stage_FAMILY.c has them. Semantics are MongoDB's (its manual, "Aggregation
 * Stages"). Knows neither maps nor ops: documents come from a tni_doc_world. */
#ifndef TENON_DOCUMENT_PIPELINE_H
#define TENON_DOCUMENT_PIPELINE_H

#include "query/expr.h"

#define TNI_PIPELINE_STAGES_MAX 500 /* of one request, those of pipelines within it included */
#define TNI_PIPELINE_DEPTH_MAX 20   /* of pipelines within pipelines */

/* Documents, one after another. */
typedef struct tni_doc_source {
  tn_status (*open)(void *arg);                /* before the first; again: from the first one on */
  tn_status (*next)(void *arg, tn_value *doc); /* NOT_FOUND: there are no more. Lives until the next call */
  void *arg;
} tni_doc_source;

/* Which documents of a collection, in which order. */
typedef struct tni_doc_find {
  tn_value collection; /* its name */
  const char *where;   /* its place in the request */
  tn_value filter;     /* absent: all */
  const char *filter_where;
  tn_value sort; /* absent: as the collection has them */
  const char *sort_where;
  uint64_t skip, limit; /* UINT64_MAX: all */
  tn_value hint;        /* absent, or the name of an index */
} tni_doc_find;

/* Documents that have a value at a path: what an index answers. */
typedef struct tni_doc_seeker {
  tn_status (*seek)(void *arg, tn_value value);
  tn_status (*next)(void *arg, tn_value *doc); /* NOT_FOUND; may have others among them, and one of them twice */
  void *arg;
} tni_doc_seeker;

/* The collections that a pipeline may name. What is made for it lives as long as the handler's call. */
typedef struct tni_doc_world {
  /* Errors are about the request's paths. What the pool holds stays until the request ends. */
  tn_status (*find)(void *arg, tn_ctx *ctx, const tni_doc_find *find, tni_pool *pool, tni_doc_source *out);
  /* NOT_FOUND, without text: no index holds all documents by `path` first. */
  tn_status (*seeker)(void *arg, tn_ctx *ctx, tn_value collection, tn_slice path, tni_doc_seeker *out);
  void *arg;
} tni_doc_world;

typedef struct tni_pipeline_options {
  const tni_doc_world *world;
  tn_value hint;     /* for the leading stages that the collection answers itself */
  size_t memory_max; /* bytes that stages may hold together; 0: TNI_POOL_LIMIT_DEFAULT */
  uint64_t ms_max;   /* 0: none */
} tni_pipeline_options;

typedef struct tni_pipeline tni_pipeline;

/* `collection` and `pipeline` are the arguments of these names; they must outlive it. Leading $match, $sort, $skip
 * and $limit become the find of the collection. INVALID: an unknown stage (the nearest is named), a wrong operand;
 * LIMIT: too many stages or too deep; the path of what is wrong as where. */
tn_status tni_pipeline_compile(tn_ctx *ctx, const tni_pipeline_options *options, tn_value collection,
                               tn_value pipeline, tni_pipeline **out) TN_MUST_USE;
/* open, next until NOT_FOUND or enough, close, and again. A document lives until the next call. LIMIT: names
 * "max_memory_bytes" or "max_ms" as where. Nothing but close may follow a failure. */
tn_status tni_pipeline_open(tni_pipeline *pipeline) TN_MUST_USE;
tn_status tni_pipeline_next(tni_pipeline *pipeline, tn_value *doc) TN_MUST_USE;
void tni_pipeline_close(tni_pipeline *pipeline);

/* A pool within its memory, for who keeps documents. */
void tni_pipeline_pool(tni_pipeline *pipeline, tni_pool *out);

/* The names of all stages, for tests and hints; scratch memory. NULL: no memory. */
const char *const *tni_stage_names(tn_ctx *ctx, size_t *count);

#endif
