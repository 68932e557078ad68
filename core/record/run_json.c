/* run.json: one entry for each time, in the schema that Google Benchmark writes and its compare.py
 * reads. The schema demands a cpu_time beside the real_time; here they are the mean over the ranks
 * and the slowest rank, and "context" says so. */
#define _POSIX_C_SOURCE 200809L
#include "record/run_json.h"

#include "machine/machine.h"
#include "machine/processors.h"
#include "record/internal.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <string.h>
#include <time.h>

cJSON *ls_benchmark_context(const char *revision) {
  cJSON *context = cJSON_CreateObject();
  char text[64];
  time_t now = time(NULL);
  struct tm parts;
  localtime_r(&now, &parts);
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &parts);
  cJSON_AddStringToObject(context, "date", text);
  ls_machine_name(text, sizeof text);
  cJSON_AddStringToObject(context, "host_name", text);
  cJSON_AddStringToObject(context, "executable", "larscale");
  cJSON_AddNumberToObject(context, "num_cpus", ls_machine_processor_count());
  cJSON_AddStringToObject(context, "revision", revision);
  return context;
}

/* The name that a JSON string holds, with its quotes, of the parts that tell groups apart. */
static char *make_name(const ls_record *record, const ls_tally_group *g) {
  char name[512];
  const ls_configuration *c = &g->configuration;
  snprintf(name, sizeof name,
           "%s/%s/%s/nodes:%d/ranks:%d/threads:%d/local_batch:%zu/global_batch:%zu/%s%s%s%s%s",
           record->driver, c->backend, c->scaling, c->nodes, c->ranks, c->threads, c->local_batch,
           c->global_batch, g->quantity, *g->cache_state ? "/" : "", g->cache_state,
           strcmp(g->kind, "measured") != 0 ? "/" : "",
           strcmp(g->kind, "measured") != 0 ? g->kind : "");
  cJSON *string = cJSON_CreateString(name);
  char *text = string ? cJSON_PrintUnformatted(string) : NULL;
  cJSON_Delete(string);
  return text;
}

/* By hand: a run may have more times than there is room for as a tree. JSON knows no NaN. */
static ls_status write_group(ls_record *record, const ls_tally_group *g, int *written,
                             ls_error *error) {
  FILE *file = record->files[LS_RUN_JSON].stream;
  char *name = make_name(record, g);
  if (!name) return ls_fail(error, LS_MEMORY, "%s/run.json: no memory", record->folder);
  for (size_t i = 0; i < g->count; i++) {
    if (!isfinite(g->slowest[i]) || !isfinite(g->mean[i])) continue;
    fprintf(file,
            "%s\n    {\"name\": %s, \"run_name\": %s, \"run_type\": \"iteration\", "
            "\"repetitions\": %zu, \"repetition_index\": %zu, \"threads\": %d, \"iterations\": 1, "
            "\"real_time\": %.9g, \"cpu_time\": %.9g, \"time_unit\": \"ms\"}",
            *written ? "," : "", name, name, g->count, i, g->configuration.threads,
            1e3 * g->slowest[i], 1e3 * g->mean[i]);
    *written = 1;
  }
  cJSON_free(name);
  return LS_OK;
}

ls_status ls_record_write_run_json(ls_record *record, const ls_tally_group *groups, size_t count,
                                   ls_error *error) {
  FILE *file = record->files[LS_RUN_JSON].stream;
  cJSON *context = ls_benchmark_context(record->revision);
  cJSON_AddStringToObject(context, "real_time_is", "the slowest rank's wall time");
  cJSON_AddStringToObject(context, "cpu_time_is", "the mean over the ranks of their wall times");
  char *text = context ? cJSON_PrintUnformatted(context) : NULL;
  cJSON_Delete(context);
  if (!text) return ls_fail(error, LS_MEMORY, "%s/run.json: no memory", record->folder);
  fprintf(file, "{\n  \"context\": %s,\n  \"benchmarks\": [", text);
  cJSON_free(text);
  int written = 0;
  for (size_t i = 0; i < count; i++) LS_TRY(write_group(record, &groups[i], &written, error));
  fputs("\n  ]\n}\n", file);
  return LS_OK;
}
