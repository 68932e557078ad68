/* The sum of all ranks' gradients, sent while the backward pass still computes.
 *
 * The gradient arena is cut into buckets of whole layers, last layer first: the order in which the
 * backward pass finishes them. With overlap a thread of its own sends a bucket as soon as this
 * rank's part of it is complete; it sleeps while it waits. Without, they are sent one after the
 * other at the end of the step.
 *
 * reproducible: in the order of slot_sum.h; each rank sums its N-th part of a bucket and shares it.
 *   The same bits for any number of ranks.
 * float: MPI_Allreduce, in whatever order it takes.
 *
 * A step: begin; for each own slot with an image: slot, then layer_done for each layer as backward
 * finishes it; finish. All ranks together, also those without an image. */
#ifndef LS_TRAIN_REDUCTION_H
#define LS_TRAIN_REDUCTION_H

#include "backends/block.h"
#include "comm/comm.h"
#include "network/spec.h"
#include "train/sharing.h"

typedef enum ls_reduction_kind { LS_REDUCTION_REPRODUCIBLE, LS_REDUCTION_FLOAT } ls_reduction_kind;

typedef struct ls_reduction ls_reduction;

/* sharing: who has which slots; copied. home: the memory that slots are in; a rank sums its own
 * slots there, and only whole nodes come to plain memory. overlap asks for the thread: it is not
 * made for one rank, nor where MPI does not serve threads (ls_reduction_overlaps tells). Returns
 * LS_OK, LS_MEMORY or LS_COMM, the same on every rank. */
ls_status ls_reduction_new(ls_reduction_kind kind, int overlap, const ls_network_spec *spec,
                           const ls_sharing *sharing, ls_block_home home, ls_comm *comm,
                           ls_reduction **reduction, ls_error *error);
void ls_reduction_free(ls_reduction *reduction); /* all ranks together; NULL is allowed */

int ls_reduction_overlaps(const ls_reduction *reduction);

/* Step number step of the sharing. */
void ls_reduction_begin(ls_reduction *reduction, size_t step);

/* Where the gradient of the next own slot is to be added: zeros, in arena order, a block of home. A
 * failure of the device shows in ls_reduction_finish. */
float *ls_reduction_slot(ls_reduction *reduction);

/* The current slot's gradient of this layer is complete; layers come in falling order. */
void ls_reduction_layer_done(ls_reduction *reduction, int layer);

/* This rank cannot finish its slots: the other ranks get something all the same and do not hang.
 * What finish then gives is of no use. */
void ls_reduction_abandon(ls_reduction *reduction);

/* Waits for the sum. *gradients, plain memory, stays valid until the next begin.
 * communication_seconds: from when each bucket was sent to when its sum was there, hidden behind
 * the backward pass or not. */
ls_status ls_reduction_finish(ls_reduction *reduction, const float **gradients,
                              double *communication_seconds, ls_error *error);

#endif
