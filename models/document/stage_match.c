/* stage_match.c - which documents go on, and in which order: $match $limit $skip $sort $sample. */
#include "query/filter.h"
#include "query/number.h"
#include "query/sort.h"
#include "stage.h"

/* ---- $match ----------------------------------------------------------------------------------- */

typedef struct match_stage {
  tni_stage stage;
  const tni_filter *filter;
} match_stage;

static tn_status match_next(tni_stage *stage, tn_value *doc) {
  const match_stage *s = (const match_stage *)stage;
  bool matches = false;
  while (!matches) {
    TRY(tni_stage_draw(stage, doc));
    tni_pool_reset(&stage->out);
    tni_eval eval = tni_stage_eval(stage, *doc);
    TRY(tni_filter_match_in(s->filter, &eval, NULL, &matches));
  }
  return TN_OK;
}

static const tni_stage_ops match_ops = {.next = match_next};

tn_status tni_compile_match(tni_chain *chain, tn_value spec, const char *where) {
  tni_request *request = chain->request;
  tni_stage *stage;
  TRY(tni_stage_new(request, sizeof(match_stage), &match_ops, where, &stage));
  TRY(tni_filter_compile_in(request->ctx, &request->scope, spec, where, &((match_stage *)stage)->filter));
  tni_chain_add(chain, stage);
  return TN_OK;
}

/* ---- $skip and $limit ------------------------------------------------------------------------- */

typedef struct count_stage {
  tni_stage stage;
  uint64_t count; /* as asked */
  uint64_t left;
} count_stage;

static tn_status count_open(tni_stage *stage) {
  count_stage *s = (count_stage *)stage;
  s->left = s->count;
  return TN_OK;
}

static tn_status skip_next(tni_stage *stage, tn_value *doc) {
  count_stage *s = (count_stage *)stage;
  for (; s->left > 0; s->left--) TRY(tni_stage_draw(stage, doc));
  return tni_stage_draw(stage, doc);
}

static tn_status limit_next(tni_stage *stage, tn_value *doc) {
  count_stage *s = (count_stage *)stage;
  if (s->left == 0) return TN_NOT_FOUND;
  s->left--;
  return tni_stage_draw(stage, doc);
}

static const tni_stage_ops skip_ops = {.open = count_open, .next = skip_next};
static const tni_stage_ops limit_ops = {.open = count_open, .next = limit_next};

static tn_status add_count(tni_chain *chain, const tni_stage_ops *ops, tn_value spec, int64_t least,
                           const char *where) {
  tni_stage *stage;
  int64_t count = 0;
  if (!tni_as_whole(spec, &count) || count < least)
    return tn_fail(chain->request->ctx, TN_INVALID, where, "expected a whole number from %lld up", (long long)least);
  TRY(tni_stage_new(chain->request, sizeof(count_stage), ops, where, &stage));
  ((count_stage *)stage)->count = (uint64_t)count;
  tni_chain_add(chain, stage);
  return TN_OK;
}

tn_status tni_compile_skip(tni_chain *chain, tn_value spec, const char *where) {
  return add_count(chain, &skip_ops, spec, 0, where);
}

/* ---- $sort ------------------------------------------------------------------------------------ */

typedef struct sort_stage {
  tni_stage stage;
  tni_sort sort;
  uint64_t limit; /* that so many are wanted, and no more; 0: all */
  tni_sorter *sorter;
  bool sorted;
} sort_stage;

static tn_status sort_open(tni_stage *stage) {
  sort_stage *s = (sort_stage *)stage;
  s->sorted = false;
  return tni_sorter_create(&stage->kept, &s->sort, s->limit, &s->sorter);
}

static tn_status sort_all(sort_stage *s) {
  tn_value doc, keys[TNI_SORT_FIELDS_MAX];
  tn_status status;
  while ((status = tni_stage_draw(&s->stage, &doc)) == TN_OK) {
    tni_sort_keys(&s->sort, doc, keys);
    TRY(tni_sorter_add(s->sorter, keys, tn_value_bytes(doc)));
  }
  if (status != TN_NOT_FOUND) return status;
  s->sorted = true;
  return tni_sorter_finish(s->sorter);
}

static tn_status sort_next(tni_stage *stage, tn_value *doc) {
  sort_stage *s = (sort_stage *)stage;
  tn_slice payload = {NULL, 0};
  if (!s->sorted) TRY(sort_all(s));
  TRY(tni_sorter_next(s->sorter, &payload));
  *doc = tn_bytes_value(payload);
  return TN_OK;
}

static const tni_stage_ops sort_ops = {.open = sort_open, .next = sort_next};

tn_status tni_compile_sort(tni_chain *chain, tn_value spec, const char *where) {
  tni_stage *stage;
  TRY(tni_stage_new(chain->request, sizeof(sort_stage), &sort_ops, where, &stage));
  TRY(tni_sort_compile(chain->request->ctx, spec, where, &((sort_stage *)stage)->sort));
  tni_chain_add(chain, stage);
  return TN_OK;
}

/* A sort need not keep more than what a limit behind it lets through, $skip between them included. */
static void limit_sort(const tni_chain *chain, uint64_t count) {
  tni_stage *stage = tni_chain_last(chain);
  for (; stage->ops == &skip_ops; stage = stage->from) {
    uint64_t skipped = ((const count_stage *)stage)->count;
    count = count > UINT64_MAX - skipped ? UINT64_MAX : count + skipped;
  }
  if (stage->ops == &sort_ops) ((sort_stage *)stage)->limit = count;
}

tn_status tni_compile_limit(tni_chain *chain, tn_value spec, const char *where) {
  int64_t count = 0;
  if (tni_as_whole(spec, &count) && count > 0) limit_sort(chain, (uint64_t)count);
  return add_count(chain, &limit_ops, spec, 1, where);
}

/* ---- $sample ---------------------------------------------------------------------------------- */

/* Each document gets a random number, and those with the least go on. */
typedef struct sample_stage {
  sort_stage sort;
  tni_sort_field number;
  bool seeded;
  uint64_t seed, state;
} sample_stage;

static tn_status sample_open(tni_stage *stage) {
  sample_stage *s = (sample_stage *)stage;
  s->state = s->seeded ? s->seed : tn_random(stage->request->ctx);
  return sort_open(stage);
}

/* splitmix64 */
static int64_t draw_number(sample_stage *s) {
  uint64_t z = s->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (int64_t)(z ^ (z >> 31));
}

static tn_status sample_all(sample_stage *s) {
  tni_stage *stage = &s->sort.stage;
  tn_value doc, key;
  tn_status status;
  while ((status = tni_stage_draw(stage, &doc)) == TN_OK) {
    tni_pool_reset(&stage->out);
    TRY(tni_pool_value(&stage->out, &key, TN_ARG(draw_number(s))));
    TRY(tni_sorter_add(s->sort.sorter, &key, tn_value_bytes(doc)));
  }
  if (status != TN_NOT_FOUND) return status;
  s->sort.sorted = true;
  return tni_sorter_finish(s->sort.sorter);
}

static tn_status sample_next(tni_stage *stage, tn_value *doc) {
  sample_stage *s = (sample_stage *)stage;
  if (!s->sort.sorted) TRY(sample_all(s));
  return sort_next(stage, doc);
}

static const tni_stage_ops sample_ops = {.open = sample_open, .next = sample_next};

static tn_status read_sample(tn_ctx *ctx, tn_value spec, const char *where, sample_stage *s) {
  static const char *const names[] = {"size", "seed"};
  tn_value values[2];
  int64_t size = 0, seed = 0;
  TRY(tni_take_fields(ctx, spec, names, 2, 1, where, values));
  if (!tni_as_whole(values[0], &size) || size < 1)
    return tn_fail(ctx, TN_INVALID, tni_where(ctx, where, tni_slice_of("size")), "expected a whole number from 1 up");
  s->seeded = !tn_is_absent(values[1]);
  if (s->seeded && !tni_as_whole(values[1], &seed))
    return tn_fail(ctx, TN_INVALID, tni_where(ctx, where, tni_slice_of("seed")), "expected a whole number");
  s->sort.limit = (uint64_t)size;
  s->seed = (uint64_t)seed;
  return TN_OK;
}

tn_status tni_compile_sample(tni_chain *chain, tn_value spec, const char *where) {
  tni_stage *stage;
  TRY(tni_stage_new(chain->request, sizeof(sample_stage), &sample_ops, where, &stage));
  sample_stage *s = (sample_stage *)stage;
  TRY(read_sample(chain->request->ctx, spec, where, s));
  s->sort.sort = (tni_sort){&s->number, 1, chain->request->ctx};
  tni_chain_add(chain, stage);
  return TN_OK;
}
