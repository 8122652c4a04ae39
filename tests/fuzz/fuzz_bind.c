/* Arguments from any bytes for every op of every built-in model, by name and by position: both ways bind to the same,
 * do the same and answer the same; what a record keeps of them binds to the same again; what is refused changes
 * nothing. */
#include "catalog.h"
#include "engine.h"
#include "fuzz.h"

#define STEPS_MAX 24
#define CONFIG_SIZE_MAX 4096

static const tn_model *model_of(const tn_plugin *plugin) {
  return plugin->kind == TN_KIND_MODEL ? (const tn_model *)(const void *)plugin : NULL;
}

/* Each model as an instance of its own name. */
static const char *config_text(void) {
  static char text[CONFIG_SIZE_MAX];
  size_t used = (size_t)snprintf(text, sizeof text,
                                 "{\"storage\": {\"type\": \"memory\"}, \"service_thread\": false, \"models\": {");
  for (size_t i = 0, n = 0; tni_builtins[i]; i++)
    if (model_of(tni_builtins[i]) && used < sizeof text)
      used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%s\": {\"type\": \"%s\"}", n++ ? ", " : "",
                               tni_builtins[i]->name, tni_builtins[i]->name);
  MUST(used + 3 <= sizeof text);
  strcpy(text + used, "}}");
  return text;
}

/* Op `number` of all there are, counted around. */
static const tn_op *pick_op(tn_engine *engine, size_t number) {
  size_t count = 0;
  for (size_t i = 0; tni_builtins[i]; i++)
    if (model_of(tni_builtins[i])) count += model_of(tni_builtins[i])->op_count;
  number %= count;
  for (size_t i = 0;; i++) {
    const tn_model *model = model_of(tni_builtins[i]);
    const tn_op *op = NULL;
    if (model && number < model->op_count) {
      MUST(tn_op_prepare(engine, model->plugin.name, model->ops[number].name, &op, NULL) == TN_OK);
      return op;
    }
    if (model) number -= model->op_count;
  }
}

static int64_t read_clock(void *arg) {
  (void)arg;
  return 1767225600000000;
}

static tn_engine *open_engine(void) {
  tn_engine *engine;
  tn_open_options options = {.config_text = config_text(), .clock_us = read_clock};
  MUST(tn_open(NULL, &options, &engine, NULL) == TN_OK);
  engine->seed = 1; /* ids that documents get are the same in both */
  return engine;
}

/* ---- arguments ------------------------------------------------------------------------------ */

typedef struct arguments {
  tn_builder values; /* an array: one for each param */
  bool given[TN_OP_PARAM_MAX];
  tn_builder named, placed;
} arguments;

static tn_type pick_type(fuzz_input *in, uint32_t types) {
  uint8_t how = fuzz_byte(in);
  tn_type type = (tn_type)(TN_NULL + how % TN_OBJECT);
  if (how >= 240) return type; /* whatever it is */
  while (!(types & TN_TYPE_BIT(type))) type = type == TN_OBJECT ? TN_NULL : (tn_type)(type + 1);
  return type;
}

/* Not given: whether time is up would not be the same twice. */
static bool bounds_time(const tn_param *param) { return strcmp(param->name, "max_ms") == 0; }

/* False when a value passed a limit. */
static bool draw_values(fuzz_input *in, const tn_op_def *def, arguments *a) {
  tn_builder_clear(&a->values);
  tn_array_begin(&a->values);
  for (size_t i = 0; i < def->param_count; i++) {
    a->given[i] =
        (def->params[i].required ? fuzz_byte(in) < 250 : fuzz_byte(in) % 2) && !bounds_time(&def->params[i]);
    if (a->given[i])
      fuzz_add_type(in, &a->values, pick_type(in, def->params[i].types), 3);
    else
      tn_add(&a->values, TN_ARG_NULL);
  }
  tn_end(&a->values);
  return !tn_is_absent(tn_built(&a->values));
}

/* By position a null stands where none is given; where null is a value, it is given by name too. */
static void place(const tn_op_def *def, arguments *a) {
  tn_value values = tn_built(&a->values);
  size_t count = def->param_count;
  while (count > 0 && !a->given[count - 1]) count--;
  tn_builder_clear(&a->placed);
  tn_builder_clear(&a->named);
  tn_array_begin(&a->placed);
  tn_object_begin(&a->named);
  for (size_t i = 0; i < count; i++) {
    tn_add(&a->placed, tn_item(values, (uint32_t)i));
    if (a->given[i] || (def->params[i].types & TN_T_NULL))
      tn_set(&a->named, def->params[i].name, tn_item(values, (uint32_t)i));
  }
  tn_end(&a->placed);
  tn_end(&a->named);
}

static void free_arguments(arguments *a) {
  tn_builder_free(&a->values);
  tn_builder_free(&a->named);
  tn_builder_free(&a->placed);
}

/* ---- binding -------------------------------------------------------------------------------- */

static bool same_argv(const tn_op *op, const tn_value *a, const tn_value *b) {
  for (size_t i = 0; i < op->def->param_count; i++)
    if (!tn_value_same(a[i], b[i])) return false;
  return true;
}

static void check_record(const tn_op *op, const tn_value *argv) {
  tn_builder kept = TN_BUILDER_INIT;
  tn_value again[TN_OP_PARAM_MAX];
  tni_bound_args(op, argv, &kept);
  MUST(tni_bind(op, tn_built(&kept), again, NULL) == TN_OK);
  MUST(same_argv(op, argv, again));
  tn_builder_free(&kept);
}

static void check_bind(const tn_op *op, tn_value named, tn_value placed) {
  tn_value by_name[TN_OP_PARAM_MAX], by_place[TN_OP_PARAM_MAX];
  tn_error error = TN_ERROR_INIT;
  tn_status status = tni_bind(op, named, by_name, &error);
  MUST(tni_bind(op, placed, by_place, NULL) == status);
  MUST(status == TN_OK || (error.status == status && error.text[0] != '\0'));
  if (status != TN_OK) return;
  MUST(same_argv(op, by_name, by_place));
  if (op->def->kind == TN_COMMAND) check_record(op, by_name);
}

/* ---- running -------------------------------------------------------------------------------- */

/* Two engines to which the same is done, and the digest of both. */
typedef struct pair {
  tn_engine *by_name, *by_place;
  char digest[33];
} pair;

static tn_status run(tn_engine *engine, const tn_op *op, tn_value args, const char *before, char after[33],
                     tn_result *result) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = tn_run_op(engine, op, args, NULL, result, &error);
  fuzz_digest(engine, after);
  MUST(strcmp(before, after) == 0 || (status == TN_OK && op->def->kind == TN_COMMAND));
  MUST(status != TN_MISUSE && status != TN_CORRUPT && status != TN_IO && status != TN_OUTCOME_UNKNOWN);
  MUST(status == TN_OK || status == TN_NOT_FOUND || error.text[0] != '\0');
  return status;
}

static void run_both(pair *p, size_t op, tn_value named, tn_value placed) {
  tn_result a = TN_RESULT_INIT, b = TN_RESULT_INIT;
  char first[33], second[33];
  tn_status status = run(p->by_name, pick_op(p->by_name, op), named, p->digest, first, &a);
  MUST(run(p->by_place, pick_op(p->by_place, op), placed, p->digest, second, &b) == status);
  if (status == TN_OK) MUST(a.seq == b.seq && tn_value_same(a.value, b.value));
  MUST(strcmp(first, second) == 0);
  strcpy(p->digest, first);
  tn_result_free(&a);
  tn_result_free(&b);
}

/* Arguments of any shape are refused, or bind like others. */
static void step_any(fuzz_input *in, pair *p, size_t number) {
  tn_builder b = TN_BUILDER_INIT;
  tn_value args = fuzz_value(in, &b, 4);
  if (!tn_is_absent(args)) {
    check_bind(pick_op(p->by_name, number), args, args);
    run_both(p, number, args, args);
  }
  tn_builder_free(&b);
}

static void step(fuzz_input *in, pair *p) {
  uint8_t how = fuzz_byte(in);
  size_t number = (size_t)fuzz_number(in, 2);
  if (how >= 245) {
    step_any(in, p, number);
    return;
  }
  const tn_op *op = pick_op(p->by_name, number);
  arguments a = {.values = TN_BUILDER_INIT, .named = TN_BUILDER_INIT, .placed = TN_BUILDER_INIT};
  if (draw_values(in, op->def, &a)) {
    place(op->def, &a);
    check_bind(op, tn_built(&a.named), tn_built(&a.placed));
    run_both(p, number, tn_built(&a.named), tn_built(&a.placed));
  }
  free_arguments(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = fuzz_input_of(data, size);
  pair p = {open_engine(), open_engine(), ""};
  fuzz_digest(p.by_name, p.digest);
  for (int i = 0; i < STEPS_MAX && fuzz_left(&in) > 0; i++) step(&in, &p);
  MUST(tn_check(p.by_name, NULL, NULL, NULL, NULL) == TN_OK);
  MUST(tn_close(p.by_name, NULL) == TN_OK);
  MUST(tn_close(p.by_place, NULL) == TN_OK);
  return 0;
}
