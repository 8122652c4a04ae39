/* expr_date.h - what the operators of dates share: their arguments. A zone is an offset; local time is UTC with the
 * offset added. */
#ifndef TENON_QUERY_EXPR_DATE_H
#define TENON_QUERY_EXPR_DATE_H

#include "calendar.h"
#include "expr_families.h"

/* Argument i as a date; *null where it is null or missing. */
tn_status tni_date_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *us, bool *null) TN_MUST_USE;
/* Argument i as a zone; UTC where it was not given. */
tn_status tni_zone_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *offset, bool *null) TN_MUST_USE;

/* UTC to local time and back. INVALID: it leaves 64 bits. */
tn_status tni_to_local(const tni_expr *expr, tni_eval *eval, int64_t us, int64_t offset, int64_t *out) TN_MUST_USE;
tn_status tni_from_local(const tni_expr *expr, tni_eval *eval, int64_t local, int64_t offset,
                         int64_t *out) TN_MUST_USE;
tn_status tni_far_date(const tni_expr *expr, tni_eval *eval);

#endif
