#include "machine/topology.h"

#include <cjson/cJSON.h>
#include <hwloc.h>
#include <stdio.h>

static void add_count(cJSON *machine, const char *key, hwloc_topology_t topology,
                      hwloc_obj_type_t type) {
  int count = hwloc_get_nbobjs_by_type(topology, type);
  if (count > 0)
    cJSON_AddNumberToObject(machine, key, count);
  else
    cJSON_AddNullToObject(machine, key);
}

/* One entry for each level: the first cache of that level; machines with unlike caches exist, but
 * their second kind adds nothing that a reader of results would use. */
static void add_caches(cJSON *machine, hwloc_topology_t topology) {
  static const hwloc_obj_type_t types[] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE};
  cJSON *caches = cJSON_AddArrayToObject(machine, "caches");
  for (int level = 1; level <= 3; level++) {
    hwloc_obj_t cache = hwloc_get_obj_by_type(topology, types[level - 1], 0);
    cJSON *entry = cache ? cJSON_CreateObject() : NULL;
    if (!entry || !cJSON_AddItemToArray(caches, entry)) continue;
    cJSON_AddNumberToObject(entry, "level", level);
    cJSON_AddNumberToObject(entry, "bytes", (double)cache->attr->cache.size);
    cJSON_AddNumberToObject(entry, "processing_units", hwloc_bitmap_weight(cache->cpuset));
  }
}

static void add_version(cJSON *machine) {
  unsigned version = hwloc_get_api_version();
  char text[32];
  snprintf(text, sizeof text, "%u.%u.%u", version >> 16, version >> 8 & 0xff, version & 0xff);
  cJSON_AddStringToObject(machine, "hwloc", text);
}

void ls_topology_describe(cJSON *machine) {
  add_version(machine);
  hwloc_topology_t topology;
  if (hwloc_topology_init(&topology)) return;
  if (!hwloc_topology_load(topology)) {
    add_count(machine, "packages", topology, HWLOC_OBJ_PACKAGE);
    add_count(machine, "cores", topology, HWLOC_OBJ_CORE);
    add_count(machine, "numa_nodes", topology, HWLOC_OBJ_NUMANODE);
    add_caches(machine, topology);
  }
  hwloc_topology_destroy(topology);
}
