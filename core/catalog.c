#include "catalog.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "memory.h"
#include "nearest.h"
#include "try.h"

#define CATALOG_MAPS_MAX 4096

tni_instance *tni_catalog_instance(const tni_catalog *catalog, tn_slice name) {
  for (size_t i = 0; i < catalog->instance_count; i++)
    if (tni_is_named(catalog->instances[i].name, name)) return &catalog->instances[i];
  return NULL;
}

const tn_op *tni_instance_op(const tni_instance *instance, tn_slice name) {
  for (size_t i = 0; i < instance->model->op_count; i++)
    if (tni_is_named(instance->ops[i].def->name, name)) return &instance->ops[i];
  return NULL;
}

static tn_status unknown_model(const tni_catalog *catalog, tn_slice name, tn_error *error) {
  char hint[96];
  tni_nearest nearest = tni_nearest_to(name);
  for (size_t i = 0; i < catalog->instance_count; i++) tni_nearest_offer(&nearest, catalog->instances[i].name);
  return tn_error_set(error, TN_UNKNOWN, "model", "no model is named '%.*s'%s", (int)name.size,
                      (const char *)name.data, tni_nearest_hint(&nearest, hint, sizeof hint));
}

static tn_status unknown_op(const tni_instance *instance, tn_slice name, tn_error *error) {
  char hint[96];
  tni_nearest nearest = tni_nearest_to(name);
  for (size_t i = 0; i < instance->model->op_count; i++) tni_nearest_offer(&nearest, instance->model->ops[i].name);
  return tn_error_set(error, TN_UNKNOWN, "op", "'%s' (a %s) has no operation '%.*s'%s", instance->name,
                      instance->model->plugin.name, (int)name.size, (const char *)name.data,
                      tni_nearest_hint(&nearest, hint, sizeof hint));
}

tn_status tni_catalog_op(const tni_catalog *catalog, tn_slice model, tn_slice op, const tn_op **out,
                         tn_error *error) {
  const tni_instance *instance = tni_catalog_instance(catalog, model);
  if (!instance) return unknown_model(catalog, model, error);
  const tn_op *found = tni_instance_op(instance, op);
  if (!found) return unknown_op(instance, op, error);
  *out = found;
  return TN_OK;
}

bool tni_instance_uses(const tni_instance *instance, const char *name) {
  for (size_t i = 0; i < instance->config->use_count; i++)
    if (strcmp(instance->config->uses[i], name) == 0) return true;
  return false;
}

/* ---- making --------------------------------------------------------------------------------- */

/* All defaults go into one array first, and are found in it again when it no longer moves. */
static void add_defaults(tni_catalog *c, const tn_model *model) {
  for (size_t i = 0; i < model->op_count; i++)
    for (size_t k = 0; k < model->ops[i].param_count; k++)
      if (model->ops[i].params[k].fallback.type != TN_ABSENT)
        c->defaults.ops->add(&c->defaults, model->ops[i].params[k].fallback);
}

static void take_defaults(tni_catalog *c) {
  tn_iter it = tn_iter_of(tn_built(&c->defaults));
  for (size_t n = 0; n < c->instance_count; n++) {
    tni_instance *instance = &c->instances[n];
    for (size_t i = 0; i < instance->model->op_count; i++)
      for (size_t k = 0; k < instance->model->ops[i].param_count; k++)
        if (instance->model->ops[i].params[k].fallback.type != TN_ABSENT && tn_iter_next(&it))
          instance->ops[i].defaults[k] = it.value;
  }
}

static tn_status make_instance(tni_catalog *c, const tni_registry *registry, const tni_model_config *config,
                               tni_instance *out, tn_error *error) {
  char where[TN_ERROR_WHERE_MAX];
  const tn_plugin *plugin;
  snprintf(where, sizeof where, "$.models.%s.type", config->name);
  TRY(tni_registry_find(registry, TN_KIND_MODEL, config->type, where, &plugin, error));
  out->model = (const tn_model *)(const void *)plugin;
  out->name = config->name;
  out->config = config;
  out->map_base = c->map_count;
  c->map_count += (uint32_t)out->model->map_count;
  if (c->map_count > CATALOG_MAPS_MAX)
    return tn_error_set(error, TN_LIMIT, where, "the models have more than %d maps together", CATALOG_MAPS_MAX);
  out->ops = (tn_op *)tni_alloc_zero(c->memory, out->model->op_count * sizeof *out->ops);
  if (out->model->state_size > 0) out->state = tni_alloc_zero(c->memory, out->model->state_size);
  if (!out->ops || (out->model->state_size > 0 && !out->state))
    return tn_error_set(error, TN_NOMEM, where, "no memory for model '%s'", config->name);
  for (size_t i = 0; i < out->model->op_count; i++) {
    out->ops[i].def = &out->model->ops[i];
    out->ops[i].instance = out;
  }
  add_defaults(c, out->model);
  return TN_OK;
}

static tn_status check_uses(const tni_catalog *c, const tni_model_config *config, tn_error *error) {
  for (size_t i = 0; i < config->use_count; i++) {
    char where[TN_ERROR_WHERE_MAX];
    tn_slice name = {config->uses[i], strlen(config->uses[i])};
    snprintf(where, sizeof where, "$.models.%s.uses[%zu]", config->name, i);
    if (!tni_catalog_instance(c, name))
      return tn_error_set(error, TN_UNKNOWN, where, "no model is named '%s'", config->uses[i]);
  }
  return TN_OK;
}

static uint64_t map_seed(const char *instance, const char *map) {
  char name[160];
  int size = snprintf(name, sizeof name, "%s/%s", instance, map);
  return XXH3_64bits(name, (size_t)size);
}

static tn_status make_seeds(tni_catalog *c, tn_error *error) {
  c->map_seeds = (uint64_t *)tni_alloc_zero(c->memory, (c->map_count + 1) * sizeof *c->map_seeds);
  if (!c->map_seeds) return tn_error_set(error, TN_NOMEM, NULL, "no memory for the maps");
  for (size_t n = 0; n < c->instance_count; n++)
    for (size_t i = 0; i < c->instances[n].model->map_count; i++)
      c->map_seeds[c->instances[n].map_base + i] =
          map_seed(c->instances[n].name, c->instances[n].model->maps[i].name);
  return TN_OK;
}

static tn_status fill(tni_catalog *c, const tni_config *config, const tni_registry *registry, tn_error *error) {
  c->instances = (tni_instance *)tni_alloc_zero(c->memory, config->model_count * sizeof *c->instances);
  if (!c->instances) return tn_error_set(error, TN_NOMEM, NULL, "no memory for the models");
  c->instance_count = config->model_count;
  for (size_t i = 0; i < c->instance_count; i++) c->instances[i].name = config->models[i].name;
  tn_array_begin(&c->defaults);
  for (size_t i = 0; i < c->instance_count; i++)
    TRY(make_instance(c, registry, &config->models[i], &c->instances[i], error));
  tn_end(&c->defaults);
  if (tn_builder_status(&c->defaults) != TN_OK)
    return tn_error_set(error, tn_builder_status(&c->defaults), NULL, "the models' defaults cannot be built");
  take_defaults(c);
  for (size_t i = 0; i < c->instance_count; i++) TRY(check_uses(c, &config->models[i], error));
  return make_seeds(c, error);
}

tn_status tni_catalog_create(const tni_config *config, const tni_registry *registry, tni_catalog *out,
                             tn_error *error) {
  *out = (tni_catalog){.memory = config->memory, .defaults = TN_BUILDER_INIT};
  out->defaults.memory = config->memory;
  tn_status status = fill(out, config, registry, error);
  if (status != TN_OK) tni_catalog_fini(out);
  return status;
}

void tni_catalog_fini(tni_catalog *catalog) {
  const tn_memory *memory = catalog->memory;
  if (!memory) return;
  for (size_t i = 0; i < catalog->instance_count; i++) {
    tni_instance *instance = &catalog->instances[i];
    if (!instance->model) continue;
    tni_free(memory, instance->ops, instance->model->op_count * sizeof *instance->ops);
    tni_free(memory, instance->state, instance->model->state_size);
  }
  tni_free(memory, catalog->instances, catalog->instance_count * sizeof *catalog->instances);
  tni_free(memory, catalog->map_seeds, (catalog->map_count + 1) * sizeof *catalog->map_seeds);
  tn_builder_free(&catalog->defaults);
  *catalog = (tni_catalog){.defaults = TN_BUILDER_INIT};
}

/* ---- binding -------------------------------------------------------------------------------- */

/* "int or string" for a set of types. */
static const char *type_set_name(uint32_t types, char *buffer, size_t size) {
  if (types == TN_T_ANY) return "any value";
  size_t used = 0;
  buffer[0] = '\0';
  for (int type = TN_NULL; type <= TN_OBJECT && used < size; type++) {
    if (!(types & TN_TYPE_BIT(type))) continue;
    types &= ~TN_TYPE_BIT(type);
    const char *join = used == 0 ? "" : types == 0 ? " or " : ", ";
    used += (size_t)snprintf(buffer + used, size - used, "%s%s", join, tn_type_name((tn_type)type));
  }
  return buffer;
}

static tn_status unknown_param(const tn_op *op, tn_slice name, tn_error *error) {
  char hint[96], where[TN_ERROR_WHERE_MAX];
  tni_nearest nearest = tni_nearest_to(name);
  for (size_t i = 0; i < op->def->param_count; i++) tni_nearest_offer(&nearest, op->def->params[i].name);
  snprintf(where, sizeof where, "%.*s", (int)(name.size < 64 ? name.size : 64), (const char *)name.data);
  return tn_error_set(error, TN_UNKNOWN, where, "'%s' has no argument '%s'%s", op->def->name, where,
                      tni_nearest_hint(&nearest, hint, sizeof hint));
}

static tn_status bind_by_name(const tn_op *op, tn_value args, tn_value *argv, tn_error *error) {
  for (tn_iter it = tn_iter_of(args); tn_iter_next(&it);) {
    size_t i = 0;
    while (i < op->def->param_count && !tni_is_named(op->def->params[i].name, it.name)) i++;
    if (i == op->def->param_count) return unknown_param(op, it.name, error);
    argv[i] = it.value;
  }
  return TN_OK;
}

static tn_status bind_by_position(const tn_op *op, tn_value args, tn_value *argv, tn_error *error) {
  tn_container given = tn_container_of(args);
  if (given.count > op->def->param_count)
    return tn_error_set(error, TN_INVALID, "args", "'%s' takes at most %zu argument%s, got %u", op->def->name,
                        op->def->param_count, op->def->param_count == 1 ? "" : "s", (unsigned)given.count);
  for (uint32_t i = 0; i < given.count; i++) argv[i] = tn_bytes_value(tn_container_slot(&given, i));
  return TN_OK;
}

static tn_status refuse_arg(const tn_op *op, const tn_param *p, tn_value arg, tn_error *error) {
  char wanted[96];
  if (tn_is_absent(arg))
    return tn_error_set(error, TN_INVALID, p->name, "'%s' needs the argument '%s'", op->def->name, p->name);
  return tn_error_set(error, TN_INVALID, p->name, "'%s' of '%s' takes %s, got %s", p->name, op->def->name,
                      type_set_name(p->types, wanted, sizeof wanted), tn_type_name(tn_value_type(arg)));
}

static inline tn_status check_arg(const tn_op *op, size_t i, tn_value *arg, tn_error *error) {
  const tn_param *p = &op->def->params[i];
  tn_type type = tn_value_type(*arg);
  if (p->types & TN_TYPE_BIT(type)) return TN_OK;
  if (p->required || type > TN_NULL) return refuse_arg(op, p, *arg, error);
  *arg = op->defaults[i];
  return TN_OK;
}

tn_status tni_bind(const tn_op *op, tn_value args, tn_value argv[TN_OP_PARAM_MAX], tn_error *error) {
  for (size_t i = 0; i < op->def->param_count; i++) argv[i] = TN_NO_VALUE;
  switch (tn_value_type(args)) {
    case TN_ABSENT: break;
    case TN_OBJECT: TRY(bind_by_name(op, args, argv, error)); break;
    case TN_ARRAY: TRY(bind_by_position(op, args, argv, error)); break;
    default:
      return tn_error_set(error, TN_INVALID, "args",
                          "arguments are an object (by name) or an array (by position), got %s",
                          tn_type_name(tn_value_type(args)));
  }
  for (size_t i = 0; i < op->def->param_count; i++) TRY(check_arg(op, i, &argv[i], error));
  return TN_OK;
}

void tni_bound_args(const tn_op *op, const tn_value *argv, tn_builder *out) {
  size_t count = op->def->param_count;
  while (count > 0 && tn_is_absent(argv[count - 1])) count--;
  tn_array_begin(out);
  for (size_t i = 0; i < count; i++) {
    if (tn_is_absent(argv[i]))
      tn_add(out, TN_ARG_NULL);
    else
      tn_add(out, argv[i]);
  }
  tn_end(out);
}
