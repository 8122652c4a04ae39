#include "json_read.h"

#include "json_forms.h"
#include "json_number.h"
#include "json_reader.h"
#include "try.h"

/* Recursion goes one level per array or object of the value, to TN_DEPTH_MAX. */
static tn_status read_value(tni_json_reader *r, unsigned depth);

static tn_status check_depth(const tni_json_reader *r, const uint8_t *open, unsigned depth) {
  if (depth < TN_DEPTH_MAX) return TN_OK;
  return tni_json_refuse(r, open, TN_LIMIT, "arrays and objects are nested too deeply");
}

static tn_status read_string(tni_json_reader *r) {
  const uint8_t *string = r->at;
  size_t size;
  TRY(tni_json_text(r, &size));
  tn_text_add(r->out, size);
  return tni_json_builder_status(r, string);
}

static tn_status read_number(tni_json_reader *r) {
  tni_json_number n;
  tni_json_problem problem;
  const uint8_t *next = tni_json_number_read(r->at, r->end, &n, &problem);
  if (!next) return tni_json_refuse(r, problem.at, TN_INVALID, problem.text);
  if (n.is_int)
    tn_add_int(r->out, n.integer);
  else
    tn_add_double(r->out, n.real);
  r->at = next;
  return TN_OK;
}

static bool is_word(const uint8_t *at, const uint8_t *end) {
  return at < end && ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9'));
}

static tn_status read_word(tni_json_reader *r, const char *word, tn_arg arg) {
  size_t size = strlen(word), left = (size_t)(r->end - r->at);
  if (left < size || memcmp(r->at, word, size) != 0 || is_word(r->at + size, r->end))
    return tni_json_expected(r, "a value");
  tn_add(r->out, arg);
  r->at += size;
  return TN_OK;
}

/* Steps over the comma or the closing bracket behind an item; *more tells which it was. */
static tn_status take_separator(tni_json_reader *r, char close, const char *what, bool *more) {
  *more = tni_json_next_is(r, ',');
  if (!*more && !tni_json_next_is(r, close)) return tni_json_expected(r, what);
  r->at++;
  return TN_OK;
}

static tn_status read_array(tni_json_reader *r, unsigned depth) {
  const uint8_t *open = r->at++;
  TRY(check_depth(r, open, depth));
  tn_array_begin(r->out);
  bool more = !tni_json_next_is(r, ']');
  if (!more) r->at++;
  while (more) {
    TRY(read_value(r, depth + 1));
    TRY(take_separator(r, ']', "',' or ']'", &more));
  }
  tn_end(r->out);
  return tni_json_builder_status(r, open);
}

/* ---- objects ---- */

static void skip_scalar(tni_json_reader *r) {
  while (r->at < r->end && !strchr(",]} \t\r\n", *r->at)) r->at++;
}

/* Steps over a value that has been read before. */
static void skip_value(tni_json_reader *r) {
  size_t open = 0;
  tn_slice text;
  do {
    tni_json_skip_space(r);
    switch (*r->at) {
      case '"': (void)tni_json_string(r, &text); break;
      case '{':
      case '[': open++, r->at++; break;
      case '}':
      case ']': open--, r->at++; break;
      case ',':
      case ':': r->at++; break;
      default: skip_scalar(r);
    }
  } while (open > 0);
}

/* Goes over the first `count` members again. Do their names differ? *last is where the last one stands. */
static bool names_differ(tni_json_reader *r, const uint8_t *members, size_t count, const uint8_t **last) {
  size_t size = 0;
  tn_builder_clear(r->out);
  tn_object_begin(r->out);
  r->at = members;
  for (size_t i = 0; i < count; i++) {
    tni_json_skip_space(r);
    *last = r->at;
    (void)tni_json_text(r, &size);
    tn_text_name(r->out, size);
    tn_add(r->out, TN_ARG_NULL);
    tni_json_skip_space(r);
    r->at++;
    skip_value(r);
    tni_json_skip_space(r);
    r->at++;
  }
  tn_end(r->out);
  return tn_builder_status(r->out) != TN_INVALID;
}

/* Finds the first member whose name occurs before, by bisection: only refusals pay for it. */
static tn_status refuse_duplicate(tni_json_reader *r, const uint8_t *members, size_t count) {
  const uint8_t *last = members;
  size_t differ = 1, clash = count;
  while (clash - differ > 1) {
    size_t middle = differ + (clash - differ) / 2;
    if (names_differ(r, members, middle, &last))
      differ = middle;
    else
      clash = middle;
  }
  (void)names_differ(r, members, clash, &last);
  return tni_json_refuse(r, last, TN_INVALID, "a name occurs before in the same object");
}

static tn_status end_object(tni_json_reader *r, const uint8_t *members, size_t count) {
  tn_end(r->out);
  if (tn_builder_status(r->out) == TN_INVALID) return refuse_duplicate(r, members, count);
  return tni_json_builder_status(r, members);
}

static tn_status read_name(tni_json_reader *r) {
  if (!tni_json_next_is(r, '"')) return tni_json_expected(r, "a name in quotes");
  const uint8_t *string = r->at;
  size_t size;
  TRY(tni_json_text(r, &size));
  tn_text_name(r->out, size);
  return tni_json_builder_status(r, string);
}

/* The members of an object that is not empty. */
static tn_status read_members(tni_json_reader *r, unsigned depth) {
  const uint8_t *members = r->at;
  size_t count = 0;
  bool more = true;
  tn_object_begin(r->out);
  for (; more; count++) {
    TRY(read_name(r));
    TRY(tni_json_take(r, ':', "':'"));
    TRY(read_value(r, depth + 1));
    TRY(take_separator(r, '}', "',' or '}'", &more));
  }
  return end_object(r, members, count);
}

static tn_status read_empty_object(tni_json_reader *r) {
  r->at++;
  tn_object_begin(r->out);
  tn_end(r->out);
  return TN_OK;
}

static tn_status read_object(tni_json_reader *r, unsigned depth, bool literal);

/* What the first name, at r->at, makes of its object. All reserved ones begin with '$', which may be escaped. */
static tn_status look_at_name(tni_json_reader *r, tni_json_form *form) {
  const uint8_t *name = r->at;
  tn_slice text;
  *form = TNI_JSON_PLAIN;
  if (r->end - name < 2 || (name[1] != '$' && name[1] != '\\')) return TN_OK;
  TRY(tni_json_string(r, &text));
  *form = tni_json_form_of(text);
  if (*form == TNI_JSON_PLAIN) r->at = name;
  return TN_OK;
}

/* Whether an object stands at r->at that needs a literal around it. Goes anywhere. */
static tn_status needs_literal(tni_json_reader *r, bool *out) {
  tni_json_form form = TNI_JSON_PLAIN;
  if (tni_json_next_is(r, '{')) {
    r->at++;
    if (tni_json_next_is(r, '"')) TRY(look_at_name(r, &form));
  }
  return *out = form != TNI_JSON_PLAIN, TN_OK;
}

/* {"$literal": has been read up to its name. Around anything that needs none it is a name like others: models use it.
 */
static tn_status read_literal(tni_json_reader *r, const uint8_t *open, const uint8_t *name, unsigned depth) {
  bool needed;
  TRY(tni_json_take(r, ':', "':'"));
  tni_json_skip_space(r);
  const uint8_t *inner = r->at;
  TRY(needs_literal(r, &needed));
  if (needed) {
    r->at = inner;
    TRY(read_object(r, depth, true));
    return tni_json_take(r, '}', "'}'");
  }
  TRY(check_depth(r, open, depth));
  r->at = name;
  return read_members(r, depth);
}

/* In a literal object the first name means nothing but itself. */
static tn_status read_object(tni_json_reader *r, unsigned depth, bool literal) {
  const uint8_t *open = r->at++;
  tni_json_form form = TNI_JSON_PLAIN;
  if (tni_json_next_is(r, '}')) {
    TRY(check_depth(r, open, depth));
    return read_empty_object(r);
  }
  const uint8_t *name = r->at;
  if (!literal && tni_json_next_is(r, '"')) TRY(look_at_name(r, &form));
  if (form == TNI_JSON_LITERAL) return read_literal(r, open, name, depth);
  if (form != TNI_JSON_PLAIN) return tni_json_read_form(r, form);
  TRY(check_depth(r, open, depth));
  return read_members(r, depth);
}

static tn_status read_value(tni_json_reader *r, unsigned depth) {
  tni_json_skip_space(r);
  if (r->at == r->end) return tni_json_expected(r, "a value");
  switch (*r->at) {
    case '{': return read_object(r, depth, false);
    case '[': return read_array(r, depth);
    case '"': return read_string(r);
    case 't': return read_word(r, "true", TN_ARG_TRUE);
    case 'f': return read_word(r, "false", TN_ARG_FALSE);
    case 'n': return read_word(r, "null", TN_ARG_NULL);
    default: break;
  }
  if (*r->at == '-' || (*r->at >= '0' && *r->at <= '9')) return read_number(r);
  return tni_json_expected(r, "a value");
}

static tn_status read_whole(tni_json_reader *r) {
  TRY(read_value(r, 0));
  tni_json_skip_space(r);
  return tni_json_builder_status(r, r->start);
}

tn_status tni_json_read(const tn_host *host, tn_slice bytes, tn_builder *out, size_t *used, tn_error *error) {
  tn_builder_clear(out);
  const uint8_t *start = bytes.size ? (const uint8_t *)bytes.data : (const uint8_t *)"";
  tni_json_reader r = {host, start, start, start + bytes.size, out, error};
  tn_status status = read_whole(&r);
  if (status == TN_OK)
    *used = (size_t)(r.at - r.start);
  else
    tn_builder_clear(out);
  return status;
}
