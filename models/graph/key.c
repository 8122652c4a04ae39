#include "key.h"

#include <math.h>

/* The greatest double that is not above `n`. */
static double floor_of(int64_t n) {
  double d = (double)n;
  bool above = d >= 0x1p63 || (int64_t)d > n;
  return above ? nextafter(d, -INFINITY) : d;
}

static bool has_rest(double floor) { return fabs(floor) >= (double)TN_KEY_INT_END; }

void tni_graph_key_add_large(tni_graph_key *key, int64_t part) {
  double floor = floor_of(part);
  uint64_t rest = (uint64_t)part - (uint64_t)(int64_t)floor;
  tni_graph_key_add_double(key, floor);
  if (!has_rest(floor)) return;
  key->data[key->size++] = (uint8_t)(rest >> 8);
  key->data[key->size++] = (uint8_t)rest;
}

tni_graph_key tni_graph_key_of(uint32_t count, int64_t a, int64_t b, int64_t c, int64_t d) {
  tni_graph_key key;
  key.size = 0;
  if (count > 0) tni_graph_key_add(&key, a);
  if (count > 1) tni_graph_key_add(&key, b);
  if (count > 2) tni_graph_key_add(&key, c);
  if (count > 3) tni_graph_key_add(&key, d);
  return key;
}

tni_graph_key tni_graph_key_end(const tni_graph_key *key) {
  tni_graph_key end = *key;
  end.data[end.size++] = 0xff;
  return end;
}

int tni_graph_key_compare_any(tn_slice key, const tni_graph_key *other) {
  int order = memcmp(key.data, other->data, key.size < other->size ? key.size : other->size);
  return order != 0 ? order : (key.size > other->size) - (key.size < other->size);
}

bool tni_graph_key_read(tn_slice *rest, int64_t *out) {
  const uint8_t *data = rest->data;
  double floor;
  if (rest->size < 9 || data[0] != TN_KEY_NUMBER) return false;
  uint64_t bits = tni_graph_key_word(data + 1);
  bits = bits >> 63 ? bits & INT64_MAX : ~bits;
  memcpy(&floor, &bits, sizeof floor);
  if (!(floor >= -0x1p63 && floor < 0x1p63)) return false;
  int64_t n = (int64_t)floor;
  if ((double)n != floor) return false;
  size_t size = has_rest(floor) ? 11 : 9;
  if (rest->size < size) return false;
  *out = size == 9 ? n : (int64_t)((uint64_t)n + ((uint64_t)data[9] << 8 | data[10]));
  *rest = (tn_slice){data + size, rest->size - size};
  return true;
}
