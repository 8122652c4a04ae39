#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_STEPS 2000
#define STOP_STEP_NS 5000000

bool bench_has_program(const char *name) {
  const char *path = getenv("PATH");
  while (path && *path != '\0') {
    char full[PATH_MAX];
    size_t size = strcspn(path, ":");
    (void)snprintf(full, sizeof full, "%.*s/%s", (int)size, path, name);
    if (access(full, X_OK) == 0) return true;
    path += size + (path[size] == ':');
  }
  return false;
}

static _Noreturn void become(const char *const *argv, const char *folder, const int *in, const int *out) {
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (chdir(folder) != 0) _exit(127);
  int errors = open("errors", O_WRONLY | O_CREAT | O_APPEND, 0666);
  (void)signal(SIGPIPE, SIG_DFL);
  (void)signal(SIGINT, SIG_IGN); /* Ctrl-C is the bench's to handle, which stops its servers */
  if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || dup2(errors, 2) < 0) _exit(127);
  (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
  _exit(127);
}

static void close_both(int *pipe_ends) {
  for (int i = 0; i < 2; i++)
    if (pipe_ends[i] >= 0) (void)close(pipe_ends[i]);
}

tn_status bench_server_start(bench_server *out, const char *const *argv, const char *folder, tn_error *error) {
  int in[2] = {-1, -1}, from[2] = {-1, -1};
  bench_server server = {0, NULL, NULL};
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0 || (server.pid = fork()) < 0) {
    close_both(in);
    close_both(from);
    return tn_error_set(error, TN_IO, argv[0], "starting: %s", strerror(errno));
  }
  if (server.pid == 0) become(argv, folder, in, from);
  (void)close(in[0]);
  (void)close(from[1]);
  server.to = fdopen(in[1], "w");
  server.from = fdopen(from[0], "r");
  *out = server;
  if (server.to && server.from) return TN_OK;
  bench_server_stop(out);
  return tn_error_set(error, TN_IO, argv[0], "starting: %s", strerror(errno));
}

bool bench_server_runs(bench_server *server) {
  if (server->pid != 0 && waitpid(server->pid, NULL, WNOHANG) == 0) return true;
  server->pid = 0;
  return false;
}

void bench_server_stop(bench_server *server) {
  const struct timespec step = {0, STOP_STEP_NS};
  if (server->to) (void)fclose(server->to);
  if (server->from) (void)fclose(server->from);
  server->to = server->from = NULL;
  if (server->pid != 0) (void)kill(server->pid, SIGTERM);
  for (int i = 0; i < STOP_STEPS && bench_server_runs(server); i++) (void)nanosleep(&step, NULL);
  if (server->pid == 0) return;
  (void)kill(server->pid, SIGKILL);
  (void)waitpid(server->pid, NULL, 0);
  server->pid = 0;
}

tn_status bench_server_ask(bench_server *server, const char *line, char *answer, size_t size, tn_error *error) {
  if (fprintf(server->to, "%s\n", line) < 0 || fflush(server->to) != 0 || !fgets(answer, (int)size, server->from))
    return tn_error_set(error, TN_IO, line, "the program does not answer any more");
  answer[strcspn(answer, "\n")] = '\0';
  return TN_OK;
}
