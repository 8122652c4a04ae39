/* A document with a value put at a path: what several stages hand out. */
#include "stage.h"

/* What stands at one path in the document that is built; absent removes it. */
typedef struct change {
  const tni_path *path;
  tn_value value;
} change;

static void add_at(const change *c, uint32_t step, tn_value at, tn_builder *builder);

/* The fields of `at`, the step's one changed, behind them where it was not there. */
static void add_changed(const change *c, uint32_t step, tn_value at, tn_builder *builder) {
  tn_slice name = c->path->steps[step].name;
  bool last = step + 1 == c->path->count, there = false;
  tn_object_begin(builder);
  for (tn_iter it = tn_iter_of(at); tn_iter_next(&it);) {
    bool same = tni_slice_same(it.name, name);
    there = there || same;
    if (same && last && tn_is_absent(c->value)) continue;
    tn_name_slice(builder, it.name);
    if (same)
      add_at(c, step + 1, it.value, builder);
    else
      tn_add(builder, it.value);
  }
  if (!there && !tn_is_absent(c->value)) {
    tn_name_slice(builder, name);
    add_at(c, step + 1, TN_NO_VALUE, builder);
  }
  tn_end(builder);
}

/* What is no object gives way to one. */
static void add_at(const change *c, uint32_t step, tn_value at, tn_builder *builder) {
  if (step == c->path->count)
    tn_add(builder, c->value);
  else
    add_changed(c, step, tn_value_type(at) == TN_OBJECT ? at : TN_NO_VALUE, builder);
}

tn_status tni_stage_put(tni_stage *stage, const tni_path *path, tn_value value, tn_value *doc) {
  tn_builder *builder;
  change c = {path, value};
  TRY(tni_stage_builder(stage, &builder));
  add_changed(&c, 0, *doc, builder);
  return tni_pool_built(&stage->out, builder, stage->where, doc);
}
