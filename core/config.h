/* config.h - the config an engine is composed from, read and checked. docs/CONFIG.md describes it for users. It
 * knows no plugin: whether a type exists is the registry's to say. */
#ifndef TENON_CONFIG_H
#define TENON_CONFIG_H

#include "limit.h"
#include "tenon.h"

typedef enum tni_durability { TNI_SYNC, TNI_INTERVAL, TNI_NONE } tni_durability;

typedef enum tni_keep { TNI_KEEP_ALL, TNI_KEEP_SNAPSHOT, TNI_KEEP_BYTES, TNI_KEEP_AGE } tni_keep;

typedef struct tni_model_config {
  char *name;
  char *type;
  char **uses;
  size_t use_count;
  tn_builder options; /* the object without "type" and "uses" */
} tni_model_config;

typedef struct tni_config {
  const tn_memory *memory;
  char *data; /* resolved against the config's folder; "" when not given */
  char *storage_type;
  tn_builder storage; /* the object without "type" */
  char *journal_format;
  char *snapshot_format;
  char *wire_format;
  tni_durability durability;
  int64_t sync_interval_ms;
  tni_keep keep;
  int64_t keep_limit;     /* bytes or seconds */
  int64_t snapshot_every; /* commands; 0 = only when asked */
  int64_t snapshot_keep;
  int64_t write_wait_ms;
  int64_t txn_max_ms; /* 0 = no limit */
  int64_t memory_max; /* bytes; 0 = no limit */
  tni_limits limits;
  bool service_thread;
  bool truncate_damaged;
  char **plugins; /* resolved paths */
  size_t plugin_count;
  tni_model_config *models;
  size_t model_count;
} tni_config;

/* Reads a config from a file (`path`) or from options->config_text. Every fault is INVALID or UNKNOWN with the JSON
 * path as where, e.g. "$.models.cart.type"; a file that cannot be read is NOT_FOUND or IO. NOMEM. */
tn_status tni_config_read(const char *path, const tn_open_options *options, const tn_memory *memory, tni_config *out,
                          tn_error *error) TN_MUST_USE;
/* Releases what a successful read took. */
void tni_config_fini(tni_config *config);

#endif
