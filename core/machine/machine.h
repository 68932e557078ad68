/* Facts about the machine that a result depends on, for records and `larscale info`. */
#ifndef LS_MACHINE_MACHINE_H
#define LS_MACHINE_MACHINE_H

#include "base/status.h"

#include <stddef.h>

struct cJSON;

/* JSON object with: host, kernel, cpu, instruction_sets, packages, cores, processing_units,
 * numa_nodes, caches [{level, bytes, processing_units}], memory_bytes, smt, governor,
 * transparent_huge_pages, binding (the processors this process may use, as a list "0-3,8"),
 * hwloc (its version, or null in a build without it: then packages, numa_nodes and caches are
 * null). What the system does not tell is null. The caller frees it with cJSON_Delete. Returns
 * LS_OK or LS_MEMORY. */
ls_status ls_machine_describe(struct cJSON **machine, ls_error *error);

/* The host's name without its domain, of letters that suit a folder's name. */
void ls_machine_name(char *name, size_t length);

#endif
