/* One copy of the events on each node instead of one share in each rank. */
#ifndef LS_STORE_SHARE_H
#define LS_STORE_SHARE_H

#include "comm/node.h"
#include "store/store.h"

/* Replaces *store, the private store that this rank filled (sealed or not, also empty), by a sealed
 * one over all records that the ranks of its node appended, sorted by event, in memory that they
 * share. All ranks of node's communicator together, all with the same codec.
 *
 * Each rank copies its records at the same time as the others, and frees them as it goes: beyond
 * the shared store itself a node needs the shared index (about 160 bytes for each record; its first
 * rank the same again while it sorts) and a sixteenth of each private store.
 *
 * On failure *store is as before (but for LS_COMM) and may be sealed and used as a private one:
 * that is for the caller to decide. All ranks get the same error: LS_MEMORY or LS_UNAVAILABLE (see
 * ls_node_allocate), LS_MISMATCH (an event was appended on two ranks of the node, or codecs differ)
 * or LS_COMM.
 *
 * The statistics are those of the node, but get_seconds, which is this rank's. Free the new store
 * with ls_store_free as ever, which waits for nobody; the memory is freed by ls_node_free, later.
 */
ls_status ls_store_share(ls_store **store, ls_node *node, ls_error *error);

#endif
