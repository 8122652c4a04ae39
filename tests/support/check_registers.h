/* check_registers.h - are the registers of a history linearizable: is there, for each, an order of its operations
 * that agrees with time and with what every one of them found?
 *
 * The search of Wing and Gong ("Testing and verifying concurrent objects", JPDC 17, 1993) with Lowe's memory of
 * configurations that led nowhere ("Testing for linearizability", CCPE 29(4), 2017). Registers are judged one by one,
 * because a history of single operations is linearizable when each object's part of it is (Herlihy and Wing,
 * "Linearizability", TOPLAS 12(3), 1990). An operation of unknown outcome takes effect at any moment after it began,
 * or never. */
#ifndef TENON_TESTS_CHECK_REGISTERS_H
#define TENON_TESTS_CHECK_REGISTERS_H

#include "history.h"

typedef struct register_report {
  bool linearizable;
  size_t registers, operations, steps; /* how much was looked at */
  char text[2000];                     /* where the search got to and what could not follow, when it is not */
} register_report;

/* Looks at every txn with an operation on a register; it has only that one. Lists are passed over. */
void check_registers(const history *h, register_report *out);

#endif
