/* What must be the same on all ranks. */
#define _POSIX_C_SOURCE 200809L
#include "bench/environment.h"
#include "bench/same_ranks.h"
#include "datasets/paths.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

ls_status ls_same_program(ls_comm *comm, int argc, char **argv, ls_error *error) {
  if (ls_comm_size(comm) == 1) return LS_OK;
  cJSON *facts = cJSON_CreateObject();
  ls_environment_program(facts);
  cJSON_AddStringToObject(facts, "MPI", ls_comm_library());
  for (int i = 1; i < argc; i++) {
    char name[32];
    snprintf(name, sizeof name, "argument %d", i);
    cJSON_AddStringToObject(facts, name, argv[i]);
  }
  return ls_same_facts(comm, facts, "all ranks must run the same program with the same options",
                       error);
}

/* "a/b.h5, 1234 bytes of 2018-07-09T10:00:00Z". Seconds: finer ones get lost in copying. */
static void add_file(cJSON *facts, const char *name, const char *path) {
  struct stat file;
  struct tm parts;
  char text[512], when[32] = "";
  if (stat(path, &file)) return; /* no file, as --labels pdg; what is missing is found later */
  if (gmtime_r(&file.st_mtime, &parts)) strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &parts);
  snprintf(text, sizeof text, "%.400s, %lld bytes of %s", path, (long long)file.st_size, when);
  cJSON_AddStringToObject(facts, name, text);
}

static void add_number(cJSON *facts, const char *name, size_t number) {
  char text[32];
  snprintf(text, sizeof text, "%zu", number);
  cJSON_AddStringToObject(facts, name, text);
}

static void add_numbered_file(cJSON *facts, const char *set, size_t number, const char *path) {
  char name[64];
  snprintf(name, sizeof name, "%s file %zu", set, number + 1);
  add_file(facts, name, path);
}

static void add_model(const ls_job *job, cJSON *facts) {
  char text[512];
  job->backend->version(text, sizeof text);
  cJSON_AddStringToObject(facts, "backend", job->backend_name);
  cJSON_AddStringToObject(facts, "backend version", text);
  const ls_network_spec *n = &job->spec;
  int used = snprintf(text, sizeof text, "kernel %d, pool %d, blocks", n->kernel, n->pool);
  for (int b = 0; b < n->block_count; b++)
    used += snprintf(text + used, sizeof text - (size_t)used, " %d", n->block_channels[b]);
  used += snprintf(text + used, sizeof text - (size_t)used, ", dense");
  for (int d = 0; d < n->dense_count; d++)
    used += snprintf(text + used, sizeof text - (size_t)used, " %d", n->dense_outputs[d]);
  cJSON_AddStringToObject(facts, "network", text);
}

static void add_data(const ls_job *job, cJSON *facts) {
  const ls_dataset *dataset = job->events.dataset;
  const ls_image_policy *p = &job->events.policy;
  size_t files = ls_dataset_file_count(dataset);
  char text[256];
  snprintf(text, sizeof text, "plane %d, rebin %d, window %d %d, size %d, scale %.9g", p->plane,
           p->rebin, p->first_tick, p->first_wire, p->size, (double)p->scale);
  add_number(facts, "number of data files", files);
  add_number(facts, "number of events", ls_dataset_count(dataset));
  cJSON_AddStringToObject(facts, "image policy", text);
  for (size_t i = 0; i < files; i++)
    add_numbered_file(facts, "data", i, ls_dataset_file(dataset, i));
}

static ls_status add_validation(const ls_settings *settings, cJSON *facts, ls_error *error) {
  ls_paths paths = {0};
  ls_status status = LS_OK;
  for (size_t i = 0; status == LS_OK && i < settings->validation_count; i++)
    status = ls_paths_add(&paths, settings->validation[i], error);
  if (status == LS_OK) add_number(facts, "number of validation files", paths.count);
  for (size_t i = 0; status == LS_OK && i < paths.count; i++)
    add_numbered_file(facts, "validation", i, paths.file[i]);
  ls_paths_destroy(&paths);
  return status;
}

ls_status ls_same_input(ls_comm *comm, const ls_settings *settings, const ls_job *job,
                        ls_error *error) {
  if (ls_comm_size(comm) == 1) return LS_OK;
  cJSON *facts = cJSON_CreateObject();
  add_model(job, facts);
  add_data(job, facts);
  if (settings->labels) add_file(facts, "labels file", settings->labels);
  if (settings->weights) add_file(facts, "weights file", settings->weights);
  ls_status status = ls_comm_agree(comm, add_validation(settings, facts, error), error);
  if (status != LS_OK) {
    cJSON_Delete(facts);
    return status;
  }
  return ls_same_facts(
      comm, facts, "all ranks must see the same files; copies keep their times with cp -p", error);
}
