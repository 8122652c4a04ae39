/* described.h - what tn_describe() answers, looked up. Calls only tenon.h. */
#ifndef TENON_CLI_DESCRIBED_H
#define TENON_CLI_DESCRIBED_H

#include "tenon.h"

/* A field of an object; "" and false where there is none. */
tn_slice described_text(tn_value object, const char *field);
bool described_flag(tn_value object, const char *field);

/* The operation of that name; absent where the model or the operation is not there. `models` is tn_describe()'s. */
tn_value described_op(tn_value models, tn_slice model, tn_slice op);

#endif
