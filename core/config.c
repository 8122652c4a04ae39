#include "config.h"

#include <cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "nearest.h"
#include "try.h"

#define CONFIG_SIZE_MAX (16u << 20)
#define CONFIG_PATH_MAX 4096

/* Where in the document a reader stands: an object, and its path for errors. */
typedef struct place {
  const cJSON *json;
  char path[TN_ERROR_WHERE_MAX];
} place;

typedef struct reader {
  tni_config *config;
  const char *base_dir;
  tn_error *error;
} reader;

static place below(const place *at, const cJSON *json) {
  place p = {json, ""};
  snprintf(p.path, sizeof p.path, "%s.%s", at->path, json->string ? json->string : "?");
  return p;
}

static const char *type_of(const cJSON *json) {
  return cJSON_IsNull(json)     ? "null"
         : cJSON_IsBool(json)   ? "a boolean"
         : cJSON_IsNumber(json) ? "a number"
         : cJSON_IsString(json) ? "a string"
         : cJSON_IsArray(json)  ? "an array"
                                : "an object";
}

static tn_status want(reader *r, const place *at, const char *what) {
  return tn_error_set(r->error, TN_INVALID, at->path, "expected %s, got %s", what, type_of(at->json));
}

static tn_status no_memory(reader *r) { return tn_error_set(r->error, TN_NOMEM, NULL, "no memory for the config"); }

/* Refuses a key that is not among `known` (ends with NULL), and a key that stands twice. */
static tn_status check_keys(reader *r, const place *at, const char *const *known) {
  if (!cJSON_IsObject(at->json)) return want(r, at, "an object");
  const cJSON *item;
  cJSON_ArrayForEach(item, at->json) {
    place here = below(at, item);
    for (const cJSON *other = item->next; other; other = other->next)
      if (strcmp(other->string, item->string) == 0)
        return tn_error_set(r->error, TN_INVALID, here.path, "the key '%s' stands twice", item->string);
    if (!known) continue;
    tni_nearest nearest = tni_nearest_to((tn_slice){item->string, strlen(item->string)});
    bool found = false;
    for (size_t i = 0; known[i] && !found; i++) {
      found = strcmp(known[i], item->string) == 0;
      tni_nearest_offer(&nearest, known[i]);
    }
    char hint[96];
    if (!found)
      return tn_error_set(r->error, TN_UNKNOWN, here.path, "unknown key '%s'%s", item->string,
                          tni_nearest_hint(&nearest, hint, sizeof hint));
  }
  return TN_OK;
}

static bool child(const place *at, const char *name, place *out) {
  const cJSON *json = cJSON_GetObjectItemCaseSensitive(at->json, name);
  if (!json) return false;
  *out = below(at, json);
  return true;
}

static tn_status set_string(reader *r, char **to, const char *text) {
  char *copy = tni_copy_string(r->config->memory, text);
  if (!copy) return no_memory(r);
  tni_free_string(r->config->memory, *to);
  *to = copy;
  return TN_OK;
}

static tn_status read_string(reader *r, const place *at, const char *name, char **out) {
  place p;
  if (!child(at, name, &p)) return TN_OK;
  if (!cJSON_IsString(p.json)) return want(r, &p, "a string");
  return set_string(r, out, p.json->valuestring);
}

static tn_status read_bool(reader *r, const place *at, const char *name, bool *out) {
  place p;
  if (!child(at, name, &p)) return TN_OK;
  if (!cJSON_IsBool(p.json)) return want(r, &p, "true or false");
  *out = cJSON_IsTrue(p.json);
  return TN_OK;
}

static tn_status read_count(reader *r, const place *at, const char *name, int64_t min, int64_t *out) {
  place p;
  if (!child(at, name, &p)) return TN_OK;
  double d = p.json->valuedouble;
  if (!cJSON_IsNumber(p.json) || d != floor(d) || d < (double)min || d > 9007199254740992.0)
    return tn_error_set(r->error, TN_INVALID, p.path, "expected a whole number from %lld up", (long long)min);
  *out = (int64_t)d;
  return TN_OK;
}

static tn_status one_of(reader *r, const place *at, const char *const *names, int *out) {
  if (!cJSON_IsString(at->json)) return want(r, at, "a string");
  tni_nearest nearest = tni_nearest_to((tn_slice){at->json->valuestring, strlen(at->json->valuestring)});
  for (int i = 0; names[i]; i++) {
    if (strcmp(names[i], at->json->valuestring) == 0) return *out = i, TN_OK;
    tni_nearest_offer(&nearest, names[i]);
  }
  char hint[96];
  return tn_error_set(r->error, TN_INVALID, at->path, "'%s' is none of its values%s", at->json->valuestring,
                      tni_nearest_hint(&nearest, hint, sizeof hint));
}

/* ---- JSON tree -> value --------------------------------------------------------------------- */

static void add_json(tn_builder *b, const cJSON *json) {
  const cJSON *item;
  if (cJSON_IsArray(json)) {
    tn_array_begin(b);
    cJSON_ArrayForEach(item, json) add_json(b, item);
    tn_end(b);
  } else if (cJSON_IsObject(json)) {
    tn_object_begin(b);
    cJSON_ArrayForEach(item, json) {
      tn_name(b, item->string);
      add_json(b, item);
    }
    tn_end(b);
  } else if (cJSON_IsNumber(json)) {
    double d = json->valuedouble;
    if (d == floor(d) && fabs(d) <= 9007199254740992.0)
      tn_add(b, (int64_t)d);
    else
      tn_add(b, d);
  } else if (cJSON_IsString(json)) {
    tn_add(b, json->valuestring);
  } else if (cJSON_IsBool(json)) {
    tn_add(b, tn_arg_bool(cJSON_IsTrue(json)));
  } else {
    tn_add(b, TN_ARG_NULL);
  }
}

/* The object without the keys that the core reads itself. */
static tn_status take_options(reader *r, const place *at, const char *skip1, const char *skip2, tn_builder *out) {
  TRY(check_keys(r, at, NULL));
  const cJSON *item;
  out->memory = r->config->memory;
  tn_builder_clear(out);
  tn_object_begin(out);
  cJSON_ArrayForEach(item, at->json) {
    if (strcmp(item->string, skip1) == 0 || strcmp(item->string, skip2) == 0) continue;
    tn_name(out, item->string);
    add_json(out, item);
  }
  tn_end(out);
  tn_status status = tn_builder_status(out);
  return status == TN_OK ? TN_OK : tn_error_set(r->error, status, at->path, "these options are no valid value");
}

/* ---- sections ------------------------------------------------------------------------------- */

static tn_status resolve(reader *r, const char *path, char **out) {
  char full[CONFIG_PATH_MAX];
  const char *base = r->base_dir;
  if (base[0] != '\0')
    while (strncmp(path, "./", 2) == 0) path += 2;
  int size = path[0] == '/' || base[0] == '\0' ? snprintf(full, sizeof full, "%s", path)
                                               : snprintf(full, sizeof full, "%s/%s", base, path);
  if (size < 0 || (size_t)size >= sizeof full)
    return tn_error_set(r->error, TN_INVALID, path, "the path is too long");
  return set_string(r, out, full);
}

static tn_status read_data(reader *r, const place *root, const tn_open_options *options) {
  place p;
  if (options->data) return set_string(r, &r->config->data, options->data);
  if (!child(root, "data", &p)) return TN_OK;
  if (!cJSON_IsString(p.json) || p.json->valuestring[0] == '\0') return want(r, &p, "the path of a folder");
  return resolve(r, p.json->valuestring, &r->config->data);
}

static tn_status read_storage(reader *r, const place *root) {
  place p;
  if (!child(root, "storage", &p)) return TN_OK;
  TRY(take_options(r, &p, "type", "type", &r->config->storage));
  if (!cJSON_GetObjectItemCaseSensitive(p.json, "type"))
    return tn_error_set(r->error, TN_INVALID, p.path, "expected a \"type\", e.g. \"file\"");
  return read_string(r, &p, "type", &r->config->storage_type);
}

static tn_status read_format(reader *r, const place *root) {
  static const char *const known[] = {"journal", "snapshot", "wire", NULL};
  place p;
  if (!child(root, "format", &p)) return TN_OK;
  TRY(check_keys(r, &p, known));
  TRY(read_string(r, &p, "journal", &r->config->journal_format));
  TRY(read_string(r, &p, "snapshot", &r->config->snapshot_format));
  return read_string(r, &p, "wire", &r->config->wire_format);
}

static tn_status read_durability(reader *r, const place *root) {
  static const char *const names[] = {"sync", "interval", "none", NULL};
  place p;
  int which = 0;
  if (child(root, "durability", &p)) TRY(one_of(r, &p, names, &which));
  r->config->durability = (tni_durability)which;
  return read_count(r, root, "sync_interval_ms", 1, &r->config->sync_interval_ms);
}

static tn_status read_keep(reader *r, const place *root) {
  static const char *const journal_keys[] = {"keep", NULL};
  static const char *const words[] = {"all", "snapshot", NULL};
  static const char *const limits[] = {"bytes", "age_s", NULL};
  place journal, keep;
  int which = 0;
  if (!child(root, "journal", &journal)) return TN_OK;
  TRY(check_keys(r, &journal, journal_keys));
  if (!child(&journal, "keep", &keep)) return TN_OK;
  if (cJSON_IsString(keep.json)) {
    TRY(one_of(r, &keep, words, &which));
    r->config->keep = which == 0 ? TNI_KEEP_ALL : TNI_KEEP_SNAPSHOT;
    return TN_OK;
  }
  TRY(check_keys(r, &keep, limits));
  if (cJSON_GetArraySize(keep.json) != 1)
    return tn_error_set(r->error, TN_INVALID, keep.path,
                        "expected \"all\", \"snapshot\", {\"bytes\": N} or {\"age_s\": N}");
  r->config->keep = cJSON_HasObjectItem(keep.json, "bytes") ? TNI_KEEP_BYTES : TNI_KEEP_AGE;
  TRY(read_count(r, &keep, "bytes", 0, &r->config->keep_limit));
  return read_count(r, &keep, "age_s", 0, &r->config->keep_limit);
}

static tn_status read_snapshot(reader *r, const place *root) {
  static const char *const known[] = {"every_commands", "keep", NULL};
  place p;
  if (!child(root, "snapshot", &p)) return TN_OK;
  TRY(check_keys(r, &p, known));
  TRY(read_count(r, &p, "every_commands", 0, &r->config->snapshot_every));
  return read_count(r, &p, "keep", 1, &r->config->snapshot_keep);
}

static tn_status read_limits(reader *r, const place *root) {
  const char *known[TNI_LIMIT_COUNT + 1] = {NULL};
  place p, here;
  for (int i = 0; i < TNI_LIMIT_COUNT; i++) known[i] = tni_limit_name((tni_limit)i);
  if (!child(root, "limits", &p)) return TN_OK;
  TRY(check_keys(r, &p, known));
  for (int i = 0; i < TNI_LIMIT_COUNT; i++) {
    int64_t *most = &r->config->limits.most[i], bound = tni_limit_bound((tni_limit)i);
    TRY(read_count(r, &p, known[i], 1, most));
    if (*most > bound && child(&p, known[i], &here))
      return tn_error_set(r->error, TN_INVALID, here.path, "expected at most %lld, got %lld", (long long)bound,
                          (long long)*most);
  }
  return TN_OK;
}

/* An array of strings, each resolved as a path or taken as it is. */
static tn_status read_strings(reader *r, const place *at, bool paths, char ***out, size_t *out_count) {
  if (!cJSON_IsArray(at->json)) return want(r, at, "an array of strings");
  size_t count = (size_t)cJSON_GetArraySize(at->json);
  if (count == 0) return TN_OK;
  char **strings = (char **)tni_alloc_zero(r->config->memory, count * sizeof *strings);
  if (!strings) return no_memory(r);
  *out = strings;
  *out_count = count;
  const cJSON *item;
  size_t i = 0;
  cJSON_ArrayForEach(item, at->json) {
    place here = {item, ""};
    snprintf(here.path, sizeof here.path, "%.140s[%zu]", at->path, i);
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0') return want(r, &here, "a string");
    TRY(paths ? resolve(r, item->valuestring, &strings[i]) : set_string(r, &strings[i], item->valuestring));
    i++;
  }
  return TN_OK;
}

static bool instance_name_is_fine(const char *name) {
  size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
  return size > 0 && size <= 63 && name[size] == '\0' && name[0] != '-';
}

static tn_status read_model(reader *r, const place *at, tni_model_config *out) {
  place uses;
  if (!instance_name_is_fine(at->json->string))
    return tn_error_set(r->error, TN_INVALID, at->path,
                        "a model's name is made of letters, digits, _ and -, at most 63");
  TRY(set_string(r, &out->name, at->json->string));
  if (!cJSON_IsObject(at->json)) return want(r, at, "an object like {\"type\": \"kv\"}");
  TRY(read_string(r, at, "type", &out->type));
  if (!out->type) return tn_error_set(r->error, TN_INVALID, at->path, "expected a \"type\", e.g. \"kv\"");
  if (child(at, "uses", &uses)) TRY(read_strings(r, &uses, false, &out->uses, &out->use_count));
  return take_options(r, at, "type", "uses", &out->options);
}

static tn_status read_models(reader *r, const place *root) {
  place p;
  tni_config *c = r->config;
  if (!child(root, "models", &p) || cJSON_GetArraySize(p.json) == 0)
    return tn_error_set(r->error, TN_INVALID, "$.models",
                        "expected at least one model, e.g. {\"cart\": {\"type\": \"kv\"}}");
  TRY(check_keys(r, &p, NULL));
  size_t count = (size_t)cJSON_GetArraySize(p.json);
  c->models = (tni_model_config *)tni_alloc_zero(c->memory, count * sizeof *c->models);
  if (!c->models) return no_memory(r);
  c->model_count = count;
  for (size_t i = 0; i < count; i++) c->models[i].options = (tn_builder)TN_BUILDER_INIT;
  const cJSON *item;
  size_t i = 0;
  cJSON_ArrayForEach(item, p.json) {
    place here = below(&p, item);
    TRY(read_model(r, &here, &c->models[i++]));
  }
  return TN_OK;
}

static tn_status read_root(reader *r, const place *root, const tn_open_options *options) {
  static const char *const known[] = {"data",       "storage",    "format",  "durability", "sync_interval_ms",
                                      "journal",    "snapshot",   "plugins", "models",     "write_wait_ms",
                                      "txn_max_ms", "max_memory", "limits",  "recover",    "service_thread",
                                      NULL};
  static const char *const recoveries[] = {"refuse", "truncate", NULL};
  tni_config *c = r->config;
  place p;
  int recovery = 0;
  TRY(check_keys(r, root, known));
  TRY(read_data(r, root, options));
  TRY(read_storage(r, root));
  TRY(read_format(r, root));
  TRY(read_durability(r, root));
  TRY(read_keep(r, root));
  TRY(read_snapshot(r, root));
  if (child(root, "plugins", &p)) TRY(read_strings(r, &p, true, &c->plugins, &c->plugin_count));
  TRY(read_count(r, root, "write_wait_ms", 0, &c->write_wait_ms));
  TRY(read_count(r, root, "txn_max_ms", 0, &c->txn_max_ms));
  TRY(read_count(r, root, "max_memory", 0, &c->memory_max));
  TRY(read_limits(r, root));
  TRY(read_bool(r, root, "service_thread", &c->service_thread));
  if (child(root, "recover", &p)) TRY(one_of(r, &p, recoveries, &recovery));
  c->truncate_damaged = recovery == 1;
  return read_models(r, root);
}

/* ---- the text ------------------------------------------------------------------------------- */

static tn_status read_file(const char *path, const tn_memory *memory, char **out, size_t *out_size, tn_error *error) {
  FILE *file = fopen(path, "re");
  if (!file)
    return tn_error_set(error, errno == ENOENT ? TN_NOT_FOUND : TN_IO, path, "cannot open the config: %s",
                        strerror(errno));
  size_t capacity = 4096, size = 0;
  char *text = (char *)tni_alloc(memory, capacity);
  tn_status status = text ? TN_OK : tn_error_set(error, TN_NOMEM, path, "no memory for the config");
  while (status == TN_OK) {
    size += fread(text + size, 1, capacity - 1 - size, file);
    if (ferror(file)) status = tn_error_set(error, TN_IO, path, "cannot read the config: %s", strerror(errno));
    if (status != TN_OK || size < capacity - 1) break;
    char *grown = capacity < CONFIG_SIZE_MAX ? (char *)tni_resize(memory, text, capacity, capacity * 2) : NULL;
    if (!grown)
      status = tn_error_set(error, TN_LIMIT, path, "the config is larger than fits");
    else
      text = grown, capacity *= 2;
  }
  fclose(file);
  if (status == TN_OK) {
    char *exact = (char *)tni_resize(memory, text, capacity, size + 1);
    if (!exact)
      status = tn_error_set(error, TN_NOMEM, path, "no memory for the config");
    else
      text = exact, capacity = size + 1;
  }
  if (status != TN_OK) {
    tni_free(memory, text, capacity);
    return status;
  }
  text[size] = '\0';
  *out = text;
  *out_size = size;
  return TN_OK;
}

static tn_status not_json(const char *text, const char *at, tn_error *error) {
  int line = 1, column = 1;
  for (const char *c = text; at && c < at && *c; c++) {
    if (*c == '\n')
      line++, column = 1;
    else
      column++;
  }
  char where[64];
  snprintf(where, sizeof where, "line %d, column %d", line, column);
  return tn_error_set(error, TN_INVALID, where, "the config is not JSON");
}

static tn_status set_defaults(reader *r) {
  tni_config *c = r->config;
  c->storage = (tn_builder)TN_BUILDER_INIT;
  c->storage.memory = c->memory;
  c->sync_interval_ms = 1000;
  c->snapshot_every = 100000;
  c->snapshot_keep = 2;
  c->write_wait_ms = 5000;
  c->limits = tni_limits_default();
  c->service_thread = true;
  tn_object_begin(&c->storage);
  tn_end(&c->storage);
  TRY(tn_builder_status(&c->storage) == TN_OK ? TN_OK : no_memory(r));
  TRY(set_string(r, &c->data, ""));
  TRY(set_string(r, &c->storage_type, "file"));
  TRY(set_string(r, &c->journal_format, "binary"));
  TRY(set_string(r, &c->snapshot_format, "binary"));
  return set_string(r, &c->wire_format, "json");
}

static tn_status read_text(reader *r, const char *text, size_t size, const tn_open_options *options) {
  if (strlen(text) != size) return tn_error_set(r->error, TN_INVALID, NULL, "the config holds a NUL byte");
  const char *end = NULL;
  cJSON *json = cJSON_ParseWithOpts(text, &end, 1);
  if (!json) return not_json(text, end, r->error);
  place root = {json, "$"};
  tn_status status = set_defaults(r);
  if (status == TN_OK) status = read_root(r, &root, options);
  cJSON_Delete(json);
  return status;
}

/* The folder of a file's path, in `buffer`. */
static const char *folder_of(const char *path, char *buffer, size_t size) {
  const char *slash = strrchr(path, '/');
  if (!slash) return "";
  size_t length = slash == path ? 1 : (size_t)(slash - path);
  if (length >= size) return "";
  memcpy(buffer, path, length);
  buffer[length] = '\0';
  return buffer;
}

tn_status tni_config_read(const char *path, const tn_open_options *options, const tn_memory *memory, tni_config *out,
                          tn_error *error) {
  char folder[CONFIG_PATH_MAX] = "";
  if (!path == !options->config_text)
    return tn_error_set(error, TN_MISUSE, NULL, "expected either the path of a config or options->config_text");
  memset(out, 0, sizeof *out);
  out->memory = memory;
  const char *base = options->base_dir ? options->base_dir : path ? folder_of(path, folder, sizeof folder) : "";
  reader r = {out, base, error};
  char *text = NULL;
  size_t size = path ? 0 : strlen(options->config_text);
  if (path) TRY(read_file(path, memory, &text, &size, error));
  tn_status status = read_text(&r, path ? text : options->config_text, size, options);
  tni_free(memory, text, size + 1);
  if (status != TN_OK) tni_config_fini(out);
  return status;
}

static void free_strings(const tn_memory *memory, char **strings, size_t count) {
  for (size_t i = 0; i < count; i++) tni_free_string(memory, strings[i]);
  tni_free(memory, strings, count * sizeof *strings);
}

void tni_config_fini(tni_config *config) {
  const tn_memory *memory = config->memory;
  for (size_t i = 0; i < config->model_count; i++) {
    tni_model_config *m = &config->models[i];
    tni_free_string(memory, m->name);
    tni_free_string(memory, m->type);
    free_strings(memory, m->uses, m->use_count);
    tn_builder_free(&m->options);
  }
  tni_free(memory, config->models, config->model_count * sizeof *config->models);
  free_strings(memory, config->plugins, config->plugin_count);
  char *strings[] = {config->data, config->storage_type, config->journal_format, config->snapshot_format,
                     config->wire_format};
  for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) tni_free_string(memory, strings[i]);
  if (config->storage.ops) tn_builder_free(&config->storage);
  memset(config, 0, sizeof *config);
}
