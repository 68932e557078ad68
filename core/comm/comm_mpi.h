/* What the other files that speak MPI need from comm_mpi.c; for core/comm alone. */
#ifndef LS_COMM_COMM_MPI_H
#define LS_COMM_COMM_MPI_H

#include "comm/comm.h"

#include <mpi.h>

/* The communicator of all ranks of comm; MPI_COMM_NULL where MPI was not initialised. */
MPI_Comm ls_comm_mpi(const ls_comm *comm);

/* LS_OK, or LS_COMM with MPI's own text of what went wrong. */
ls_status ls_comm_check(int code, const char *what, ls_error *error);

/* Waits for a call that was begun with result code; then as ls_comm_check. */
ls_status ls_comm_complete(const ls_comm *comm, int code, MPI_Request *request, const char *what,
                           ls_error *error);

#endif
