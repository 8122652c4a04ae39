/* stage_unwind.c - $unwind: a document for each item of an array. */
#include "stage.h"

typedef struct unwind_stage {
  tni_stage stage;
  tni_path path, index;
  bool has_index; /* includeArrayIndex */
  bool preserves; /* preserveNullAndEmptyArrays */
  tn_value doc;   /* the one that is being unwound, the stage before has it; absent: draw the next */
  tn_iter items;
} unwind_stage;

static tn_status unwind_open(tni_stage *stage) {
  ((unwind_stage *)stage)->doc = TN_NO_VALUE;
  return TN_OK;
}

/* ---- drawing ---------------------------------------------------------------------------------- */

static tn_status put_index(unwind_stage *s, tn_arg index, tn_value *doc) {
  tn_value value;
  if (!s->has_index) return TN_OK;
  TRY(tni_pool_value(&s->stage.out, &value, index));
  return tni_stage_put(&s->stage, &s->index, value, doc);
}

static tn_status give_item(unwind_stage *s, tn_value *doc) {
  *doc = s->doc;
  TRY(tni_stage_put(&s->stage, &s->path, s->items.value, doc));
  return put_index(s, TN_ARG((int64_t)s->items.next - 1), doc);
}

/* Of a document without items: itself, without an empty array, when such are to stay. */
static tn_status give_whole(unwind_stage *s, tn_value at, tn_value *doc) {
  if (tn_value_type(at) == TN_ARRAY) TRY(tni_stage_put(&s->stage, &s->path, TN_NO_VALUE, doc));
  return put_index(s, TN_ARG_NULL, doc);
}

/* Draws the next document. *given: it is handed out as it is; else its items are next. */
static tn_status begin(unwind_stage *s, tn_value *doc, bool *given) {
  bool through_array = false;
  TRY(tni_stage_draw(&s->stage, doc));
  tn_value at = tni_path_plain(&s->path, *doc, &through_array);
  bool is_array = tn_value_type(at) == TN_ARRAY;
  bool is_none = tn_is_absent(at) || tn_is_null(at) || (is_array && tn_count(at) == 0);
  *given = is_none ? s->preserves : !is_array;
  if (*given) return give_whole(s, at, doc);
  if (is_none) return TN_OK;
  s->doc = *doc;
  s->items = tn_iter_of(at);
  return TN_OK;
}

static tn_status unwind_next(tni_stage *stage, tn_value *doc) {
  unwind_stage *s = (unwind_stage *)stage;
  for (;;) {
    bool given = false;
    if (!tn_is_absent(s->doc) && tn_iter_next(&s->items)) return give_item(s, doc);
    s->doc = TN_NO_VALUE;
    TRY(begin(s, doc, &given));
    if (given) return TN_OK;
  }
}

static const tni_stage_ops unwind_ops = {.open = unwind_open, .next = unwind_next};

/* ---- compiling -------------------------------------------------------------------------------- */

static tn_status read_path(tn_ctx *ctx, tn_value spec, const char *where, tni_path *out) {
  tn_slice text = {NULL, 0};
  if (!tn_as_string(spec, &text) || text.size < 2 || *(const char *)text.data != '$')
    return tn_fail(ctx, TN_INVALID, where, "expected the path of an array with '$' in front");
  return tni_path_parse(ctx, (tn_slice){(const char *)text.data + 1, text.size - 1}, where, out);
}

static tn_status read_index(tn_ctx *ctx, tn_value spec, const char *where, unwind_stage *s) {
  tn_slice text = {NULL, 0};
  where = tni_where(ctx, where, tni_slice_of("includeArrayIndex"));
  s->has_index = !tn_is_absent(spec);
  if (!s->has_index) return TN_OK;
  TRY(tni_expect(ctx, spec, TN_T_STRING, "the name of a field", where));
  (void)tn_as_string(spec, &text);
  return tni_path_parse(ctx, text, where, &s->index);
}

static tn_status read_options(tn_ctx *ctx, tn_value spec, const char *where, unwind_stage *s) {
  static const char *const names[] = {"path", "includeArrayIndex", "preserveNullAndEmptyArrays"};
  tn_value values[3];
  TRY(tni_take_fields(ctx, spec, names, 3, 1, where, values));
  TRY(read_path(ctx, values[0], tni_where(ctx, where, tni_slice_of("path")), &s->path));
  TRY(read_index(ctx, values[1], where, s));
  if (!tn_is_absent(values[2]) && !tn_as_bool(values[2], &s->preserves))
    return tni_expect(ctx, values[2], TN_T_BOOL, "true or false", tni_where(ctx, where, tni_slice_of(names[2])));
  return TN_OK;
}

tn_status tni_compile_unwind(tni_chain *chain, tn_value spec, const char *where) {
  tn_ctx *ctx = chain->request->ctx;
  tni_stage *stage;
  TRY(tni_stage_new(chain->request, sizeof(unwind_stage), &unwind_ops, where, &stage));
  unwind_stage *s = (unwind_stage *)stage;
  TRY(tni_expect(ctx, spec, TN_T_STRING | TN_T_OBJECT, "a path or an object", where));
  if (tn_value_type(spec) == TN_STRING)
    TRY(read_path(ctx, spec, where, &s->path));
  else
    TRY(read_options(ctx, spec, where, s));
  tni_chain_add(chain, stage);
  return TN_OK;
}
