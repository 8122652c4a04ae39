#include <stdio.h>
#include <tenon.h>

int main(void) {
  tn_engine *shop;
  tn_builder args = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  tn_error error = TN_ERROR_INIT;
  int64_t apples = 0;

  if (tn_open("shop.json", NULL, &shop, &error) != TN_OK) goto failed;
  if (tn_run(shop, "cart", "put", tn_obj(&args, "key", "apples", "value", 3), &result, &error) != TN_OK) goto failed;
  if (tn_run(shop, "cart", "incr", tn_obj(&args, "key", "apples", "by", 2), &result, &error) != TN_OK) goto failed;
  if (tn_get_int(result.value, "", &apples) == TN_OK) printf("%d apples, as of record %d\n", (int)apples, (int)result.seq);
  tn_result_free(&result);
  tn_builder_free(&args);
  return tn_close(shop, &error) == TN_OK ? 0 : 1;

failed:
  fprintf(stderr, "%s: %s (%s)\n", tn_status_name(error.status), error.text, error.where);
  return 1;
}
