#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "options.h"

/* A handler is given nothing but a number, so what it reaches has to stand here. */
static _Atomic(tn_engine *) interrupted_engine;
static atomic_int first_signal;
static int wake_pipe[2] = {-1, -1};

static void on_signal(int number) {
  int saved = errno, none = 0;
  if (!atomic_compare_exchange_strong(&first_signal, &none, number)) {
    if (number != SIGPIPE) _exit(EXIT_SIGNAL + number);
  } else {
    tn_engine *engine = atomic_load(&interrupted_engine);
    if (engine && number != SIGPIPE) tn_interrupt(engine);
    ssize_t written = write(wake_pipe[1], "", 1);
    (void)written;
  }
  errno = saved;
}

static bool catch_one(int number) {
  struct sigaction now, wanted = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  if (sigaction(number, NULL, &now) != 0) return false;
  if (now.sa_handler == SIG_IGN && number != SIGPIPE) return true;
  sigfillset(&wanted.sa_mask);
  return sigaction(number, &wanted, NULL) == 0;
}

bool signals_catch(tn_engine *engine) {
  atomic_store(&interrupted_engine, engine);
  if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  return catch_one(SIGINT) && catch_one(SIGTERM) && catch_one(SIGHUP) && catch_one(SIGPIPE);
}

void signals_forget_engine(void) { atomic_store(&interrupted_engine, NULL); }

int signals_caught(void) { return atomic_load(&first_signal); }

int signals_fd(void) { return wake_pipe[0]; }
