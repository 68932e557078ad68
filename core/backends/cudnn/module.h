/* What the program and the module of the backend cudnn have in common.
 *
 * All that calls cuDNN and cuBLAS is in a shared object, larscale_cudnn.so, which the program opens
 * when it is asked for (cudnn.c): it starts without those libraries, and says that they are
 * missing. The module's references to them are left open when it is linked; the program opens them
 * first. */
#ifndef LS_BACKENDS_CUDNN_MODULE_H
#define LS_BACKENDS_CUDNN_MODULE_H

#include "backends/backend.h"

/* Changes when backend.h or this file does: a module of another build is refused. */
enum { LS_CUDNN_INTERFACE = 1 };

typedef struct ls_cudnn_module {
  int interface;
  size_t backend_size; /* sizeof(ls_backend), as the module was compiled */
  const ls_backend *backend;
} ls_cudnn_module;

/* The one symbol of the module. */
#define LS_CUDNN_MODULE_SYMBOL "larscale_cudnn_module"

/* What a device of the module begins with, so that the program finds the module's functions again.
 */
typedef struct ls_cudnn_device {
  const ls_backend *backend;
} ls_cudnn_device;

#endif
