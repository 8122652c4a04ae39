/* stage.h - what stages and chains of them are made of. For pipeline.c, chain.c and the files stage_*.c alone.
 *
 *   chain:  source <-- $match <-- $group <-- $sort        each draws from the one on its left
 *
 * A stage is compiled once and opened, drawn from and closed as often as its chain is run: those within $lookup once
 * for each document. So opening takes no scratch memory, which would stay until the handler returns. */
#ifndef TENON_DOCUMENT_STAGE_H
#define TENON_DOCUMENT_STAGE_H

#include "pipeline.h"
#include "query/path.h"

/* What all stages of a request share. */
typedef struct tni_request {
  tn_ctx *ctx;
  const tni_doc_world *world;
  tn_value hint;
  tni_scope scope;                            /* the variables seen where compiling is */
  tn_value variables[TNI_EXPR_VARIABLES_MAX]; /* by slot */
  tni_pool memory;                            /* all pools of stages are within it */
  uint64_t ms_max;
  uint32_t stages, depth, facets; /* while compiling: stages so far, how deep, and within how many $facet */
} tni_request;

typedef struct tni_stage tni_stage;

typedef struct tni_stage_ops {
  tn_status (*open)(tni_stage *stage);                /* optional; its pools are empty then */
  tn_status (*next)(tni_stage *stage, tn_value *doc); /* NOT_FOUND at the end, after which it is not called */
  void (*close)(tni_stage *stage);                    /* optional: closes chains of its own */
} tni_stage_ops;

/* Families put it first into what they need to know more. */
struct tni_stage {
  const tni_stage_ops *ops;
  tni_request *request;
  tni_stage *from;   /* NULL: it draws from no other */
  const char *where; /* "pipeline.2.$group" */
  tni_pool out;      /* has the document that was handed out; free again when the next is asked for */
  tni_pool kept;     /* has what stays until it is closed */
  bool ended;
};

/* `size` zeroed bytes that begin with a stage. */
tn_status tni_stage_new(tni_request *request, size_t size, const tni_stage_ops *ops, const char *where,
                        tni_stage **out) TN_MUST_USE;
/* The next document of the one before it. NOT_FOUND; LIMIT: time is up. */
tn_status tni_stage_draw(tni_stage *stage, tn_value *doc) TN_MUST_USE;
/* For computing on `doc`; results lie in stage->out. */
static inline tni_eval tni_stage_eval(tni_stage *stage, tn_value doc) {
  return (tni_eval){stage->request->ctx, &stage->out, doc, stage->request->variables};
}
/* values[i] = the field names[i] of `spec`, absent where there is none; the first `required` must be there. INVALID
 * for others and for what is no object. */
tn_status tni_take_fields(tn_ctx *ctx, tn_value spec, const char *const *names, size_t count, size_t required,
                          const char *where, tn_value *values) TN_MUST_USE;
/* Has no '$' in front, no '.', and is not empty. */
bool tni_is_field_name(tn_slice name);
/* An empty builder of stage->out, which tni_pool_built() gets back. */
tn_status tni_stage_builder(tni_stage *stage, tn_builder **out) TN_MUST_USE;

/* *doc with `value` at a path, in stage->out; absent takes the field away. What is on the way and no object gives way
 * to one. */
tn_status tni_stage_put(tni_stage *stage, const tni_path *path, tn_value value, tn_value *doc) TN_MUST_USE;

/* ---- chains ----------------------------------------------------------------------------------- */

typedef struct tni_chain {
  tni_request *request;
  tni_stage **stages;
  uint32_t count;
} tni_chain;

/* Room for a source and the stages of `pipeline`, which is absent where there are none. INVALID: it is no array. */
tn_status tni_chain_begin(tni_request *request, tn_value pipeline, const char *where, tni_chain *out) TN_MUST_USE;
/* Adds a source that is to be filled in. */
tn_status tni_chain_source(tni_chain *chain, const char *where, tni_stage **stage, tni_doc_source **out) TN_MUST_USE;
/* Adds the stages of `pipeline` from number `from` on. */
tn_status tni_chain_compile(tni_chain *chain, tn_value pipeline, uint32_t from, const char *where) TN_MUST_USE;

/* Stages that draw from what `find` gives: all of `pipeline` but what becomes part of the find. */
tn_status tni_chain_of_find(tni_request *request, tni_doc_find find, tn_value pipeline, const char *where,
                            tni_chain *out) TN_MUST_USE;
/* Stages that draw from a source. */
tn_status tni_chain_of_source(tni_request *request, const tni_doc_source *source, tn_value pipeline,
                              const char *where, tni_chain *out) TN_MUST_USE;
tn_status tni_chain_open(tni_chain *chain) TN_MUST_USE;
tn_status tni_chain_next(tni_chain *chain, tn_value *doc) TN_MUST_USE;
void tni_chain_close(tni_chain *chain);

/* For compile functions. */
void tni_chain_add(tni_chain *chain, tni_stage *stage);
static inline tni_stage *tni_chain_last(const tni_chain *chain) { return chain->stages[chain->count - 1]; }

/* A kind of stage. Compiling it adds at most two to the chain. `where` is its own place,
 * "pipeline.0.$limit". */
typedef struct tni_stage_def {
  const char *name;
  tn_status (*compile)(tni_chain *chain, tn_value spec, const char *where);
  bool not_in_facet;
} tni_stage_def;

/* stage_table.c. INVALID: there is none of this name. */
tn_status tni_stage_find(tn_ctx *ctx, tn_slice name, const char *where, const tni_stage_def **out) TN_MUST_USE;

/* ---- lists of documents ----------------------------------------------------------------------- */

typedef struct tni_doc_item {
  struct tni_doc_item *next;
  tn_value doc;
} tni_doc_item;

/* Zeroed it is empty. */
typedef struct tni_doc_list {
  tni_doc_item *first, *last;
  uint64_t count;
  const tni_doc_item *at; /* the one that is next */
} tni_doc_list;

/* The value itself is not copied. */
tn_status tni_doc_list_add(tni_doc_list *list, tni_pool *pool, tn_value doc) TN_MUST_USE;
tn_status tni_doc_list_copy(tni_doc_list *list, tni_pool *pool, tn_value doc) TN_MUST_USE;
/* In the order they were added. */
tni_doc_source tni_doc_list_source(tni_doc_list *list);

/* ---- families --------------------------------------------------------------------------------- */

tn_status tni_compile_match(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_limit(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_skip(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_sort(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_sample(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_project(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_add_fields(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_unset(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_replace_root(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_replace_with(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_count(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_unwind(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_group(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_sort_by_count(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_bucket(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_bucket_auto(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_lookup(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_union_with(tni_chain *chain, tn_value spec, const char *where);
tn_status tni_compile_facet(tni_chain *chain, tn_value spec, const char *where);

#endif
