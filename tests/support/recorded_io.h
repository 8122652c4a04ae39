/* recorded_io.h - a tn_io over files in memory that records what was done and fails on demand. No disk is touched.
 * What a crash could leave of a recording is in crash/crash_walk.h. */
#ifndef RECORDED_IO_H
#define RECORDED_IO_H

#include "tenon_plugin.h"

typedef struct recorded_io recorded_io;

/* Empty but for the directory "." Any thread may use its tn_io; the rest of this header wants it at rest. */
recorded_io *recorded_io_create(void);
void recorded_io_destroy(recorded_io *r);
const tn_io *recorded_io_tn_io(const recorded_io *r);
/* Its files as they are, in a fresh one with nothing recorded. */
recorded_io *recorded_io_copy(const recorded_io *r);

/* Operations recorded so far: those that change something. */
size_t recorded_io_op_count(const recorded_io *r);
/* "write journal/x.seg 512+40" */
void recorded_io_describe_op(const recorded_io *r, size_t op, char *out, size_t size);

/* Calls of any slot but close so far. */
uint64_t recorded_io_call_count(const recorded_io *r);
/* The `nth` call from now (1 = the next) fails with `status`, with `all_after` every one after it too; 0 = none does.
 * A failing write writes its first half. */
void recorded_io_fail(recorded_io *r, uint64_t nth, tn_status status, bool all_after);

/* For damage by hand; false when there is no such file or byte. */
bool recorded_io_bytes(const recorded_io *r, const char *path, const uint8_t **data, size_t *size);
bool recorded_io_flip(recorded_io *r, const char *path, uint64_t offset, uint8_t mask);
bool recorded_io_cut(recorded_io *r, const char *path, uint64_t size);
/* All of a file's bytes; makes the file when it is not there. */
void recorded_io_put(recorded_io *r, const char *path, const void *data, size_t size);
/* Path of file number `i`, in no order; NULL past the last. */
const char *recorded_io_path(const recorded_io *r, size_t i);

#endif
