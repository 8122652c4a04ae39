/* projection_internal.h - what a compiled projection is made of: a tree of names. For projection*.c alone. */
#ifndef TENON_QUERY_PROJECTION_INTERNAL_H
#define TENON_QUERY_PROJECTION_INTERNAL_H

#include "projection.h"

typedef enum tni_field_kind {
  TNI_FIELD_INNER, /* there are names below it */
  TNI_FIELD_INCLUDE,
  TNI_FIELD_EXCLUDE,
  TNI_FIELD_COMPUTE,
  TNI_FIELD_SLICE,
  TNI_FIELD_ELEMENT /* $elemMatch */
} tni_field_kind;

typedef struct tni_field {
  tni_field_kind kind;
  tni_step step;
  const char *where;        /* in the request: of the first path through it */
  struct tni_field *fields; /* below it, in the request's order */
  struct tni_field *last;
  struct tni_field *next; /* beside it */
  const tni_expr *expr;
  const tni_filter *filter; /* {"name": {"$elemMatch": ...}} */
  int64_t skip, limit;      /* of $slice; a negative skip counts from the end */
  bool computes;            /* it or a field below it is computed */
  bool positional;          /* the way to "items.$" */
} tni_field;

typedef enum tni_projection_mode {
  TNI_MODE_OPEN, /* not known yet */
  TNI_MODE_INCLUDE,
  TNI_MODE_EXCLUDE,
  TNI_MODE_ADD
} tni_projection_mode;

struct tni_projection {
  tni_projection_mode mode;
  tni_field root;     /* inner */
  tni_field *first;   /* a computed _id; NULL */
  bool is_everything; /* nothing changes */
};

#endif
