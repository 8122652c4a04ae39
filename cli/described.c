#include "described.h"

#include <string.h>

tn_slice described_text(tn_value object, const char *field) {
  tn_slice text = {"", 0};
  (void)tn_get_string(object, field, &text);
  return text;
}

bool described_flag(tn_value object, const char *field) {
  bool flag = false;
  (void)tn_get_bool(object, field, &flag);
  return flag;
}

static bool same_text(tn_slice a, tn_slice b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

tn_value described_op(tn_value models, tn_slice model, tn_slice op) {
  for (tn_iter it = tn_iter_of(tn_field(tn_field_slice(models, model), "ops")); tn_iter_next(&it);)
    if (same_text(described_text(it.value, "name"), op)) return it.value;
  return TN_NO_VALUE;
}
