/* recorded_ops.h - the inside of recorded_io: its files and its recording, shared with crash/crash_walk.c alone. */
#ifndef RECORDED_OPS_H
#define RECORDED_OPS_H

#include <pthread.h>

#include "recorded_io.h"

typedef enum recorded_kind {
  RECORDED_BASE_FILE, /* there, and durable, before the recording began */
  RECORDED_CREATE,
  RECORDED_WRITE,
  RECORDED_RESIZE,
  RECORDED_SYNC,
  RECORDED_RENAME,
  RECORDED_UNLINK,
  RECORDED_MAKE_DIR,
  RECORDED_SYNC_DIR
} recorded_kind;

typedef struct recorded_op {
  recorded_kind kind;
  size_t node; /* id of the file */
  uint64_t offset;
  size_t size;
  uint8_t *data; /* written */
  char *path;
  char *to; /* rename */
} recorded_op;

typedef struct memory_node {
  size_t id; /* index in nodes */
  uint8_t *data;
  size_t size;
  size_t capacity;
  bool locked;
} memory_node;

/* A path without its node is a directory. */
typedef struct memory_name {
  char *path;
  memory_node *node;
} memory_name;

struct recorded_io {
  tn_io io;
  pthread_mutex_t mutex;
  memory_node **nodes;
  size_t node_count, node_capacity;
  memory_name *names;
  size_t name_count, name_capacity;
  recorded_op *ops;
  size_t op_count, op_capacity;
  size_t base_ops; /* so many of them are what was there at the start */
  uint64_t calls;
  uint64_t fail_at;
  tn_status fail_status;
  bool fail_after;
};

void *recorded_alloc(size_t size);
/* `data` with room for one more item. */
void *recorded_grow(void *data, size_t count, size_t *capacity, size_t item);
char *recorded_text(const char *text);
size_t recorded_folder_size(const char *path); /* bytes of the path's folder part */

memory_node *memory_node_create(recorded_io *r);
void memory_node_resize(memory_node *node, size_t size);
void memory_name_set(recorded_io *r, const char *path, memory_node *node);
void memory_name_remove(recorded_io *r, const char *path);
void memory_file_add(recorded_io *r, const char *path, const void *data, size_t size);
void recorded_base_take(recorded_io *r);

#endif
