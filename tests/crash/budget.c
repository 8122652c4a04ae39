#include "budget.h"

#include <stdlib.h>
#include <time.h>

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t setting(const char *name, uint64_t otherwise) {
  const char *text = getenv(name);
  return text && text[0] ? strtoull(text, NULL, 10) : otherwise;
}

bool budget_is_large(void) { return setting("CRASH_SECONDS", 0) > 0; }

budget budget_make(uint64_t seed, size_t rounds) {
  uint64_t seconds = setting("CRASH_SECONDS", 0);
  budget b = {.first_seed = setting("CRASH_SEED", seed), .most = rounds};
  if (setting("CRASH_SEED", 0) != 0) b.most = 1;
  if (seconds > 0) b.most = 0, b.until_ms = now_ms() + (int64_t)seconds * 1000;
  return b;
}

bool budget_next(budget *b, uint64_t *seed) {
  if (b->most != 0 && b->rounds == b->most) return false;
  if (b->until_ms != 0 && now_ms() >= b->until_ms) return false;
  *seed = b->first_seed + b->rounds++;
  return true;
}
