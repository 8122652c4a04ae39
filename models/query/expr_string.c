/* expr_string.c - strings, by bytes or by characters. Upper and lower case are those of ASCII's letters. */
#include "calendar.h"
#include "expr_families.h"
#include "number.h"
#include "text.h"

/* The string that argument i is; *null where it is null or missing. */
static tn_status string_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, tn_slice *out, bool *null) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = tni_is_nullish(value);
  if (*null || tn_as_string(value, out)) return TN_OK;
  return tni_expr_wrong(expr, eval, "strings", value);
}

/* The same where null is refused. */
static tn_status string_needed(const tni_expr *expr, tni_eval *eval, uint32_t i, tn_slice *out) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, i, &value));
  return tn_as_string(value, out) ? TN_OK : tni_expr_wrong(expr, eval, "a string", value);
}

static tn_status whole_needed(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *out) {
  return tni_expr_whole_arg(expr, eval, i, "whole numbers as positions", out);
}

static tn_status position_needed(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *out) {
  TRY(whole_needed(expr, eval, i, out));
  if (*out >= 0) return TN_OK;
  return tni_expr_fail(expr, eval, "%s takes positions from 0 on, got %lld", expr->op->name, (long long)*out);
}

/* What argument i says in letters: numbers and dates are written out, null and missing are "". `buffer` holds what
 * is not there already. */
typedef union written {
  char number[TNI_NUMBER_TEXT_MAX];
  char moment[TNI_MOMENT_TEXT_MAX];
} written;

static tn_status text_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, written *buffer, tn_slice *out) {
  tn_value value;
  tni_number number;
  int64_t us;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *out = (tn_slice){"", 0};
  if (tni_is_nullish(value) || tn_as_string(value, out)) return TN_OK;
  if (tn_as_timestamp(value, &us))
    *out = (tn_slice){buffer->moment, tni_moment_text(us, buffer->moment)};
  else if (tni_as_number(value, &number))
    *out = (tn_slice){buffer->number, tni_any_number_text(number, buffer->number)};
  else
    return tni_expr_wrong(expr, eval, "a string, a number or a date", value);
  return TN_OK;
}

/* ---- $concat ---------------------------------------------------------------------------------- */

static tn_status join(const tni_expr *expr, tni_eval *eval, tni_text *text, bool *null) {
  *null = false;
  for (uint32_t i = 0; i < expr->count && !*null; i++) {
    tn_slice part;
    TRY(string_arg(expr, eval, i, &part, null));
    if (!*null) tni_text_put(text, part);
  }
  tni_text_end(text);
  return TN_OK;
}

static tn_status concat(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  bool null;
  tni_text text = {NULL, 0};
  TRY(tni_expr_begin(eval, &text.builder));
  tn_status status = join(expr, eval, &text, &null);
  TRY(tni_expr_end(expr, eval, text.builder, status, out));
  if (null) *out = tni_null_value;
  return TN_OK;
}

/* ---- $indexOfBytes $indexOfCP ----------------------------------------------------------------- */

/* variant of these and of the substrings: */
enum { BY_BYTES, BY_BYTES_LENIENT, BY_CHARS };

static uint64_t length_of(const tni_expr *expr, tn_slice text) {
  return expr->op->variant == BY_CHARS ? tni_text_chars(text) : text.size;
}

static size_t offset_of(const tni_expr *expr, tn_slice text, uint64_t position) {
  if (expr->op->variant == BY_CHARS) return tni_text_bytes(text, position);
  return position < text.size ? (size_t)position : text.size;
}

static tn_status index_of(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_slice text, part;
  bool null;
  int64_t from = 0, to = INT64_MAX;
  TRY(string_arg(expr, eval, 0, &text, &null));
  if (null) return *out = tni_null_value, TN_OK;
  TRY(string_needed(expr, eval, 1, &part));
  if (expr->count > 2) TRY(position_needed(expr, eval, 2, &from));
  if (expr->count > 3) TRY(position_needed(expr, eval, 3, &to));
  if (to < from || (uint64_t)from > length_of(expr, text)) return tni_expr_int(eval, -1, out);
  size_t begin = offset_of(expr, text, (uint64_t)from);
  tn_slice within = tni_text_from(tni_text_upto(text, offset_of(expr, text, (uint64_t)to)), begin);
  size_t found = tni_text_find(within, part);
  if (found > within.size) return tni_expr_int(eval, -1, out);
  return tni_expr_int(eval, (int64_t)length_of(expr, tni_text_upto(text, begin + found)), out);
}

/* ---- $trim $ltrim $rtrim ---------------------------------------------------------------------- */

/* variant: */
enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

/* What MongoDB takes for white space. */
static const char white_space[] =
    "\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a";

static bool has_char(tn_slice chars, tn_slice wanted) {
  for (size_t at = 0; at < chars.size;) {
    tn_slice one = tni_text_first(tni_text_from(chars, at));
    if (tni_slice_same(one, wanted)) return true;
    at += one.size;
  }
  return false;
}

static tn_status trim_left(tni_eval *eval, tn_slice chars, tn_slice *text) {
  while (text->size > 0) {
    tn_slice one = tni_text_first(*text);
    TRY(tn_step(eval->ctx));
    if (!has_char(chars, one)) break;
    *text = tni_text_from(*text, one.size);
  }
  return TN_OK;
}

static tn_status trim_right(tni_eval *eval, tn_slice chars, tn_slice *text) {
  while (text->size > 0) {
    tn_slice one = tni_text_last(*text);
    TRY(tn_step(eval->ctx));
    if (!has_char(chars, one)) break;
    text->size -= one.size;
  }
  return TN_OK;
}

static tn_status trim(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_slice text = {NULL, 0}, chars = {white_space, sizeof white_space - 1};
  bool null, no_chars = false;
  TRY(string_arg(expr, eval, 0, &text, &null));
  if (tni_expr_has_arg(expr, 1)) TRY(string_arg(expr, eval, 1, &chars, &no_chars));
  if (null || no_chars) return *out = tni_null_value, TN_OK;
  if (expr->op->variant & TRIM_LEFT) TRY(trim_left(eval, chars, &text));
  if (expr->op->variant & TRIM_RIGHT) TRY(trim_right(eval, chars, &text));
  return tni_expr_text(eval, text, out);
}

/* ---- $split ----------------------------------------------------------------------------------- */

static void add_pieces(tn_slice text, tn_slice separator, tn_builder *builder) {
  tn_array_begin(builder);
  for (;;) {
    size_t found = tni_text_find(text, separator);
    if (found > text.size) break;
    tn_add(builder, tn_text(tni_text_upto(text, found)));
    text = tni_text_from(text, found + separator.size);
  }
  tn_add(builder, tn_text(text));
  tn_end(builder);
}

static tn_status split(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_slice text, separator;
  bool null, no_separator;
  tn_builder *builder;
  TRY(string_arg(expr, eval, 0, &text, &null));
  TRY(string_arg(expr, eval, 1, &separator, &no_separator));
  if (null || no_separator) return *out = tni_null_value, TN_OK;
  if (separator.size == 0) return tni_expr_fail(expr, eval, "$split takes a separator that is not empty");
  TRY(tni_expr_begin(eval, &builder));
  add_pieces(text, separator, builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

/* ---- $strLenBytes $strLenCP $strcasecmp ------------------------------------------------------- */

static tn_status length(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_slice text;
  TRY(string_needed(expr, eval, 0, &text));
  return tni_expr_int(eval, (int64_t)length_of(expr, text), out);
}

static int compare_upper(tn_slice a, tn_slice b) {
  const uint8_t *left = a.data, *right = b.data;
  size_t common = a.size < b.size ? a.size : b.size;
  for (size_t i = 0; i < common; i++) {
    uint8_t x = tni_upper(left[i]), y = tni_upper(right[i]);
    if (x != y) return x < y ? -1 : 1;
  }
  return (a.size > b.size) - (a.size < b.size);
}

static tn_status compare_ignoring_case(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  written buffers[2];
  tn_slice a, b;
  TRY(text_arg(expr, eval, 0, &buffers[0], &a));
  TRY(text_arg(expr, eval, 1, &buffers[1], &b));
  return tni_expr_int(eval, compare_upper(a, b), out);
}

/* ---- $substr $substrBytes $substrCP ----------------------------------------------------------- */

static bool cuts_char(tn_slice text, size_t at) {
  return at < text.size && !tni_begins_char(((const uint8_t *)text.data)[at]);
}

/* The oldest of them, $substr, knows no refusal of what is before the start. */
static tn_status substring(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  written buffer;
  tn_slice text;
  int64_t from, count;
  bool by_chars = expr->op->variant == BY_CHARS, lenient = expr->op->variant == BY_BYTES_LENIENT;
  TRY(text_arg(expr, eval, 0, &buffer, &text));
  TRY(lenient ? whole_needed(expr, eval, 1, &from) : position_needed(expr, eval, 1, &from));
  if (from < 0) return tni_expr_text(eval, (tn_slice){"", 0}, out);
  TRY(by_chars ? position_needed(expr, eval, 2, &count) : whole_needed(expr, eval, 2, &count));
  text = tni_text_from(text, offset_of(expr, text, (uint64_t)from));
  size_t size = count < 0 ? text.size : offset_of(expr, text, (uint64_t)count);
  if (cuts_char(text, 0) || cuts_char(text, size))
    return tni_expr_fail(expr, eval, "%s would cut a character in two", expr->op->name);
  return tni_expr_text(eval, tni_text_upto(text, size), out);
}

/* ---- $toLower $toUpper ------------------------------------------------------------------------ */

/* variant: */
enum { TO_LOWER, TO_UPPER };

static tn_status change_case(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  written buffer;
  tn_slice text;
  tni_text changed = {NULL, 0};
  bool up = expr->op->variant == TO_UPPER;
  TRY(text_arg(expr, eval, 0, &buffer, &text));
  TRY(tni_expr_begin(eval, &changed.builder));
  uint8_t *room = tni_text_room(&changed, text.size);
  for (size_t i = 0; room && i < text.size; i++) {
    uint8_t c = ((const uint8_t *)text.data)[i];
    room[i] = up ? tni_upper(c) : tni_lower(c);
  }
  tni_text_end(&changed);
  return tni_expr_end(expr, eval, changed.builder, TN_OK, out);
}

/* ---- $replaceOne $replaceAll ------------------------------------------------------------------ */

/* variant: */
enum { REPLACE_ONE, REPLACE_ALL };

/* An empty text is found before each character and at the end. */
static void put_replaced(tni_text *to, tn_slice text, tn_slice find, tn_slice replacement, bool all) {
  bool found = true;
  do {
    size_t at = tni_text_find(text, find);
    found = at <= text.size;
    if (!found) break;
    tni_text_put(to, tni_text_upto(text, at));
    tni_text_put(to, replacement);
    text = tni_text_from(text, at + find.size);
    if (find.size > 0 || !all) continue;
    if (text.size == 0) break;
    tn_slice one = tni_text_first(text);
    tni_text_put(to, one);
    text = tni_text_from(text, one.size);
  } while (all);
  tni_text_put(to, text);
}

static tn_status replace(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_slice texts[3];
  bool null[3];
  tni_text to = {NULL, 0};
  for (uint32_t i = 0; i < 3; i++) TRY(string_arg(expr, eval, i, &texts[i], &null[i]));
  if (null[0] || null[1] || null[2]) return *out = tni_null_value, TN_OK;
  TRY(tni_expr_begin(eval, &to.builder));
  put_replaced(&to, texts[0], texts[1], texts[2], expr->op->variant == REPLACE_ALL);
  tni_text_end(&to);
  return tni_expr_end(expr, eval, to.builder, TN_OK, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const trim_params[] = {"input", "chars", NULL};
static const char *const replace_params[] = {"input", "find", "replacement", NULL};

static const tni_expr_op ops[] = {
    {.name = "$concat", .min = 0, .max = TNI_ANY_COUNT, .eval = concat},
    {.name = "$indexOfBytes", .min = 2, .max = 4, .eval = index_of, .variant = BY_BYTES},
    {.name = "$indexOfCP", .min = 2, .max = 4, .eval = index_of, .variant = BY_CHARS},
    {.name = "$ltrim", .min = 1, .eval = trim, .params = trim_params, .variant = TRIM_LEFT},
    {.name = "$replaceAll", .min = 3, .eval = replace, .params = replace_params, .variant = REPLACE_ALL},
    {.name = "$replaceOne", .min = 3, .eval = replace, .params = replace_params, .variant = REPLACE_ONE},
    {.name = "$rtrim", .min = 1, .eval = trim, .params = trim_params, .variant = TRIM_RIGHT},
    {.name = "$split", .min = 2, .max = 2, .eval = split},
    {.name = "$strLenBytes", .min = 1, .max = 1, .eval = length, .variant = BY_BYTES},
    {.name = "$strLenCP", .min = 1, .max = 1, .eval = length, .variant = BY_CHARS},
    {.name = "$strcasecmp", .min = 2, .max = 2, .eval = compare_ignoring_case},
    {.name = "$substr", .min = 3, .max = 3, .eval = substring, .variant = BY_BYTES_LENIENT},
    {.name = "$substrBytes", .min = 3, .max = 3, .eval = substring, .variant = BY_BYTES},
    {.name = "$substrCP", .min = 3, .max = 3, .eval = substring, .variant = BY_CHARS},
    {.name = "$toLower", .min = 1, .max = 1, .eval = change_case, .variant = TO_LOWER},
    {.name = "$toUpper", .min = 1, .max = 1, .eval = change_case, .variant = TO_UPPER},
    {.name = "$trim", .min = 1, .eval = trim, .params = trim_params, .variant = TRIM_LEFT | TRIM_RIGHT},
};
const tni_expr_family tni_expr_string = {ops, TNI_LENGTH(ops)};
