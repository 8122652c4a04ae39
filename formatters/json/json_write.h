/* json_write.h - value to text; json.h says what is written. */
#ifndef TENON_JSON_WRITE_H
#define TENON_JSON_WRITE_H

#include "tenon_plugin.h"

/* Appends `value` to `out`. TN_OK or TN_NOMEM. */
tn_status tni_json_write(tn_value value, tn_buffer *out) TN_MUST_USE;

#endif
