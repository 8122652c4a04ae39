/* script.h - text in, text out: a file of lines to give to an engine and the answers it must give.
 *
 *   # a comment; so are blank lines
 *   > cart put apples 3                a line of the protocol (cli/line.h)
 *   {"ok":true,"result":1}             its answer; ... stands for any run of characters
 *   @config {"models": {...}}          composes another engine; before the first > line. Without it: a kv named cart
 *   @clock +5000                       moves the engine's clock, which stands still otherwise, by milliseconds
 *   @maintain                          tn_tick(), so that what is due is done
 *   @reopen                            closes and opens again, where the storage keeps anything
 *
 * The clock starts at 2026-01-01T00:00:00Z; records of one moment are a microsecond apart, so an entry of 1000 ms may
 * outlive @clock +1000 but not +1001. Beyond the answers a run demands that a line which is refused leaves
 * digest and seq as they were, that opening again restores both, and that tn_check() finds nothing at the end. */
#ifndef TENON_TESTS_SCRIPT_H
#define TENON_TESTS_SCRIPT_H

typedef enum script_mode {
  SCRIPT_IN_MEMORY,
  SCRIPT_REOPENED, /* on files, closed and opened again after each line: the answers must be the same */
} script_mode;

/* Runs a script; prints what differs, with file and line. Returns the number of differences. */
unsigned script_run(const char *path, script_mode mode);

#endif
