/* expr_families.h - the families of operators, each in the file of its name. */
#ifndef TENON_QUERY_EXPR_FAMILIES_H
#define TENON_QUERY_EXPR_FAMILIES_H

#include "expr_internal.h"

extern const tni_expr_family tni_expr_arith, tni_expr_array, tni_expr_bits, tni_expr_bool, tni_expr_compare,
    tni_expr_cond, tni_expr_date, tni_expr_date_math, tni_expr_date_text, tni_expr_each, tni_expr_misc,
    tni_expr_object, tni_expr_order, tni_expr_regex, tni_expr_round, tni_expr_set, tni_expr_stats, tni_expr_string,
    tni_expr_trig, tni_expr_type, tni_expr_variable;

#endif
