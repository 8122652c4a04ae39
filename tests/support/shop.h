/* shop.h - an engine for a test: a kv named "cart" on files of its own, no service thread where the test names none,
 * a clock that stands still. Its storage is "file", or $TENON_TEST_STORAGE, where the test names none. */
#ifndef TENON_TESTS_SHOP_H
#define TENON_TESTS_SHOP_H

#include "memory.h"
#include "record.h"
#include "support/assert_status.h"
#include "support/folder.h"
#include "tenon.h"

typedef struct shop {
  folder folder;
  char config[1024];
  tn_open_options options;
  tni_counted_memory memory; /* what the engine holds; can be made to fail */
  int64_t clock_us;
  char last_log[512];
  tn_engine *engine;
  tn_error error; /* of the last call */
  tn_builder args;
  tn_result result;
} shop;

/* For cmocka: *state is an opened shop; teardown closes it and demands that no memory is left. */
int shop_setup(void **state);
int shop_teardown(void **state);

/* Closes (if open) and opens with the given keys added to the config, e.g. "\"durability\": \"none\""; "" = none. */
void shop_open(shop *s, const char *more);
tn_status shop_try_open(shop *s, const char *more);
/* The same with the data thrown away before. */
void shop_open_fresh(shop *s, const char *more);
void shop_close(shop *s);
/* Closes and opens as it was. */
void shop_reopen(shop *s);

/* One operation on the cart; the result stays in s->result. */
tn_status shop_put(shop *s, const char *key, int64_t value);
tn_status shop_get(shop *s, const char *key);
/* The number at `key`, or -1. */
int64_t shop_number(shop *s, const char *key);
void shop_digest(shop *s, char out[33]);
int64_t shop_stat(shop *s, const char *path);

/* A copy of a folder's files in another, as they are now. */
void copy_folder(const char *from, const char *to);

#endif
