/* workbench.h - a folder of its own for each test of the command-line program, and short ways to run the program in
 * it. The program is $TENON_PROGRAM, else build/asan/tenon. */
#ifndef TENON_TEST_WORKBENCH_H
#define TENON_TEST_WORKBENCH_H

#include <stdint.h>

#include "support/process.h"
#include "tenon.h"

#define WORKBENCH_ARGS_MAX 24

/* A fresh folder with config.json in it: models "shop" and "meta", both kv, data in the folder "data". */
typedef struct workbench {
  char folder[64];
  char config[80];
  char data[80];
} workbench;

/* For cmocka. */
int workbench_find_program(void **state); /* fails, saying so, when there is no program */
int workbench_setup(void **state);
int workbench_teardown(void **state); /* removes the folder */

/* Writes a file of the folder; returns its path, good until the next call. */
const char *workbench_write(const workbench *w, const char *name, const char *text);

const char *tenon_program(void);
/* Runs the program with `input` (text) and the words that follow; the last one is NULL. */
outcome run_tenon(const char *input, ...);
process start_tenon(const char *word, ...);

/* Assert how the program ended, and forget the outcome. All print both outputs when it ended otherwise. */
void expect_code(outcome o, int code);
/* It printed `out`, and nothing on standard error. */
void expect(outcome o, int code, const char *out);
/* It printed something that holds `part`. */
void expect_part(outcome o, int code, const char *part);
/* It printed nothing but one line on standard error that holds `part`. */
void expect_refusal(outcome o, int code, const char *part);

/* How often `part` stands in `text`. */
size_t count_of(const char *text, const char *part);

/* What `tenon info --json` says at `path` of its object. */
int64_t info_int(const workbench *w, const char *path);
/* The digest of the state; `out` has 33 bytes. */
void info_digest(const workbench *w, char *out);

/* The path of the only file in the data folder whose path holds `part`; `out` has 256 bytes. */
void find_data_file(const workbench *w, const char *part, char *out);
/* A number made of every file of the data folder: names, sizes, contents. */
uint64_t sum_of_data(const workbench *w);

#endif
