/* The example of a model built out of tree: its Makefile builds it, its config loads it, its ops answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/assert_status.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/values.h"
#include "tenon.h"

#define EXAMPLE "examples/leaderboard"
#define CONFIG_SIZE_MAX 4096
#define PLAYERS 60

static char plugin_folder[512]; /* beside this program */

typedef struct board {
  folder data;
  char config[CONFIG_SIZE_MAX];
  tn_engine *engine;
} board;

/* ---- building, opening ------------------------------------------------------------------------ */

static int build_plugin(void **state) {
  (void)state;
  char out[sizeof plugin_folder + 8];
  (void)snprintf(out, sizeof out, "OUT=%s", plugin_folder);
  (void)mkdir(plugin_folder, 0777);
  const char *make[] = {"/usr/bin/env", "-u", "MAKEFLAGS", "-u",    "MAKELEVEL", "make",
                        "-B",           "-s", "-C",        EXAMPLE, out,         NULL};
  outcome built = process_run(make, "", 0);
  if (built.code != 0) (void)fprintf(stderr, "%s%s", built.out, built.err);
  int code = built.code;
  outcome_free(&built);
  return code;
}

static void open_board(board *b) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  tn_error error = TN_ERROR_INIT;
  options.config_text = b->config;
  options.base_dir = plugin_folder;
  options.data = b->data.path;
  tn_status status = tn_open(NULL, &options, &b->engine, &error);
  assert_string_equal(error.text, "");
  assert_status(status, TN_OK);
}

static void close_board(board *b) {
  assert_status(tn_close(b->engine, NULL), TN_OK);
  b->engine = NULL;
}

static int setup(void **state) {
  board *b = calloc(1, sizeof *b);
  FILE *config = fopen(EXAMPLE "/leaderboard.json", "r");
  if (!b || !config || !folder_make(&b->data)) return 1;
  size_t size = fread(b->config, 1, sizeof b->config - 1, config);
  b->config[size] = '\0';
  (void)fclose(config);
  open_board(b);
  *state = b;
  return 0;
}

static int teardown(void **state) {
  board *b = *state;
  tn_status status = tn_close(b->engine, NULL);
  folder_remove(&b->data);
  free(b);
  return status == TN_OK ? 0 : 1;
}

/* ---- asking ----------------------------------------------------------------------------------- */

static void assert_answer(board *b, const char *op, tn_value args, const char *json) {
  tn_result result = TN_RESULT_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_slice text;
  tn_status status = tn_run(b->engine, "scores", op, args, &result, &error);
  assert_string_equal(error.text, "");
  assert_status(status, TN_OK);
  assert_status(tn_encode("json", result.value, &text, NULL), TN_OK);
  assert_string_equal((const char *)text.data, json);
  tn_text_free(text);
  tn_result_free(&result);
}

static tn_status ask(board *b, const char *op, tn_value args, tn_error *error) {
  return tn_run(b->engine, "scores", op, args, NULL, error);
}

static void submit(board *b, const char *player, tn_arg score) {
  tn_builder args = TN_BUILDER_INIT;
  assert_status(ask(b, "submit", tn_obj(&args, "player", player, "score", score), NULL), TN_OK);
  tn_builder_free(&args);
}

static void submit_some(board *b) {
  submit(b, "ann", tn_arg_int(120));
  submit(b, "bob", tn_arg_double(95.5));
  submit(b, "cid", tn_arg_int(120));
  submit(b, "dan", tn_arg_int(-3));
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void a_players_best_score_counts(void **state) {
  tn_builder args = TN_BUILDER_INIT;
  assert_answer(*state, "submit", tn_arr(&args, "ann", 10), "{\"score\":10,\"improved\":true}");
  assert_answer(*state, "submit", tn_arr(&args, "ann", 7), "{\"score\":10,\"improved\":false}");
  assert_answer(*state, "submit", tn_arr(&args, "ann", 10.0), "{\"score\":10,\"improved\":false}");
  assert_answer(*state, "submit", tn_arr(&args, "ann", 10.5), "{\"score\":10.5,\"improved\":true}");
  assert_answer(*state, "top", TN_NO_VALUE, "[{\"rank\":1,\"player\":\"ann\",\"score\":10.5}]");
  tn_builder_free(&args);
}

static void a_score_that_is_not_better_makes_no_record(void **state) {
  board *b = *state;
  tn_builder args = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  submit(b, "ann", tn_arg_int(10));
  assert_status(tn_run(b->engine, "scores", "submit", tn_arr(&args, "ann", 9), &result, NULL), TN_OK);
  assert_int_equal(result.seq, 0);
  tn_result_free(&result);
  tn_builder_free(&args);
}

static void top_lists_best_first_and_of_equals_who_came_first(void **state) {
  tn_builder args = TN_BUILDER_INIT;
  submit_some(*state);
  assert_answer(*state, "top", tn_arr(&args, 3),
                "[{\"rank\":1,\"player\":\"ann\",\"score\":120},{\"rank\":2,\"player\":\"cid\",\"score\":120},"
                "{\"rank\":3,\"player\":\"bob\",\"score\":95.5}]");
  assert_answer(*state, "top", tn_arr(&args, 0), "[]");
  tn_builder_free(&args);
}

static void rank_tells_place_and_score(void **state) {
  tn_builder args = TN_BUILDER_INIT;
  submit_some(*state);
  assert_answer(*state, "rank", tn_arr(&args, "ann"), "{\"rank\":1,\"score\":120}");
  assert_answer(*state, "rank", tn_arr(&args, "cid"), "{\"rank\":2,\"score\":120}");
  assert_answer(*state, "rank", tn_arr(&args, "dan"), "{\"rank\":4,\"score\":-3}");
  tn_builder_free(&args);
}

static void around_lists_the_neighbours_and_stops_at_both_ends(void **state) {
  tn_builder args = TN_BUILDER_INIT;
  submit_some(*state);
  assert_answer(*state, "around", tn_obj(&args, "player", "cid", "n", 1),
                "[{\"rank\":1,\"player\":\"ann\",\"score\":120},{\"rank\":2,\"player\":\"cid\",\"score\":120},"
                "{\"rank\":3,\"player\":\"bob\",\"score\":95.5}]");
  assert_answer(*state, "around", tn_obj(&args, "player", "ann", "n", 1),
                "[{\"rank\":1,\"player\":\"ann\",\"score\":120},{\"rank\":2,\"player\":\"cid\",\"score\":120}]");
  assert_answer(*state, "around", tn_obj(&args, "player", "dan", "n", 1),
                "[{\"rank\":3,\"player\":\"bob\",\"score\":95.5},{\"rank\":4,\"player\":\"dan\",\"score\":-3}]");
  tn_builder_free(&args);
}

static void the_lowest_and_highest_scores_have_their_places(void **state) {
  tn_builder args = TN_BUILDER_INIT;
  submit(*state, "low", tn_arg_int(INT64_MIN));
  submit(*state, "high", tn_arg_int(INT64_MAX));
  submit(*state, "nil", tn_arg_int(0));
  assert_answer(*state, "rank", tn_arr(&args, "high"), "{\"rank\":1,\"score\":9223372036854775807}");
  assert_answer(*state, "rank", tn_arr(&args, "nil"), "{\"rank\":2,\"score\":0}");
  assert_answer(*state, "rank", tn_arr(&args, "low"), "{\"rank\":3,\"score\":-9223372036854775808}");
  tn_builder_free(&args);
}

static void bad_arguments_are_refused(void **state) {
  tn_builder args = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  submit_some(*state);
  assert_status(ask(*state, "rank", tn_arr(&args, "eve"), NULL), TN_NOT_FOUND);
  assert_status(ask(*state, "around", tn_arr(&args, "eve"), NULL), TN_NOT_FOUND);
  assert_status(ask(*state, "submit", tn_arr(&args, "ann", "many"), &error), TN_INVALID);
  assert_string_equal(error.where, "score");
  assert_status(ask(*state, "submit", tn_arr(&args, 7, 7), &error), TN_INVALID);
  assert_string_equal(error.where, "player");
  assert_status(ask(*state, "top", tn_arr(&args, -1), &error), TN_INVALID);
  assert_string_equal(error.where, "n");
  assert_status(ask(*state, "bottom", TN_NO_VALUE, NULL), TN_UNKNOWN);
  tn_builder_free(&args);
}

static void reopening_gives_the_same_places(void **state) {
  board *b = *state;
  tn_builder args = TN_BUILDER_INIT;
  submit_some(b);
  close_board(b);
  open_board(b);
  assert_answer(b, "rank", tn_arr(&args, "dan"), "{\"rank\":4,\"score\":-3}");
  assert_status(tn_check(b->engine, NULL, NULL, NULL, NULL), TN_OK);
  tn_builder_free(&args);
}

typedef struct naive_player {
  char name[8];
  int64_t score;
  int64_t since; /* number of the submit that reached it */
} naive_player;

static int64_t naive_rank(const naive_player *players, const naive_player *p) {
  int64_t rank = 1;
  for (size_t i = 0; i < PLAYERS; i++) {
    const naive_player *q = &players[i];
    rank += q->since != 0 && (q->score > p->score || (q->score == p->score && q->since < p->since));
  }
  return rank;
}

static void random_submits_rank_as_a_naive_table_does(void **state) {
  board *b = *state;
  values_source random = values_source_for_run("leaderboard");
  naive_player players[PLAYERS];
  tn_builder args = TN_BUILDER_INIT;
  memset(players, 0, sizeof players);
  for (int64_t n = 1; n <= 1500; n++) {
    naive_player *p = &players[values_below(&random, PLAYERS)];
    int64_t score = (int64_t)values_below(&random, 40) - 20;
    (void)snprintf(p->name, sizeof p->name, "p%d", (int)(p - players));
    submit(b, p->name, tn_arg_int(score));
    if (p->since == 0 || score > p->score) p->score = score, p->since = n;
    if (n % 10 != 0) continue;
    char expected[80];
    (void)snprintf(expected, sizeof expected, "{\"rank\":%lld,\"score\":%lld}", (long long)naive_rank(players, p),
                   (long long)p->score);
    assert_answer(b, "rank", tn_arr(&args, (const char *)p->name), expected);
  }
  tn_builder_free(&args);
}

static bool find_plugin_folder(const char *program) {
  char self[sizeof plugin_folder - 16];
  char *resolved = realpath(program, NULL);
  if (!resolved) return false;
  char *slash = strrchr(resolved, '/');
  if (slash) *slash = '\0';
  (void)snprintf(self, sizeof self, "%s", resolved);
  (void)snprintf(plugin_folder, sizeof plugin_folder, "%s/leaderboard", self);
  free(resolved);
  return true;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_players_best_score_counts),
      TEST(a_score_that_is_not_better_makes_no_record),
      TEST(top_lists_best_first_and_of_equals_who_came_first),
      TEST(rank_tells_place_and_score),
      TEST(around_lists_the_neighbours_and_stops_at_both_ends),
      TEST(the_lowest_and_highest_scores_have_their_places),
      TEST(bad_arguments_are_refused),
      TEST(reopening_gives_the_same_places),
      TEST(random_submits_rank_as_a_naive_table_does),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  if (!find_plugin_folder(argv[0])) return 1;
  return cmocka_run_group_tests_name("leaderboard", tests, build_plugin, NULL);
}
