/* every_op.h - one request for each built-in model in which each of its ops stands at least once, all of them
 * going well: tests/crash/every_op/MODEL.json. */
#ifndef TENON_TESTS_EVERY_OP_H
#define TENON_TESTS_EVERY_OP_H

#include "tenon.h"

/* The config's models that the requests are for. */
#ifdef TN_WITH_PCRE2
#define EVERY_OP_MODELS \
  "{\"cart\": {\"type\": \"kv\"}, \"shop\": {\"type\": \"document\"}, \"net\": {\"type\": \"graph\"}}"
#else
#define EVERY_OP_MODELS "{\"cart\": {\"type\": \"kv\"}}"
#endif

/* The request of `model`, as {"batch": [...]}. It lies in `out`. */
tn_value every_op_of(const char *model, tn_builder *out);

#endif
