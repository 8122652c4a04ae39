/* faulty.h - a storage for tests: another one, with calls that fail as its config asks. Whoever writes an application
 * or a storage can see with it what theirs does when a disk is full or broken. */
#ifndef TENON_STORAGE_FAULTY_H
#define TENON_STORAGE_FAULTY_H

#include "tenon_plugin.h"

/* Config: {"of": {"type": TYPE, ...}}, the storage that does the work, and which calls fail how: "on", "fail", "nth",
 * "all_after", "rate", "seed", "sync_ms" (faults.h). Without "nth" and "rate" none does. Two kinds of faults at a
 * time: a faulty storage of a faulty one.
 *
 * It keeps the contract of a storage: after a failed append or sync it takes neither until it is opened again, and
 * close says IO. A host that tries all the same is counted. The wrapped storage knows nothing of it and is closed
 * like any other. Stats: those of the wrapped one, and "faults": {calls, failed, broken, refused}: the calls that
 * "on" names, those of them that failed, whether an append or sync has failed, and how many were tried after it. */
extern const tn_storage tni_storage_faulty;

#endif
