/* Threads of a thread block as fibres: each has a stack of its own and runs until it waits. */
#ifndef LS_BACKENDS_CUDA_EMULATION_FIBRES_H
#define LS_BACKENDS_CUDA_EMULATION_FIBRES_H

namespace ls_emulated {

enum { MOST_THREADS = 1024, WARP = 32 };

void fibre_begin(int fibre, void (*entry)()); /* the next fibre_run calls entry */
void fibre_run(int fibre);                    /* until it leaves or entry returns */
void fibre_leave();                           /* from inside: back to who called fibre_run */

} // namespace ls_emulated

#endif
