/* test_disk_full.c - a file system that is really full, filled by commits: a clear status, nothing lost, and after
 * room was made and a reopen it goes on. Each durable storage on a small tmpfs in a mount namespace of this process;
 * skipped with a line where that is not permitted. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "crash/subject.h"
#include "support/assert_status.h"

#define DISK "size=2m"
#define ROOM (256 << 10) /* what is kept back, to make room later */
#define VALUE_SIZE 3000
#define COMMITS_MAX 2000

/* ---- a small disk --------------------------------------------------------------------------- */

static bool may_mount;

static bool write_text(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  if (fd >= 0) close(fd);
  return good;
}

/* Mounts that nobody else sees. Who is not root is root in a user namespace of its own. */
static bool enter_own_mounts(void) {
  char users[64], groups[64];
  unsigned uid = (unsigned)getuid(), gid = (unsigned)getgid();
  if (uid == 0) return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  snprintf(users, sizeof users, "0 %u 1", uid);
  snprintf(groups, sizeof groups, "0 %u 1", gid);
  return write_text("/proc/self/uid_map", users) && write_text("/proc/self/setgroups", "deny") &&
         write_text("/proc/self/gid_map", groups) && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static place mount_place(const durable_storage *storage) {
  place p = place_make(storage, true);
  assert_int_equal(mount("tenon", p.disk.path, "tmpfs", 0, DISK), 0);
  return p;
}

static void unmount_place(place *p) {
  assert_int_equal(umount2(p->disk.path, MNT_DETACH), 0);
  place_remove(p);
}

/* Makes the file "filler" of so many bytes, or as large as fits less `left`. */
static void fill(const place *p, size_t bytes, size_t left) {
  static const char block[4096];
  char path[80];
  size_t done = 0;
  snprintf(path, sizeof path, "%s/filler", p->disk.path);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  while (done < bytes && write(fd, block, sizeof block) == (ssize_t)sizeof block) done += sizeof block;
  if (left > 0) assert_int_equal(ftruncate(fd, (off_t)(done - left)), 0);
  close(fd);
}

static void make_room(const place *p) {
  char path[80];
  snprintf(path, sizeof path, "%s/filler", p->disk.path);
  assert_int_equal(unlink(path), 0);
}

/* ---- commits until it is full --------------------------------------------------------------- */

static const char *const durability[] = {", \"durability\": \"sync\"", ", \"durability\": \"interval\"",
                                         ", \"durability\": \"none\""};

static tn_status put(subject *s, int64_t n) {
  char value[VALUE_SIZE];
  memset(value, 'a' + (int)(n % 26), sizeof value);
  tn_value args = tn_obj(&s->args, "key", n % 50, "value", tn_text((tn_slice){value, sizeof value}));
  tn_value count = tn_obj(&s->more, "key", "count", "value", n);
  tn_batch_op ops[] = {{"cart", "put", args}, {"cart", "put", count}};
  return tn_batch(s->engine, ops, 2, NULL, &s->result, &s->error);
}

static int64_t counted(subject *s) {
  int64_t n = 0;
  tn_value args = tn_obj(&s->args, "key", "count", "default", 0);
  assert_status(tn_run(s->engine, "cart", "get", args, &s->result, &s->error), TN_OK);
  assert_true(tn_as_int(s->result.value, &n));
  return n;
}

/* The number of the last one that was answered. */
static int64_t commit_until_full(subject *s) {
  int64_t n = 0;
  tn_status status = TN_OK;
  while (status == TN_OK) {
    assert_true(++n < COMMITS_MAX);
    status = put(s, n);
  }
  assert_status(status, TN_OUTCOME_UNKNOWN);
  return n - 1;
}

static void expect_full(subject *s, int64_t answered) {
  assert_status(put(s, answered + 2), TN_IO);
  assert_non_null(strstr(s->error.text, "an earlier write failed (FULL:"));
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_IO);
  assert_int_equal(counted(s), answered);
  assert_status(subject_close(s), TN_IO);
}

/* While there is no room it may refuse to open, and says why; a reader needs none. */
static void try_without_room(subject *s, int64_t answered) {
  tn_status status = subject_open(s);
  if (status == TN_OK) {
    assert_true(counted(s) >= answered);
    (void)subject_close(s);
  } else {
    assert_status(status, TN_FULL);
  }
  s->options.read_only = true;
  assert_status(subject_open(s), TN_OK);
  assert_true(counted(s) <= answered + 1);
  assert_status(subject_close(s), TN_OK);
  s->options.read_only = false;
}

static void go_on_with_room(subject *s, int64_t answered) {
  char before[33], after[33];
  assert_status(subject_open(s), TN_OK);
  int64_t there = counted(s);
  assert_true(there >= answered && there <= answered + 1);
  assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_OK);
  for (int64_t n = 1; n <= 20; n++) assert_status(put(s, there + n), TN_OK);
  assert_int_equal(counted(s), there + 20);
  (void)subject_state(s, before);
  assert_status(subject_close(s), TN_OK);
  assert_status(subject_open(s), TN_OK);
  (void)subject_state(s, after);
  assert_string_equal(before, after);
  assert_status(subject_close(s), TN_OK);
}

static void skip_unless_mounting(void) {
  if (may_mount) return;
  print_message("# skipped: mounting a tmpfs is not permitted here\n");
  skip();
}

static void a_full_disk_is_said_and_loses_nothing(void **state) {
  (void)state;
  skip_unless_mounting();
  for (const durable_storage *storage = durable_storages; storage->name; storage++)
    for (int i = 0; i < 3; i++) {
      place p = mount_place(storage);
      subject *s = subject_create(&p, NULL, durability[i]);
      fill(&p, ROOM, 0);
      assert_status(subject_open(s), TN_OK);
      int64_t answered = commit_until_full(s);
      expect_full(s, answered);
      try_without_room(s, answered);
      make_room(&p);
      go_on_with_room(s, answered);
      print_message("# %s%s: full after %d commits\n", storage->name, durability[i], (int)answered);
      assert_int_equal(subject_destroy(s), 0);
      unmount_place(&p);
    }
}

static void a_snapshot_that_finds_no_room_harms_nothing(void **state) {
  (void)state;
  skip_unless_mounting();
  for (const durable_storage *storage = durable_storages; storage->name; storage++) {
    place p = mount_place(storage);
    subject *s = subject_create(&p, NULL, "");
    assert_status(subject_open(s), TN_OK);
    for (int64_t n = 1; n <= 60; n++) assert_status(put(s, n), TN_OK);
    fill(&p, SIZE_MAX, 64 << 10);
    tn_status status = tn_snapshot(s->engine, NULL, &s->error);
    if (status != TN_OK || !storage->keeps_room) assert_status(status, TN_FULL);
    assert_status(put(s, 61), TN_OK);
    make_room(&p);
    assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
    assert_status(subject_close(s), TN_OK);
    go_on_with_room(s, 61);
    assert_int_equal(subject_destroy(s), 0);
    unmount_place(&p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_full_disk_is_said_and_loses_nothing),
      cmocka_unit_test(a_snapshot_that_finds_no_room_harms_nothing),
  };
  may_mount = enter_own_mounts();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
