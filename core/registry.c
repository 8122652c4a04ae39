#include "registry.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "nearest.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) tni_alloc(memory, size)
#define uthash_free(data, size) tni_free(memory, data, size)
#define uthash_nonfatal_oom(element) ((element)->hashed = false)
#include <uthash.h>

#define PLUGIN_NAME_MAX 63

typedef struct entry {
  char key[PLUGIN_NAME_MAX + 3]; /* kind as a letter, ':', name */
  bool hashed;
  UT_hash_handle hh;
  union {
    tn_plugin plugin;
    tn_model model;
    tn_storage storage;
    tn_formatter formatter;
  } vtable;
} entry;

struct tni_registry {
  const tn_memory *memory;
  entry *entries; /* in the order they came: uthash keeps it */
};

const char *tni_kind_name(uint32_t kind) {
  switch (kind) {
    case TN_KIND_MODEL: return "model";
    case TN_KIND_STORAGE: return "storage";
    case TN_KIND_FORMATTER: return "formatter";
  }
  return "unknown kind";
}

/* ---- checks --------------------------------------------------------------------------------- */

static bool name_is_fine(const char *name, size_t size_max) {
  if (!name || name[0] < 'a' || name[0] > 'z') return false;
  size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
  return name[size] == '\0' && size <= size_max;
}

/* The place of a slot that must be there, for the text of a refusal. */
typedef struct slot {
  const char *name;
  size_t offset;
} slot;

#define SLOT(type, name) \
  { #name, offsetof(type, name) }

static const slot storage_slots[] = {SLOT(tn_storage, open),
                                     SLOT(tn_storage, close),
                                     SLOT(tn_storage, append),
                                     SLOT(tn_storage, sync),
                                     SLOT(tn_storage, read_open),
                                     SLOT(tn_storage, read_next),
                                     SLOT(tn_storage, read_close),
                                     SLOT(tn_storage, trim),
                                     SLOT(tn_storage, snapshot_begin),
                                     SLOT(tn_storage, snapshot_write),
                                     SLOT(tn_storage, snapshot_commit),
                                     SLOT(tn_storage, snapshot_abort),
                                     SLOT(tn_storage, snapshot_list),
                                     SLOT(tn_storage, snapshot_open),
                                     SLOT(tn_storage, snapshot_read),
                                     SLOT(tn_storage, snapshot_close),
                                     SLOT(tn_storage, snapshot_remove)};
static const slot formatter_slots[] = {SLOT(tn_formatter, encode), SLOT(tn_formatter, decode)};
static const slot model_slots[] = {SLOT(tn_model, ops)};

static tn_status check_slots(const entry *e, const slot *slots, size_t count, tn_error *error) {
  const tn_plugin *p = &e->vtable.plugin;
  for (size_t i = 0; i < count; i++) {
    void *at;
    memcpy(&at, (const char *)&e->vtable + slots[i].offset, sizeof at);
    if (!at)
      return tn_error_set(error, TN_INVALID, p->name, "%s plugin '%s' lacks the required slot '%s'",
                          tni_kind_name(p->kind), p->name, slots[i].name);
  }
  return TN_OK;
}

static tn_status refuse_op(const tn_model *m, const tn_op_def *op, tn_error *error, const char *why) {
  char where[TN_ERROR_WHERE_MAX];
  snprintf(where, sizeof where, "%s.%s", m->plugin.name, op->name ? op->name : "?");
  return tn_error_set(error, TN_INVALID, where, "model plugin '%s': %s", m->plugin.name, why);
}

static tn_status check_param(const tn_model *m, const tn_op_def *op, size_t i, tn_error *error) {
  const tn_param *p = &op->params[i];
  if (!name_is_fine(p->name, PLUGIN_NAME_MAX))
    return refuse_op(m, op, error, "a parameter's name is not [a-z][a-z0-9_]*");
  if (p->types == 0 || (p->types & ~(uint32_t)TN_T_ANY) != 0)
    return refuse_op(m, op, error, "a parameter accepts no known type");
  if (p->fallback.type != TN_ABSENT && !(p->types & TN_TYPE_BIT(p->fallback.type)))
    return refuse_op(m, op, error, "a default is of a type that its parameter does not accept");
  if (p->required && p->fallback.type != TN_ABSENT)
    return refuse_op(m, op, error, "a required parameter has a default");
  if (op->kind == TN_COMMAND && !p->required && p->fallback.type == TN_ABSENT && (p->types & TN_T_NULL))
    return refuse_op(m, op, error, "an optional parameter of a command that accepts null needs a default");
  for (size_t k = 0; k < i; k++)
    if (strcmp(op->params[k].name, p->name) == 0) return refuse_op(m, op, error, "two parameters have one name");
  return TN_OK;
}

static tn_status check_op(const tn_model *m, size_t i, tn_error *error) {
  const tn_op_def *op = &m->ops[i];
  if (!name_is_fine(op->name, PLUGIN_NAME_MAX)) return refuse_op(m, op, error, "an op's name is not [a-z][a-z0-9_]*");
  if (op->kind != TN_COMMAND && op->kind != TN_QUERY)
    return refuse_op(m, op, error, "an op is neither command nor query");
  if (op->flags & ~(uint32_t)(TN_OP_ROWS | TN_OP_JOURNAL_CHANGES | TN_OP_KEYED))
    return refuse_op(m, op, error, "an op has an unknown flag");
  if ((op->flags & TN_OP_ROWS) && op->kind != TN_QUERY) return refuse_op(m, op, error, "only a query can emit rows");
  if ((op->flags & TN_OP_JOURNAL_CHANGES) && op->kind != TN_COMMAND)
    return refuse_op(m, op, error, "only a command has changes");
  if ((op->flags & TN_OP_KEYED) && (op->param_count == 0 || !op->params[0].required || m->map_count == 0))
    return refuse_op(m, op, error, "an op is keyed without a required argument or a map");
  if (!op->fn) return refuse_op(m, op, error, "an op lacks the required slot 'fn'");
  if (op->param_count > TN_OP_PARAM_MAX) return refuse_op(m, op, error, "an op has too many parameters");
  for (size_t k = 0; k < i; k++)
    if (strcmp(m->ops[k].name, op->name) == 0) return refuse_op(m, op, error, "two ops have one name");
  for (size_t k = 0; k < op->param_count; k++) {
    tn_status status = check_param(m, op, k, error);
    if (status != TN_OK) return status;
  }
  return TN_OK;
}

static tn_status check_model(const tn_model *m, tn_error *error) {
  const char *name = m->plugin.name;
  if (m->op_count == 0) return tn_error_set(error, TN_INVALID, name, "model plugin '%s' has no ops", name);
  if (m->map_count > 0 && !m->maps)
    return tn_error_set(error, TN_INVALID, name, "model plugin '%s' lacks the required slot 'maps'", name);
  for (size_t i = 0; i < m->map_count; i++)
    if (!name_is_fine(m->maps[i].name, PLUGIN_NAME_MAX) || m->maps[i].keys > TN_KEYS_BYTES ||
        m->maps[i].values > TN_VALUES_BYTES)
      return tn_error_set(error, TN_INVALID, name, "model plugin '%s': map %zu has a bad name or an unknown kind",
                          name, i);
  for (size_t i = 0; i < m->map_count; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(m->maps[i].name, m->maps[k].name) == 0)
        return tn_error_set(error, TN_INVALID, name, "model plugin '%s': two maps have one name", name);
  for (size_t i = 0; i < sizeof m->reserved / sizeof m->reserved[0]; i++)
    if (m->reserved[i])
      return tn_error_set(error, TN_INVALID, name, "model plugin '%s' fills the reserved slot %zu", name, i);
  for (size_t i = 0; i < m->op_count; i++) {
    tn_status status = check_op(m, i, error);
    if (status != TN_OK) return status;
  }
  return TN_OK;
}

/* ---- stubs for optional slots --------------------------------------------------------------- */

static tn_status no_follow(void *self, uint64_t after_seq, uint32_t timeout_ms, tn_error *error) {
  (void)self, (void)after_seq, (void)timeout_ms;
  return tn_error_set(error, TN_UNSUPPORTED, NULL, "this storage cannot be followed");
}
static tn_status no_maintain(void *self, tn_error *error) { return (void)self, (void)error, TN_OK; }
static void no_stats(void *self, tn_builder *out) { (void)self, (void)out; }
static tn_status no_set_meta(void *self, tn_slice meta, tn_error *error) {
  (void)self, (void)meta;
  return tn_error_set(error, TN_UNSUPPORTED, NULL, "this storage cannot replace its log's meta");
}

bool tni_storage_sets_meta(const tn_storage *storage) { return storage->set_meta != no_set_meta; }

static tn_status check_entry(entry *e, tn_error *error) {
  switch (e->vtable.plugin.kind) {
    case TN_KIND_STORAGE: {
      tn_storage *s = &e->vtable.storage;
      if (!s->follow) s->follow = no_follow;
      if (!s->maintain) s->maintain = no_maintain;
      if (!s->stats) s->stats = no_stats;
      if (!s->set_meta) s->set_meta = no_set_meta;
      return check_slots(e, storage_slots, sizeof storage_slots / sizeof storage_slots[0], error);
    }
    case TN_KIND_FORMATTER:
      return check_slots(e, formatter_slots, sizeof formatter_slots / sizeof formatter_slots[0], error);
    default: {
      tn_status status = check_slots(e, model_slots, sizeof model_slots / sizeof model_slots[0], error);
      return status != TN_OK ? status : check_model(&e->vtable.model, error);
    }
  }
}

/* ---- taking in ------------------------------------------------------------------------------ */

static tn_status check_head(const tn_plugin *p, const char *origin, tn_error *error) {
  if (p->abi != TN_ABI)
    return tn_error_set(error, TN_INVALID, origin,
                        "a plugin was built for ABI %u and this library has ABI %d; rebuild it", (unsigned)p->abi,
                        TN_ABI);
  if (!name_is_fine(p->name, PLUGIN_NAME_MAX))
    return tn_error_set(error, TN_INVALID, origin, "a plugin's name must be [a-z][a-z0-9_]*, at most %d bytes",
                        PLUGIN_NAME_MAX);
  if (p->kind < TN_KIND_MODEL || p->kind > TN_KIND_FORMATTER)
    return tn_error_set(error, TN_INVALID, origin, "plugin '%s' is of kind %u, which is none", p->name,
                        (unsigned)p->kind);
  if (p->version == 0)
    return tn_error_set(error, TN_INVALID, origin, "plugin '%s' has version 0; they count from 1", p->name);
  if (p->struct_size < sizeof(tn_plugin))
    return tn_error_set(error, TN_INVALID, origin, "plugin '%s' says its vtable has %u bytes; that is too few",
                        p->name, (unsigned)p->struct_size);
  return TN_OK;
}

static size_t vtable_size(uint32_t kind) {
  return kind == TN_KIND_MODEL     ? sizeof(tn_model)
         : kind == TN_KIND_STORAGE ? sizeof(tn_storage)
                                   : sizeof(tn_formatter);
}

static const entry *find(const tni_registry *r, uint32_t kind, const char *name) {
  char key[PLUGIN_NAME_MAX + 3];
  entry *found = NULL;
  if (strlen(name) > PLUGIN_NAME_MAX) return NULL;
  snprintf(key, sizeof key, "%c:%s", (char)('0' + kind), name);
  HASH_FIND_STR(r->entries, key, found);
  return found;
}

static tn_status take_in(tni_registry *r, const tn_plugin *plugin, const char *origin, tn_error *error) {
  const tn_memory *memory = r->memory;
  tn_status status = check_head(plugin, origin, error);
  if (status != TN_OK) return status;
  if (find(r, plugin->kind, plugin->name))
    return tn_error_set(error, TN_EXISTS, origin, "there is a %s plugin named '%s' already",
                        tni_kind_name(plugin->kind), plugin->name);
  entry *e = (entry *)tni_alloc_zero(memory, sizeof *e);
  if (!e) return tn_error_set(error, TN_NOMEM, origin, "no memory to register plugin '%s'", plugin->name);
  size_t size = vtable_size(plugin->kind);
  memcpy(&e->vtable, plugin, plugin->struct_size < size ? plugin->struct_size : size);
  snprintf(e->key, sizeof e->key, "%c:%s", (char)('0' + plugin->kind), plugin->name);
  status = check_entry(e, error);
  if (status == TN_OK) {
    e->hashed = true;
    HASH_ADD_STR(r->entries, key, e);
    if (!e->hashed) status = tn_error_set(error, TN_NOMEM, origin, "no memory to register plugin '%s'", plugin->name);
  }
  if (status != TN_OK) tni_free(memory, e, sizeof *e);
  return status;
}

tn_status tni_registry_create(const tn_memory *memory, tni_registry **out, tn_error *error) {
  tni_registry *r = (tni_registry *)tni_alloc_zero(memory, sizeof *r);
  if (!r) return tn_error_set(error, TN_NOMEM, NULL, "no memory for the registry");
  r->memory = memory;
  for (size_t i = 0; tni_builtins[i]; i++) {
    tn_status status = take_in(r, tni_builtins[i], "built in", error);
    if (status != TN_OK) {
      tni_registry_destroy(r);
      return status;
    }
  }
  *out = r;
  return TN_OK;
}

void tni_registry_destroy(tni_registry *registry) {
  if (!registry) return;
  const tn_memory *memory = registry->memory;
  entry *e, *next;
  HASH_ITER(hh, registry->entries, e, next) {
    HASH_DEL(registry->entries, e);
    tni_free(memory, e, sizeof *e);
  }
  tni_free(memory, registry, sizeof *registry);
}

/* dlopen() looks for a name without a slash elsewhere than beside us. */
static void *load_object(const char *path) {
  char here[NAME_MAX + 3];
  (void)snprintf(here, sizeof here, "./%s", path);
  return dlopen(strchr(path, '/') ? path : here, RTLD_NOW | RTLD_LOCAL);
}

tn_status tni_registry_load(tni_registry *registry, const char *path, tn_error *error) {
  if (access(path, F_OK) != 0) return tn_error_set(error, TN_NOT_FOUND, path, "there is no such plugin file");
  void *object = load_object(path);
  if (!object) return tn_error_set(error, TN_INVALID, path, "this is not a loadable shared object: %s", dlerror());
  const tn_plugin *const *plugins = (const tn_plugin *const *)dlsym(object, "tn_plugins");
  if (!plugins || !plugins[0])
    return tn_error_set(error, TN_INVALID, path, "this shared object exports no tn_plugins; see TN_EXPORT_PLUGINS");
  for (size_t i = 0; plugins[i]; i++) {
    tn_status status = take_in(registry, plugins[i], path, error);
    if (status != TN_OK) return status;
  }
  return TN_OK;
}

tn_status tni_registry_find(const tni_registry *registry, tn_plugin_kind kind, const char *name, const char *where,
                            const tn_plugin **out, tn_error *error) {
  const entry *e = find(registry, kind, name);
  if (e) {
    *out = &e->vtable.plugin;
    return TN_OK;
  }
  tni_nearest nearest = tni_nearest_to((tn_slice){name, strlen(name)});
  for (e = registry->entries; e; e = (const entry *)e->hh.next)
    if (e->vtable.plugin.kind == (uint32_t)kind) tni_nearest_offer(&nearest, e->vtable.plugin.name);
  char hint[96];
  return tn_error_set(error, TN_UNKNOWN, where, "no %s plugin is named '%s'%s", tni_kind_name(kind), name,
                      tni_nearest_hint(&nearest, hint, sizeof hint));
}

tn_status tni_registry_find_storage(void *registry, const char *type, const tn_storage **out, tn_error *error) {
  const tn_plugin *plugin;
  tn_status status =
      tni_registry_find((const tni_registry *)registry, TN_KIND_STORAGE, type, "$.storage.of.type", &plugin, error);
  if (status == TN_OK) *out = (const tn_storage *)(const void *)plugin;
  return status;
}

const tn_plugin *tni_registry_at(const tni_registry *registry, size_t i) {
  const entry *e = registry->entries;
  while (e && i-- > 0) e = (const entry *)e->hh.next;
  return e ? &e->vtable.plugin : NULL;
}
