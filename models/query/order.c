#include "order.h"

#define RUN 8 /* items that are put in order by insertion first */

typedef struct order {
  tn_ctx *ctx;
  tni_compare_fn compare;
  void *arg;
} order;

static void insert_run(const order *o, const void **items, size_t count) {
  for (size_t i = 1; i < count; i++) {
    const void *item = items[i];
    size_t at = i;
    for (; at > 0 && o->compare(o->arg, items[at - 1], item) > 0; at--) items[at] = items[at - 1];
    items[at] = item;
  }
}

static tn_status sort_runs(const order *o, const void **items, size_t count) {
  for (size_t i = 0; i < count; i += RUN) {
    TRY(tn_step(o->ctx));
    insert_run(o, items + i, count - i < RUN ? count - i : RUN);
  }
  return TN_OK;
}

static tn_status merge(const order *o, const void **left, const void **right, const void **end, const void **to) {
  const void **middle = right;
  while (left < middle && right < end) {
    TRY(tn_step(o->ctx));
    *to++ = o->compare(o->arg, *left, *right) <= 0 ? *left++ : *right++;
  }
  while (left < middle) *to++ = *left++;
  while (right < end) *to++ = *right++;
  return TN_OK;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

tn_status tni_order(tn_ctx *ctx, const void **items, const void **room, size_t count, tni_compare_fn compare,
                    void *arg) {
  order o = {ctx, compare, arg};
  const void **from = items, **to = room;
  TRY(sort_runs(&o, items, count));
  for (size_t width = RUN; width < count; width *= 2) {
    for (size_t i = 0; i < count; i += 2 * width)
      TRY(merge(&o, from + i, from + least(i + width, count), from + least(i + 2 * width, count), to + i));
    const void **swap = from;
    from = to;
    to = swap;
  }
  if (from != items) memcpy(items, from, count * sizeof *items);
  return TN_OK;
}
