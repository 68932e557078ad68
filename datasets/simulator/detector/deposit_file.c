#include "datasets/simulator/detector/deposit_file.h"

#include "datasets/hdf5/table.h"

#include <xxhash.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 9, BLOCK_ROWS = 8192 };

typedef struct deposit_row {
  int64_t event;
  double x, y, z, time, energy, length;
  int32_t track, pdg;
} deposit_row;

typedef struct event_rows {
  int64_t event;
  uint64_t first, count;
} event_rows;

struct ls_deposit_file {
  char *path;
  hid_t file;
  ls_hdf5_table table;
  event_rows *events;
  size_t count, capacity;
  uint64_t checksum;
  deposit_row rows[BLOCK_ROWS];
};

static ls_status bad_value(const ls_deposit_file *file, const char *column, uint64_t row,
                           double value, ls_error *error) {
  return ls_fail(error, LS_VALUE, "%s: /deposits: %s of row %" PRIu64 " is %g; is the unit right?",
                 file->path, column, row, value);
}

static ls_status check_row(const ls_deposit_file *file, const deposit_row *row, uint64_t number,
                           ls_error *error) {
  const struct {
    const char *name;
    double value, least, most;
  } columns[] = {{"x", row->x, -1e6, 1e6},    {"y", row->y, -1e6, 1e6},
                 {"z", row->z, -1e6, 1e6},    {"t", row->time, -1e9, 1e9},
                 {"dE", row->energy, 0, 1e7}, {"dx", row->length, 0, 1e6}};
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    if (!(columns[i].value >= columns[i].least && columns[i].value <= columns[i].most))
      return bad_value(file, columns[i].name, number, columns[i].value, error);
  return LS_OK;
}

/* Counts a row to its event: the last one, or one that comes after it. */
static ls_status count_row(ls_deposit_file *file, int64_t event, uint64_t number, ls_error *error) {
  if (file->count && file->events[file->count - 1].event == event) {
    file->events[file->count - 1].count++;
    return LS_OK;
  }
  if (file->count && event < file->events[file->count - 1].event)
    return ls_fail(error, LS_FORMAT,
                   "%s: /deposits: row %" PRIu64 " is of event %" PRId64 " after one of event "
                   "%" PRId64 "; sort the rows by event",
                   file->path, number, event, file->events[file->count - 1].event);
  if (file->count == file->capacity) {
    size_t capacity = 2 * file->capacity + 64;
    event_rows *grown = realloc(file->events, capacity * sizeof *grown);
    if (!grown)
      return ls_fail(error, LS_MEMORY, "%s: no memory for %zu events", file->path, capacity);
    file->events = grown;
    file->capacity = capacity;
  }
  file->events[file->count++] = (event_rows){event, number, 1};
  return LS_OK;
}

static ls_status read_block(ls_deposit_file *file, uint64_t first, uint64_t end, uint64_t *count,
                            ls_error *error) {
  *count = end - first < BLOCK_ROWS ? end - first : BLOCK_ROWS;
  memset(file->rows, 0, sizeof file->rows);
  return ls_hdf5_table_read(&file->table, first, *count, file->rows, error);
}

static ls_status scan(ls_deposit_file *file, ls_error *error) {
  uint64_t rows = file->table.rows, count;
  if (!rows) return ls_fail(error, LS_FORMAT, "%s: /deposits has no rows", file->path);
  for (uint64_t first = 0; first < rows; first += count) {
    LS_TRY(read_block(file, first, rows, &count, error));
    for (uint64_t i = 0; i < count; i++) {
      LS_TRY(check_row(file, &file->rows[i], first + i, error));
      LS_TRY(count_row(file, file->rows[i].event, first + i, error));
    }
    file->checksum =
        XXH64(file->rows, (size_t)count * sizeof *file->rows, (XXH64_hash_t)file->checksum);
  }
  return LS_OK;
}

static ls_status open_table(ls_deposit_file *file, ls_error *error) {
  LS_TRY(ls_hdf5_open(file->path, &file->file, error));
  const ls_hdf5_column columns[COLUMNS] = {
      {"event", offsetof(deposit_row, event), H5T_NATIVE_INT64},
      {"x", offsetof(deposit_row, x), H5T_NATIVE_DOUBLE},
      {"y", offsetof(deposit_row, y), H5T_NATIVE_DOUBLE},
      {"z", offsetof(deposit_row, z), H5T_NATIVE_DOUBLE},
      {"t", offsetof(deposit_row, time), H5T_NATIVE_DOUBLE},
      {"dE", offsetof(deposit_row, energy), H5T_NATIVE_DOUBLE},
      {"dx", offsetof(deposit_row, length), H5T_NATIVE_DOUBLE},
      {"track", offsetof(deposit_row, track), H5T_NATIVE_INT32},
      {"pdg", offsetof(deposit_row, pdg), H5T_NATIVE_INT32}};
  LS_TRY(ls_hdf5_table_open(file->file, file->path, "/deposits", columns, COLUMNS,
                            sizeof(deposit_row), &file->table, error));
  return scan(file, error);
}

ls_status ls_deposit_file_open(const char *path, ls_deposit_file **file, ls_error *error) {
  *file = NULL;
  ls_deposit_file *opened = calloc(1, sizeof *opened);
  size_t length = strlen(path) + 1;
  if (opened) opened->path = malloc(length);
  if (!opened || !opened->path) {
    free(opened);
    return ls_fail(error, LS_MEMORY, "%s: no memory to read it", path);
  }
  memcpy(opened->path, path, length);
  opened->file = -1;
  ls_status status = open_table(opened, error);
  if (status == LS_OK)
    *file = opened;
  else
    ls_deposit_file_close(opened);
  return status;
}

void ls_deposit_file_close(ls_deposit_file *file) {
  if (!file) return;
  ls_hdf5_table_close(&file->table);
  if (file->file >= 0) H5Fclose(file->file);
  free(file->events);
  free(file->path);
  free(file);
}

size_t ls_deposit_file_events(const ls_deposit_file *file) {
  return file->count;
}

uint64_t ls_deposit_file_rows(const ls_deposit_file *file) {
  return file->table.rows;
}

uint64_t ls_deposit_file_checksum(const ls_deposit_file *file) {
  return file->checksum;
}

ls_status ls_deposit_file_read(ls_deposit_file *file, size_t index, ls_deposits *deposits,
                               int64_t *event, ls_error *error) {
  const event_rows *rows = &file->events[index];
  uint64_t end = rows->first + rows->count, count;
  *event = rows->event;
  deposits->count = 0;
  for (uint64_t first = rows->first; first < end; first += count) {
    LS_TRY(read_block(file, first, end, &count, error));
    for (uint64_t i = 0; i < count; i++) {
      const deposit_row *row = &file->rows[i];
      const ls_deposit deposit = {row->x,      row->y,      row->z,     row->time,
                                  row->energy, row->length, row->track, row->pdg};
      LS_TRY(ls_deposits_add(deposits, &deposit, error));
    }
  }
  return LS_OK;
}
