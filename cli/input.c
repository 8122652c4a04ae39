#include "input.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "signals.h"

#define READ_SIZE ((size_t)64 << 10)

/* ---- room ----------------------------------------------------------------------------------- */

static bool grow(input *in) {
  size_t capacity = in->capacity == 0 ? 4 * READ_SIZE : in->capacity * 2;
  char *data = (char *)realloc(in->data, capacity);
  if (!data) return false;
  in->data = data;
  in->capacity = capacity;
  return true;
}

static bool make_room(input *in) {
  if (in->capacity - in->end >= READ_SIZE) return true;
  if (in->start > 0) {
    memmove(in->data, in->data + in->start, in->end - in->start);
    in->end -= in->start;
    in->scanned -= in->start;
    in->start = 0;
  }
  return in->capacity - in->end >= READ_SIZE || grow(in);
}

static void drop_all(input *in) { in->start = in->scanned = in->end = 0; }

/* ---- lines out ------------------------------------------------------------------------------ */

static input_status hand_out(input *in, size_t size, tn_slice *line) {
  bool too_long = in->skipping || size > INPUT_LINE_MAX;
  in->skipping = false;
  in->line_number++;
  if (too_long) return INPUT_TOO_LONG;
  *line = (tn_slice){in->data + in->start, size};
  return INPUT_LINE;
}

/* INPUT_NOT_YET when what has been read holds no whole line. */
static input_status take_line(input *in, tn_slice *line) {
  const char *feed = in->end > in->scanned ? memchr(in->data + in->scanned, '\n', in->end - in->scanned) : NULL;
  if (feed) {
    size_t size = (size_t)(feed - (in->data + in->start));
    input_status status = hand_out(in, size, line);
    in->start += size + 1;
    in->scanned = in->start;
    return status;
  }
  in->scanned = in->end;
  if (in->end - in->start > INPUT_LINE_MAX) in->skipping = true;
  if (in->skipping) drop_all(in);
  return INPUT_NOT_YET;
}

static input_status take_rest(input *in, tn_slice *line) {
  size_t size = in->end - in->start;
  if (size == 0 && !in->skipping) return INPUT_END;
  input_status status = hand_out(in, size, line);
  in->start = in->scanned = in->end;
  return status;
}

/* ---- bytes in ------------------------------------------------------------------------------- */

/* INPUT_LINE: there is something to read. */
static input_status wait_for_input(const input *in, int wait_ms) {
  struct pollfd sources[2] = {{in->fd, POLLIN, 0}, {signals_fd(), POLLIN, 0}};
  int ready = poll(sources, 2, wait_ms);
  if (signals_caught() != 0) return INPUT_STOPPED;
  if (ready < 0) return errno == EINTR ? INPUT_NOT_YET : INPUT_FAILED;
  return ready == 0 ? INPUT_NOT_YET : INPUT_LINE;
}

static input_status read_more(input *in, int wait_ms) {
  input_status status = wait_for_input(in, wait_ms);
  if (status != INPUT_LINE) return status;
  if (!make_room(in)) return INPUT_FAILED;
  ssize_t got = read(in->fd, in->data + in->end, in->capacity - in->end);
  if (got < 0) return errno == EINTR || errno == EAGAIN ? INPUT_NOT_YET : INPUT_FAILED;
  in->ended = got == 0;
  in->end += (size_t)got;
  return INPUT_LINE;
}

input_status input_next(input *in, int wait_ms, tn_slice *line) {
  if (in->start == in->end) drop_all(in);
  for (;;) {
    input_status status = take_line(in, line);
    if (status != INPUT_NOT_YET) return status;
    if (in->ended) return take_rest(in, line);
    status = read_more(in, wait_ms);
    if (status != INPUT_LINE && !(status == INPUT_NOT_YET && wait_ms < 0)) return status;
  }
}

void input_free(input *in) {
  free(in->data);
  *in = (input)INPUT_INIT(in->fd);
}
