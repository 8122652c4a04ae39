#include "recorded_io.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "recorded_ops.h"

struct tn_file {
  recorded_io *io;
  memory_node *node;
  bool writable;
  bool locked;
};

static recorded_io *owner(const tn_io *io) { return io->context; }

/* ---- memory: a test that has none ends ------------------------------------------------------ */

void *recorded_alloc(size_t size) {
  void *data = calloc(1, size ? size : 1);
  if (!data) abort();
  return data;
}

void *recorded_grow(void *data, size_t count, size_t *capacity, size_t item) {
  if (count < *capacity) return data;
  *capacity = *capacity ? *capacity * 2 : 32;
  data = realloc(data, *capacity * item);
  if (!data) abort();
  return data;
}

char *recorded_text(const char *text) {
  size_t size = strlen(text) + 1;
  return memcpy(recorded_alloc(size), text, size);
}

/* ---- nodes and names ------------------------------------------------------------------------ */

memory_node *memory_node_create(recorded_io *r) {
  memory_node *node = recorded_alloc(sizeof *node);
  r->nodes = recorded_grow(r->nodes, r->node_count, &r->node_capacity, sizeof *r->nodes);
  node->id = r->node_count;
  r->nodes[r->node_count++] = node;
  return node;
}

void memory_node_resize(memory_node *node, size_t size) {
  if (size > node->capacity) {
    node->capacity = size > node->capacity * 2 ? size : node->capacity * 2;
    node->data = realloc(node->data, node->capacity);
    if (!node->data) abort();
  }
  if (size > node->size) memset(node->data + node->size, 0, size - node->size);
  node->size = size;
}

static memory_name *find_name(const recorded_io *r, const char *path) {
  for (size_t i = 0; i < r->name_count; i++)
    if (strcmp(r->names[i].path, path) == 0) return &r->names[i];
  return NULL;
}

void memory_name_set(recorded_io *r, const char *path, memory_node *node) {
  memory_name *name = find_name(r, path);
  if (!name) {
    r->names = recorded_grow(r->names, r->name_count, &r->name_capacity, sizeof *r->names);
    name = &r->names[r->name_count++];
    name->path = recorded_text(path);
  }
  name->node = node;
}

void memory_name_remove(recorded_io *r, const char *path) {
  memory_name *name = find_name(r, path);
  if (!name) return;
  free(name->path);
  *name = r->names[--r->name_count];
}

size_t recorded_folder_size(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (size_t)(slash - path) : 0;
}

/* ---- recording and failing ------------------------------------------------------------------ */

static recorded_op *record(recorded_io *r, recorded_kind kind, const memory_node *node, const char *path) {
  r->ops = recorded_grow(r->ops, r->op_count, &r->op_capacity, sizeof *r->ops);
  recorded_op *op = &r->ops[r->op_count++];
  *op = (recorded_op){.kind = kind, .node = node ? node->id : 0, .path = path ? recorded_text(path) : NULL};
  return op;
}

/* Counts a call; a failure when it is its turn. Leaves the io locked. */
static tn_status begin(recorded_io *r, const char *what, const char *path, tn_error *error) {
  pthread_mutex_lock(&r->mutex);
  r->calls++;
  bool fails = r->fail_at != 0 && (r->calls == r->fail_at || (r->fail_after && r->calls > r->fail_at));
  return fails ? tn_error_set(error, r->fail_status, path, "cannot %s: failing as asked", what) : TN_OK;
}

static tn_status end(recorded_io *r, tn_status status) {
  pthread_mutex_unlock(&r->mutex);
  return status;
}

/* ---- the slots ------------------------------------------------------------------------------ */

static tn_status open_now(recorded_io *r, const char *path, tn_open_mode mode, tn_file **out, tn_error *error) {
  memory_name *name = find_name(r, path);
  if (mode == TN_FILE_CREATE && name) return tn_error_set(error, TN_EXISTS, path, "cannot create: it exists");
  if (mode != TN_FILE_CREATE && (!name || !name->node))
    return tn_error_set(error, name ? TN_IO : TN_NOT_FOUND, path, "cannot open: no such file");
  memory_node *node = name ? name->node : memory_node_create(r);
  if (!name) {
    memory_name_set(r, path, node);
    record(r, RECORDED_CREATE, node, path);
  }
  tn_file *file = recorded_alloc(sizeof *file);
  *file = (tn_file){.io = r, .node = node, .writable = mode != TN_FILE_READ};
  *out = file;
  return TN_OK;
}

static tn_status memory_open(const tn_io *io, const char *path, tn_open_mode mode, tn_file **out, tn_error *error) {
  recorded_io *r = owner(io);
  tn_status status = begin(r, "open", path, error);
  return end(r, status == TN_OK ? open_now(r, path, mode, out, error) : status);
}

static void memory_close(tn_file *file) {
  pthread_mutex_lock(&file->io->mutex);
  if (file->locked) file->node->locked = false;
  pthread_mutex_unlock(&file->io->mutex);
  free(file);
}

static tn_status memory_read(tn_file *file, uint64_t offset, void *data, size_t size, size_t *got, tn_error *error) {
  tn_status status = begin(file->io, "read", NULL, error);
  if (status == TN_OK) {
    size_t left = offset < file->node->size ? file->node->size - (size_t)offset : 0;
    *got = size < left ? size : left;
    if (*got > 0) memcpy(data, file->node->data + offset, *got);
  }
  return end(file->io, status);
}

static void write_now(tn_file *file, uint64_t offset, const void *data, size_t size) {
  if (size == 0) return;
  memory_node *node = file->node;
  if (offset + size > node->size) memory_node_resize(node, (size_t)(offset + size));
  memcpy(node->data + offset, data, size);
  recorded_op *op = record(file->io, RECORDED_WRITE, node, NULL);
  op->offset = offset;
  op->size = size;
  op->data = memcpy(recorded_alloc(size), data, size);
}

static tn_status memory_write(tn_file *file, uint64_t offset, const void *data, size_t size, tn_error *error) {
  tn_status status = begin(file->io, "write", NULL, error);
  if (status == TN_OK && !file->writable)
    status = tn_error_set(error, TN_IO, NULL, "cannot write: opened for reading");
  else
    write_now(file, offset, data, status == TN_OK ? size : size / 2);
  return end(file->io, status);
}

static tn_status memory_sync(tn_file *file, tn_error *error) {
  tn_status status = begin(file->io, "sync", NULL, error);
  if (status == TN_OK) record(file->io, RECORDED_SYNC, file->node, NULL);
  return end(file->io, status);
}

static tn_status memory_resize(tn_file *file, uint64_t size, tn_error *error) {
  tn_status status = begin(file->io, "set the size", NULL, error);
  if (status == TN_OK) {
    memory_node_resize(file->node, (size_t)size);
    record(file->io, RECORDED_RESIZE, file->node, NULL)->size = (size_t)size;
  }
  return end(file->io, status);
}

static tn_status memory_size(tn_file *file, uint64_t *out, tn_error *error) {
  tn_status status = begin(file->io, "find the size", NULL, error);
  if (status == TN_OK) *out = file->node->size;
  return end(file->io, status);
}

static tn_status memory_lock(tn_file *file, tn_error *error) {
  tn_status status = begin(file->io, "lock", NULL, error);
  if (status == TN_OK && file->node->locked && !file->locked)
    status = tn_error_set(error, TN_BUSY, NULL, "somebody else holds the lock");
  if (status == TN_OK) file->locked = file->node->locked = true;
  return end(file->io, status);
}

static tn_status memory_rename(const tn_io *io, const char *from, const char *to, tn_error *error) {
  recorded_io *r = owner(io);
  tn_status status = begin(r, "rename", from, error);
  const memory_name *name = find_name(r, from);
  if (status == TN_OK && !name) status = tn_error_set(error, TN_NOT_FOUND, from, "cannot rename: no such file");
  if (status == TN_OK) {
    memory_node *node = name->node;
    record(r, RECORDED_RENAME, node, from)->to = recorded_text(to);
    memory_name_remove(r, from);
    memory_name_set(r, to, node);
  }
  return end(r, status);
}

static tn_status memory_unlink(const tn_io *io, const char *path, tn_error *error) {
  recorded_io *r = owner(io);
  tn_status status = begin(r, "remove", path, error);
  if (status == TN_OK && !find_name(r, path))
    status = tn_error_set(error, TN_NOT_FOUND, path, "cannot remove: no such file");
  if (status == TN_OK) {
    record(r, RECORDED_UNLINK, NULL, path);
    memory_name_remove(r, path);
  }
  return end(r, status);
}

static tn_status memory_make_dir(const tn_io *io, const char *path, tn_error *error) {
  recorded_io *r = owner(io);
  tn_status status = begin(r, "make the directory", path, error);
  const memory_name *name = find_name(r, path);
  if (status == TN_OK && name && name->node)
    status = tn_error_set(error, TN_IO, path, "cannot make the directory: a file");
  if (status == TN_OK && !name) {
    memory_name_set(r, path, NULL);
    record(r, RECORDED_MAKE_DIR, NULL, path);
  }
  return end(r, status);
}

/* The names below `path`, copied so that `each` may call the io. */
static char **names_in(const recorded_io *r, const char *path, size_t *count) {
  char **found = recorded_alloc((r->name_count + 1) * sizeof *found);
  size_t size = strlen(path);
  *count = 0;
  for (size_t i = 0; i < r->name_count; i++) {
    const char *name = r->names[i].path;
    if (recorded_folder_size(name) == size && memcmp(name, path, size) == 0 && name[size] == '/')
      found[(*count)++] = recorded_text(name + size + 1);
  }
  return found;
}

static tn_status memory_list(const tn_io *io, const char *path, tn_status (*each)(void *arg, const char *name),
                             void *arg, tn_error *error) {
  recorded_io *r = owner(io);
  tn_status status = begin(r, "list", path, error);
  const memory_name *name = find_name(r, path);
  if (status == TN_OK && (!name || name->node))
    status = tn_error_set(error, TN_NOT_FOUND, path, "cannot list: no such directory");
  size_t count = 0;
  char **names = status == TN_OK ? names_in(r, path, &count) : NULL;
  end(r, status);
  for (size_t i = 0; i < count; i++) {
    if (status == TN_OK) status = each(arg, names[i]);
    free(names[i]);
  }
  free(names);
  return status;
}

static tn_status memory_sync_dir(const tn_io *io, const char *path, tn_error *error) {
  recorded_io *r = owner(io);
  tn_status status = begin(r, "sync the directory", path, error);
  if (status == TN_OK && !find_name(r, path))
    status = tn_error_set(error, TN_NOT_FOUND, path, "cannot sync: no such directory");
  if (status == TN_OK) record(r, RECORDED_SYNC_DIR, NULL, path);
  return end(r, status);
}

/* ---- making, copying, looking --------------------------------------------------------------- */

recorded_io *recorded_io_create(void) {
  recorded_io *r = recorded_alloc(sizeof *r);
  pthread_mutex_init(&r->mutex, NULL);
  r->io = (tn_io){.open = memory_open,
                  .close = memory_close,
                  .read = memory_read,
                  .write = memory_write,
                  .sync = memory_sync,
                  .resize = memory_resize,
                  .size = memory_size,
                  .lock = memory_lock,
                  .rename = memory_rename,
                  .unlink = memory_unlink,
                  .make_dir = memory_make_dir,
                  .list = memory_list,
                  .sync_dir = memory_sync_dir,
                  .context = r};
  memory_name_set(r, ".", NULL);
  return r;
}

void recorded_io_destroy(recorded_io *r) {
  if (!r) return;
  for (size_t i = 0; i < r->node_count; i++) {
    free(r->nodes[i]->data);
    free(r->nodes[i]);
  }
  for (size_t i = 0; i < r->name_count; i++) free(r->names[i].path);
  for (size_t i = 0; i < r->op_count; i++) {
    free(r->ops[i].path);
    free(r->ops[i].to);
    free(r->ops[i].data);
  }
  free(r->nodes);
  free(r->names);
  free(r->ops);
  pthread_mutex_destroy(&r->mutex);
  free(r);
}

const tn_io *recorded_io_tn_io(const recorded_io *r) { return &r->io; }

void memory_file_add(recorded_io *r, const char *path, const void *data, size_t size) {
  memory_node *node = memory_node_create(r);
  memory_node_resize(node, size);
  if (size > 0) memcpy(node->data, data, size);
  memory_name_set(r, path, node);
}

recorded_io *recorded_io_copy(const recorded_io *r) {
  recorded_io *copy = recorded_io_create();
  for (size_t i = 0; i < r->name_count; i++) {
    const memory_node *node = r->names[i].node;
    if (node)
      memory_file_add(copy, r->names[i].path, node->data, node->size);
    else
      memory_name_set(copy, r->names[i].path, NULL);
  }
  recorded_base_take(copy);
  return copy;
}

/* What is there now is durable: the recording begins here. */
void recorded_base_take(recorded_io *r) {
  for (size_t i = 0; i < r->name_count; i++) {
    memory_node *node = r->names[i].node;
    recorded_op *op = record(r, node ? RECORDED_BASE_FILE : RECORDED_MAKE_DIR, node, r->names[i].path);
    if (!node) continue;
    op->size = node->size;
    op->data = memcpy(recorded_alloc(node->size), node->data ? node->data : (const uint8_t *)"", node->size);
  }
  r->base_ops = r->op_count;
}

size_t recorded_io_op_count(const recorded_io *r) { return r->op_count - r->base_ops; }
uint64_t recorded_io_call_count(const recorded_io *r) { return r->calls; }

void recorded_io_fail(recorded_io *r, uint64_t nth, tn_status status, bool all_after) {
  r->fail_at = nth ? r->calls + nth : 0;
  r->fail_status = status;
  r->fail_after = all_after;
}

void recorded_io_describe_op(const recorded_io *r, size_t op, char *out, size_t size) {
  static const char *const words[] = {"base",   "create", "write",    "resize",  "sync",
                                      "rename", "unlink", "make_dir", "sync_dir"};
  const recorded_op *o = &r->ops[r->base_ops + op];
  if (o->kind == RECORDED_WRITE)
    snprintf(out, size, "write node %zu %llu+%zu", o->node, (unsigned long long)o->offset, o->size);
  else
    snprintf(out, size, "%s node %zu %s %s", words[o->kind], o->node, o->path ? o->path : "", o->to ? o->to : "");
}

bool recorded_io_bytes(const recorded_io *r, const char *path, const uint8_t **data, size_t *size) {
  const memory_name *name = find_name(r, path);
  if (!name || !name->node) return false;
  *data = name->node->data;
  *size = name->node->size;
  return true;
}

bool recorded_io_flip(recorded_io *r, const char *path, uint64_t offset, uint8_t mask) {
  const memory_name *name = find_name(r, path);
  if (!name || !name->node || offset >= name->node->size) return false;
  name->node->data[offset] ^= mask;
  return true;
}

bool recorded_io_cut(recorded_io *r, const char *path, uint64_t size) {
  const memory_name *name = find_name(r, path);
  if (!name || !name->node || size > name->node->size) return false;
  memory_node_resize(name->node, (size_t)size);
  return true;
}

void recorded_io_put(recorded_io *r, const char *path, const void *data, size_t size) {
  const memory_name *name = find_name(r, path);
  if (!name || !name->node) {
    memory_file_add(r, path, data, size);
    return;
  }
  memory_node_resize(name->node, size);
  if (size > 0) memcpy(name->node->data, data, size);
}

const char *recorded_io_path(const recorded_io *r, size_t i) {
  for (size_t k = 0; k < r->name_count; k++)
    if (r->names[k].node && i-- == 0) return r->names[k].path;
  return NULL;
}
