/* edit.h - a document while it is being changed: a tree that is opened along the paths that changes take and written
 * out once. What no path led to is copied as the bytes it was. Knows nothing of operators.
 *
 *   {"a": {"x": 1, "y": [7, 8]}, "b": "..."}        after a.x and a.y.1 were set:
 *
 *   root, opened --- a, opened --- x: the new value
 *                               \- y, opened --- 1: the new value          b, and item 0 of y: in the bytes */
#ifndef TENON_DOCUMENT_EDIT_H
#define TENON_DOCUMENT_EDIT_H

#include "query/path.h"
#include "query/pool.h"

#define TNI_DOC_EDIT_PADDING_MAX 1500000 /* nulls that one item may put between the end of its array and itself */

typedef enum tni_doc_edit_state {
  TNI_DOC_EDIT_MISSING, /* not there: written only when it, or something in it, is set; then an object */
  TNI_DOC_EDIT_VALUE,   /* a whole value, as it was or as it was set */
  TNI_DOC_EDIT_OPEN     /* `value` with what is in `first` put in */
} tni_doc_edit_state;

typedef struct tni_doc_edit_node {
  struct tni_doc_edit_node *parent; /* NULL for the root */
  struct tni_doc_edit_node *next;   /* sibling with a higher index */
  struct tni_doc_edit_node *first, *last;
  tn_slice name;            /* in an object */
  uint32_t index;           /* place in the parent; a new field's is behind all that were there */
  uint32_t count;           /* of places, new ones too, when it is open or missing */
  tni_doc_edit_state state; /* children only when it is not VALUE */
  bool is_array;
  tn_value value; /* absent for what was not there */
} tni_doc_edit_node;

#define TNI_DOC_EDIT_PATCHES_MAX 4

/* A scalar in the place of another of its size. */
typedef struct tni_doc_edit_patch {
  size_t at; /* in the document's bytes */
  tn_value value;
} tni_doc_edit_patch;

typedef struct tni_doc_edit {
  tni_pool *pool;
  tn_value doc;
  tni_doc_edit_node root;
  bool touched;  /* something was set or removed */
  bool reshaped; /* and the patches are not all of it */
  uint32_t patch_count;
  tni_doc_edit_patch patches[TNI_DOC_EDIT_PATCHES_MAX];
} tni_doc_edit;

/* `doc`, an object, and all that is set must live until the edit is written; nodes lie in the pool. */
void tni_doc_edit_begin(tni_doc_edit *edit, tni_pool *pool, tn_value doc);

/* The node one step below: of a missing one too, which stays missing until something below it is set. *out is NULL
 * where there can be none: below a scalar, and in an array for a step that is no number. NOMEM, LIMIT. */
tn_status tni_doc_edit_step(tni_doc_edit *edit, tni_doc_edit_node *node, const tni_step *step,
                            tni_doc_edit_node **out) TN_MUST_USE;
/* The field that is there, without making a place for one that is not: NULL then, and when `node` is no object. */
tn_status tni_doc_edit_find(tni_doc_edit *edit, tni_doc_edit_node *node, const tni_step *step,
                            tni_doc_edit_node **out) TN_MUST_USE;
/* Item `index` of a node that is an array. */
tn_status tni_doc_edit_item(tni_doc_edit *edit, tni_doc_edit_node *node, uint32_t index,
                            tni_doc_edit_node **out) TN_MUST_USE;

/* The value of a node that was not opened; absent for a missing one. */
tn_value tni_doc_edit_value(const tni_doc_edit_node *node);
tn_type tni_doc_edit_type(const tni_doc_edit_node *node); /* TN_ABSENT for a missing one */

/* Missing nodes on the way become objects, missing items before it null. `where` is for errors. LIMIT: more than
 * TNI_DOC_EDIT_PADDING_MAX of them. */
tn_status tni_doc_edit_set(tni_doc_edit *edit, tni_doc_edit_node *node, tn_value value,
                           const char *where) TN_MUST_USE;
/* An item of an array becomes null, what is missing stays so. Not for the root. */
void tni_doc_edit_remove(tni_doc_edit *edit, tni_doc_edit_node *node);

/* "a.0.b" in scratch memory, for errors. */
const char *tni_doc_edit_path(const tni_doc_edit *edit, const tni_doc_edit_node *node);

/* The document as it is now, in the pool; the one it began with when nothing was touched. LIMIT: too deep, too large;
 * NOMEM. */
tn_status tni_doc_edit_write(const tni_doc_edit *edit, const char *where, tn_value *out) TN_MUST_USE;

#endif
