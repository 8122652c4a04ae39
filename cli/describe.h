/* describe.h - what tn_describe() answers, looked up and shown: operations and their parameters. */
#ifndef TENON_CLI_DESCRIBE_H
#define TENON_CLI_DESCRIBE_H

#include <stdio.h>

#include "tenon.h"

/* A field of an object; "" and false where there is none. */
tn_slice described_text(tn_value object, const char *field);
bool described_flag(tn_value object, const char *field);

/* The operation of that name; absent where the model or the operation is not there. `models` is tn_describe()'s. */
tn_value described_op(tn_value models, tn_slice model, tn_slice op);

/* put {key, value, if_version?} */
void describe_signature(FILE *to, tn_value op);
/* Its signature, what it does, and each parameter; parameter `marked` gets a >, none when negative. Lines are broken
 * to fit `columns`; 0 = never. */
void describe_op(FILE *to, tn_value op, int marked, size_t columns);

#endif
