/* $regex and $options. */
#include "filter_internal.h"
#include "regex.h"

typedef struct regex_test {
  tni_test test;
  tni_regex *regex;
} regex_test;

static bool regex_holds(const tni_test *test, tni_match *match, tn_value value) {
  const regex_test *t = (const regex_test *)(const void *)test;
  tn_slice text;
  if (match->status != TN_OK || !tn_as_string(value, &text)) return false;
  tn_status status = tni_regex_search(t->regex, text, 0, NULL);
  if (status != TN_OK && status != TN_NOT_FOUND) match->status = status;
  return status == TN_OK;
}

/* ---- what a pattern begins with --------------------------------------------------------------- */

static bool is_one_of(char c, const char *set) { return c != '\0' && strchr(set, c) != NULL; }

static bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
}

/* The literal that begins at *at, one byte of it, or false where there is none. */
static bool literal_at(tn_slice pattern, size_t *at, char *out) {
  const char *text = pattern.data;
  size_t i = *at;
  bool escaped = text[i] == '\\';
  if (escaped && (++i >= pattern.size || is_word_char(text[i]))) return false;
  if (!escaped && is_one_of(text[i], "^$.[()*+?{")) return false;
  *out = text[i];
  *at = i + 1;
  return true;
}

static size_t without_last_char(const char *text, size_t size) {
  while (size > 0 && (text[size - 1] & 0xc0) == 0x80) size--;
  return size > 0 ? size - 1 : 0;
}

/* What may say how often the character before it comes; a comment and \\E may stand between. */
#define MAY_QUANTIFY "*?{(\\"

/* What a text must begin with to match: 0 bytes, where that cannot be told. `out` has room for the pattern. *whole:
 * it is all that the pattern says. */
static size_t prefix_of(tn_slice pattern, char *out, bool *whole) {
  const char *text = pattern.data;
  size_t at = 1, size = 0;
  if (pattern.size == 0 || *text != '^' || memchr(text, '|', pattern.size)) return 0;
  while (at < pattern.size && literal_at(pattern, &at, out + size)) size++;
  *whole = at == pattern.size;
  if (at < pattern.size && is_one_of(text[at], MAY_QUANTIFY)) size = without_last_char(out, size);
  return size;
}

static tn_status take_prefix(tn_ctx *ctx, tni_test *test, tn_slice pattern, tn_slice options) {
  const tn_slice none = {"", 0};
  if (!tni_slice_same(options, none) && !tni_slice_is(options, "s")) return TN_OK;
  char *text = tn_scratch(ctx, pattern.size + 1);
  tn_builder *builder = tn_builder_for(ctx);
  if (!text || !builder) return tni_no_memory(ctx);
  size_t size = prefix_of(pattern, text, &test->term_exact);
  if (size == 0) return TN_OK;
  tn_add(builder, tn_text((tn_slice){text, size}));
  if (tn_builder_status(builder) != TN_OK) return tni_no_memory(ctx);
  test->operand = tn_built(builder);
  test->term = TNI_TERM_PREFIX;
  return TN_OK;
}

/* ---- compiling -------------------------------------------------------------------------------- */

tn_status tni_compile_regex(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  tn_value beside = tn_field(given->all, "$options");
  tn_slice pattern = {"", 0}, options = {"", 0};
  TRY(tni_expect(c->ctx, given->operand, TN_T_STRING, "a pattern, a string", given->where));
  (void)tn_as_string(given->operand, &pattern);
  if (tn_as_string(beside, &options))
    TRY(tni_regex_check_options(c->ctx, options, tni_where(c->ctx, given->within, tni_slice_of("$options"))));
  regex_test *t = tni_new_test(c->ctx, sizeof *t, regex_holds);
  if (!t) return tni_no_memory(c->ctx);
  TRY(tni_regex_compile(c->ctx, NULL, pattern, options, given->where, &t->regex));
  TRY(take_prefix(c->ctx, &t->test, pattern, options));
  c->is_volatile = true;
  *out = &t->test;
  return TN_OK;
}

/* $regex takes them. */
tn_status tni_compile_options(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  (void)out;
  TRY(tni_expect(c->ctx, given->operand, TN_T_STRING, "letters, a string", given->where));
  if (!tn_is_absent(tn_field(given->all, "$regex"))) return TN_OK;
  return tn_fail(c->ctx, TN_INVALID, given->where, "$options needs $regex beside it");
}
