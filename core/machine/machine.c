#define _GNU_SOURCE
#include "machine/machine.h"

#include "base/isa.h"
#include "machine/processors.h"
#include "machine/topology.h"

#include <cjson/cJSON.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The first line of a file, without its end; empty if there is none. */
static void first_line(const char *path, char *line, size_t length) {
  line[0] = 0;
  FILE *file = fopen(path, "r");
  if (!file) return;
  if (!fgets(line, (int)length, file)) line[0] = 0;
  line[strcspn(line, "\n")] = 0;
  fclose(file);
}

static void cpu_model(char *model, size_t length) {
  model[0] = 0;
  FILE *file = fopen("/proc/cpuinfo", "r");
  if (!file) return;
  char line[512];
  while (!model[0] && fgets(line, sizeof line, file)) {
    char *colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) != 0 || !colon) continue;
    colon[1 + strcspn(colon + 1, "\n")] = 0;
    snprintf(model, length, "%s", colon + 1 + strspn(colon + 1, " \t"));
  }
  fclose(file);
}

/* "always [madvise] never": the word in brackets. */
static void chosen_word(char *line) {
  char *open = strchr(line, '[');
  if (!open) return;
  size_t length = strcspn(open + 1, "]");
  memmove(line, open + 1, length);
  line[length] = 0;
}

static void instruction_sets(char *list, size_t length) {
  snprintf(list, length, "baseline");
#if defined __x86_64__ || defined __i386__
  snprintf(list, length, "%s%s%s%s", __builtin_cpu_supports("sse4.2") ? "sse4.2" : "baseline",
           __builtin_cpu_supports("avx2") ? " avx2" : "",
           __builtin_cpu_supports("fma") ? " fma" : "",
           __builtin_cpu_supports("avx512f") ? " avx512f" : "");
#endif
}

/* Those for which kernels are built apart: "baseline avx2". */
static void kernel_sets(char *list, size_t length) {
  size_t used = 0;
  for (int isa = 0; isa < LS_ISA_COUNT && used < length; isa++)
    if (ls_isa_runs((ls_isa)isa))
      used += (size_t)snprintf(list + used, length - used, "%s%s", used ? " " : "",
                               ls_isa_name((ls_isa)isa));
}

static void add_text(cJSON *object, const char *key, const char *text) {
  if (*text)
    cJSON_AddStringToObject(object, key, text);
  else
    cJSON_AddNullToObject(object, key);
}

static void add_file(cJSON *object, const char *key, const char *path) {
  char line[256];
  first_line(path, line, sizeof line);
  chosen_word(line);
  add_text(object, key, line);
}

void ls_machine_name(char *name, size_t length) {
  struct utsname system;
  snprintf(name, length, "%s", uname(&system) ? "machine" : system.nodename);
  name[strcspn(name, ".")] = 0;
  for (char *c = name; *c; c++)
    if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_') *c = '_';
  if (!*name) snprintf(name, length, "machine");
}

ls_status ls_machine_describe(cJSON **out, ls_error *error) {
  cJSON *machine = *out = cJSON_CreateObject();
  if (!machine) return ls_fail(error, LS_MEMORY, "no memory to describe the machine");
  char text[512];
  struct utsname system;
  ls_machine_name(text, sizeof text);
  add_text(machine, "host", text);
  snprintf(text, sizeof text, "%s", "");
  if (!uname(&system))
    snprintf(text, sizeof text, "%s %s %s", system.sysname, system.release, system.machine);
  add_text(machine, "kernel", text);
  cpu_model(text, sizeof text);
  add_text(machine, "cpu", text);
  instruction_sets(text, sizeof text);
  add_text(machine, "instruction_sets", text);
  kernel_sets(text, sizeof text);
  add_text(machine, "isa", text);
  cJSON_AddNumberToObject(machine, "processing_units", (double)sysconf(_SC_NPROCESSORS_ONLN));
  cJSON_AddNumberToObject(machine, "memory_bytes",
                          (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE));
  ls_topology_describe(machine);
  add_file(machine, "smt", "/sys/devices/system/cpu/smt/control");
  add_file(machine, "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  add_file(machine, "transparent_huge_pages", "/sys/kernel/mm/transparent_hugepage/enabled");
  ls_processor_set processors;
  ls_machine_processors(&processors);
  ls_set_list(&processors, text, sizeof text);
  add_text(machine, "binding", text);
  return LS_OK;
}
