/* assert_status.h - a cmocka assertion that shows statuses by name. */
#ifndef TENON_TESTS_ASSERT_STATUS_H
#define TENON_TESTS_ASSERT_STATUS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tenon_base.h"

#define assert_status(got, expected) assert_string_equal(tn_status_name(got), tn_status_name(expected))

#endif
