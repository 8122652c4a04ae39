#include <stddef.h>

#include "editor.h"

bool editor_is_built(void) { return false; }

editor *editor_create(const editor_hooks *hooks, const char *history) {
  (void)hooks;
  (void)history;
  return NULL;
}

void editor_destroy(editor *e) { (void)e; }

editor_status editor_read(editor *e, const char *prompt, tn_slice *line) {
  (void)e;
  (void)prompt;
  (void)line;
  return EDITOR_END;
}

void editor_remember(editor *e, const char *entry) {
  (void)e;
  (void)entry;
}
