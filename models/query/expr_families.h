/* expr_families.h - the families of operators, each in the file of its name. */
#ifndef TENON_QUERY_EXPR_FAMILIES_H
#define TENON_QUERY_EXPR_FAMILIES_H

#include "expr_internal.h"

extern const tni_expr_family tni_expr_arith, tni_expr_bool, tni_expr_compare, tni_expr_cond, tni_expr_misc,
    tni_expr_variable;

#endif
