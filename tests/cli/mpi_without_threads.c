/* An MPI that serves only the main thread, as some builds and batch systems offer it: loaded before
 * the real library, whose profiling names (MPI standard, chapter "Tool Support") do the work. */
#include <mpi.h>

int MPI_Init_thread(int *argc, char ***argv, int required, int *provided) {
  (void)required;
  return PMPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, provided);
}
