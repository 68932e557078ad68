#define _POSIX_C_SOURCE 200809L
#include "train/checkpoint_state.h"

#include <cjson/cJSON.h>
#include <xxhash.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ls_checkpoint_file_names[LS_CHECKPOINT_FILES] = {"weights.weights.h5",
                                                                   "optimizer.bin"};
static const char format_name[] = "larscale checkpoint 1";

/* Numbers are texts in the file: cJSON keeps its own only as doubles and loses the sign of 0. */
static const struct {
  const char *name;
  size_t offset;
} counts[] = {{"epoch", offsetof(ls_checkpoint_state, epoch)},
              {"step", offsetof(ls_checkpoint_state, step)},
              {"total_steps", offsetof(ls_checkpoint_state, total_steps)},
              {"optimizer_steps", offsetof(ls_checkpoint_state, optimizer_steps)}},
  sums[] = {{"epoch_loss", offsetof(ls_checkpoint_state, epoch_loss)},
            {"epoch_correct", offsetof(ls_checkpoint_state, epoch_correct)},
            {"epoch_images", offsetof(ls_checkpoint_state, epoch_images)},
            {"wall_seconds", offsetof(ls_checkpoint_state, wall_seconds)}};
enum { COUNTS = sizeof counts / sizeof *counts, SUMS = sizeof sums / sizeof *sums };

/* {"checksum": "0123456789abcdef",<newline>: of all bytes that follow. */
enum { HEAD_LENGTH = 33 };
static void make_head(char *head, const char *rest, size_t length) {
  snprintf(head, HEAD_LENGTH + 1, "{\"checksum\": \"%016" PRIx64 "\",\n",
           (uint64_t)XXH64(rest, length, 0));
}

void ls_checkpoint_content_destroy(ls_checkpoint_content *content) {
  cJSON_Delete(content->facts);
  *content = (ls_checkpoint_content){0};
}

static int add_count(cJSON *object, const char *name, uint64_t value) {
  char text[32];
  snprintf(text, sizeof text, "%" PRIu64, value);
  return cJSON_AddStringToObject(object, name, text) != NULL;
}

static int add_checksum(cJSON *object, uint64_t value) {
  char text[32];
  snprintf(text, sizeof text, "%016" PRIx64, value);
  return cJSON_AddStringToObject(object, "checksum", text) != NULL;
}

static int add_state(cJSON *root, const ls_checkpoint_state *state) {
  const char *bytes = (const char *)state;
  cJSON *object = cJSON_AddObjectToObject(root, "state");
  int good = object != NULL;
  for (size_t i = 0; good && i < COUNTS; i++) {
    uint64_t value;
    memcpy(&value, bytes + counts[i].offset, sizeof value);
    good = add_count(object, counts[i].name, value);
  }
  for (size_t i = 0; good && i < SUMS; i++) {
    char text[32];
    double value;
    memcpy(&value, bytes + sums[i].offset, sizeof value);
    snprintf(text, sizeof text, "%.17g", value); /* 17 digits give a double back exactly */
    good = cJSON_AddStringToObject(object, sums[i].name, text) != NULL;
  }
  return good;
}

static int add_content(cJSON *root, const ls_checkpoint_content *content) {
  if (!cJSON_AddStringToObject(root, "format", format_name) || !add_state(root, &content->state) ||
      !cJSON_AddItemReferenceToObject(root, "facts", content->facts))
    return 0;
  cJSON *parameters = cJSON_AddObjectToObject(root, "parameters");
  if (!parameters || !add_checksum(parameters, content->parameters_checksum)) return 0;
  cJSON *files = cJSON_AddObjectToObject(root, "files");
  int good = files != NULL;
  for (int f = 0; good && f < LS_CHECKPOINT_FILES; f++) {
    cJSON *file = cJSON_AddObjectToObject(files, ls_checkpoint_file_names[f]);
    good = file && add_count(file, "bytes", content->files[f].bytes) &&
           add_checksum(file, content->files[f].checksum);
  }
  return good;
}

char *ls_checkpoint_text(const ls_checkpoint_content *content) {
  cJSON *root = cJSON_CreateObject();
  char *body = root && add_content(root, content) ? cJSON_Print(root) : NULL;
  cJSON_Delete(root);
  if (!body) return NULL;
  const char *rest = body + 1; /* the head opens the object */
  size_t length = strlen(rest);
  char *text = malloc(HEAD_LENGTH + length + 1);
  if (text) {
    make_head(text, rest, length);
    memcpy(text + HEAD_LENGTH, rest, length + 1);
  }
  cJSON_free(body);
  return text;
}

static const char *text_of(const cJSON *object, const char *name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Digits only, all of the text. Returns 1 or 0. */
static int get_number(const cJSON *object, const char *name, int base, uint64_t *value) {
  const char *digits = base == 16 ? "0123456789abcdef" : "0123456789";
  const char *text = text_of(object, name);
  if (!text || !*text || text[strspn(text, digits)]) return 0;
  errno = 0;
  unsigned long long number = strtoull(text, NULL, base);
  *value = number;
  return !errno;
}

static int get_double(const cJSON *object, const char *name, double *value) {
  const char *text = text_of(object, name);
  if (!text || !*text || text[strspn(text, "0123456789+-.e")]) return 0;
  char *end;
  *value = strtod(text, &end);
  return !*end && isfinite(*value);
}

static int get_state(const cJSON *object, ls_checkpoint_state *state) {
  char *bytes = (char *)state;
  int good = 1;
  for (size_t i = 0; good && i < COUNTS; i++) {
    uint64_t value;
    good = get_number(object, counts[i].name, 10, &value);
    if (good) memcpy(bytes + counts[i].offset, &value, sizeof value);
  }
  for (size_t i = 0; good && i < SUMS; i++) {
    double value;
    good = get_double(object, sums[i].name, &value);
    if (good) memcpy(bytes + sums[i].offset, &value, sizeof value);
  }
  return good;
}

static int get_content(cJSON *root, ls_checkpoint_content *content) {
  const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(root, "parameters");
  const cJSON *files = cJSON_GetObjectItemCaseSensitive(root, "files");
  int good = get_state(cJSON_GetObjectItemCaseSensitive(root, "state"), &content->state) &&
             get_number(parameters, "checksum", 16, &content->parameters_checksum);
  for (int f = 0; good && f < LS_CHECKPOINT_FILES; f++) {
    const cJSON *file = cJSON_GetObjectItemCaseSensitive(files, ls_checkpoint_file_names[f]);
    good = get_number(file, "bytes", 10, &content->files[f].bytes) &&
           get_number(file, "checksum", 16, &content->files[f].checksum);
  }
  if (!good) return 0;
  content->facts = cJSON_DetachItemFromObjectCaseSensitive(root, "facts");
  const cJSON *fact;
  good = cJSON_IsObject(content->facts);
  cJSON_ArrayForEach(fact, content->facts) good = good && cJSON_IsString(fact);
  return good;
}

static ls_status damaged(const char *path, const char *how, ls_error *error) {
  return ls_fail(error, LS_FORMAT, "%s: damaged: %s", path, how);
}

ls_status ls_checkpoint_parse(const char *path, const char *text, size_t length,
                              ls_checkpoint_content *content, ls_error *error) {
  *content = (ls_checkpoint_content){0};
  char head[HEAD_LENGTH + 1];
  if (length < HEAD_LENGTH) return damaged(path, "it is cut short", error);
  make_head(head, text + HEAD_LENGTH, length - HEAD_LENGTH);
  if (memcmp(text, head, HEAD_LENGTH)) return damaged(path, "its own checksum is wrong", error);
  cJSON *root = cJSON_Parse(text);
  const char *format = text_of(root, "format");
  ls_status status = LS_OK;
  if (!format)
    status = damaged(path, "not the state of a checkpoint", error);
  else if (strcmp(format, format_name))
    status =
        ls_fail(error, LS_MISMATCH, "%s: is \"%.64s\", this version of the program reads \"%s\"",
                path, format, format_name);
  else if (!get_content(root, content))
    status = damaged(path, "something is missing in it or out of range", error);
  cJSON_Delete(root);
  if (status != LS_OK) ls_checkpoint_content_destroy(content);
  return status;
}
