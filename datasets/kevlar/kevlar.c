#define _POSIX_C_SOURCE 200809L
#include "datasets/kevlar/kevlar.h"

#include "datasets/kevlar/kevlar_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int ls_kevlar_recognise(const char *path) {
  return ls_hdf5_has_group(path, "/image");
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
  ls_hdf5_reader_close(&source->reader);
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
  LS_TRY(ls_hdf5_open(source->base.path, &source->file, error));
  LS_TRY(ls_kevlar_note_file(source, error));
  LS_TRY(ls_kevlar_open_images(source, producer, error));
  snprintf(source->base.pixel_set, sizeof source->base.pixel_set, "%s", source->image_set);
  snprintf(source->base.label_set, sizeof source->base.label_set, "/label/type");
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
