/* binary.h - the formatter whose encoding of a value is the value's own bytes. */
#ifndef TENON_FORMATTER_BINARY_H
#define TENON_FORMATTER_BINARY_H

#include "tenon_plugin.h"

extern const tn_formatter tni_formatter_binary;

#endif
