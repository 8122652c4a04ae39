#include "support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS_MAX 300000

static void must(bool fine, const char *what) {
  if (fine) return;
  perror(what);
  abort();
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static pid_t spawn(const char *const *argv, int in, int out, int err) {
  pid_t pid = fork();
  must(pid >= 0, "fork");
  if (pid > 0) return pid;
  signal(SIGPIPE, SIG_DFL);
  signal(SIGINT, SIG_DFL); /* a shell ignores it for what it runs in the background, */
  signal(SIGHUP, SIG_DFL); /* nohup(1) this one */
  if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2) execv(argv[0], (char *const *)(uintptr_t)argv);
  _exit(127);
}

static int wait_for_end(pid_t pid) {
  int status;
  int64_t until = now_ms() + WAIT_MS_MAX;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (now_ms() > until) kill(pid, SIGKILL);
    nanosleep(&(struct timespec){0, 1000000}, NULL);
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- to the end ----------------------------------------------------------------------------- */

static int memory_file(const void *data, size_t size) {
  int fd = memfd_create("process", MFD_CLOEXEC);
  must(fd >= 0, "memfd_create");
  for (size_t done = 0; done < size;) {
    ssize_t n = write(fd, (const char *)data + done, size - done);
    must(n > 0, "write");
    done += (size_t)n;
  }
  must(lseek(fd, 0, SEEK_SET) == 0, "lseek");
  return fd;
}

static char *read_all(int fd, size_t *size) {
  off_t end = lseek(fd, 0, SEEK_END);
  must(end >= 0, "lseek");
  char *text = (char *)malloc((size_t)end + 1);
  must(text && pread(fd, text, (size_t)end, 0) == end, "pread");
  text[end] = '\0';
  if (size) *size = (size_t)end;
  close(fd);
  return text;
}

outcome process_run(const char *const *argv, const void *input, size_t input_size) {
  outcome o;
  int in = memory_file(input, input_size), out = memory_file("", 0), err = memory_file("", 0);
  o.code = wait_for_end(spawn(argv, in, out, err));
  o.out = read_all(out, &o.out_size);
  o.err = read_all(err, &o.err_size);
  close(in);
  return o;
}

void outcome_free(outcome *o) {
  free(o->out);
  free(o->err);
  *o = (outcome){0};
}

/* ---- beside the test ------------------------------------------------------------------------ */

process process_start(const char *const *argv) {
  process p = {0};
  int in[2], out[2];
  char err_path[] = "/tmp/tenon-test-err-XXXXXX";
  int err = mkostemp(err_path, O_CLOEXEC);
  must(err >= 0 && pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipe2");
  p.pid = spawn(argv, in[0], out[1], err);
  close(in[0]);
  close(out[1]);
  close(err);
  p.in = in[1];
  p.out = out[0];
  p.err_path = strdup(err_path);
  signal(SIGPIPE, SIG_IGN);
  return p;
}

bool process_write(process *p, const char *text) {
  size_t size = strlen(text);
  while (size > 0) {
    ssize_t n = write(p->in, text, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text += n;
    size -= (size_t)n;
  }
  return true;
}

static void close_one(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

void process_close_input(process *p) { close_one(&p->in); }
void process_close_output(process *p) { close_one(&p->out); }

/* Drops the line that the caller has seen, its end marked by a NUL. */
static char *first_line(process *p, bool drop) {
  char *feed = p->line_size > 0 ? (char *)memchr(p->line, drop ? '\0' : '\n', p->line_size) : NULL;
  if (!feed) return NULL;
  if (drop) {
    p->line_size -= (size_t)(feed + 1 - p->line);
    memmove(p->line, feed + 1, p->line_size);
  } else {
    *feed = '\0';
  }
  return p->line;
}

static bool read_some(process *p, int64_t until) {
  struct pollfd source = {p->out, POLLIN, 0};
  int64_t left = until - now_ms();
  if (poll(&source, 1, until < 0 ? -1 : left > 0 ? (int)left : 0) <= 0) return false;
  if (p->line_capacity - p->line_size < 4096) {
    p->line_capacity = p->line_capacity * 2 + 8192;
    p->line = (char *)realloc(p->line, p->line_capacity);
    must(p->line != NULL, "realloc");
  }
  ssize_t n = read(p->out, p->line + p->line_size, p->line_capacity - p->line_size);
  if (n <= 0) return false;
  p->line_size += (size_t)n;
  return true;
}

const char *process_line(process *p, int timeout_ms) {
  int64_t until = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
  (void)first_line(p, true);
  for (;;) {
    const char *line = first_line(p, false);
    if (line) return line;
    if (!read_some(p, until)) return NULL;
  }
}

int process_end(process *p, char **err) {
  int code = wait_for_end(p->pid);
  int fd = open(p->err_path, O_RDONLY | O_CLOEXEC);
  char *text = read_all(fd, NULL);
  unlink(p->err_path);
  close_one(&p->in);
  close_one(&p->out);
  free(p->err_path);
  free(p->line);
  if (err)
    *err = text;
  else
    free(text);
  *p = (process){.in = -1, .out = -1};
  return code;
}
