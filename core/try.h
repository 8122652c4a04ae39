/* try.h - hands a failure up: TRY(call) returns the call's status from here unless it is TN_OK. */
#ifndef TENON_TRY_H
#define TENON_TRY_H

#define TRY(call)                                 \
  do {                                            \
    tn_status try_status_ = (call);               \
    if (try_status_ != TN_OK) return try_status_; \
  } while (0)

#endif
