/* An HDF5 file that is being written: it gets its name when it is complete, and a full disk is
 * found before HDF5 meets it. Quiet, as hdf5/hdf5_file.h says. */
#ifndef LS_DATASETS_HDF5_OUTPUT_H
#define LS_DATASETS_HDF5_OUTPUT_H

#include "hdf5/hdf5_file.h"

#include <stdint.h>

typedef struct ls_hdf5_output {
  char *path, *temporary; /* see base/output_file.h */
  const char *set;        /* "/image/wires": named by messages; the caller's */
  hid_t file;             /* -1: none */
  uint64_t reserved;      /* the file's first bytes that have a place on the disk */
} ls_hdf5_output;

/* Begins the file beside path. checksummed: 1: HDF5's own bookkeeping is of the kind that carries
 * checksums (HDF5 1.10 on); 0: of the kind that every HDF5 reads. Returns LS_OK, LS_IO or
 * LS_MEMORY; to be discarded in any case. */
ls_status ls_hdf5_output_open(ls_hdf5_output *output, const char *path, const char *set,
                              int checksummed, ls_error *error);

/* Room for more bytes of data behind what the file holds, and for what HDF5 keeps about them and
 * the events before; event: number of the event that is written. Before every write. */
ls_status ls_hdf5_output_reserve(ls_hdf5_output *output, uint64_t more, size_t event,
                                 ls_error *error);

/* LS_IO with HDF5's reason; what: "event 3". */
ls_status ls_hdf5_output_failed(const ls_hdf5_output *output, const char *what, ls_error *error);

/* After a write that failed although there was room: what HDF5 still has to say goes to memory that
 * is thrown away, so that it can close the file. */
void ls_hdf5_output_cut_off(const ls_hdf5_output *output);

/* Closes the file, whose data sets the caller has closed, and gives it its name. LS_OK or LS_IO; to
 * be discarded in any case. */
ls_status ls_hdf5_output_finish(ls_hdf5_output *output, ls_error *error);

/* Removes the file unless it is finished, and frees the rest. */
void ls_hdf5_output_discard(ls_hdf5_output *output);

/* A group of the file; -1 on failure. It and the file carry no times: the same content is the same
 * bytes. Data sets need H5Pset_obj_track_times(creation, 0) for that. */
hid_t ls_hdf5_output_group(hid_t file, const char *name);

/* A string attribute of 256 bytes, as KevLAr writes them; 0 on failure. */
int ls_hdf5_put_text(hid_t object, const char *name, const char *text);

#endif
