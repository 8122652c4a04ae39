/* types.h - names of the types that a constraint may ask of a property. */
#ifndef TENON_GRAPH_TYPES_H
#define TENON_GRAPH_TYPES_H

#include "query/query.h"

/* A name or an array of them, at least one, as TN_T_ bits. INVALID, with the nearest name. */
tn_status tni_graph_types_of(tn_ctx *ctx, tn_value given, const char *where, uint32_t *types) TN_MUST_USE;
/* Adds the array; int and double together are one "number". */
void tni_graph_types_add(tn_builder *out, uint32_t types);

#endif
