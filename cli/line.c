#include "line.h"

#include <stdlib.h>
#include <string.h>

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

static tn_status parse_words(scanner *s, tn_builder *request, tn_builder *scratch, tn_error *error) {
  tn_array_begin(request);
  tn_status status = add_name(s, request, scratch, error);
  if (status != TN_OK) return status;
  if (!skip_space(s)) return fail_at(s->at, TN_INVALID, "expected MODEL OP ARG..., found no OP", error);
  status = add_name(s, request, scratch, error);
  tn_array_begin(request);
  while (status == TN_OK && skip_space(s)) status = add_arg(s, request, scratch, error);
  if (status != TN_OK) return status;
  tn_end(request);
  tn_end(request);
  status = tn_builder_status(request);
  return status == TN_OK ? TN_OK : fail_at(s->at, status, tn_status_text(status), error);
}

tn_status line_parse(tn_slice line, tn_builder *request, tn_error *error) {
  scanner s = {(const char *)line.data, line.size, 0};
  tn_builder_clear(request);
  if (!skip_space(&s) || s.data[s.at] == '#') return TN_OK;
  if (s.data[s.at] == '[' || s.data[s.at] == '{') return tn_decode("json", line, request, NULL, error);
  tn_builder scratch = TN_BUILDER_INIT;
  tn_status status = parse_words(&s, request, &scratch, error);
  tn_builder_free(&scratch);
  return status;
}

/* ---- lines that go on ------------------------------------------------------------------------ */

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

bool line_is_open(tn_slice line) {
  scanner s = {(const char *)line.data, line.size, 0};
  if (skip_space(&s) && s.data[s.at] == '#') return false;
  while (skip_space(&s)) {
    char c = s.data[s.at];
    if (c == '[' || c == '{') {
      if (container_is_open(&s)) return true;
    } else if (c == '"') {
      (void)skip_string(&s);
    } else {
      s.at += bare_word(&s).size;
    }
  }
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
