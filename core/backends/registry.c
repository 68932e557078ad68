#include "backends/registry.h"

#include "base/text.h"

#include <string.h>

extern const ls_backend ls_backend_reference, ls_backend_openmp;
#ifdef LS_HAVE_OPENBLAS
extern const ls_backend ls_backend_openblas;
#endif
#ifdef LS_HAVE_ONEDNN
extern const ls_backend ls_backend_onednn;
#endif
#ifdef LS_HAVE_CUDA
extern const ls_backend ls_backend_cuda;
#endif
#ifdef LS_HAVE_CUDNN
extern const ls_backend ls_backend_cudnn;
#endif
#ifdef LS_HAVE_CUDA_EMULATION
extern const ls_backend ls_backend_cuda_emulated, ls_backend_cudnn_emulated;
#endif

/* In order of preference: the first one available is the default. */
static const ls_backend *const backends[] = {
    &ls_backend_openmp,
#ifdef LS_HAVE_ONEDNN
    &ls_backend_onednn,
#endif
#ifdef LS_HAVE_OPENBLAS
    &ls_backend_openblas,
#endif
    &ls_backend_reference,
#ifdef LS_HAVE_CUDA
    &ls_backend_cuda,
#endif
#ifdef LS_HAVE_CUDNN
    &ls_backend_cudnn,
#endif
#ifdef LS_HAVE_CUDA_EMULATION
    &ls_backend_cuda_emulated,
    &ls_backend_cudnn_emulated,
#endif
    NULL,
};

static const ls_backend_absent absent[] = {
#ifndef LS_HAVE_CUDA
    {"cuda", "the CUDA toolkit (nvcc) when it is built"},
#endif
#ifndef LS_HAVE_CUDNN
    {"cudnn", "the CUDA toolkit (nvcc) and cuDNN 9's headers when it is built"},
#endif
#ifndef LS_HAVE_ONEDNN
    {"onednn", "oneDNN 2.6 or newer with OpenMP (libdnnl-dev)"},
#endif
#ifndef LS_HAVE_OPENBLAS
    {"openblas", "OpenBLAS with OpenMP (libopenblas-openmp-dev)"},
#endif
    {NULL, NULL},
};

const ls_backend *ls_backend_at(int i) {
  return backends[i];
}

const ls_backend_absent *ls_backend_absent_at(int i) {
  return absent[i].name ? &absent[i] : NULL;
}

static int usable(const ls_backend *backend, char *reason, size_t length) {
  return !backend->available || backend->available(reason, length);
}

ls_status ls_backend_find(const char *name, const ls_backend **found, ls_error *error) {
  char reason[256] = "";
  *found = NULL;
  for (int i = 0; backends[i]; i++) {
    if (name ? strcmp(name, backends[i]->name) : backends[i]->emulated) continue;
    if (usable(backends[i], reason, sizeof reason)) {
      *found = backends[i];
      return LS_OK;
    }
    if (name) return ls_fail(error, LS_UNAVAILABLE, "backend %s cannot run here: %s", name, reason);
  }
  for (int i = 0; name && absent[i].name; i++)
    if (!strcmp(name, absent[i].name))
      return ls_fail(error, LS_UNAVAILABLE, "backend %s is not in this build: it needs %s", name,
                     absent[i].needs);
  char names[256] = "";
  for (int i = 0; backends[i]; i++) ls_text_add_name(names, sizeof names, backends[i]->name);
  return ls_fail(error, LS_USAGE, "--backend %s: no such backend; choose one of %s",
                 name ? name : "", names);
}
