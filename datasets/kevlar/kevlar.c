#define _POSIX_C_SOURCE 200809L
#include "datasets/kevlar/kevlar.h"

#include "datasets/kevlar/kevlar_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static herr_t keep_innermost(unsigned depth, const H5E_error2_t *record, void *context) {
  (void)depth;
  const char **reason = context;
  if (record->desc) *reason = record->desc;
  return 1; /* the first visited, where it began, is enough */
}

/* HDF5's account of a failed system call is long: "what: time = .., error message = 'why', ..". */
void ls_kevlar_hdf5_reason(char *reason, size_t size) {
  const char *found = NULL;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &found);
  if (!found) found = "HDF5 gives no reason";
  const char *details = strstr(found, ": time = ");
  const char *why = strstr(found, "error message = '");
  int shown = details ? (int)(details - found) : (int)strcspn(found, "\n");
  why = why ? why + strlen("error message = '") : "";
  snprintf(reason, size, "%.*s%s%.*s", shown, found, *why ? ": " : "", (int)strcspn(why, "'"), why);
}

/* HDF5 drives plain files, which large chunks are read from directly. */
static hid_t open_file(const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0) return -1;
  hid_t file = H5Pset_fapl_sec2(access) < 0 ? -1 : H5Fopen(path, H5F_ACC_RDONLY, access);
  if (file >= 0) H5Pclose(access); /* else its success would hide the reason */
  return file;
}

static int has_images(const char *path) {
  hid_t file = open_file(path);
  if (file < 0) return 0;
  H5O_info_t info;
  int found = H5Lexists(file, "image", H5P_DEFAULT) > 0 &&
              H5Oget_info_by_name(file, "image", &info, H5P_DEFAULT) >= 0 &&
              info.type == H5O_TYPE_GROUP;
  H5Fclose(file);
  return found;
}

int ls_kevlar_recognise(const char *path) {
  ls_hdf5_printing reports = ls_hdf5_quiet();
  int found = has_images(path);
  ls_hdf5_loud(reports);
  return found;
}

static ls_status info(ls_source *base, size_t event, ls_event_info *out, ls_error *error) {
  kevlar_source *source = (kevlar_source *)base;
  *out = (ls_event_info){.run = -1, .subrun = -1, .event = -1, .label = -1};
  if (event >= base->count)
    return ls_fail(error, LS_INTERNAL, LS_KEVLAR_EVENT "the file has %zu events", base->path,
                   source->image_set, event, base->count);
  if (source->labels) out->label = source->labels[event];
  out->raw_bytes = out->stored_bytes = source->event_bytes;
  if (!source->event_chunks) return LS_OK;
  hsize_t stored = 0, offset[4] = {event, 0, 0, 0};
  ls_hdf5_printing reports = ls_hdf5_quiet();
  /* Fails for a chunk that was never written: it takes no bytes. */
  herr_t failed = H5Dget_chunk_storage_size(source->images, offset, &stored);
  ls_hdf5_loud(reports);
  out->stored_bytes = failed < 0 ? 0 : stored;
  return LS_OK;
}

static void close_source(ls_source *base) {
  kevlar_source *source = (kevlar_source *)base;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  if (source->images >= 0) H5Dclose(source->images);
  if (source->file >= 0) H5Fclose(source->file);
  ls_hdf5_loud(reports);
  free(source->labels);
  free(source->chunk);
  free(source->scratch);
  free(base->path);
  free(source);
}

static const ls_source_functions functions = {
    .format = "kevlar", .info = info, .read = ls_kevlar_read, .close = close_source};

ls_status ls_kevlar_note_file(kevlar_source *source, ls_error *error) {
  void *handle = NULL;
  struct stat facts;
  if (H5Fget_vfd_handle(source->file, H5P_DEFAULT, &handle) < 0 || !handle ||
      fstat(*(int *)handle, &facts))
    return ls_fail(error, LS_IO, "%s: the system does not say the file's size", source->base.path);
  source->descriptor = *(int *)handle;
  source->file_bytes = (uint64_t)facts.st_size;
  source->changed = facts.st_mtim;
  return LS_OK;
}

int ls_kevlar_has_changed(const kevlar_source *source) {
  struct stat facts;
  return fstat(source->descriptor, &facts) || (uint64_t)facts.st_size != source->file_bytes ||
         facts.st_mtim.tv_sec != source->changed.tv_sec ||
         facts.st_mtim.tv_nsec != source->changed.tv_nsec;
}

static ls_status open_parts(kevlar_source *source, const char *producer, ls_error *error) {
  FILE *readable = fopen(source->base.path, "rb");
  if (!readable)
    return ls_fail(error, LS_IO, "%s: cannot be opened: %s", source->base.path, strerror(errno));
  int first = fgetc(readable), failed = ferror(readable), cause = errno;
  fclose(readable);
  if (first == EOF && failed)
    return ls_fail(error, LS_IO, "%s: cannot be read: %s", source->base.path, strerror(cause));
  source->file = open_file(source->base.path);
  if (source->file < 0) {
    char reason[256];
    ls_kevlar_hdf5_reason(reason, sizeof reason);
    return ls_fail(error, LS_FORMAT, "%s: is not a whole HDF5 file: %s; copy or convert it again",
                   source->base.path, reason);
  }
  LS_TRY(ls_kevlar_note_file(source, error));
  LS_TRY(ls_kevlar_open_images(source, producer, error));
  return ls_kevlar_read_labels(source, error);
}

ls_status ls_kevlar_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error) {
  *source = NULL;
  kevlar_source *opened = calloc(1, sizeof *opened);
  if (opened) opened->base.path = strdup(path);
  if (!opened || !opened->base.path) {
    free(opened);
    return ls_fail(error, LS_MEMORY, "%s: no memory to open the file", path);
  }
  opened->base.functions = &functions;
  opened->file = opened->images = -1;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = open_parts(opened, producer, error);
  ls_hdf5_loud(reports);
  if (status != LS_OK) {
    close_source(&opened->base);
    return status;
  }
  *source = &opened->base;
  return LS_OK;
}
