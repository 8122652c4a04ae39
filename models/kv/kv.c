#include "kv.h"

#include "entry.h"
#include "ops.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- params that several ops share ------------------------------------------------------------ */

#define T_KEY (TN_T_SCALAR | TN_T_ARRAY)
#define T_BOUND (T_KEY & ~TN_T_NULL)
#define T_PREFIX (TN_T_STRING | TN_T_ARRAY)

#define KEY TN_REQUIRED("key", T_KEY, "any scalar or array")
#define VALUE TN_REQUIRED("value", TN_T_ANY, "what to store")
#define TTL TN_OPTIONAL("ttl_ms", TN_T_INT, "expires this many milliseconds from now")
#define PREFIX \
  TN_OPTIONAL("prefix", T_PREFIX, "keys that begin with this string, or with this array's items; not with from, to")
#define FROM TN_OPTIONAL("from", T_BOUND, "lowest key, itself included")
#define TO TN_OPTIONAL("to", T_BOUND, "highest key, itself excluded")
#define AFTER TN_OPTIONAL("after", T_BOUND, "go on behind this key, the last one of the page before")

/* ---- reading ---------------------------------------------------------------------------------- */

static const tn_param key_params[] = {KEY};
static const tn_param get_params[] = {
    KEY, TN_OPTIONAL("default", TN_T_ANY, "answered when there is no entry; may be null")};
static const tn_param mget_params[] = {TN_REQUIRED("keys", TN_T_ARRAY, "array of keys")};
static const tn_param range_params[] = {PREFIX, FROM, TO};
static const tn_param scan_params[] = {
    PREFIX,
    FROM,
    TO,
    AFTER,
    TN_OPTIONAL("limit", TN_T_INT, "rows at most"),
    TN_FLAG("reverse", "highest key first"),
    TN_FLAG("keys_only", "rows are the keys alone"),
};

/* ---- writing ---------------------------------------------------------------------------------- */

static const tn_param put_params[] = {
    KEY,
    VALUE,
    TN_OPTIONAL("if_version", TN_T_INT, "write only at this version; 0 = only a new entry"),
    TTL,
    TN_OPTIONAL("expires_at", TN_T_TIMESTAMP, "expires then, at once if that is past; not with ttl_ms"),
};
static const tn_param mput_params[] = {
    TN_REQUIRED("entries", TN_T_OBJECT | TN_T_ARRAY, "an object of values by key, or an array of [key, value]"),
    TTL,
};
static const tn_param delete_params[] = {
    KEY,
    TN_OPTIONAL("if_version", TN_T_INT, "delete only at this version"),
};
static const tn_param incr_params[] = {KEY, {"by", TN_T_NUMBER, false, TN_DEFAULT_INT(1), "what to add"}};
static const tn_param append_params[] = {
    KEY,
    TN_REQUIRED("value", TN_T_STRING | TN_T_BYTES | TN_T_ARRAY, "what to put behind; of an array, its items"),
};
static const tn_param swap_params[] = {KEY, VALUE};
static const tn_param cas_params[] = {
    KEY,
    TN_REQUIRED("expect", TN_T_ANY, "the value that must be there, exactly: 1 is not 1.0, and fields have an order"),
    VALUE,
};
static const tn_param rename_params[] = {
    KEY,
    TN_REQUIRED("to", T_KEY, "the new key"),
    TN_FLAG("overwrite", "replace an entry that is there"),
};
static const tn_param expire_params[] = {KEY, TN_REQUIRED("ttl_ms", TN_T_INT, "milliseconds from now, at least 1")};
static const tn_param purge_params[] = {
    {"limit", TN_T_INT, false, TN_DEFAULT_INT(TNI_KV_PURGE_DEFAULT), "entries at most, at least 1"},
};

/* ---- tables ----------------------------------------------------------------------------------- */

#define KEYED(name, params, fn, doc) TN_OP(name, TN_COMMAND, TN_OP_KEYED, params, fn, doc)
#define LOOKUP(name, params, fn, doc) TN_OP(name, TN_QUERY, TN_OP_KEYED, params, fn, doc)

static const tn_op_def ops[] = {
    LOOKUP("get", get_params, tni_kv_get, "the value; NOT_FOUND without a default"),
    LOOKUP("entry", key_params, tni_kv_entry_op,
           "{value, version, expires_at}, expires_at null when it does not expire; NOT_FOUND"),
    LOOKUP("exists", key_params, tni_kv_exists, "true or false"),
    TN_QUERY_OP("mget", mget_params, tni_kv_mget,
                "the values in the order of the keys, null where there is no entry"),
    TN_QUERY_OP("count", range_params, tni_kv_count, "how many entries; a range is counted by walking it"),
    LOOKUP("ttl", key_params, tni_kv_ttl, "milliseconds left, null when it does not expire; NOT_FOUND"),
    TN_ROWS_OP("scan", scan_params, tni_kv_scan, "rows {key, value} in key order, or bare keys"),
    {"export", TN_QUERY, TN_OP_ROWS, NULL, 0, tni_kv_export,
     "every entry as the arguments of put: {key, value, expires_at?}"},
    KEYED("put", put_params, tni_kv_put,
          "stores a value and answers its version; without ttl_ms and expires_at it never expires; CONFLICT names "
          "the version there"),
    TN_COMMAND_OP("mput", mput_params, tni_kv_mput,
                  "stores all and answers their version, 0 for none; of two equal keys the later one stays"),
    KEYED("delete", delete_params, tni_kv_delete,
          "deletes and answers the version that was there; NOT_FOUND, CONFLICT names the version there"),
    TN_COMMAND_OP("delete_range", range_params, tni_kv_delete_range, "deletes a range, or all, and answers how many"),
    KEYED("incr", incr_params, tni_kv_incr,
          "adds and answers the sum, an absent entry counting as 0; a double makes the sum one; keeps the ttl; "
          "INVALID for "
          "an entry that is no number, LIMIT beyond 64 bits"),
    KEYED("append", append_params, tni_kv_append,
          "puts a string, bytes or an array's items behind what is there and answers the new length in bytes or "
          "items; an "
          "absent entry becomes the value; keeps the ttl; INVALID for another type"),
    KEYED("swap", swap_params, tni_kv_swap,
          "stores a value that never expires and answers the old one, null when there was none"),
    KEYED("take", key_params, tni_kv_take, "deletes and answers the value; NOT_FOUND"),
    KEYED("cas", cas_params, tni_kv_cas,
          "stores a value that never expires if `expect` is there, and answers its version; CONFLICT, NOT_FOUND (to "
          "create, put with if_version 0)"),
    KEYED("rename", rename_params, tni_kv_rename,
          "moves value and ttl to another key and answers its version; NOT_FOUND, EXISTS"),
    KEYED("expire", expire_params, tni_kv_expire,
          "sets when an entry expires and answers that time; the version stays; NOT_FOUND"),
    KEYED("persist", key_params, tni_kv_persist,
          "lets an entry never expire and answers whether it would have; the version stays; NOT_FOUND"),
    TN_COMMAND_OP(
        "purge", purge_params, tni_kv_purge,
        "drops the storage of expired entries, which nobody sees any more, and answers how many; runs by itself"),
};

static const tn_map_def maps[] = {
    [TNI_KV_ENTRIES] = {"entries", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(key) -> [version, value, expires_at?, key?]"},
    [TNI_KV_EXPIRY] = {"expiry", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(expires_at, key) -> null"},
};

const tn_model tni_model_kv = {
    .plugin = TN_PLUGIN(tn_model, TN_KIND_MODEL, "kv", 1, "keys and values with versions, ranges and expiry"),
    .maps = maps,
    .map_count = LENGTH(maps),
    .ops = ops,
    .op_count = LENGTH(ops),
    .maintain = tni_kv_maintain,
    .check = tni_kv_check,
};
