/* What the files of this backend share. */
#ifndef LS_BACKENDS_ONEDNN_ONEDNN_H
#define LS_BACKENDS_ONEDNN_ONEDNN_H

#include "backends/backend.h"
#include "backends/onednn/dnnl_shim.h"
#include "backends/onednn/lanes.h"

struct ls_device {
  int threads;
  int literal; /* 1: variant literal */
  dnnl_engine_t engine;
  dnnl_stream_t *streams; /* one for each thread */
  dnnl_primitive_attr_t attributes, with_elu;
  const ls_onednn_lanes *lanes;
};

ls_status ls_onednn_rewritten_new(ls_device *, const ls_conv_block_shape *, int first,
                                  ls_operator **, ls_error *);
ls_status ls_onednn_literal_new(ls_device *, const ls_conv_block_shape *, int first, ls_operator **,
                                ls_error *);
ls_status ls_onednn_dense_new(ls_device *, const ls_dense_shape *, ls_operator **, ls_error *);

/* A primitive of the library with its arguments, which are layouts whose data is given when it
 * runs. Zeroed memory is none. */
enum { LS_ONEDNN_MOST_ARGUMENTS = 6 };
typedef struct ls_onednn_primitive {
  dnnl_primitive_t primitive;
  dnnl_stream_t *streams; /* the device's */
  int count, copies;
  dnnl_exec_arg_t *arguments; /* [copies][LS_ONEDNN_MOST_ARGUMENTS], in the order of the data */
  size_t scratch;             /* bytes */
  char implementation[48];
} ls_onednn_primitive;

/* Takes over description, whose making answered made. arguments: DNNL_ARG_*, ended by 0. copies:
 * how many threads may run it at a time. It is made for as many threads as are in use
 * (ls_onednn_use_threads). what names it in the message. Returns LS_OK, LS_MEMORY or LS_UNAVAILABLE
 * (the library has no such kernel). */
ls_status ls_onednn_primitive_new(ls_onednn_primitive *, ls_device *, int copies,
                                  dnnl_status_t made, dnnl_primitive_desc_t description,
                                  const int *arguments, const char *what, ls_error *);
void ls_onednn_primitive_destroy(ls_onednn_primitive *);

ls_dnnl_const_layout ls_onednn_layout(const ls_onednn_primitive *, int argument);
size_t ls_onednn_bytes(const ls_onednn_primitive *, int argument);
const_dnnl_primitive_desc_t ls_onednn_description(const ls_onednn_primitive *);

/* Runs it on data (one pointer for each argument, in their order) as copy number copy. scratch:
 * aligned. Returns 1 if the library failed, else 0. */
int ls_onednn_run(const ls_onednn_primitive *, int copy, const void *const *data, void *scratch);

/* One from layout to layout. */
ls_status ls_onednn_reorder_new(ls_onednn_primitive *, ls_device *, ls_dnnl_const_layout from,
                                ls_dnnl_const_layout to, ls_error *);

/* LS_OK if ran is 0. */
ls_status ls_onednn_ran(int ran, const char *what, ls_error *);

/* The library takes the number of threads from OpenMP, for the calling thread. Returns the number
 * before. */
int ls_onednn_use_threads(int threads);
int ls_onednn_thread(void);

/* Rounded up so that every block of a workspace stays aligned. */
size_t ls_onednn_aligned(size_t bytes);

#endif
