#define _POSIX_C_SOURCE 200809L
#include "train/checkpoint.h"

#include "base/output_file.h"
#include "train/checkpoint_files.h"
#include "train/checkpoint_folder.h"
#include "weights/keras_weights.h"

#include <xxhash.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ls_status make_partial(const char *folder, char path[LS_CHECKPOINT_PATH], ls_error *error) {
  ls_checkpoint_partial_path(folder, path);
  if (!mkdir(path, 0777)) return LS_OK;
  return ls_fail(error, LS_IO, "%s: a checkpoint cannot be written here: %s", folder,
                 strerror(errno));
}

static int is_same_folder(const char *a, const char *b) {
  struct stat x, y;
  return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static ls_status holds_checkpoints(const char *folder, int *holds, ls_error *error) {
  ls_checkpoint_list list;
  LS_TRY(ls_checkpoint_find(folder, &list, error));
  free(list.entries);
  *holds = list.count > 0;
  return LS_OK;
}

ls_status ls_checkpoint_begins_chain(const char *folder, const char *resumed_from, int *begins,
                                     ls_error *error) {
  *begins = 0;
  if (!folder || !is_same_folder(folder, resumed_from)) return LS_OK;
  int holds;
  LS_TRY(holds_checkpoints(folder, &holds, error));
  *begins = !holds;
  return LS_OK;
}

ls_status ls_checkpoint_prepare(const char *folder, const char *resumed_from, ls_error *error) {
  LS_TRY(ls_keras_weights_available(folder, error));
  LS_TRY(ls_make_folder(folder, error));
  int holds;
  LS_TRY(holds_checkpoints(folder, &holds, error));
  if (holds && !(resumed_from && is_same_folder(folder, resumed_from)))
    return ls_fail(error, LS_USAGE,
                   "--checkpoint %s: holds checkpoints already, which would be removed in time; "
                   "go on from them with --resume, or name another folder",
                   folder);
  LS_TRY(ls_checkpoint_sweep(folder, error));
  char path[LS_CHECKPOINT_PATH];
  LS_TRY(make_partial(folder, path, error));
  rmdir(path);
  return LS_OK;
}

static ls_status check_finite(const float *values, size_t count, const char *what,
                              ls_error *error) {
  for (size_t i = 0; values && i < count; i++)
    if (!isfinite(values[i]))
      return ls_fail(error, LS_VALUE, "no checkpoint is made of a broken run: %s number %zu is %f",
                     what, i, (double)values[i]);
  return LS_OK;
}

static ls_status check(const ls_checkpoint *c, size_t count, ls_error *error) {
  if (c->second && !c->first)
    return ls_fail(error, LS_INTERNAL, "checkpoint: the optimiser's second array without a first");
  const ls_checkpoint_state *s = &c->state;
  if (!isfinite(s->epoch_loss) || !isfinite(s->epoch_correct) || !isfinite(s->epoch_images) ||
      !isfinite(s->wall_seconds))
    return ls_fail(error, LS_VALUE, "no checkpoint is made of a broken run: a sum is not finite");
  LS_TRY(check_finite(c->parameters, count, "parameter", error));
  LS_TRY(check_finite(c->first, count, "value of the optimiser's first array,", error));
  return check_finite(c->second, count, "value of the optimiser's second array,", error);
}

static ls_status write_state(const char *folder, const ls_checkpoint_content *content,
                             ls_error *error) {
  char path[LS_CHECKPOINT_PATH + 32];
  snprintf(path, sizeof path, "%s/state.json", folder);
  char *text = ls_checkpoint_text(content);
  if (!text) return ls_fail(error, LS_MEMORY, "%s: no memory", path);
  ls_output_file file;
  ls_status status = ls_output_open(&file, path, error);
  if (status == LS_OK) {
    ls_output_write(&file, text, strlen(text)); /* the commit finds any failure */
    status = ls_output_commit(&file, error);
  }
  free(text);
  return status;
}

static ls_status write_files(const char *folder, const ls_checkpoint *c, size_t count,
                             ls_checkpoint_content *content, ls_error *error) {
  char path[LS_CHECKPOINT_PATH + 32];
  content->state = c->state;
  content->parameters_checksum = XXH64(c->parameters, count * sizeof(float), 0);
  LS_TRY(ls_checkpoint_set_facts(content, c, error));
  snprintf(path, sizeof path, "%s/%s", folder, ls_checkpoint_file_names[LS_CHECKPOINT_WEIGHTS]);
  LS_TRY(ls_keras_weights_write(path, c->spec, c->parameters, error));
  LS_TRY(ls_checkpoint_sum_file(path, &content->files[LS_CHECKPOINT_WEIGHTS], error));
  snprintf(path, sizeof path, "%s/%s", folder, ls_checkpoint_file_names[LS_CHECKPOINT_OPTIMIZER]);
  const float *arrays[2] = {c->first, c->second};
  LS_TRY(ls_checkpoint_write_arrays(path, arrays, count, &content->files[LS_CHECKPOINT_OPTIMIZER],
                                    error));
  LS_TRY(write_state(folder, content, error));
  return ls_sync_folder(folder, error);
}

/* Under its final name, or not at all. */
static ls_status write_whole(const char *folder, const char *name, const ls_checkpoint *checkpoint,
                             size_t count, ls_error *error) {
  char path[LS_CHECKPOINT_PATH], final[LS_CHECKPOINT_PATH];
  LS_TRY(ls_checkpoint_sweep(folder, error)); /* may be what fills the disk */
  LS_TRY(make_partial(folder, path, error));
  ls_checkpoint_content content = {0};
  ls_status status = write_files(path, checkpoint, count, &content, error);
  ls_checkpoint_content_destroy(&content);
  snprintf(final, sizeof final, "%s/%s", folder, name);
  if (status == LS_OK && rename(path, final))
    status = ls_fail(error, LS_IO, "%s: cannot be completed: %s", final, strerror(errno));
  if (status != LS_OK) ls_checkpoint_sweep(folder, NULL);
  return status;
}

ls_status ls_checkpoint_write(const char *folder, const ls_checkpoint *checkpoint,
                              ls_error *error) {
  LS_TRY(ls_keras_weights_available(folder, error));
  LS_TRY(ls_network_check(checkpoint->spec, error));
  size_t count = ls_network_parameter_count(checkpoint->spec);
  LS_TRY(check(checkpoint, count, error));
  LS_TRY(ls_make_folder(folder, error));
  ls_checkpoint_list list;
  LS_TRY(ls_checkpoint_find(folder, &list, error));
  char name[LS_CHECKPOINT_NAME];
  ls_status status =
      ls_checkpoint_next_name(&list, folder, checkpoint->state.total_steps, name, error);
  free(list.entries);
  LS_TRY(status);
  if (write_whole(folder, name, checkpoint, count, error) != LS_OK)
    return ls_fail_within(error, LS_IO, "no checkpoint of step %" PRIu64 ", older ones are intact",
                          checkpoint->state.total_steps);
  LS_TRY(ls_sync_folder(folder, error));
  if (ls_checkpoint_prune(folder, error) != LS_OK)
    return ls_fail_within(error, LS_IO, "%s/%s is complete, but older ones are left", folder, name);
  return LS_OK;
}
