#define XXH_INLINE_ALL
#include <xxhash.h>

#include "map_internal.h"

/* The digest of an entry, as docs/FORMAT.md defines it:
 *
 *   XXH3_128bits_withSeed(key size as u32 little-endian || key || tail, map seed)
 *
 * where `tail` is the value when that has at most TNI_INLINE_MAX bytes, else the 16 bytes of XXH3_128bits(value), its
 * low half first, both little-endian. */

static tni_digest from_xxh(XXH128_hash_t hash) { return (tni_digest){hash.low64, hash.high64}; }

static uint8_t *put_le(uint8_t *out, uint64_t n, unsigned width) {
  for (unsigned i = 0; i < width; i++) *out++ = (uint8_t)(n >> (8 * i));
  return out;
}

static tni_digest hash_entry(uint64_t map_seed, tn_slice key, tn_slice tail) {
  uint8_t bytes[4 + TNI_KEY_SIZE_MAX + TNI_INLINE_MAX];
  uint8_t *out = put_le(bytes, key.size, 4);
  if (key.size > 0) memcpy(out, key.data, key.size);
  if (tail.size > 0) memcpy(out + key.size, tail.data, tail.size);
  return from_xxh(XXH3_128bits_withSeed(bytes, 4 + key.size + tail.size, map_seed));
}

tni_digest tni_entry_digest_framed(uint64_t map_seed, tn_slice framed) {
  return from_xxh(XXH3_128bits_withSeed(framed.data, framed.size, map_seed));
}

tni_digest tni_value_hash(tn_slice value) { return from_xxh(XXH3_128bits(value.data, value.size)); }

tni_digest tni_entry_digest_hashed(uint64_t map_seed, tn_slice key, tni_digest value_hash) {
  uint8_t tail[16];
  put_le(put_le(tail, value_hash.low, 8), value_hash.high, 8);
  return hash_entry(map_seed, key, (tn_slice){tail, sizeof tail});
}

tni_digest tni_entry_digest(uint64_t map_seed, tn_slice key, tn_slice value) {
  if (value.size <= TNI_INLINE_MAX) return hash_entry(map_seed, key, value);
  return tni_entry_digest_hashed(map_seed, key, tni_value_hash(value));
}

tni_digest tni_state_digest_scan(const tni_state *state, const tni_root *roots) {
  tni_digest sum = {0, 0};
  for (uint32_t map = 0; map < state->map_count; map++) {
    tni_cursor cursor;
    tn_slice key, value;
    tni_cursor_init(&cursor, state, roots, map);
    while (tni_cursor_next(&cursor, &key, &value) == TN_OK)
      sum = tni_digest_add(sum, tni_entry_digest(state->seeds[map], key, value));
  }
  return sum;
}
