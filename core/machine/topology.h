/* What hwloc knows of the machine. */
#ifndef LS_MACHINE_TOPOLOGY_H
#define LS_MACHINE_TOPOLOGY_H

#include "machine/processors.h"

struct cJSON;

/* Adds hwloc, packages, cores, numa_nodes and caches to the object; null without hwloc. */
void ls_topology_describe(struct cJSON *machine);

/* Cores, packages and NUMA nodes of place->processors, and what the node has; leaves all as it is
 * without hwloc. */
void ls_topology_locate(ls_place *place);

#endif
