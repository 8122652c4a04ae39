#include "point.h"

#include <stdio.h>
#include <string.h>

#include "options.h"

#define TIME_SIZE_MAX 40

/* Only what a time is made of, so that it can stand in JSON as it is. */
static bool looks_like_time(const char *text) {
  size_t size = strspn(text, "0123456789-+:.TZ");
  return text[size] == '\0' && size < TIME_SIZE_MAX && strchr(text, 'T') != NULL;
}

static bool parse_time(const char *text, int64_t *us) {
  char json[TIME_SIZE_MAX + 16];
  tn_builder time = TN_BUILDER_INIT;
  if (!looks_like_time(text)) return false;
  snprintf(json, sizeof json, "{\"$date\":\"%s\"}", text);
  bool fine = tn_decode("json", (tn_slice){json, strlen(json)}, &time, NULL, NULL) == TN_OK &&
              tn_as_timestamp(tn_built(&time), us);
  tn_builder_free(&time);
  return fine;
}

tn_status point_parse_at(const char *text, tn_open_options *options, tn_error *error) {
  if (word_number(text, &options->at_seq) && options->at_seq > 0) return TN_OK;
  if (!parse_time(text, &options->at_time_us))
    return tn_error_set(error, TN_INVALID, "--at",
                        "expected a record's number from 1, or a time like 2026-01-31T12:00:00Z, not '%.60s'", text);
  if (options->at_time_us == 0) options->at_time_us = -1; /* 0 means none */
  return TN_OK;
}

tn_status point_parse_from(const char *text, tn_feed_options *options, tn_error *error) {
  char epoch[24];
  size_t size = strcspn(text, ":");
  options->from_oldest = strcmp(text, "oldest") == 0;
  if (options->from_oldest) return TN_OK;
  snprintf(epoch, sizeof epoch, "%.*s", (int)size, text);
  if (size < sizeof epoch && text[size] == ':' && word_number(epoch, &options->epoch) && options->epoch > 0 &&
      word_number(text + size + 1, &options->seq))
    return TN_OK;
  return tn_error_set(error, TN_INVALID, "--from",
                      "expected EPOCH:SEQ, the numbers of the last record seen, or oldest, not '%.60s'", text);
}
