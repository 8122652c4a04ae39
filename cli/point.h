/* point.h - a point in history as it is typed. Knows no engine. */
#ifndef TENON_CLI_POINT_H
#define TENON_CLI_POINT_H

#include "tenon.h"

/* SEQ, a record's number from 1, or TIME, a moment like 2026-01-31T12:00:00Z, into options->at_seq or
 * options->at_time_us. The time of day, seconds and their fraction may be left out (then 0), a space may stand for
 * the T, an offset like +01:00, "UTC" or nothing (UTC) for the Z. INVALID says what is expected. */
tn_status point_parse_at(const char *text, tn_open_options *options, tn_error *error) TN_MUST_USE;

/* EPOCH:SEQ, or "oldest", into where a feed begins. INVALID says what is expected. */
tn_status point_parse_from(const char *text, tn_feed_options *options, tn_error *error) TN_MUST_USE;

#endif
