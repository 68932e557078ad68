/* How tests steer the emulated runtime. The same by environment variables, read at the first use:
 *
 * LARSCALE_EMULATED_DEVICES=2    devices of the node; 0: none
 * LARSCALE_EMULATED_MEMORY=65536 KiB of each; default: 1 GiB
 * LARSCALE_EMULATED_MODE=0       compute mode of the devices, CUDA's number; 2: computing is
 *                                forbidden
 * LARSCALE_EMULATED_ORDER=seed   0: blocks, threads and streams in the order of their numbers; else
 *                                in an order drawn from the seed, another for every launch
 * LARSCALE_EMULATED_FAULT=what:n:error  the n-th (1..) call of this runtime function, or launch of
 *                                this kernel, fails with this error of CUDA (a number) */
#ifndef LS_BACKENDS_CUDA_EMULATION_EMULATION_H
#define LS_BACKENDS_CUDA_EMULATION_EMULATION_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void ls_emulation_set_devices(int devices);
void ls_emulation_set_memory(size_t bytes);
void ls_emulation_set_order(unsigned long long seed);

/* what NULL: no fault. A device that a kernel has failed on stays broken until this is called. */
void ls_emulation_set_fault(const char *what, int call, int error);

/* 1: a launch waits for its kernel, as with CUDA_LAUNCH_BLOCKING=1 in the environment. */
void ls_emulation_set_blocking(int blocking);

/* How often a kernel has run: not when it was launched but when somebody waited for it. */
int ls_emulation_runs(const char *kernel);

/* Bytes of all devices that are allocated now, and blocks of pinned memory, streams and events. */
size_t ls_emulation_device_bytes(void);
int ls_emulation_objects(void);

#ifdef __cplusplus
}
#endif

#endif
