/* check_lists.h - are the transactions of a history of lists strictly serializable? If not, which anomaly is it?
 *
 * After Kingsbury and Alvaro, "Elle: inferring isolation anomalies from experimental observations" (VLDB 14(3),
 * 2020): since every element is appended once, a list that was read tells the order of all versions before it, and so
 * who wrote, read and overwrote which. A cycle of these dependencies cannot be serialized; what it is made of names
 * it, in the terms of Adya, Liskov and O'Neil ("Generalized isolation level definitions", ICDE 2000). With the order
 * of time added, it is strict serializability that is judged.
 *
 * Where the reads tell no order of versions (internal, incompatible, phantom) no cycles are looked for.
 * What was committed is taken from the answers: a txn of unknown outcome counts when something of it was read. */
#ifndef TENON_TESTS_CHECK_LISTS_H
#define TENON_TESTS_CHECK_LISTS_H

#include "history.h"

typedef enum list_anomaly {
  LIST_G1A = 1 << 0,            /* aborted read: an element of an aborted txn */
  LIST_G1B = 1 << 1,            /* intermediate read: a txn's element without its later ones */
  LIST_INTERNAL = 1 << 2,       /* a txn's read does not go with what it did and read before */
  LIST_INCOMPATIBLE = 1 << 3,   /* two reads of which neither begins with the other */
  LIST_PHANTOM = 1 << 4,        /* an element that nobody appended, or twice in one list */
  LIST_G0 = 1 << 5,             /* write cycle */
  LIST_G1C = 1 << 6,            /* circular information flow */
  LIST_G_SINGLE = 1 << 7,       /* a cycle with one anti-dependency: read skew, lost update */
  LIST_G2 = 1 << 8,             /* a cycle with several: write skew */
  LIST_G0_TIME = 1 << 9,        /* the same, only with the order of time in the cycle */
  LIST_G1C_TIME = 1 << 10,      /* read what was not yet there */
  LIST_G_SINGLE_TIME = 1 << 11, /* a stale read, a lost append */
  LIST_G2_TIME = 1 << 12
} list_anomaly;

typedef struct list_report {
  unsigned anomalies; /* a set of them; 0 = strictly serializable */
  size_t txns, reads, appends, deps;
  char text[4000]; /* the first one found */
} list_report;

/* Looks at every txn's operations on lists; registers are passed over. */
void check_lists(const history *h, list_report *out);

/* "G1a"; of several in a set: "G1a G-single-realtime". In memory of its own until the next call. */
const char *list_anomaly_names(unsigned anomalies);

#endif
