/* signals.h - ending on SIGINT, SIGTERM, SIGHUP and SIGPIPE without leaving the engine open.
 *
 * The first signal is only noted: it interrupts what runs on the engine and wakes who waits for input, and the
 * program then closes the engine. A second one ends the program at once, which costs nothing that was answered;
 * within half a second, for some senders signal twice, it gives the program three seconds to end in order. */
#ifndef TENON_CLI_SIGNALS_H
#define TENON_CLI_SIGNALS_H

#include "tenon.h"

/* A signal the program was told to ignore stays ignored, SIGPIPE apart. False, with errno, when the system refuses.
 */
bool signals_catch(tn_engine *engine);
/* From now on it is this engine that is interrupted. */
void signals_use_engine(tn_engine *engine);
/* The engine is about to be closed: it is not interrupted any more. */
void signals_forget_engine(void);
/* The first signal caught; 0 = none. */
int signals_caught(void);
/* From now on SIGINT ends nothing: it interrupts what runs on the engine, each time, and is noted. signals_fd()
 * becomes readable. */
void signals_keep_interrupts(void);
/* A noted SIGINT; it stays until it is forgotten. */
bool signals_interrupted(void);
void signals_forget_interrupt(void);
/* Becomes readable when a signal is caught; not to be read. */
int signals_fd(void);

#endif
