/* The one place in core/ that names plugins. */
#include "registry.h"

#ifdef TN_WITH_PCRE2
extern const tn_model tni_model_graph;
#endif
extern const tn_model tni_model_kv;
extern const tn_storage tni_storage_faulty;
extern const tn_storage tni_storage_file;
extern const tn_storage tni_storage_memory;
#ifdef TN_WITH_PCRE2
extern const tn_model tni_model_document;
#endif
#ifdef TN_WITH_LMDB
extern const tn_storage tni_storage_lmdb;
#endif
extern const tn_formatter tni_formatter_binary;
extern const tn_formatter tni_formatter_json;

const tn_plugin *const tni_builtins[] = {
#ifdef TN_WITH_PCRE2
    &tni_model_graph.plugin,
#endif
    &tni_model_kv.plugin,
#ifdef TN_WITH_PCRE2
    &tni_model_document.plugin,
#endif
    &tni_storage_file.plugin,
    &tni_storage_memory.plugin,
    &tni_storage_faulty.plugin,
#ifdef TN_WITH_LMDB
    &tni_storage_lmdb.plugin,
#endif
    &tni_formatter_binary.plugin,
    &tni_formatter_json.plugin,
    NULL,
};
