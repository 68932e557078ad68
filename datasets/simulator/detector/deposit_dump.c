#include "datasets/simulator/detector/deposit_dump.h"

#include "datasets/hdf5/output.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_ROWS = 4096 };

typedef struct dump_row {
  int64_t event;
  float x, y, z, time, energy, length;
  int32_t track, pdg;
  float electrons;
  float charge[LS_WIRE_PLANES], wire[LS_WIRE_PLANES], tick[LS_WIRE_PLANES];
} dump_row;

struct ls_deposit_dump {
  ls_hdf5_output output;
  hid_t type, set;
  hsize_t rows;
  dump_row *buffer;
  size_t capacity;
};

static int insert(hid_t type, const char *name, size_t offset, hid_t member) {
  return H5Tinsert(type, name, offset, member) >= 0;
}

static hid_t row_type(void) {
  static const char planes[] = "UVY";
  hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(dump_row)), f = H5T_NATIVE_FLOAT;
  int good = type >= 0 && insert(type, "event", offsetof(dump_row, event), H5T_NATIVE_INT64) &&
             insert(type, "x", offsetof(dump_row, x), f) &&
             insert(type, "y", offsetof(dump_row, y), f) &&
             insert(type, "z", offsetof(dump_row, z), f) &&
             insert(type, "t", offsetof(dump_row, time), f) &&
             insert(type, "dE", offsetof(dump_row, energy), f) &&
             insert(type, "dx", offsetof(dump_row, length), f) &&
             insert(type, "track", offsetof(dump_row, track), H5T_NATIVE_INT32) &&
             insert(type, "pdg", offsetof(dump_row, pdg), H5T_NATIVE_INT32) &&
             insert(type, "electrons", offsetof(dump_row, electrons), f);
  for (int p = 0; good && p < LS_WIRE_PLANES; p++) {
    char name[32];
    size_t step = (size_t)p * sizeof(float);
    snprintf(name, sizeof name, "electrons_%c", planes[p]);
    good = insert(type, name, offsetof(dump_row, charge) + step, f);
    snprintf(name, sizeof name, "wire_%c", planes[p]);
    good = good && insert(type, name, offsetof(dump_row, wire) + step, f);
    snprintf(name, sizeof name, "tick_%c", planes[p]);
    good = good && insert(type, name, offsetof(dump_row, tick) + step, f);
  }
  if (good) return type;
  if (type >= 0) H5Tclose(type);
  return -1;
}

static ls_status create_set(ls_deposit_dump *dump, ls_error *error) {
  hsize_t none = 0, most = H5S_UNLIMITED, chunk = CHUNK_ROWS;
  dump->type = row_type();
  hid_t space = H5Screate_simple(1, &none, &most), creation = H5Pcreate(H5P_DATASET_CREATE);
  if (dump->type >= 0 && space >= 0 && creation >= 0 && H5Pset_chunk(creation, 1, &chunk) >= 0 &&
      H5Pset_obj_track_times(creation, 0) >= 0)
    dump->set = H5Dcreate2(dump->output.file, "/deposits", dump->type, space, H5P_DEFAULT, creation,
                           H5P_DEFAULT);
  if (space >= 0) H5Sclose(space);
  if (creation >= 0) H5Pclose(creation);
  return dump->set >= 0 ? LS_OK : ls_hdf5_output_failed(&dump->output, "the empty table", error);
}

ls_status ls_deposit_dump_open(const char *path, ls_deposit_dump **dump, ls_error *error) {
  *dump = NULL;
  ls_deposit_dump *opened = calloc(1, sizeof *opened);
  if (!opened) return ls_fail(error, LS_MEMORY, "%s: no memory to write it", path);
  opened->type = opened->set = -1;
  ls_status status = ls_hdf5_output_open(&opened->output, path, "/deposits", 0, error);
  ls_hdf5_printing reports = ls_hdf5_quiet();
  if (status == LS_OK) status = create_set(opened, error);
  ls_hdf5_loud(reports);
  if (status == LS_OK)
    *dump = opened;
  else
    ls_deposit_dump_discard(opened);
  return status;
}

static ls_status write_rows(ls_deposit_dump *dump, size_t count, ls_error *error) {
  hsize_t start = dump->rows, length = count, end = start + length;
  LS_TRY(ls_hdf5_output_reserve(&dump->output, (count + CHUNK_ROWS) * sizeof(dump_row),
                                (size_t)(end / CHUNK_ROWS), error));
  int good = H5Dset_extent(dump->set, &end) >= 0;
  hid_t file = good ? H5Dget_space(dump->set) : -1, memory = H5Screate_simple(1, &length, NULL);
  good = file >= 0 && memory >= 0 &&
         H5Sselect_hyperslab(file, H5S_SELECT_SET, &start, NULL, &length, NULL) >= 0 &&
         H5Dwrite(dump->set, dump->type, memory, file, H5P_DEFAULT, dump->buffer) >= 0;
  if (file >= 0) H5Sclose(file);
  if (memory >= 0) H5Sclose(memory);
  if (!good) return ls_hdf5_output_failed(&dump->output, "the rows of an event", error);
  dump->rows = end;
  return LS_OK;
}

ls_status ls_deposit_dump_add(ls_deposit_dump *dump, int64_t event, const ls_deposits *d,
                              const ls_readout_view *view, ls_error *error) {
  if (!d->count) return LS_OK;
  if (d->count > dump->capacity) {
    dump_row *grown = realloc(dump->buffer, d->count * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "%s: no memory for rows", dump->output.path);
    dump->buffer = grown;
    dump->capacity = d->count;
  }
  for (size_t i = 0; i < d->count; i++) {
    dump_row *row = &dump->buffer[i];
    *row = (dump_row){.event = event,
                      .x = d->x[i],
                      .y = d->y[i],
                      .z = d->z[i],
                      .time = d->time[i],
                      .energy = d->energy[i],
                      .length = d->length[i],
                      .track = d->track[i],
                      .pdg = d->pdg[i],
                      .electrons = view->electrons[i]};
    for (int p = 0; p < LS_WIRE_PLANES; p++) {
      row->charge[p] = view->charge[p][i];
      row->wire[p] = view->wire[p][i];
      row->tick[p] = view->tick[p][i];
    }
  }
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = write_rows(dump, d->count, error);
  ls_hdf5_loud(reports);
  return status;
}

static int close_set(ls_deposit_dump *dump) {
  int good = dump->set < 0 || (H5Dflush(dump->set) >= 0 && H5Dclose(dump->set) >= 0);
  if (dump->type >= 0) H5Tclose(dump->type);
  dump->set = dump->type = -1;
  return good;
}

ls_status ls_deposit_dump_finish(ls_deposit_dump *dump, ls_error *error) {
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status =
      close_set(dump) ? LS_OK : ls_hdf5_output_failed(&dump->output, "the end", error);
  ls_hdf5_loud(reports);
  if (status == LS_OK) status = ls_hdf5_output_finish(&dump->output, error);
  ls_deposit_dump_discard(dump);
  return status;
}

void ls_deposit_dump_discard(ls_deposit_dump *dump) {
  if (!dump) return;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  if (dump->output.file >= 0) ls_hdf5_output_cut_off(&dump->output);
  close_set(dump);
  ls_hdf5_loud(reports);
  ls_hdf5_output_discard(&dump->output);
  free(dump->buffer);
  free(dump);
}
