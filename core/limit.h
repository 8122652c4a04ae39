/* limit.h - the sizes that an operator may narrow in the config ("limits"), and the refusal of what is larger. They
 * hold for what is new: nothing that is in the journal is refused at replay. */
#ifndef TENON_LIMIT_H
#define TENON_LIMIT_H

#include "tenon.h"
#include "tenon_plugin.h"

typedef enum tni_limit {
  TNI_VALUE_BYTES,  /* one value in a map */
  TNI_KEY_BYTES,    /* one key in a map, encoded */
  TNI_DEPTH,        /* levels of arrays and objects in an argument */
  TNI_RESULT_BYTES, /* what one operation answers; streamed rows are not counted */
  TNI_BATCH_OPS,    /* operations of a batch, commands of a write txn */
  TNI_BATCH_BYTES,  /* the record that one of them makes */
  TNI_READ_TXNS,    /* read txns open at a time */
  TNI_LIMIT_COUNT
} tni_limit;

typedef struct tni_limits {
  int64_t most[TNI_LIMIT_COUNT];
} tni_limits;

/* What holds where the config says nothing. */
tni_limits tni_limits_default(void);
/* Its name in the config, and the largest number that may be asked for. */
const char *tni_limit_name(tni_limit limit);
int64_t tni_limit_bound(tni_limit limit);

/* TN_OK when `size` is within; else LIMIT, "limits.<name>" as where, and the text names both numbers. No limits
 * (NULL) are none. */
tn_status tni_limit_refuse(const tni_limits *limits, tni_limit limit, uint64_t size, tn_error *error) TN_MUST_USE;
static inline bool tni_limit_exceeded(const tni_limits *limits, tni_limit limit, uint64_t size) {
  return limits && size > (uint64_t)limits->most[limit];
}
static inline tn_status tni_limit_check(const tni_limits *limits, tni_limit limit, uint64_t size, tn_error *error) {
  return tni_limit_exceeded(limits, limit, size) ? tni_limit_refuse(limits, limit, size, error) : TN_OK;
}

#endif
