/* bare_model.h - a model over a state of the test's own, without engine, journal and storage: so that a test may
 * damage its maps, or take memory from it. */
#ifndef TENON_TESTS_BARE_MODEL_H
#define TENON_TESTS_BARE_MODEL_H

#include "core/exec.h"
#include "tenon_plugin.h"

#define BARE_MAPS_MAX 8

typedef struct bare_model {
  tni_state *state;
  tni_instance instance;
  tni_env env;
  tn_builder args, result;
  tn_error error;
} bare_model;

/* `memory` is what handlers get; the maps have enough. False when there is none. */
bool bare_model_init(bare_model *m, const tn_model *model, const tn_memory *memory);
void bare_model_fini(bare_model *m);

/* Clears the builder and builds what the JSON says. */
tn_value bare_parse(tn_builder *b, const char *json);
/* Runs an op as a record of its own; what a failing one did stays. */
tn_status bare_run(bare_model *m, const char *op, const char *args);
/* Rows of the model's check, handed to `take`. */
tn_status bare_check(bare_model *m, tni_sink sink);

#endif
