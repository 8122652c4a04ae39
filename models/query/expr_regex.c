/* expr_regex.c - $regexFind $regexFindAll $regexMatch. A pattern that is constant is compiled with the request. */
#include "expr_families.h"
#include "regex.h"
#include "text.h"

enum { INPUT, REGEX, OPTIONS };

typedef struct compiled {
  tni_regex *regex; /* NULL: it is compiled at each evaluation */
} compiled;

/* ---- compiling -------------------------------------------------------------------------------- */

/* The constant string that an argument is; false for none. What was not given is "". */
static bool constant_text(const tni_expr *arg, tn_slice *out) {
  tn_value value;
  *out = (tn_slice){"", 0};
  return !arg || (tni_expr_is_constant(arg, &value) && tn_as_string(value, out));
}

static tn_status compile_regex(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  tn_slice pattern, options;
  compiled *c = tn_scratch(ctx, sizeof *c);
  if (!c) return tni_no_memory(ctx);
  *c = (compiled){NULL};
  expr->extra = c;
  TRY(tni_expr_compile_named(ctx, scope, spec, expr));
  if (!constant_text(expr->args[REGEX], &pattern) || !constant_text(expr->args[OPTIONS], &options)) return TN_OK;
  return tni_regex_compile(ctx, NULL, pattern, options, expr->where, &c->regex);
}

static tn_status string_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, const char *what, tn_slice *out,
                            bool *null) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = tni_is_nullish(value);
  *out = (tn_slice){"", 0};
  return *null || tn_as_string(value, out) ? TN_OK : tni_expr_wrong(expr, eval, what, value);
}

/* *regex NULL: input or pattern are null or missing. */
static tn_status regex_and_text(const tni_expr *expr, tni_eval *eval, tni_regex **regex, tn_slice *text) {
  const compiled *c = expr->extra;
  tn_slice pattern, options;
  bool no_text, no_pattern = false, no_options;
  *regex = NULL;
  TRY(string_arg(expr, eval, INPUT, "a string as 'input'", text, &no_text));
  if (!c->regex) TRY(string_arg(expr, eval, REGEX, "a string as 'regex'", &pattern, &no_pattern));
  if (!c->regex) TRY(string_arg(expr, eval, OPTIONS, "a string as 'options'", &options, &no_options));
  if (no_text || no_pattern) return TN_OK;
  *regex = c->regex;
  return c->regex ? TN_OK : tni_regex_compile(eval->ctx, eval->pool, pattern, options, expr->where, regex);
}

/* ---- $regexMatch ------------------------------------------------------------------------------ */

static tn_status matches(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_regex *regex;
  tn_slice text;
  TRY(regex_and_text(expr, eval, &regex, &text));
  tn_status status = regex ? tni_regex_search(regex, text, 0, NULL) : TN_NOT_FOUND;
  *out = tni_bool_value(status == TN_OK);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- $regexFind $regexFindAll ----------------------------------------------------------------- */

static tn_slice part_of(tn_slice text, const tni_regex_match *match, uint32_t group) {
  size_t from = match->bounds[2 * group], to = match->bounds[2 * group + 1];
  return tni_text_from(tni_text_upto(text, to), from);
}

/* `before` is how many characters come before the match. */
static void add_match(tn_slice text, const tni_regex_match *match, size_t before, tn_builder *builder) {
  tn_object_begin(builder);
  tn_set(builder, "match", tn_text(part_of(text, match, 0)));
  tn_set(builder, "idx", before);
  tn_name(builder, "captures");
  tn_array_begin(builder);
  for (uint32_t g = 1; g < match->groups; g++) {
    if (match->bounds[2 * g] == TNI_REGEX_UNSET)
      tn_add(builder, TN_ARG_NULL);
    else
      tn_add(builder, tn_text(part_of(text, match, g)));
  }
  tn_end(builder);
  tn_end(builder);
}

static tn_status find(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_regex *regex;
  tn_slice text;
  tni_regex_match match;
  tn_builder *builder;
  TRY(regex_and_text(expr, eval, &regex, &text));
  tn_status status = regex ? tni_regex_search(regex, text, 0, &match) : TN_NOT_FOUND;
  if (status == TN_NOT_FOUND) return *out = tni_null_value, TN_OK;
  TRY(status);
  TRY(tni_expr_begin(eval, &builder));
  add_match(text, &match, tni_text_chars(tni_text_upto(text, match.bounds[0])), builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

/* Where to look next: behind the match, and where that is empty a character further. */
static size_t next_start(tn_slice text, const tni_regex_match *match) {
  size_t end = match->bounds[1];
  if (end > match->bounds[0] || end == text.size) return end;
  return end + tni_text_first(tni_text_from(text, end)).size;
}

static tn_status add_matches(tni_eval *eval, tni_regex *regex, tn_slice text, tn_builder *builder) {
  size_t start = 0, counted = 0, chars = 0;
  tn_status status = TN_OK;
  do {
    tni_regex_match match;
    TRY(tn_step(eval->ctx));
    status = tni_regex_search(regex, text, start, &match);
    if (status != TN_OK) break;
    chars += tni_text_chars(tni_text_from(tni_text_upto(text, match.bounds[0]), counted));
    counted = match.bounds[0];
    add_match(text, &match, chars, builder);
    start = next_start(text, &match);
  } while (start < text.size);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status find_all(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_regex *regex;
  tn_slice text;
  tn_builder *builder;
  TRY(regex_and_text(expr, eval, &regex, &text));
  TRY(tni_expr_begin(eval, &builder));
  tn_array_begin(builder);
  tn_status status = regex ? add_matches(eval, regex, text, builder) : TN_OK;
  tn_end(builder);
  return tni_expr_end(expr, eval, builder, status, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const params[] = {"input", "regex", "options", NULL};

static const tni_expr_op ops[] = {
    {.name = "$regexFind", .min = 2, .eval = find, .params = params, .compile = compile_regex},
    {.name = "$regexFindAll", .min = 2, .eval = find_all, .params = params, .compile = compile_regex},
    {.name = "$regexMatch", .min = 2, .eval = matches, .params = params, .compile = compile_regex},
};
const tni_expr_family tni_expr_regex = {ops, TNI_LENGTH(ops)};
