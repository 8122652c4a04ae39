/* check.h - a whole file read through before liblmdb maps it and trusts it: every page of both trees, every list of
 * free pages, every record. Nobody may be writing to it. */
#ifndef TENON_LMDB_CHECK_H
#define TENON_LMDB_CHECK_H

#include "tree.h"

/* The first record that is damaged or missing in an otherwise sound file. */
typedef struct tni_lbad_record {
  bool found;
  uint64_t seq;
  tni_name where;
} tni_lbad_record;

/* CORRUPT: pages that make no sense, whatever is in them. The records begin with `first_seq`. Values other than
 * records are left to who reads them. */
tn_status tni_lcheck(const tni_lfile *f, uint64_t first_seq, tni_lbad_record *bad, tn_error *error);

#endif
