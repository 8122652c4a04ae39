/* describe.h - what tn_describe() answers, shown: operations and their parameters. */
#ifndef TENON_CLI_DESCRIBE_H
#define TENON_CLI_DESCRIBE_H

#include <stdio.h>

#include "described.h"

/* put {key, value, if_version?} */
void describe_signature(FILE *to, tn_value op);
/* Its signature, what it does, and each parameter; parameter `marked` gets a >, none when negative. Lines are broken
 * to fit `columns`; 0 = never. */
void describe_op(FILE *to, tn_value op, int marked, size_t columns);

#endif
