/* memory.h - a storage that keeps everything in memory until it is closed: for caches, tests and trying out. */
#ifndef TENON_STORAGE_MEMORY_H
#define TENON_STORAGE_MEMORY_H

#include "tenon_plugin.h"

/* No config keys; the path is not used; nothing survives close, so read_only finds nothing. */
extern const tn_storage tni_storage_memory;

#endif
