#include "datasets/libraries.h"

#ifdef LS_HAVE_HDF5
#include "hdf5/hdf5_file.h"

const char *ls_datasets_hdf5_library(void) {
  return ls_hdf5_version();
}
#else
const char *ls_datasets_hdf5_library(void) {
  return "none";
}
#endif
