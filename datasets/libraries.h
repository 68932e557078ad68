/* Versions of the libraries that the file formats use, for records. */
#ifndef LS_DATASETS_LIBRARIES_H
#define LS_DATASETS_LIBRARIES_H

/* "1.10.8", or "none" in a build without HDF5. */
const char *ls_datasets_hdf5_library(void);

#endif
