#include "update_path.h"

/* ---- parsing ---------------------------------------------------------------------------------- */

static tn_slice slice_at(tn_slice text, size_t from, size_t until) {
  return (tn_slice){(const char *)text.data + from, until - from};
}

/* Where the step that begins at `from` ends. */
static size_t step_end(tn_slice text, size_t from) {
  const char *at = text.data;
  while (from < text.size && at[from] != '.') from++;
  return from;
}

/* True for `$`, `$[]` and `$[name]`. */
static bool stands_for_items(tn_slice text, tni_update_step *out) {
  const char *at = text.data;
  if (text.size == 0 || at[0] != '$') return false;
  bool bracketed = text.size >= 3 && at[1] == '[' && at[text.size - 1] == ']';
  if (text.size > 1 && !bracketed) return false;
  out->kind = text.size == 1 ? TNI_STEP_HIT : text.size == 3 ? TNI_STEP_ALL : TNI_STEP_MATCHED;
  out->step = (tni_step){.index = TNI_NO_INDEX};
  if (bracketed) out->step.name = slice_at(text, 2, text.size - 1);
  return true;
}

/* Where the run of plain steps that begins at `from` ends: behind the last, before the dot. */
static size_t run_end(tn_slice text, size_t from) {
  tni_update_step ignored;
  size_t end = step_end(text, from);
  while (end < text.size && !stands_for_items(slice_at(text, end + 1, step_end(text, end + 1)), &ignored))
    end = step_end(text, end + 1);
  return end;
}

static tn_status add_run(tn_ctx *ctx, tn_slice text, const char *where, tni_update_path *path) {
  tni_path run;
  TRY(tni_path_parse(ctx, text, where, &run));
  if (run.count > TNI_PATH_STEPS_MAX - path->count)
    return tn_fail(ctx, TN_LIMIT, where, "a path has at most %d steps", TNI_PATH_STEPS_MAX);
  for (uint32_t i = 0; i < run.count; i++)
    path->steps[path->count++] = (tni_update_step){TNI_STEP_FIELD, run.steps[i]};
  return TN_OK;
}

static bool has_hit(const tni_update_path *path) {
  for (uint32_t i = 0; i < path->count; i++)
    if (path->steps[i].kind == TNI_STEP_HIT) return true;
  return false;
}

static tn_status add_items_step(tn_ctx *ctx, const tni_update_step *step, const char *where, tni_update_path *path) {
  if (path->count == 0) return tn_fail(ctx, TN_INVALID, where, "expected a field before $, $[] or $[name]");
  if (path->count == TNI_PATH_STEPS_MAX)
    return tn_fail(ctx, TN_LIMIT, where, "a path has at most %d steps", TNI_PATH_STEPS_MAX);
  if (step->kind == TNI_STEP_HIT && has_hit(path))
    return tn_fail(ctx, TN_INVALID, where, "expected at most one $ in a path, got two");
  path->steps[path->count++] = *step;
  return TN_OK;
}

static size_t count_steps(tn_slice text) {
  size_t count = 1;
  for (size_t end = step_end(text, 0); end < text.size; end = step_end(text, end + 1)) count++;
  return count < TNI_PATH_STEPS_MAX ? count : TNI_PATH_STEPS_MAX;
}

/* One field's name, which most paths are. */
static bool is_name(tn_slice text) {
  const char *at = text.data;
  return text.size > 0 && at[0] != '$' && !memchr(at, '.', text.size);
}

static tn_status take_name(tn_ctx *ctx, tn_slice name, tni_update_path *out) {
  struct {
    tni_update_step step;
    uint32_t likely;
  } *made = tn_scratch(ctx, sizeof *made);
  if (!made) return tni_no_memory(ctx);
  made->likely = 0;
  made->step = (tni_update_step){TNI_STEP_FIELD, tni_step_named(name, &made->likely)};
  return *out = (tni_update_path){&made->step, 1}, TN_OK;
}

tn_status tni_update_path_parse(tn_ctx *ctx, tn_slice text, const char *where, tni_update_path *out) {
  if (is_name(text)) return take_name(ctx, text, out);
  tni_update_path path = {tn_scratch(ctx, count_steps(text) * sizeof *path.steps), 0};
  tni_update_step step;
  size_t from = 0, end;
  if (!path.steps) return tni_no_memory(ctx);
  do {
    end = step_end(text, from);
    if (stands_for_items(slice_at(text, from, end), &step)) {
      TRY(add_items_step(ctx, &step, where, &path));
    } else {
      end = run_end(text, from);
      TRY(add_run(ctx, slice_at(text, from, end), where, &path));
    }
    from = end + 1;
  } while (end < text.size);
  return *out = path, TN_OK;
}

/* ---- order ------------------------------------------------------------------------------------ */

static int compare_names(tn_slice a, tn_slice b) {
  size_t size = a.size < b.size ? a.size : b.size;
  int order = size > 0 ? memcmp(a.data, b.data, size) : 0;
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

int tni_step_compare(const tni_step *a, const tni_step *b) {
  if (a->index != b->index) return a->index < b->index ? -1 : 1; /* TNI_NO_INDEX is the highest */
  return compare_names(a->name, b->name);
}

int tni_update_step_compare(const tni_update_step *a, const tni_update_step *b) {
  return a->kind != b->kind ? (int)a->kind - (int)b->kind : tni_step_compare(&a->step, &b->step);
}
