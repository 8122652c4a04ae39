/* test_cli_move.c - the command-line program moving data: convert, copy, backup, import, export. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/process.h"
#include "support/workbench.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ANSWER_MS 20000
#define LINES 100000

#define MODELS "\"models\": {\"shop\": {\"type\": \"kv\"}, \"meta\": {\"type\": \"kv\"}}"

/* The same models, kept elsewhere and as text. */
static workbench json_bench(const workbench *w) {
  workbench to = *w;
  snprintf(to.config, sizeof to.config, "%s/to.json", w->folder);
  snprintf(to.data, sizeof to.data, "%s/to", w->folder);
  (void)workbench_write(
      w, "to.json", "{\"data\": \"to\", \"format\": {\"journal\": \"json\", \"snapshot\": \"json\"}, " MODELS "}");
  return to;
}

static void expect_same_digest(const workbench *a, const workbench *b) {
  char one[33], other[33];
  info_digest(a, one);
  info_digest(b, other);
  assert_string_equal(one, other);
}

/* ---- convert -------------------------------------------------------------------------------- */

static outcome convert(const char *from, const char *to, const void *input, size_t size) {
  const char *const argv[] = {tenon_program(), "convert", "--from", from, "--to", to, NULL};
  return process_run(argv, input, size);
}

static void what_goes_from_json_to_binary_and_back_is_the_same(void **state) {
  (void)state;
  static const char *const texts[] = {
      "null\n",
      "[9223372036854775807,-9223372036854775808,0.1,1.0,5e-324]\n",
      "{\"a\":{\"$date\":\"2024-02-29T12:34:56Z\"},\"\":\"x\\u0000y\"}\n",
      "{\"$literal\":{\"$date\":1}}\n",
      "\"\xc3\xa9\xf0\x9f\x98\x80\"\n",
  };
  for (size_t i = 0; i < COUNT(texts); i++) {
    outcome same = convert("json", "json", texts[i], strlen(texts[i]));
    outcome binary = convert("json", "binary", texts[i], strlen(texts[i]));
    assert_int_equal(binary.code, 0);
    assert_true(binary.out_size > 0);
    expect(convert("binary", "json", binary.out, binary.out_size), 0, same.out);
    outcome_free(&binary);
    outcome_free(&same);
  }
  expect(convert("json", "json", " [1, 2]\n\n", 9), 0, "[1,2]\n");
}

static void what_is_not_valid_is_refused_with_its_byte(void **state) {
  (void)state;
  expect_refusal(convert("json", "binary", "[1,2", 4), 1, "byte 4");
  expect_refusal(convert("json", "binary", "", 0), 1, "byte 0");
  expect_refusal(convert("json", "binary", "1 2", 3), 1, "byte 2");
  expect_refusal(convert("json", "binary", "[1,9223372036854775808]", 23), 1, "byte 3");
  expect_refusal(convert("binary", "json", "nonsense", 8), 1, "byte");
  expect_refusal(convert("binary", "json", "\0\0", 2), 1, "byte 1");
  expect_refusal(convert("jsn", "binary", "1", 1), 2, "did you mean 'json'?");
  expect_refusal(convert("json", "xml", "1", 1), 2, "'xml'");
  expect_refusal(run_tenon("1", "convert", "--from", "json", NULL), 2, "--to FORMAT");
  expect_refusal(run_tenon("1", "convert", "--from", "json", "--to", "json", "/nowhere", NULL), 2, "/nowhere");
}

/* ---- import --------------------------------------------------------------------------------- */

static char *many_lines(int count) {
  char *text = (char *)malloc((size_t)count * 64 + 1);
  size_t at = 0;
  assert_non_null(text);
  for (int i = 0; i < count; i++) at += (size_t)sprintf(text + at, "{\"key\":%d,\"value\":\"value %d\"}\n", i, i);
  return text;
}

static void import_many(const workbench *w) {
  char *text = many_lines(LINES);
  (void)workbench_write(w, "many.jsonl", text);
  free(text);
  char path[128];
  snprintf(path, sizeof path, "%s/many.jsonl", w->folder);
  outcome o = run_tenon("", "import", w->config, "shop", "put", path, NULL);
  /* A slow machine says on standard error how far it is. */
  assert_string_equal(o.out, "imported 100000 records in 100 batches\n");
  expect_code(o, 0);
}

static void a_hundred_thousand_lines_come_in_as_a_hundred_records(void **state) {
  const workbench *w = *state;
  import_many(w);
  assert_int_equal(info_int(w, "stats.seq"), 100);
  expect(run_tenon("shop count\nshop get 99999\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":100000}\n{\"ok\":true,\"result\":\"value 99999\"}\n");
}

static void json_lines_are_arguments_by_name_or_by_position(void **state) {
  const workbench *w = *state;
  expect(run_tenon("{\"key\":\"a\",\"value\":{\"$result\":[0]}}\n\n[\"b\",2]\r\n  [\"c\",3]", "import", w->config,
                   "shop", "put", "-", "--format", "jsonl", NULL),
         0, "imported 3 records in 1 batch\n");
  expect(run_tenon("shop mget [\"a\",\"b\",\"c\"]\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":[{\"$result\":[0]},2,3]}\n");
}

static void an_array_is_taken_item_by_item(void **state) {
  const workbench *w = *state;
  expect(run_tenon(" [ {\"key\":\"]\",\"value\":\"a,\\\"]}\"} ,\n[\"b\",[1,[2],{\"x\":3}]]\n]\n", "import", w->config,
                   "shop", "put", "-", "--format=json", "--batch=1", NULL),
         0, "imported 2 records in 2 batches\n");
  expect(run_tenon("shop mget [\"]\",\"b\"]\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":[\"a,\\\"]}\",[1,[2],{\"x\":3}]]}\n");
  expect(run_tenon("[]", "import", w->config, "shop", "put", "-", "--format", "json", NULL), 0,
         "imported 0 records in 0 batches\n");
}

static void csv_fields_are_strings_unless_typed(void **state) {
  const workbench *w = *state;
  static const char csv[] =
      "\xef\xbb\xbfkey,value\r\na,1\r\n\"b \"\"q\"\", x\",\"two\nlines\"\r\n\r\nc,\r\nd,\"4\"\r\ne,true\r\nf,tru";
  expect(run_tenon(csv, "import", w->config, "shop", "put", "-", "--format", "csv", NULL), 0,
         "imported 6 records in 1 batch\n");
  expect(run_tenon("shop mget [\"a\",\"b \\\"q\\\", x\",\"c\",\"d\",\"e\",\"f\"]\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":[\"1\",\"two\\nlines\",\"\",\"4\",\"true\",\"tru\"]}\n");
  expect_code(run_tenon(csv, "import", w->config, "meta", "put", "-", "--format", "csv", "--typed", NULL), 0);
  expect(run_tenon("meta mget [\"a\",\"c\",\"d\",\"e\",\"f\"]\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":[1,\"\",\"4\",true,\"tru\"]}\n");
}

static void a_record_is_mapped_to_parameters_by_fields_and_paths(void **state) {
  const workbench *w = *state;
  static const char lines[] = "{\"id\":1,\"at\":{\"city\":\"Bonn\"},\"x.y\":5}\n{\"id\":2}\n";
  expect(run_tenon(lines, "import", w->config, "shop", "put", "-", "--format", "jsonl", "--map", "key=id", "--map",
                   "value=.", NULL),
         0, "imported 2 records in 1 batch\n");
  expect_code(run_tenon("{\"at\":{\"city\":\"Bonn\"},\"x.y\":5}", "import", w->config, "meta", "put", "-", "--format",
                        "jsonl", "--map", "key=at.city", "--map", "value=x.y", NULL),
              0);
  expect(run_tenon("shop get 2\nmeta get Bonn\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":{\"id\":2}}\n{\"ok\":true,\"result\":5}\n");
}

static void a_refused_record_stops_the_import_and_takes_its_batch_back(void **state) {
  const workbench *w = *state;
  static const char lines[] = "[1,1]\n[2,2]\n[3,3]\nnonsense\n[5,5]\n";
  outcome o = run_tenon(lines, "import", w->config, "shop", "put", "-", "--format", "jsonl", "--batch", "2", NULL);
  assert_string_equal(o.out, "imported 2 records in 1 batch, 1 refused; stopped: nothing after line 2 is in\n");
  assert_non_null(strstr(o.err, "line 4, byte 0"));
  expect_code(o, 1);
  expect(run_tenon("shop count\n", "run", w->config, NULL), 0, "{\"ok\":true,\"result\":2}\n");
  o = run_tenon("[6,6]\n{\"key\":7}\n", "import", w->config, "shop", "put", "-", "--format", "jsonl", NULL);
  assert_string_equal(o.out, "imported 0 records in 0 batches, 1 refused; stopped: nothing is in\n");
  assert_non_null(strstr(o.err, "line 2, value"));
  expect_code(o, 1);
  expect(run_tenon("shop count\n", "run", w->config, NULL), 0, "{\"ok\":true,\"result\":2}\n");
}

static void with_max_errors_it_goes_on_without_them(void **state) {
  const workbench *w = *state;
  static const char lines[] = "[1,1]\n3\n[2,2]\n{\"key\":3}\n[4,4]\n";
  outcome o =
      run_tenon(lines, "import", w->config, "shop", "put", "-", "--format", "jsonl", "--max-errors", "2", NULL);
  assert_string_equal(o.out, "imported 3 records in 1 batch, 2 refused\n");
  assert_int_equal(count_of(o.err, "\n"), 2);
  assert_non_null(strstr(o.err, "line 2"));
  assert_non_null(strstr(o.err, "line 4"));
  expect_code(o, 1);
  assert_int_equal(info_int(w, "stats.seq"), 1);
  static const struct {
    const char *format, *text, *out, *err;
  } cases[] = {
      {"csv", "key,value\na,1\nb,2,3\nc,x\"y\nd,4\n", "imported 2 records", "line 4"},
      {"csv", "key,value\na,1\n\"b,2\nc,3\n", "imported 1 record", "a quote is not closed"},
      {"csv", "key,key\na,1\n", "imported 0 records", "a field twice"},
      {"csv", "", "imported 0 records", "no header"},
      {"csv", "key,value\na,\xff\nb,2\n", "imported 1 record", "not UTF-8"},
      {"json", "[[1,1],[2,],[3,3]]", "imported 2 records", "line 1"},
      {"json", "[[1,1],\n[2,2", "imported 1 record", "not closed"},
      {"json", "[[1,1],]", "imported 1 record", "line 1"},
      {"json", "[[1,1]] x", "imported 1 record", "follows the array"},
      {"json", "nonsense", "imported 0 records", "expected an array"},
      {"json", "", "imported 0 records", "expected an array"},
      {"jsonl", "\xff\n[1,1]\n", "imported 1 record", "line 1"},
      {"csv", "key,value\ra,1\r", "imported 0 records", "carriage return"},
      {"csv", "key\na,1\n", "imported 0 records", "the header has 1 field, this row has 2 (line 2)"},
      {"json", "[[1,1],\n [2,\n  nil], [3,3]]", "imported 2 records", "(line 3, byte 2)"},
      {"json", "[[1,1], [2,2],\n [3,3], [4,x]]", "imported 3 records", "(line 2, byte 11)"},
      {"jsonl", "\n  [1,]\n[2,2]\n", "imported 1 record", "(line 2, byte 5)"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    o = run_tenon(cases[i].text, "import", w->config, "meta", "put", "-", "--format", cases[i].format, "--max-errors",
                  "9", NULL);
    if (!strstr(o.out, cases[i].out) || !strstr(o.err, cases[i].err)) print_error("%zu: %s%s", i, o.out, o.err);
    assert_non_null(strstr(o.out, cases[i].out));
    assert_non_null(strstr(o.err, cases[i].err));
    expect_code(o, 1);
  }
}

static void a_record_that_is_too_deep_or_too_long_is_told_with_its_line(void **state) {
  const workbench *w = *state;
  size_t size = ((size_t)64 << 20) + 64;
  char *text = (char *)malloc(size);
  assert_non_null(text);
  int used = sprintf(text, "[1,1]\n[2,");
  memset(text + used, '[', 200);
  strcpy(text + used + 200, "\n[3,3]\n");
  outcome o =
      run_tenon(text, "import", w->config, "shop", "put", "-", "--format", "jsonl", "--max-errors", "1", NULL);
  assert_string_equal(o.out, "imported 2 records in 1 batch, 1 refused\n");
  assert_non_null(strstr(o.err, "nested too deeply (line 2"));
  expect_code(o, 1);
  used = sprintf(text, "[4,4]\n\n[5,\"");
  memset(text + used, 'x', size - (size_t)used - 1);
  text[size - 1] = '\0';
  o = run_tenon(text, "import", w->config, "shop", "put", "-", "--format", "jsonl", "--max-errors", "1", NULL);
  assert_string_equal(o.out, "imported 1 record in 1 batch, 1 refused; stopped: nothing after line 1 is in\n");
  assert_non_null(strstr(o.err, "this one is longer (line 3)"));
  expect_code(o, 1);
  free(text);
}

static void an_import_that_cannot_begin_says_why_and_changes_nothing(void **state) {
  const workbench *w = *state;
  static const struct {
    const char *words[8], *part;
  } cases[] = {
      {{"shop", "put", "-"}, "--format"},
      {{"shop", "put", "-", "--format", "xml"}, "jsonl, json, csv"},
      {{"shop", "put", "/nowhere.csv"}, "/nowhere.csv"},
      {{"shop", "put", "/tmp", "--format", "csv"}, "folder"},
      {{"shop", "putt", "-", "--format", "csv"}, "did you mean 'put'?"},
      {{"shp", "put", "-", "--format", "csv"}, "did you mean 'shop'?"},
      {{"shop", "get", "-", "--format", "csv"}, "a query"},
      {{"shop", "put", "-", "--format", "json", "--typed"}, "only CSV"},
      {{"shop", "put", "-", "--format", "csv", "--map", "key"}, "PARAM=FIELD"},
      {{"shop", "put", "-", "--format", "csv", "--map", "kee=a"}, "no parameter 'kee'; did you mean 'key'?"},
      {{"shop", "put", "-", "--format", "csv", "--map", "nothing=a"}, "no parameter 'nothing'; `tenon info` lists"},
      {{"shop", "put", "-", "--format", "csv", "--batch", "0"}, "--batch"},
      {{"shop", "put", "-", "--format", "csv", "--max-errors", "x"}, "--max-errors"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const char *const *a = cases[i].words;
    expect_refusal(run_tenon("key,value\na,1\n", "import", w->config, a[0], a[1], a[2], a[3], a[4], a[5], a[6], NULL),
                   2, cases[i].part);
  }
  expect(run_tenon("shop count\n", "run", w->config, NULL), 0, "{\"ok\":true,\"result\":0}\n");
}

static void a_signal_stops_an_import_between_batches(void **state) {
  const workbench *w = *state;
  process p = start_tenon("import", w->config, "shop", "put", "-", "--format", "jsonl", "--batch", "2", NULL);
  assert_true(process_write(&p, "[1,1]\n[2,2]\n[3,3]\n"));
  nanosleep(&(struct timespec){1, 0}, NULL);
  kill(p.pid, SIGINT);
  assert_string_equal(process_line(&p, ANSWER_MS),
                      "imported 2 records in 1 batch; stopped: nothing after line 2 is in");
  assert_int_equal(process_end(&p, NULL), 128 + SIGINT);
  expect(run_tenon("shop count\n", "run", w->config, NULL), 0, "{\"ok\":true,\"result\":2}\n");
}

/* What other programs read: nothing of the storage's own is on an entry's line. */
static void every_entry_of_a_json_snapshot_is_a_line(void **state) {
  const workbench *w = *state, to = json_bench(w);
  char path[256], line[1024];
  int entries = 0;
  tn_builder entry = TN_BUILDER_INIT;
  import_many(&to);
  expect_code(run_tenon("", "snapshot", to.config, NULL), 0);
  find_data_file(&to, "/snapshot-", path);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    if (line[0] != '[') continue;
    assert_int_equal(tn_decode("json", (tn_slice){line, strlen(line)}, &entry, NULL, NULL), TN_OK);
    entries++;
  }
  fclose(file);
  tn_builder_free(&entry);
  assert_int_equal(entries, LINES);
  expect(run_tenon("shop get 4711\n", "run", to.config, NULL), 0, "{\"ok\":true,\"result\":\"value 4711\"}\n");
}

/* ---- export --------------------------------------------------------------------------------- */

/* Runs the commands that docs/FORMAT.md shows. */
static void jq_reads_a_json_journal_and_snapshot_as_the_docs_say(void **state) {
  const workbench to = json_bench(*state);
  char script[512];
  expect_code(run_tenon("shop put [\"a\",1] {\"x\":\"two\\nlines\"}\n{\"batch\":[[\"shop\",\"put\",[\"b\",2.5]],"
                        "[\"meta\",\"incr\",[\"n\"]]]}\n",
                        "run", to.config, NULL),
              0);
  expect_code(run_tenon("", "snapshot", to.config, NULL), 0);
  snprintf(script, sizeof script,
           "command -v jq >/dev/null || exit 77; eval \"$(sed -n 's|^    \\(grep -ah .*\\)|\\1|p' docs/FORMAT.md | "
           "sed 's|DATA|%s|')\"",
           to.data);
  outcome o = process_run((const char *const[]){"/usr/bin/env", "bash", "-c", script, NULL}, "", 0);
  if (o.code == 77) {
    outcome_free(&o);
    print_message("# skipped: jq is not there\n");
    skip();
  }
  expect(o, 0,
         "[1,[\"shop\",\"put\",[[\"a\",1],{\"x\":\"two\\nlines\"}]]]\n"
         "[2,[\"shop\",\"put\",[\"b\",2.5]],[\"meta\",\"incr\",[\"n\",1]]]\n"
         "[[\"b\"],[2,2.5]]\n"
         "[[[\"a\",1]],[1,{\"x\":\"two\\nlines\"}]]\n"
         "[[\"n\"],[2,1]]\n");
}

static void what_is_exported_restores_keys_values_and_expiry(void **state) {
  const workbench *w = *state, to = json_bench(w);
  expect_code(run_tenon("shop put a {\"x\":[1,2.5,null]}\nshop put [\"t\",1.5] \"\\u0000\"\nshop put null null\n"
                        "shop put e 1 null "
                        "10000000\n[\"shop\",\"put\",{\"key\":{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"00\"}},"
                        "\"value\":{\"$date\":\"2024-01-01T00:00:00Z\"}}]\n",
                        "run", w->config, NULL),
              0);
  outcome exported = run_tenon("", "export", w->config, "shop", NULL);
  assert_int_equal(count_of(exported.out, "\n"), 5);
  assert_int_equal(count_of(exported.out, "\"expires_at\":{\"$date\""), 1);
  expect(run_tenon(exported.out, "import", to.config, "shop", "put", "-", "--format", "jsonl", NULL), 0,
         "imported 5 records in 1 batch\n");
  expect(run_tenon("", "export", to.config, "shop", NULL), 0, exported.out);
  outcome array = run_tenon("", "export", w->config, "shop", "--format", "json", NULL);
  expect(run_tenon(array.out, "import", to.config, "meta", "put", "-", "--format", "json", NULL), 0,
         "imported 5 records in 1 batch\n");
  expect(run_tenon("", "export", to.config, "meta", NULL), 0, exported.out);
  outcome_free(&array);
  outcome_free(&exported);
}

static void any_query_that_gives_rows_can_be_exported_and_nothing_else(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  expect(run_tenon("", "export", w->config, "shop", "--op", "scan", NULL), 0, "{\"key\":\"a\",\"value\":1}\n");
  expect(run_tenon("", "export", w->config, "meta", NULL), 0, "");
  expect(run_tenon("", "export", w->config, "meta", "--format", "json", NULL), 0, "[]\n");
  expect_refusal(run_tenon("", "export", w->config, "shop", "--op", "count", NULL), 2, "no query that gives rows");
  expect_refusal(run_tenon("", "export", w->config, "shop", "--op", "skan", NULL), 2, "did you mean 'scan'?");
  expect_refusal(run_tenon("", "export", w->config, "shp", NULL), 2, "did you mean 'shop'?");
  expect_refusal(run_tenon("", "export", w->config, "shop", "--format", "csv", NULL), 2, "jsonl or json");
}

/* ---- copy ----------------------------------------------------------------------------------- */

static void a_copy_in_another_format_has_the_same_digest(void **state) {
  const workbench *w = *state, to = json_bench(w);
  char file[256];
  expect_code(run_tenon("shop put a 1\nmeta put b [2]\n", "run", w->config, NULL), 0);
  expect_code(run_tenon("", "snapshot", w->config, NULL), 0);
  expect_part(run_tenon("", "copy", w->config, to.config, NULL), 0, "copied 2 records and 1 snapshot, up to seq 2\n");
  expect_same_digest(w, &to);
  find_data_file(&to, "/snapshot-", file);
  expect_part(run_tenon("", "check", to.config, NULL), 0, "no problems");
  expect_code(run_tenon("shop put c 3\n", "run", to.config, NULL), 0);
  uint64_t sum = sum_of_data(&to);
  expect_refusal(run_tenon("", "copy", w->config, to.config, NULL), 1, "data already");
  assert_true(sum_of_data(&to) == sum);
  expect_refusal(run_tenon("", "copy", w->config, w->config, NULL), 1, "data already");
  expect_refusal(run_tenon("", "copy", w->config, "/nowhere.json", NULL), 1, "/nowhere.json");
  expect_refusal(run_tenon("", "copy", "/nowhere.json", to.config, NULL), 2, "/nowhere.json");
  expect_refusal(run_tenon("shop put d 4\n", "run", w->config, "--model", "x=kv", NULL), 2, "--model");
}

#ifdef TN_WITH_LMDB
/* The same models, in that storage. */
static workbench bench_in(const workbench *w, const char *name, const char *storage) {
  workbench to = *w;
  char file[80], config[300];
  snprintf(to.config, sizeof to.config, "%s/%s.json", w->folder, name);
  snprintf(to.data, sizeof to.data, "%s/%s", w->folder, name);
  snprintf(file, sizeof file, "%s.json", name);
  snprintf(config, sizeof config, "{\"data\": \"%s\", \"storage\": {\"type\": \"%s\"}, " MODELS "}", name, storage);
  (void)workbench_write(w, file, config);
  return to;
}

static void a_copy_goes_to_lmdb_and_back_with_the_same_digest(void **state) {
  const workbench *w = *state, lmdb = bench_in(w, "lmdb", "lmdb"), back = bench_in(w, "back", "file");
  import_many(w);
  expect_code(run_tenon("", "snapshot", w->config, NULL), 0);
  expect_code(run_tenon("meta put x 1\nshop delete 7\n", "run", w->config, NULL), 0);
  expect_part(run_tenon("", "copy", w->config, lmdb.config, NULL), 0, "its digest is the source's");
  expect_same_digest(w, &lmdb);
  expect_part(run_tenon("", "check", lmdb.config, NULL), 0, "no problems: records 102, snapshots 1");
  expect_part(run_tenon("", "copy", lmdb.config, back.config, NULL), 0, "its digest is the source's");
  expect_same_digest(w, &back);
}

static void a_log_in_lmdb_is_read_beside_its_owner_and_has_one_owner(void **state) {
  const workbench *w = *state, lmdb = bench_in(w, "lmdb", "lmdb");
  process p = start_tenon("run", lmdb.config, NULL);
  for (int i = 0; i < 5; i++) {
    assert_true(process_write(&p, "shop incr n\n"));
    assert_non_null(process_line(&p, ANSWER_MS));
  }
  expect_refusal(run_tenon("", "run", lmdb.config, NULL), 2, "another engine has this data directory open");
  expect_part(run_tenon("", "log", lmdb.config, "--to", "4", NULL), 0, "\"seq\":4");
  expect_part(run_tenon("shop get n\n", "run", lmdb.config, "--at", "3", NULL), 0, "\"result\":3");
  process_close_input(&p);
  assert_int_equal(process_end(&p, NULL), 0);
}
#endif

/* Others see a record once the owner has noted that it is durable, a second later at most. */
static void wait_until_seen(const workbench *w, const char *seq) {
  bool seen = false;
  for (int tries = 0; !seen; tries++) {
    outcome log = run_tenon("", "log", w->config, "--from", seq, NULL);
    seen = log.out_size > 0;
    outcome_free(&log);
    assert_true(seen || tries < 500);
  }
}

static void a_live_owner_is_copied_and_backed_up_beside(void **state) {
  const workbench *w = *state, to = json_bench(w);
  char dir[128];
  process p = start_tenon("run", w->config, NULL);
  for (int i = 0; i < 20; i++) {
    assert_true(process_write(&p, "shop incr n\n"));
    assert_non_null(process_line(&p, ANSWER_MS));
  }
  wait_until_seen(w, "20");
  expect_part(run_tenon("", "copy", w->config, to.config, NULL), 0,
              "the copy was read back, its digest is the source's");
  snprintf(dir, sizeof dir, "%s/saved", w->folder);
  expect_part(run_tenon("", "backup", w->config, dir, NULL), 0, "backup up to seq ");
  expect_refusal(run_tenon("", "backup", w->config, dir, NULL), 1, "empty folder");
  assert_true(process_write(&p, "shop incr n\n"));
  assert_string_equal(process_line(&p, ANSWER_MS), "{\"ok\":true,\"result\":21}");
  process_close_input(&p);
  assert_int_equal(process_end(&p, NULL), 0);
  workbench saved = *w;
  snprintf(saved.config, sizeof saved.config, "%s/saved.json", w->folder);
  (void)workbench_write(w, "saved.json", "{\"data\": \"saved\", " MODELS "}");
  expect_part(run_tenon("", "check", saved.config, NULL), 0, "no problems");
  expect_same_digest(&saved, &to);
}

static void a_killed_owner_s_last_answers_are_in_the_copy(void **state) {
  const workbench *w = *state, to = json_bench(w);
  process p = start_tenon("run", w->config, NULL);
  assert_true(process_write(&p, "shop put last 1\n"));
  assert_non_null(process_line(&p, ANSWER_MS));
  kill(p.pid, SIGKILL);
  assert_int_equal(process_end(&p, NULL), 128 + SIGKILL);
  expect_part(run_tenon("", "copy", w->config, to.config, NULL), 0, "copied 1 record and 0 snapshots, up to seq 1\n");
  expect(run_tenon("shop get last\n", "run", to.config, NULL), 0, "{\"ok\":true,\"result\":1}\n");
}

static void a_copy_that_was_killed_refuses_to_open_until_the_same_command_completes_it(void **state) {
  const workbench *w = *state, to = json_bench(w);
  char mark[128];
  import_many(w);
  snprintf(mark, sizeof mark, "%s/TENON", to.data);
  process p = start_tenon("copy", w->config, to.config, NULL);
  for (int i = 0; i < 20000 && access(mark, F_OK) != 0; i++) nanosleep(&(struct timespec){0, 1000000}, NULL);
  kill(p.pid, SIGKILL);
  assert_int_equal(process_end(&p, NULL), 128 + SIGKILL);
  expect_refusal(run_tenon("shop count\n", "run", to.config, NULL), 2,
                 "an unfinished copy; make the same copy again to complete it, or remove it");
  expect_refusal(run_tenon("", "export", to.config, "shop", NULL), 2, "unfinished copy");
  expect_part(run_tenon("", "copy", w->config, to.config, NULL), 0, "its digest is the source's");
  expect_same_digest(w, &to);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, workbench_setup, workbench_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_goes_from_json_to_binary_and_back_is_the_same),
      cmocka_unit_test(what_is_not_valid_is_refused_with_its_byte),
      TEST(a_hundred_thousand_lines_come_in_as_a_hundred_records),
      TEST(every_entry_of_a_json_snapshot_is_a_line),
      TEST(jq_reads_a_json_journal_and_snapshot_as_the_docs_say),
      TEST(json_lines_are_arguments_by_name_or_by_position),
      TEST(an_array_is_taken_item_by_item),
      TEST(csv_fields_are_strings_unless_typed),
      TEST(a_record_is_mapped_to_parameters_by_fields_and_paths),
      TEST(a_refused_record_stops_the_import_and_takes_its_batch_back),
      TEST(with_max_errors_it_goes_on_without_them),
      TEST(a_record_that_is_too_deep_or_too_long_is_told_with_its_line),
      TEST(an_import_that_cannot_begin_says_why_and_changes_nothing),
      TEST(a_signal_stops_an_import_between_batches),
      TEST(what_is_exported_restores_keys_values_and_expiry),
      TEST(any_query_that_gives_rows_can_be_exported_and_nothing_else),
      TEST(a_copy_in_another_format_has_the_same_digest),
#ifdef TN_WITH_LMDB
      TEST(a_copy_goes_to_lmdb_and_back_with_the_same_digest),
      TEST(a_log_in_lmdb_is_read_beside_its_owner_and_has_one_owner),
#endif
      TEST(a_live_owner_is_copied_and_backed_up_beside),
      TEST(a_killed_owner_s_last_answers_are_in_the_copy),
      TEST(a_copy_that_was_killed_refuses_to_open_until_the_same_command_completes_it),
  };
  return cmocka_run_group_tests(tests, workbench_find_program, NULL);
}
