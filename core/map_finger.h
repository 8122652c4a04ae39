/* map_finger.h - the way to the key of the working state that was looked up last. Who puts or deletes the key it has
 * just looked up, or puts one behind the other, does not search again. Only the writer touches it. */
#ifndef TENON_MAP_FINGER_H
#define TENON_MAP_FINGER_H

#include "map_edit.h"

#define TNI_FINGER_KEY_MAX 128 /* longer keys are not known again */

typedef struct tni_finger {
  tni_edit edit;
  uint64_t edits;    /* the path is good while this is the state's */
  uint32_t key_size; /* TNI_FINGER_NO_KEY: the path leads to an unknown one */
  bool exact;        /* the path's entry is the key's */
  uint8_t key[TNI_FINGER_KEY_MAX];
} tni_finger;

#define TNI_FINGER_NO_KEY UINT32_MAX

void tni_finger_init(tni_finger *f, tni_state *state);
/* Leads finger->edit to the first entry not below the key, and tells whether it is the key's. In an empty map there
 * is no path, and the answer is no. */
bool tni_finger_lead(tni_finger *f, uint32_t map, tn_slice key);
/* The same, and remembers the key. */
bool tni_finger_find(tni_finger *f, uint32_t map, tn_slice key);
/* After an edit that left the path's nodes where they are, with the key's entry at its end. */
void tni_finger_stay(tni_finger *f);

#endif
