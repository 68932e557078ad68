/* state.json of a checkpoint: its text and back. Every byte is covered by a checksum, which is the
 * first member of the object. */
#ifndef LS_TRAIN_CHECKPOINT_STATE_H
#define LS_TRAIN_CHECKPOINT_STATE_H

#include "train/checkpoint.h"

struct cJSON;

enum { LS_CHECKPOINT_WEIGHTS, LS_CHECKPOINT_OPTIMIZER, LS_CHECKPOINT_FILES };
extern const char *const ls_checkpoint_file_names[LS_CHECKPOINT_FILES];

/* checksum: XXH64 with seed 0. */
typedef struct ls_checkpoint_file {
  uint64_t bytes, checksum;
} ls_checkpoint_file;

/* Release with ls_checkpoint_content_destroy (harmless on a zeroed one). */
typedef struct ls_checkpoint_content {
  ls_checkpoint_state state;
  uint64_t parameters_checksum; /* XXH64 of the arena, whatever the file around it */
  ls_checkpoint_file files[LS_CHECKPOINT_FILES];
  struct cJSON *facts; /* object of texts, in their order; owned */
} ls_checkpoint_content;
void ls_checkpoint_content_destroy(ls_checkpoint_content *content);

/* Sets facts to those of the checkpoint. LS_MEMORY, or LS_INTERNAL for a name given twice. */
ls_status ls_checkpoint_set_facts(ls_checkpoint_content *content, const ls_checkpoint *checkpoint,
                                  ls_error *error);

/* LS_MISMATCH naming all facts that differ. path: of the checkpoint, for messages. */
ls_status ls_checkpoint_check_facts(const ls_checkpoint_content *content, const char *path,
                                    const ls_checkpoint *checkpoint, ls_error *error);

/* free() the text; NULL if there is no memory. */
char *ls_checkpoint_text(const ls_checkpoint_content *content);

/* text: terminated, length bytes before that. path: the file's name, for messages. LS_FORMAT (not
 * as it was written), LS_MISMATCH (another version's). *content is zeroed on failure. */
ls_status ls_checkpoint_parse(const char *path, const char *text, size_t length,
                              ls_checkpoint_content *content, ls_error *error);

#endif
