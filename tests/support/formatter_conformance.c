#include "formatter_conformance.h"

#include <stdio.h>
#include <stdlib.h>

#include "assert_status.h"
#include "memory.h"
#include "test_host.h"
#include "utf8.h"
#include "values.h"

static tn_buffer new_buffer(void) { return (tn_buffer){.memory = tn_memory_system()}; }

static void encode(const tn_formatter *f, tn_value value, tn_buffer *out) {
  tn_error error = TN_ERROR_INIT;
  assert_status(f->encode(&test_host, value, out, &error), TN_OK);
}

/* Decodes from memory that ends with the bytes, so that AddressSanitizer sees any read past them. */
static tn_status decode(const tn_formatter *f, tn_slice bytes, tn_builder *out, size_t *used, tn_error *error) {
  uint8_t *tight = (uint8_t *)malloc(bytes.size + 1);
  if (bytes.size) memcpy(tight + 1, bytes.data, bytes.size);
  tn_builder_clear(out);
  tn_status status = f->decode(&test_host, (tn_slice){tight + 1, bytes.size}, out, used, error);
  free(tight);
  return status;
}

static void assert_checked(tn_value value) {
  tn_value out = TN_NO_VALUE;
  assert_status(tn_value_check((tn_slice){value.data, value.size}, &out, NULL), TN_OK);
  assert_int_equal(out.size, value.size);
}

static void assert_comes_back(const tn_formatter *f, tn_value value) {
  tn_buffer bytes = new_buffer();
  tn_builder back = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  size_t used = 0;
  encode(f, value, &bytes);
  assert_status(decode(f, (tn_slice){bytes.data, bytes.size}, &back, &used, &error), TN_OK);
  assert_int_equal(used, bytes.size);
  assert_true(tn_value_same(value, tn_built(&back)));
  tn_buffer_free(&bytes);
  tn_builder_free(&back);
}

/* What holds of any outcome of decoding anything. */
static void assert_sane_outcome(const tn_formatter *f, tn_slice bytes) {
  tn_builder back = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  size_t used = SIZE_MAX;
  tn_status status = decode(f, bytes, &back, &used, &error);
  if (status == TN_OK) {
    assert_true(used > 0 && used <= bytes.size);
    assert_checked(tn_built(&back));
    assert_comes_back(f, tn_built(&back));
  } else {
    assert_true(status == TN_INVALID || status == TN_LIMIT);
    assert_status(error.status, status);
    assert_memory_equal(error.where, "byte ", 5);
    assert_true(strtoull(error.where + 5, NULL, 10) <= bytes.size);
    assert_true(error.text[0] != '\0');
    assert_true(tn_is_absent(tn_built(&back)));
    assert_true(used == SIZE_MAX);
  }
  tn_builder_free(&back);
}

static void the_vtable_is_complete(const tn_formatter *f) {
  assert_int_equal(f->plugin.abi, TN_ABI);
  assert_int_equal(f->plugin.struct_size, sizeof(tn_formatter));
  assert_int_equal(f->plugin.kind, TN_KIND_FORMATTER);
  assert_true(f->plugin.version >= 1);
  assert_true(f->plugin.name && f->plugin.name[0] >= 'a' && f->plugin.name[0] <= 'z');
  assert_true(f->plugin.doc && f->encode && f->decode);
}

static void generated_values_come_back_unchanged(const tn_formatter *f) {
  values_source source = values_source_for_run("values through a formatter");
  tn_builder b = TN_BUILDER_INIT;
  for (unsigned i = 0; i < 20000; i++) assert_comes_back(f, values_build(&source, &b, i % 6));
  tn_builder_free(&b);
}

static void encoding_appends_and_is_deterministic(const tn_formatter *f) {
  values_source source = values_source_for_run("encoding twice");
  tn_builder b = TN_BUILDER_INIT;
  tn_buffer out = new_buffer();
  for (unsigned i = 0; i < 1000; i++) {
    tn_value value = values_build(&source, &b, 4);
    out.size = 0;
    assert_status(tn_buffer_append(&out, "before", 6), TN_OK);
    encode(f, value, &out);
    size_t size = out.size - 6;
    encode(f, value, &out);
    assert_memory_equal(out.data, "before", 6);
    assert_int_equal(out.size, 6 + 2 * size);
    assert_memory_equal(out.data + 6, out.data + 6 + size, size);
  }
  tn_buffer_free(&out);
  tn_builder_free(&b);
}

enum { SERIES = 50 };

static void values_are_decoded_one_after_another(const tn_formatter *f) {
  values_source source = values_source_for_run("series of values");
  tn_builder b[SERIES], back = TN_BUILDER_INIT;
  tn_buffer bytes = new_buffer();
  tn_error error = TN_ERROR_INIT;
  for (size_t i = 0; i < SERIES; i++) {
    b[i] = (tn_builder)TN_BUILDER_INIT;
    encode(f, values_build(&source, &b[i], 3), &bytes);
    if (f->text) assert_status(tn_buffer_append(&bytes, "\n", 1), TN_OK);
  }
  size_t at = 0, used = 0;
  for (size_t i = 0; i < SERIES; i++, at += used) {
    assert_status(decode(f, (tn_slice){bytes.data + at, bytes.size - at}, &back, &used, &error), TN_OK);
    assert_true(tn_value_same(tn_built(&b[i]), tn_built(&back)));
  }
  assert_int_equal(at, bytes.size);
  for (size_t i = 0; i < SERIES; i++) tn_builder_free(&b[i]);
  tn_builder_free(&back);
  tn_buffer_free(&bytes);
}

static void text_is_utf8_without_line_feeds(const tn_formatter *f) {
  values_source source = values_source_for_run("text");
  tn_builder b = TN_BUILDER_INIT;
  tn_buffer out = new_buffer();
  for (unsigned i = 0; i < 3000 && f->text; i++) {
    out.size = 0;
    encode(f, values_build(&source, &b, 4), &out);
    assert_null(memchr(out.data, '\n', out.size));
    assert_int_equal(tni_utf8_good(out.data, out.size), out.size);
  }
  tn_buffer_free(&out);
  tn_builder_free(&b);
}

static void the_deepest_value_comes_back(const tn_formatter *f) {
  tn_builder b = TN_BUILDER_INIT;
  for (unsigned objects = 0; objects < 2; objects++) {
    tn_builder_clear(&b);
    for (unsigned i = 0; i < TN_DEPTH_MAX; i++) {
      if (objects)
        tn_object_begin(&b), tn_name(&b, "$literal");
      else
        tn_array_begin(&b);
    }
    tn_add(&b, tn_time(0));
    for (unsigned i = 0; i < TN_DEPTH_MAX; i++) tn_end(&b);
    assert_status(tn_builder_status(&b), TN_OK);
    assert_comes_back(f, tn_built(&b));
  }
  tn_builder_free(&b);
}

static void large_values_come_back(const tn_formatter *f) {
  tn_builder b = TN_BUILDER_INIT;
  size_t size = 1 << 20;
  char *text = (char *)malloc(size), name[32];
  for (size_t i = 0; i < size; i++) text[i] = (char)(i * 7 % 128);
  tn_arr(&b, tn_text((tn_slice){text, size}), ((tn_slice){text, size}));
  assert_comes_back(f, tn_built(&b));
  tn_builder_clear(&b);
  tn_object_begin(&b);
  for (unsigned i = 0; i < 5000; i++) {
    snprintf(name, sizeof name, "field number %u", i);
    tn_set(&b, (const char *)name, i * 1e-3);
  }
  tn_end(&b);
  assert_comes_back(f, tn_built(&b));
  tn_builder_clear(&b);
  tn_array_begin(&b);
  for (int64_t i = 0; i < 100000; i++) tn_add(&b, i * i);
  tn_end(&b);
  assert_comes_back(f, tn_built(&b));
  free(text);
  tn_builder_free(&b);
}

static void cut_encodings_never_read_past_their_end(const tn_formatter *f) {
  values_source source = values_source_for_run("cut encodings");
  tn_builder b = TN_BUILDER_INIT;
  tn_buffer bytes = new_buffer();
  for (unsigned i = 0; i < 300; i++) {
    bytes.size = 0;
    encode(f, values_build(&source, &b, 3), &bytes);
    size_t step = 1 + bytes.size / 50;
    for (size_t size = 0; size < bytes.size; size += step) assert_sane_outcome(f, (tn_slice){bytes.data, size});
  }
  tn_buffer_free(&bytes);
  tn_builder_free(&b);
}

static void mutated_encodings_are_refused_or_mean_a_value(const tn_formatter *f) {
  static const char spice[] = "{}[]\",:\\/0129-+.eEu$nft \n\t\xff\xc3\xe2";
  values_source source = values_source_for_run("mutated encodings");
  tn_builder b = TN_BUILDER_INIT;
  tn_buffer bytes = new_buffer();
  for (unsigned i = 0; i < 20000; i++) {
    bytes.size = 0;
    encode(f, values_build(&source, &b, 3), &bytes);
    for (uint64_t n = 1 + values_below(&source, 3); n > 0; n--) {
      uint8_t *at = bytes.data + values_below(&source, bytes.size);
      *at = values_chance(&source, 60) ? (uint8_t)spice[values_below(&source, sizeof spice)]
                                       : (uint8_t)values_next(&source);
    }
    assert_sane_outcome(f, (tn_slice){bytes.data, bytes.size});
  }
  tn_buffer_free(&bytes);
  tn_builder_free(&b);
}

static void no_bytes_are_no_value(const tn_formatter *f) { assert_sane_outcome(f, (tn_slice){NULL, 0}); }

static tn_status encode_and_decode(const tn_formatter *f, tn_value value, const tn_memory *memory) {
  tn_buffer bytes = {.memory = memory};
  tn_builder back;
  tn_error error = TN_ERROR_INIT;
  size_t used;
  test_host.builder_init(&back, memory);
  tn_status status = f->encode(&test_host, value, &bytes, &error);
  if (status == TN_OK) status = f->decode(&test_host, (tn_slice){bytes.data, bytes.size}, &back, &used, &error);
  assert_status(error.status, status);
  if (status == TN_OK)
    assert_true(tn_value_same(value, tn_built(&back)));
  else
    assert_true(tn_is_absent(tn_built(&back)));
  tn_builder_free(&back);
  tn_buffer_free(&bytes);
  return status;
}

static void out_of_memory_is_a_status_and_leaks_nothing(const tn_formatter *f) {
  char text[3000];
  for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i % 128);
  tni_counted_memory counted;
  tn_builder b = TN_BUILDER_INIT;
  tn_value value =
      tn_arr(&b, tn_text((tn_slice){text, sizeof text}), ((tn_slice){text, sizeof text}), tn_time(1), 2.5);
  tni_counted_memory_init(&counted, tn_memory_system());
  for (uint64_t at = 1;; at++) {
    counted.requests = 0;
    counted.fail_at = at;
    tn_status status = encode_and_decode(f, value, &counted.memory);
    assert_int_equal(counted.bytes, 0);
    assert_int_equal(counted.blocks, 0);
    if (status == TN_OK) break;
    assert_status(status, TN_NOMEM);
    assert_true(at < 1000);
  }
  tn_builder_free(&b);
}

#define CHECK(name) \
  { #name, name }

const formatter_check formatter_checks[FORMATTER_CHECK_COUNT] = {
    CHECK(the_vtable_is_complete),
    CHECK(generated_values_come_back_unchanged),
    CHECK(encoding_appends_and_is_deterministic),
    CHECK(values_are_decoded_one_after_another),
    CHECK(text_is_utf8_without_line_feeds),
    CHECK(the_deepest_value_comes_back),
    CHECK(large_values_come_back),
    CHECK(cut_encodings_never_read_past_their_end),
    CHECK(mutated_encodings_are_refused_or_mean_a_value),
    CHECK(no_bytes_are_no_value),
    CHECK(out_of_memory_is_a_status_and_leaks_nothing),
};
