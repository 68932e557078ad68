/* Files made by make_files.py, and events read from them through the readers' own interface. */
#ifndef LS_TESTS_DATASETS_FILES_H
#define LS_TESTS_DATASETS_FILES_H

#include "datasets/source.h"

/* Full name of a file of make_files.py; in one of 8 buffers that go round. */
const char *test_file(const char *name);

/* 1, or a skip with its reason, if this build or this machine has no HDF5. */
int needs_hdf5(void);

/* An event that must open and read well, as floats [planes][rows][columns]; fails the test if the
 * reader breaks the sink's rules. free() it. */
float *collect_event(ls_source *source, size_t event, unsigned plane_mask);

/* Every event of the file, all planes, against NAME.expected. */
void assert_as_expected(const char *name, const char *producer, const char *format);

/* A file that must be refused: by opening it, or by the info or image of one of its events. */
typedef struct bad_file {
  const char *name;
  ls_status status;
  const char *says; /* part of the message; the file's name must be in it too */
} bad_file;

void assert_refused(const bad_file *bad);

#endif
