/* edge.c - requests and answers as JSON text and as cJSON trees: what an application could write itself on top of
 * tenon.h. Trees become values by way of text, so that one reader decides what is valid. */
#include <cJSON.h>
#include <math.h>
#include <stdio.h>

#include "tenon_cjson.h"
#include "tenon_plugin.h"
#include "try.h"

#define FORMAT "json"
#define WHOLE_MAX 9007199254740991 /* 2^53 - 1: every whole number up to it is a double of its own */
#define INT64_END 9223372036854775808.0

static tn_status no_memory(tn_error *error) { return tn_error_set(error, TN_NOMEM, NULL, "no memory for JSON"); }

static tn_status put(tn_buffer *b, const char *text) { return tn_buffer_append(b, text, strlen(text)); }

/* The first failure, whatever the caller's error held before. */
static tn_status hand_up(tn_status status, tn_error *found, tn_error *error) {
  found->status = status;
  if (status != TN_OK && error) *error = *found;
  return status;
}

/* ---- answers as text ------------------------------------------------------------------------- */

static tn_status encode_error(const tn_error *what, tn_slice *out) {
  tn_builder b = TN_BUILDER_INIT;
  const char *text = what->text[0] != '\0' ? what->text : tn_status_text(what->status);
  tn_value value =
      tn_obj(&b, "status", tn_status_name(what->status), "text", text, "where", (const char *)what->where);
  tn_status status = tn_encode(FORMAT, value, out, NULL);
  tn_builder_free(&b);
  return status;
}

/* The result goes in as text: one more level of nesting must not make a stored value unprintable. */
static tn_status wrap(const char *before, tn_slice text, tn_slice *out) {
  tn_buffer b = {tn_memory_system(), NULL, 0, 0};
  tn_status status = put(&b, before);
  if (status == TN_OK) status = tn_buffer_append(&b, text.data, text.size);
  if (status == TN_OK) status = tn_buffer_append(&b, "}", 2);
  if (status == TN_OK)
    *out = (tn_slice){b.data, b.size - 1};
  else
    tn_buffer_free(&b);
  return status;
}

static tn_slice answer_text(tn_status *status, tn_value result, tn_error *error) {
  tn_slice text = {"null", 4}, answer = {NULL, 0};
  bool held = false;
  if (*status == TN_OK && !tn_is_absent(result)) {
    *status = tn_encode(FORMAT, result, &text, error);
    held = *status == TN_OK;
  }
  if (*status != TN_OK) {
    error->status = *status;
    if (encode_error(error, &text) != TN_OK) return answer;
    held = true;
  }
  if (wrap(*status == TN_OK ? "{\"ok\":true,\"result\":" : "{\"ok\":false,\"error\":", text, &answer) != TN_OK)
    *status = no_memory(error);
  if (held) tn_text_free(text);
  return answer;
}

tn_status tn_run_json(tn_engine *engine, const char *request, tn_slice *answer, tn_error *error) {
  tn_builder value = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  tn_error found = TN_ERROR_INIT;
  tn_status status = tn_decode(FORMAT, (tn_slice){request, strlen(request)}, &value, NULL, &found);
  if (status == TN_OK) status = tn_request(engine, tn_built(&value), NULL, &result, &found);
  *answer = answer_text(&status, result.value, &found);
  tn_builder_free(&value);
  tn_result_free(&result);
  return hand_up(status, &found, error);
}

/* ---- tree -> value --------------------------------------------------------------------------- */

typedef struct printer {
  tn_buffer text;
  tn_error *error;
} printer;

static tn_status refuse(const printer *p, const char *why) {
  char where[32];
  snprintf(where, sizeof where, "byte %zu", p->text.size);
  return tn_error_set(p->error, TN_INVALID, where, "%s", why);
}

static tn_status print_string(printer *p, const char *text) {
  TRY(put(&p->text, "\""));
  for (; *text != '\0'; text++) {
    char escaped[8];
    unsigned char c = (unsigned char)*text;
    if (c < 0x20 || c == '"' || c == '\\') {
      snprintf(escaped, sizeof escaped, "\\u%04x", c);
      TRY(put(&p->text, escaped));
    } else {
      TRY(tn_buffer_append(&p->text, text, 1));
    }
  }
  return put(&p->text, "\"");
}

/* A double by way of Tenon's own writer: shortest, and the same in every locale. */
static tn_status print_double(printer *p, double d) {
  tn_builder b = TN_BUILDER_INIT;
  tn_slice text;
  tn_add(&b, d);
  tn_status status = tn_encode(FORMAT, tn_built(&b), &text, p->error);
  if (status == TN_OK) {
    status = tn_buffer_append(&p->text, text.data, text.size);
    tn_text_free(text);
  }
  tn_builder_free(&b);
  return status;
}

static tn_status print_number(printer *p, double d) {
  char digits[32];
  bool whole = d == floor(d) && fabs(d) <= INT64_END && !(d == 0 && signbit(d));
  if (!whole) return print_double(p, d);
  if (fabs(d) > WHOLE_MAX)
    return refuse(p, "cJSON may have rounded a whole number beyond 2^53; give its digits by cJSON_CreateRaw()");
  snprintf(digits, sizeof digits, "%lld", (long long)d);
  return put(&p->text, digits);
}

static tn_status print_tree(printer *p, const cJSON *tree, unsigned depth);

static tn_status print_container(printer *p, const cJSON *tree, unsigned depth) {
  bool object = cJSON_IsObject(tree);
  if (depth > TN_DEPTH_MAX)
    return tn_error_set(p->error, TN_LIMIT, NULL, "it is nested more than %d levels deep", TN_DEPTH_MAX);
  TRY(put(&p->text, object ? "{" : "["));
  for (const cJSON *item = tree->child; item; item = item->next) {
    if (item != tree->child) TRY(put(&p->text, ","));
    if (object && !item->string) return refuse(p, "a field has no name");
    if (object) TRY(print_string(p, item->string));
    if (object) TRY(put(&p->text, ":"));
    TRY(print_tree(p, item, depth + 1));
  }
  return put(&p->text, object ? "}" : "]");
}

static tn_status print_tree(printer *p, const cJSON *tree, unsigned depth) {
  if (!tree) return refuse(p, "there is no tree");
  switch (tree->type & 0xff) {
    case cJSON_NULL: return put(&p->text, "null");
    case cJSON_True: return put(&p->text, "true");
    case cJSON_False: return put(&p->text, "false");
    case cJSON_Number: return print_number(p, tree->valuedouble);
    case cJSON_String:
      return tree->valuestring ? print_string(p, tree->valuestring) : refuse(p, "a string has no text");
    case cJSON_Raw: {
      tn_builder checked = TN_BUILDER_INIT; /* a whole value, else raw text could change what is around it */
      if (!tree->valuestring) return refuse(p, "raw JSON has no text");
      tn_status status =
          tn_decode(FORMAT, (tn_slice){tree->valuestring, strlen(tree->valuestring)}, &checked, NULL, NULL);
      tn_builder_free(&checked);
      return status == TN_OK ? put(&p->text, tree->valuestring) : refuse(p, "raw JSON is not one value");
    }
    case cJSON_Array:
    case cJSON_Object: return print_container(p, tree, depth + 1);
  }
  return refuse(p, "an item of the tree is of no type");
}

tn_status tn_from_cjson(const struct cJSON *tree, tn_builder *out, tn_error *error) {
  tn_error own_error;
  printer p = {{tn_memory_system(), NULL, 0, 0}, error ? error : &own_error};
  tn_builder_clear(out);
  tn_status status = print_tree(&p, tree, 0);
  if (status == TN_NOMEM) status = no_memory(p.error);
  if (status == TN_OK) status = tn_decode(FORMAT, (tn_slice){p.text.data, p.text.size}, out, NULL, p.error);
  tn_buffer_free(&p.text);
  return status;
}

/* ---- value -> tree --------------------------------------------------------------------------- */

typedef struct path {
  char text[TN_ERROR_WHERE_MAX];
  size_t size;
  tn_error *error;
} path;

static size_t descend(path *at, tn_slice name, uint32_t i) {
  size_t before = at->size;
  const char *dot = before > 0 ? "." : "";
  int n = name.data ? snprintf(at->text + before, sizeof at->text - before, "%s%.*s", dot, (int)name.size,
                               (const char *)name.data)
                    : snprintf(at->text + before, sizeof at->text - before, "%s%u", dot, (unsigned)i);
  at->size = n < 0 || before + (size_t)n >= sizeof at->text ? sizeof at->text - 1 : before + (size_t)n;
  return before;
}

/* A text with a NUL behind it, freed with free(); NULL in *out when it holds one itself. */
static tn_status text_of(path *at, tn_slice text, char **out) {
  at->text[at->size] = '\0';
  if (text.size > 0 && memchr(text.data, '\0', text.size))
    return tn_error_set(at->error, TN_UNSUPPORTED, at->text,
                        "a string or a name holds a NUL, which cJSON cannot; use tn_run_json() or tn_run()");
  char *copy = (char *)cJSON_malloc(text.size + 1);
  if (!copy) return no_memory(at->error);
  if (text.size > 0) memcpy(copy, text.data, text.size);
  copy[text.size] = '\0';
  *out = copy;
  return TN_OK;
}

static tn_status made(path *at, cJSON *tree, cJSON **out) {
  if (!tree) return no_memory(at->error);
  *out = tree;
  return TN_OK;
}

static tn_status make_string(path *at, tn_slice text, cJSON **out) {
  char *copy;
  TRY(text_of(at, text, &copy));
  cJSON *tree = cJSON_CreateString(copy);
  cJSON_free(copy);
  return made(at, tree, out);
}

/* What has a form of its own in JSON: as raw digits, or as the object that stands for it, in which all is strings. */
static tn_status make_from_text(path *at, tn_value value, bool raw, cJSON **out) {
  tn_slice text;
  TRY(tn_encode(FORMAT, value, &text, at->error));
  cJSON *tree = raw ? cJSON_CreateRaw((const char *)text.data) : cJSON_Parse((const char *)text.data);
  tn_text_free(text);
  return made(at, tree, out);
}

static tn_status make_number(path *at, tn_value value, cJSON **out) {
  int64_t n = 0;
  double d = 0;
  if (tn_as_int(value, &n))
    return n < -WHOLE_MAX || n > WHOLE_MAX ? make_from_text(at, value, true, out)
                                           : made(at, cJSON_CreateNumber((double)n), out);
  (void)tn_as_double(value, &d);
  if (!isfinite(d)) return make_from_text(at, value, false, out);
  bool doubtful = d == floor(d) && fabs(d) > WHOLE_MAX && fabs(d) <= INT64_END;
  return doubtful ? make_from_text(at, value, true, out) : made(at, cJSON_CreateNumber(d), out);
}

static tn_status make_tree(path *at, tn_value value, cJSON **out);

static tn_status add_item(path *at, cJSON *to, const tn_iter *it) {
  cJSON *item;
  char *name = NULL;
  if (it->name.data) TRY(text_of(at, it->name, &name));
  tn_status status = make_tree(at, it->value, &item);
  if (status == TN_OK && !(name ? cJSON_AddItemToObject(to, name, item) : cJSON_AddItemToArray(to, item))) {
    cJSON_Delete(item);
    status = no_memory(at->error);
  }
  cJSON_free(name);
  return status;
}

/* JSON text writes an object whose first name is one of its own words under {"$literal": ...}. */
static tn_status is_reserved(path *at, tn_value object, bool *out) {
  static const char literal[] = "{\"$literal\":";
  tn_builder b = TN_BUILDER_INIT;
  tn_slice text;
  tn_iter it = tn_iter_of(object);
  *out = false;
  if (!tn_iter_next(&it) || it.name.size == 0 || *(const char *)it.name.data != '$') return TN_OK;
  tn_object_begin(&b);
  tn_name_slice(&b, it.name);
  tn_add(&b, TN_ARG_NULL);
  tn_end(&b);
  tn_status status = tn_encode(FORMAT, tn_built(&b), &text, at->error);
  tn_builder_free(&b);
  TRY(status);
  *out = text.size >= sizeof literal - 1 && memcmp(text.data, literal, sizeof literal - 1) == 0;
  tn_text_free(text);
  return TN_OK;
}

static tn_status make_container(path *at, tn_value value, cJSON **out) {
  bool object = tn_value_type(value) == TN_OBJECT, reserved = false;
  if (object) TRY(is_reserved(at, value, &reserved));
  cJSON *tree = object ? cJSON_CreateObject() : cJSON_CreateArray();
  tn_status status = tree ? TN_OK : no_memory(at->error);
  for (tn_iter it = tn_iter_of(value); status == TN_OK && tn_iter_next(&it);) {
    size_t before = descend(at, it.name, it.next - 1);
    status = add_item(at, tree, &it);
    at->size = before;
  }
  cJSON *outer = status == TN_OK && reserved ? cJSON_CreateObject() : NULL;
  if (status == TN_OK && reserved && !(outer && cJSON_AddItemToObject(outer, "$literal", tree)))
    status = no_memory(at->error);
  if (status != TN_OK) {
    cJSON_Delete(outer);
    cJSON_Delete(tree);
    return status;
  }
  *out = outer ? outer : tree;
  return TN_OK;
}

static tn_status make_tree(path *at, tn_value value, cJSON **out) {
  tn_slice text;
  bool yes;
  switch (tn_value_type(value)) {
    case TN_BOOL: return tn_as_bool(value, &yes) ? made(at, cJSON_CreateBool(yes), out) : TN_INVALID;
    case TN_INT:
    case TN_DOUBLE: return make_number(at, value, out);
    case TN_STRING: return tn_as_string(value, &text) ? make_string(at, text, out) : TN_INVALID;
    case TN_BYTES:
    case TN_TIMESTAMP: return make_from_text(at, value, false, out);
    case TN_ARRAY:
    case TN_OBJECT: return make_container(at, value, out);
    case TN_ABSENT:
    case TN_NULL: break;
  }
  return made(at, cJSON_CreateNull(), out);
}

tn_status tn_to_cjson(tn_value value, struct cJSON **out, tn_error *error) {
  tn_error own_error;
  path at = {"", 0, error ? error : &own_error};
  return make_tree(&at, value, out);
}

/* ---- requests and answers as trees ----------------------------------------------------------- */

static cJSON *answer_tree(const tn_error *error, cJSON *result) {
  tn_status status = error->status;
  cJSON *answer = cJSON_CreateObject(), *inner = status == TN_OK ? result : cJSON_CreateObject();
  const char *text = error->text[0] != '\0' ? error->text : tn_status_text(status);
  bool fine = answer && inner && cJSON_AddBoolToObject(answer, "ok", status == TN_OK);
  if (fine && status != TN_OK)
    fine = cJSON_AddStringToObject(inner, "status", tn_status_name(status)) &&
           cJSON_AddStringToObject(inner, "text", text) && cJSON_AddStringToObject(inner, "where", error->where);
  if (fine && cJSON_AddItemToObject(answer, status == TN_OK ? "result" : "error", inner)) return answer;
  cJSON_Delete(answer);
  cJSON_Delete(inner);
  return NULL;
}

tn_status tn_run_cjson(tn_engine *engine, const struct cJSON *request, struct cJSON **answer, tn_error *error) {
  tn_builder value = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  tn_error found = TN_ERROR_INIT;
  cJSON *tree = NULL;
  tn_status status = tn_from_cjson(request, &value, &found);
  if (status == TN_OK) status = tn_request(engine, tn_built(&value), NULL, &result, &found);
  if (status == TN_OK) status = tn_to_cjson(result.value, &tree, &found);
  found.status = status;
  *answer = answer_tree(&found, tree);
  if (!*answer) status = no_memory(&found);
  tn_builder_free(&value);
  tn_result_free(&result);
  return hand_up(status, &found, error);
}
