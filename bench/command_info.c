/* larscale info: what this machine and this build are, for people and, with --json, for programs.
 */
#include "backends/registry.h"
#include "bench/backend_kernels.h"
#include "bench/command.h"
#include "bench/environment.h"
#include "bench/json_output.h"
#include "machine/machine.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

static void print_value(const char *indent, const cJSON *item) {
  printf("%s%-22s ", indent, item->string);
  if (cJSON_IsString(item))
    printf("%s\n", item->valuestring);
  else if (cJSON_IsNumber(item))
    printf("%.15g\n", item->valuedouble);
  else
    puts("not known");
}

static void print_section(const char *title, const cJSON *section) {
  printf("%s\n", title);
  for (const cJSON *item = section->child; item; item = item->next)
    if (!cJSON_IsArray(item)) print_value("  ", item);
}

static void print_caches(const cJSON *machine) {
  const cJSON *caches = cJSON_GetObjectItem(machine, "caches");
  for (const cJSON *cache = caches->child; cache; cache = cache->next)
    printf("  cache level %-10.0f %.0f KiB, shared by %.0f processing units\n",
           cJSON_GetObjectItem(cache, "level")->valuedouble,
           cJSON_GetObjectItem(cache, "bytes")->valuedouble / 1024,
           cJSON_GetObjectItem(cache, "processing_units")->valuedouble);
}

/* Kernels of each variant for the network of the options, or why there are none: kernels, an object
 * of texts by variant, and refused. */
static void add_kernels(const ls_settings *settings, const ls_network_spec *spec,
                        const ls_backend *backend, cJSON *entry) {
  cJSON *kernels = cJSON_AddObjectToObject(entry, "kernels");
  for (int v = 0; backend->variants[v]; v++) {
    char name[64], text[4096];
    ls_error refusal = {0};
    ls_backend_choice choice;
    snprintf(name, sizeof name, "%s:%s", backend->name, backend->variants[v]);
    ls_status status = ls_backend_from_text(settings, name, &choice, &refusal);
    choice.options.threads = ls_machine_processor_count();
    if (status == LS_OK) status = ls_backend_kernels(&choice, spec, text, sizeof text, &refusal);
    if (status == LS_OK)
      cJSON_AddStringToObject(kernels, backend->variants[v], text);
    else
      cJSON_AddStringToObject(entry, "refused", refusal.message);
    if (status != LS_OK) return;
  }
}

static ls_status add_all_kernels(const ls_settings *settings, cJSON *environment, ls_error *error) {
  int size = settings->size == LS_UNSET ? 3600 : (int)settings->size;
  ls_network_spec spec = ls_network_study(size, 1);
  if (settings->network) LS_TRY(ls_network_read(&spec, settings->network, error));
  spec.height = spec.width = size;
  LS_TRY(ls_network_check(&spec, error));
  cJSON *backends = cJSON_GetObjectItem(environment, "backends");
  for (cJSON *entry = backends->child; entry; entry = entry->next) {
    if (!cJSON_IsTrue(cJSON_GetObjectItem(entry, "available"))) continue;
    const ls_backend *backend;
    LS_TRY(ls_backend_find(cJSON_GetObjectItem(entry, "name")->valuestring, &backend, error));
    add_kernels(settings, &spec, backend, entry);
  }
  return LS_OK;
}

/* "conv1: ..; conv2: ..": a line for each layer. */
static void print_kernels(const char *variant, const char *text) {
  printf("  %-22s %s\n", "", variant);
  for (size_t length; *text; text += length + (text[length] ? 2 : 0)) {
    length = strcspn(text, ";");
    printf("  %-22s   %.*s\n", "", (int)length, text);
  }
}

/* "device 0: NAME, 80.0 GB, compute capability 9.0, driver CUDA 13.0, runtime CUDA 13.0" */
static void print_device(const cJSON *device) {
  static const char *const facts[][2] = {{"compute_capability", "compute capability"},
                                         {"driver", "driver CUDA"},
                                         {"runtime", "runtime CUDA"},
                                         {"problem", "cannot be used:"}};
  const cJSON *memory = cJSON_GetObjectItem(device, "memory_bytes");
  printf("  %-22s device %.0f: %s", "", cJSON_GetObjectItem(device, "device")->valuedouble,
         cJSON_GetObjectItem(device, "name")->valuestring);
  if (memory) printf(", %.1f GB", memory->valuedouble / 1e9);
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
    const cJSON *fact = cJSON_GetObjectItem(device, facts[i][0]);
    if (fact) printf(", %s %s", facts[i][1], fact->valuestring);
  }
  puts("");
}

static void print_backends(const cJSON *backends) {
  puts("backends");
  for (const cJSON *backend = backends->child; backend; backend = backend->next) {
    const char *name = cJSON_GetObjectItem(backend, "name")->valuestring;
    if (!cJSON_IsTrue(cJSON_GetObjectItem(backend, "available"))) {
      printf("  %-22s %s%s\n", name,
             cJSON_HasObjectItem(backend, "version") ? "cannot be used here: "
                                                     : "not built: needs ",
             cJSON_GetObjectItem(backend, "reason")->valuestring);
      continue;
    }
    printf("  %-22s %s\n", name, cJSON_GetObjectItem(backend, "summary")->valuestring);
    printf("  %-22s %s\n", "", cJSON_GetObjectItem(backend, "version")->valuestring);
    const cJSON *devices = cJSON_GetObjectItem(backend, "devices");
    for (const cJSON *d = devices ? devices->child : NULL; d; d = d->next) print_device(d);
    const cJSON *kernels = cJSON_GetObjectItem(backend, "kernels");
    for (const cJSON *variant = kernels->child; variant; variant = variant->next)
      print_kernels(variant->string, variant->valuestring);
    const cJSON *refused = cJSON_GetObjectItem(backend, "refused");
    if (refused) printf("  %-22s refused: %s\n", "", refused->valuestring);
  }
}

static void print_environment(const cJSON *environment) {
  print_section("program", cJSON_GetObjectItem(environment, "program"));
  print_section("machine", cJSON_GetObjectItem(environment, "machine"));
  print_caches(cJSON_GetObjectItem(environment, "machine"));
  print_section("libraries", cJSON_GetObjectItem(environment, "libraries"));
  print_backends(cJSON_GetObjectItem(environment, "backends"));
  const cJSON *variables = cJSON_GetObjectItem(environment, "variables");
  if (variables->child) print_section("variables", variables);
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  (void)comm;
  cJSON *environment;
  LS_TRY(ls_environment_describe(&environment, error));
  ls_status status = add_all_kernels(settings, environment, error);
  if (status == LS_OK && settings->json) return ls_json_print(environment, error);
  if (status == LS_OK) print_environment(environment);
  cJSON_Delete(environment);
  return status;
}

const ls_command ls_command_info = {
    .name = "info",
    .summary = "this machine, this build: topology, libraries, backends",
    .details =
        "Prints what a result on this machine would depend on: processors, caches, binding in\n"
        "force, libraries with versions, instruction sets that run here, and of each backend's\n"
        "variant the kernels that it chooses for a network: by default the study's, 3600 x 3600,\n"
        "one plane. A backend that cannot be used, or refuses a setting, is listed with the "
        "reason.",
    .example = "  larscale info --json\n  larscale info --isa avx2 --size 640",
    .run = run,
    .groups = {&ls_options_info},
};
