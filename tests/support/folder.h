/* folder.h - a folder for one test's files. */
#ifndef TENON_TESTS_FOLDER_H
#define TENON_TESTS_FOLDER_H

#include <stdbool.h>

typedef struct folder {
  char path[64];
} folder;

/* Makes a fresh, empty one. */
bool folder_make(folder *out);
/* The same where syncing costs nothing, if there is such a place. */
bool folder_make_in_memory(folder *out);
/* Removes it with everything in it. */
void folder_remove(const folder *f);

#endif
