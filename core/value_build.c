/* value_build.c - tn_builder: grows one canonical value from front to back.
 *
 * While a container is open its payload follows a tag and a size of 4 bytes; when it ends and needs less, the payload
 * moves down. `marks` holds, for each open container from the outermost on, a frame and its items so far:
 *
 *   marks:  0 | parent's frame, start | end, end, ... | parent's frame, start | print, end, print, end, ...
 *               ^ the root, an array                    ^ b->frame: the innermost one, an object
 *
 * `start` is where the container's items begin in `data`, and each end is counted from there. In an object the print
 * of a field's name comes first, so that names are compared without being looked up. */
#include "memory.h"
#include "utf8.h"
#include "value_layout.h"
#include "value_names.h"

enum {
  OPEN_HEADER = 5, /* tag and size of an open container */
  RUN_HEADER = 5,  /* at most: tag and length of a string or bytes */
  WORD = 8,        /* a string's room may be read up to a whole word */
  FRAME_WORDS = 2,
  /* Open containers may end up with smaller sizes, so a value may be this much above the limit until it is whole. */
  SIZE_SLACK = 4 * TN_DEPTH_MAX
};

/* Keeps the first failure. Always false, for `return fail(...)`. */
static bool fail(tn_builder *b, tn_status status) {
  if (b->status == TN_OK) b->status = status;
  return false;
}

static const tn_memory *memory_of(tn_builder *b) {
  if (!b->memory) b->memory = tn_memory_system();
  return b->memory;
}

/* The capacity never goes beyond the limit of a value, so whoever finds room needs no other check. */
static __attribute__((noinline)) bool grow_data(tn_builder *b, size_t need) {
  size_t limit = (size_t)TN_VALUE_SIZE_MAX + SIZE_SLACK, capacity = b->capacity < 64 ? 128 : b->capacity * 2;
  if (need > limit) return fail(b, TN_LIMIT);
  if (capacity < need) capacity = need;
  if (capacity > limit) capacity = limit;
  uint8_t *data = (uint8_t *)tni_resize(memory_of(b), b->data, b->capacity, capacity);
  if (!data) return fail(b, TN_NOMEM);
  b->data = data;
  b->capacity = capacity;
  return true;
}

/* Where `more` bytes may be written, or NULL when the builder has failed. The caller adds them to b->size. */
static inline uint8_t *reserve(tn_builder *b, size_t more) {
  bool fits = more <= b->capacity - b->size || grow_data(b, b->size + more);
  return fits ? b->data + b->size : NULL;
}

static __attribute__((noinline)) bool grow_marks(tn_builder *b) {
  uint32_t capacity = b->mark_capacity == 0 ? 32 : b->mark_capacity * 2;
  uint32_t *marks =
      (uint32_t *)tni_resize(memory_of(b), b->marks, b->mark_capacity * sizeof *marks, capacity * sizeof *marks);
  if (!marks) return fail(b, TN_NOMEM);
  b->marks = marks;
  b->mark_capacity = capacity;
  return true;
}

/* `more` is far below the least capacity, so growing once is enough. */
static inline bool reserve_marks(tn_builder *b, uint32_t more) {
  return b->mark_capacity - b->mark_count >= more || grow_marks(b);
}

static inline bool push_mark(tn_builder *b, uint32_t mark) {
  if (!reserve_marks(b, 1)) return false;
  b->marks[b->mark_count++] = mark;
  return true;
}

static uint32_t start_of(const tn_builder *b) { return b->marks[b->frame + 1]; }
static uint8_t open_tag(const tn_builder *b) { return b->data[start_of(b) - OPEN_HEADER]; }

/* May a value come now? */
static bool expects_value(tn_builder *b) {
  if (b->status != TN_OK) return false;
  if (b->frame == 0 && b->size != 0) return fail(b, TN_MISUSE);
  if (b->in_object && !b->named) return fail(b, TN_INVALID);
  return true;
}

/* A value has been written whole: remember where it ends. */
static inline void item_done(tn_builder *b) {
  b->named = false;
  if (b->frame == 0) {
    if (b->size > TN_VALUE_SIZE_MAX) fail(b, TN_LIMIT);
  } else {
    push_mark(b, (uint32_t)b->size - start_of(b));
  }
}

static bool put_tag(tn_builder *b, uint8_t tag) {
  uint8_t *to = reserve(b, 1);
  if (!to) return false;
  *to = tag;
  b->size++;
  return true;
}

static bool put_number(tn_builder *b, uint8_t tag, uint64_t n, unsigned width) {
  uint8_t *to = reserve(b, 9);
  if (!to) return false;
  *to = tag;
  tni_store_le(to + 1, n, 8); /* what is behind `width` is written over */
  b->size += 1 + width;
  return true;
}

static bool put_int(tn_builder *b, int64_t n) {
  uint8_t tag = tni_int_tag(n);
  return put_number(b, tag, (uint64_t)n, tni_int_width(tag));
}

static bool put_double(tn_builder *b, double d) {
  uint64_t bits = tni_double_bits(d);
  return put_number(b, TN_TAG_DOUBLE, tni_bits_are_nan(bits) ? TNI_NAN_BITS : bits, 8);
}

/* tni_store_le() of a width of 1, 2 or 4, each by one store. */
static inline void store_length(uint8_t *to, size_t n, unsigned width) {
  if (width == 1)
    *to = (uint8_t)n;
  else if (width == 2)
    tni_store_le(to, n, 2);
  else
    tni_store_le(to, n, 4);
}

/* The tag and length of `size` bytes; `first` is the family's tag whose length takes one byte. Returns what follows.
 */
static inline uint8_t *put_length(uint8_t *to, uint8_t first, size_t size) {
  unsigned width = tni_length_width(size);
  *to = (uint8_t)(first + tni_width_step(width));
  store_length(to + 1, size, width);
  return to + 1 + width;
}

static uint8_t *reserve_run(tn_builder *b, size_t size) {
  if (size <= TN_VALUE_SIZE_MAX) return reserve(b, RUN_HEADER + size + WORD);
  fail(b, TN_LIMIT);
  return NULL;
}

static bool put_bytes(tn_builder *b, tn_slice bytes) {
  uint8_t *to = reserve_run(b, bytes.size);
  if (!to) return false;
  to = put_length(to, TN_TAG_BYTES8, bytes.size);
  if (bytes.size > 0) memcpy(to, bytes.data, bytes.size);
  b->size = (size_t)(to - b->data) + bytes.size;
  return true;
}

/* ---- text: written by the caller where it stays, behind the room for the shortest tag ---- */

static uint8_t *builder_text_room(tn_builder *b, size_t room) {
  if (b->status != TN_OK) return NULL;
  uint8_t *to = reserve_run(b, room);
  return to ? to + 1 : NULL;
}

/* Gives the `size` bytes of text behind the builder's end their tag and length, and takes them in. */
static inline bool take_text(tn_builder *b, size_t size, bool is_ascii) {
  uint8_t *to = b->data + b->size, *text = to + 1;
  if (!is_ascii && !tni_is_utf8(text, size)) return fail(b, TN_INVALID);
  if (size < 64) {
    *to = (uint8_t)(TN_TAG_SHORT_STRING + size);
  } else {
    memmove(text + tni_length_width(size), text, size);
    text = put_length(to, TN_TAG_STRING8, size);
  }
  b->size = (size_t)(text - b->data) + size;
  return true;
}

static bool put_string(tn_builder *b, tn_slice text) {
  uint8_t *to = builder_text_room(b, text.size);
  return to && take_text(b, text.size, tni_copy_is_ascii(to, text.data, text.size));
}

static bool take_room(tn_builder *b, size_t size) {
  return take_text(b, size, tni_is_ascii_run(b->data + b->size + 1, size));
}

/* A level takes four bytes, the last one three, so most values need no walk. */
static bool is_shallow(size_t size, unsigned levels) { return (size + 1) / 4 <= levels; }

/* Does `value` nest at most `levels` deep? Items that are short enough are not looked at. */
static bool fits_depth(tn_value value, unsigned levels) {
  if (is_shallow(value.size, levels)) return true;
  tn_container c = tn_container_of(value);
  if (levels == 0) return !c.items;
  size_t start = 0;
  for (uint32_t i = 0; i < c.count; i++) {
    size_t end = (size_t)tn_load_le(c.ends + (size_t)i * c.width, c.width);
    if (!is_shallow(end - start, levels - 1) && !fits_depth(tn_item(value, i), levels - 1)) return false;
    start = end;
  }
  return true;
}

static bool put_value(tn_builder *b, tn_value value) {
  if (tn_value_type(value) == TN_ABSENT) return fail(b, TN_INVALID);
  if (!fits_depth(value, TN_DEPTH_MAX - b->depth)) return fail(b, TN_LIMIT);
  uint8_t *to = reserve(b, value.size);
  if (!to) return false;
  memcpy(to, value.data, value.size);
  b->size += value.size;
  return true;
}

static bool put_arg(tn_builder *b, tn_arg arg) {
  switch (arg.type) {
    case TN_ABSENT: return put_value(b, arg.u.value);
    case TN_NULL: return put_tag(b, TN_TAG_NULL);
    case TN_BOOL: return put_tag(b, arg.u.boolean ? TN_TAG_TRUE : TN_TAG_FALSE);
    case TN_INT: return put_int(b, arg.u.integer);
    case TN_DOUBLE: return put_double(b, arg.u.real);
    case TN_STRING: return put_string(b, arg.u.slice);
    case TN_BYTES: return put_bytes(b, arg.u.slice);
    case TN_TIMESTAMP: return put_number(b, TN_TAG_TIMESTAMP, (uint64_t)arg.u.integer, 8);
    case TN_ARRAY:
    case TN_OBJECT: break;
  }
  return fail(b, TN_INVALID);
}

static void builder_add(tn_builder *b, tn_arg arg) {
  if (expects_value(b) && put_arg(b, arg)) item_done(b);
}

static void builder_add_int(tn_builder *b, int64_t n) {
  if (expects_value(b) && put_int(b, n)) item_done(b);
}

static void builder_add_double(tn_builder *b, double d) {
  if (expects_value(b) && put_double(b, d)) item_done(b);
}

static void builder_text_add(tn_builder *b, size_t size) {
  if (expects_value(b) && take_room(b, size)) item_done(b);
}

static bool expects_name(tn_builder *b) {
  return b->status == TN_OK && ((b->in_object && !b->named) || fail(b, TN_MISUSE));
}

static bool name_done(tn_builder *b, size_t size) {
  return push_mark(b, tni_name_print((tn_slice){b->data + b->size - size, size}));
}

static void builder_text_name(tn_builder *b, size_t size) {
  if (expects_name(b)) b->named = take_room(b, size) && name_done(b, size);
}

static void builder_name(tn_builder *b, tn_slice name) {
  if (expects_name(b)) b->named = put_string(b, name) && name_done(b, name.size);
}

static bool may_nest(tn_builder *b) { return b->depth < TN_DEPTH_MAX || fail(b, TN_LIMIT); }

static void container_begin(tn_builder *b, uint8_t tag) {
  if (!expects_value(b) || !may_nest(b) || !reserve_marks(b, 1 + FRAME_WORDS)) return;
  uint8_t *to = reserve(b, OPEN_HEADER);
  if (!to) return;
  *to = tag;
  b->size += OPEN_HEADER;
  if (b->mark_count == 0) b->marks[b->mark_count++] = 0;
  uint32_t frame = b->mark_count;
  b->marks[frame] = b->frame;
  b->marks[frame + 1] = (uint32_t)b->size;
  b->mark_count += FRAME_WORDS;
  b->frame = frame;
  b->in_object = tag == TN_TAG_OBJECT32;
  b->depth++;
  b->named = false;
}

static void builder_array_begin(tn_builder *b) { container_begin(b, TN_TAG_ARRAY32); }
static void builder_object_begin(tn_builder *b) { container_begin(b, TN_TAG_OBJECT32); }

/* What `marks` holds of the innermost container's items. */
typedef struct item_marks {
  const uint32_t *first;
  uint32_t count;
  uint32_t step; /* marks of one item; the end is the last of them */
} item_marks;

static item_marks items_of(const tn_builder *b) {
  uint32_t first = b->frame + FRAME_WORDS, marks = b->mark_count - first;
  return (item_marks){b->marks + first, b->in_object ? marks / 2 : marks, b->in_object ? 2 : 1};
}

static inline uint8_t *put_ends_of(uint8_t *to, const item_marks *marks, unsigned width) {
  const uint32_t *end = marks->first + marks->step - 1;
  for (uint32_t i = 0; i < marks->count; i++, to += width, end += marks->step) tni_store_le(to, *end, width);
  return to;
}

/* A loop for each width, so that each stores whole numbers. */
static uint8_t *put_ends(uint8_t *to, const item_marks *marks, unsigned width) {
  if (width == 1) return put_ends_of(to, marks, 1);
  return width == 2 ? put_ends_of(to, marks, 2) : put_ends_of(to, marks, 4);
}

/* Writes ends and count behind the items and brings the header to its final form. Returns the whole container,
 * absent when the builder has failed. */
static tn_value close_payload(tn_builder *b, const item_marks *marks) {
  size_t items = b->size - start_of(b);
  unsigned width = tni_container_width(items, marks->count);
  size_t trailer = ((size_t)marks->count + 1) * width;
  if (!reserve(b, trailer)) return TN_NO_VALUE;
  uint8_t *header = b->data + start_of(b) - OPEN_HEADER;
  *header = (uint8_t)(*header - tni_width_step(4) + tni_width_step(width));
  store_length(header + 1, items + trailer, width);
  if (width < 4) memmove(header + 1 + width, header + OPEN_HEADER, items);
  uint8_t *to = put_ends(header + 1 + width + items, marks, width);
  store_length(to, marks->count, width);
  return (tn_value){header, 1 + width + items + trailer};
}

static bool may_end(tn_builder *b) {
  if (b->status != TN_OK) return false;
  return (b->frame != 0 && !b->named) || fail(b, TN_MISUSE);
}

static bool prints_differ(const item_marks *marks) {
  if (marks->count > TNI_FEW_NAMES) return false;
  const uint32_t *end = marks->first + 2 * marks->count;
  for (const uint32_t *a = marks->first; a < end; a += 2)
    for (const uint32_t *b = marks->first; b < a; b += 2)
      if (*a == *b) return false;
  return true;
}

static bool names_unique(tn_builder *b, tn_value value, const item_marks *marks) {
  if (!b->in_object || prints_differ(marks)) return true;
  tn_container container = tn_container_of(value);
  uint32_t second;
  tn_status status = tni_names_unique(&container, memory_of(b), &second);
  return status == TN_OK || fail(b, status);
}

static void builder_end(tn_builder *b) {
  if (!may_end(b)) return;
  item_marks marks = items_of(b);
  tn_value value = close_payload(b, &marks);
  if (tn_is_absent(value) || !names_unique(b, value, &marks)) return;
  b->size = (size_t)(value.data - b->data) + value.size;
  b->mark_count = b->frame;
  b->frame = b->marks[b->frame];
  b->in_object = b->frame != 0 && open_tag(b) == TN_TAG_OBJECT32;
  b->depth--;
  item_done(b);
}

/* ---- objects at once ---- */

enum { PLAIN_FIELDS_MAX = 8, SHORT_NAME_MAX = 63 };

static bool same_name(tn_slice a, tn_slice b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

/* Few, short, and all different. */
static bool are_plain(const tn_slice *names, uint32_t count) {
  if (count > PLAIN_FIELDS_MAX) return false;
  for (uint32_t i = 0; i < count; i++) {
    if (names[i].size > SHORT_NAME_MAX) return false;
    for (uint32_t k = 0; k < i; k++)
      if (same_name(names[k], names[i])) return false;
  }
  return true;
}

static bool may_hold(tn_builder *b, tn_value value) {
  if (tn_value_type(value) == TN_ABSENT) return fail(b, TN_INVALID);
  return fits_depth(value, TN_DEPTH_MAX - 1u - b->depth) || fail(b, TN_LIMIT);
}

static inline uint8_t *put_short_name(tn_builder *b, uint8_t *to, tn_slice name) {
  *to++ = (uint8_t)(TN_TAG_SHORT_STRING + name.size);
  if (!tni_copy_is_ascii(to, name.data, name.size) && !tni_is_utf8(to, name.size)) fail(b, TN_INVALID);
  return to + name.size;
}

static inline uint8_t *put_field(tn_builder *b, uint8_t *to, tn_slice name, tn_value value) {
  to = put_short_name(b, to, name);
  memcpy(to, value.data, value.size);
  return to + value.size;
}

static inline bool put_fields_of(tn_builder *b, const tn_slice *names, const tn_value *values, uint32_t count,
                                 size_t items, unsigned width) {
  size_t trailer = ((size_t)count + 1) * width;
  uint8_t *to = reserve(b, 1 + width + items + trailer);
  if (!to) return false;
  *to++ = (uint8_t)(TN_TAG_OBJECT8 + tni_width_step(width));
  tni_store_le(to, items + trailer, width);
  uint8_t *start = to += width, *end = start + items;
  for (uint32_t i = 0; i < count; i++, end += width) {
    to = put_field(b, to, names[i], values[i]);
    tni_store_le(end, (uint64_t)(to - start), width);
  }
  tni_store_le(end, count, width);
  b->size = (size_t)(end + width - b->data);
  return b->status == TN_OK;
}

/* A branch for each width, so that each stores whole numbers. */
static bool put_plain_fields(tn_builder *b, const tn_slice *names, const tn_value *values, uint32_t count) {
  size_t items = count;
  for (uint32_t i = 0; i < count; i++) {
    if (!may_hold(b, values[i])) return false;
    items += names[i].size + values[i].size;
  }
  unsigned width = tni_container_width(items, count);
  if (width == 1) return put_fields_of(b, names, values, count, items, 1);
  if (width == 2) return put_fields_of(b, names, values, count, items, 2);
  return put_fields_of(b, names, values, count, items, 4);
}

static void builder_fields(tn_builder *b, const tn_slice *names, const tn_value *values, uint32_t count) {
  if (!expects_value(b) || !may_nest(b)) return;
  if (are_plain(names, count)) {
    if (put_plain_fields(b, names, values, count)) item_done(b);
    return;
  }
  builder_object_begin(b);
  for (uint32_t i = 0; i < count; i++) {
    builder_name(b, names[i]);
    builder_add(b, tn_arg_value(values[i]));
  }
  builder_end(b);
}

/* ---- arrays and objects of args at once: an item is one arg, a field two ---- */

enum { PLAIN_ITEMS_MAX = 8 };

/* What put_arg() will write; 0 for what it refuses, or for a string or bytes that fit nowhere. */
static size_t arg_size(tn_arg arg) {
  switch (arg.type) {
    case TN_ABSENT: return arg.u.value.size;
    case TN_NULL:
    case TN_BOOL: return 1;
    case TN_INT: return 1 + (size_t)tni_int_width(tni_int_tag(arg.u.integer));
    case TN_DOUBLE:
    case TN_TIMESTAMP: return 9;
    case TN_STRING:
      if (arg.u.slice.size < 64) return 1 + arg.u.slice.size;
      break;
    case TN_BYTES: break;
    case TN_ARRAY:
    case TN_OBJECT: return 0;
  }
  size_t size = arg.u.slice.size;
  return size > TN_VALUE_SIZE_MAX ? 0 : 1 + tni_length_width(size) + size;
}

/* What they take together; 0 when one of them is better refused by put_arg(). */
static size_t args_size(const tn_builder *b, const tn_arg *args, uint32_t count) {
  size_t items = 0;
  for (uint32_t i = 0; i < count; i++) {
    size_t size = arg_size(args[i]);
    bool deep = args[i].type == TN_ABSENT && !fits_depth(args[i].u.value, TN_DEPTH_MAX - 1u - b->depth);
    if (size == 0 || deep || size > TN_VALUE_SIZE_MAX) return 0;
    items += size;
  }
  return items;
}

/* `count` items of an array, or fields of an object with their names in front, which will take `items` bytes
 * together. */
static inline bool put_plain(tn_builder *b, bool in_object, const tn_arg *args, uint32_t count, size_t items) {
  uint32_t ends[PLAIN_ITEMS_MAX];
  unsigned width = tni_container_width(items, count);
  size_t trailer = ((size_t)count + 1) * width;
  uint8_t *to = reserve(b, 1 + width + items + trailer);
  if (!to) return false;
  *to = (uint8_t)((in_object ? TN_TAG_OBJECT8 : TN_TAG_ARRAY8) + tni_width_step(width));
  store_length(to + 1, items + trailer, width);
  size_t start = b->size += 1 + width;
  for (uint32_t i = 0; i < count; i++) {
    if (in_object) b->size = (size_t)(put_short_name(b, b->data + b->size, (*args++).u.slice) - b->data);
    if (!put_arg(b, *args++)) return false;
    ends[i] = (uint32_t)(b->size - start);
  }
  to = reserve(b, trailer);
  if (!to || b->status != TN_OK) return false;
  for (uint32_t i = 0; i < count; i++, to += width) store_length(to, ends[i], width);
  store_length(to, count, width);
  b->size += trailer;
  return true;
}

static void builder_items(tn_builder *b, const tn_arg *args, uint32_t count) {
  if (!expects_value(b) || !may_nest(b)) return;
  size_t items = count <= PLAIN_ITEMS_MAX ? args_size(b, args, count) : 0;
  if (items > 0) {
    if (put_plain(b, false, args, count, items)) item_done(b);
    return;
  }
  builder_array_begin(b);
  for (uint32_t i = 0; i < count; i++) builder_add(b, args[i]);
  builder_end(b);
}

static bool have_plain_names(const tn_arg *pairs, uint32_t count) {
  if (count > PLAIN_ITEMS_MAX) return false;
  for (uint32_t i = 0; i < 2 * count; i += 2) {
    if (pairs[i].type != TN_STRING || pairs[i].u.slice.size > SHORT_NAME_MAX) return false;
    for (uint32_t k = 0; k < i; k += 2)
      if (same_name(pairs[k].u.slice, pairs[i].u.slice)) return false;
  }
  return true;
}

static void builder_pairs(tn_builder *b, const tn_arg *pairs, uint32_t count) {
  if (!expects_value(b) || !may_nest(b)) return;
  size_t items = have_plain_names(pairs, count) ? args_size(b, pairs, 2 * count) : 0;
  if (items > 0) {
    if (put_plain(b, true, pairs, count, items)) item_done(b);
    return;
  }
  builder_object_begin(b);
  for (uint32_t i = 0; i < 2 * count; i += 2) {
    if (pairs[i].type == TN_STRING || pairs[i].type == TN_BYTES) /* a slice */
      builder_name(b, pairs[i].u.slice);
    else
      fail(b, TN_INVALID);
    builder_add(b, pairs[i + 1]);
  }
  builder_end(b);
}

static void builder_clear(tn_builder *b) {
  (void)memory_of(b);
  b->size = 0;
  b->mark_count = b->frame = 0;
  b->depth = 0;
  b->named = b->in_object = false;
  b->status = TN_OK;
}

static void builder_free(tn_builder *b) {
  tni_free(memory_of(b), b->data, b->capacity);
  tni_free(b->memory, b->marks, b->mark_capacity * sizeof *b->marks);
  *b = (tn_builder){.ops = b->ops, .memory = b->memory};
}

const tn_builder_ops tn_builder_default_ops = {
    .add = builder_add,
    .add_int = builder_add_int,
    .add_double = builder_add_double,
    .name = builder_name,
    .text_room = builder_text_room,
    .text_add = builder_text_add,
    .text_name = builder_text_name,
    .array_begin = builder_array_begin,
    .object_begin = builder_object_begin,
    .end = builder_end,
    .clear = builder_clear,
    .free = builder_free,
    .fields = builder_fields,
    .items = builder_items,
    .pairs = builder_pairs,
};
