/* Checksums of a checkpoint's files. */
#ifndef LS_TRAIN_CHECKPOINT_FILES_H
#define LS_TRAIN_CHECKPOINT_FILES_H

#include "train/checkpoint_state.h"

/* Size and checksum of what is in a file. LS_FORMAT (it is missing), LS_IO or LS_MEMORY. */
ls_status ls_checkpoint_sum_file(const char *path, ls_checkpoint_file *sum, ls_error *error);

/* Writes count floats of each array that is not NULL, one after the other. */
ls_status ls_checkpoint_write_arrays(const char *path, const float *const arrays[2], size_t count,
                                     ls_checkpoint_file *sum, ls_error *error);

/* Reads state.json of the checkpoint at path (a folder) and compares its files with it. LS_FORMAT:
 * damaged for good; LS_IO, LS_MEMORY: cannot be told; LS_MISMATCH: another version's. *content is
 * zeroed on failure. */
ls_status ls_checkpoint_verify(const char *path, ls_checkpoint_content *content, ls_error *error);

#endif
