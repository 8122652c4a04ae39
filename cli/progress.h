/* progress.h - how far a long work is, on standard error: on a terminal a bar that is drawn again and again,
 * elsewhere a line every few seconds. */
#ifndef TENON_CLI_PROGRESS_H
#define TENON_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct progress {
  const char *command;
  uint64_t total; /* bytes; 0 = not known */
  bool terminal;
  bool drawn; /* the bar is on the screen */
  int64_t started_ms, shown_ms;
} progress;

progress progress_start(const char *command, uint64_t total_bytes);
/* May be called as often as one likes. */
void progress_show(progress *p, uint64_t records, uint64_t bytes);
/* Takes the bar off the screen: before other output, and at the end. */
void progress_clear(progress *p);

#endif
