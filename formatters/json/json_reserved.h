/* json_reserved.h - the names that make an object stand for something else when they come first in it. */
#ifndef TENON_JSON_RESERVED_H
#define TENON_JSON_RESERVED_H

#include "tenon_base.h"

typedef enum tni_json_form {
  TNI_JSON_PLAIN, /* the name is not reserved */
  TNI_JSON_BINARY,
  TNI_JSON_DATE,
  TNI_JSON_NUMBER_DOUBLE,
  TNI_JSON_NUMBER_LONG,
  TNI_JSON_LITERAL
} tni_json_form;

tni_json_form tni_json_form_of(tn_slice name);

#endif
