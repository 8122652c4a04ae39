#include "complete.h"

#include <string.h>

#include "described.h"

#define DEPTH_MAX 16 /* of brackets; nothing is offered below */

static tn_slice slice_of(const char *text) { return (tn_slice){text, strlen(text)}; }

static bool same_text(tn_slice a, tn_slice b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

static bool begins_with(tn_slice text, tn_slice start) {
  return text.size >= start.size && memcmp(text.data, start.data, start.size) == 0;
}

static tn_slice part(tn_slice text, size_t from, size_t to) {
  return (tn_slice){(const char *)text.data + from, to - from};
}

/* ---- offering ------------------------------------------------------------------------------- */

static void offer(completion *out, tn_slice word, tn_slice typed) {
  if (out->count < COMPLETE_WORDS_MAX && begins_with(word, typed)) out->words[out->count++] = word;
}

static void offer_models(completion *out, tn_value models, tn_slice typed) {
  for (tn_iter it = tn_iter_of(models); tn_iter_next(&it);) offer(out, it.name, typed);
}

static void offer_ops(completion *out, tn_value model, tn_slice typed) {
  for (tn_iter it = tn_iter_of(tn_field(model, "ops")); tn_iter_next(&it);)
    offer(out, described_text(it.value, "name"), typed);
}

static bool is_offered(const completion *out, tn_slice word) {
  for (size_t i = 0; i < out->count; i++)
    if (same_text(out->words[i], word)) return true;
  return false;
}

/* The operations of all models, each name once. */
static void offer_all_ops(completion *out, tn_value models, tn_slice typed) {
  for (tn_iter m = tn_iter_of(models); tn_iter_next(&m);)
    for (tn_iter op = tn_iter_of(tn_field(m.value, "ops")); tn_iter_next(&op);) {
      tn_slice name = described_text(op.value, "name");
      if (!is_offered(out, name)) offer(out, name, typed);
    }
}

static void offer_params(completion *out, tn_slice typed) {
  for (tn_iter it = tn_iter_of(tn_field(out->op, "params")); tn_iter_next(&it);)
    offer(out, described_text(it.value, "name"), typed);
}

/* The values of the parameter being typed, where they can be listed. */
static void offer_values(completion *out, tn_slice typed) {
  tn_value types = tn_field(tn_item(tn_field(out->op, "params"), (uint32_t)out->param), "types");
  tn_slice type;
  if (out->param < 0 || tn_count(types) != 1 || !tn_as_string(tn_item(types, 0), &type)) return;
  if (!same_text(type, slice_of("bool"))) return;
  offer(out, slice_of("true"), typed);
  offer(out, slice_of("false"), typed);
}

static int find_param(tn_value op, tn_slice name) {
  int i = 0;
  for (tn_iter it = tn_iter_of(tn_field(op, "params")); tn_iter_next(&it); i++)
    if (same_text(described_text(it.value, "name"), name)) return i;
  return -1;
}

/* A parameter that is not there has no number. */
static int nth_param(tn_value op, size_t index) { return index < tn_count(tn_field(op, "params")) ? (int)index : -1; }

/* ---- JSON ----------------------------------------------------------------------------------- */

/* An array or object that is open where the text ends. */
typedef struct frame {
  bool is_object;
  bool in_value;      /* behind a name's colon */
  size_t index;       /* of the item being typed */
  tn_slice name;      /* of the field being typed */
  tn_slice model, op; /* an array's items 0 and 1, where they are strings */
} frame;

typedef struct json_scan {
  tn_slice text;
  size_t at;
  frame frames[DEPTH_MAX];
  size_t depth;
  size_t word; /* where the scalar begins that the text ends in; its size when there is none */
  bool too_deep;
} json_scan;

static char char_at(const json_scan *s, size_t at) { return ((const char *)s->text.data)[at]; }

/* Behind the string or bare word at `at`; beyond the text when it is not finished. */
static size_t scalar_end(const json_scan *s, size_t at) {
  if (char_at(s, at) != '"') {
    while (at < s->text.size && !strchr(" \t\r\n,:[]{}\"", char_at(s, at))) at++;
    return at < s->text.size ? at : at + 1;
  }
  for (at++; at < s->text.size; at++) {
    if (char_at(s, at) == '"') return at + 1;
    at += char_at(s, at) == '\\';
  }
  return s->text.size + 1;
}

static void take_string(frame *f, tn_slice text) {
  if (f->is_object && !f->in_value) f->name = text;
  if (!f->is_object && f->index == 0) f->model = text;
  if (!f->is_object && f->index == 1) f->op = text;
}

static void take_mark(json_scan *s, char c) {
  frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
  if (c == '[' || c == '{') {
    s->too_deep = s->depth == DEPTH_MAX;
    if (!s->too_deep) s->frames[s->depth++] = (frame){.is_object = c == '{'};
  } else if ((c == ']' || c == '}') && top) {
    s->depth--;
  } else if (c == ',' && top) {
    top->index++;
    top->in_value = false;
  } else if (c == ':' && top) {
    top->in_value = true;
  }
}

static void scan_json(json_scan *s) {
  while (s->at < s->text.size && !s->too_deep) {
    char c = char_at(s, s->at);
    if (strchr(" \t\r\n", c) || strchr("[]{},:", c)) {
      take_mark(s, c);
      s->at++;
      continue;
    }
    size_t end = scalar_end(s, s->at);
    if (end > s->text.size) {
      s->word = s->at;
      return;
    }
    if (c == '"' && s->depth > 0) take_string(&s->frames[s->depth - 1], part(s->text, s->at + 1, end - 1));
    s->at = end;
  }
  s->word = s->text.size;
}

/* frames[i] is ["MODEL","OP",...]: the line itself, or an item of a batch. */
static bool is_request(const json_scan *s, size_t i) {
  if (s->frames[i].is_object) return false;
  return i == 0 || (i == 2 && s->frames[0].is_object && !s->frames[1].is_object);
}

static void complete_request(const vocabulary *v, const frame *request, tn_slice typed, completion *out) {
  out->tail = "\",";
  if (request->index == 0) offer_models(out, v->models, typed);
  if (request->index == 1) offer_ops(out, tn_field_slice(v->models, request->model), typed);
  if (request->index == 2) out->op = described_op(v->models, request->model, request->op);
}

static void complete_args(const vocabulary *v, const frame *request, const frame *args, tn_slice typed,
                          bool is_quoted, completion *out) {
  out->op = described_op(v->models, request->model, request->op);
  bool at_name = args->is_object && !args->in_value;
  out->tail = "\":";
  if (!at_name) out->param = args->is_object ? find_param(out->op, args->name) : nth_param(out->op, args->index);
  if (at_name) {
    offer_params(out, typed);
    return;
  }
  if (is_quoted) return;
  out->head = out->tail = "";
  offer_values(out, typed);
}

static void complete_json(const vocabulary *v, tn_slice text, completion *out) {
  json_scan s = {.text = text};
  scan_json(&s);
  if (s.too_deep || s.depth == 0) return;
  bool is_quoted = s.word < text.size && char_at(&s, s.word) == '"';
  out->from = s.word + is_quoted;
  out->head = is_quoted ? "" : "\"";
  tn_slice typed = part(text, out->from, text.size);
  size_t top = s.depth - 1;
  if (is_request(&s, top)) {
    complete_request(v, &s.frames[top], typed, out);
  } else if (top > 0 && is_request(&s, top - 1) && s.frames[top - 1].index == 2) {
    complete_args(v, &s.frames[top - 1], &s.frames[top], typed, is_quoted, out);
  } else if (top == 0 && !s.frames[0].in_value && s.frames[0].index == 0) {
    out->tail = "\":[";
    offer(out, slice_of("batch"), typed);
  }
  if (!is_quoted && out->head[0] != '\0' && typed.size > 0) out->count = 0;
}

/* ---- words ---------------------------------------------------------------------------------- */

/* The words of a line, of which the last may be unfinished and is empty behind white space. */
typedef struct words {
  tn_slice first, second;
  size_t count;
  size_t last;     /* where the last one begins */
  tn_slice before; /* the one before that */
  bool has_names;  /* one of those before begins with -- */
} words;

/* Behind the word at `at`: JSON, or up to white space. Beyond the text when it is not finished. */
static size_t word_end(tn_slice text, size_t at) {
  const char *data = (const char *)text.data;
  json_scan s = {.text = text, .at = at};
  if (data[at] == '"') return scalar_end(&s, at);
  size_t depth = 0;
  while (at < text.size && (depth > 0 || !strchr(" \t\r\n", data[at]))) {
    depth += data[at] == '[' || data[at] == '{';
    depth -= depth > 0 && (data[at] == ']' || data[at] == '}');
    at = depth > 0 && data[at] == '"' ? scalar_end(&s, at) : at + 1;
  }
  return at < text.size ? at : text.size + 1;
}

static words split(tn_slice text) {
  const char *data = (const char *)text.data;
  words w = {.first = {"", 0}, .second = {"", 0}, .last = text.size};
  size_t at = 0;
  for (;;) {
    while (at < text.size && strchr(" \t\r\n", data[at])) at++;
    size_t start = at < text.size ? at : text.size;
    at = start < text.size ? word_end(text, start) : text.size + 1;
    w.count++;
    w.last = start;
    tn_slice word = part(text, start, at <= text.size ? at : text.size);
    if (w.count == 1) w.first = word;
    if (w.count == 2) w.second = word;
    if (at > text.size) return w;
    w.before = word;
    w.has_names = w.has_names || begins_with(word, slice_of("--"));
  }
}

static bool opens_as_json(tn_slice text, size_t at) {
  return at < text.size && strchr("\"[{", ((const char *)text.data)[at]) != NULL;
}

/* Which parameter the last word is: the one that the word before names, or by its place. */
static int typed_param(const words *w, tn_value op) {
  if (!w->has_names) return nth_param(op, w->count - 3);
  return begins_with(w->before, slice_of("--")) ? find_param(op, part(w->before, 2, w->before.size)) : -1;
}

static void complete_arg(const vocabulary *v, const words *w, tn_slice text, completion *out) {
  tn_slice typed = part(text, w->last, text.size);
  out->op = described_op(v->models, w->first, w->second);
  if (begins_with(typed, slice_of("--"))) {
    out->from = w->last + 2;
    offer_params(out, part(text, out->from, text.size));
    return;
  }
  out->param = typed_param(w, out->op);
  if (!opens_as_json(text, w->last)) offer_values(out, typed);
}

static void complete_words(const vocabulary *v, const words *w, tn_slice text, completion *out) {
  tn_slice typed = part(text, w->last, text.size);
  out->from = w->last;
  if (w->count >= 3)
    complete_arg(v, w, text, out);
  else if (opens_as_json(text, w->last))
    return;
  else if (w->count == 1)
    offer_models(out, v->models, typed);
  else
    offer_ops(out, tn_field_slice(v->models, w->first), typed);
}

/* ---- commands of the prompt ----------------------------------------------------------------- */

static const complete_dot *find_dot(const vocabulary *v, tn_slice name) {
  const complete_dot *d;
  for (size_t i = 0; (d = v->dot(i)) != NULL; i++)
    if (same_text(slice_of(d->name), name)) return d;
  return NULL;
}

static void offer_dots(completion *out, const vocabulary *v, tn_slice typed) {
  const complete_dot *d;
  for (size_t i = 0; (d = v->dot(i)) != NULL; i++) offer(out, slice_of(d->name), typed);
}

static void complete_dots(const vocabulary *v, const words *w, tn_slice text, completion *out) {
  tn_slice typed = part(text, w->last, text.size);
  const complete_dot *dot = find_dot(v, w->first);
  out->from = w->last;
  if (w->count == 1) {
    offer_dots(out, v, typed);
  } else if (w->count == 2 && dot) {
    if (dot->kind == COMPLETE_MODELS) offer_models(out, v->models, typed);
    if (dot->kind == COMPLETE_HELP) offer_all_ops(out, v->models, typed);
    if (dot->kind == COMPLETE_HELP) offer_dots(out, v, typed);
    for (size_t i = 0; dot->kind == COMPLETE_CHOICES && dot->choices[i]; i++)
      offer(out, slice_of(dot->choices[i]), typed);
  }
}

/* ---- the line ------------------------------------------------------------------------------- */

void complete(const vocabulary *v, tn_slice text, completion *out) {
  words w = split(text);
  *out = (completion){.from = text.size, .head = "", .tail = " ", .param = -1};
  char first = w.first.size > 0 ? *(const char *)w.first.data : ' ';
  if (first == '.')
    complete_dots(v, &w, text, out);
  else if (first == '[' || first == '{')
    complete_json(v, text, out);
  else if (first != '#')
    complete_words(v, &w, text, out);
}

size_t complete_common(const completion *c) {
  if (c->count == 0) return 0;
  size_t common = c->words[0].size;
  for (size_t i = 1; i < c->count; i++) {
    size_t same = 0;
    while (same < common && same < c->words[i].size &&
           ((const char *)c->words[i].data)[same] == ((const char *)c->words[0].data)[same])
      same++;
    common = same;
  }
  return common;
}
