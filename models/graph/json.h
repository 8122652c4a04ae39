/* json.h - a value as JSON text (docs/FORMAT.md, "JSON"), for forms that have strings and nothing for what is in
 * arrays and objects. Timestamps are always written as milliseconds since 1970, which is read as well as their text.
 */
#ifndef TENON_GRAPH_JSON_H
#define TENON_GRAPH_JSON_H

#include "text.h"

/* Appends it. NOMEM. */
tn_status tni_graph_json_add(tni_graph_text *text, tn_value value) TN_MUST_USE;
/* Appends bytes as base64. NOMEM. */
tn_status tni_graph_base64_add(tni_graph_text *text, tn_slice bytes) TN_MUST_USE;

#endif
