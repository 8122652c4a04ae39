#include "grouping.h"

/* ---- compiling -------------------------------------------------------------------------------- */

static tn_status compile_field(tni_request *request, tn_slice name, tn_value spec, const char *where,
                               tni_grouping_fields *fields) {
  tni_grouping_field *field = &fields->fields[fields->count];
  where = tni_where(request->ctx, where, name);
  if (!tni_is_field_name(name))
    return tn_fail(request->ctx, TN_INVALID, where, "expected a field's name without '$' in front and '.', got '%s'",
                   tni_quoted(request->ctx, name));
  TRY(tni_accumulator_compile(request->ctx, &request->scope, spec, where, &field->accumulator));
  field->name = name;
  field->offset = fields->size;
  fields->size += tni_accumulator_size(field->accumulator);
  fields->count++;
  return TN_OK;
}

tn_status tni_grouping_fields_compile(tni_request *request, tn_value spec, const char *but, const char *where,
                                      tni_grouping_fields *out) {
  TRY(tni_expect(request->ctx, spec, TN_T_OBJECT, "an object", where));
  *out = (tni_grouping_fields){.fields = tn_scratch(request->ctx, (tn_count(spec) + 1) * sizeof *out->fields)};
  if (!out->fields) return tni_no_memory(request->ctx);
  for (tn_iter it = tn_iter_of(spec); tn_iter_next(&it);)
    if (!tni_slice_is(it.name, but)) TRY(compile_field(request, it.name, it.value, where, out));
  return TN_OK;
}

tn_builder *tni_grouping_count_fields(tni_request *request) {
  tn_builder *builder = tn_builder_for(request->ctx);
  if (!builder) return NULL;
  tn_object_begin(builder);
  tn_name(builder, "count");
  tn_object_begin(builder);
  tn_set(builder, "$sum", 1);
  tn_end(builder);
  tn_end(builder);
  return tn_builder_status(builder) == TN_OK ? builder : NULL;
}

bool tni_is_computed(tn_value spec) {
  tn_slice text = {NULL, 0};
  tn_iter it = tn_iter_of(spec);
  if (tn_value_type(spec) == TN_OBJECT && tn_count(spec) == 1 && tn_iter_next(&it)) text = it.name;
  (void)tn_as_string(spec, &text);
  return text.size > 1 && *(const char *)text.data == '$';
}

tn_status tni_grouping_sort(tni_chain *chain, const char *field, int direction, const char *where) {
  tn_builder *builder = tn_builder_for(chain->request->ctx);
  if (!builder) return tni_no_memory(chain->request->ctx);
  tn_value spec = tn_obj(builder, field, direction);
  if (tn_is_absent(spec)) return tni_no_memory(chain->request->ctx);
  return tni_compile_sort(chain, spec, where);
}

/* ---- one group -------------------------------------------------------------------------------- */

static void *state_of(void *states, const tni_grouping_field *field) { return (uint8_t *)states + field->offset; }

tn_status tni_grouping_begin(const tni_grouping_fields *fields, tni_stage *stage, void *states, tn_value id) {
  tni_eval eval = tni_stage_eval(stage, id);
  for (uint32_t i = 0; i < fields->count; i++) {
    const tni_grouping_field *f = &fields->fields[i];
    TRY(tni_accumulator_begin(f->accumulator, state_of(states, f), &eval));
  }
  return TN_OK;
}

tn_status tni_grouping_take(const tni_grouping_fields *fields, tni_stage *stage, void *states, tn_value doc) {
  tni_eval eval = tni_stage_eval(stage, doc);
  for (uint32_t i = 0; i < fields->count; i++) {
    const tni_grouping_field *f = &fields->fields[i];
    TRY(tni_accumulator_add(f->accumulator, state_of(states, f), &stage->kept, &eval));
  }
  return TN_OK;
}

static tn_status add_results(const tni_grouping_fields *fields, tni_stage *stage, void *states, tn_value id,
                             tn_builder *builder) {
  tni_eval eval = tni_stage_eval(stage, id);
  tn_object_begin(builder);
  tn_set(builder, "_id", id);
  for (uint32_t i = 0; i < fields->count; i++) {
    const tni_grouping_field *f = &fields->fields[i];
    tn_value result;
    TRY(tni_accumulator_result(f->accumulator, state_of(states, f), &eval, &result));
    tn_name_slice(builder, f->name);
    tn_add(builder, result);
  }
  tn_end(builder);
  return TN_OK;
}

tn_status tni_grouping_give(const tni_grouping_fields *fields, tni_stage *stage, void *states, tn_value id,
                            tn_value *doc) {
  tn_builder *builder;
  TRY(tni_stage_builder(stage, &builder));
  tn_status status = add_results(fields, stage, states, id, builder);
  if (status == TN_OK) return tni_pool_built(&stage->out, builder, stage->where, doc);
  tni_pool_drop(&stage->out, builder);
  return status;
}
