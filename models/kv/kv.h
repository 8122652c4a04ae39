/* kv.h - the key-value model: keys are scalars or arrays, values are anything, entries may expire. */
#ifndef TENON_MODEL_KV_H
#define TENON_MODEL_KV_H

#include "tenon_plugin.h"

extern const tn_model tni_model_kv;

#endif
