/* Any text as a config: refused with a text, or taken. */
#include "config.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tni_config config;
  tn_error error = TN_ERROR_INIT;
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  char *text = malloc(size + 1);
  if (!text) return 0;
  if (size > 0) memcpy(text, data, size);
  text[size] = '\0';
  options.config_text = text;
  tn_status status = tni_config_read(NULL, &options, tn_memory_system(), &config, &error);
  if (status == TN_OK)
    tni_config_fini(&config);
  else
    MUST(error.text[0] != '\0' && error.status == status);
  free(text);
  return 0;
}
