/* heads.h - puts many keys in order by eight bytes at a time, which lie beside each other and are compared as a
 * number: keys are looked at once for each eight bytes that many of them share, and not for each comparison. */
#ifndef TENON_DOCUMENT_HEADS_H
#define TENON_DOCUMENT_HEADS_H

#include "key.h"

typedef struct tni_doc_headed {
  uint64_t head; /* eight of the key's bytes, the first one highest; zeros behind its end */
  tn_slice key;
} tni_doc_headed;

/* By `key`; `head` is set here. Equal keys stay as they are. `spare` has room for as many. */
void tni_doc_headed_sort(tni_doc_headed *items, size_t count, tni_doc_headed *spare);

#endif
