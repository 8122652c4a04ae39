/* Chunks of arcs: what goes in comes out, at every width; bytes that are none are refused; decoded arcs behave as a
 * sorted set does. */
#include <stdlib.h>
#include <string.h>

#include "models/graph/chunk.h"
#include "models/graph/key.h"
#include "support/assert_status.h"

static uint64_t random_state;

static uint64_t next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  return random_state ^= random_state << 17;
}

static tni_graph_chunk encoded(const tni_graph_arcs *arcs, uint8_t *bytes) {
  tni_graph_chunk chunk;
  size_t size = tni_graph_chunk_encode(arcs, 0, arcs->count, bytes);
  assert_int_equal(size, tni_graph_chunk_size(arcs, 0, arcs->count));
  assert_true(tni_graph_chunk_open((tn_slice){bytes, size}, &chunk));
  return chunk;
}

/* Through a block of its own, so that reading beyond it is seen. */
static void assert_round_trip(const tni_graph_arcs *arcs) {
  static tni_graph_arcs back;
  static uint8_t room[TNI_GRAPH_CHUNK_ROOM];
  tni_graph_chunk chunk = encoded(arcs, room);
  size_t size = tni_graph_chunk_size(arcs, 0, arcs->count);
  uint8_t *bytes = malloc(size);
  assert_non_null(bytes);
  memcpy(bytes, room, size);
  assert_true(tni_graph_chunk_open((tn_slice){bytes, size}, &chunk));
  tni_graph_chunk_decode(&chunk, &back);
  assert_int_equal(back.count, arcs->count);
  assert_memory_equal(back.nodes, arcs->nodes, arcs->count * sizeof *arcs->nodes);
  assert_memory_equal(back.edges, arcs->edges, arcs->count * sizeof *arcs->edges);
  for (uint32_t i = 0; i < arcs->count; i++) {
    tni_graph_arc arc = {arcs->nodes[i], arcs->edges[i]};
    assert_int_equal(tni_graph_arc_compare(tni_graph_chunk_at(&chunk, i), arc), 0);
    assert_int_equal(tni_graph_chunk_seek(&chunk, arc), i);
    arc.edge++;
    assert_int_equal(tni_graph_chunk_seek(&chunk, arc), i + 1);
  }
  free(bytes);
}

static void arcs_of_every_width_come_back(void **state) {
  static tni_graph_arcs arcs;
  (void)state;
  for (unsigned width = 0; width <= 8; width++)
    for (unsigned edge_width = 0; edge_width <= 8; edge_width++)
      for (uint32_t count = 1; count <= 5; count++) {
        uint64_t base = count % 2 == 0 ? 1 : UINT64_C(1) << 40;
        uint64_t reach = width == 0 ? 0 : width == 8 ? UINT64_C(1) << 62 : UINT64_C(1) << (8 * width - 1);
        uint64_t edge = edge_width == 0 ? 0 : UINT64_C(1) << (8 * edge_width - 1);
        if (width == 0 && edge_width == 0 && count > 1) continue;
        for (uint32_t i = 0; i < count; i++) {
          arcs.nodes[i] = base + reach / count * (i + 1);
          arcs.edges[i] = edge > 0 ? edge + i : 0;
        }
        arcs.count = count;
        assert_round_trip(&arcs);
      }
}

static void a_chunk_takes_the_bytes_its_widths_say_and_fills_up_the_last_sixteen(void **state) {
  tni_graph_arcs arcs = {3, {1000, 1200, 1255}, {0, 0, 0}};
  (void)state;
  assert_int_equal(tni_graph_chunk_size(&arcs, 0, 3), 16); /* 6 + 3 * 1 */
  arcs.nodes[2] = 70000;
  assert_int_equal(tni_graph_chunk_size(&arcs, 0, 3), 16); /* 6 + 3 * 3 */
  arcs.edges[1] = 300;
  assert_int_equal(tni_graph_chunk_size(&arcs, 0, 3), 32); /* 6 + 3 * 5 */
}

static void what_fills_a_chunk_up_is_zero_and_may_be_missing(void **state) {
  static const uint8_t zeros[TNI_GRAPH_CHUNK_STEP];
  tni_graph_arcs arcs = {3, {1000, 1200, 1255}, {0, 0, 0}};
  uint8_t bytes[TNI_GRAPH_CHUNK_ROOM];
  tni_graph_chunk chunk;
  (void)state;
  memset(bytes, 0xff, sizeof bytes);
  assert_int_equal(tni_graph_chunk_encode(&arcs, 0, 3, bytes), 16);
  assert_memory_equal(bytes + 9, zeros, 7);
  assert_true(tni_graph_chunk_open((tn_slice){bytes, 9}, &chunk));
  assert_int_equal(tni_graph_chunk_at(&chunk, 2).node, 1255);
}

static void bytes_that_are_no_chunk_are_refused(void **state) {
  tni_graph_arcs arcs = {2, {5, 9}, {0, 0}};
  uint8_t bytes[64];
  tni_graph_chunk chunk;
  (void)state;
  size_t size = tni_graph_chunk_encode(&arcs, 0, 2, bytes);
  for (size_t cut = 0; cut < TNI_GRAPH_CHUNK_HEADER + 1 + 2; cut++)
    assert_false(tni_graph_chunk_open((tn_slice){bytes, cut}, &chunk));
  assert_false(tni_graph_chunk_open((tn_slice){bytes, size + 1}, &chunk));
  for (int i = 0; i < 2; i++) {
    uint8_t wrong[64];
    memcpy(wrong, bytes, sizeof wrong);
    wrong[i] = 0xff;
    assert_false(tni_graph_chunk_open((tn_slice){wrong, size}, &chunk));
  }
  bytes[2] = 0;
  assert_false(tni_graph_chunk_open((tn_slice){bytes, size}, &chunk));
}

/* ---- against a naive set ----------------------------------------------------------------------- */

#define NAIVE_NODES 40
#define NAIVE_EDGES 20

typedef struct naive {
  bool there[NAIVE_NODES][NAIVE_EDGES];
  uint32_t count;
} naive;

static void assert_same(const naive *n, const tni_graph_arcs *arcs) {
  uint32_t i = 0;
  assert_int_equal(arcs->count, n->count);
  for (uint32_t node = 0; node < NAIVE_NODES; node++)
    for (uint32_t edge = 0; edge < NAIVE_EDGES; edge++) {
      if (!n->there[node][edge]) continue;
      assert_int_equal(arcs->nodes[i], node);
      assert_int_equal(arcs->edges[i++], edge);
    }
}

static void inserting_and_removing_is_what_a_sorted_set_does(void **state) {
  static tni_graph_arcs arcs;
  naive n = {.count = 0};
  (void)state;
  random_state = 88172645463325252u;
  arcs.count = 0;
  for (int step = 0; step < 20000; step++) {
    tni_graph_arc arc = {next_random() % NAIVE_NODES, next_random() % NAIVE_EDGES};
    bool *there = &n.there[arc.node][arc.edge];
    uint32_t at;
    if (next_random() % 2 == 0) {
      assert_int_equal(tni_graph_arcs_insert(&arcs, arc, &at), !*there);
      n.count += !*there;
      *there = true;
    } else {
      assert_int_equal(tni_graph_arcs_remove(&arcs, arc), *there);
      n.count -= *there;
      *there = false;
    }
    if (step % 64 != 0) continue;
    assert_same(&n, &arcs);
    if (arcs.count > 0) assert_round_trip(&arcs);
  }
}

/* ---- keys -------------------------------------------------------------------------------------- */

static void numbers_in_keys_come_back_and_keep_their_order(void **state) {
  static const int64_t numbers[] = {INT64_MIN,
                                    -(INT64_C(1) << 53) - 1,
                                    -(INT64_C(1) << 53),
                                    -300,
                                    -1,
                                    0,
                                    1,
                                    255,
                                    (INT64_C(1) << 53) - 1,
                                    INT64_C(1) << 53,
                                    (INT64_C(1) << 53) + 1,
                                    (INT64_C(1) << 62) + 12345,
                                    INT64_MAX - 1,
                                    INT64_MAX};
  (void)state;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    tni_graph_key key = tni_graph_key_of(1, numbers[i], 0, 0, 0);
    tn_slice rest = tni_graph_key_slice(&key);
    int64_t back = 0;
    assert_true(tni_graph_key_read(&rest, &back));
    assert_int_equal(rest.size, 0);
    assert_true(back == numbers[i]);
    if (i == 0) continue;
    tni_graph_key below = tni_graph_key_of(1, numbers[i - 1], 0, 0, 0);
    size_t common = below.size < key.size ? below.size : key.size;
    assert_true(memcmp(below.data, key.data, common) < 0);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arcs_of_every_width_come_back),
      cmocka_unit_test(a_chunk_takes_the_bytes_its_widths_say_and_fills_up_the_last_sixteen),
      cmocka_unit_test(what_fills_a_chunk_up_is_zero_and_may_be_missing),
      cmocka_unit_test(bytes_that_are_no_chunk_are_refused),
      cmocka_unit_test(inserting_and_removing_is_what_a_sorted_set_does),
      cmocka_unit_test(numbers_in_keys_come_back_and_keep_their_order),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
