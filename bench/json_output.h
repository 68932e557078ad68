/* JSON on standard output, for --json. */
#ifndef LS_BENCH_JSON_OUTPUT_H
#define LS_BENCH_JSON_OUTPUT_H

#include "base/status.h"

struct cJSON;

/* Prints and frees it; NULL (no memory to make it) is LS_MEMORY. */
ls_status ls_json_print(struct cJSON *root, ls_error *error);

#endif
