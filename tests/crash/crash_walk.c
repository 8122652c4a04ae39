#include "crash_walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/recorded_ops.h"

#define SECTOR 512
#define STATES_UNBOUNDED (1u << 20)

/* A file at the walk's point: what its last sync made durable, and what came since. */
typedef struct walked_node {
  uint8_t *data;
  size_t size;
  size_t *pending; /* ops since: writes and resizes */
  size_t pending_count, pending_capacity;
} walked_node;

typedef struct walked_name {
  char *path;
  size_t node;
  bool is_dir;
} walked_name;

/* One thing a crash decides: `options` ways, 0 = as if nothing had happened, options - 1 = all of it. */
typedef enum choice_kind { CHOOSE_SECTOR, CHOOSE_SIZE, CHOOSE_NAME } choice_kind;
typedef struct choice {
  choice_kind kind;
  size_t node;
  size_t sector;
  size_t op; /* CHOOSE_NAME */
  size_t options;
  size_t taken;
} choice;

struct crash_walk {
  const recorded_io *r;
  size_t op; /* ops [0, op) were issued */
  size_t states_max;
  uint64_t random;
  walked_node *nodes;
  walked_name *names; /* durable ones */
  size_t name_count, name_capacity;
  size_t *name_ops; /* creates, renames, unlinks not yet durable, in order */
  size_t name_op_count, name_op_capacity;
  choice *choices;
  size_t choice_count, choice_capacity;
  size_t state;  /* number of the current one at this point */
  size_t states; /* at this point */
  bool exhaustive;
};

static uint64_t draw(crash_walk *w) {
  uint64_t z = w->random += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* ---- going along the operations ------------------------------------------------------------- */

static void set_name(crash_walk *w, const char *path, size_t node, bool is_dir) {
  size_t i = 0;
  while (i < w->name_count && strcmp(w->names[i].path, path) != 0) i++;
  if (i == w->name_count) {
    w->names = recorded_grow(w->names, w->name_count, &w->name_capacity, sizeof *w->names);
    w->names[w->name_count++].path = recorded_text(path);
  }
  w->names[i].node = node;
  w->names[i].is_dir = is_dir;
}

static void remove_name(crash_walk *w, const char *path) {
  for (size_t i = 0; i < w->name_count; i++) {
    if (strcmp(w->names[i].path, path) != 0) continue;
    free(w->names[i].path);
    w->names[i] = w->names[--w->name_count];
    return;
  }
}

static void apply_name_op(crash_walk *w, const recorded_op *op) {
  if (op->kind == RECORDED_CREATE) set_name(w, op->path, op->node, false);
  if (op->kind == RECORDED_RENAME || op->kind == RECORDED_UNLINK) remove_name(w, op->path);
  if (op->kind == RECORDED_RENAME) set_name(w, op->to, op->node, false);
}

static void set_size(walked_node *node, size_t size) {
  if (size > node->size) {
    node->data = realloc(node->data, size);
    if (!node->data) abort();
    memset(node->data + node->size, 0, size - node->size);
  }
  node->size = size;
}

static void sync_node(crash_walk *w, size_t id) {
  walked_node *node = &w->nodes[id];
  for (size_t i = 0; i < node->pending_count; i++) {
    const recorded_op *op = &w->r->ops[node->pending[i]];
    if (op->kind == RECORDED_RESIZE)
      set_size(node, op->size);
    else {
      if (op->offset + op->size > node->size) set_size(node, (size_t)op->offset + op->size);
      memcpy(node->data + op->offset, op->data, op->size);
    }
  }
  node->pending_count = 0;
}

static void sync_folder(crash_walk *w, const char *folder) {
  size_t kept = 0;
  for (size_t i = 0; i < w->name_op_count; i++) {
    const recorded_op *op = &w->r->ops[w->name_ops[i]];
    size_t size = recorded_folder_size(op->path);
    bool here =
        (size == 0 && strcmp(folder, ".") == 0) || (strlen(folder) == size && memcmp(folder, op->path, size) == 0);
    if (here)
      apply_name_op(w, op);
    else
      w->name_ops[kept++] = w->name_ops[i];
  }
  w->name_op_count = kept;
}

static void pass_op(crash_walk *w, size_t index) {
  const recorded_op *op = &w->r->ops[index];
  walked_node *node = &w->nodes[op->node];
  switch (op->kind) {
    case RECORDED_BASE_FILE:
      set_name(w, op->path, op->node, false);
      set_size(node, op->size);
      if (op->size > 0) memcpy(node->data, op->data, op->size);
      break;
    case RECORDED_WRITE:
    case RECORDED_RESIZE:
      node->pending = recorded_grow(node->pending, node->pending_count, &node->pending_capacity, sizeof(size_t));
      node->pending[node->pending_count++] = index;
      break;
    case RECORDED_SYNC: sync_node(w, op->node); break;
    case RECORDED_CREATE:
    case RECORDED_RENAME:
    case RECORDED_UNLINK:
      w->name_ops = recorded_grow(w->name_ops, w->name_op_count, &w->name_op_capacity, sizeof(size_t));
      w->name_ops[w->name_op_count++] = index;
      break;
    case RECORDED_MAKE_DIR: set_name(w, op->path, 0, true); break;
    case RECORDED_SYNC_DIR: sync_folder(w, op->path); break;
  }
}

/* ---- what a crash decides ------------------------------------------------------------------- */

static void add_choice(crash_walk *w, choice c) {
  w->choices = recorded_grow(w->choices, w->choice_count, &w->choice_capacity, sizeof *w->choices);
  w->choices[w->choice_count++] = c;
}

/* Whether a pending op changes a sector, `size` being the file's before it. A cut clears what it cuts off. */
static bool touches(const recorded_op *op, size_t size, size_t sector) {
  size_t start = sector * SECTOR;
  if (op->kind == RECORDED_RESIZE) return op->size < size && op->size < start + SECTOR && start < size;
  return op->offset < start + SECTOR && start < op->offset + op->size;
}

static size_t size_after(const recorded_op *op, size_t size) {
  if (op->kind == RECORDED_RESIZE) return op->size;
  return op->offset + op->size > size ? (size_t)op->offset + op->size : size;
}

static void choose_in_node(crash_walk *w, size_t id) {
  const walked_node *node = &w->nodes[id];
  size_t largest = node->size, size = node->size, sizes = 1;
  for (size_t i = 0; i < node->pending_count; i++) {
    size_t after = size_after(&w->r->ops[node->pending[i]], size);
    if (after != size) sizes++;
    size = after;
    if (size > largest) largest = size;
  }
  if (sizes > 1) add_choice(w, (choice){.kind = CHOOSE_SIZE, .node = id, .options = sizes});
  for (size_t sector = 0; sector * SECTOR < largest; sector++) {
    size_t versions = 1;
    size = node->size;
    for (size_t i = 0; i < node->pending_count; i++) {
      const recorded_op *op = &w->r->ops[node->pending[i]];
      if (touches(op, size, sector)) versions++;
      size = size_after(op, size);
    }
    if (versions > 1)
      add_choice(w, (choice){.kind = CHOOSE_SECTOR, .node = id, .sector = sector, .options = versions});
  }
}

static void choose(crash_walk *w) {
  w->choice_count = 0;
  for (size_t i = 0; i < w->name_op_count; i++)
    add_choice(w, (choice){.kind = CHOOSE_NAME, .op = w->name_ops[i], .options = 2});
  for (size_t i = 0; i < w->r->node_count; i++)
    if (w->nodes[i].pending_count > 0) choose_in_node(w, i);
  size_t states = 1;
  for (size_t i = 0; i < w->choice_count && states < STATES_UNBOUNDED; i++) states *= w->choices[i].options;
  w->exhaustive = states <= w->states_max;
  w->states = w->exhaustive ? states : w->states_max;
  w->state = 0;
}

/* The numbers of the states count through all choices. */
static void take_numbered(crash_walk *w) {
  size_t n = w->state;
  for (size_t i = 0; i < w->choice_count; i++) {
    w->choices[i].taken = n % w->choices[i].options;
    n /= w->choices[i].options;
  }
}

/* Everything lost, everything kept, then chance: with names whole, with data whole, mostly kept, mostly lost, even.
 */
static void take_drawn(crash_walk *w) {
  unsigned mood = w->state < 2 ? (unsigned)w->state : 2 + (unsigned)(draw(w) % 5);
  for (size_t i = 0; i < w->choice_count; i++) {
    choice *c = &w->choices[i];
    size_t all = c->options - 1, any = (size_t)(draw(w) % c->options);
    bool name = c->kind == CHOOSE_NAME, rarely = draw(w) % 8 == 0;
    if (mood == 0)
      c->taken = 0;
    else if (mood == 1)
      c->taken = all;
    else if (mood == 2)
      c->taken = name ? all : any;
    else if (mood == 3)
      c->taken = name ? any : all;
    else if (mood == 4)
      c->taken = rarely ? any : all;
    else if (mood == 5)
      c->taken = rarely ? any : 0;
    else
      c->taken = any;
  }
}

static void take_choices(crash_walk *w) {
  if (w->exhaustive)
    take_numbered(w);
  else
    take_drawn(w);
}

/* ---- a state's files ------------------------------------------------------------------------ */

/* Copies what a sector held after `versions` of the pending ops that touch it. */
static void apply_sector(const crash_walk *w, const walked_node *node, memory_node *to, size_t sector,
                         size_t versions) {
  size_t start = sector * SECTOR, size = node->size;
  for (size_t i = 0; i < node->pending_count && versions > 0; i++) {
    const recorded_op *op = &w->r->ops[node->pending[i]];
    bool hit = touches(op, size, sector);
    size = size_after(op, size);
    if (!hit) continue;
    versions--;
    size_t from = op->kind == RECORDED_RESIZE ? op->size : (size_t)op->offset;
    size_t end = op->kind == RECORDED_RESIZE ? start + SECTOR : (size_t)op->offset + op->size;
    if (from < start) from = start;
    if (end > start + SECTOR) end = start + SECTOR;
    if (end > to->size) end = to->size;
    if (from >= end) continue;
    if (op->kind == RECORDED_RESIZE)
      memset(to->data + from, 0, end - from);
    else
      memcpy(to->data + from, op->data + (from - op->offset), end - from);
  }
}

static size_t chosen_size(const crash_walk *w, size_t id) {
  const walked_node *node = &w->nodes[id];
  size_t steps = 0, size = node->size;
  for (size_t i = 0; i < w->choice_count; i++)
    if (w->choices[i].kind == CHOOSE_SIZE && w->choices[i].node == id) steps = w->choices[i].taken;
  for (size_t i = 0; i < node->pending_count && steps > 0; i++) {
    size_t after = size_after(&w->r->ops[node->pending[i]], size);
    if (after != size) steps--;
    size = after;
  }
  return size;
}

static void build_node(const crash_walk *w, size_t id, memory_node *to) {
  const walked_node *node = &w->nodes[id];
  size_t size = chosen_size(w, id), base = node->size < size ? node->size : size;
  memory_node_resize(to, size);
  if (base > 0) memcpy(to->data, node->data, base);
  for (size_t i = 0; i < w->choice_count; i++) {
    const choice *c = &w->choices[i];
    if (c->kind == CHOOSE_SECTOR && c->node == id) apply_sector(w, node, to, c->sector, c->taken);
  }
}

/* The names in this state, as a walk of its own that holds nothing else. */
static void chosen_names(const crash_walk *w, crash_walk *out) {
  *out = (crash_walk){.r = w->r};
  for (size_t i = 0; i < w->name_count; i++) set_name(out, w->names[i].path, w->names[i].node, w->names[i].is_dir);
  for (size_t i = 0; i < w->choice_count; i++)
    if (w->choices[i].kind == CHOOSE_NAME && w->choices[i].taken == 1)
      apply_name_op(out, &w->r->ops[w->choices[i].op]);
}

recorded_io *crash_walk_state(const crash_walk *w) {
  crash_walk names;
  chosen_names(w, &names);
  recorded_io *r = recorded_io_create();
  for (size_t i = 0; i < names.name_count; i++) {
    memory_node *node = NULL;
    if (!names.names[i].is_dir) {
      node = memory_node_create(r);
      build_node(w, names.names[i].node, node);
    }
    memory_name_set(r, names.names[i].path, node);
    free(names.names[i].path);
  }
  free(names.names);
  recorded_base_take(r);
  return r;
}

/* ---- the walk ------------------------------------------------------------------------------- */

crash_walk *crash_walk_create(const recorded_io *r, size_t first_op, size_t states_max, uint64_t seed) {
  crash_walk *w = recorded_alloc(sizeof *w);
  w->r = r;
  w->states_max = states_max < 2 ? 2 : states_max;
  w->random = seed;
  w->nodes = recorded_alloc((r->node_count + 1) * sizeof *w->nodes);
  set_name(w, ".", 0, true);
  while (w->op < r->base_ops + first_op) pass_op(w, w->op++);
  return w;
}

void crash_walk_destroy(crash_walk *w) {
  for (size_t i = 0; i < w->r->node_count; i++) {
    free(w->nodes[i].data);
    free(w->nodes[i].pending);
  }
  for (size_t i = 0; i < w->name_count; i++) free(w->names[i].path);
  free(w->nodes);
  free(w->names);
  free(w->name_ops);
  free(w->choices);
  free(w);
}

bool crash_walk_next(crash_walk *w) {
  w->state++;
  if (w->state >= w->states) {
    if (w->states > 0) {
      if (w->op == w->r->op_count) return false;
      pass_op(w, w->op++);
    }
    choose(w);
  }
  take_choices(w);
  return true;
}

size_t crash_walk_op(const crash_walk *w) { return w->op - w->r->base_ops; }

void crash_walk_describe(const crash_walk *w, char *out, size_t size) {
  char last[200] = "nothing";
  if (w->op > w->r->base_ops) recorded_io_describe_op(w->r, crash_walk_op(w) - 1, last, sizeof last);
  int at = snprintf(out, size, "after operation %zu (%s), state %zu of %zu%s:", crash_walk_op(w), last, w->state,
                    w->states, w->exhaustive ? "" : " drawn");
  static const char *const words[] = {"sector", "size", "name"};
  for (size_t i = 0; i < w->choice_count && at > 0 && (size_t)at < size; i++) {
    const choice *c = &w->choices[i];
    at += snprintf(out + at, size - (size_t)at, " %s %zu.%zu=%zu/%zu", words[c->kind], c->node,
                   c->kind == CHOOSE_NAME ? c->op - w->r->base_ops : c->sector, c->taken, c->options - 1);
  }
}
