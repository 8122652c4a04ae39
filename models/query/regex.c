#define PCRE2_CODE_UNIT_WIDTH 8
#include "regex.h"

#include <pcre2.h>

/* What one search may cost: bytes looked at, again and again. A short text is first searched under a limit of
 * backtracking by which it cannot cost more; in a long one each step is counted, which is slower. */
#define WORK_MAX ((uint64_t)1 << 30)
#define SHORT_TEXT 1024
#define COUNTED_WORK_MAX ((uint64_t)1 << 25)
#define BACKTRACK_MAX 1000000
#define HEAP_KIB_MAX 8192
#define STEPS_BETWEEN_LOOKS 1024

/* ---- memory ----------------------------------------------------------------------------------- */

/* Before each piece of memory that PCRE2 has; what it gives back waits to be taken again. */
typedef struct block {
  size_t size;
  struct block *next;
} block;

typedef struct memory {
  tn_ctx *ctx;
  tni_pool *pool; /* NULL: scratch memory */
  block *idle;
} memory;

struct tni_regex {
  memory memory;
  tn_slice pattern;
  const char *where;
  uint32_t options;
  pcre2_general_context *general;
  pcre2_compile_context *compile;
  pcre2_match_context *match;
  pcre2_match_data *data;
  pcre2_code *code;
  pcre2_code *counted; /* the same with every step told; NULL until the first long text */
  /* Of the search that is counted. */
  size_t at;
  uint64_t work;
  uint32_t steps;
  tn_status status;
};

_Static_assert(sizeof(block) % 16 == 0, "what follows a block is aligned for any type");

static void *take_bytes(memory *m, size_t size) {
  return m->pool ? tni_pool_alloc(m->pool, size) : tn_scratch(m->ctx, size);
}

static void *take(size_t size, void *data) {
  memory *m = data;
  for (block **link = &m->idle; *link; link = &(*link)->next) {
    block *b = *link;
    if (b->size < size) continue;
    *link = b->next;
    return b + 1;
  }
  block *b = take_bytes(m, sizeof *b + size);
  if (!b) return NULL;
  b->size = size;
  return b + 1;
}

static void give_back(void *bytes, void *data) {
  memory *m = data;
  if (!bytes) return;
  block *b = (block *)bytes - 1;
  b->next = m->idle;
  m->idle = b;
}

static tn_status no_memory(tni_regex *regex) {
  return regex->memory.pool ? tni_pool_full(regex->memory.pool) : tni_no_memory(regex->memory.ctx);
}

/* ---- compiling -------------------------------------------------------------------------------- */

static const struct {
  char letter;
  uint32_t option;
} letters[] = {{'i', PCRE2_CASELESS}, {'m', PCRE2_MULTILINE}, {'s', PCRE2_DOTALL}, {'x', PCRE2_EXTENDED}};

static uint32_t option_of(char letter) {
  for (size_t i = 0; i < TNI_LENGTH(letters); i++)
    if (letters[i].letter == letter) return letters[i].option;
  return 0;
}

static tn_status read_options(tn_ctx *ctx, tn_slice options, const char *where, uint32_t *out) {
  *out = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C;
  for (size_t i = 0; i < options.size; i++) {
    uint32_t option = option_of(((const char *)options.data)[i]);
    if (option == 0)
      return tn_fail(ctx, TN_INVALID, where, "expected options out of i, m, s and x, got '%s'",
                     tni_quoted(ctx, options));
    *out |= option;
  }
  return TN_OK;
}

tn_status tni_regex_check_options(tn_ctx *ctx, tn_slice options, const char *where) {
  uint32_t read;
  return read_options(ctx, options, where, &read);
}

static tn_status say_wrong(tni_regex *regex, int error, size_t offset) {
  char text[128] = "";
  (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof text);
  return tn_fail(regex->memory.ctx, TN_INVALID, regex->where, "the pattern is wrong at byte %zu: %s", offset, text);
}

static tn_status make_code(tni_regex *regex, uint32_t more, pcre2_code **out) {
  int error;
  size_t offset;
  PCRE2_SPTR pattern = regex->pattern.size > 0 ? regex->pattern.data : (PCRE2_SPTR) "";
  *out = pcre2_compile(pattern, regex->pattern.size, regex->options | more, &error, &offset, regex->compile);
  if (*out) return TN_OK;
  return error == PCRE2_ERROR_HEAP_FAILED ? no_memory(regex) : say_wrong(regex, error, offset);
}

static bool make_contexts(tni_regex *regex) {
  regex->general = pcre2_general_context_create(take, give_back, &regex->memory);
  if (!regex->general) return false;
  regex->compile = pcre2_compile_context_create(regex->general);
  regex->match = pcre2_match_context_create(regex->general);
  if (!regex->compile || !regex->match) return false;
  (void)pcre2_set_heap_limit(regex->match, HEAP_KIB_MAX);
  return true;
}

static tni_regex *new_regex(tn_ctx *ctx, tni_pool *pool, tn_slice pattern, const char *where) {
  memory m = {ctx, pool, NULL};
  tni_regex *regex = take_bytes(&m, sizeof *regex);
  if (!regex) return NULL;
  memset(regex, 0, sizeof *regex);
  regex->memory = m;
  regex->pattern = pattern;
  regex->where = where;
  return regex;
}

tn_status tni_regex_compile(tn_ctx *ctx, tni_pool *pool, tn_slice pattern, tn_slice options, const char *where,
                            tni_regex **out) {
  uint32_t read;
  if (pattern.size > TNI_REGEX_PATTERN_MAX)
    return tn_fail(ctx, TN_LIMIT, where, "a pattern may have %d bytes, this one has %zu", TNI_REGEX_PATTERN_MAX,
                   pattern.size);
  TRY(read_options(ctx, options, where, &read));
  tni_regex *regex = new_regex(ctx, pool, pattern, where);
  if (!regex) return pool ? tni_pool_full(pool) : tni_no_memory(ctx);
  regex->options = read;
  if (!make_contexts(regex)) return no_memory(regex);
  TRY(make_code(regex, 0, &regex->code));
  regex->data = pcre2_match_data_create_from_pattern(regex->code, regex->general);
  if (!regex->data) return no_memory(regex);
  *out = regex;
  return TN_OK;
}

/* ---- searching -------------------------------------------------------------------------------- */

static void set_limits(tni_regex *regex, uint32_t backtracks, int (*each_step)(pcre2_callout_block *, void *)) {
  (void)pcre2_set_match_limit(regex->match, backtracks);
  (void)pcre2_set_depth_limit(regex->match, backtracks);
  (void)pcre2_set_callout(regex->match, each_step, regex);
}

/* Each place to begin at may take so many backtracks, and each of them may look at the whole text. */
static uint32_t backtracks_for(size_t size) {
  uint64_t each = WORK_MAX / ((uint64_t)(size + 1) * (size + 1));
  return each < BACKTRACK_MAX ? (uint32_t)each : BACKTRACK_MAX;
}

static size_t distance(size_t a, size_t b) { return a < b ? b - a : a - b; }

/* What lies between two steps was looked at by the first. */
static int count_step(pcre2_callout_block *step, void *data) {
  tni_regex *regex = data;
  regex->work += 1 + distance(regex->at, step->current_position);
  regex->at = step->current_position;
  if (regex->work > COUNTED_WORK_MAX) return PCRE2_ERROR_MATCHLIMIT;
  if (++regex->steps % STEPS_BETWEEN_LOOKS == 0) regex->status = tn_step(regex->memory.ctx);
  return regex->status == TN_OK ? 0 : PCRE2_ERROR_CALLOUT;
}

static tn_status prepare_counting(tni_regex *regex) {
  regex->at = 0;
  regex->work = 0;
  regex->status = TN_OK;
  set_limits(regex, UINT32_MAX, count_step);
  return regex->counted ? TN_OK : make_code(regex, PCRE2_AUTO_CALLOUT, &regex->counted);
}

static tn_status say_failed(tni_regex *regex, int code) {
  if (regex->status != TN_OK) return regex->status;
  if (code == PCRE2_ERROR_NOMEMORY) return no_memory(regex);
  bool too_much = code == PCRE2_ERROR_HEAPLIMIT;
  return tn_fail(regex->memory.ctx, TN_LIMIT, regex->where, "the regular expression takes too %s",
                 too_much ? "much memory" : "many steps");
}

static int match(tni_regex *regex, const pcre2_code *code, tn_slice text, size_t from) {
  return pcre2_match(code, text.data, text.size, from, PCRE2_NO_UTF_CHECK, regex->data, regex->match);
}

static tn_status match_counted(tni_regex *regex, tn_slice text, size_t from, int *code) {
  TRY(prepare_counting(regex));
  *code = match(regex, regex->counted, text, from);
  return TN_OK;
}

/* What takes a short text too many backtracks may still be within what counting allows. */
static tn_status match_somehow(tni_regex *regex, tn_slice text, size_t from, int *code) {
  if (text.size > SHORT_TEXT) return match_counted(regex, text, from, code);
  set_limits(regex, backtracks_for(text.size), NULL);
  *code = match(regex, regex->code, text, from);
  bool limited = *code == PCRE2_ERROR_MATCHLIMIT || *code == PCRE2_ERROR_DEPTHLIMIT;
  return limited ? match_counted(regex, text, from, code) : TN_OK;
}

tn_status tni_regex_search(tni_regex *regex, tn_slice text, size_t from, tni_regex_match *out) {
  int code = 0;
  TRY(match_somehow(regex, text, from, &code));
  if (code == PCRE2_ERROR_NOMATCH) return TN_NOT_FOUND;
  if (code < 0) return say_failed(regex, code);
  if (out) *out = (tni_regex_match){pcre2_get_ovector_pointer(regex->data), pcre2_get_ovector_count(regex->data)};
  return TN_OK;
}
