#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "options.h"

#define SAME_SIGNAL_MS 500 /* whoever signals a process and its group, as timeout(1) does, means one signal; ... */
#define GRACE_S 3          /* ... then it has so long to end in order */

/* A handler is given nothing but a number, so what it reaches has to stand here. */
static _Atomic(tn_engine *) interrupted_engine;
static atomic_int first_signal;
static _Atomic int64_t first_ms; /* when it came */
static int wake_pipe[2] = {-1, -1};

/* What a signal means to a program that goes on after SIGINT. */
static atomic_bool keeps_interrupts, interrupted;

static void wake(void) {
  ssize_t written = write(wake_pipe[1], "", 1);
  (void)written;
}

static void interrupt_engine(void) {
  tn_engine *engine = atomic_load(&interrupted_engine);
  if (engine) tn_interrupt(engine);
}

static void on_interrupt(void) {
  atomic_store(&interrupted, true);
  interrupt_engine();
  wake();
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_alarm(int number) {
  (void)number;
  _exit(EXIT_SIGNAL + atomic_load(&first_signal));
}

/* The first one is noted; one more ends the program at once, or soon where it comes with the first. */
static void on_end(int number) {
  int none = 0;
  int64_t now = now_ms(), unset = 0;
  (void)atomic_compare_exchange_strong(&first_ms, &unset, now);
  if (atomic_compare_exchange_strong(&first_signal, &none, number)) {
    if (number != SIGPIPE) interrupt_engine();
    wake();
  } else if (number != SIGPIPE) {
    if (now - atomic_load(&first_ms) > SAME_SIGNAL_MS) _exit(EXIT_SIGNAL + number);
    alarm(GRACE_S);
  }
}

static void on_signal(int number) {
  int saved = errno;
  if (number == SIGINT && atomic_load(&keeps_interrupts))
    on_interrupt();
  else
    on_end(number);
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
  struct sigaction soon = {.sa_handler = on_alarm};
  if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0 || sigaction(SIGALRM, &soon, NULL) != 0) return false;
  return catch_one(SIGINT) && catch_one(SIGTERM) && catch_one(SIGHUP) && catch_one(SIGPIPE);
}

void signals_use_engine(tn_engine *engine) { atomic_store(&interrupted_engine, engine); }
void signals_forget_engine(void) { atomic_store(&interrupted_engine, NULL); }

int signals_caught(void) { return atomic_load(&first_signal); }

void signals_keep_interrupts(void) { atomic_store(&keeps_interrupts, true); }

bool signals_interrupted(void) { return atomic_load(&interrupted); }

/* Who waits looks at the flags before the pipe, so what is read away here is missed by nobody. */
void signals_forget_interrupt(void) {
  char bytes[64];
  atomic_store(&interrupted, false);
  while (signals_caught() == 0 && read(wake_pipe[0], bytes, sizeof bytes) > 0) continue;
}

int signals_fd(void) { return wake_pipe[0]; }
