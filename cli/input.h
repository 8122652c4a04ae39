/* input.h - lines from a file descriptor, of any length up to INPUT_LINE_MAX, without waiting unless asked to. */
#ifndef TENON_CLI_INPUT_H
#define TENON_CLI_INPUT_H

#include "tenon.h"

#define INPUT_LINE_MAX ((size_t)64 << 20) /* bytes of a line, the line feed not counted */

typedef enum input_status {
  INPUT_LINE,
  INPUT_TOO_LONG, /* a line beyond INPUT_LINE_MAX was skipped */
  INPUT_NOT_YET,  /* wait_ms have passed and no whole line is there */
  INPUT_END,
  INPUT_STOPPED, /* a signal was caught */
  INPUT_FAILED   /* errno tells why */
} input_status;

/* data[start, end) has been read and not handed out; data[start, scanned) holds no line feed. */
typedef struct input {
  int fd;
  char *data;
  size_t capacity, start, scanned, end;
  uint64_t line_number; /* of the line handed out last, from 1 */
  bool skipping;        /* the line being read is too long; its bytes are dropped */
  bool ended;
} input;

#define INPUT_INIT(fd) \
  { (fd), NULL, 0, 0, 0, 0, 0, false, false }

/* The next line without its line feed; the last one need not have one. It lives until the next call. Waits for input
 * wait_ms at most, forever when negative. */
input_status input_next(input *in, int wait_ms, tn_slice *line);
void input_free(input *in);

#endif
