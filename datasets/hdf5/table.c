#include "datasets/hdf5/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *class_name(H5T_class_t class) {
  switch (class) {
  case H5T_INTEGER:
    return "an integer";
  case H5T_FLOAT:
    return "a floating-point number";
  case H5T_STRING:
    return "a string";
  case H5T_ARRAY:
    return "an array";
  default:
    return "of another kind";
  }
}

/* HDF5 makes 0 of a negative number where none is wanted. */
static int sign_fits(hid_t stored, hid_t wanted) {
  return H5Tget_class(stored) != H5T_INTEGER || H5Tget_sign(stored) == H5T_SGN_NONE ||
         H5Tget_sign(wanted) != H5T_SGN_NONE;
}

/* The member of the file's compound against the wanted type. */
static ls_status check_column(const ls_hdf5_table *table, hid_t stored,
                              const ls_hdf5_column *column, ls_error *error) {
  int member = H5Tget_member_index(stored, column->name);
  if (member < 0)
    return ls_fail(error, LS_FORMAT, "%s: data set %s has no member %s", table->path, table->name,
                   column->name);
  hid_t type = H5Tget_member_type(stored, (unsigned)member);
  H5T_class_t class = H5Tget_class(type), wanted = H5Tget_class(column->type);
  int fits = class == wanted;
  if (fits) fits = sign_fits(type, column->type);
  if (fits && class == H5T_STRING) fits = H5Tis_variable_str(type) == 0;
  if (fits && class == H5T_ARRAY) {
    hsize_t has[H5S_MAX_RANK] = {0}, want[H5S_MAX_RANK] = {0};
    hid_t element = H5Tget_super(type), wanted_element = H5Tget_super(column->type);
    fits = H5Tget_array_ndims(type) == H5Tget_array_ndims(column->type) &&
           H5Tget_array_dims(type, has) >= 0 && H5Tget_array_dims(column->type, want) >= 0 &&
           !memcmp(has, want, sizeof has) &&
           H5Tget_class(element) == H5Tget_class(wanted_element) &&
           sign_fits(element, wanted_element);
    H5Tclose(element);
    H5Tclose(wanted_element);
  }
  H5Tclose(type);
  if (!fits)
    return ls_fail(error, LS_FORMAT,
                   "%s: data set %s: member %s is not %s of the expected shape and sign",
                   table->path, table->name, column->name, class_name(wanted));
  return LS_OK;
}

static ls_status check_type(ls_hdf5_table *table, const ls_hdf5_column *columns, int count,
                            ls_error *error) {
  hid_t stored = H5Dget_type(table->dataset);
  ls_status status = LS_OK;
  if (H5Tget_class(stored) != H5T_COMPOUND)
    status = ls_fail(error, LS_FORMAT, "%s: data set %s is not made of compounds", table->path,
                     table->name);
  for (int i = 0; status == LS_OK && i < count; i++) {
    status = check_column(table, stored, &columns[i], error);
    if (status == LS_OK &&
        H5Tinsert(table->row_type, columns[i].name, columns[i].offset, columns[i].type) < 0)
      status = ls_fail(error, LS_INTERNAL, "%s: data set %s: member %s cannot be described",
                       table->path, table->name, columns[i].name);
  }
  H5Tclose(stored);
  return status;
}

static ls_status check_shape(ls_hdf5_table *table, ls_error *error) {
  hid_t space = H5Dget_space(table->dataset);
  hsize_t rows = 0;
  int rank = H5Sget_simple_extent_ndims(space);
  if (rank == 1) H5Sget_simple_extent_dims(space, &rows, NULL);
  H5Sclose(space);
  if (rank != 1)
    return ls_fail(error, LS_FORMAT, "%s: data set %s has %d dimensions instead of 1", table->path,
                   table->name, rank);
  table->rows = rows;
  table->stored_bytes = H5Dget_storage_size(table->dataset);
  return LS_OK;
}

ls_status ls_hdf5_table_open(hid_t file, const char *path, const char *name,
                             const ls_hdf5_column *columns, int column_count, size_t row_bytes,
                             ls_hdf5_table *table, ls_error *error) {
  *table = (ls_hdf5_table){.path = path, .dataset = -1, .row_type = -1};
  snprintf(table->name, sizeof table->name, "%s", name);
  if (!ls_hdf5_exists(file, name))
    return ls_fail(error, LS_FORMAT, "%s: data set %s is missing", path, name);
  ls_hdf5_printing before = ls_hdf5_quiet();
  ls_status status = LS_OK;
  status = ls_hdf5_open_dataset(file, name, H5P_DEFAULT, &table->dataset, error);
  if (status == LS_OK) status = ls_hdf5_reader_open(table->dataset, &table->reader, error);
  if (status != LS_OK)
    ls_fail_within(error, status, "%s: data set %s", path, name);
  else
    table->row_type = H5Tcreate(H5T_COMPOUND, row_bytes);
  if (status == LS_OK) status = check_type(table, columns, column_count, error);
  if (status == LS_OK) status = check_shape(table, error);
  ls_hdf5_loud(before);
  if (status != LS_OK) ls_hdf5_table_close(table);
  return status;
}

ls_status ls_hdf5_table_read(ls_hdf5_table *table, uint64_t first, uint64_t count, void *rows,
                             ls_error *error) {
  if (first > table->rows || count > table->rows - first)
    return ls_fail(error, LS_FORMAT,
                   "%s: %" PRIu64 " rows from %" PRIu64 " on of data set %s are asked for, but it "
                   "has %" PRIu64,
                   table->path, count, first, table->name, table->rows);
  if (count == 0) return LS_OK;
  hsize_t start = first, length = count;
  ls_status status = ls_hdf5_read(&table->reader, table->row_type, &start, &length, rows, error);
  if (status != LS_OK)
    ls_fail_within(error, status, "%s: data set %s: %" PRIu64 " rows from %" PRIu64 " on",
                   table->path, table->name, count, first);
  return status;
}

void ls_hdf5_table_close(ls_hdf5_table *table) {
  ls_hdf5_reader_close(&table->reader);
  if (table->dataset > 0) H5Dclose(table->dataset);
  if (table->row_type > 0) H5Tclose(table->row_type);
  *table = (ls_hdf5_table){0};
}
