/* What is there after a stop: clean, killed, damaged; and what is kept of the past. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/shop.h"

#define TINY_SEGMENTS "\"storage\": {\"type\": \"file\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": 4096}"

static void fill(shop *s, int from, int to) {
  char key[16];
  for (int i = from; i < to; i++) {
    snprintf(key, sizeof key, "key%d", i);
    assert_status(shop_put(s, key, i), TN_OK);
  }
}

static void data_path(const shop *s, const char *name, char out[256]) {
  snprintf(out, 256, "%s/data%s%s", s->folder.path, name[0] ? "/" : "", name);
}

/* What a killed process would have left: a copy of the files of the open engine, opened as the same config. */
static void open_as_after_a_kill(shop *s) {
  char data[256], copy[256];
  data_path(s, "", data);
  snprintf(copy, sizeof copy, "%s/copy", s->folder.path);
  copy_folder(data, copy);
  shop_close(s);
  copy_folder(copy, data);
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_OK);
}

/* Calls `each` with the path of every file of a folder below data; name order. */
static int list_files(const shop *s, const char *below, char paths[][300], int max) {
  char path[256];
  struct dirent **names;
  int count = 0;
  data_path(s, below, path);
  int found = scandir(path, &names, NULL, alphasort);
  for (int i = 0; i < found; i++) {
    struct stat st;
    if (count < max) {
      snprintf(paths[count], 300, "%s/%s", path, names[i]->d_name);
      if (stat(paths[count], &st) == 0 && S_ISREG(st.st_mode)) count++;
    }
    free(names[i]);
  }
  if (found >= 0) free(names);
  return count;
}

static void flip_byte(const char *path, long at) {
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  fseek(file, at, SEEK_SET);
  int c = fgetc(file);
  fseek(file, at, SEEK_SET);
  fputc(c ^ 0x20, file);
  fclose(file);
}

/* ---- stops ---------------------------------------------------------------------------------- */

static void a_clean_close_keeps_everything_and_the_epoch(void **state) {
  shop *s = *state;
  char before[33], after[33];
  fill(s, 0, 50);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
  assert_int_equal(shop_stat(s, "epoch"), 1);
}

static void a_kill_loses_nothing_answered_and_begins_an_epoch(void **state) {
  shop *s = *state;
  char before[33], after[33];
  fill(s, 0, 50);
  shop_digest(s, before);
  open_as_after_a_kill(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
  assert_int_equal(shop_stat(s, "epoch"), 2);
  assert_status(shop_put(s, "x", 1), TN_OK);
  assert_int_equal(s->result.seq, 51);
}

static void each_durability_reopens_to_what_it_answered(void **state) {
  static const char *const modes[] = {"\"durability\": \"sync\"", "\"durability\": \"interval\"",
                                      "\"durability\": \"none\""};
  shop *s = *state;
  char before[33], after[33];
  for (int i = 0; i < 3; i++) {
    shop_open(s, modes[i]);
    fill(s, i * 20, i * 20 + 20);
    shop_digest(s, before);
    shop_reopen(s);
    shop_digest(s, after);
    assert_string_equal(before, after);
  }
}

static void replay_after_failed_aborted_and_batched_commands_gives_the_live_digest(void **state) {
  shop *s = *state;
  char before[33], after[33];
  tn_builder a = TN_BUILDER_INIT, b = TN_BUILDER_INIT;
  for (int round = 0; round < 6; round++) {
    tn_txn *txn;
    char key[16];
    snprintf(key, sizeof key, "key%d", round);
    fill(s, round, round + 3);
    assert_status(tn_run(s->engine, "cart", "append", tn_obj(&a, "key", key, "value", "x"), NULL, &s->error),
                  TN_INVALID);
    assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
    assert_status(tn_do(txn, "cart", "delete_range", TN_NO_VALUE, NULL, &s->error), TN_OK);
    if (round % 2)
      tn_abort(txn);
    else
      assert_status(tn_commit(txn, NULL, &s->error), TN_OK);
    tn_batch_op good[] = {{"cart", "incr", tn_obj(&a, "key", "n")},
                          {"cart", "put", tn_obj(&b, "key", round, "value", "v")}};
    assert_status(tn_batch(s->engine, good, 2, NULL, NULL, &s->error), TN_OK);
    tn_batch_op bad[] = {{"cart", "incr", tn_obj(&a, "key", "n")}, {"cart", "take", tn_obj(&b, "key", "none")}};
    assert_status(tn_batch(s->engine, bad, 2, NULL, NULL, &s->error), TN_NOT_FOUND);
    shop_digest(s, before);
    if (round == 3) assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
    open_as_after_a_kill(s);
    shop_digest(s, after);
    assert_string_equal(before, after);
  }
  tn_builder_free(&a);
  tn_builder_free(&b);
}

/* ---- owners --------------------------------------------------------------------------------- */

static void a_second_owner_is_refused(void **state) {
  shop *s = *state;
  tn_engine *second;
  assert_status(tn_open(NULL, &s->options, &second, &s->error), TN_BUSY);
}

static void a_read_only_engine_works_beside_the_owner_and_changes_nothing(void **state) {
  shop *s = *state;
  tn_engine *reader;
  tn_open_options options = s->options;
  options.read_only = true;
  fill(s, 0, 10);
  assert_status(tn_open(NULL, &options, &reader, &s->error), TN_OK);
  assert_status(tn_run(reader, "cart", "get", tn_obj(&s->args, "key", "key8"), &s->result, &s->error), TN_OK);
  assert_status(tn_run(reader, "cart", "put", tn_obj(&s->args, "key", "x", "value", 1), NULL, &s->error), TN_DENIED);
  assert_status(tn_snapshot(reader, NULL, &s->error), TN_DENIED);
  assert_status(tn_close(reader, &s->error), TN_OK);
  assert_status(shop_put(s, "x", 1), TN_OK);
}

static void reading_only_what_is_not_there_makes_nothing(void **state) {
  shop *s = *state;
  char path[256];
  shop_close(s);
  tn_open_options options = s->options;
  options.read_only = true;
  snprintf(path, sizeof path, "%s/nowhere", s->folder.path);
  options.data = path;
  tn_engine *reader;
  assert_status(tn_open(NULL, &options, &reader, &s->error), TN_NOT_FOUND);
  assert_int_not_equal(access(path, F_OK), 0);
}

/* ---- damage --------------------------------------------------------------------------------- */

static void a_deleted_middle_segment_is_an_error(void **state) {
  shop *s = *state;
  char paths[32][300];
  shop_open_fresh(s, TINY_SEGMENTS);
  fill(s, 0, 200);
  shop_close(s);
  int count = list_files(s, "journal", paths, 32);
  assert_true(count >= 4);
  assert_int_equal(unlink(paths[count / 2]), 0);
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_CORRUPT);
  assert_string_not_equal(s->error.where, "");
  s->engine = NULL;
}

static void a_damaged_snapshot_falls_back_to_the_journal(void **state) {
  shop *s = *state;
  char before[33], after[33], paths[32][300];
  fill(s, 0, 100);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  fill(s, 100, 120);
  shop_digest(s, before);
  shop_close(s);
  int count = list_files(s, "", paths, 32), damaged = 0;
  for (int i = 0; i < count; i++) {
    struct stat st;
    if (!strstr(paths[i], "snapshot-")) continue;
    assert_int_equal(stat(paths[i], &st), 0);
    assert_int_equal(truncate(paths[i], st.st_size / 2), 0);
    damaged++;
  }
  assert_int_equal(damaged, 1);
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_OK);
  assert_non_null(strstr(s->last_log, "is damaged and is passed over"));
  shop_digest(s, after);
  assert_string_equal(before, after);
}

/* After a clean close every byte either is found to be wrong, or changes nothing. */
static void a_flipped_byte_anywhere_is_found(void **state) {
  shop *s = *state;
  char before[33], after[33], paths[32][300], data[256], copy[256];
  int found = 0, harmless = 0;
  shop_open_fresh(s, TINY_SEGMENTS);
  fill(s, 0, 20);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  fill(s, 20, 60);
  shop_digest(s, before);
  shop_close(s);
  data_path(s, "", data);
  snprintf(copy, sizeof copy, "%s/copy", s->folder.path);
  copy_folder(data, copy);
  for (int below = 0; below < 2; below++) {
    int count = list_files(s, below ? "journal" : "", paths, 32);
    for (int i = 0; i < count; i++) {
      struct stat st;
      assert_int_equal(stat(paths[i], &st), 0);
      for (long at = 0; at < st.st_size; at += 37) {
        flip_byte(paths[i], at);
        s->last_log[0] = '\0';
        tn_status status = tn_open(NULL, &s->options, &s->engine, &s->error);
        if (status == TN_OK) {
          shop_digest(s, after);
          assert_string_equal(before, after); /* never a wrong state */
          if (s->last_log[0])
            found++;
          else
            harmless++;
          shop_close(s);
        } else {
          assert_true(status == TN_CORRUPT || status == TN_INVALID || status == TN_UNSUPPORTED);
          s->engine = NULL;
          found++;
        }
        copy_folder(copy, data);
      }
    }
  }
  assert_true(found > 50);
  printf("# %d flips found, %d in bytes nobody reads\n", found, harmless);
}

static void the_operator_may_accept_losing_what_follows_the_damage(void **state) {
  shop *s = *state;
  char paths[8][300];
  fill(s, 0, 50);
  shop_close(s);
  assert_int_equal(list_files(s, "journal", paths, 8), 1);
  flip_byte(paths[0], 4500);
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_CORRUPT);
  assert_non_null(strstr(s->error.where, ".seg"));
  s->engine = NULL;
  shop_open(s, "\"recover\": \"truncate\"");
  int64_t seq = shop_stat(s, "seq");
  assert_in_range(seq, 1, 49);
  assert_status(shop_put(s, "x", 1), TN_OK);
  assert_int_equal(s->result.seq, seq + 1);
  shop_open(s, "");
  assert_int_equal(shop_number(s, "x"), 1);
}

static void given_up_records_do_not_come_back_from_a_snapshot(void **state) {
  shop *s = *state;
  char paths[8][300], before[33], after[33];
  fill(s, 0, 50);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  shop_close(s);
  assert_int_equal(list_files(s, "journal", paths, 8), 1);
  flip_byte(paths[0], 4500);
  shop_open(s, "\"recover\": \"truncate\"");
  assert_in_range(shop_stat(s, "seq"), 1, 49);
  fill(s, 1000, 1060);
  shop_digest(s, before);
  shop_open(s, "");
  shop_digest(s, after);
  assert_string_equal(before, after);
}

/* ---- refusals ------------------------------------------------------------------------------- */

static void data_of_another_format_type_or_model_is_refused(void **state) {
  shop *s = *state;
  fill(s, 0, 3);
  shop_close(s);
  assert_status(shop_try_open(s, "\"format\": {\"journal\": \"json\"}"), TN_INVALID);
  assert_string_equal(s->error.where, "$.format.journal");
  assert_string_equal(
      s->error.text,
      "the data was written as 'binary', the config says 'json'; change it back, or bring the data to another "
      "folder with `tenon copy`");
  assert_status(shop_try_open(s, "\"models\": {\"basket\": {\"type\": \"kv\"}}"), TN_INVALID);
  assert_string_equal(s->error.where, "$.models.cart");
  shop_open(s, "");
}

static void a_folder_of_something_else_is_refused(void **state) {
  shop *s = *state;
  char path[256], file[300];
  shop_close(s);
  snprintf(path, sizeof path, "%s/photos", s->folder.path);
  assert_int_equal(mkdir(path, 0755), 0);
  snprintf(file, sizeof file, "%s/cat.jpg", path);
  FILE *photo = fopen(file, "w");
  assert_non_null(photo);
  fclose(photo);
  s->options.data = path;
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_INVALID);
  s->options.data = NULL;
  s->engine = NULL;
}

/* ---- the past ------------------------------------------------------------------------------- */

static void a_snapshot_and_the_journal_after_it_give_the_same_state(void **state) {
  shop *s = *state;
  char before[33], after[33];
  uint64_t seq;
  fill(s, 0, 500);
  assert_status(tn_snapshot(s->engine, &seq, &s->error), TN_OK);
  assert_int_equal(seq, 500);
  assert_status(tn_run(s->engine, "cart", "delete_range", tn_obj(&s->args, "prefix", "key1"), NULL, &s->error),
                TN_OK);
  fill(s, 490, 510);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
  assert_int_equal(shop_stat(s, "journal.snapshot_seq"), 500);
  assert_status(tn_check(s->engine, NULL, NULL, &s->result, &s->error), TN_OK);
}

static void snapshots_come_by_themselves_and_only_so_many_are_kept(void **state) {
  shop *s = *state;
  shop_close(s);
  char *every = strstr(s->config, "\"every_commands\": 0");
  assert_non_null(every);
  memcpy(every, "\"every_commands\": 9", 19);
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_OK);
  for (int i = 0; i < 5; i++) {
    fill(s, i * 10, i * 10 + 10);
    assert_status(tn_tick(s->engine, &s->error), TN_OK);
  }
  assert_int_equal(shop_stat(s, "since_open.snapshots"), 5);
  assert_int_equal(shop_stat(s, "storage.snapshots"), 2);
}

static tn_status stop_at_once(void *arg, uint64_t seq, tn_value record) {
  (void)record;
  *(uint64_t *)arg = seq;
  return TN_LIMIT;
}

static void trimmed_history_says_so_and_the_rest_is_whole(void **state) {
  shop *s = *state;
  char before[33], after[33];
  uint64_t seq = 0;
  shop_open_fresh(s, TINY_SEGMENTS ", \"journal\": {\"keep\": \"snapshot\"}");
  for (int i = 0; i < 4; i++) {
    fill(s, i * 100, i * 100 + 100);
    assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  }
  int64_t first = shop_stat(s, "journal.first_seq");
  assert_in_range(first, 2, 301); /* two snapshots are kept, 300 and 400: never past the older one */
  assert_status(tn_journal_read(s->engine, 1, 0, stop_at_once, &seq, &s->error), TN_TRIMMED);
  assert_status(tn_journal_read(s->engine, 0, 0, stop_at_once, &seq, &s->error), TN_LIMIT);
  assert_int_equal(seq, first);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
  assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_OK);
}

static unsigned long inode_of(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 ? (unsigned long)st.st_ino : 0;
}

static void a_trimmed_segment_becomes_the_next_one_and_its_old_records_stay_gone(void **state) {
  shop *s = *state;
  char before[33], after[33], next[256], paths[32][300];
  bool reused = false;
  shop_open_fresh(
      s, TINY_SEGMENTS ", \"snapshot\": {\"every_commands\": 0, \"keep\": 1}, \"journal\": {\"keep\": \"snapshot\"}");
  fill(s, 0, 200);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  data_path(s, "journal/next.tmp", next);
  unsigned long file = inode_of(next);
  assert_int_not_equal(file, 0);
  assert_status(tn_tick(s->engine, &s->error), TN_OK); /* wipes it ahead of time */
  fill(s, 200, 240);
  int count = list_files(s, "journal", paths, 32);
  for (int i = 0; i < count; i++) reused |= strstr(paths[i], ".seg") && inode_of(paths[i]) == file;
  assert_true(reused);
  shop_digest(s, before);
  open_as_after_a_kill(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
  assert_int_equal(shop_stat(s, "seq"), 240);
}

static void the_journal_is_kept_to_a_size_or_an_age(void **state) {
  shop *s = *state;
  shop_open_fresh(s, TINY_SEGMENTS ", \"journal\": {\"keep\": {\"bytes\": 20000}}");
  fill(s, 0, 400);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  assert_true(shop_stat(s, "journal.first_seq") > 1);
  shop_open(s, TINY_SEGMENTS ", \"journal\": {\"keep\": {\"age_s\": 60}}");
  int64_t first = shop_stat(s, "journal.first_seq");
  s->clock_us += 3600000000;
  fill(s, 0, 100);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  fill(s, 0, 1);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  assert_true(shop_stat(s, "journal.first_seq") > first);
}

static void a_backup_of_a_live_engine_opens_by_itself(void **state) {
  shop *s = *state;
  char before[33], after[33], path[256];
  uint64_t seq;
  fill(s, 0, 30);
  open_as_after_a_kill(s);
  fill(s, 30, 60);
  snprintf(path, sizeof path, "%s/backup", s->folder.path);
  assert_status(tn_backup(s->engine, path, &seq, &s->error), TN_OK);
  assert_int_equal(seq, 60);
  shop_digest(s, before);
  assert_status(tn_backup(s->engine, path, &seq, &s->error), TN_EXISTS);
  shop_digest(s, after);
  shop_close(s);
  s->options.data = path;
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_OK);
  shop_digest(s, after);
  assert_string_equal(before, after);
  assert_int_equal(shop_stat(s, "epoch"), 2);
  assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_OK);
}

static void a_reader_tells_lost_records_by_the_snapshot(void **state) {
  shop *s = *state;
  char paths[32][300];
  shop_open_fresh(s, TINY_SEGMENTS);
  fill(s, 0, 100);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  shop_close(s);
  int count = list_files(s, "journal", paths, 32);
  for (int i = count / 2; i < count; i++) assert_int_equal(unlink(paths[i]), 0);
  tn_engine *reader;
  tn_open_options options = s->options;
  options.read_only = true;
  assert_status(tn_open(NULL, &options, &reader, &s->error), TN_CORRUPT);
}

static void a_damaged_snapshot_does_not_count_as_kept(void **state) {
  shop *s = *state;
  char paths[32][300], before[33], after[33];
  for (int i = 0; i < 2; i++) {
    fill(s, i * 10, i * 10 + 10);
    assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  }
  int count = list_files(s, "", paths, 32);
  for (int i = 0; i < count; i++)
    if (strstr(paths[i], "0020.snap")) flip_byte(paths[i], 150);
  fill(s, 20, 30);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  assert_non_null(strstr(s->last_log, "snapshot 20 is damaged and does not count"));
  assert_int_equal(shop_stat(s, "storage.snapshots"), 3); /* 30, the damaged 20, and 10 in its place */
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
}

static void a_backup_can_be_taken_beside_the_owner(void **state) {
  shop *s = *state;
  char path[256];
  tn_engine *reader;
  fill(s, 0, 30);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK); /* newer than what a reader sees of the journal */
  tn_open_options options = s->options;
  options.read_only = true;
  assert_status(tn_open(NULL, &options, &reader, &s->error), TN_OK);
  snprintf(path, sizeof path, "%s/backup", s->folder.path);
  assert_status(tn_backup(reader, path, NULL, &s->error), TN_OK);
  assert_status(tn_close(reader, &s->error), TN_OK);
  shop_close(s);
  s->options.data = path;
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_OK);
  assert_int_equal(shop_number(s, "key29"), 29);
  assert_status(shop_put(s, "x", 1), TN_OK);
  assert_int_equal(s->result.seq, 31);
}

static void check_on_a_live_engine_reads_what_came_after_the_open(void **state) {
  shop *s = *state;
  char paths[8][300];
  int64_t records = 0;
  fill(s, 0, 100);
  assert_status(tn_check(s->engine, NULL, NULL, &s->result, &s->error), TN_OK);
  assert_status(tn_get_int(s->result.value, "records", &records), TN_OK);
  assert_int_equal(records, 100);
  assert_int_equal(list_files(s, "journal", paths, 8), 1);
  flip_byte(paths[0], 9000);
  assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_CORRUPT);
  flip_byte(paths[0], 9000);
}

static void note_problem(void *arg, const char *line) { snprintf(arg, 512, "%s", line); }

static void check_reports_a_bad_snapshot(void **state) {
  shop *s = *state;
  char paths[32][300], line[512] = "";
  fill(s, 0, 100);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  int count = list_files(s, "", paths, 32);
  for (int i = 0; i < count; i++)
    if (strstr(paths[i], "snapshot-")) flip_byte(paths[i], 700);
  assert_status(tn_check(s->engine, note_problem, line, &s->result, &s->error), TN_CORRUPT);
  assert_non_null(strstr(line, "snapshot"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_clean_close_keeps_everything_and_the_epoch),
      TEST(a_kill_loses_nothing_answered_and_begins_an_epoch),
      TEST(each_durability_reopens_to_what_it_answered),
      TEST(replay_after_failed_aborted_and_batched_commands_gives_the_live_digest),
      TEST(a_second_owner_is_refused),
      TEST(a_read_only_engine_works_beside_the_owner_and_changes_nothing),
      TEST(reading_only_what_is_not_there_makes_nothing),
      TEST(a_deleted_middle_segment_is_an_error),
      TEST(a_damaged_snapshot_falls_back_to_the_journal),
      TEST(a_flipped_byte_anywhere_is_found),
      TEST(the_operator_may_accept_losing_what_follows_the_damage),
      TEST(given_up_records_do_not_come_back_from_a_snapshot),
      TEST(data_of_another_format_type_or_model_is_refused),
      TEST(a_folder_of_something_else_is_refused),
      TEST(a_snapshot_and_the_journal_after_it_give_the_same_state),
      TEST(snapshots_come_by_themselves_and_only_so_many_are_kept),
      TEST(trimmed_history_says_so_and_the_rest_is_whole),
      TEST(a_trimmed_segment_becomes_the_next_one_and_its_old_records_stay_gone),
      TEST(the_journal_is_kept_to_a_size_or_an_age),
      TEST(a_backup_of_a_live_engine_opens_by_itself),
      TEST(a_reader_tells_lost_records_by_the_snapshot),
      TEST(a_damaged_snapshot_does_not_count_as_kept),
      TEST(a_backup_can_be_taken_beside_the_owner),
      TEST(check_on_a_live_engine_reads_what_came_after_the_open),
      TEST(check_reports_a_bad_snapshot),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
