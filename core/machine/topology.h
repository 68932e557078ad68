/* What hwloc knows of the machine. */
#ifndef LS_MACHINE_TOPOLOGY_H
#define LS_MACHINE_TOPOLOGY_H

struct cJSON;

/* Adds hwloc, packages, cores, numa_nodes and caches to the object; null without hwloc. */
void ls_topology_describe(struct cJSON *machine);

#endif
