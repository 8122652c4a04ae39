/* json_forms.h - the reserved objects that stand for what JSON has no type for, read. */
#ifndef TENON_JSON_FORMS_H
#define TENON_JSON_FORMS_H

#include "json_reader.h"
#include "json_reserved.h"

/* Adds the value of a reserved object; `form` is that of its first name, which has just been read, and neither PLAIN
 * nor LITERAL. Ends after the object's closing brace. */
tn_status tni_json_read_form(tni_json_reader *r, tni_json_form form);

#endif
