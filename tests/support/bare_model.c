#include "support/bare_model.h"

#include <stdlib.h>

#include "support/assert_status.h"
#include "tenon.h"

static const tni_sink no_sink = {NULL, NULL};

static const tn_model *model_of(bare_model *m) { return m->instance.model; }

static tn_status call_open(tn_ctx *ctx, void *arg) {
  bare_model *m = arg;
  return model_of(m)->open ? model_of(m)->open(ctx, TN_NO_VALUE) : TN_OK;
}

static tn_status call_close(tn_ctx *ctx, void *arg) {
  bare_model *m = arg;
  if (model_of(m)->close) model_of(m)->close(ctx);
  return TN_OK;
}

bool bare_model_init(bare_model *m, const tn_model *model, const tn_memory *memory) {
  static const uint64_t seeds[BARE_MAPS_MAX] = {1, 2, 3, 4, 5, 6, 7, 8};
  memset(m, 0, sizeof *m);
  assert_true(model->map_count <= BARE_MAPS_MAX);
  if (tni_state_create(tn_memory_system(), (uint32_t)model->map_count, seeds, &m->state) != TN_OK) return false;
  m->instance = (tni_instance){.name = "bare", .model = model};
  m->env = (tni_env){.memory = memory, .state = m->state, .roots = tni_state_working(m->state), .writable = true};
  m->args = m->result = (tn_builder)TN_BUILDER_INIT;
  m->instance.state = calloc(1, model->state_size + 1);
  return m->instance.state && tni_exec_slot(&m->env, &m->instance, call_open, m, no_sink, &m->error) == TN_OK;
}

void bare_model_fini(bare_model *m) {
  tn_status closed = tni_exec_slot(&m->env, &m->instance, call_close, m, no_sink, &m->error);
  assert_status(closed, TN_OK);
  free(m->instance.state);
  tni_state_destroy(m->state);
  tn_builder_free(&m->args);
  tn_builder_free(&m->result);
}

tn_value bare_parse(tn_builder *b, const char *json) {
  tn_builder_clear(b);
  assert_status(tn_decode("json", (tn_slice){json, strlen(json)}, b, NULL, NULL), TN_OK);
  return tn_built(b);
}

static const tn_op_def *find_op(const tn_model *model, const char *name) {
  for (size_t i = 0; i < model->op_count; i++)
    if (strcmp(model->ops[i].name, name) == 0) return &model->ops[i];
  fail_msg("no operation '%s'", name);
  return NULL;
}

/* Defaults of flags are left out: an absent flag is false for a handler, too. */
tn_status bare_run(bare_model *m, const char *op, const char *args) {
  tn_op bound = {find_op(m->instance.model, op), &m->instance, {TN_NO_VALUE}};
  tn_value argv[TN_OP_PARAM_MAX];
  m->env.seq++;
  m->env.now_us++;
  m->error = (tn_error)TN_ERROR_INIT;
  assert_status(tni_bind(&bound, bare_parse(&m->args, args), argv, &m->error), TN_OK);
  tn_builder_clear(&m->result);
  return tni_exec_op(&m->env, &bound, argv, (tni_sink){NULL, NULL}, &m->result, &m->error);
}

static tn_status call_check(tn_ctx *ctx, void *arg) {
  const tn_model *model = arg;
  tn_builder *row = tn_builder_for(ctx);
  return row ? model->check(ctx, row) : TN_NOMEM;
}

tn_status bare_check(bare_model *m, tni_sink sink) {
  tni_env env = m->env;
  env.writable = false;
  return tni_exec_slot(&env, &m->instance, call_check, (void *)(uintptr_t)m->instance.model, sink, &m->error);
}
