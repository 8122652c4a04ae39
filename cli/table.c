#include "table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "pretty.h"
#include "text.h"

#define GAP 2
#define PIECE_SIZE ((size_t)4096)
#define CELL_COLUMNS_MIN 8 /* a table whose columns would be narrower becomes blocks */

/* ---- looks ---------------------------------------------------------------------------------- */

const char *table_look_on(const table_style *style, table_look look) {
  static const char *const on[] = {
      [LOOK_PLAIN] = "",        [LOOK_NAME] = "\033[36m", [LOOK_STRING] = "\033[32m", [LOOK_NUMBER] = "\033[33m",
      [LOOK_WORD] = "\033[35m", [LOOK_FAINT] = "\033[2m", [LOOK_ERROR] = "\033[1;31m"};
  return style->colour ? on[look] : "";
}

const char *table_look_off(const table_style *style, table_look look) {
  return style->colour && look != LOOK_PLAIN ? "\033[0m" : "";
}

/* ---- long texts ------------------------------------------------------------------------------ */

static bool is_stopped(const table_style *style) { return style->stopped && style->stopped(); }

/* In pieces, so that it can be stopped in between. */
static void print_long(FILE *to, const table_style *style, tn_slice text, void (*print)(FILE *to, tn_slice text)) {
  while (text.size > 0 && !is_stopped(style)) {
    const char *from = (const char *)text.data;
    size_t size = text.size < PIECE_SIZE ? text.size : PIECE_SIZE;
    while (size < text.size && size > PIECE_SIZE - 4 && (from[size] & 0xc0) == 0x80) size--; /* whole characters */
    print(to, (tn_slice){from, size});
    text = (tn_slice){from + size, text.size - size};
  }
}

/* ---- cells ---------------------------------------------------------------------------------- */

/* A value as text. */
typedef struct cell {
  tn_slice text;
  tn_slice encoded; /* to be freed; holds `text` unless that is a string's own */
  table_look look;
  bool is_number;
} cell;

/* {"$date":"2026-01-01T00:00:00Z"} and {"$numberDouble":"NaN"} without what is around them. */
static tn_slice unwrapped(tn_slice json) {
  const char *from = (const char *)json.data, *end = from + json.size;
  if (json.size < 4 || memcmp(from, "{\"$", 3) != 0 || memcmp(end - 2, "\"}", 2) != 0) return json;
  from = (const char *)memchr(from, ':', json.size);
  if (!from || from[1] != '"') return json;
  return (tn_slice){from + 2, (size_t)(end - 2 - (from + 2))};
}

static tn_status cell_make(tn_value value, cell *out, tn_error *error) {
  tn_type type = tn_value_type(value);
  *out = (cell){{"", 0}, {NULL, 0}, LOOK_PLAIN, type == TN_INT || type == TN_DOUBLE};
  if (type == TN_ABSENT || tn_as_string(value, &out->text)) return TN_OK;
  tn_status status = tn_encode("json", value, &out->encoded, error);
  if (status != TN_OK) return status;
  bool is_wrapped = type == TN_TIMESTAMP || type == TN_DOUBLE;
  out->text = is_wrapped ? unwrapped(out->encoded) : out->encoded;
  bool is_scalar = type != TN_ARRAY && type != TN_OBJECT;
  if (is_scalar) out->look = is_wrapped ? LOOK_NUMBER : pretty_look(*(const char *)out->text.data);
  return TN_OK;
}

static void cell_free(cell *c) {
  if (c->encoded.data) tn_text_free(c->encoded);
}

static void put_spaces(FILE *to, size_t count) { fprintf(to, "%*s", (int)count, ""); }

/* `width` 0 = whole, and no padding. */
static void print_cell(FILE *to, const table_style *style, const cell *c, size_t width, bool to_the_right,
                       bool is_last) {
  size_t columns = width > 0 ? text_columns(c->text, width) : 0;
  size_t room = columns < width ? width - columns : 0;
  if (to_the_right) put_spaces(to, room);
  fputs(table_look_on(style, c->look), to);
  if (width > 0)
    (void)text_print_cut(to, c->text, width);
  else
    text_print(to, c->text);
  fputs(table_look_off(style, c->look), to);
  if (!to_the_right && !is_last) put_spaces(to, room);
}

/* ---- fields of rows ------------------------------------------------------------------------- */

typedef struct field {
  tn_slice name;
  size_t width;
  bool is_numeric; /* all there is in it are numbers or null */
} field;

typedef struct fields {
  field at[TABLE_FIELDS_MAX];
  size_t count;
} fields;

static bool same_text(tn_slice a, tn_slice b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

/* The field of that name, added where it is new; NULL when there are too many. `guess` is where it most likely is. */
static field *find_field(fields *all, tn_slice name, size_t guess) {
  if (guess < all->count && same_text(all->at[guess].name, name)) return &all->at[guess];
  for (size_t i = 0; i < all->count; i++)
    if (same_text(all->at[i].name, name)) return &all->at[i];
  if (all->count == TABLE_FIELDS_MAX) return NULL;
  all->at[all->count] = (field){name, text_columns(name, SIZE_MAX), true};
  return &all->at[all->count++];
}

static bool add_row_fields(fields *all, tn_value row) {
  size_t guess = 0;
  for (tn_iter it = tn_iter_of(row); tn_iter_next(&it); guess++)
    if (!find_field(all, it.name, guess)) return false;
  return true;
}

/* False when `rows` is no array of objects, or one with too many different fields. */
static bool find_fields(fields *all, tn_value rows) {
  all->count = 0;
  if (tn_value_type(rows) != TN_ARRAY || tn_count(rows) == 0) return false;
  for (tn_iter it = tn_iter_of(rows); tn_iter_next(&it);)
    if (tn_value_type(it.value) != TN_OBJECT || !add_row_fields(all, it.value)) return false;
  return all->count > 0;
}

static tn_status measure_row(fields *all, const table_style *style, tn_value row, tn_error *error) {
  size_t guess = 0;
  for (tn_iter it = tn_iter_of(row); tn_iter_next(&it); guess++) {
    field *f = find_field(all, it.name, guess);
    cell c;
    tn_status status = cell_make(it.value, &c, error);
    if (status != TN_OK) return status;
    size_t columns = text_columns(c.text, style->columns > 0 ? style->columns : SIZE_MAX);
    if (columns > f->width) f->width = columns;
    if (!c.is_number && !tn_is_null(it.value)) f->is_numeric = false;
    cell_free(&c);
  }
  return TN_OK;
}

static tn_status measure(fields *all, const table_style *style, tn_value rows, tn_error *error) {
  for (tn_iter it = tn_iter_of(rows); tn_iter_next(&it) && !is_stopped(style);) {
    tn_status status = measure_row(all, style, it.value, error);
    if (status != TN_OK) return status;
  }
  return TN_OK;
}

static size_t width_at(const fields *all, size_t cap) {
  size_t width = GAP * (all->count - 1);
  for (size_t i = 0; i < all->count; i++) width += all->at[i].width < cap ? all->at[i].width : cap;
  return width;
}

/* Narrows the widest columns until the table fits. False when it cannot. */
static bool narrow(fields *all, size_t columns) {
  if (columns == 0) return true;
  size_t cap = columns;
  while (cap > CELL_COLUMNS_MIN && width_at(all, cap) > columns) cap--;
  if (width_at(all, cap) > columns) return false;
  for (size_t i = 0; i < all->count; i++)
    if (all->at[i].width > cap) all->at[i].width = cap;
  return true;
}

/* ---- tables --------------------------------------------------------------------------------- */

static void print_header(FILE *to, const table_style *style, const fields *all) {
  for (size_t i = 0; i < all->count; i++) {
    const field *f = &all->at[i];
    cell name = {f->name, {NULL, 0}, LOOK_NAME, false};
    if (i > 0) put_spaces(to, GAP);
    print_cell(to, style, &name, f->width > 0 ? f->width : 1, f->is_numeric, i + 1 == all->count);
  }
  fprintf(to, "\n%s", table_look_on(style, LOOK_FAINT));
  for (size_t i = 0; i < all->count; i++) {
    if (i > 0) put_spaces(to, GAP);
    for (size_t k = 0; k < all->at[i].width; k++) fputc('-', to);
  }
  fprintf(to, "%s\n", table_look_off(style, LOOK_FAINT));
}

static tn_status print_row(FILE *to, const table_style *style, const fields *all, tn_value row, tn_error *error) {
  for (size_t i = 0; i < all->count; i++) {
    const field *f = &all->at[i];
    cell c;
    tn_status status = cell_make(tn_field_slice(row, f->name), &c, error);
    if (status != TN_OK) return status;
    if (i > 0) put_spaces(to, GAP);
    print_cell(to, style, &c, f->width > 0 ? f->width : 1, f->is_numeric, i + 1 == all->count);
    cell_free(&c);
  }
  fputc('\n', to);
  return TN_OK;
}

/* A row as a block of lines. */
static tn_status print_block(FILE *to, const table_style *style, const fields *all, tn_value row, uint32_t number,
                             tn_error *error) {
  size_t widest = 0;
  for (size_t i = 0; i < all->count; i++) {
    size_t columns = text_columns(all->at[i].name, SIZE_MAX);
    if (columns > widest) widest = columns;
  }
  fprintf(to, "%s-- %u%s\n", table_look_on(style, LOOK_FAINT), number, table_look_off(style, LOOK_FAINT));
  for (tn_iter it = tn_iter_of(row); tn_iter_next(&it);) {
    cell c, name = {it.name, {NULL, 0}, LOOK_NAME, false};
    tn_status status = cell_make(it.value, &c, error);
    if (status != TN_OK) return status;
    print_cell(to, style, &name, widest, false, false);
    put_spaces(to, GAP);
    size_t left = style->columns > widest + GAP + CELL_COLUMNS_MIN ? style->columns - widest - GAP : CELL_COLUMNS_MIN;
    print_cell(to, style, &c, left, false, true);
    fputc('\n', to);
    cell_free(&c);
  }
  return TN_OK;
}

static void print_row_count(FILE *to, const table_style *style, uint32_t count) {
  fprintf(to, "%s(%u row%s)%s\n", table_look_on(style, LOOK_FAINT), count, count == 1 ? "" : "s",
          table_look_off(style, LOOK_FAINT));
}

static tn_status print_rows(FILE *to, const table_style *style, fields *all, tn_value rows, tn_error *error) {
  tn_status status = measure(all, style, rows, error);
  bool in_columns = status == TN_OK && narrow(all, style->columns);
  if (in_columns) print_header(to, style, all);
  for (tn_iter it = tn_iter_of(rows); status == TN_OK && tn_iter_next(&it);) {
    if (is_stopped(style)) return TN_OK;
    status = in_columns ? print_row(to, style, all, it.value, error)
                        : print_block(to, style, all, it.value, it.next, error);
  }
  if (status == TN_OK) print_row_count(to, style, tn_count(rows));
  return status;
}

/* ---- single values -------------------------------------------------------------------------- */

static tn_status print_scalar(FILE *to, const table_style *style, tn_value value, tn_error *error) {
  cell c;
  tn_status status = cell_make(value, &c, error);
  if (status != TN_OK) return status;
  fputs(table_look_on(style, c.look), to);
  print_long(to, style, c.text, text_print_lines);
  fprintf(to, "%s\n", table_look_off(style, c.look));
  cell_free(&c);
  return TN_OK;
}

/* On one line, or laid out. */
static tn_status print_json(FILE *to, const table_style *style, tn_value value, bool is_pretty, tn_error *error) {
  tn_slice text;
  tn_status status = tn_encode("json", value, &text, error);
  if (status != TN_OK) return status;
  if (is_pretty)
    pretty_print(to, style, text);
  else
    print_long(to, style, text, text_print);
  fputc('\n', to);
  tn_text_free(text);
  return TN_OK;
}

/* ---- CSV ------------------------------------------------------------------------------------ */

static bool needs_quotes(tn_slice text) {
  const char *at = (const char *)text.data;
  if (text.size == 0 || at[0] == ' ' || at[text.size - 1] == ' ') return true;
  for (size_t i = 0; i < text.size; i++)
    if (strchr("\",\r\n", at[i]) && at[i] != '\0') return true;
  return false;
}

static void put_csv_text(FILE *to, const table_style *style, tn_slice text) {
  if (!needs_quotes(text)) {
    print_long(to, style, text, text_print_lines);
    return;
  }
  const char *from = (const char *)text.data, *end = from + text.size, *quote;
  fputc('"', to);
  while (from < end && (quote = (const char *)memchr(from, '"', (size_t)(end - from))) != NULL) {
    print_long(to, style, (tn_slice){from, (size_t)(quote - from)}, text_print_lines);
    fputs("\"\"", to);
    from = quote + 1;
  }
  print_long(to, style, (tn_slice){from, (size_t)(end - from)}, text_print_lines);
  fputc('"', to);
}

static tn_status put_csv_value(FILE *to, const table_style *style, tn_value value, tn_error *error) {
  cell c;
  if (tn_is_absent(value) || tn_is_null(value)) return TN_OK;
  tn_status status = cell_make(value, &c, error);
  if (status != TN_OK) return status;
  put_csv_text(to, style, c.text);
  cell_free(&c);
  return TN_OK;
}

static tn_status put_csv_row(FILE *to, const table_style *style, const fields *all, tn_value row, tn_error *error) {
  tn_status status = TN_OK;
  for (size_t i = 0; i < all->count && status == TN_OK; i++) {
    if (i > 0) fputc(',', to);
    status = put_csv_value(to, style, tn_field_slice(row, all->at[i].name), error);
  }
  fputc('\n', to);
  return status;
}

static void put_csv_header(FILE *to, const table_style *style, const fields *all) {
  for (size_t i = 0; i < all->count; i++) {
    if (i > 0) fputc(',', to);
    put_csv_text(to, style, all->at[i].name);
  }
  fputc('\n', to);
}

static tn_status put_csv_items(FILE *to, const table_style *style, tn_value items, tn_error *error) {
  tn_status status = TN_OK;
  fputs("value\n", to);
  if (tn_value_type(items) != TN_ARRAY) status = put_csv_value(to, style, items, error);
  for (tn_iter it = tn_iter_of(items); status == TN_OK && !is_stopped(style) && tn_iter_next(&it);) {
    status = put_csv_value(to, style, it.value, error);
    fputc('\n', to);
  }
  if (tn_value_type(items) != TN_ARRAY) fputc('\n', to);
  return status;
}

static tn_status print_csv(FILE *to, const table_style *style, tn_value value, tn_error *error) {
  fields all = {.count = 0};
  tn_status status = TN_OK;
  bool is_row = tn_value_type(value) == TN_OBJECT && tn_count(value) > 0 && add_row_fields(&all, value);
  if (!is_row && !find_fields(&all, value)) return put_csv_items(to, style, value, error);
  put_csv_header(to, style, &all);
  if (is_row) return put_csv_row(to, style, &all, value, error);
  for (tn_iter it = tn_iter_of(value); status == TN_OK && !is_stopped(style) && tn_iter_next(&it);)
    status = put_csv_row(to, style, &all, it.value, error);
  return status;
}

/* ---- printing ------------------------------------------------------------------------------- */

tn_status table_print(FILE *to, const table_style *style, tn_value value, tn_error *error) {
  fields all;
  tn_type type = tn_value_type(value);
  if (type == TN_ABSENT) return table_print(to, style, (tn_value){(const uint8_t[]){TN_TAG_NULL}, 1}, error);
  if (style->mode == TABLE_MODE_JSON) return print_json(to, style, value, false, error);
  if (style->mode == TABLE_MODE_CSV) return print_csv(to, style, value, error);
  if (type == TN_ARRAY || type == TN_OBJECT)
    return find_fields(&all, value) ? print_rows(to, style, &all, value, error)
                                    : print_json(to, style, value, true, error);
  return print_scalar(to, style, value, error);
}

void table_print_error(FILE *to, const table_style *style, const tn_error *error, const char *before) {
  if (style->mode == TABLE_MODE_JSON && line_print_error(to, error, NULL) == TN_OK) return;
  const char *text = error->text[0] != '\0' ? error->text : tn_status_text(error->status);
  if (before) fprintf(to, "%s: ", before);
  fprintf(to, "%s%s%s: ", table_look_on(style, LOOK_ERROR), tn_status_name(error->status),
          table_look_off(style, LOOK_ERROR));
  text_print(to, (tn_slice){text, strlen(text)});
  if (error->where[0] != '\0') {
    fprintf(to, "%s (", table_look_on(style, LOOK_FAINT));
    text_print(to, (tn_slice){error->where, strlen(error->where)});
    fprintf(to, ")%s", table_look_off(style, LOOK_FAINT));
  }
  fputc('\n', to);
}
