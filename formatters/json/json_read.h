/* json_read.h - text to value; json.h says what is read. */
#ifndef TENON_JSON_READ_H
#define TENON_JSON_READ_H

#include "tenon_plugin.h"

/* The contract of tn_formatter.decode. */
tn_status tni_json_read(const tn_host *host, tn_slice bytes, tn_builder *out, size_t *used, tn_error *error);

#endif
