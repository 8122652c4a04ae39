/* registry.h - the plugins an engine can name: the built-in ones, and those of the shared objects it loaded.
 * It checks what it takes in; it calls none of it. */
#ifndef TENON_REGISTRY_H
#define TENON_REGISTRY_H

#include "tenon_plugin.h"

typedef struct tni_registry tni_registry;

/* builtins.c: the one table that names plugins. Ends with NULL. */
extern const tn_plugin *const tni_builtins[];

/* A registry of the built-ins. NOMEM; INVALID when a built-in breaks the rules. */
tn_status tni_registry_create(const tn_memory *memory, tni_registry **out, tn_error *error) TN_MUST_USE;
/* Shared objects stay loaded. NULL is fine. */
void tni_registry_destroy(tni_registry *registry);

/* Loads a shared object and takes in what its tn_plugins names. NOT_FOUND: no such file; INVALID: not a plugin,
 * another ABI, a missing slot, with plugin and slot in the text; EXISTS: name and kind are taken; NOMEM. */
tn_status tni_registry_load(tni_registry *registry, const char *path, tn_error *error) TN_MUST_USE;

/* The registry's own copy, every optional slot callable; lives as long as the registry. UNKNOWN names the
 * nearest; `where` is where the name came from. */
tn_status tni_registry_find(const tni_registry *registry, tn_plugin_kind kind, const char *name, const char *where,
                            const tn_plugin **out, tn_error *error) TN_MUST_USE;

/* For tn_storage_options.find; `registry` is a tni_registry. */
tn_status tni_registry_find_storage(void *registry, const char *type, const tn_storage **out, tn_error *error);

/* The plugins in the order they came in; NULL past the end. */
const tn_plugin *tni_registry_at(const tni_registry *registry, size_t i);

/* Whether a registered storage can replace its log's meta. */
bool tni_storage_sets_meta(const tn_storage *storage);

/* "model", "storage", "formatter". */
const char *tni_kind_name(uint32_t kind);

#endif
