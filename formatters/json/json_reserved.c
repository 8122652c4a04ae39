#include "json_reserved.h"

#include <string.h>

tni_json_form tni_json_form_of(tn_slice name) {
  static const struct {
    const char *name;
    tni_json_form form;
  } reserved[] = {{"$binary", TNI_JSON_BINARY},
                  {"$date", TNI_JSON_DATE},
                  {"$numberDouble", TNI_JSON_NUMBER_DOUBLE},
                  {"$numberLong", TNI_JSON_NUMBER_LONG},
                  {"$literal", TNI_JSON_LITERAL}};
  if (name.size == 0 || *(const char *)name.data != '$') return TNI_JSON_PLAIN;
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
    if (strlen(reserved[i].name) == name.size && memcmp(reserved[i].name, name.data, name.size) == 0)
      return reserved[i].form;
  return TNI_JSON_PLAIN;
}
