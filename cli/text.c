#include "text.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "utf8.h"

#define ESCAPE_SIZE 16
#define WRAP_COLUMNS_MIN 24 /* with fewer left, wrapped text begins on a line of its own ... */
#define WRAP_INDENT 8       /* ... indented by so much */

/* One character, or what stands for it. */
typedef struct glyph {
  char shown[ESCAPE_SIZE];
  size_t bytes; /* of the text */
  size_t columns;
} glyph;

static wchar_t decode(const uint8_t *at, unsigned bytes) {
  static const uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  wchar_t code = at[0] & lead_bits[bytes];
  for (unsigned i = 1; i < bytes; i++) code = (wchar_t)(code << 6 | (at[i] & 0x3f));
  return code;
}

static void escape(glyph *g, const char *format, unsigned code) {
  (void)snprintf(g->shown, sizeof g->shown, format, code);
  g->columns = strlen(g->shown);
}

/* As JSON has it: a pair of surrogates. */
static void escape_pair(glyph *g, unsigned above) {
  (void)snprintf(g->shown, sizeof g->shown, "\\u%04x\\u%04x", 0xd800 + (above >> 10 & 0x3ff),
                 0xdc00 + (above & 0x3ff));
  g->columns = strlen(g->shown);
}

static void escape_control(glyph *g, wchar_t code) {
  if (code == '\n')
    escape(g, "\\n", 0);
  else if (code == '\t')
    escape(g, "\\t", 0);
  else if (code == '\r')
    escape(g, "\\r", 0);
  else if (code <= 0xffff)
    escape(g, "\\u%04x", (unsigned)code);
  else
    escape_pair(g, (unsigned)code - 0x10000);
}

/* What is nowhere to be seen, or would reorder what stands around it (UAX #9). */
static bool is_hidden(wchar_t code) {
  return code == 0 || code == 0x200b || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static glyph next_glyph(tn_slice rest) {
  const uint8_t *at = (const uint8_t *)rest.data;
  unsigned bytes = tni_utf8_char(at, rest.size);
  glyph g = {"", bytes > 0 ? bytes : 1, 0};
  if (bytes == 0) {
    escape(&g, "\\x%02x", at[0]);
    return g;
  }
  wchar_t code = decode(at, bytes);
  int columns = wcwidth(code);
  if (columns < 0 || is_hidden(code)) {
    escape_control(&g, code);
    return g;
  }
  memcpy(g.shown, at, bytes);
  g.columns = (size_t)columns;
  return g;
}

static tn_slice after(tn_slice text, size_t bytes) {
  return (tn_slice){(const char *)text.data + bytes, text.size - bytes};
}

size_t text_columns(tn_slice text, size_t limit) {
  size_t columns = 0;
  while (text.size > 0 && columns <= limit) {
    glyph g = next_glyph(text);
    columns += g.columns;
    text = after(text, g.bytes);
  }
  return columns;
}

void text_print(FILE *to, tn_slice text) {
  while (text.size > 0) {
    glyph g = next_glyph(text);
    fputs(g.shown, to);
    text = after(text, g.bytes);
  }
}

void text_print_lines(FILE *to, tn_slice text) {
  while (text.size > 0) {
    glyph g = next_glyph(text);
    char first = *(const char *)text.data;
    if (first == '\n' || first == '\t')
      fputc(first, to);
    else
      fputs(g.shown, to);
    text = after(text, g.bytes);
  }
}

/* How many bytes from the start fit into `columns`; *taken is how many columns those take. */
static size_t fitting(tn_slice text, size_t columns, size_t *taken) {
  size_t size = text.size;
  *taken = 0;
  while (text.size > 0) {
    glyph g = next_glyph(text);
    if (*taken + g.columns > columns) break;
    *taken += g.columns;
    text = after(text, g.bytes);
  }
  return size - text.size;
}

size_t text_print_cut(FILE *to, tn_slice text, size_t columns) {
  size_t taken;
  if (fitting(text, columns, &taken) < text.size) {
    text.size = fitting(text, columns - 1, &taken);
    text_print(to, text);
    fputs("\u2026", to);
    return taken + 1;
  }
  text_print(to, text);
  return taken;
}

static size_t word_size(tn_slice text) {
  const char *space = (const char *)memchr(text.data, ' ', text.size);
  return space ? (size_t)(space - (const char *)text.data) : text.size;
}

void text_print_wrapped(FILE *to, tn_slice text, size_t indent, size_t columns) {
  size_t at = indent;
  if (columns > 0 && columns < indent + WRAP_COLUMNS_MIN && indent > WRAP_INDENT) {
    at = indent = WRAP_INDENT;
    fprintf(to, "\n%*s", WRAP_INDENT, "");
  }
  while (text.size > 0) {
    tn_slice word = {text.data, word_size(text)};
    size_t width = text_columns(word, SIZE_MAX);
    if (at > indent && columns > 0 && at + 1 + width > columns) {
      fprintf(to, "\n%*s", (int)indent, "");
      at = indent;
    } else if (at > indent) {
      fputc(' ', to);
      at++;
    }
    text_print(to, word);
    at += width;
    text = after(text, word.size + (word.size < text.size));
  }
}
