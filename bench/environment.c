#define _POSIX_C_SOURCE 200809L
#include "bench/environment.h"

#include "backends/registry.h"
#include "build_facts.h"
#include "datasets/display/thumbnail.h"
#include "datasets/libraries.h"
#include "machine/machine.h"
#include "store/store.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#ifdef _OPENMP
#include <omp.h>
#endif

const char *ls_revision(void) {
  return LS_BUILD_REVISION;
}

void ls_environment_program(cJSON *program) {
  cJSON_AddStringToObject(program, "name", "larscale");
  cJSON_AddStringToObject(program, "version", LS_BUILD_VERSION);
  cJSON_AddStringToObject(program, "revision", ls_revision());
  cJSON_AddStringToObject(program, "compiler", LS_BUILD_COMPILER);
  cJSON_AddStringToObject(program, "flags", LS_BUILD_FLAGS);
  cJSON_AddStringToObject(program, "build_type", LS_BUILD_TYPE);
}

static void add_libraries(cJSON *environment) {
  cJSON *libraries = cJSON_AddObjectToObject(environment, "libraries");
  char text[64];
#ifdef _OPENMP
  snprintf(text, sizeof text, "%d", _OPENMP);
  cJSON_AddStringToObject(libraries, "openmp", text);
#else
  cJSON_AddStringToObject(libraries, "openmp", "none");
#endif
  cJSON_AddStringToObject(libraries, "mpi", ls_comm_library());
  cJSON_AddStringToObject(libraries, "hdf5", ls_datasets_hdf5_library());
  cJSON_AddStringToObject(libraries, "png", ls_thumbnail_library());
  cJSON_AddStringToObject(libraries, "compression", ls_store_codec_library());
  cJSON_AddStringToObject(libraries, "cuda", LS_BUILD_CUDA);
  cJSON_AddStringToObject(libraries, "cudnn_headers", LS_BUILD_CUDNN);
  cJSON_AddStringToObject(libraries, "google_benchmark", LS_BUILD_BENCHMARK);
  cJSON_AddStringToObject(libraries, "cjson", cJSON_Version());
  snprintf(text, sizeof text, "%u.%u.%u", XXH_versionNumber() / 10000,
           XXH_versionNumber() / 100 % 100, XXH_versionNumber() % 100);
  cJSON_AddStringToObject(libraries, "xxhash", text);
}

static void add_text(cJSON *entry, const char *name, const char *text) {
  if (*text) cJSON_AddStringToObject(entry, name, text);
}

static void add_devices(const ls_backend *backend, cJSON *entry) {
  cJSON *devices = cJSON_AddArrayToObject(entry, "devices");
  for (int i = 0; i < backend->device_count(); i++) {
    ls_device_facts facts = {.memory_bytes = 0};
    cJSON *device = cJSON_CreateObject();
    if (!device || !cJSON_AddItemToArray(devices, device)) return;
    if (backend->device_facts)
      backend->device_facts(i, &facts);
    else
      backend->device_name(i, facts.name, sizeof facts.name);
    cJSON_AddNumberToObject(device, "device", i);
    add_text(device, "name", facts.name);
    if (facts.memory_bytes > 0) cJSON_AddNumberToObject(device, "memory_bytes", facts.memory_bytes);
    add_text(device, "compute_capability", facts.capability);
    add_text(device, "driver", facts.driver);
    add_text(device, "runtime", facts.runtime);
    cJSON_AddBoolToObject(device, "usable", !*facts.problem);
    add_text(device, "problem", facts.problem);
  }
}

static void add_answers(cJSON *entry, const ls_backend *backend) {
  char text[256] = "";
  int available = !backend->available || backend->available(text, sizeof text);
  cJSON_AddBoolToObject(entry, "available", available);
  if (!available) cJSON_AddStringToObject(entry, "reason", text);
  backend->version(text, sizeof text);
  cJSON_AddStringToObject(entry, "version", text);
  if (available && backend->device_count) add_devices(backend, entry);
}

/* used: NULL asks every backend whether it can run here and for its version; else those that open
 * large libraries to know are asked only if they are this one. */
static void add_backends(cJSON *environment, const ls_backend *used) {
  cJSON *backends = cJSON_AddArrayToObject(environment, "backends");
  for (int i = 0; ls_backend_at(i); i++) {
    const ls_backend *backend = ls_backend_at(i);
    cJSON *entry = cJSON_CreateObject(), *variants;
    if (!entry || !cJSON_AddItemToArray(backends, entry)) return;
    cJSON_AddStringToObject(entry, "name", backend->name);
    cJSON_AddStringToObject(entry, "summary", backend->summary);
    if (backend->emulated) cJSON_AddBoolToObject(entry, "emulated", 1);
    if (used && used != backend && backend->opens_libraries)
      cJSON_AddNullToObject(entry, "available");
    else
      add_answers(entry, backend);
    variants = cJSON_AddArrayToObject(entry, "variants");
    for (int v = 0; backend->variants[v]; v++)
      cJSON_AddItemToArray(variants, cJSON_CreateString(backend->variants[v]));
  }
  for (int i = 0; ls_backend_absent_at(i); i++) {
    cJSON *entry = cJSON_CreateObject();
    if (!entry || !cJSON_AddItemToArray(backends, entry)) return;
    cJSON_AddStringToObject(entry, "name", ls_backend_absent_at(i)->name);
    cJSON_AddBoolToObject(entry, "available", 0);
    cJSON_AddStringToObject(entry, "reason", ls_backend_absent_at(i)->needs);
  }
}

/* Variables that change speed or placement; nothing else of the environment is recorded. */
static void add_variables(cJSON *environment) {
  static const char *const names[] = {"OMP_NUM_THREADS",
                                      "OMP_PROC_BIND",
                                      "OMP_PLACES",
                                      "OMP_WAIT_POLICY",
                                      "OMP_DYNAMIC",
                                      "GOMP_SPINCOUNT",
                                      "LARSCALE_RESTARTED",
                                      "GOMP_CPU_AFFINITY",
                                      "OPENBLAS_CORETYPE",
                                      "OPENBLAS_NUM_THREADS",
                                      "DNNL_MAX_CPU_ISA",
                                      "ONEDNN_MAX_CPU_ISA",
                                      "ONEDNN_DEFAULT_FPMATH_MODE",
                                      "BLOSC_NTHREADS",
                                      "MALLOC_ARENA_MAX",
                                      "OMPI_MCA_hwloc_base_binding_policy",
                                      "OMPI_MCA_btl",
                                      "OMPI_MCA_pml",
                                      "OMPI_MCA_btl_tcp_links",
                                      "OMPI_MCA_coll_tuned_use_dynamic_rules",
                                      "OMPI_MCA_coll_tuned_allreduce_algorithm",
                                      "OMPI_MCA_rmaps_base_oversubscribe",
                                      "OMPI_MCA_btl_tcp_if_include"};
  cJSON *variables = cJSON_AddObjectToObject(environment, "variables");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (getenv(names[i])) cJSON_AddStringToObject(variables, names[i], getenv(names[i]));
}

static ls_status describe(cJSON **out, const ls_backend *used, ls_error *error) {
  cJSON *environment = *out = cJSON_CreateObject(), *machine;
  if (!environment) return ls_fail(error, LS_MEMORY, "no memory to describe the environment");
  ls_environment_program(cJSON_AddObjectToObject(environment, "program"));
  ls_status status = ls_machine_describe(&machine, error);
  if (status == LS_OK) cJSON_AddItemToObject(environment, "machine", machine);
  add_libraries(environment);
  add_backends(environment, used);
  add_variables(environment);
  if (status != LS_OK) {
    cJSON_Delete(environment);
    *out = NULL;
  }
  return status;
}

ls_status ls_environment_describe(cJSON **out, ls_error *error) {
  return describe(out, NULL, error);
}

static void add_data(const ls_job *job, const char *checksum, cJSON *environment) {
  cJSON *data = cJSON_AddObjectToObject(environment, "data");
  cJSON *files = cJSON_AddArrayToObject(data, "files");
  const ls_dataset *dataset = job->events.dataset;
  cJSON *image = cJSON_AddObjectToObject(environment, "image");
  if (!dataset) { /* made-up images alone */
    cJSON_AddNumberToObject(data, "events", 0);
    cJSON_AddNumberToObject(image, "size", job->spec.height);
    return;
  }
  for (size_t i = 0; i < ls_dataset_file_count(dataset); i++)
    cJSON_AddItemToArray(files, cJSON_CreateString(ls_dataset_file(dataset, i)));
  cJSON_AddNumberToObject(data, "events", (double)ls_dataset_count(dataset));
  ls_geometry geometry = ls_dataset_geometry(dataset);
  cJSON_AddNumberToObject(data, "planes", geometry.planes);
  cJSON_AddNumberToObject(data, "ticks", geometry.rows);
  cJSON_AddNumberToObject(data, "wires", geometry.columns);
  if (checksum) cJSON_AddStringToObject(data, "image_checksum", checksum);
  const ls_image_policy *policy = &job->events.policy;
  cJSON_AddStringToObject(
      image, "plane", policy->plane < 0 ? "all" : (const char *[]){"U", "V", "Y"}[policy->plane]);
  cJSON_AddNumberToObject(image, "rebin", policy->rebin);
  cJSON_AddNumberToObject(image, "first_tick", policy->first_tick);
  cJSON_AddNumberToObject(image, "first_wire", policy->first_wire);
  cJSON_AddNumberToObject(image, "size", policy->size);
  cJSON_AddNumberToObject(image, "scale", (double)policy->scale);
}

static void add_network(const ls_network_spec *spec, cJSON *environment) {
  cJSON *network = cJSON_AddObjectToObject(environment, "network");
  cJSON_AddItemToObject(network, "blocks",
                        cJSON_CreateIntArray(spec->block_channels, spec->block_count));
  cJSON_AddItemToObject(network, "dense",
                        cJSON_CreateIntArray(spec->dense_outputs, spec->dense_count));
  cJSON_AddNumberToObject(network, "kernel", spec->kernel);
  cJSON_AddNumberToObject(network, "pool", spec->pool);
  cJSON_AddNumberToObject(network, "planes", spec->planes);
  cJSON_AddNumberToObject(network, "parameters", (double)ls_network_parameter_count(spec));
}

/* Null: not given, the default of --help. */
static cJSON *option_value(const ls_option *o, const ls_settings *settings) {
  const void *field = (const char *)settings + o->offset;
  const char *text = NULL;
  switch (o->kind) {
  case LS_OPTION_FLAG:
    return cJSON_CreateBool(*(const int *)field);
  case LS_OPTION_INTEGER:
    if (*(const long *)field == LS_UNSET) return cJSON_CreateNull();
    return cJSON_CreateNumber((double)*(const long *)field);
  case LS_OPTION_NUMBER:
    if (isnan(*(const double *)field)) return cJSON_CreateNull();
    return cJSON_CreateNumber(*(const double *)field);
  case LS_OPTION_CHOICE:
  case LS_OPTION_TEXT:
    text = *(char *const *)field;
    return text ? cJSON_CreateString(text) : cJSON_CreateNull();
  case LS_OPTION_TEXTS:
    break;
  }
  char *const *const *list = field;
  const size_t *count = (const void *)(list + 1);
  if (!*count) return cJSON_CreateArray();
  return cJSON_CreateStringArray((const char *const *)*list, (int)*count);
}

/* Every option there is, by the tables: none can be forgotten. */
static void add_options(const ls_settings *settings, cJSON *environment) {
  cJSON *options = cJSON_AddObjectToObject(environment, "options");
  for (const ls_option_group *const *group = ls_option_groups; *group; group++)
    for (const ls_option *o = (*group)->options; o->name; o++)
      if (!cJSON_HasObjectItem(options, o->name))
        cJSON_AddItemToObject(options, o->name, option_value(o, settings));
}

ls_status ls_environment_of_run(const ls_settings *settings, const ls_job *job, const ls_comm *comm,
                                const char *kernels, const char *data_checksum, cJSON **out,
                                ls_error *error) {
  LS_TRY(describe(out, job->backend, error));
  cJSON *environment = *out;
  char text[64];
  time_t now = time(NULL);
  struct tm parts;
  gmtime_r(&now, &parts);
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  cJSON_AddStringToObject(environment, "time_utc", text);
  cJSON_AddItemToObject(
      environment, "command_line",
      cJSON_CreateStringArray(settings->command_line, settings->command_line_count));
  cJSON_AddNumberToObject(environment, "ranks", ls_comm_size(comm));
  cJSON_AddNumberToObject(environment, "threads", job->options.threads);
  ls_launch_record(&job->launch, environment);
  cJSON_AddStringToObject(environment, "backend", job->backend_name);
  if (kernels) cJSON_AddStringToObject(environment, "kernels", kernels);
  add_options(settings, environment);
  add_data(job, data_checksum, environment);
  add_network(&job->spec, environment);
  return LS_OK;
}
