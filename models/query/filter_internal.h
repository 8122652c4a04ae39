/* filter_internal.h - what a compiled filter is made of. For the files filter_*.c alone.
 *
 *   {"a": {"$gt": 1, "$lt": 9}, "$or": [{"b": 2}, {"c": 3}]}
 *
 *   all of ---- field "a" ---- all of ---- $gt 1            nodes are asked about documents,
 *           |                          `-- $lt 9            tests about values
 *           `-- any of ---- field "b" ---- $eq 2
 *                       `-- field "c" ---- $eq 3
 *
 * A family of operators is a file: it has the compile functions that filter_table.c names, and its tests. */
#ifndef TENON_QUERY_FILTER_INTERNAL_H
#define TENON_QUERY_FILTER_INTERNAL_H

#include "filter.h"
#include "number.h"

/* One document being matched. */
typedef struct tni_match {
  tn_ctx *ctx;
  tni_eval *eval;   /* for $expr */
  tni_hit *hit;     /* NULL while nobody wants to know */
  tn_status status; /* the first failure; answers mean nothing after it */
} tni_match;

/* ---- tests: of values ------------------------------------------------------------------------- */

typedef enum tni_test_form {
  TNI_TEST_EACH,  /* holds for an array when it holds for one of its items or for itself */
  TNI_TEST_WHOLE, /* an array is not taken apart */
  TNI_TEST_ALL,   /* all of `tests` hold, each for itself */
  TNI_TEST_NOT    /* tests[0] does not hold */
} tni_test_form;

#define TNI_NO_TERM (-1)

/* Families put it first into what they need to know more. */
typedef struct tni_test {
  /* Of one value, which may be absent; an array as it is. Sets match->status when it fails. */
  bool (*holds)(const struct tni_test *test, tni_match *match, tn_value value);
  tni_test_form form;
  int term;         /* a tni_term_kind, or TNI_NO_TERM */
  bool term_exact;  /* the term says all that the test does */
  tn_value operand; /* the term's */
  const struct tni_test **tests;
  uint32_t count;
  const struct tni_element *element; /* $elemMatch's: what an item must fulfil; NULL */
} tni_test;

typedef struct tni_element {
  const struct tni_node *node; /* of items that are documents; or */
  const tni_test *test;        /* of any; the other one is NULL */
} tni_element;

/* Does the test hold for what is at the end of a path, where arrays are taken apart? */
bool tni_test_at_end(const tni_test *test, tni_match *match, tn_value value);

/* ---- nodes: of documents ---------------------------------------------------------------------- */

typedef enum tni_node_kind {
  TNI_NODE_FIELD, /* `test` holds for what `path` reaches */
  TNI_NODE_ALL,   /* these three: of `nodes` */
  TNI_NODE_ANY,
  TNI_NODE_NONE,
  TNI_NODE_EXPR /* `expr` is true */
} tni_node_kind;

typedef struct tni_node {
  tni_node_kind kind;
  tni_path path;
  const tni_test *test;
  const struct tni_node **nodes;
  uint32_t count;
  const tni_expr *expr;
} tni_node;

bool tni_node_holds(const tni_node *node, tni_match *match, tn_value doc);

struct tni_filter {
  tn_ctx *ctx;
  const tni_node *node; /* NULL: of values, by `test` */
  const tni_test *test;
  tni_eval *eval; /* of a scope of its own; NULL: others bring it */
  bool is_volatile;
};

/* ---- compiling -------------------------------------------------------------------------------- */

typedef struct tni_compiler {
  tn_ctx *ctx;
  tni_scope *scope;
  bool in_element; /* what is compiled is about items of arrays */
  bool is_volatile;
} tni_compiler;

/* One operator of a request: {"$regex": "^a", "$options": "i"} */
typedef struct tni_operator {
  const struct tni_filter_op *op;
  tn_value operand;
  tn_value all;       /* the object it stands in, */
  const char *within; /* and where that is */
  const char *where;
} tni_operator;

/* Operators on fields. `variant` tells those of a function from each other. *out NULL: there is nothing to test. */
typedef struct tni_filter_op {
  const char *name;
  tn_status (*compile)(tni_compiler *c, const tni_operator *given, const tni_test **out);
  int variant;
} tni_filter_op;

/* Operators in the place of a field. *out NULL: there is nothing to ask. */
typedef struct tni_filter_joint {
  const char *name;
  tn_status (*compile)(tni_compiler *c, const struct tni_filter_joint *joint, tn_value operand, const char *where,
                       const tni_node **out);
  int variant;
} tni_filter_joint;

/* filter_table.c. INVALID: there is none of this name. */
tn_status tni_filter_op_find(tn_ctx *ctx, tn_slice name, const char *where, const tni_filter_op **out) TN_MUST_USE;
tn_status tni_filter_joint_find(tn_ctx *ctx, tn_slice name, const char *where,
                                const tni_filter_joint **out) TN_MUST_USE;
bool tni_is_filter_joint(tn_slice name);

/* filter_compile.c. A filter on documents; the operators of an object, of which there is at least one. */
tn_status tni_compile_filter(tni_compiler *c, tn_value filter, const char *where, const tni_node **out) TN_MUST_USE;
tn_status tni_compile_tests(tni_compiler *c, tn_value operators, const char *where, const tni_test **out) TN_MUST_USE;
/* True of an object whose first name is an operator. */
bool tni_has_operators(tn_value value);
/* {"$gt": 1} is; {"a": 1} and {"$or": [...]} are about documents. */
bool tni_is_about_values(tn_value operand);
/* "where.i" only for an error. */
tn_status tni_fail_item(tn_ctx *ctx, const char *where, uint32_t i, const char *text);

/* `size` zeroed bytes that begin with a tni_test which is no term. NULL: no memory. */
void *tni_new_test(tn_ctx *ctx, size_t size, bool (*holds)(const tni_test *, tni_match *, tn_value));

/* The families. */
typedef enum tni_bits_variant {
  TNI_BITS_ALL_SET,
  TNI_BITS_ALL_CLEAR,
  TNI_BITS_ANY_SET,
  TNI_BITS_ANY_CLEAR
} tni_bits_variant;
tn_status tni_compile_compare(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_ne(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_in(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_nin(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_not(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_all(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_elem_match(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_size(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_mod(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_bits(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_exists(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_type(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_regex(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_options(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_expr(tni_compiler *c, const tni_filter_joint *joint, tn_value operand, const char *where,
                           const tni_node **out);
/* $comment: for people alone. */
tn_status tni_compile_no_test(tni_compiler *c, const tni_operator *given, const tni_test **out);
tn_status tni_compile_no_node(tni_compiler *c, const tni_filter_joint *joint, tn_value operand, const char *where,
                              const tni_node **out);
bool tni_expr_holds(const tni_node *node, tni_match *match, tn_value doc);
tn_status tni_compile_joint(tni_compiler *c, const tni_filter_joint *joint, tn_value operand, const char *where,
                            const tni_node **out);

/* What others are made of: equality with `operand`; all of; not. */
tn_status tni_test_equal(tn_ctx *ctx, tn_value operand, tni_test **out) TN_MUST_USE;
tn_status tni_test_all(tn_ctx *ctx, const tni_test **tests, uint32_t count, const tni_test **out) TN_MUST_USE;
tn_status tni_test_not(tn_ctx *ctx, const tni_test *test, const tni_test **out) TN_MUST_USE;

#endif
