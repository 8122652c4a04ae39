#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "describe.h"
#include "open.h"
#include "output.h"

#define NAME_SIZE 128

static int64_t number_of(tn_value object, const char *field) {
  int64_t n = 0;
  (void)tn_get_int(object, field, &n);
  return n;
}

static bool same_text(tn_slice a, tn_slice b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

static int wider(int width, size_t size) { return size > (size_t)width && size < NAME_SIZE ? (int)size : width; }

static void pad(FILE *to, size_t size, int width) {
  fprintf(to, "%*s", size < (size_t)width ? width - (int)size : 0, "");
}

static void print_padded(FILE *to, tn_slice text, int width) {
  fwrite(text.data, 1, text.size, to);
  pad(to, text.size, width);
}

/* ---- plugins -------------------------------------------------------------------------------- */

static void print_plugins(FILE *to, tn_value plugins) {
  int kind_width = 0, name_width = 0;
  for (tn_iter p = tn_iter_of(plugins); tn_iter_next(&p);) {
    kind_width = wider(kind_width, described_text(p.value, "kind").size);
    name_width = wider(name_width, described_text(p.value, "name").size);
  }
  fputs("plugins\n", to);
  for (tn_iter p = tn_iter_of(plugins); tn_iter_next(&p);) {
    fputs("  ", to);
    print_padded(to, described_text(p.value, "kind"), kind_width + 2);
    print_padded(to, described_text(p.value, "name"), name_width + 2);
    tn_slice doc = described_text(p.value, "doc");
    fprintf(to, "version %" PRId64 "  %.*s\n", number_of(p.value, "version"), (int)doc.size, (const char *)doc.data);
  }
}

/* ---- models --------------------------------------------------------------------------------- */

static bool is_first_of_type(tn_value models, uint32_t index) {
  tn_slice type = described_text(tn_item(models, index), "type");
  for (uint32_t i = 0; i < index; i++)
    if (same_text(described_text(tn_item(models, i), "type"), type)) return false;
  return true;
}

static void print_instances(FILE *to, tn_value models) {
  int width = 0;
  for (tn_iter m = tn_iter_of(models); tn_iter_next(&m);) width = wider(width, m.name.size);
  fputs("\nmodels\n", to);
  for (tn_iter m = tn_iter_of(models); tn_iter_next(&m);) {
    tn_slice type = described_text(m.value, "type");
    fputs("  ", to);
    print_padded(to, m.name, width + 2);
    fprintf(to, "%.*s, version %" PRId64 "\n", (int)type.size, (const char *)type.data,
            number_of(m.value, "version"));
  }
}

/* The operations of each type once, whatever number of instances has it. */
static void print_models(FILE *to, tn_value models) {
  if (tn_count(models) == 0) return;
  print_instances(to, models);
  for (uint32_t i = 0; i < tn_count(models); i++) {
    tn_slice type = described_text(tn_item(models, i), "type");
    if (!is_first_of_type(models, i)) continue;
    fprintf(to, "\noperations of a %.*s model\n", (int)type.size, (const char *)type.data);
    for (tn_iter op = tn_iter_of(tn_field(tn_item(models, i), "ops")); tn_iter_next(&op);)
      describe_op(to, op.value, -1, 0);
  }
}

/* ---- state ---------------------------------------------------------------------------------- */

/* What an engine did since it was opened, a moment ago, says nothing of the data. */
static bool is_shown(const tn_iter *it) {
  static const char hidden[] = "since_open";
  return it->name.size != sizeof hidden - 1 || memcmp(it->name.data, hidden, it->name.size) != 0;
}

static int stats_width(tn_value stats, size_t before) {
  int width = 0;
  for (tn_iter it = tn_iter_of(stats); tn_iter_next(&it);) {
    if (!is_shown(&it)) continue;
    size_t size = before + it.name.size;
    int inner = tn_value_type(it.value) == TN_OBJECT ? stats_width(it.value, size + 1) : (int)size;
    width = wider(width, (size_t)inner);
  }
  return width;
}

static void print_time(FILE *to, int64_t time_us) {
  char text[64];
  struct tm parts;
  int64_t second_us = ((time_us % 1000000) + 1000000) % 1000000;
  time_t seconds = (time_t)((time_us - second_us) / 1000000);
  if (!gmtime_r(&seconds, &parts) || strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts) == 0) text[0] = '\0';
  fprintf(to, "%s.%06d UTC", text, (int)second_us);
}

static void print_scalar(FILE *to, tn_value value) {
  tn_slice text;
  int64_t time_us;
  if (tn_as_timestamp(value, &time_us)) {
    print_time(to, time_us);
  } else if (tn_as_string(value, &text)) {
    fwrite(text.data, 1, text.size, to);
  } else if (tn_encode("json", value, &text, NULL) == TN_OK) {
    fwrite(text.data, 1, text.size, to);
    tn_text_free(text);
  }
}

/* Objects within objects become names with dots. */
static void print_stats(FILE *to, tn_value stats, const char *before, int width) {
  for (tn_iter it = tn_iter_of(stats); tn_iter_next(&it);) {
    char name[NAME_SIZE];
    if (!is_shown(&it)) continue;
    bool inner = tn_value_type(it.value) == TN_OBJECT;
    snprintf(name, sizeof name, "%s%.*s%s", before, (int)it.name.size, (const char *)it.name.data, inner ? "." : "");
    if (inner) {
      print_stats(to, it.value, name, width);
      continue;
    }
    fprintf(to, "  %-*s  ", width, name);
    print_scalar(to, it.value);
    fputc('\n', to);
  }
}

/* ---- the command ---------------------------------------------------------------------------- */

typedef struct facts {
  tn_result description;
  tn_result stats; /* absent: no CONFIG, or no data yet */
  bool has_data;
} facts;

static void print_text(FILE *to, const char *config, const facts *f) {
  fprintf(to, "tenon %s\n\n", tn_version());
  print_plugins(to, tn_field(f->description.value, "plugins"));
  print_models(to, tn_field(f->description.value, "models"));
  if (!config) {
    fputs("\n`tenon info CONFIG` also shows the models of a config, their operations, and the state of the data.\n",
          to);
    return;
  }
  fputs("\nstate\n", to);
  if (f->has_data)
    print_stats(to, f->stats.value, "", stats_width(f->stats.value, 0));
  else
    fputs("  no data yet; the first `tenon run` makes it\n", to);
}

static tn_status print_json(output *out, const facts *f, tn_error *error) {
  tn_builder all = TN_BUILDER_INIT;
  tn_object_begin(&all);
  tn_set(&all, "tenon", tn_version());
  for (tn_iter it = tn_iter_of(f->description.value); tn_iter_next(&it);) {
    tn_name_slice(&all, it.name);
    tn_add(&all, it.value);
  }
  if (f->has_data) tn_set(&all, "stats", f->stats.value);
  tn_end(&all);
  tn_status status = tn_builder_status(&all);
  if (status == TN_OK)
    status = output_value(out, tn_built(&all), error);
  else
    (void)tn_error_set(error, status, NULL, "%s", tn_status_text(status));
  tn_builder_free(&all);
  return status;
}

static tn_status open_for_looking(const cli_arguments *arguments, facts *f, tn_engine **engine, tn_error *error) {
  f->has_data = true;
  tn_status status = open_engine(arguments, true, engine, error);
  if (status != TN_NOT_FOUND) return status;
  f->has_data = false;
  return open_composition(arguments, engine, error);
}

static tn_status gather(const cli_arguments *arguments, facts *f, tn_error *error) {
  tn_engine *engine = NULL;
  tn_status status = TN_OK;
  if (arguments_operand(arguments, 0)) status = open_for_looking(arguments, f, &engine, error);
  if (status == TN_OK) status = tn_describe(engine, &f->description, error);
  if (status == TN_OK && f->has_data) status = tn_stats(engine, &f->stats, error);
  (void)tn_close(engine, NULL);
  return status;
}

static int info(const cli_arguments *arguments) {
  facts f = {TN_RESULT_INIT, TN_RESULT_INIT, false};
  output out = OUTPUT_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_status status = gather(arguments, &f, &error);
  if (status == TN_OK && arguments_has(arguments, "--json"))
    status = print_json(&out, &f, &error);
  else if (status == TN_OK)
    print_text(out.file, arguments_operand(arguments, 0), &f);
  tn_result_free(&f.description);
  tn_result_free(&f.stats);
  if (status != TN_OK) complain("info", &error);
  return output_end(&out, "info", status == TN_OK ? EXIT_FINE : EXIT_USAGE);
}

static const cli_option info_options[] = {
    {"--json", NULL, OPTION_FLAG, "everything as one object of JSON"},
    OPTION_MODEL,
    {NULL, NULL, OPTION_FLAG, NULL},
};

const cli_command command_info = {
    .name = "info",
    .operands = "[CONFIG]",
    .operands_min = 0,
    .operands_max = 1,
    .options = info_options,
    .summary = "show plugins, models, their operations, and the state of the data",
    .details =
        "Without CONFIG: the plugins that are built in. It changes nothing and works beside a program that owns\n"
        "the data; the state shown is what is durable. With --json the state is in \"stats\".\n"
        "\n"
        "Exit code: 0 shown, 2 the config or the data cannot be opened.\n",
    .run = info,
};
