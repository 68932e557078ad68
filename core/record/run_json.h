/* Google Benchmark's JSON: what every file of that schema begins with. */
#ifndef LS_RECORD_RUN_JSON_H
#define LS_RECORD_RUN_JSON_H

struct cJSON;

/* The object "context": date, host_name, executable, num_cpus, and the program's revision. NULL: no
 * memory. */
struct cJSON *ls_benchmark_context(const char *revision);

#endif
