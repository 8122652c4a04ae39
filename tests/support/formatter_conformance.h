/* formatter_conformance.h - what every formatter must do, whatever its format. A formatter's tests run all checks. */
#ifndef TENON_TESTS_FORMATTER_CONFORMANCE_H
#define TENON_TESTS_FORMATTER_CONFORMANCE_H

#include "tenon_plugin.h"

typedef struct formatter_check {
  const char *name;
  void (*run)(const tn_formatter *formatter); /* within a cmocka test */
} formatter_check;

enum { FORMATTER_CHECK_COUNT = 11 };
extern const formatter_check formatter_checks[FORMATTER_CHECK_COUNT];

#endif
