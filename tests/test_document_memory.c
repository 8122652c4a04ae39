/* Every operation on documents with one request for memory refused, the first, the second, the third, until it needs
 * no more: it says so each time, and what it did can be taken back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "models/document/document.h"
#include "support/assert_status.h"
#include "support/bare_model.h"

#define TRIES_MAX 2000

typedef struct scarce {
  tn_memory memory;
  uint32_t requests, refused; /* refused: which one; 0 = none */
} scarce;

static void *scarce_resize(void *context, void *data, size_t old_size, size_t new_size) {
  scarce *s = context;
  const tn_memory *under = tn_memory_system();
  if (new_size > old_size && ++s->requests == s->refused) return NULL;
  return under->resize(under->context, data, old_size, new_size);
}

static const char *const preparation[][2] = {
    {"create_index", "{\"collection\":\"c\",\"fields\":{\"a\":1,\"t\":-1}}"},
    {"create_index", "{\"collection\":\"c\",\"fields\":{\"u\":1},\"unique\":true,\"sparse\":true}"},
    {"create_index", "{\"collection\":\"c\",\"fields\":{\"b\":1},\"where\":{\"a\":{\"$gt\":1}},\"name\":\"p\"}"},
    {"create_index", "{\"collection\":\"c\",\"fields\":{\"at\":1},\"expire_after_ms\":0}"},
    {"insert",
     "{\"collection\":\"c\",\"docs\":[{\"_id\":1,\"a\":2,\"t\":[1,2,3,4,5,6,7,8,9],\"u\":1},{\"_id\":2,\"a\":3,"
     "\"b\":\"x\",\"at\":{\"$date\":{\"$numberLong\":\"-1\"}}},{\"_id\":3,\"a\":1,\"list\":[{\"x\":1},{\"x\":2}]}]}"},
};

static const char *const operations[][2] = {
    {"insert", "{\"collection\":\"c\",\"docs\":[{\"a\":5,\"t\":[1,2]},{\"u\":7,\"b\":2,\"a\":9}]}"},
    {"insert", "{\"collection\":\"fresh\",\"docs\":{\"_id\":1}}"},
    {"get", "{\"collection\":\"c\",\"id\":2}"},
    {"entry", "{\"collection\":\"c\",\"id\":2}"},
    {"find", "{\"collection\":\"c\"}"},
    {"find", "{\"collection\":\"c\",\"filter\":{\"a\":{\"$in\":[2,3]},\"t\":{\"$gt\":1}},\"hint\":\"a_1_t_-1\"}"},
    {"find", "{\"collection\":\"c\",\"filter\":{\"u\":1},\"projection\":{\"a\":1,\"z\":{\"$add\":[\"$a\",1.5]}}}"},
    {"find", "{\"collection\":\"c\",\"sort\":{\"a\":-1,\"u\":1},\"limit\":2,\"after\":2}"},
    {"find",
     "{\"collection\":\"c\",\"sort\":{\"a\":-1},\"after\":{\"_id\":2,\"a\":3},\"hint\":\"a_1_t_-1\",\"max_ms\":"
     "60000}"},
    {"find", "{\"collection\":\"c\",\"filter\":{\"_id\":2,\"$comment\":\"why\"},\"max_memory_bytes\":100000}"},
    {"find", "{\"collection\":\"c\",\"filter\":{\"b\":{\"$regex\":\"^x\",\"$options\":\"i\"}}}"},
    {"count", "{\"collection\":\"c\",\"filter\":{\"a\":{\"$gt\":1}}}"},
    {"distinct", "{\"collection\":\"c\",\"field\":\"t\"}"},
    {"explain", "{\"collection\":\"c\",\"filter\":{\"a\":2,\"b\":{\"$lt\":5}}}"},
    {"list_collections", "{}"},
    {"list_indexes", "{\"collection\":\"c\"}"},
    {"stats", "{}"},
    {"export", "{}"},
    {"update", "{\"collection\":\"c\",\"filter\":{\"list.x\":2},\"update\":{\"$set\":{\"list.$.x\":5,\"u\":9}}}"},
    {"update",
     "{\"collection\":\"c\",\"filter\":{},\"update\":{\"$inc\":{\"a\":1},\"$push\":{\"t\":1}},\"many\":true}"},
    {"update", "{\"collection\":\"d\",\"filter\":{\"k\":1},\"update\":{\"$set\":{\"a\":1}},\"upsert\":true}"},
    {"update", "{\"collection\":\"c\",\"filter\":{\"_id\":2},\"update\":{\"$inc\":{\"a\":1}}}"},
    {"update", "{\"collection\":\"d\",\"filter\":{\"_id\":\"x\"},\"update\":{\"$set\":{\"a\":1}},\"upsert\":true}"},
    {"replace", "{\"collection\":\"c\",\"filter\":{\"_id\":2},\"doc\":{\"u\":8}}"},
    {"replace", "{\"collection\":\"c\",\"filter\":{\"a\":2},\"doc\":{\"a\":7,\"t\":[7]}}"},
    {"delete", "{\"collection\":\"c\",\"filter\":{\"a\":{\"$gte\":2}},\"many\":true}"},
    {"find_and_update",
     "{\"collection\":\"c\",\"filter\":{},\"sort\":{\"a\":-1},\"update\":{\"$unset\":{\"b\":1}},\"return\":"
     "\"after\"}"},
    {"find_and_replace",
     "{\"collection\":\"c\",\"filter\":{\"_id\":1},\"doc\":{},\"projection\":{\"t\":{\"$slice\":1}}}"},
    {"find_and_delete", "{\"collection\":\"c\",\"filter\":{\"_id\":2}}"},
    {"create_index", "{\"collection\":\"c\",\"fields\":{\"list.x\":1,\"a\":-1}}"},
    {"drop_index", "{\"collection\":\"c\",\"name\":\"p\"}"},
    {"create_collection", "{\"collection\":\"e\"}"},
    {"drop_collection", "{\"collection\":\"c\"}"},
    {"purge", "{}"},
};

static bool same_digest(tni_digest a, tni_digest b) { return a.low == b.low && a.high == b.high; }

/* What was refused was only for the text of an error, or it is told. */
static void assert_told(const bare_model *m, tn_status status, const char *const operation[2]) {
  if (status != TN_NOMEM && status != TN_OK)
    (void)fprintf(stderr, "%s %s: %s\n", operation[0], operation[1], m->error.text);
  assert_true(status == TN_NOMEM || status == TN_OK);
  if (status == TN_NOMEM) assert_string_not_equal(m->error.text, "");
}

static void run_scarce(bare_model *m, scarce *s, const char *const operation[2]) {
  tni_digest before = tni_state_digest(m->state);
  tn_builder expected = TN_BUILDER_INIT;
  bool refused = true;
  for (uint32_t n = 0; refused; n++) {
    tni_savepoint savepoint;
    assert_true(n < TRIES_MAX);
    assert_status(tni_state_savepoint(m->state, &savepoint), TN_OK);
    m->env.seq = 100, m->env.now_us = 1000, m->env.random_drawn = 0;
    *s = (scarce){s->memory, 0, n};
    tn_status status = bare_run(m, operation[0], operation[1]);
    refused = n == 0 || s->requests >= n;
    s->refused = 0;
    assert_told(m, status, operation);
    if (n == 0) assert_status(status, TN_OK);
    if (n == 0) tn_add(&expected, tn_built(&m->result));
    bool same = tn_value_same(tn_built(&m->result), tn_built(&expected));
    if (status == TN_OK && !same)
      (void)fprintf(stderr, "%s %s: request %u\n", operation[0], operation[1], (unsigned)n);
    assert_true(status != TN_OK || same);
    tni_state_rollback(m->state, &savepoint);
    assert_true(same_digest(tni_state_digest(m->state), before));
  }
  tn_builder_free(&expected);
}

static tn_status refuse_problem(void *arg, tn_value row) {
  (void)arg;
  (void)row;
  return TN_CORRUPT;
}

static void every_operation_survives_each_refused_request(void **state) {
  scarce s = {.memory = {scarce_resize, &s}};
  bare_model m;
  (void)state;
  assert_true(bare_model_init(&m, &tni_model_document, &s.memory));
  for (size_t i = 0; i < sizeof preparation / sizeof *preparation; i++)
    assert_status(bare_run(&m, preparation[i][0], preparation[i][1]), TN_OK);
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) run_scarce(&m, &s, operations[i]);
  assert_status(bare_check(&m, (tni_sink){refuse_problem, NULL}), TN_OK);
  bare_model_fini(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_operation_survives_each_refused_request)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
