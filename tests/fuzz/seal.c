#include "seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "storage/disk/bytes.h"
#include "storage/file/segment.h"
#include "storage/file/snapshot.h"

#define LOG_ID 0x1d1d1d1d1d1d1d1du
#define SALT 0x5a175a175a175a18u

static uint64_t load(const uint8_t *data, unsigned width) {
  tni_in in = tni_in_from(data, width);
  return tni_in_number(&in, width);
}

static void store(uint8_t *data, uint64_t n, unsigned width) {
  tni_out out = tni_out_to(data, width);
  tni_out_number(&out, n, width);
}

static bool ends_with(const char *path, const char *end) {
  size_t size = strlen(path), tail = strlen(end);
  return size >= tail && strcmp(path + size - tail, end) == 0;
}

/* ---- TENON ---------------------------------------------------------------------------------- */

static void seal_meta(uint8_t *data, size_t size) {
  if (size >= 40) store(data + size - 8, XXH3_64bits_withSeed(data, size - 8, 0), 8);
}

/* ---- segments: offsets as drawn in storage/file/segment.h ------------------------------------- */

static uint32_t magic_of(uint64_t salt) {
  uint32_t folded = (uint32_t)(salt >> 32) ^ (uint32_t)salt;
  return folded ? folded : 1;
}

static uint64_t length_in_text(const uint8_t *frame) {
  char digits[9] = {0};
  memcpy(digits, frame + 35, 8);
  return strtoull(digits, NULL, 16);
}

static void write_hex(uint8_t *to, uint64_t n, int width) {
  char digits[17];
  snprintf(digits, sizeof digits, "%0*" PRIx64, width, n);
  memcpy(to, digits, (size_t)width);
}

static void seal_text_frame(uint8_t *frame, size_t size, uint64_t salt) {
  write_hex(frame + 17, magic_of(salt), 8);
  write_hex(frame, XXH3_64bits_withSeed(frame + 17, size - 17, salt), 16);
}

static void seal_frame(uint8_t *frame, size_t size, uint64_t salt) {
  store(frame + 8, magic_of(salt), 4);
  store(frame, XXH3_64bits_withSeed(frame + 8, size - 8, salt), 8);
}

static void seal_frames(uint8_t *data, size_t size, bool text, uint64_t salt) {
  size_t head = text ? TNI_FRAME_TEXT_HEADER_SIZE : TNI_FRAME_HEADER_SIZE, type = text ? 44 : 20;
  for (size_t at = TNI_SEGMENT_HEADER_SIZE; at + head <= size && data[at + type] != 0;) {
    uint64_t length = text ? length_in_text(data + at) : load(data + at + 16, 4);
    uint64_t frame = tni_frame_size(text, length);
    if (frame > size - at) return;
    (text ? seal_text_frame : seal_frame)(data + at, (size_t)frame, salt);
    at += (size_t)frame;
  }
}

static void seal_segment(uint8_t *data, size_t size) {
  if (size < TNI_SEGMENT_HEADER_SIZE) return;
  uint64_t claimed = load(data + 72, 8);
  if (claimed > SEAL_SEGMENT_MAX) store(data + 72, SEAL_SEGMENT_MAX, 8);
  if (claimed >= TNI_SEGMENT_HEADER_SIZE && claimed < size) store(data + 72, size, 8);
  store(data + 504, XXH3_64bits_withSeed(data, 504, 0), 8);
  seal_frames(data, size, data[12] & 1, load(data + 40, 8));
}

/* ---- snapshots: offsets as drawn in storage/file/snapshot.h ----------------------------------- */

static void seal_snapshot(uint8_t *data, size_t size) {
  if (size < TNI_SNAPSHOT_HEADER_SIZE) return;
  store(data + 56, XXH3_64bits_withSeed(data, 56, 0), 8);
  uint64_t seed = load(data + 32, 8);
  for (size_t at = TNI_SNAPSHOT_HEADER_SIZE; size - at >= 16;) {
    uint64_t length = load(data + at + 8, 4);
    if (length > size - at - 16) return;
    seed = XXH3_64bits_withSeed(data + at + 8, 8 + (size_t)length, seed);
    store(data + at, seed, 8);
    at += 16 + (size_t)length;
  }
}

/* ---- files ---------------------------------------------------------------------------------- */

void seal_again(const char *path, uint8_t *data, size_t size) {
  if (ends_with(path, "/TENON")) seal_meta(data, size);
  if (ends_with(path, ".seg")) seal_segment(data, size);
  if (ends_with(path, ".snap")) seal_snapshot(data, size);
}

void seal_unify(const char *path, uint8_t *data, size_t size, uint64_t previous) {
  bool segment = ends_with(path, ".seg"), snapshot = ends_with(path, ".snap");
  if (ends_with(path, "/TENON") || snapshot) store(data + 24, LOG_ID, 8);
  if (snapshot) store(data + 32, SALT, 8);
  if (segment) {
    store(data + 32, LOG_ID, 8);
    store(data + 40, SALT + load(data + 16, 8), 8);
    store(data + 48, previous ? SALT + previous : 0, 8);
  }
  seal_again(path, data, size);
}
