#include "describe.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

#define TYPES_SIZE 128
#define MISSING_MAX 3 /* a parameter that takes all types but so many is shown as "any but" them */

static bool same_text(tn_slice a, tn_slice b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

static int wider(int width, size_t size) { return size > (size_t)width && size < TYPES_SIZE ? (int)size : width; }

static void pad(FILE *to, size_t size, int width) {
  fprintf(to, "%*s", size < (size_t)width ? width - (int)size : 0, "");
}

static void print_padded(FILE *to, tn_slice text, int width) {
  fwrite(text.data, 1, text.size, to);
  pad(to, text.size, width);
}

void describe_signature(FILE *to, tn_value op) {
  const char *between = " {";
  tn_value params = tn_field(op, "params");
  tn_slice name = described_text(op, "name");
  fprintf(to, "%.*s", (int)name.size, (const char *)name.data);
  for (tn_iter p = tn_iter_of(params); tn_iter_next(&p); between = ", ") {
    tn_slice param = described_text(p.value, "name");
    fprintf(to, "%s%.*s%s", between, (int)param.size, (const char *)param.data,
            described_flag(p.value, "required") ? "" : "?");
  }
  fputs(tn_count(params) > 0 ? "}" : "", to);
}

static void add_word(char *list, const char *before, const char *word) {
  size_t used = strlen(list);
  snprintf(list + used, TYPES_SIZE - used, "%s%s", before, word);
}

static bool has_word(tn_value words, const char *word) {
  for (tn_iter it = tn_iter_of(words); tn_iter_next(&it);) {
    tn_slice text;
    if (tn_as_string(it.value, &text) && same_text(text, (tn_slice){word, strlen(word)})) return true;
  }
  return false;
}

/* "any", "any but object", "int|double" */
static void name_types(tn_value types, char *list) {
  uint32_t missing = TN_OBJECT - TN_NULL + 1 - tn_count(types);
  bool most = missing <= MISSING_MAX;
  const char *before = most ? " but " : "";
  snprintf(list, TYPES_SIZE, "%s", most ? "any" : "");
  for (tn_type type = TN_NULL; type <= TN_OBJECT; type++) {
    if (has_word(types, tn_type_name(type)) == most) continue;
    add_word(list, before, tn_type_name(type));
    before = most ? ", " : "|";
  }
}

static void print_default(FILE *to, tn_value param) {
  tn_slice text;
  tn_value fallback = tn_field(param, "default");
  if (tn_is_absent(fallback) || tn_encode("json", fallback, &text, NULL) != TN_OK) return;
  fprintf(to, " (default %.*s)", (int)text.size, (const char *)text.data);
  tn_text_free(text);
}

/* What `print` prints of the value, broken to fit. */
static void print_wrapped(FILE *to, void (*print)(FILE *to, tn_value value), tn_value value, size_t indent,
                          size_t columns) {
  char *text = NULL;
  size_t size = 0;
  FILE *whole = open_memstream(&text, &size);
  if (!whole) return;
  print(whole, value);
  if (fclose(whole) == 0) text_print_wrapped(to, (tn_slice){text, size}, indent, columns);
  fputc('\n', to);
  free(text);
}

static void print_doc(FILE *to, tn_value described) {
  tn_slice doc = described_text(described, "doc");
  fwrite(doc.data, 1, doc.size, to);
  print_default(to, described);
}

static void print_params(FILE *to, tn_value params, int marked, size_t columns) {
  char types[TYPES_SIZE];
  int name_width = 0, type_width = 0;
  for (tn_iter p = tn_iter_of(params); tn_iter_next(&p);) {
    name_types(tn_field(p.value, "types"), types);
    name_width = wider(name_width, described_text(p.value, "name").size);
    type_width = wider(type_width, strlen(types));
  }
  for (tn_iter p = tn_iter_of(params); tn_iter_next(&p);) {
    name_types(tn_field(p.value, "types"), types);
    fputs(p.next - 1 == (uint32_t)marked ? "    > " : "      ", to);
    print_padded(to, described_text(p.value, "name"), name_width + 2);
    fprintf(to, "%-*s", type_width + 2, types);
    print_wrapped(to, print_doc, p.value, 6 + (size_t)name_width + 2 + (size_t)type_width + 2, columns);
  }
}

static void print_head(FILE *to, tn_value op) {
  tn_slice kind = described_text(op, "kind");
  describe_signature(to, op);
  fprintf(to, "  %.*s%s", (int)kind.size, (const char *)kind.data, described_flag(op, "rows") ? ", rows" : "");
}

void describe_op(FILE *to, tn_value op, int marked, size_t columns) {
  fputs("  ", to);
  print_wrapped(to, print_head, op, 2, columns);
  fputs("      ", to);
  print_wrapped(to, print_doc, op, 6, columns);
  print_params(to, tn_field(op, "params"), marked, columns);
}
