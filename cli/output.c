#include "output.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "line.h"
#include "options.h"

bool output_flush(output *out) {
  if (out->failed) return false;
  errno = 0;
  if (fflush(out->file) == 0 && !ferror(out->file)) return true;
  out->failed = true;
  out->reason = errno;
  return false;
}

bool output_is_fine(output *out) {
  if (!out->failed && ferror(out->file)) (void)output_flush(out);
  return !out->failed;
}

int output_end(output *out, const char *command, int code) {
  if (output_flush(out)) return code;
  if (out->reason == EPIPE) return EXIT_SIGNAL + SIGPIPE;
  fprintf(stderr, "tenon %s: writing to standard output failed: %s\n", command,
          out->reason != 0 ? strerror(out->reason) : "reason not known");
  return EXIT_USAGE;
}

void output_answer(output *out, tn_status status, tn_value result, const tn_error *error) {
  tn_error shown = TN_ERROR_INIT;
  if (status == TN_OK) {
    status = line_print_result(out->file, result, &shown);
    if (status == TN_OK) return;
  } else if (error) {
    shown = *error;
  }
  shown.status = status;
  if (line_print_error(out->file, &shown, NULL) != TN_OK)
    fputs("{\"ok\":false,\"error\":{\"status\":\"NOMEM\",\"text\":\"out of memory\",\"where\":\"\"}}\n", out->file);
}

static tn_status print_wrapped(output *out, const char *before, tn_value value, const char *after, tn_error *error) {
  tn_slice text;
  tn_status status = tn_encode("json", value, &text, error);
  if (status != TN_OK) return status;
  fputs(before, out->file);
  output_slice(out, text);
  fputs(after, out->file);
  tn_text_free(text);
  return TN_OK;
}

tn_status output_row(output *out, tn_value row, tn_error *error) {
  return print_wrapped(out, "{\"row\":", row, "}\n", error);
}

tn_status output_value(output *out, tn_value value, tn_error *error) {
  return print_wrapped(out, "", value, "\n", error);
}

void output_slice(output *out, tn_slice text) { fwrite(text.data, 1, text.size, out->file); }

void complain(const char *command, const tn_error *error) {
  const char *text = error->text[0] != '\0' ? error->text : tn_status_text(error->status);
  if (error->where[0] != '\0')
    fprintf(stderr, "tenon %s: %s: %s (%s)\n", command, tn_status_name(error->status), text, error->where);
  else
    fprintf(stderr, "tenon %s: %s: %s\n", command, tn_status_name(error->status), text);
}
