/* Two tuples made from any bytes: their keys compare as they do, read back to them, and lie in the ranges of their
 * first parts and prefixes exactly when they begin with these. */
#include "fuzz.h"
#include "key.h"

typedef struct tuple {
  tn_builder parts;
  tn_value value; /* the array of them */
  tn_buffer key;
} tuple;

static int sign(int n) { return (n > 0) - (n < 0); }

static int compare_bytes(const tn_buffer *a, const tn_buffer *b) {
  size_t size = a->size < b->size ? a->size : b->size;
  int order = size > 0 ? memcmp(a->data, b->data, size) : 0;
  return order != 0 ? sign(order) : (a->size > b->size) - (a->size < b->size);
}

/* False when the parts pass a limit. */
static bool make(tuple *t, fuzz_input *in) {
  t->parts = (tn_builder)TN_BUILDER_INIT;
  t->key = (tn_buffer){tn_memory_system(), NULL, 0, 0};
  tn_builder_clear(&t->parts);
  tn_array_begin(&t->parts);
  for (unsigned i = fuzz_byte(in) % 5; i > 0; i--) fuzz_add(in, &t->parts, 4);
  tn_end(&t->parts);
  t->value = tn_built(&t->parts);
  for (tn_iter it = tn_iter_of(t->value); tn_iter_next(&it);)
    if (tni_key_add_value(&t->key, it.value) != TN_OK) return false;
  return !tn_is_absent(t->value);
}

static void free_tuple(tuple *t) {
  tn_builder_free(&t->parts);
  tn_buffer_free(&t->key);
}

static void check_reads_back(const tuple *t) {
  tn_builder parts = TN_BUILDER_INIT;
  MUST(tni_key_decode((tn_slice){t->key.data, t->key.size}, &parts) == TN_OK);
  MUST(tn_value_compare(tn_built(&parts), t->value) == 0);
  tn_builder_free(&parts);
}

static bool same_parts(tn_value a, tn_value b, uint32_t count) {
  if (tn_count(b) < count) return false;
  for (uint32_t i = 0; i < count; i++)
    if (tn_value_compare(tn_item(a, i), tn_item(b, i)) != 0) return false;
  return true;
}

static bool begins_with(tn_value whole, tn_value start) {
  tn_slice a, b;
  if (tn_as_string(whole, &a) && tn_as_string(start, &b))
    return a.size >= b.size && (b.size == 0 || memcmp(a.data, b.data, b.size) == 0);
  return tn_value_type(whole) == TN_ARRAY && tn_value_type(start) == TN_ARRAY &&
         same_parts(start, whole, tn_count(start));
}

static void check_range(const tn_buffer *from, const tn_buffer *end, const tuple *t, bool inside) {
  MUST((compare_bytes(&t->key, from) >= 0 && compare_bytes(&t->key, end) < 0) == inside);
}

static void check_ranges(const tuple *a, const tuple *b) {
  tn_buffer end = {tn_memory_system(), NULL, 0, 0}, from = end, prefix_end = end;
  uint32_t count = tn_count(a->value);
  MUST(tni_key_end((tn_slice){a->key.data, a->key.size}, &end) == TN_OK);
  check_range(&a->key, &end, b, same_parts(a->value, b->value, count));
  tn_value last = count > 0 ? tn_item(a->value, count - 1) : TN_NO_VALUE;
  if (tn_value_type(last) == TN_STRING || tn_value_type(last) == TN_ARRAY) {
    MUST(tn_buffer_append(&from, a->key.data, a->key.size) == TN_OK);
    MUST(tni_key_prefix(&from, tn_value_type(last), &prefix_end) == TN_OK);
    bool inside = same_parts(a->value, b->value, count - 1) && begins_with(tn_item(b->value, count - 1), last);
    check_range(&from, &prefix_end, b, inside);
  }
  tn_buffer_free(&end);
  tn_buffer_free(&from);
  tn_buffer_free(&prefix_end);
}

static void check_pair(const tuple *a, const tuple *b) {
  int order = sign(tn_value_compare(a->value, b->value));
  MUST(order == -sign(tn_value_compare(b->value, a->value)));
  MUST(order == compare_bytes(&a->key, &b->key));
  check_ranges(a, b);
  check_ranges(b, a);
}

#define NEAR_SIZE_MAX 400

/* The second tuple is made from the bytes behind the first's, or from the first's with one of them changed. */
static fuzz_input second_input(const uint8_t *data, const fuzz_input *rest, uint8_t near[NEAR_SIZE_MAX]) {
  size_t size = (size_t)(rest->at - data);
  fuzz_input change = *rest;
  uint8_t how = fuzz_byte(&change);
  if (how % 2 == 0 || size > NEAR_SIZE_MAX) return change;
  memcpy(near, data, size);
  near[fuzz_number(&change, 2) % size] ^= (uint8_t)(1 + fuzz_byte(&change) % 255);
  return fuzz_input_of(near, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t near[NEAR_SIZE_MAX];
  fuzz_input in = fuzz_input_of(data, size);
  tuple a, b;
  if (size == 0) return 0;
  bool whole = make(&a, &in);
  fuzz_input second = second_input(data, &in, near);
  whole = make(&b, &second) && whole;
  if (whole) {
    check_reads_back(&a);
    check_reads_back(&b);
    check_pair(&a, &b);
  }
  free_tuple(&a);
  free_tuple(&b);
  return 0;
}
