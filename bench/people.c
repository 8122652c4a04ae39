#include "people.h"

#include <stdio.h>
#include <stdlib.h>

#include "data.h"
#include "tenon.h"
#include "try.h"

static const char *const first_names[] = {"Ada",    "Grace",   "Edsger",  "Barbara",
                                          "Donald", "Frances", "Niklaus", "Radia"};
static const char *const last_names[] = {"Lovelace", "Hopper", "Dijkstra", "Liskov",
                                         "Knuth",    "Allen",  "Wirth",    "Perlman"};
static const char *const tags[] = {"new",        "vip",       "loyal",      "returning",
                                   "newsletter", "wholesale", "late payer", "test"};

#define PICK(list, seed) (list)[bench_below((seed), sizeof(list) / sizeof *(list))]

const char *bench_email(uint64_t i, char out[BENCH_NAME_SIZE]) {
  (void)snprintf(out, BENCH_NAME_SIZE, "user.%llu@mail.example.org", (unsigned long long)i);
  return out;
}

const char *bench_city(uint64_t city, char out[BENCH_NAME_SIZE]) {
  (void)snprintf(out, BENCH_NAME_SIZE, "Newtown upon Stream %llu", (unsigned long long)city);
  return out;
}

uint64_t bench_cities(uint64_t count) { return count < BENCH_PEOPLE_IN_CITY ? 1 : count / BENCH_PEOPLE_IN_CITY; }

/* ---- one ------------------------------------------------------------------------------------ */

static void add_user(tn_builder *b, uint64_t i, uint64_t count, uint64_t *seed) {
  char text[BENCH_NAME_SIZE];
  tn_name(b, "user");
  tn_object_begin(b);
  (void)snprintf(text, sizeof text, "%s %s", PICK(first_names, seed), PICK(last_names, seed));
  tn_set(b, "name", (const char *)text);
  tn_set(b, "email", bench_email(i, text));
  tn_set(b, "city", bench_city(bench_below(seed, bench_cities(count)), text));
  tn_set(b, "age", (int64_t)(BENCH_AGE_MIN + bench_below(seed, BENCH_AGES)));
  tn_end(b);
}

static void add_tags(tn_builder *b, uint64_t *seed) {
  tn_name(b, "tags");
  tn_array_begin(b);
  for (int k = 0; k < 3; k++) tn_add(b, PICK(tags, seed));
  tn_end(b);
}

static void add_items(tn_builder *b, uint64_t *seed) {
  char sku[24];
  tn_name(b, "items");
  tn_array_begin(b);
  for (int k = 0; k < 2; k++) {
    (void)snprintf(sku, sizeof sku, "SKU-%06u", (unsigned)bench_below(seed, 100000));
    tn_object_begin(b);
    tn_set(b, "sku", (const char *)sku);
    tn_set(b, "qty", (int64_t)(1 + bench_below(seed, 9)));
    tn_set(b, "price", (double)bench_below(seed, 100000) / 100);
    tn_end(b);
  }
  tn_end(b);
}

static void build(tn_builder *b, uint64_t i, uint64_t count, uint64_t *seed) {
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_set(b, "_id", i);
  add_user(b, i, count, seed);
  tn_set(b, "score", (int64_t)bench_below(seed, 10000));
  add_tags(b, seed);
  add_items(b, seed);
  tn_set(b, "note", "nothing out of the ordinary, asked to be called on Mondays");
  tn_end(b);
}

/* ---- all ------------------------------------------------------------------------------------ */

#define ROOM 1024 /* a value and its text are smaller */

static tn_status make(bench_person *out, tn_builder *b, uint8_t *room) {
  tn_slice text;
  tn_value value = tn_built(b);
  TRY(tn_builder_status(b));
  TRY(tn_encode("json", value, &text, NULL));
  bool fits = value.size + text.size < ROOM;
  if (fits) {
    memcpy(room, value.data, value.size);
    memcpy(room + value.size, text.data, text.size);
    room[value.size + text.size] = '\0';
    *out = (bench_person){{room, value.size}, {room + value.size, text.size}};
  }
  tn_text_free(text);
  return fits ? TN_OK : TN_LIMIT;
}

tn_status bench_people_init(bench_people *people, uint64_t count) {
  tn_builder b = TN_BUILDER_INIT;
  uint64_t seed = 11;
  tn_status status = TN_OK;
  *people = (bench_people){count, calloc(count, sizeof *people->items), malloc(count * ROOM)};
  if (!people->items || !people->bytes) status = TN_NOMEM;
  uint8_t *room = people->bytes;
  for (uint64_t i = 0; i < count && status == TN_OK; i++) {
    build(&b, i, count, &seed);
    status = make(&people->items[i], &b, room);
    room += people->items[i].value.size + people->items[i].text.size + 1;
  }
  tn_builder_free(&b);
  if (status != TN_OK) bench_people_fini(people);
  return status;
}

void bench_people_fini(bench_people *people) {
  free(people->items);
  free(people->bytes);
  *people = (bench_people){0, NULL, NULL};
}
