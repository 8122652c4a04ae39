/* bench - measures Tenon beside what people would otherwise take, on this machine, in one run. README.md in this
 * folder says what is measured and how; `--help` what can be asked for. */
#include "bench.h"

#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "run.h"

static volatile sig_atomic_t stop;
static void on_signal(int number) { stop = number; }

#define DEFAULT_FOLDER "build/bench-data"

static const char usage[] =
    "bench: measures Tenon beside its peers, in turns, and prints medians, spread and ratios.\n\n"
    "  --quick           a look in under a minute: 100,000 entries, 3 short rounds\n"
    "  --rounds N        how often each measure is taken; 5\n"
    "  --seconds S       how long a measure takes that has no end of its own; 0.3\n"
    "  --scale N         how many entries systems hold; 1000000\n"
    "  --only PATTERNS   workloads, as in a shell, separated by commas: 'map_*,commit_sync_8'\n"
    "  --systems NAMES   the same for systems: 'tenon*,lmdb'\n"
    "  --json FILE       where results go; build/bench.json\n"
    "  --data FOLDER     where systems keep their files meanwhile, on a disk; build/bench-data\n"
    "  --list            the workloads\n";

/* ---- what was typed ------------------------------------------------------------------------- */

typedef struct arguments {
  bench_options options;
  const char *json;
  bool list, help;
} arguments;

static bool read_number(const char *text, double min, double max, double *out) {
  char *end;
  *out = strtod(text, &end);
  return end != text && *end == '\0' && isfinite(*out) && *out >= min && *out <= max;
}

static bool take_number(const char *name, const char *text, double min, double max, double *out) {
  if (read_number(text, min, max, out)) return true;
  fprintf(stderr, "bench: --%s takes a number from %g to %g, not '%s'\n", name, min, max, text);
  return false;
}

enum {
  OPTION_QUICK,
  OPTION_ROUNDS,
  OPTION_SECONDS,
  OPTION_SCALE,
  OPTION_ONLY,
  OPTION_SYSTEMS,
  OPTION_JSON,
  OPTION_DATA,
  OPTION_LIST,
  OPTION_HELP
};

static const struct option long_options[] = {
    {"quick", no_argument, NULL, OPTION_QUICK},
    {"rounds", required_argument, NULL, OPTION_ROUNDS},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"scale", required_argument, NULL, OPTION_SCALE},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"systems", required_argument, NULL, OPTION_SYSTEMS},
    {"json", required_argument, NULL, OPTION_JSON},
    {"data", required_argument, NULL, OPTION_DATA},
    {"list", no_argument, NULL, OPTION_LIST},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static bool take_option(arguments *a, int option, double *rounds, double *seconds, double *count) {
  switch (option) {
    case OPTION_QUICK: a->options.quick = true; return true;
    case OPTION_ROUNDS: return take_number("rounds", optarg, 1, BENCH_ROUNDS_MAX, rounds);
    case OPTION_SECONDS: return take_number("seconds", optarg, 0.0001, 60, seconds);
    case OPTION_SCALE: return take_number("scale", optarg, 1000, 1e8, count);
    case OPTION_ONLY: a->options.only = optarg; return true;
    case OPTION_SYSTEMS: a->options.systems = optarg; return true;
    case OPTION_JSON: a->json = optarg; return true;
    case OPTION_DATA: a->options.folder = optarg; return true;
    case OPTION_LIST: a->list = true; return true;
    case OPTION_HELP: a->help = true; return true;
    default: fputs("bench: --help lists the options\n", stderr); return false;
  }
}

static bool read_arguments(int argc, char **argv, arguments *out) {
  double rounds = 0, seconds = 0, count = 0;
  *out = (arguments){.options = {.folder = DEFAULT_FOLDER}, .json = "build/bench.json"};
  for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;)
    if (!take_option(out, option, &rounds, &seconds, &count)) return false;
  if (optind < argc) {
    fprintf(stderr, "bench: '%s' is too much; --help lists the options\n", argv[optind]);
    return false;
  }
  bool quick = out->options.quick;
  out->options.rounds = rounds > 0 ? (unsigned)rounds : quick ? 3 : 5;
  out->options.seconds = seconds > 0 ? seconds : quick ? 0.02 : 0.3;
  out->options.count = count > 0 ? (uint64_t)count : quick ? 100000 : 1000000;
  return true;
}

/* ---- around the run ------------------------------------------------------------------------- */

static int list_workloads(void) {
  for (const bench_workload *w = bench_workloads; w->name; w++) printf("%-32s %s\n", w->name, w->unit);
  return 0;
}

static bool any_wanted(const bench_options *options) {
  for (const bench_workload *w = bench_workloads; w->name; w++)
    if (bench_wanted(options->only, w->name)) return true;
  fprintf(stderr, "bench: no workload is called '%s'; --list names them\n", options->only);
  return false;
}

static void print_absent(const bench_options *options) {
  const char *said = "";
  for (const bench_entry *e = bench_systems; e->name; e++) {
    const char *why = !e->system ? "its library is not installed" : e->system->absent ? e->system->absent() : NULL;
    if (!why || strcmp(said, e->name) == 0 || !bench_wanted(options->systems, e->name)) continue;
    printf("left out: %s, %s (%s; make bench-deps)\n", e->name, why, e->package);
    said = e->name;
  }
}

/* Numbers of commits mean nothing where a sync does nothing. */
static void print_folder(const bench_options *options) {
  bench_folder probe;
  if (bench_folder_make(&probe, options->folder, "probe", NULL) != TN_OK) return;
  if (!bench_folder_is_on_disk(probe.path))
    printf("%s is no disk: what is said to be synced is not; --data names another folder\n", options->folder);
  bench_folder_remove(&probe);
}

static void print_head(const bench_options *options) {
  printf("%llu entries, %u rounds, %g s a measure\n", (unsigned long long)options->count, options->rounds,
         options->seconds);
  print_absent(options);
  print_folder(options);
  putchar('\n');
}

static int run(const arguments *a) {
  bench_results results = {NULL, 0, 0};
  tn_error error = TN_ERROR_INIT;
  unsigned failures = 0;
  print_head(&a->options);
  tn_status status = bench_run_all(&a->options, &stop, &results, &failures, &error);
  if (status == TN_OK) {
    bench_print_targets(stdout, &results);
    status = bench_write_json(a->json, &results, &error);
  }
  bench_results_fini(&results);
  if (strcmp(a->options.folder, DEFAULT_FOLDER) == 0) (void)rmdir(DEFAULT_FOLDER);
  if (status != TN_OK) fprintf(stderr, "bench: %s: %s %s\n", tn_status_name(status), error.text, error.where);
  return status != TN_OK || failures > 0 || stop ? 1 : 0;
}

int main(int argc, char **argv) {
  arguments a;
  if (!read_arguments(argc, argv, &a)) return 2;
  if (a.help) return fputs(usage, stdout) < 0;
  if (a.list) return list_workloads();
  if (!any_wanted(&a.options)) return 2;
  (void)signal(SIGINT, on_signal);
  (void)signal(SIGTERM, on_signal);
  (void)signal(SIGPIPE, SIG_IGN);
  return run(&a);
}
