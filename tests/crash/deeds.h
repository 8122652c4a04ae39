/* deeds.h - every public operation on an engine, each once: for tests that let something below fail under each of
 * them. A deed answers TN_OK when it ended as it has to, also where that is a refusal, else the status that kept it
 * from that. */
#ifndef TENON_TESTS_DEEDS_H
#define TENON_TESTS_DEEDS_H

#include "crash/subject.h"

typedef struct deed {
  const char *name;
  tn_status (*run)(subject *s);
  bool commits_apart; /* it may fail after it committed something */
} deed;

/* Ends with one without a name. */
extern const deed deeds[];

#endif
