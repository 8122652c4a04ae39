#include "records.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "signals.h"

#define READ_SIZE ((size_t)256 << 10)
#define NO_BYTE (-1) /* the file has ended, or reading failed */

enum { AT_START = 0, BETWEEN, AT_END };

/* ---- bytes ---------------------------------------------------------------------------------- */

static bool make_room(records *r) {
  if (r->capacity - r->end >= READ_SIZE) return true;
  if (r->start > 0) {
    memmove(r->data, r->data + r->start, r->end - r->start);
    r->end -= r->start;
    r->start = 0;
  }
  if (r->capacity - r->end >= READ_SIZE) return true;
  size_t capacity = r->capacity * 2 + 2 * READ_SIZE;
  char *data = (char *)realloc(r->data, capacity);
  if (!data) return false;
  r->data = data;
  r->capacity = capacity;
  return true;
}

static tn_status read_more(records *r) {
  struct pollfd sources[2] = {{r->fd, POLLIN, 0}, {signals_fd(), POLLIN, 0}};
  if (r->end - r->start > RECORD_SIZE_MAX) return TN_LIMIT;
  if (!make_room(r)) return TN_NOMEM;
  for (;;) {
    if (poll(sources, 2, -1) < 0 && errno != EINTR) return TN_IO;
    if (signals_caught() != 0) return TN_INTERRUPTED;
    ssize_t got = read(r->fd, r->data + r->end, READ_SIZE);
    if (got < 0 && errno != EINTR && errno != EAGAIN) return TN_IO;
    if (got < 0) continue;
    r->ended = got == 0;
    r->end += (size_t)got;
    return TN_OK;
  }
}

/* The byte `i` from where we stand. */
static int byte_at(records *r, size_t i) {
  while (r->end - r->start <= i) {
    if (r->ended || r->failed != TN_OK) return NO_BYTE;
    r->failed = read_more(r);
  }
  return (unsigned char)r->data[r->start + i];
}

static void consume(records *r, size_t size) {
  const char *from = r->data + r->start, *end = from + size, *at = from;
  for (; size > 0 && (at = (const char *)memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
    r->next_line++;
    r->line_start = r->consumed + (uint64_t)(at + 1 - from);
  }
  r->start += size;
  r->consumed += size;
}

static void skip_space(records *r) {
  for (int c; (c = byte_at(r, 0)) == ' ' || c == '\t' || c == '\n' || c == '\r';) consume(r, 1);
}

static tn_status reading_failed(records *r, tn_error *error) {
  switch (r->failed) {
    case TN_LIMIT:
      r->broken = true;
      return tn_error_set(error, TN_LIMIT, NULL, "a record may have %zu bytes, this one is longer", RECORD_SIZE_MAX);
    case TN_IO: return tn_error_set(error, TN_IO, NULL, "reading the records failed: %s", strerror(errno));
    case TN_INTERRUPTED: return tn_error_set(error, TN_INTERRUPTED, NULL, "stopped by a signal");
    default: return tn_error_set(error, r->failed, NULL, "%s", tn_status_text(r->failed));
  }
}

static tn_status refuse(records *r, bool broken, tn_error *error, const char *why) {
  r->broken = broken;
  return tn_error_set(error, TN_INVALID, NULL, "%s", why);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* A fault at a byte of the record becomes one at a line of the file, and a byte of that line. */
static void locate(records *r, tn_error *error) {
  unsigned long long offset;
  const char *from = r->data + r->start, *at = from;
  if (sscanf(error->where, "byte %llu", &offset) != 1) return;
  uint64_t byte = r->consumed - r->line_start + offset;
  for (; (at = (const char *)memchr(at, '\n', (size_t)(from + offset - at))) != NULL; at++) {
    r->line++;
    byte = (uint64_t)(from + offset - at) - 1;
  }
  snprintf(error->where, sizeof error->where, "byte %llu", (unsigned long long)byte);
}

/* The next `size` bytes are one value. */
static tn_status take_json(records *r, size_t size, tn_value *record, tn_error *error) {
  tn_status status = tn_decode("json", (tn_slice){r->data + r->start, size}, &r->value, NULL, error);
  if (status != TN_OK) locate(r, error);
  consume(r, size);
  if (status == TN_OK) *record = tn_built(&r->value);
  return status;
}

static tn_status next_line(records *r, tn_value *record, tn_error *error) {
  size_t size = 0;
  skip_space(r);
  r->line = r->next_line;
  for (int c; (c = byte_at(r, size)) != '\n' && c != NO_BYTE;) size++;
  if (r->failed != TN_OK) return reading_failed(r, error);
  return size == 0 ? TN_NOT_FOUND : take_json(r, size, record, error);
}

/* Where an item of the array ends: at a comma or the bracket that no bracket or string holds. *end is that byte. */
static size_t item_size(records *r, int *end) {
  size_t size = 0, depth = 0;
  bool string = false;
  for (int c; (c = byte_at(r, size)) != NO_BYTE; size++) {
    if (string) {
      if (c == '\\')
        size++;
      else if (c == '"')
        string = false;
    } else if (c == '"') {
      string = true;
    } else if (c == '[' || c == '{') {
      depth++;
    } else if (depth == 0 && (c == ',' || c == ']')) {
      return *end = c, size;
    } else if ((c == ']' || c == '}') && depth > 0) {
      depth--;
    }
  }
  *end = NO_BYTE;
  return size;
}

static tn_status open_array(records *r, tn_error *error) {
  skip_space(r);
  r->line = r->next_line;
  if (byte_at(r, 0) != '[')
    return r->failed != TN_OK ? reading_failed(r, error) : refuse(r, true, error, "expected an array: [");
  consume(r, 1);
  skip_space(r);
  r->state = BETWEEN;
  if (byte_at(r, 0) != ']') return TN_OK;
  consume(r, 1);
  r->state = AT_END;
  return TN_OK;
}

static tn_status after_array(records *r, tn_error *error) {
  skip_space(r);
  r->line = r->next_line;
  if (byte_at(r, 0) != NO_BYTE) return refuse(r, true, error, "something follows the array");
  return r->failed != TN_OK ? reading_failed(r, error) : TN_NOT_FOUND;
}

static tn_status next_item(records *r, tn_value *record, tn_error *error) {
  int end = 0;
  tn_status status = r->state == AT_START ? open_array(r, error) : TN_OK;
  if (status != TN_OK) return status;
  if (r->state == AT_END) return after_array(r, error);
  skip_space(r);
  r->line = r->next_line;
  size_t size = item_size(r, &end);
  if (r->failed != TN_OK) return reading_failed(r, error);
  if (end == NO_BYTE) return refuse(r, true, error, "the array is not closed");
  status = take_json(r, size, record, error);
  consume(r, 1);
  if (end == ']') r->state = AT_END;
  return status;
}

/* ---- CSV ------------------------------------------------------------------------------------ */

static bool add_to_field(records *r, int c) {
  if (r->field_size == r->field_capacity) {
    size_t capacity = r->field_capacity * 2 + 256;
    char *field = (char *)realloc(r->field, capacity);
    if (!field) return r->failed = TN_NOMEM, false;
    r->field = field;
    r->field_capacity = capacity;
  }
  r->field[r->field_size++] = (char)c;
  return true;
}

/* How many bytes end a row at `i`: a line feed, or CR and line feed; 0 = none. The end of the file ends one, too. */
static size_t row_end(records *r, size_t i) {
  int c = byte_at(r, i);
  if (c == '\n') return 1;
  return c == '\r' && byte_at(r, i + 1) == '\n' ? 2 : 0;
}

static bool at_field_end(records *r, size_t i) {
  int c = byte_at(r, i);
  return c == ',' || c == NO_BYTE || row_end(r, i) > 0;
}

/* Reads a field at *i into r->field and moves *i behind it. NULL, or what is wrong. */
static const char *read_field(records *r, size_t *i, bool *quoted) {
  r->field_size = 0;
  *quoted = byte_at(r, *i) == '"';
  if (!*quoted) {
    for (; !at_field_end(r, *i); ++*i) {
      if (byte_at(r, *i) == '"') return "a quote within a field that does not begin with one";
      if (byte_at(r, *i) == '\r') return "a carriage return outside quotes that no line feed follows";
      if (!add_to_field(r, byte_at(r, *i))) return "out of memory";
    }
    return NULL;
  }
  for (++*i;; ++*i) {
    int c = byte_at(r, *i);
    if (c == NO_BYTE) return r->broken = true, "a quote is not closed";
    if (c == '"' && byte_at(r, ++*i) != '"') break;
    if (!add_to_field(r, c)) return "out of memory";
  }
  return at_field_end(r, *i) ? NULL : "something follows a closing quote";
}

static bool is_typed(records *r, tn_builder *scratch) {
  if (r->field_size == 0 || !strchr("-0123456789tfn", r->field[0])) return false;
  tn_slice text = {r->field, r->field_size};
  bool space = strchr(" \t\r\n", r->field[r->field_size - 1]) != NULL;
  return !space && tn_decode("json", text, scratch, NULL, NULL) == TN_OK;
}

static void add_field(records *r, bool quoted, tn_builder *row) {
  tn_builder scratch = TN_BUILDER_INIT;
  if (r->typed && !quoted && row == &r->value && is_typed(r, &scratch))
    tn_add(row, tn_built(&scratch));
  else
    tn_add(row, tn_text((tn_slice){r->field_size > 0 ? r->field : "", r->field_size}));
  tn_builder_free(&scratch);
}

static void pass_line(records *r, size_t from) {
  size_t size = from;
  for (int c; (c = byte_at(r, size)) != '\n' && c != NO_BYTE;) size++;
  consume(r, size + (byte_at(r, size) == '\n'));
}

/* Reads the fields of a row into `row`, an open array, or an open object that gets the header's names. */
static tn_status read_row(records *r, tn_builder *row, tn_error *error) {
  tn_value names = tn_built(&r->header);
  uint32_t count = 0;
  size_t i = 0;
  for (bool more = true; more; count++) {
    bool quoted;
    const char *wrong = read_field(r, &i, &quoted);
    if (r->failed != TN_OK) return reading_failed(r, error);
    if (wrong) {
      pass_line(r, i);
      return refuse(r, r->broken, error, wrong);
    }
    tn_slice name;
    bool named = row == &r->value && tn_as_string(tn_item(names, count), &name);
    if (named) tn_name_slice(row, name);
    if (named || row == &r->header) add_field(r, quoted, row);
    more = byte_at(r, i) == ',';
    if (more) i++;
  }
  consume(r, i + row_end(r, i));
  if (row == &r->header || count == tn_count(names)) return TN_OK;
  return tn_error_set(error, TN_INVALID, NULL, "the header has %u field%s, this row has %u",
                      (unsigned)tn_count(names), tn_count(names) == 1 ? "" : "s", (unsigned)count);
}

static tn_status finish_row(tn_builder *row, tn_error *error) {
  tn_end(row);
  tn_status status = tn_builder_status(row);
  if (status == TN_OK) return TN_OK;
  return tn_error_set(error, status, NULL,
                      status == TN_INVALID ? "a field is not UTF-8" : "the row does not fit into a value");
}

static void pass_blank_lines(records *r) {
  for (size_t size; (size = row_end(r, 0)) > 0;) consume(r, size);
}

static tn_status check_names(tn_value names, tn_builder *scratch, tn_error *error) {
  tn_builder_clear(scratch);
  tn_object_begin(scratch);
  for (tn_iter it = tn_iter_of(names); tn_iter_next(&it);) {
    tn_slice name = {"", 0};
    (void)tn_as_string(it.value, &name);
    tn_name_slice(scratch, name);
    tn_add(scratch, TN_ARG_NULL);
  }
  tn_end(scratch);
  if (tn_builder_status(scratch) == TN_OK) return TN_OK;
  return tn_error_set(error, TN_INVALID, NULL, "the header names a field twice");
}

static tn_status read_header(records *r, tn_error *error) {
  if (byte_at(r, 0) == 0xef && byte_at(r, 1) == 0xbb && byte_at(r, 2) == 0xbf) consume(r, 3); /* a byte order mark */
  pass_blank_lines(r);
  r->line = r->next_line;
  if (byte_at(r, 0) == NO_BYTE)
    return r->failed != TN_OK ? reading_failed(r, error) : refuse(r, true, error, "there is no header");
  tn_builder_clear(&r->header);
  tn_array_begin(&r->header);
  tn_status status = read_row(r, &r->header, error);
  if (status == TN_OK) status = finish_row(&r->header, error);
  if (status == TN_OK) status = check_names(tn_built(&r->header), &r->value, error);
  r->broken = status != TN_OK;
  r->state = BETWEEN;
  return status;
}

static tn_status next_row(records *r, tn_value *record, tn_error *error) {
  tn_status status = r->state == AT_START ? read_header(r, error) : TN_OK;
  if (status != TN_OK) return status;
  pass_blank_lines(r);
  r->line = r->next_line;
  if (byte_at(r, 0) == NO_BYTE) return r->failed != TN_OK ? reading_failed(r, error) : TN_NOT_FOUND;
  tn_builder_clear(&r->value);
  tn_object_begin(&r->value);
  status = read_row(r, &r->value, error);
  if (status == TN_OK) status = finish_row(&r->value, error);
  if (status == TN_OK) *record = tn_built(&r->value);
  return status;
}

/* ---- any ------------------------------------------------------------------------------------ */

tn_status records_next(records *r, tn_value *record, tn_error *error) {
  if (r->broken) return TN_NOT_FOUND;
  switch (r->format) {
    case RECORDS_JSONL: return next_line(r, record, error);
    case RECORDS_JSON: return next_item(r, record, error);
    case RECORDS_CSV: break;
  }
  return next_row(r, record, error);
}

void records_free(records *r) {
  free(r->data);
  free(r->field);
  tn_builder_free(&r->value);
  tn_builder_free(&r->header);
}

bool records_format_of(const char *name, records_format *out) {
  static const char *const names[] = {"jsonl", "json", "csv"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0) return *out = (records_format)i, true;
  return false;
}
