/* Memory of one node, without MPI; for core/comm alone. */
#ifndef LS_COMM_NODE_MEMORY_H
#define LS_COMM_NODE_MEMORY_H

#include "base/status.h"

#include <stddef.h>

/* Whether so much shared memory can be had: LS_OK, LS_MEMORY, LS_UNAVAILABLE or LS_USAGE, see
 * ls_node_allocate. */
ls_status ls_node_memory_check(size_t bytes, const char *what, ls_error *error);

/* Memory of this process alone that takes no room until it is touched. LS_OK or LS_MEMORY. */
ls_status ls_node_memory_map(size_t bytes, const char *what, void **block, ls_error *error);
void ls_node_memory_unmap(void *block, size_t bytes);

#endif
