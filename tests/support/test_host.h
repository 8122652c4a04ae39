/* test_host.h - a tn_host for driving a storage without an engine: errors, hashing, randomness, builders. */
#ifndef TEST_HOST_H
#define TEST_HOST_H

#include "tenon_plugin.h"

extern const tn_host test_host;

#endif
