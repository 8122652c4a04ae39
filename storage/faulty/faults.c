#include "faults.h"

#define SYNC_MS_MAX 60000

static const char *const call_names[] = {
#define NAME(name) #name,
    TNI_FAULT_CALLS(NAME)
#undef NAME
        "any"};

static const char *const kind_names[] = {"io", "full", "short", "flip"};

/* ---- config --------------------------------------------------------------------------------- */

static bool is_named(tn_slice name, const char *text) {
  return name.size == strlen(text) && memcmp(name.data, text, name.size) == 0;
}

/* The place of a word in a list; false when it is none of them. */
static bool take_word(tn_value value, const char *const *words, size_t count, unsigned *out) {
  tn_slice word;
  if (!tn_as_string(value, &word)) return false;
  for (size_t i = 0; i < count; i++)
    if (is_named(word, words[i])) return *out = (unsigned)i, true;
  return false;
}

static bool take_count(tn_value value, uint64_t most, uint64_t *out) {
  int64_t n;
  if (!tn_as_int(value, &n) || n < 0 || (uint64_t)n > most) return false;
  *out = (uint64_t)n;
  return true;
}

static bool take_rate(tn_value value, double *out) {
  double rate;
  int64_t whole;
  if (tn_as_int(value, &whole))
    rate = (double)whole;
  else if (!tn_as_double(value, &rate))
    return false;
  if (!(rate >= 0 && rate <= 1)) return false;
  *out = rate;
  return true;
}

static tn_status unless(bool good, const tn_host *host, const char *key, const char *expected, tn_error *error) {
  return good ? TN_OK : host->error_set(error, TN_INVALID, key, "expected %s", expected);
}

tn_status tni_faults_take(tni_faults *f, const tn_host *host, tn_slice key, tn_value value, tn_error *error) {
  unsigned which = 0;
  uint64_t n = 0;
  bool good;
  if (is_named(key, "on")) {
    good = take_word(value, call_names, TNI_FAULT_ANY + 1, &which);
    if (good) f->on = (tni_fault_call)which;
    return unless(good, host, "on", "a storage's call like \"append\" or \"sync\", or \"any\"", error);
  }
  if (is_named(key, "fail")) {
    good = take_word(value, kind_names, sizeof kind_names / sizeof *kind_names, &which);
    if (good) f->kind = (tni_fault_kind)which;
    return unless(good, host, "fail", "\"io\", \"full\", \"short\" or \"flip\"", error);
  }
  if (is_named(key, "nth")) return unless(take_count(value, INT64_MAX, &f->nth), host, "nth", "a count", error);
  if (is_named(key, "all_after")) return unless(tn_as_bool(value, &f->all_after), host, "all_after", "a bool", error);
  if (is_named(key, "rate")) return unless(take_rate(value, &f->rate), host, "rate", "a number from 0 to 1", error);
  if (is_named(key, "seed")) return unless(take_count(value, INT64_MAX, &f->seed), host, "seed", "a number", error);
  if (!is_named(key, "sync_ms")) return TN_UNKNOWN;
  good = take_count(value, SYNC_MS_MAX, &n);
  f->sync_ms = (uint32_t)n;
  return unless(good, host, "sync_ms", "milliseconds, at most 60000", error);
}

static bool reads(tni_fault_call call) { return call == TNI_FAULT_read_next || call == TNI_FAULT_snapshot_read; }

tn_status tni_faults_check(const tni_faults *f, const tn_host *host, tn_error *error) {
  bool good = f->kind != TNI_FAIL_FLIP || f->on == TNI_FAULT_ANY || reads(f->on);
  return unless(good, host, "on", "\"read_next\", \"snapshot_read\" or \"any\" where \"flip\" fails", error);
}

/* ---- deciding ------------------------------------------------------------------------------- */

/* splitmix64: number `n` of the sequence that a seed begins. */
static uint64_t draw(uint64_t seed, uint64_t n) {
  uint64_t z = seed + n * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static bool drawn(const tni_faults *f, uint64_t call) {
  return (double)(draw(f->seed, call) >> 11) < f->rate * (double)((uint64_t)1 << 53);
}

bool tni_fault_due(tni_faults *f, tni_fault_call call) {
  if (f->on != TNI_FAULT_ANY && f->on != call) return false;
  if (f->kind == TNI_FAIL_FLIP && !reads(call)) return false;
  uint64_t n = atomic_fetch_add(&f->calls, 1) + 1;
  bool due = f->nth != 0 && (n == f->nth || (f->all_after && n > f->nth));
  due = due || drawn(f, n);
  if (due) atomic_fetch_add(&f->failed, 1);
  return due;
}

tn_status tni_fault_fail(const tni_faults *f, const tn_host *host, tni_fault_call call, tn_error *error) {
  if (f->kind == TNI_FAIL_FULL)
    return host->error_set(error, TN_FULL, call_names[call], "cannot %s: full, as asked", call_names[call]);
  return host->error_set(error, TN_IO, call_names[call], "cannot %s: failing as asked", call_names[call]);
}

size_t tni_fault_bit(const tni_faults *f, size_t size) {
  return (size_t)(draw(~f->seed, atomic_load(&f->calls)) % size);
}
