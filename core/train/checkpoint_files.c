#define _POSIX_C_SOURCE 200809L
#include "train/checkpoint_files.h"

#include "base/output_file.h"

#include <xxhash.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 18, LARGEST_STATE = 1 << 20 };

static ls_status no_memory(const char *path, ls_error *error) {
  return ls_fail(error, LS_MEMORY, "%s: no memory to read or write it", path);
}

static ls_status unreadable(const char *path, ls_error *error) {
  if (errno == ENOENT || errno == ENOTDIR)
    return ls_fail(error, LS_FORMAT, "%s: damaged: it is missing", path);
  return ls_fail(error, LS_IO, "%s: cannot be read: %s", path, strerror(errno));
}

static ls_status sum_stream(FILE *stream, const char *path, XXH64_state_t *hash, char *block,
                            ls_checkpoint_file *sum, ls_error *error) {
  XXH64_reset(hash, 0);
  *sum = (ls_checkpoint_file){0};
  for (size_t length; (length = fread(block, 1, BLOCK, stream));) {
    XXH64_update(hash, block, length);
    sum->bytes += length;
  }
  if (ferror(stream)) return unreadable(path, error);
  sum->checksum = XXH64_digest(hash);
  return LS_OK;
}

ls_status ls_checkpoint_sum_file(const char *path, ls_checkpoint_file *sum, ls_error *error) {
  FILE *stream = fopen(path, "rb");
  if (!stream) return unreadable(path, error);
  setvbuf(stream, NULL, _IONBF, 0); /* blocks are large: no second copy */
  XXH64_state_t *hash = XXH64_createState();
  char *block = malloc(BLOCK);
  ls_status status =
      hash && block ? sum_stream(stream, path, hash, block, sum, error) : no_memory(path, error);
  free(block);
  XXH64_freeState(hash);
  fclose(stream);
  return status;
}

ls_status ls_checkpoint_write_arrays(const char *path, const float *const arrays[2], size_t count,
                                     ls_checkpoint_file *sum, ls_error *error) {
  XXH64_state_t *hash = XXH64_createState();
  if (!hash) return no_memory(path, error);
  XXH64_reset(hash, 0);
  *sum = (ls_checkpoint_file){0};
  ls_output_file file;
  ls_status status = ls_output_open(&file, path, error);
  for (int a = 0; status == LS_OK && a < 2; a++) {
    if (!arrays[a]) continue;
    ls_output_write(&file, arrays[a], count * sizeof(float)); /* the commit finds any failure */
    XXH64_update(hash, arrays[a], count * sizeof(float));
    sum->bytes += count * sizeof(float);
  }
  if (status == LS_OK) status = ls_output_commit(&file, error);
  sum->checksum = XXH64_digest(hash);
  XXH64_freeState(hash);
  return status;
}

/* *text: terminated; free() it. */
static ls_status read_text(const char *path, char **text, size_t *length, ls_error *error) {
  *text = malloc(LARGEST_STATE + 1);
  if (!*text) return no_memory(path, error);
  FILE *stream = fopen(path, "rb");
  if (!stream) return unreadable(path, error);
  *length = fread(*text, 1, LARGEST_STATE, stream);
  ls_status status = ferror(stream) ? unreadable(path, error) : LS_OK;
  fclose(stream);
  (*text)[*length] = 0;
  return status;
}

static ls_status read_state(const char *folder, ls_checkpoint_content *content, ls_error *error) {
  char path[LS_CHECKPOINT_PATH + 32], *text;
  size_t length = 0;
  snprintf(path, sizeof path, "%s/state.json", folder);
  ls_status status = read_text(path, &text, &length, error);
  if (status == LS_OK) status = ls_checkpoint_parse(path, text, length, content, error);
  free(text);
  return status;
}

static ls_status verify_file(const char *folder, const char *name, const ls_checkpoint_file *noted,
                             ls_error *error) {
  char path[LS_CHECKPOINT_PATH + 32];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  ls_checkpoint_file found = {0};
  LS_TRY(ls_checkpoint_sum_file(path, &found, error));
  if (found.bytes != noted->bytes)
    return ls_fail(error, LS_FORMAT,
                   "%s: damaged: it has %" PRIu64 " bytes where state.json says %" PRIu64, path,
                   found.bytes, noted->bytes);
  if (found.checksum != noted->checksum)
    return ls_fail(error, LS_FORMAT, "%s: damaged: its checksum is not the one in state.json",
                   path);
  return LS_OK;
}

ls_status ls_checkpoint_verify(const char *path, ls_checkpoint_content *content, ls_error *error) {
  *content = (ls_checkpoint_content){0};
  ls_status status = read_state(path, content, error);
  for (int f = 0; status == LS_OK && f < LS_CHECKPOINT_FILES; f++)
    status = verify_file(path, ls_checkpoint_file_names[f], &content->files[f], error);
  if (status != LS_OK) ls_checkpoint_content_destroy(content);
  return status;
}
