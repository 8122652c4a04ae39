/* leaderboard.c - a Tenon model of its own, built outside of Tenon's tree: the best score of each player, and who
 * stands where.
 *
 *   players  (player)               -> [score, seq]   the player's best, and the record that reached it
 *   ranking  (-score, seq, player)  -> score          the index: first place first; of equals, who came first */
#include <tenon_plugin.h>

#define TRY(call)                               \
  do {                                          \
    tn_status try_status = (call);              \
    if (try_status != TN_OK) return try_status; \
  } while (0)

enum { PLAYERS, RANKING };

static tn_status no_memory(tn_ctx *ctx) { return tn_fail(ctx, TN_NOMEM, NULL, "no memory for the operation"); }

/* ---- the index -------------------------------------------------------------------------------- */

/* In a key an int and a double of the same value are one, so the lowest int may be negated as a double. */
static tn_arg negated(tn_value score) {
  int64_t n;
  double d = 0;
  if (tn_as_int(score, &n)) return n == INT64_MIN ? tn_arg_double(9223372036854775808.0) : tn_arg_int(-n);
  (void)tn_as_double(score, &d);
  return tn_arg_double(-d);
}

static tn_status ranking_key(tn_ctx *ctx, tn_value player, tn_value best, tn_slice *out) {
  return tn_key(ctx, out, negated(tn_item(best, 0)), tn_item(best, 1), player);
}

/* The player's entry, [score, seq], and where the index has it. NOT_FOUND. */
static tn_status find(tn_ctx *ctx, tn_value player, tn_value *best, tn_slice *rank_key) {
  tn_slice key, bytes;
  TRY(tn_key(ctx, &key, player));
  TRY(tn_map_get(ctx, PLAYERS, key, &bytes));
  *best = tn_bytes_value(bytes);
  return ranking_key(ctx, player, *best, rank_key);
}

/* How many stand before `rank_key`: walks them, so it costs as much as the rank is high. */
static tn_status count_before(tn_ctx *ctx, tn_slice rank_key, int64_t *out) {
  tn_cursor *cursor;
  tn_slice key, value;
  tn_status status;
  int64_t n = 0;
  TRY(tn_cursor_open(ctx, RANKING, (tn_slice){NULL, 0}, rank_key, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK) n++;
  if (status != TN_NOT_FOUND) return status;
  *out = n;
  return TN_OK;
}

/* Emits up to `rows` places from where the cursor stands; the first has the given rank. */
static tn_status emit_places(tn_ctx *ctx, tn_cursor *cursor, int64_t rank, int64_t rows, tn_builder *row) {
  tn_builder *parts = tn_builder_for(ctx);
  tn_slice key, score;
  if (!parts) return no_memory(ctx);
  for (int64_t end = rank + rows; rank < end; rank++) {
    tn_status status = tn_cursor_next(ctx, cursor, &key, &score);
    if (status == TN_NOT_FOUND) return TN_OK;
    if (status != TN_OK) return status;
    tn_builder_clear(parts);
    TRY(tn_key_decode(ctx, key, parts));
    (void)tn_obj(row, "rank", rank, "player", tn_item(tn_built(parts), 2), "score", tn_bytes_value(score));
    TRY(tn_row(ctx, row));
  }
  return TN_OK;
}

static tn_status count_arg(tn_ctx *ctx, tn_value arg, int64_t *out) {
  if (!tn_as_int(arg, out) || *out < 0 || *out > 1000000)
    return tn_fail(ctx, TN_INVALID, "n", "expected 0 to 1000000");
  return TN_OK;
}

/* ---- ops -------------------------------------------------------------------------------------- */

static tn_status answer_best(tn_value score, bool improved, tn_builder *result) {
  (void)tn_obj(result, "score", score, "improved", improved);
  return tn_builder_status(result);
}

static tn_status submit(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_value player = argv[0], score = argv[1], best;
  tn_slice key, rank_key;
  double d;
  if (tn_as_double(score, &d) && d != d) return tn_fail(ctx, TN_INVALID, "score", "expected a number, got NaN");
  tn_status status = find(ctx, player, &best, &rank_key);
  if (status == TN_OK) {
    tn_value old = tn_item(best, 0);
    if (ctx->host->value_compare(score, old) <= 0) return answer_best(old, false, result);
    TRY(tn_map_delete(ctx, RANKING, rank_key));
  } else if (status != TN_NOT_FOUND) {
    return status;
  }
  tn_builder *entry = tn_builder_for(ctx);
  if (!entry) return no_memory(ctx);
  best = tn_arr(entry, score, ctx->seq);
  TRY(tn_builder_status(entry));
  TRY(tn_key(ctx, &key, player));
  TRY(ranking_key(ctx, player, best, &rank_key));
  TRY(tn_map_put(ctx, PLAYERS, key, tn_value_bytes(best)));
  TRY(tn_map_put(ctx, RANKING, rank_key, tn_value_bytes(score)));
  return answer_best(score, true, result);
}

static tn_status top(tn_ctx *ctx, const tn_value *argv, tn_builder *row) {
  tn_cursor *cursor;
  int64_t n;
  TRY(count_arg(ctx, argv[0], &n));
  TRY(tn_cursor_open(ctx, RANKING, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, &cursor));
  return emit_places(ctx, cursor, 1, n, row);
}

static tn_status rank(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_value best;
  tn_slice rank_key;
  int64_t before;
  TRY(find(ctx, argv[0], &best, &rank_key));
  TRY(count_before(ctx, rank_key, &before));
  (void)tn_obj(result, "rank", before + 1, "score", tn_item(best, 0));
  return tn_builder_status(result);
}

static tn_status around(tn_ctx *ctx, const tn_value *argv, tn_builder *row) {
  tn_value best;
  tn_slice rank_key, key, value;
  tn_cursor *cursor;
  int64_t before, n, back = 0;
  TRY(count_arg(ctx, argv[1], &n));
  TRY(find(ctx, argv[0], &best, &rank_key));
  TRY(count_before(ctx, rank_key, &before));
  TRY(tn_cursor_open(ctx, RANKING, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, &cursor));
  TRY(tn_cursor_seek(ctx, cursor, rank_key));
  for (; back < n && back < before; back++) TRY(tn_cursor_prev(ctx, cursor, &key, &value));
  return emit_places(ctx, cursor, before + 1 - back, back + 1 + n, row);
}

/* ---- the tables ------------------------------------------------------------------------------- */

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PLAYER \
  { "player", TN_T_STRING, true, {TN_ABSENT, {0}}, "a name" }

static const tn_param submit_params[] = {PLAYER, {"score", TN_T_NUMBER, true, {TN_ABSENT, {0}}, "higher is better"}};
static const tn_param top_params[] = {{"n", TN_T_INT, false, TN_DEFAULT_INT(10), "places"}};
static const tn_param rank_params[] = {PLAYER};
static const tn_param around_params[] = {PLAYER, {"n", TN_T_INT, false, TN_DEFAULT_INT(2), "places on each side"}};

static const tn_op_def ops[] = {
    TN_COMMAND_OP("submit", submit_params, submit,
                  "keeps the player's best score: {score, improved}; a score that is not better changes nothing"),
    TN_ROWS_OP("top", top_params, top, "rows {rank, player, score}, best first"),
    TN_QUERY_OP("rank", rank_params, rank, "{rank, score}, rank from 1; NOT_FOUND"),
    TN_ROWS_OP("around", around_params, around, "rows as top: the player and the neighbours; NOT_FOUND"),
};

static const tn_map_def maps[] = {
    [PLAYERS] = {"players", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(player) -> [score, seq]"},
    [RANKING] = {"ranking", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(-score, seq, player) -> score"},
};

static const tn_model leaderboard = {
    .plugin = TN_PLUGIN(tn_model, TN_KIND_MODEL, "leaderboard", 1, "scores, best first"),
    .maps = maps,
    .map_count = COUNT(maps),
    .ops = ops,
    .op_count = COUNT(ops),
};

TN_EXPORT_PLUGINS(&leaderboard.plugin);
