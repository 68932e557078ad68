/* Memory of the emulated devices: each block between two pages that nobody may touch. */
#ifndef LS_BACKENDS_CUDA_EMULATION_MEMORY_H
#define LS_BACKENDS_CUDA_EMULATION_MEMORY_H

#include <cstddef>

namespace ls_emulated {

/* nullptr: the system has none. Filled with bytes of which all bits are set. */
void *memory_new(int device, size_t bytes);
bool memory_delete(int device, void *block); /* false: there is no such block */
size_t memory_used(int device);

/* True if all of it lies in one block of the device. */
bool memory_holds(int device, const void *from, size_t bytes);

/* Opens the blocks of a device, and no others, to whoever runs, and closes them again. */
void memory_open(int device);
void memory_close(int device);

/* What was written beside a block, in the rest of its pages: false if nothing was. */
bool memory_is_damaged(int device);

void *pinned_new(size_t bytes);
bool pinned_delete(void *block);
bool pinned_holds(const void *from, size_t bytes);
int pinned_count();

} // namespace ls_emulated

#endif
