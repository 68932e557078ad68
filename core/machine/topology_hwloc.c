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

/* A process may be confined to a part of the node that another does not see; with all of the node
 * in view a core has the same number in both. */
static int load_whole_node(hwloc_topology_t *topology) {
  if (hwloc_topology_init(topology)) return -1;
  if (!hwloc_topology_set_flags(*topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) &&
      !hwloc_topology_load(*topology))
    return 0;
  hwloc_topology_destroy(*topology);
  return -1;
}

/* Number of objects of a type that the set touches; numbers (NULL: not wanted) gets theirs. */
static int count_touched(hwloc_topology_t topology, hwloc_obj_type_t type, hwloc_const_cpuset_t set,
                         ls_processor_set *numbers) {
  int count = 0;
  for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(topology, type, o));) {
    if (!hwloc_bitmap_intersects(o->cpuset, set)) continue;
    count++;
    if (numbers) ls_set_add(numbers, (int)o->logical_index);
  }
  return count;
}

void ls_topology_locate(ls_place *place) {
  hwloc_topology_t topology;
  if (load_whole_node(&topology)) return;
  hwloc_bitmap_t mine = hwloc_bitmap_alloc();
  for (unsigned w = 0; mine && w < LS_SET_WORDS; w++)
    hwloc_bitmap_set_ith_ulong(mine, w, place->processors.words[w]);
  ls_processor_set cores = {0};
  /* Some virtual machines have no cores: then what was there before is as good as it gets. */
  if (mine && count_touched(topology, HWLOC_OBJ_CORE, mine, &cores)) {
    hwloc_const_cpuset_t allowed = hwloc_topology_get_allowed_cpuset(topology);
    place->cores = cores;
    place->node_processors = hwloc_bitmap_weight(allowed);
    place->node_cores = count_touched(topology, HWLOC_OBJ_CORE, allowed, NULL);
    place->packages = count_touched(topology, HWLOC_OBJ_PACKAGE, mine, NULL);
    place->numa_nodes = count_touched(topology, HWLOC_OBJ_NUMANODE, mine, NULL);
  }
  hwloc_bitmap_free(mine);
  hwloc_topology_destroy(topology);
}
