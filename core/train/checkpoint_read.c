#define _POSIX_C_SOURCE 200809L
#include "base/memory.h"
#include "train/checkpoint.h"
#include "train/checkpoint_files.h"
#include "train/checkpoint_folder.h"
#include "weights/keras_weights.h"

#include <xxhash.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is read before it is known to be good. */
typedef struct candidate {
  char path[LS_CHECKPOINT_PATH];
  ls_checkpoint_content content;
  size_t count;  /* parameters */
  size_t arrays; /* of the optimiser */
  float *values; /* [1 + arrays][count] */
} candidate;

static ls_status read_weights(candidate *c, const ls_network_spec *spec, ls_error *error) {
  char path[LS_CHECKPOINT_PATH + 32];
  snprintf(path, sizeof path, "%s/%s", c->path, ls_checkpoint_file_names[LS_CHECKPOINT_WEIGHTS]);
  LS_TRY(ls_keras_weights_read(path, spec, c->values, error));
  if (XXH64(c->values, c->count * sizeof(float), 0) == c->content.parameters_checksum) return LS_OK;
  return ls_fail(error, LS_FORMAT, "%s: damaged: other weights than state.json says", path);
}

static ls_status read_arrays(candidate *c, ls_error *error) {
  char path[LS_CHECKPOINT_PATH + 32];
  snprintf(path, sizeof path, "%s/%s", c->path, ls_checkpoint_file_names[LS_CHECKPOINT_OPTIMIZER]);
  size_t values = c->arrays * c->count;
  uint64_t bytes = c->content.files[LS_CHECKPOINT_OPTIMIZER].bytes;
  if (bytes != values * sizeof(float))
    return ls_fail(error, LS_MISMATCH,
                   "%s: of another optimiser: it has %" PRIu64 " bytes, this run's takes %zu", path,
                   bytes, values * sizeof(float));
  FILE *stream = fopen(path, "rb");
  if (!stream) return ls_fail(error, LS_IO, "%s: cannot be read: %s", path, strerror(errno));
  size_t found = fread(c->values + c->count, sizeof(float), values, stream);
  fclose(stream);
  return found == values ? LS_OK : ls_fail(error, LS_IO, "%s: cannot be read whole", path);
}

static ls_status load(candidate *c, const ls_checkpoint *wanted, ls_error *error) {
  LS_TRY(ls_checkpoint_verify(c->path, &c->content, error));
  LS_TRY(ls_checkpoint_check_facts(&c->content, c->path, wanted, error));
  LS_TRY(read_weights(c, wanted->spec, error));
  return read_arrays(c, error);
}

static void take(const candidate *c, ls_checkpoint *checkpoint) {
  size_t bytes = c->count * sizeof(float);
  checkpoint->state = c->content.state;
  memcpy(checkpoint->parameters, c->values, bytes);
  if (checkpoint->first) memcpy(checkpoint->first, c->values + c->count, bytes);
  if (checkpoint->second) memcpy(checkpoint->second, c->values + 2 * c->count, bytes);
}

/* Newest first; a damaged one is passed over, its fault noted. */
static ls_status choose(const char *folder, const ls_checkpoint_list *list, candidate *c,
                        ls_checkpoint *checkpoint, ls_checkpoint_origin *origin, ls_error *error) {
  ls_error first = {0};
  for (size_t i = 0; i < list->count; i++) {
    ls_error fault = {0};
    snprintf(c->path, sizeof c->path, "%s/%s", folder, list->entries[i].name);
    ls_status status = load(c, checkpoint, &fault);
    if (status == LS_OK) {
      take(c, checkpoint);
      snprintf(origin->path, sizeof origin->path, "%s", c->path);
      if (i)
        snprintf(origin->warning, sizeof origin->warning, "%.600s; going on from %.100s instead",
                 first.message, list->entries[i].name);
    }
    ls_checkpoint_content_destroy(&c->content);
    if (status == LS_OK) return LS_OK;
    if (status != LS_FORMAT && status != LS_IO && status != LS_VALUE)
      return ls_fail(error, status, "%s", fault.message);
    if (!i) first = fault;
  }
  return ls_fail(error, LS_FORMAT, "%s: no checkpoint in it is whole: %s", folder, first.message);
}

static ls_status read_listed(const char *folder, const ls_checkpoint_list *list,
                             ls_checkpoint *checkpoint, ls_checkpoint_origin *origin,
                             ls_error *error) {
  if (!list->count)
    return ls_fail(error, LS_IO,
                   "%s: no checkpoint in it; name the folder that --checkpoint wrote to", folder);
  candidate c = {.count = ls_network_parameter_count(checkpoint->spec),
                 .arrays = (size_t)(checkpoint->first != NULL) + (checkpoint->second != NULL)};
  LS_TRY(ls_allocate((void **)&c.values, (1 + c.arrays) * c.count * sizeof(float),
                     "reading a checkpoint", error));
  ls_status status = choose(folder, list, &c, checkpoint, origin, error);
  ls_free(c.values);
  return status;
}

ls_status ls_checkpoint_read(const char *folder, ls_checkpoint *checkpoint,
                             ls_checkpoint_origin *origin, ls_error *error) {
  origin->path[0] = origin->warning[0] = 0;
  LS_TRY(ls_keras_weights_available(folder, error));
  LS_TRY(ls_network_check(checkpoint->spec, error));
  if (checkpoint->second && !checkpoint->first)
    return ls_fail(error, LS_INTERNAL, "checkpoint: the optimiser's second array without a first");
  ls_checkpoint_list list;
  LS_TRY(ls_checkpoint_find(folder, &list, error));
  ls_status status = read_listed(folder, &list, checkpoint, origin, error);
  free(list.entries);
  return status;
}
