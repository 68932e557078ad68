/* Checks of one operator of one backend against the float64 reference, case by case. */
#ifndef LS_TESTS_BACKENDS_OPERATOR_CHECK_H
#define LS_TESTS_BACKENDS_OPERATOR_CHECK_H

#include "backends/backend.h"
#include "cases/cases.h"

/* What is checked: the export of what was imported; the output; gradients, added to non-zero
 * values, with and without a gradient of the input; that weights set before are forgotten; that
 * another image may pass between forward and backward. Returns LS_OK; LS_UNAVAILABLE if the backend
 * refuses the shape; LS_VALUE with what differed. */
ls_status ls_check_conv(const ls_backend *backend, const char *variant, int threads,
                        const ls_conv_case *conv, ls_error *error);
ls_status ls_check_dense(const ls_backend *backend, const char *variant, int threads,
                         const ls_dense_case *dense, ls_error *error);

/* All cases of the table. Prints a line for each case skipped. LS_VALUE also if every case was
 * skipped: a backend that computes nothing has not passed. */
ls_status ls_check_conv_table(const ls_backend *backend, const char *variant, ls_error *error);
ls_status ls_check_dense_table(const ls_backend *backend, const char *variant, ls_error *error);

#endif
