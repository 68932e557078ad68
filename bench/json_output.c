#include "bench/json_output.h"

#include "base/text.h"

#include <cjson/cJSON.h>

#include <stdio.h>

ls_status ls_json_print(cJSON *root, ls_error *error) {
  char *text = root ? cJSON_Print(root) : NULL;
  cJSON_Delete(root);
  if (!text) return ls_fail(error, LS_MEMORY, "no memory to print");
  ls_text_make_utf8(text);
  puts(text);
  cJSON_free(text);
  return LS_OK;
}
