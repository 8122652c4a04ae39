/* catalog.h - the model instances of an engine: which ops they offer, which maps they own, and how a call's arguments
 * are bound to an op's parameters. It runs nothing but the models' open and close. */
#ifndef TENON_CATALOG_H
#define TENON_CATALOG_H

#include "config.h"
#include "registry.h"

typedef struct tni_instance tni_instance;

/* A model's op as one instance offers it; the public handle. */
struct tn_op {
  const tn_op_def *def;
  tni_instance *instance;
  tn_value defaults[TN_OP_PARAM_MAX]; /* absent where a param has none */
};

struct tni_instance {
  const char *name; /* the config's */
  const tn_model *model;
  void *state; /* model->state_size bytes */
  bool opened;
  uint32_t map_base; /* its maps are map_base .. map_base + model->map_count in the engine's state */
  tn_op *ops;        /* model->op_count of them */
  const tni_model_config *config;
};

typedef struct tni_catalog {
  const tn_memory *memory;
  tni_instance *instances;
  size_t instance_count;
  uint32_t map_count;
  uint64_t *map_seeds; /* of the digest: from instance and map name, so that they do not depend on order */
  tn_builder defaults; /* holds every op's defaults */
} tni_catalog;

/* Instances for every model of the config. UNKNOWN type or used instance, with the JSON path; NOMEM. `config` and
 * `registry` must outlive it. */
tn_status tni_catalog_create(const tni_config *config, const tni_registry *registry, tni_catalog *out,
                             tn_error *error) TN_MUST_USE;
void tni_catalog_fini(tni_catalog *catalog);

/* Most names differ in their first character. */
static inline bool tni_is_named(const char *name, tn_slice wanted) {
  const char *text = (const char *)wanted.data;
  for (size_t i = 0; i < wanted.size; i++)
    if (name[i] != text[i] || name[i] == '\0') return false;
  return name[wanted.size] == '\0';
}

/* NULL when there is none. */
tni_instance *tni_catalog_instance(const tni_catalog *catalog, tn_slice name);
/* NULL when the model has no such op. */
const tn_op *tni_instance_op(const tni_instance *instance, tn_slice name);
/* UNKNOWN names the nearest. */
tn_status tni_catalog_op(const tni_catalog *catalog, tn_slice model, tn_slice op, const tn_op **out,
                         tn_error *error) TN_MUST_USE;
/* True when `name` stands in the instance's "uses". */
bool tni_instance_uses(const tni_instance *instance, const char *name);

/* Fills argv, one value per param of the op, from an object, an array, or nothing. What is not given, and a null for
 * an optional param that does not accept null, takes the default, else is absent. INVALID (where = the parameter) or
 * UNKNOWN. */
tn_status tni_bind(const tn_op *op, tn_value args, tn_value argv[TN_OP_PARAM_MAX], tn_error *error) TN_MUST_USE;
/* The arguments by position, as a record keeps them: null where absent, nothing behind the last that is given. */
void tni_bound_args(const tn_op *op, const tn_value *argv, tn_builder *out);

#endif
