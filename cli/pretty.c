#include "pretty.h"

#include <stdint.h>
#include <string.h>

#include "text.h"

#define INDENT 2

typedef struct printer {
  FILE *to;
  const table_style *style;
  const char *at, *end;
} printer;

table_look pretty_look(char first) {
  if (first == '"') return LOOK_STRING;
  if (first == 'n') return LOOK_FAINT;
  return first == 't' || first == 'f' ? LOOK_WORD : LOOK_NUMBER;
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool opens(char c) { return c == '[' || c == '{'; }
static bool closes(char c) { return c == ']' || c == '}'; }

/* The scalar or name at `at`. */
static tn_slice token(const printer *p) {
  const char *end = p->at + 1;
  if (*p->at == '"') {
    for (; *end != '"'; end++) end += *end == '\\';
    end++;
  } else {
    while (end < p->end && *end != ',' && !closes(*end)) end++;
  }
  return (tn_slice){p->at, (size_t)(end - p->at)};
}

/* Whether the container at `at` takes no more than `room` columns on one line: every comma and colon outside of
 * strings has a space behind it. */
static bool fits(printer p, size_t room) {
  size_t depth = 0, columns = 0;
  do {
    char c = *p.at;
    if (opens(c) || closes(c) || c == ',' || c == ':') {
      columns += opens(c) || closes(c) ? 1 : 2;
      depth += opens(c);
      depth -= closes(c);
      p.at++;
    } else {
      tn_slice t = token(&p);
      columns += text_columns(t, room);
      p.at += t.size;
    }
    if (columns > room) return false;
  } while (depth > 0);
  return true;
}

/* ---- printing ------------------------------------------------------------------------------- */

static void print_value(printer *p, size_t indent, size_t column);

static void print_string(printer *p, tn_slice t, size_t room) {
  if (p->style->columns == 0 || text_columns(t, room) <= room) {
    text_print(p->to, t);
    return;
  }
  tn_slice open_end = {t.data, t.size - 1};
  (void)text_print_cut(p->to, open_end, room > 4 ? room - 1 : 3);
  fputc('"', p->to);
}

static void print_scalar(printer *p, table_look look, size_t column) {
  tn_slice t = token(p);
  size_t width = p->style->columns;
  p->at += t.size;
  fputs(table_look_on(p->style, look), p->to);
  if (*(const char *)t.data == '"')
    print_string(p, t, width > column + 1 ? width - column - 1 : 0);
  else
    text_print(p->to, t);
  fputs(table_look_off(p->style, look), p->to);
}

/* Returns how many columns it took. */
static size_t print_name(printer *p) {
  size_t columns = text_columns(token(p), SIZE_MAX);
  print_scalar(p, LOOK_NAME, 0);
  fputs(": ", p->to);
  p->at++;
  return columns + 2;
}

/* The container at `at` on one line. */
static void print_inline(printer *p) {
  bool is_object = *p->at == '{';
  fputc(*p->at++, p->to);
  while (!closes(*p->at)) {
    if (is_object) (void)print_name(p);
    if (opens(*p->at))
      print_inline(p);
    else
      print_scalar(p, pretty_look(*p->at), 0);
    if (*p->at != ',') continue;
    fputs(", ", p->to);
    p->at++;
  }
  fputc(*p->at++, p->to);
}

static void new_line(printer *p, size_t indent) { fprintf(p->to, "\n%*s", (int)indent, ""); }

static bool is_stopped(const printer *p) { return p->style->stopped && p->style->stopped(); }

static void print_items(printer *p, size_t indent) {
  bool is_object = *p->at == '{';
  fputc(*p->at++, p->to);
  while (!closes(*p->at) && !is_stopped(p)) {
    new_line(p, indent + INDENT);
    size_t name = is_object ? print_name(p) : 0;
    print_value(p, indent + INDENT, indent + INDENT + name);
    if (*p->at != ',') continue;
    fputc(',', p->to);
    p->at++;
  }
  if (is_stopped(p)) return;
  new_line(p, indent);
  fputc(*p->at++, p->to);
}

static void print_value(printer *p, size_t indent, size_t column) {
  size_t width = p->style->columns;
  if (!opens(*p->at))
    print_scalar(p, pretty_look(*p->at), column);
  else if (width == 0 || fits(*p, width > column ? width - column : 0) || closes(p->at[1]))
    print_inline(p);
  else
    print_items(p, indent);
}

void pretty_print(FILE *to, const table_style *style, tn_slice json) {
  printer p = {to, style, (const char *)json.data, (const char *)json.data + json.size};
  if (json.size > 0) print_value(&p, 0, 0);
}
