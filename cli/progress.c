#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_MS 100
#define LINE_MS 5000
#define BAR_MAX 40
#define TEXT_SIZE 60 /* columns that the numbers behind the bar take */

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

progress progress_start(const char *command, uint64_t total_bytes) {
  int64_t now = now_ms();
  bool terminal = isatty(STDERR_FILENO) == 1;
  return (progress){command, total_bytes, terminal, false, now, terminal ? now - REDRAW_MS : now};
}

static int columns(void) {
  struct winsize size;
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* "12345 records, 80000/s, 0:12 left" */
static void describe(const progress *p, uint64_t records, uint64_t bytes, int64_t now, char *out, size_t size) {
  int64_t ms = now - p->started_ms > 0 ? now - p->started_ms : 1;
  int n = snprintf(out, size, "%llu record%s, %llu/s", (unsigned long long)records, records == 1 ? "" : "s",
                   (unsigned long long)(records * 1000 / (uint64_t)ms));
  if (p->total == 0 || bytes == 0 || n < 0 || (size_t)n >= size) return;
  uint64_t rest = p->total > bytes ? p->total - bytes : 0;
  uint64_t left = (uint64_t)((double)ms * (double)rest / (double)bytes / 1000);
  snprintf(out + n, size - (size_t)n, ", %llu:%02llu left", (unsigned long long)left / 60,
           (unsigned long long)left % 60);
}

static unsigned percent_of(const progress *p, uint64_t bytes) {
  return bytes >= p->total ? 100 : (unsigned)((double)bytes * 100 / (double)p->total);
}

static void draw(progress *p, const char *text, uint64_t bytes) {
  char bar[BAR_MAX + 1];
  int width = columns() - TEXT_SIZE;
  if (p->total == 0 || width < 10) {
    fprintf(stderr, "\r\033[K%.*s", columns() - 1, text);
  } else {
    width = width > BAR_MAX ? BAR_MAX : width;
    unsigned percent = percent_of(p, bytes);
    memset(bar, ' ', sizeof bar);
    memset(bar, '=', (size_t)width * percent / 100);
    bar[width] = '\0';
    fprintf(stderr, "\r\033[K[%s] %3u %%  %.*s", bar, percent, TEXT_SIZE - 11, text);
  }
  fflush(stderr);
  p->drawn = true;
}

void progress_show(progress *p, uint64_t records, uint64_t bytes) {
  char text[128];
  int64_t now = now_ms();
  if (now - p->shown_ms < (p->terminal ? REDRAW_MS : LINE_MS)) return;
  p->shown_ms = now;
  describe(p, records, bytes, now, text, sizeof text);
  if (p->terminal)
    draw(p, text, bytes);
  else if (p->total > 0)
    fprintf(stderr, "tenon %s: %u %%, %s\n", p->command, percent_of(p, bytes), text);
  else
    fprintf(stderr, "tenon %s: %s\n", p->command, text);
}

void progress_clear(progress *p) {
  if (p->drawn) fputs("\r\033[K", stderr);
  p->drawn = false;
}
