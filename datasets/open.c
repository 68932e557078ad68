#define _POSIX_C_SOURCE 200809L
#include "datasets/source.h"

#include "datasets/numpy/npy.h"
#ifdef LS_HAVE_HDF5
#include "datasets/hdf5/table.h"
#include "datasets/kevlar/kevlar.h"
#include "datasets/larcv3/larcv3.h"
#include "datasets/packed/packed.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A new format is one line here. Known by content: the first that recognises the file opens it. */
typedef struct source_format {
  int (*recognise)(const char *path);
  ls_status (*open)(const char *path, const char *producer, ls_source **, ls_error *);
} source_format;

static const source_format formats[] = {
#ifdef LS_HAVE_HDF5
    {ls_kevlar_recognise, ls_kevlar_open},
    {ls_larcv3_recognise, ls_larcv3_open},
    {ls_packed_recognise, ls_packed_open},
#endif
    {ls_npy_recognise, ls_npy_open},
};

static const char known[] =
    "KevLAr HDF5 (group /image), larcv3 HDF5 (group /Data), packed HDF5 (group /packed) and "
    "NumPy .npy";

/* HDF5's signature is at byte 0, 512, 1024, 2048, .. (HDF5 file format specification, III.A). */
static int holds_hdf5(int descriptor, off_t length) {
  char bytes[8];
  for (off_t at = 0; at + (off_t)sizeof bytes <= length; at = at ? 2 * at : 512) {
    if (pread(descriptor, bytes, sizeof bytes, at) != (ssize_t)sizeof bytes) return 0;
    if (!memcmp(bytes, "\x89HDF\r\n\x1a\n", sizeof bytes)) return 1;
  }
  return 0;
}

typedef enum content { CONTENT_UNKNOWN, CONTENT_HDF5, CONTENT_NPY } content;

static ls_status look_at(const char *path, content *kind, ls_error *error) {
  struct stat facts;
  *kind = CONTENT_UNKNOWN;
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 || fstat(descriptor, &facts) != 0) {
    ls_status status = ls_fail(error, LS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    if (descriptor >= 0) close(descriptor);
    return status;
  }
  int regular = S_ISREG(facts.st_mode);
  if (regular && holds_hdf5(descriptor, facts.st_size)) *kind = CONTENT_HDF5;
  close(descriptor);
  if (!regular)
    return ls_fail(error, LS_IO, "%s: is %s, not a file of events", path,
                   S_ISDIR(facts.st_mode) ? "a folder" : "no regular file");
  if (*kind == CONTENT_UNKNOWN && ls_npy_recognise(path)) *kind = CONTENT_NPY;
  return LS_OK;
}

ls_status ls_source_is_candidate(const char *path, int *candidate, ls_error *error) {
  content kind = CONTENT_UNKNOWN;
  *candidate = 0;
  LS_TRY(look_at(path, &kind, error));
  *candidate = kind != CONTENT_UNKNOWN;
  return LS_OK;
}

/* Why no format recognises the file. */
static ls_status refuse(const char *path, content kind, ls_error *error) {
  if (kind == CONTENT_HDF5) {
#ifdef LS_HAVE_HDF5
    hid_t file = -1;
    LS_TRY(ls_hdf5_open(path, &file, error));
    H5Fclose(file);
#else
    return ls_fail(error, LS_UNAVAILABLE,
                   "%s: is an HDF5 file, and this build has no HDF5; install it and build again",
                   path);
#endif
  }
  return ls_fail(error, LS_FORMAT, "%s: holds no events in a known format; known are %s", path,
                 known);
}

ls_status ls_source_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error) {
  content kind = CONTENT_UNKNOWN;
  *source = NULL;
  LS_TRY(look_at(path, &kind, error));
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
    if (formats[i].recognise(path)) return formats[i].open(path, producer, source, error);
  return refuse(path, kind, error);
}

void ls_source_close(ls_source *source) {
  if (source) source->functions->close(source);
}
