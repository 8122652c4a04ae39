/* segment.h - one journal segment as bytes: its header, its frames, and a window through which a file is read.
 * It knows no other segment and no rule about damage; those are in walk.h. */
#ifndef TENON_FILE_SEGMENT_H
#define TENON_FILE_SEGMENT_H

#include "disk/dir.h"
#include "meta.h"

/* A segment is its header in the first 512 bytes, then frames, then zeros up to its size. It gets its name only when
 * the header is durable, so a header that does not check is damage, never a stop.
 *
 *   0   magic "TENONseg"       8     40  salt of this segment, random     8
 *   8   format version         4     48  salt of the segment before it    8
 *   12  flags (1: text)        4     56  where that one's roll mark is    8
 *   16  first seq              8     64  durable_upto when it was made    8
 *   24  epoch when it was made 8     72  size of the file                 8
 *   32  log id                 8     80  zeros                          424
 *                                    504 checksum of all before, seed 0   8 */
#define TNI_SEGMENT_HEADER_SIZE 512
typedef struct tni_segment_header {
  uint64_t first_seq;
  uint64_t epoch;
  uint64_t log_id;
  uint64_t salt;
  uint64_t previous_salt; /* 0 in a log's first */
  uint64_t previous_end;
  uint64_t durable_upto;
  uint64_t size;
  bool text;
} tni_segment_header;

typedef enum tni_frame_type {
  TNI_FRAME_RECORD = 1,
  TNI_FRAME_OPEN = 2, /* an owner opened the log; payload: its epoch, 20 digits. Synced before open returns */
  TNI_FRAME_ROLL = 3, /* goes on in the next segment, which is durable already */
  TNI_FRAME_END = 4   /* closed cleanly; all before it was synced before it was written */
} tni_frame_type;

/* A frame begins at a multiple of 8 and is padded to one with zeros.
 *
 *   0          8       12       16       20     24    32             40
 *   +----------+-------+--------+--------+------+-----+--------------+-----------------+
 *   | checksum | magic | synced | length | type | seq | durable_upto | payload, padded |
 *   +----------+-------+--------+--------+------+-----+--------------+-----------------+
 * checksum: of everything after itself, padding included, seeded with the segment's salt. magic: folded from the
 * salt. synced: how far this segment was known synced when the frame was written, in units of 8 bytes. seq: the
 * record's, or for a mark the next record's. durable_upto: the last seq known synced when it was written.
 *
 * A journal of text has the same fields as a line of ASCII, so that people can read it (less, grep):
 *   0         17     26      35      44    49                   70                    95
 *   | checksum | magic | synced | length | type | seq, 20 digits | durable_upto, 20     | \n |
 * numbers in hexadecimal but for the two seqs, one space between, padded with spaces to 96 bytes; the payload's
 * padding is spaces and a line feed, at least that. The checksum covers what follows its space. */
#define TNI_FRAME_HEADER_SIZE 40
#define TNI_FRAME_TEXT_HEADER_SIZE 96
#define TNI_FRAME_PAYLOAD_MAX 0x7ffffff0u
#define TNI_FRAME_OPEN_PAYLOAD 20

typedef struct tni_frame {
  tni_frame_type type;
  uint32_t length; /* of the payload */
  uint64_t seq;
  uint64_t durable_upto;
  uint64_t synced; /* offset in the segment */
  uint64_t size;   /* of the whole frame */
} tni_frame;

tni_name tni_segment_name(uint64_t first_seq); /* "journal/....seg" */

void tni_segment_header_encode(const tni_fdir *dir, const tni_segment_header *header,
                               uint8_t out[TNI_SEGMENT_HEADER_SIZE]);
/* Reads and checks the header of an open segment. CORRUPT, INVALID when newer, IO. `name` is for the error. */
tn_status tni_segment_header_read(const tni_fdir *dir, tn_file *file, const char *name, tni_segment_header *out,
                                  tn_error *error);

/* Bytes of a frame with `length` bytes of payload. */
uint64_t tni_frame_size(bool text, uint64_t length);
/* Writes the frame at `out`, which has tni_frame_size() bytes. Uses type, seq, durable_upto and synced. */
void tni_frame_encode(const tni_fdir *dir, const tni_segment_header *segment, const tni_frame *frame,
                      tn_slice payload, uint8_t *out);

/* A part of a file in memory, moved along as it is read. Bytes past the file's end up to `limit` are zeros. */
typedef struct tni_window {
  const tni_fdir *dir;
  tn_file *file;  /* borrowed */
  uint64_t limit; /* nothing is read past it; may be raised */
  uint64_t start;
  size_t size;
  uint8_t *data;
  size_t capacity;
} tni_window;

void tni_window_free(tni_window *window);
/* Forgets what was read, for another file or because the file has changed. */
void tni_window_reset(tni_window *window, tn_file *file, uint64_t limit);
/* The frame at `offset`, its payload borrowed until the window's next use. NOT_FOUND when there is no valid one. */
tn_status tni_window_frame(tni_window *window, const tni_segment_header *segment, uint64_t offset, tni_frame *out,
                           tn_slice *payload, tn_error *error);
/* The first valid frame at or after *offset, which is set to where it is. NOT_FOUND when there is none. */
tn_status tni_window_search(tni_window *window, const tni_segment_header *segment, uint64_t *offset, tni_frame *out,
                            tn_slice *payload, tn_error *error);
/* *end is where the last byte that is not zero ends, or `from` when there are only zeros after it. */
tn_status tni_window_used(tni_window *window, uint64_t from, uint64_t *end, tn_error *error);
/* Copies [from, to) elsewhere: calls `take` with runs of bytes in order. */
tn_status tni_window_each(tni_window *window, uint64_t from, uint64_t to,
                          tn_status (*take)(void *arg, uint64_t offset, tn_slice bytes, tn_error *error), void *arg,
                          tn_error *error);

#endif
