/* The checkpoints in a folder, by name: which there are, and which go. */
#ifndef LS_TRAIN_CHECKPOINT_FOLDER_H
#define LS_TRAIN_CHECKPOINT_FOLDER_H

#include "train/checkpoint.h"

enum { LS_CHECKPOINT_NAME = 64 };

typedef struct ls_checkpoint_entry {
  uint64_t number;
  char name[LS_CHECKPOINT_NAME];
} ls_checkpoint_entry;

typedef struct ls_checkpoint_list {
  size_t count;
  ls_checkpoint_entry *entries; /* newest first; free() it */
} ls_checkpoint_list;

/* LS_IO if the folder cannot be read, LS_USAGE if its name is too long, LS_MEMORY; nothing to free
 * then. No checkpoint in it is no failure. */
ls_status ls_checkpoint_find(const char *folder, ls_checkpoint_list *list, ls_error *error);

/* Name of a checkpoint that comes after all of the list. LS_IO if there is no higher number. */
ls_status ls_checkpoint_next_name(const ls_checkpoint_list *list, const char *folder,
                                  uint64_t total_steps, char name[LS_CHECKPOINT_NAME],
                                  ls_error *error);

/* Path of this process' folder for what is not whole yet, without any '/' at its end. */
void ls_checkpoint_partial_path(const char *folder, char path[LS_CHECKPOINT_PATH]);

/* Removes every .partial- folder with the files in it: what deaths have left. LS_IO. */
ls_status ls_checkpoint_sweep(const char *folder, ls_error *error);

/* Keeps the newest checkpoint, which is known to be whole, the next one that is, and any between
 * them that cannot be read now; removes the others, damaged ones too. LS_IO or LS_MEMORY. */
ls_status ls_checkpoint_prune(const char *folder, ls_error *error);

#endif
