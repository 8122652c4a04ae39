#include "line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "described.h"

typedef struct scanner {
  const char *data;
  size_t size;
  size_t at;
} scanner;

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static bool skip_space(scanner *s) {
  while (s->at < s->size && is_space(s->data[s->at])) s->at++;
  return s->at < s->size;
}

static tn_slice bare_word(const scanner *s) {
  size_t end = s->at;
  while (end < s->size && !is_space(s->data[end])) end++;
  return (tn_slice){s->data + s->at, end - s->at};
}

static bool opens_as_json(char c) { return c == '"' || c == '[' || c == '{'; }

static tn_status fail_at(size_t at, tn_status status, const char *text, tn_error *error) {
  char where[32];
  (void)snprintf(where, sizeof where, "byte %zu", at);
  return tn_error_set(error, status, where, "%s", text);
}

/* An error of tn_decode() counts from where the word began; the caller counts from the line. */
static tn_status fail_from(size_t start, const tn_error *inner, tn_error *error) {
  size_t offset = 0;
  if (strncmp(inner->where, "byte ", 5) == 0) offset = (size_t)strtoull(inner->where + 5, NULL, 10);
  return fail_at(start + offset, inner->status, inner->text, error);
}

static bool ends_word(const scanner *s, size_t used) {
  size_t next = s->at + used;
  return next >= s->size || is_space(s->data[next]) || (used > 0 && is_space(s->data[next - 1]));
}

static tn_status add_string(scanner *s, tn_builder *request, tn_error *error) {
  tn_slice word = bare_word(s);
  tn_add(request, tn_text(word));
  if (request->status == TN_INVALID) return fail_at(s->at, TN_INVALID, "not UTF-8", error);
  if (request->status != TN_OK) return fail_at(s->at, request->status, tn_status_text(request->status), error);
  s->at += word.size;
  return TN_OK;
}

/* The word as JSON. TN_INVALID where a bare word may stand instead; then nothing was added. */
static tn_status add_json(scanner *s, tn_builder *request, tn_builder *scratch, tn_error *error) {
  tn_slice rest = {s->data + s->at, s->size - s->at};
  tn_error inner = TN_ERROR_INIT;
  size_t used = 0;
  tn_status status = tn_decode("json", rest, scratch, &used, &inner);
  if (status != TN_OK) return fail_from(s->at, &inner, error);
  if (!ends_word(s, used)) return fail_at(s->at + used, TN_INVALID, "expected white space after the value", error);
  tn_add(request, tn_built(scratch));
  if (request->status != TN_OK) return fail_at(s->at, request->status, tn_status_text(request->status), error);
  s->at += used;
  return TN_OK;
}

static tn_status add_name(scanner *s, tn_builder *request, tn_builder *scratch, tn_error *error) {
  if (s->data[s->at] != '"') return add_string(s, request, error);
  return add_json(s, request, scratch, error);
}

static tn_status add_arg(scanner *s, tn_builder *request, tn_builder *scratch, tn_error *error) {
  tn_error json = TN_ERROR_INIT;
  tn_status status = add_json(s, request, scratch, &json);
  if (status == TN_OK) return TN_OK;
  if (status == TN_INVALID && !opens_as_json(s->data[s->at])) return add_string(s, request, error);
  return tn_error_set(error, status, json.where, "%s", json.text);
}

/* ---- stepping over ---------------------------------------------------------------------------- */

/* Steps over the string at s->at; false, at the end, when it is not closed. */
static bool skip_string(scanner *s) {
  for (s->at++; s->at < s->size; s->at++) {
    if (s->data[s->at] == '"') return s->at++, true;
    if (s->data[s->at] == '\\') s->at++;
  }
  s->at = s->size;
  return false;
}

/* Steps over the array or object at s->at; true when another line could close it, which is not so within a string. */
static bool container_is_open(scanner *s) {
  size_t depth = 0;
  while (s->at < s->size) {
    char c = s->data[s->at];
    if (c == '"') {
      if (!skip_string(s)) return false;
      continue;
    }
    depth += c == '[' || c == '{';
    depth -= c == ']' || c == '}';
    s->at++;
    if (depth == 0) return false;
  }
  return true;
}

/* Steps over the word at s->at; true when another line could close it. */
static bool skip_word(scanner *s) {
  char c = s->data[s->at];
  if (c == '[' || c == '{') return container_is_open(s);
  if (c == '"')
    (void)skip_string(s);
  else
    s->at += bare_word(s).size;
  return false;
}

/* ---- arguments by name ------------------------------------------------------------------------ */

/* --NAME */
static bool is_name(const scanner *s) {
  tn_slice word = bare_word(s);
  const char *text = (const char *)word.data;
  if (word.size < 3 || strncmp(text, "--", 2) != 0 || !islower((unsigned char)text[2])) return false;
  for (size_t i = 3; i < word.size; i++)
    if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) && text[i] != '_') return false;
  return true;
}

static bool has_names(scanner s) {
  while (skip_space(&s)) {
    if (is_name(&s)) return true;
    (void)skip_word(&s);
  }
  return false;
}

static tn_status add_positional(scanner *s, tn_value params, uint32_t index, tn_builder *request, tn_builder *scratch,
                                tn_error *error) {
  tn_slice name = described_text(tn_item(params, index), "name");
  if (name.size == 0)
    return fail_at(s->at, TN_INVALID, "expected --NAME, found more arguments than there are parameters", error);
  tn_name_slice(request, name);
  return add_arg(s, request, scratch, error);
}

static tn_status add_named(scanner *s, tn_builder *request, tn_builder *scratch, tn_error *error) {
  tn_slice word = bare_word(s);
  tn_name_slice(request, (tn_slice){(const char *)word.data + 2, word.size - 2});
  s->at += word.size;
  if (skip_space(s) && !is_name(s)) return add_arg(s, request, scratch, error);
  tn_add(request, TN_ARG_TRUE);
  return TN_OK;
}

/* From the first argument on. `op` is the operation's description. */
static tn_status add_args_by_name(scanner *s, tn_value op, tn_builder *request, tn_builder *scratch,
                                  tn_error *error) {
  tn_value params = tn_field(op, "params");
  tn_status status = TN_OK;
  tn_object_begin(request);
  for (uint32_t i = 0; status == TN_OK && skip_space(s) && !is_name(s); i++) {
    if (tn_is_absent(op))
      (void)skip_word(s);
    else
      status = add_positional(s, params, i, request, scratch, error);
  }
  while (status == TN_OK && skip_space(s)) {
    if (!is_name(s)) return fail_at(s->at, TN_INVALID, "expected --NAME, as before", error);
    status = add_named(s, request, scratch, error);
  }
  tn_end(request);
  return status;
}

static tn_status add_args(scanner *s, tn_builder *request, tn_builder *scratch, tn_error *error) {
  tn_status status = TN_OK;
  tn_array_begin(request);
  while (status == TN_OK && skip_space(s)) status = add_arg(s, request, scratch, error);
  tn_end(request);
  return status;
}

/* ---- requests --------------------------------------------------------------------------------- */

/* What a name says without its quotes; names of models and operations hold nothing that JSON would escape. */
static tn_slice name_at(scanner s) {
  size_t start = s.at;
  if (s.data[start] != '"') return bare_word(&s);
  (void)skip_string(&s);
  return (tn_slice){s.data + start + 1, s.at - start - 2};
}

static tn_status take_name(scanner *s, tn_builder *request, tn_builder *scratch, tn_slice *name, tn_error *error) {
  scanner from = *s;
  tn_status status = add_name(s, request, scratch, error);
  if (status == TN_OK) *name = name_at(from);
  return status;
}

static tn_status parse_words(scanner *s, tn_value models, tn_builder *request, tn_builder *scratch, tn_error *error) {
  tn_slice model, op;
  tn_array_begin(request);
  tn_status status = take_name(s, request, scratch, &model, error);
  if (status != TN_OK) return status;
  if (!skip_space(s)) return fail_at(s->at, TN_INVALID, "expected MODEL OP ARG..., found no OP", error);
  status = take_name(s, request, scratch, &op, error);
  if (status != TN_OK) return status;
  status = has_names(*s) ? add_args_by_name(s, described_op(models, model, op), request, scratch, error)
                         : add_args(s, request, scratch, error);
  if (status != TN_OK) return status;
  tn_end(request);
  status = tn_builder_status(request);
  if (status == TN_INVALID) return fail_at(s->at, status, "an argument is given twice", error);
  return status == TN_OK ? TN_OK : fail_at(s->at, status, tn_status_text(status), error);
}

tn_status line_parse(tn_slice line, tn_value models, tn_builder *request, tn_error *error) {
  scanner s = {(const char *)line.data, line.size, 0};
  tn_builder_clear(request);
  if (!skip_space(&s) || s.data[s.at] == '#') return TN_OK;
  if (s.data[s.at] == '[' || s.data[s.at] == '{') return tn_decode("json", line, request, NULL, error);
  tn_builder scratch = TN_BUILDER_INIT;
  tn_status status = parse_words(&s, models, request, &scratch, error);
  tn_builder_free(&scratch);
  return status;
}

bool line_is_open(tn_slice line) {
  scanner s = {(const char *)line.data, line.size, 0};
  if (skip_space(&s) && s.data[s.at] == '#') return false;
  while (skip_space(&s))
    if (skip_word(&s)) return true;
  return false;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* The result is wrapped as text: one more level of nesting must not make a stored value unprintable. */
tn_status line_print_result(FILE *out, tn_value result, tn_error *error) {
  tn_slice text;
  if (tn_is_absent(result)) {
    (void)fputs("{\"ok\":true,\"result\":null}\n", out);
    return TN_OK;
  }
  tn_status status = tn_encode("json", result, &text, error);
  if (status != TN_OK) return status;
  (void)fputs("{\"ok\":true,\"result\":", out);
  (void)fwrite(text.data, 1, text.size, out);
  (void)fputs("}\n", out);
  tn_text_free(text);
  return TN_OK;
}

tn_status line_print_error(FILE *out, const tn_error *what, tn_error *error) {
  tn_builder b = TN_BUILDER_INIT;
  tn_slice text;
  tn_object_begin(&b);
  tn_set(&b, "status", tn_status_name(what->status));
  tn_set(&b, "text", what->text[0] != '\0' ? (const char *)what->text : tn_status_text(what->status));
  tn_set(&b, "where", (const char *)what->where);
  tn_end(&b);
  tn_status status = tn_builder_status(&b);
  if (status == TN_OK)
    status = tn_encode("json", tn_built(&b), &text, error);
  else
    (void)tn_error_set(error, status, NULL, "%s", tn_status_text(status));
  tn_builder_free(&b);
  if (status != TN_OK) return status;
  (void)fputs("{\"ok\":false,\"error\":", out);
  (void)fwrite(text.data, 1, text.size, out);
  (void)fputs("}\n", out);
  tn_text_free(text);
  return TN_OK;
}
