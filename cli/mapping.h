/* mapping.h - what of a file's record becomes which argument of an operation: --map and --set of import. Knows no
 * engine.
 *
 *   --map PARAM=FIELD   the argument is the record's field; "." is the whole record
 *   --set PARAM=VALUE   the argument is VALUE, JSON or a word, for each record
 *
 * PARAM may be PARAM.NAME, a field of an argument that is an object. */
#ifndef TENON_CLI_MAPPING_H
#define TENON_CLI_MAPPING_H

#include "tenon.h"

#define MAPPINGS_MAX 64

typedef struct mapping {
  const char *param; /* borrowed from what was typed */
  size_t param_size; /* of all of it */
  size_t head_size;  /* without .NAME */
  const char *field; /* NULL with --set */
  tn_builder constant;
} mapping;

/* Zeroed it is empty. */
typedef struct mappings {
  mapping items[MAPPINGS_MAX];
  unsigned count;
  bool mapped; /* --map was given: only what is mapped is handed over */
} mappings;

/* `option` is "--map" or "--set". INVALID, LIMIT. */
tn_status mappings_add(mappings *m, const char *option, const char *text, tn_error *error) TN_MUST_USE;
/* The parameter that mapping i fills, or fills a field of. */
tn_slice mappings_param(const mappings *m, unsigned i);
void mappings_free(mappings *m);

/* What the operation is called with: the record itself, or what is built in `args`. A field that is not there is an
 * argument that is not given. INVALID, LIMIT. */
tn_status mappings_args(const mappings *m, tn_value record, tn_builder *args, tn_value *out,
                        tn_error *error) TN_MUST_USE;

#endif
