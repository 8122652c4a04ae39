#include "pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "signals.h"

#define NAME_SIZE 64
#define POLL_MS 1000         /* how long to wait for a completion at a time */
#define POLL_EVERY_MS 5      /* while more commands come, answers that are ready are fetched this often */
#define RESULT_KEPT_MAX 4096 /* bytes of memory a slot keeps for its next result */

/* An operation of a model instance, found by what a request calls it. */
typedef struct target {
  char model[NAME_SIZE];
  char name[NAME_SIZE];
  const tn_op *op;
  bool is_command;
  bool has_rows;
} target;

/* A submitted command. */
typedef struct slot {
  bool done;
  tn_status status;
  tn_builder result;
  tn_error error;
  size_t request_size;
} slot;

/* Slots [first, first + count) modulo PIPELINE_COMMANDS_MAX are in flight, oldest first. */
struct pipeline {
  tn_engine *engine;
  output *out;
  pipeline_options options;
  target *targets;
  size_t target_count;
  size_t first, count;
  size_t bytes;
  int64_t polled_ms; /* when tn_poll was called last */
  bool failed;
  uint64_t rows;
  tn_result result;
  slot slots[PIPELINE_COMMANDS_MAX];
};

/* ---- which operations there are ------------------------------------------------------------- */

static bool copy_name(char *to, tn_slice name) {
  if (name.size == 0 || name.size >= NAME_SIZE || memchr(name.data, '\0', name.size)) return false;
  memcpy(to, name.data, name.size);
  to[name.size] = '\0';
  return true;
}

static bool field_is(tn_value object, const char *field, const char *text) {
  tn_slice have;
  return tn_get_string(object, field, &have) == TN_OK && have.size == strlen(text) &&
         memcmp(have.data, text, have.size) == 0;
}

static tn_status add_target(pipeline *p, tn_slice model, tn_value op, tn_error *error) {
  target *t = &p->targets[p->target_count];
  tn_slice name = {NULL, 0};
  (void)tn_get_string(op, "name", &name);
  if (!copy_name(t->model, model) || !copy_name(t->name, name)) return TN_OK;
  t->is_command = field_is(op, "kind", "command");
  (void)tn_get_bool(op, "rows", &t->has_rows);
  tn_status status = tn_op_prepare(p->engine, t->model, t->name, &t->op, error);
  if (status == TN_OK) p->target_count++;
  return status;
}

static tn_status add_targets(pipeline *p, tn_value models, tn_error *error) {
  size_t room = 0;
  for (tn_iter m = tn_iter_of(models); tn_iter_next(&m);) room += tn_count(tn_field(m.value, "ops"));
  p->targets = (target *)calloc(room + 1, sizeof *p->targets);
  if (!p->targets) return tn_error_set(error, TN_NOMEM, NULL, "no memory for %zu operations", room);
  for (tn_iter m = tn_iter_of(models); tn_iter_next(&m);)
    for (tn_iter op = tn_iter_of(tn_field(m.value, "ops")); tn_iter_next(&op);) {
      tn_status status = add_target(p, m.name, op.value, error);
      if (status != TN_OK) return status;
    }
  return TN_OK;
}

static bool name_is(tn_value value, const char *name) {
  tn_slice text;
  return tn_as_string(value, &text) && text.size == strlen(name) && memcmp(text.data, name, text.size) == 0;
}

/* The operation that a request of the shape ["MODEL", "OP", args?] asks for, if there is one. */
static const target *find_target(const pipeline *p, tn_value request) {
  uint32_t count = tn_count(request);
  tn_type args = tn_value_type(tn_item(request, 2));
  bool right_shape = tn_value_type(request) == TN_ARRAY && count >= 2 && count <= 3 &&
                     (args == TN_ABSENT || args == TN_ARRAY || args == TN_OBJECT);
  if (!right_shape) return NULL;
  for (const target *t = p->targets; t < p->targets + p->target_count; t++)
    if (name_is(tn_item(request, 1), t->name) && name_is(tn_item(request, 0), t->model)) return t;
  return NULL;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void init_slots(pipeline *p) {
  for (size_t i = 0; i < PIPELINE_COMMANDS_MAX; i++) p->slots[i].result = (tn_builder)TN_BUILDER_INIT;
}

tn_status pipeline_create(tn_engine *engine, output *out, const pipeline_options *options, pipeline **result,
                          tn_error *error) {
  pipeline *p = (pipeline *)calloc(1, sizeof *p);
  if (!p) return tn_error_set(error, TN_NOMEM, NULL, "no memory for the commands in flight");
  p->engine = engine;
  p->out = out;
  p->options = *options;
  p->result = (tn_result)TN_RESULT_INIT;
  init_slots(p);
  tn_result description = TN_RESULT_INIT;
  tn_status status = tn_describe(engine, &description, error);
  if (status == TN_OK) status = add_targets(p, tn_field(description.value, "models"), error);
  tn_result_free(&description);
  if (status == TN_OK)
    *result = p;
  else
    pipeline_destroy(p);
  return status;
}

void pipeline_destroy(pipeline *p) {
  if (!p) return;
  for (size_t i = 0; i < PIPELINE_COMMANDS_MAX; i++) tn_builder_free(&p->slots[i].result);
  tn_result_free(&p->result);
  free(p->targets);
  free(p);
}

bool pipeline_failed(const pipeline *p) { return p->failed; }

/* ---- answering ------------------------------------------------------------------------------ */

static void answer(pipeline *p, tn_status status, tn_value result, const tn_error *error) {
  if (status != TN_OK) p->failed = true;
  output_answer(p->out, status, result, error);
}

static void answer_first(pipeline *p) {
  slot *s = &p->slots[p->first];
  answer(p, s->status, tn_built(&s->result), &s->error);
  if (s->result.capacity > RESULT_KEPT_MAX) tn_builder_free(&s->result);
  p->bytes -= s->request_size;
  p->first = (p->first + 1) % PIPELINE_COMMANDS_MAX;
  p->count--;
}

static void answer_done(pipeline *p) {
  while (p->count > 0 && p->slots[p->first].done) answer_first(p);
  (void)output_flush(p->out);
}

static void on_done(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  slot *s = (slot *)arg;
  s->done = true;
  s->status = status;
  if (status != TN_OK && error) s->error = *error;
  if (status == TN_OK && result && !tn_is_absent(result->value)) tn_add(&s->result, result->value);
  if (s->result.status != TN_OK)
    s->status = tn_error_set(&s->error, s->result.status, NULL, "the command was done, its result did not fit");
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void poll_engine(pipeline *p, uint32_t timeout_ms) {
  tn_error error = TN_ERROR_INIT;
  size_t count = 0;
  if (tn_poll(p->engine, timeout_ms, &count, &error) != TN_OK) complain("run", &error);
  p->polled_ms = now_ms();
  answer_done(p);
}

void pipeline_drain(pipeline *p) {
  while (p->count > 0) poll_engine(p, POLL_MS);
}

/* ---- requests ------------------------------------------------------------------------------- */

static void submit(pipeline *p, const target *t, tn_value request) {
  while (p->count == PIPELINE_COMMANDS_MAX || p->bytes > PIPELINE_BYTES_MAX) poll_engine(p, POLL_MS);
  slot *s = &p->slots[(p->first + p->count) % PIPELINE_COMMANDS_MAX];
  tn_builder_clear(&s->result);
  s->done = false;
  s->error = (tn_error)TN_ERROR_INIT;
  s->request_size = request.size;
  p->bytes += request.size;
  p->count++;
  tn_status status = tn_submit(p->engine, t->op, tn_item(request, 2), TN_DONE_POLLED, on_done, s, &s->error);
  if (status != TN_OK) on_done(s, status, NULL, NULL);
  if (now_ms() - p->polled_ms >= POLL_EVERY_MS) poll_engine(p, 0);
}

static tn_status on_row(void *arg, tn_value row) {
  pipeline *p = (pipeline *)arg;
  if (!output_is_fine(p->out) || signals_caught() != 0) return TN_INTERRUPTED;
  p->rows++;
  return output_row(p->out, row, NULL);
}

static void answer_rows(pipeline *p) {
  fprintf(p->out->file, "{\"ok\":true,\"rows\":%llu}\n", (unsigned long long)p->rows);
}

static void run_now(pipeline *p, const target *t, tn_value request) {
  bool rows = p->options.rows && t && t->has_rows;
  tn_call call = TN_CALL_INIT;
  tn_error error = TN_ERROR_INIT;
  if (rows) {
    call.on_row = on_row;
    call.row_arg = p;
    p->rows = 0;
  }
  tn_status status = tn_request(p->engine, request, &call, &p->result, &error);
  if (rows && status == TN_OK)
    answer_rows(p);
  else
    answer(p, status, p->result.value, &error);
  if (p->result.builder.capacity > RESULT_KEPT_MAX) tn_result_free(&p->result);
  (void)output_flush(p->out);
}

void pipeline_request(pipeline *p, tn_value request) {
  const target *t = find_target(p, request);
  if (t && t->is_command && !p->options.one_by_one) {
    submit(p, t, request);
    return;
  }
  pipeline_drain(p);
  run_now(p, t, request);
}

void pipeline_refuse(pipeline *p, const tn_error *error) {
  pipeline_drain(p);
  answer(p, error->status, TN_NO_VALUE, error);
  (void)output_flush(p->out);
}
