/* The program with a graph: files of nodes and edges come in by their keys, and go out as JSON lines, Graphviz,
 * GraphML. */
#include <string.h>

#include "support/assert_status.h"
#include "support/workbench.h"

#define CONFIG "{\"data\": \"data\", \"durability\": \"none\", \"models\": {\"social\": {\"type\": \"graph\"}}}"
#define OTHER "{\"data\": \"other\", \"durability\": \"none\", \"models\": {\"social\": {\"type\": \"graph\"}}}"
#define PEOPLE "id,name,age\nann,Ann,30\nbob,\"Bob <B>\",41\n"
#define KNOWS "from,to,since\nann,bob,2020\nbob,bob,1999\n"

static int setup(void **state) {
  if (workbench_setup(state) != 0) return 1;
  const workbench *w = *state;
  (void)workbench_write(w, "config.json", CONFIG);
  return 0;
}

static void load(const workbench *w) {
  expect_code(run_tenon("social create_constraint unique Person id\n", "run", w->config, NULL), 0);
  expect(run_tenon(PEOPLE, "import", w->config, "social", "load_nodes", "-", "--format", "csv", "--typed", "--map",
                   "props=.", "--set", "labels=Person", "--set", "key=id", NULL),
         0, "imported 2 records in 1 batch\n");
  expect(run_tenon(KNOWS, "import", w->config, "social", "load_edges", "-", "--format", "csv", "--map", "from=from",
                   "--map", "to=to", "--set", "type=KNOWS", "--set", "key=id", NULL),
         0, "imported 2 records in 1 batch\n");
}

#define EXPORTED                                                                                    \
  "{\"id\":1,\"labels\":[\"Person\"],\"props\":{\"id\":\"ann\",\"name\":\"Ann\",\"age\":30}}\n"     \
  "{\"id\":2,\"labels\":[\"Person\"],\"props\":{\"id\":\"bob\",\"name\":\"Bob <B>\",\"age\":41}}\n" \
  "{\"from\":1,\"type\":\"KNOWS\",\"to\":2}\n"                                                      \
  "{\"from\":2,\"type\":\"KNOWS\",\"to\":2}\n"                                                      \
  "{\"rule\":\"unique\",\"label\":\"Person\",\"prop\":\"id\"}\n"

static void files_of_nodes_and_edges_come_in_by_their_keys(void **state) {
  const workbench *w = *state;
  load(w);
  expect(run_tenon("", "export", w->config, "social", "--jsonl", NULL), 0, EXPORTED);
  expect_code(run_tenon("", "check", w->config, NULL), 0);
}

static void what_was_exported_comes_in_again_as_it_was(void **state) {
  const workbench *w = *state;
  char other[128];
  (void)strcpy(other, workbench_write(w, "other.json", OTHER));
  expect(run_tenon(EXPORTED, "import", other, "social", "load", "-", "--format", "jsonl", NULL), 0,
         "imported 5 records in 1 batch\n");
  expect(run_tenon("", "export", other, "social", NULL), 0, EXPORTED);
}

static void fields_of_an_argument_are_mapped_one_by_one(void **state) {
  const workbench *w = *state;
  load(w);
  expect(run_tenon("{\"a\":1,\"b\":2,\"at\":{\"y\":2020}}\n", "import", w->config, "social", "load_edges", "-",
                   "--format", "jsonl", "--map", "props.since=at.y", "--map", "from=a", "--map", "to=b", "--set",
                   "type=MET", NULL),
         0, "imported 1 record in 1 batch\n");
  expect(run_tenon("social get_edge 1\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":{\"edge\":1,\"from\":1,\"type\":\"MET\",\"to\":2,\"props\":{\"since\":2020}}}\n");
  expect(run_tenon("{\"from\":1,\"to\":2}\n", "import", w->config, "social", "load_edges", "-", "--format", "jsonl",
                   "--set", "type=MET", "--set", "props.via=file", NULL),
         0, "imported 1 record in 1 batch\n");
  expect(run_tenon("social get_edge 2\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":{\"edge\":2,\"from\":1,\"type\":\"MET\",\"to\":2,\"props\":{\"via\":\"file\"}}}\n");
}

static void a_graph_is_drawn_as_graphviz_and_graphml(void **state) {
  const workbench *w = *state;
  load(w);
  expect(run_tenon("", "export", w->config, "social", "--dot", NULL), 0,
         "digraph {\n"
         "  1 [label=\"Ann\", class=\"Person\"];\n"
         "  2 [label=\"Bob <B>\", class=\"Person\"];\n"
         "  1 -> 2 [label=\"KNOWS\"];\n"
         "  2 -> 2 [label=\"KNOWS\"];\n"
         "}\n");
  expect_part(run_tenon("", "export", w->config, "social", "--graphml", NULL), 0,
              "<node id=\"n2\"><data key=\"labels\">Person</data><data key=\"d0\">bob</data>"
              "<data key=\"d1\">Bob &lt;B&gt;</data><data key=\"d2\">41</data></node>\n"
              "<edge source=\"n1\" target=\"n2\"><data key=\"type\">KNOWS</data></edge>\n");
}

static void forms_that_exclude_each_other_are_refused(void **state) {
  const workbench *w = *state;
  expect_refusal(run_tenon("", "export", w->config, "social", "--dot", "--graphml", NULL), 2, "one form");
  expect_refusal(run_tenon("", "export", w->config, "social", "--dot", "--op", "export", NULL), 2, "export_dot");
  expect_refusal(run_tenon("", "export", w->config, "social", "--format", "xml", NULL), 2, "jsonl or json");
  (void)workbench_write(w, "config.json", "{\"data\": \"kv\", \"models\": {\"cart\": {\"type\": \"kv\"}}}");
  expect_code(run_tenon("cart put a 1\n", "run", w->config, NULL), 0);
  expect_refusal(run_tenon("", "export", w->config, "cart", "--dot", NULL), 2, "cannot be had in this form");
}

static void what_is_set_or_mapped_wrongly_is_refused(void **state) {
  const workbench *w = *state;
  static const char *const words[][3] = {
      {"--set", "type", "PARAM=VALUE"}, {"--set", "type=", "PARAM=VALUE"}, {"--set", "tipe=A", "no parameter 'tipe'"},
      {"--set", "props={", "no JSON"},  {"--set", ".x=1", "PARAM.NAME"},   {"--set", "props.=1", "PARAM.NAME"},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    expect_refusal(run_tenon("{}\n", "import", w->config, "social", "load_edges", "-", "--format", "jsonl",
                             words[i][0], words[i][1], NULL),
                   2, words[i][2]);
  expect_refusal(run_tenon("{}\n", "import", w->config, "social", "load_edges", "-", "--format", "jsonl", "--set",
                           "props.a=1", "--map", "props=p", NULL),
                 2, "mapped twice");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(files_of_nodes_and_edges_come_in_by_their_keys, setup, workbench_teardown),
      cmocka_unit_test_setup_teardown(what_was_exported_comes_in_again_as_it_was, setup, workbench_teardown),
      cmocka_unit_test_setup_teardown(fields_of_an_argument_are_mapped_one_by_one, setup, workbench_teardown),
      cmocka_unit_test_setup_teardown(a_graph_is_drawn_as_graphviz_and_graphml, setup, workbench_teardown),
      cmocka_unit_test_setup_teardown(forms_that_exclude_each_other_are_refused, setup, workbench_teardown),
      cmocka_unit_test_setup_teardown(what_is_set_or_mapped_wrongly_is_refused, setup, workbench_teardown),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, workbench_find_program, NULL);
}
