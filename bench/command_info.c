/* larscale info: what this machine and this build are, for people and, with --json, for programs.
 */
#include "bench/command.h"
#include "bench/environment.h"
#include "bench/json_output.h"

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

static void print_backends(const cJSON *backends) {
  puts("backends");
  for (const cJSON *backend = backends->child; backend; backend = backend->next) {
    const char *name = cJSON_GetObjectItem(backend, "name")->valuestring;
    if (!cJSON_IsTrue(cJSON_GetObjectItem(backend, "available"))) {
      printf("  %-22s not available: needs %s\n", name,
             cJSON_GetObjectItem(backend, "reason")->valuestring);
      continue;
    }
    printf("  %-22s %s\n", name, cJSON_GetObjectItem(backend, "summary")->valuestring);
    printf("  %-22s %s\n  %-22s variants:", "",
           cJSON_GetObjectItem(backend, "version")->valuestring, "");
    const cJSON *variants = cJSON_GetObjectItem(backend, "variants");
    for (const cJSON *variant = variants->child; variant; variant = variant->next)
      printf(" %s%s", variant->valuestring, variant->next ? "," : "");
    putchar('\n');
  }
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  (void)comm;
  cJSON *environment;
  LS_TRY(ls_environment_describe(&environment, error));
  if (settings->json) return ls_json_print(environment, error);
  print_section("program", cJSON_GetObjectItem(environment, "program"));
  print_section("machine", cJSON_GetObjectItem(environment, "machine"));
  print_caches(cJSON_GetObjectItem(environment, "machine"));
  print_section("libraries", cJSON_GetObjectItem(environment, "libraries"));
  print_backends(cJSON_GetObjectItem(environment, "backends"));
  const cJSON *variables = cJSON_GetObjectItem(environment, "variables");
  if (variables->child) print_section("variables", variables);
  cJSON_Delete(environment);
  return LS_OK;
}

const ls_command ls_command_info = {
    .name = "info",
    .summary = "this machine, this build: topology, libraries, backends",
    .details =
        "Prints what a result on this machine would depend on: processors, caches, binding in\n"
        "force, libraries with versions, backends and the kernels they chose. A backend that\n"
        "cannot be used is listed with the reason.",
    .example = "  larscale info --json",
    .run = run,
    .groups = {&ls_options_info},
};
