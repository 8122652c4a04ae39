#include "open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_SIZE_MAX ((size_t)1 << 20)

void print_background(void *arg, tn_log_level level, const char *line) {
  (void)arg;
  if (level != TN_LOG_INFO) fprintf(stderr, "tenon: %s\n", line);
}

static tn_status open_text(tn_builder *config, const char *base_dir, tn_engine **out, tn_error *error) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  tn_slice text;
  tn_status status = tn_builder_status(config);
  if (status != TN_OK) return tn_error_set(error, status, NULL, "the config cannot be built from what was typed");
  status = tn_encode("json", tn_built(config), &text, error);
  if (status != TN_OK) return status;
  options.config_text = (const char *)text.data;
  options.base_dir = base_dir;
  options.log = print_background;
  status = tn_open(NULL, &options, out, error);
  tn_text_free(text);
  return status;
}

static void set_memory_storage(tn_builder *config) {
  tn_name(config, "storage");
  tn_object_begin(config);
  tn_set(config, "type", "memory");
  tn_end(config);
}

/* ---- CONFIG is - ---------------------------------------------------------------------------- */

static bool is_named_before(const cli_arguments *arguments, unsigned index) {
  const char *text = arguments_text(arguments, "--model", index);
  size_t size = strcspn(text, "=") + 1;
  for (unsigned i = 0; i < index; i++)
    if (strncmp(arguments_text(arguments, "--model", i), text, size) == 0) return true;
  return false;
}

static tn_status add_model(tn_builder *config, const char *text, tn_error *error) {
  const char *equals = strchr(text, '=');
  if (!equals || equals == text || equals[1] == '\0')
    return tn_error_set(error, TN_INVALID, "--model", "expected NAME=TYPE, not '%s'", text);
  tn_name_slice(config, (tn_slice){text, (size_t)(equals - text)});
  tn_object_begin(config);
  tn_set(config, "type", equals + 1);
  tn_end(config);
  return TN_OK;
}

static tn_status build_memory_config(const cli_arguments *arguments, tn_builder *config, tn_error *error) {
  if (!arguments_text(arguments, "--model", 0))
    return tn_error_set(error, TN_INVALID, NULL, "an engine in memory (-) needs a --model NAME=TYPE");
  tn_object_begin(config);
  set_memory_storage(config);
  tn_name(config, "models");
  tn_object_begin(config);
  const char *text;
  for (unsigned i = 0; (text = arguments_text(arguments, "--model", i)) != NULL; i++) {
    if (is_named_before(arguments, i))
      return tn_error_set(error, TN_INVALID, "--model", "'%s' names a model that is there already", text);
    tn_status status = add_model(config, text, error);
    if (status != TN_OK) return status;
  }
  tn_end(config);
  tn_end(config);
  return TN_OK;
}

static tn_status open_memory(const cli_arguments *arguments, tn_engine **out, tn_error *error) {
  tn_builder config = TN_BUILDER_INIT;
  tn_status status = build_memory_config(arguments, &config, error);
  if (status == TN_OK) status = open_text(&config, NULL, out, error);
  tn_builder_free(&config);
  return status;
}

tn_status open_config(const cli_arguments *arguments, tn_open_options *options, tn_engine **out, tn_error *error) {
  options->log = print_background;
  return tn_open(arguments_operand(arguments, 0), options, out, error);
}

tn_status open_engine(const cli_arguments *arguments, bool read_only, tn_engine **out, tn_error *error) {
  const char *config = arguments_operand(arguments, 0);
  if (strcmp(config, "-") == 0 && arguments_offer(arguments, "--model")) return open_memory(arguments, out, error);
  if (arguments_text(arguments, "--model", 0))
    return tn_error_set(error, TN_INVALID, "--model", "models of '%s' stand in that file; --model goes with -",
                        config);
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  options.read_only = read_only;
  return open_config(arguments, &options, out, error);
}

/* Whether nobody owns the data now, or somebody did and has not closed it. */
static bool was_closed(tn_engine *engine) {
  tn_result stats = TN_RESULT_INIT;
  bool clean = true;
  if (tn_stats(engine, &stats, NULL) == TN_OK) (void)tn_get_bool(stats.value, "journal.opened_clean", &clean);
  tn_result_free(&stats);
  return clean;
}

tn_status open_source(const cli_arguments *arguments, tn_engine **out, tn_error *error) {
  tn_engine *engine;
  tn_status status = open_engine(arguments, true, &engine, error);
  if (status != TN_OK) return status;
  if (!was_closed(engine)) {
    tn_engine *owner;
    tn_error ignored;
    (void)tn_close(engine, NULL);
    if (open_engine(arguments, false, &owner, &ignored) == TN_OK) return *out = owner, TN_OK;
    status = open_engine(arguments, true, &engine, error);
  }
  if (status == TN_OK) *out = engine;
  return status;
}

/* ---- a config without its data -------------------------------------------------------------- */

static tn_status read_file(const char *path, tn_slice *out, tn_error *error) {
  FILE *file = fopen(path, "rb");
  if (!file) return tn_error_set(error, TN_IO, path, "cannot open the config: %s", strerror(errno));
  char *data = (char *)malloc(CONFIG_SIZE_MAX);
  size_t size = data ? fread(data, 1, CONFIG_SIZE_MAX, file) : 0;
  bool whole = data && feof(file);
  fclose(file);
  if (whole) {
    *out = (tn_slice){data, size};
    return TN_OK;
  }
  free(data);
  return tn_error_set(error, TN_IO, path, "cannot read the config");
}

static void build_composition(tn_builder *to, tn_value config) {
  tn_object_begin(to);
  set_memory_storage(to);
  for (tn_iter it = tn_iter_of(config); tn_iter_next(&it);) {
    bool replaced = (it.name.size == 4 && memcmp(it.name.data, "data", 4) == 0) ||
                    (it.name.size == 7 && memcmp(it.name.data, "storage", 7) == 0);
    if (replaced) continue;
    tn_name_slice(to, it.name);
    tn_add(to, it.value);
  }
  tn_end(to);
}

static char *folder_of(const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash) return strdup(".");
  return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

tn_status open_composition(const cli_arguments *arguments, tn_engine **out, tn_error *error) {
  const char *path = arguments_operand(arguments, 0);
  tn_builder config = TN_BUILDER_INIT, composed = TN_BUILDER_INIT;
  tn_slice text = {NULL, 0};
  char *folder = folder_of(path);
  tn_status status = folder ? read_file(path, &text, error) : tn_error_set(error, TN_NOMEM, NULL, "out of memory");
  if (status == TN_OK) status = tn_decode("json", text, &config, NULL, error);
  if (status == TN_OK) {
    build_composition(&composed, tn_built(&config));
    status = open_text(&composed, folder, out, error);
  }
  tn_builder_free(&composed);
  tn_builder_free(&config);
  free((void *)(uintptr_t)text.data);
  free(folder);
  return status;
}
