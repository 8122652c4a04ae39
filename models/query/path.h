/* path.h - dotted paths, "items.0.qty", and what they reach in a document, as MongoDB reads them: a step is the name
 * of a field; in an array it is the number of an item, and it goes on into each item that is an object. Not for
 * expressions ($a.b), whose paths give arrays of what the items hold: expr_field.c. */
#ifndef TENON_QUERY_PATH_H
#define TENON_QUERY_PATH_H

#include "query.h"

#define TNI_PATH_STEPS_MAX TN_DEPTH_MAX

typedef struct tni_step {
  tn_slice name;
  uint32_t index;   /* the number the name is, TNI_NO_INDEX when it is none ("01" is none) */
  uint8_t tag;      /* what the name begins with in a document; 0: it is not a short one */
  uint32_t *likely; /* which field of an object had the name last: documents resemble each other */
} tni_step;
#define TNI_NO_INDEX UINT32_MAX

typedef struct tni_path {
  tn_slice text; /* borrowed from the request */
  const tni_step *steps;
  uint32_t count; /* at least 1 */
} tni_path;

/* The step that a name is. */
tni_step tni_step_named(tn_slice name, uint32_t *likely);
/* INVALID: empty, an empty step, a step that begins with '$' (positional ones are the callers' to cut off first);
 * LIMIT: more than TNI_PATH_STEPS_MAX steps. A path is one thread's. */
tn_status tni_path_parse(tn_ctx *ctx, tn_slice text, const char *where, tni_path *out) TN_MUST_USE;

/* "a.b" and "c" make "a.b.c", in scratch memory. */
tn_status tni_path_join(tn_ctx *ctx, const tni_path *first, const tni_path *second, tni_path *out) TN_MUST_USE;

/* The field of an object that the step names; absent where there is none or `object` is no object. */
tn_value tni_step_field(const tni_step *step, tn_value object);
/* The same of an object that was taken apart already: for who asks one for many fields. */
/* Which field that is; TNI_NO_INDEX when there is none. */
uint32_t tni_step_place(const tni_step *step, const tn_container *object);
tn_value tni_step_field_of(const tni_step *step, const tn_container *object);

/* Calls `each` with every value the path reaches, in order. An array at the end is handed over item by item
 * (`in_array` true) when `expand`, and then as it is (`in_array` false); one that a number in the path chose is not
 * taken apart. Absent where a branch leads nowhere; in an array on the way only objects, and what a number chose, are
 * branches. `array_index` is the number of the item of the first array on the way that the path does not number,
 * TNI_NO_INDEX without one. Stops at the first status but TN_OK; TN_NOT_FOUND from `each` means "enough" and makes
 * the whole TN_OK. */
typedef tn_status (*tni_path_fn)(void *arg, tn_value value, bool in_array, uint32_t array_index);
tn_status tni_path_each(const tni_path *path, tn_value doc, bool expand, tni_path_fn each, void *arg) TN_MUST_USE;

/* Without arrays on the way: the value, absent where it leads nowhere or *through_array was set because there is one.
 */
tn_value tni_path_plain(const tni_path *path, tn_value doc, bool *through_array);

/* True when one path is the other or leads through it. */
bool tni_path_overlaps(const tni_path *a, const tni_path *b);

#endif
