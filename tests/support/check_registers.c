#include "check_registers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One register's operations as calls and returns in the order of time, doubly linked so that a chosen operation can
 * be lifted out and put back. Entry 0 is the list's head. */
typedef struct entry {
  size_t call; /* number of the operation */
  bool is_return;
  size_t match; /* a call's return */
  size_t before, after;
  uint64_t time;
} entry;

/* Which operations have been put in order, and what the register holds then. */
typedef struct configuration {
  uint64_t hash;
  int64_t value;
  uint64_t *chosen; /* a bit for each operation */
} configuration;

typedef struct search {
  const history_txn **calls;
  size_t call_count;
  size_t certain;  /* those of known outcome, not in order yet */
  entry *entries;  /* 2 for each call, from 1 on */
  size_t *stack;   /* calls in the order chosen */
  int64_t *values; /* what the register held before each of them */
  size_t depth, best;
  int64_t value;
  uint64_t *chosen;
  size_t words;
  configuration *seen; /* open addressing */
  size_t seen_count, seen_capacity;
  size_t steps;
} search;

static void *must(void *data) {
  if (!data) abort();
  return data;
}

/* ---- configurations seen -------------------------------------------------------------------- */

static uint64_t hash_of(const search *s) {
  uint64_t hash = (uint64_t)s->value * 0x9e3779b97f4a7c15u;
  for (size_t i = 0; i < s->words; i++) {
    hash = (hash ^ s->chosen[i]) * 0xbf58476d1ce4e5b9u;
    hash ^= hash >> 29;
  }
  return hash | 1; /* 0 is an empty place */
}

static configuration *place_of(const search *s, uint64_t hash) {
  for (size_t i = (size_t)hash;; i++) {
    configuration *c = &s->seen[i & (s->seen_capacity - 1)];
    bool same = c->hash == hash && c->value == s->value && memcmp(c->chosen, s->chosen, s->words * 8) == 0;
    if (c->hash == 0 || same) return c;
  }
}

static void grow(search *s) {
  configuration *old = s->seen;
  size_t capacity = s->seen_capacity;
  s->seen_capacity = capacity ? capacity * 2 : 1024;
  s->seen = must(calloc(s->seen_capacity, sizeof *s->seen));
  for (size_t i = 0; i < capacity; i++) {
    if (old[i].hash == 0) continue;
    size_t at = (size_t)old[i].hash & (s->seen_capacity - 1);
    while (s->seen[at].hash != 0) at = (at + 1) & (s->seen_capacity - 1);
    s->seen[at] = old[i];
  }
  free(old);
}

/* False when it has been seen before. */
static bool remember(search *s) {
  if (s->seen_count * 2 >= s->seen_capacity) grow(s);
  uint64_t hash = hash_of(s);
  configuration *c = place_of(s, hash);
  if (c->hash != 0) return false;
  *c = (configuration){hash, s->value, must(malloc(s->words * 8 + 1))};
  memcpy(c->chosen, s->chosen, s->words * 8);
  s->seen_count++;
  return true;
}

/* ---- the register --------------------------------------------------------------------------- */

/* Whether the operation may come next; then *value is what the register holds after it. What it found is not known
 * where its outcome is not. */
static bool apply(const history_txn *t, int64_t *value) {
  const history_op *op = &t->ops[0];
  bool known = t->outcome == HISTORY_OK;
  switch (op->kind) {
    case HISTORY_READ: return !known || *value == op->found;
    case HISTORY_CAS_FAILED: return !known || *value != op->expected;
    case HISTORY_CAS:
      if (*value != op->expected) return !known;
      break;
    case HISTORY_SWAP:
      if (known && *value != op->found) return false;
      break;
    default: break;
  }
  *value = op->value;
  return true;
}

/* ---- the search ----------------------------------------------------------------------------- */

static void lift(search *s, size_t at) {
  entry *e = s->entries;
  e[e[at].before].after = e[at].after;
  e[e[at].after].before = e[at].before;
}

static void put_back(search *s, size_t at) {
  entry *e = s->entries;
  e[e[at].before].after = at;
  e[e[at].after].before = at;
}

static void choose(search *s, size_t at, int64_t value) {
  size_t call = s->entries[at].call;
  lift(s, at);
  lift(s, s->entries[at].match);
  s->stack[s->depth] = at;
  s->values[s->depth++] = s->value;
  s->value = value;
  s->chosen[call / 64] |= (uint64_t)1 << call % 64;
  s->certain -= s->calls[call]->outcome == HISTORY_OK;
  if (s->depth > s->best) s->best = s->depth;
}

/* The call that is taken back. */
static size_t take_back(search *s) {
  size_t at = s->stack[--s->depth], call = s->entries[at].call;
  s->value = s->values[s->depth];
  s->chosen[call / 64] &= ~((uint64_t)1 << call % 64);
  s->certain += s->calls[call]->outcome == HISTORY_OK;
  put_back(s, s->entries[at].match);
  put_back(s, at);
  return at;
}

/* Puts `at` next if it fits and leads to a configuration not seen before. */
static bool try_next(search *s, size_t at) {
  int64_t before = s->value, value = before;
  size_t call = s->entries[at].call;
  s->steps++;
  if (!apply(s->calls[call], &value)) return false;
  s->value = value;
  s->chosen[call / 64] |= (uint64_t)1 << call % 64;
  bool fresh = remember(s);
  s->value = before;
  s->chosen[call / 64] &= ~((uint64_t)1 << call % 64);
  if (fresh) choose(s, at, value);
  return fresh;
}

/* Every operation whose call stands before the first return may be next. */
static bool run(search *s) {
  size_t at = s->entries[0].after;
  while (s->certain > 0) {
    if (at != 0 && !s->entries[at].is_return) {
      at = try_next(s, at) ? s->entries[0].after : s->entries[at].after;
      continue;
    }
    if (s->depth == 0) return false;
    at = s->entries[take_back(s)].after;
  }
  return true;
}

/* ---- one register --------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b, void *entries) {
  const entry *x = (const entry *)entries + *(const size_t *)a, *y = (const entry *)entries + *(const size_t *)b;
  if (x->time != y->time) return x->time < y->time ? -1 : 1;
  return x->is_return - y->is_return;
}

static void link_entries(search *s) {
  size_t count = 2 * s->call_count;
  size_t *order = must(malloc((count + 1) * sizeof *order));
  for (size_t i = 0; i < count; i++) order[i] = i + 1;
  qsort_r(order, count, sizeof *order, by_time, s->entries);
  for (size_t i = 0, before = 0; i < count; before = order[i++]) {
    s->entries[before].after = order[i];
    s->entries[order[i]].before = before;
    s->entries[order[i]].after = 0;
    s->entries[0].before = order[i];
  }
  free(order);
}

static void begin(search *s, const history_txn **calls, size_t count) {
  *s = (search){.calls = calls, .call_count = count, .words = count / 64 + 1};
  s->entries = must(calloc(2 * count + 1, sizeof *s->entries));
  s->stack = must(calloc(count + 1, sizeof *s->stack));
  s->values = must(calloc(count + 1, sizeof *s->values));
  s->chosen = must(calloc(s->words, 8));
  for (size_t i = 0; i < count; i++) {
    s->entries[2 * i + 1] = (entry){.call = i, .match = 2 * i + 2, .time = calls[i]->began};
    s->entries[2 * i + 2] = (entry){.call = i, .is_return = true, .time = calls[i]->ended};
    s->certain += calls[i]->outcome == HISTORY_OK;
  }
  link_entries(s);
}

static void end(search *s) {
  for (size_t i = 0; i < s->seen_capacity; i++) free(s->seen[i].chosen);
  free(s->seen);
  free(s->entries);
  free(s->stack);
  free(s->values);
  free(s->chosen);
}

static void explain(const search *s, int reg, register_report *out) {
  FILE *text = must(fmemopen(out->text, sizeof out->text, "w"));
  size_t shown = 0;
  fprintf(text, "register %d: at most %zu of %zu operations can be put in order; among those around:\n", reg, s->best,
          s->call_count);
  for (size_t i = s->best > 4 ? s->best - 4 : 0; i < s->call_count && shown < 10; i++, shown++)
    history_print(text, s->calls[i]);
  fclose(text);
}

static bool is_of_register(const history_txn *t, int reg) {
  return t->op_count == 1 && t->ops[0].kind >= HISTORY_WRITE && t->ops[0].object == reg &&
         t->outcome != HISTORY_ABORTED;
}

static void check_one(history_txn *const *all, size_t count, int reg, register_report *out) {
  const history_txn **calls = must(malloc((count + 1) * sizeof *calls));
  size_t n = 0;
  search s;
  for (size_t i = 0; i < count; i++)
    if (is_of_register(all[i], reg)) calls[n++] = all[i];
  begin(&s, calls, n);
  out->linearizable = run(&s);
  out->registers++;
  out->operations += n;
  out->steps += s.steps;
  if (!out->linearizable) explain(&s, reg, out);
  end(&s);
  free(calls);
}

/* The first txn on this register, so that each is judged once. */
static bool is_first(history_txn *const *all, size_t i, int reg) {
  for (size_t k = 0; k < i; k++)
    if (is_of_register(all[k], reg)) return false;
  return is_of_register(all[i], reg);
}

void check_registers(const history *h, register_report *out) {
  size_t count;
  history_txn **all = history_txns(h, &count);
  *out = (register_report){.linearizable = true};
  for (size_t i = 0; i < count && out->linearizable; i++)
    if (all[i]->op_count == 1 && is_first(all, i, all[i]->ops[0].object))
      check_one(all, count, all[i]->ops[0].object, out);
  free(all);
}
