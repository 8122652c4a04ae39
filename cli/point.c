#include "point.h"

#include <stdio.h>
#include <string.h>

#include "options.h"

#define TIME_SIZE_MAX 40

/* Moves *text behind what the pattern describes, 0 being a digit, and copies that. */
static bool take(const char **text, const char *pattern, char **out) {
  for (const char *p = pattern; *p != '\0'; p++, ++*text) {
    bool fits = *p == '0' ? **text >= '0' && **text <= '9' : **text == *p;
    if (!fits) return false;
    *(*out)++ = **text;
  }
  return true;
}

static void put(char **out, const char *text) {
  while (*text != '\0') *(*out)++ = *text++;
}

static bool take_zone(const char *text, char **out) {
  bool is_utc = *text == '\0' || strcmp(text, "Z") == 0 || strcmp(text, "z") == 0 || strcmp(text, " UTC") == 0;
  if (is_utc) return put(out, "Z"), true;
  return take(&text, *text == '+' ? "+00:00" : "-00:00", out) && *text == '\0';
}

/* Spells a time as JSON has it: "2026-01-31", "2026-01-31 12:00" and "2026-01-31 12:00:00.5 UTC" are fine, too. */
static bool spell_out(const char *text, char *out) {
  if (!take(&text, "0000-00-00", &out)) return false;
  if (*text == '\0') return put(&out, "T00:00:00Z"), true;
  if (!strchr("Tt ", *text++)) return false;
  put(&out, "T");
  if (!take(&text, "00:00", &out)) return false;
  if (*text != ':')
    put(&out, ":00");
  else if (!take(&text, ":00", &out))
    return false;
  if (*text == '.' && !take(&text, ".0", &out)) return false;
  while (*text >= '0' && *text <= '9') *out++ = *text++;
  return take_zone(text, &out);
}

static bool parse_time(const char *text, int64_t *us) {
  char json[TIME_SIZE_MAX + 32], time_text[TIME_SIZE_MAX + 16] = "";
  tn_builder time = TN_BUILDER_INIT;
  if (strlen(text) > TIME_SIZE_MAX || !spell_out(text, time_text)) return false;
  snprintf(json, sizeof json, "{\"$date\":\"%s\"}", time_text);
  bool fine = tn_decode("json", (tn_slice){json, strlen(json)}, &time, NULL, NULL) == TN_OK &&
              tn_as_timestamp(tn_built(&time), us);
  tn_builder_free(&time);
  return fine;
}

tn_status point_parse_at(const char *text, tn_open_options *options, tn_error *error) {
  if (word_number(text, &options->at_seq) && options->at_seq > 0) return TN_OK;
  if (!parse_time(text, &options->at_time_us))
    return tn_error_set(error, TN_INVALID, "at",
                        "expected a record's number from 1, or a time like 2026-01-31T12:00:00Z or 2026-01-31, not "
                        "'%.60s'",
                        text);
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
