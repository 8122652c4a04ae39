#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "output.h"

#define READ_SIZE ((size_t)64 << 10)
#define FILE_SIZE_MAX ((size_t)4 << 30) /* of text; a value has its own limit */

typedef struct content {
  char *data;
  size_t size, capacity;
} content;

static bool make_room(content *c) {
  if (c->capacity - c->size >= READ_SIZE) return true;
  size_t capacity = c->capacity * 2 + READ_SIZE;
  char *data = (char *)realloc(c->data, capacity);
  if (!data) return false;
  c->data = data;
  c->capacity = capacity;
  return true;
}

static bool read_all(int fd, content *c) {
  for (;;) {
    if (c->size > FILE_SIZE_MAX) return errno = EFBIG, false;
    if (!make_room(c)) return false;
    ssize_t got = read(fd, c->data + c->size, c->capacity - c->size);
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return false;
    if (got > 0) c->size += (size_t)got;
  }
}

static bool read_input(const char *path, content *c) {
  bool standard = !path || strcmp(path, "-") == 0;
  int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  bool fine = fd >= 0 && read_all(fd, c);
  if (!fine)
    fprintf(stderr, "tenon convert: cannot read %s: %s\n", standard ? "standard input" : path, strerror(errno));
  if (fd > STDIN_FILENO) close(fd);
  return fine;
}

/* Whether there is such a format, and whether it is text. */
static tn_status look_up(const char *format, bool *text, tn_error *error) {
  tn_slice bytes;
  tn_builder null = TN_BUILDER_INIT;
  tn_result all = TN_RESULT_INIT;
  tn_add(&null, TN_ARG_NULL);
  tn_status status = tn_encode(format, tn_built(&null), &bytes, error); /* names the nearest one */
  if (status == TN_OK) {
    tn_text_free(bytes);
    status = tn_describe(NULL, &all, error);
  }
  for (tn_iter it = tn_iter_of(tn_field(all.value, "plugins")); status == TN_OK && tn_iter_next(&it);) {
    tn_slice name;
    if (tn_get_string(it.value, "name", &name) == TN_OK && name.size == strlen(format) &&
        memcmp(name.data, format, name.size) == 0)
      (void)tn_get_bool(it.value, "text", text);
  }
  tn_builder_free(&null);
  tn_result_free(&all);
  return status;
}

static int convert_content(const char *from, const char *to, bool text, const content *c) {
  output out = OUTPUT_INIT;
  tn_builder value = TN_BUILDER_INIT;
  tn_slice bytes;
  tn_error error = TN_ERROR_INIT;
  tn_status status = tn_decode(from, (tn_slice){c->data, c->size}, &value, NULL, &error);
  if (status == TN_OK) status = tn_encode(to, tn_built(&value), &bytes, &error);
  tn_builder_free(&value);
  if (status != TN_OK) {
    complain("convert", &error);
    return EXIT_FAILED;
  }
  output_slice(&out, bytes);
  if (text) fputc('\n', out.file);
  tn_text_free(bytes);
  return output_end(&out, "convert", EXIT_FINE);
}

static int convert(const cli_arguments *arguments) {
  const char *from = arguments_text(arguments, "--from", 0), *to = arguments_text(arguments, "--to", 0);
  tn_error error = TN_ERROR_INIT;
  bool text = false;
  if (!from || !to) {
    fprintf(stderr, "tenon convert: --from FORMAT and --to FORMAT are both needed\n");
    return EXIT_USAGE;
  }
  if (look_up(from, &text, &error) != TN_OK || look_up(to, &text, &error) != TN_OK) {
    complain("convert", &error);
    return EXIT_USAGE;
  }
  content c = {NULL, 0, 0};
  int code = read_input(arguments_operand(arguments, 0), &c) ? convert_content(from, to, text, &c) : EXIT_USAGE;
  free(c.data);
  return code;
}

static const cli_option convert_options[] = {
    {"--from", "json|binary", OPTION_TEXT, "what the input is in; needed"},
    {"--to", "json|binary", OPTION_TEXT, "what to write; needed"},
    {NULL, NULL, OPTION_FLAG, NULL},
};

const cli_command command_convert = {
    .name = "convert",
    .operands = "[FILE]",
    .operands_min = 0,
    .operands_max = 1,
    .options = convert_options,
    .summary = "turn one value from one format into another",
    .details =
        "Reads one value from FILE, or from standard input, and writes it to standard output. Nothing is lost or\n"
        "rounded; what the format does not allow is refused with the byte it stands at. A text format is written\n"
        "with a line feed behind it, any other as it is.\n"
        "\n"
        "Exit code: 0 converted, 1 the input is not one valid value, 2 an unknown format, or nothing could be read\n"
        "or written.\n",
    .run = convert,
};
