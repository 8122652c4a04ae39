#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "open.h"
#include "output.h"
#include "signals.h"

static const cli_option no_options[] = {{NULL, NULL, OPTION_FLAG, NULL}};

/* Does `what` with the source, and says how it went. */
static int with_source(const cli_arguments *arguments,
                       tn_status (*what)(const cli_arguments *arguments, tn_engine *source, output *out,
                                         tn_error *error)) {
  output out = OUTPUT_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_engine *source;
  const char *command = arguments->command->name;
  if (open_source(arguments, &source, &error) != TN_OK) {
    complain(command, &error);
    return EXIT_USAGE;
  }
  (void)signals_catch(source);
  tn_status status = what(arguments, source, &out, &error);
  signals_forget_engine();
  if (status != TN_OK) complain(command, &error);
  (void)tn_close(source, NULL);
  int code = output_end(&out, command, status == TN_OK ? EXIT_FINE : EXIT_FAILED);
  return signals_caught() != 0 && status != TN_OK ? EXIT_SIGNAL + signals_caught() : code;
}

/* ---- copy ----------------------------------------------------------------------------------- */

static void tell(output *out, tn_value copied) {
  int64_t seq = 0, records = 0, snapshots = 0;
  bool resumed = false;
  tn_slice digest = {"", 0};
  (void)tn_get_int(copied, "seq", &seq);
  (void)tn_get_int(copied, "records", &records);
  (void)tn_get_int(copied, "snapshots", &snapshots);
  (void)tn_get_bool(copied, "resumed", &resumed);
  (void)tn_get_string(copied, "digest", &digest);
  fprintf(out->file, "copied %" PRId64 " record%s and %" PRId64 " snapshot%s%s, up to seq %" PRId64 "\n", records,
          records == 1 ? "" : "s", snapshots, snapshots == 1 ? "" : "s",
          resumed ? " that an earlier copy lacked" : "", seq);
  fprintf(out->file, "the copy was read back, its digest is the source's: %.*s\n", (int)digest.size,
          (const char *)digest.data);
}

static tn_status copy_source(const cli_arguments *arguments, tn_engine *source, output *out, tn_error *error) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  tn_result copied = TN_RESULT_INIT;
  options.log = print_background;
  tn_status status = tn_copy(source, arguments_operand(arguments, 1), &options, &copied, error);
  if (status == TN_OK) tell(out, copied.value);
  tn_result_free(&copied);
  return status;
}

static int copy(const cli_arguments *arguments) { return with_source(arguments, copy_source); }

const cli_command command_copy = {
    .name = "copy",
    .operands = "FROM_CONFIG TO_CONFIG",
    .operands_min = 2,
    .operands_max = 2,
    .options = no_options,
    .summary = "copy the data to where another config keeps it, in its formats",
    .details =
        "Copies the journal and the snapshots that FROM_CONFIG describes to the storage of TO_CONFIG, written in "
        "the\n"
        "formats of that one. Both have the same models; the target is empty. A program may own the source; what is\n"
        "durable when the copy begins is copied. At the end the copy is read back and its digest compared.\n"
        "\n"
        "A copy that was stopped leaves data that refuses to be opened. The same command again completes it;\n"
        "or remove it.\n"
        "\n"
        "Exit code: 0 copied, and the same, 1 not copied, 2 the source could not be opened, 128 + N stopped by\n"
        "signal N.\n",
    .run = copy,
};

/* ---- backup --------------------------------------------------------------------------------- */

static tn_status back_up_source(const cli_arguments *arguments, tn_engine *source, output *out, tn_error *error) {
  uint64_t seq = 0;
  tn_status status = tn_backup(source, arguments_operand(arguments, 1), &seq, error);
  if (status == TN_OK) fprintf(out->file, "backup up to seq %" PRIu64 "\n", seq);
  return status;
}

static int back_up(const cli_arguments *arguments) { return with_source(arguments, back_up_source); }

const cli_command command_backup = {
    .name = "backup",
    .operands = "CONFIG DIR",
    .operands_min = 2,
    .operands_max = 2,
    .options = no_options,
    .summary = "write the journal and a snapshot to an empty folder",
    .details =
        "A program may own the data; what is durable when the backup begins is in it. The same config with \"data\" "
        "set\n"
        "to DIR opens it. A backup that was stopped refuses to be opened: remove it.\n"
        "\n"
        "Exit code: 0 written, 1 not written, 2 the data could not be opened, 128 + N stopped by signal N.\n",
    .run = back_up,
};
