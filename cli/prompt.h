/* prompt.h - `tenon run CONFIG` at a terminal: lines are typed and answered, for people. */
#ifndef TENON_CLI_PROMPT_H
#define TENON_CLI_PROMPT_H

#include "tenon.h"

/* False: the program was built without a line editor. */
bool prompt_is_built(void);

/* Reads lines from the terminal until Ctrl-D, .quit or a signal. `config` is shown as the engine's name. Signals have
 * been caught. Returns the exit code. */
int prompt_run(tn_engine *engine, const char *config);

#endif
