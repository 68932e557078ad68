/* The twin in builds without HDF5, where no file has truth. */
#include "datasets/hdf5/truth_read.h"

ls_status ls_truth_open(const char *path, size_t events, ls_truth **truth, ls_error *error) {
  (void)path, (void)events, (void)error;
  *truth = NULL;
  return LS_OK;
}

void ls_truth_close(ls_truth *truth) {
  (void)truth;
}

const ls_truth_column *ls_truth_columns(const ls_truth *truth, int *count) {
  (void)truth;
  *count = 0;
  return NULL;
}

ls_status ls_truth_row(ls_truth *truth, size_t event, double *values, ls_error *error) {
  (void)truth, (void)event, (void)values;
  return ls_fail(error, LS_INTERNAL, "there is no truth without HDF5");
}
