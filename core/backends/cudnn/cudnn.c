/* Backend cudnn, the part in the program: opens cuDNN, cuBLAS and the module when somebody asks,
 * and passes calls on. Nothing is kept: opening again what is open is quick, and nothing is closed,
 * as the CUDA runtime in the module must outlive whatever uses the device. */
#include "backends/cudnn/module.h"

#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char module_name[] = "larscale_cudnn.so";

/* $LARSCALE_MODULES if it is set; else beside the program, or in lib/larscale of its prefix. */
static int find_module(char *path, size_t length) {
  const char *folder = getenv("LARSCALE_MODULES");
  char program[PATH_MAX];
  if (folder && *folder) {
    int written = snprintf(path, length, "%s/%s", folder, module_name);
    return written > 0 && (size_t)written < length && access(path, R_OK) == 0;
  }
  ssize_t end = readlink("/proc/self/exe", program, sizeof program - 1);
  if (end <= 0) return 0;
  program[end] = 0;
  const char *beside = dirname(program);
  const char *const places[] = {"", "/../lib/larscale"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    int written = snprintf(path, length, "%s%s/%s", beside, places[i], module_name);
    if (written > 0 && (size_t)written < length && access(path, R_OK) == 0) return 1;
  }
  return 0;
}

/* Opens NAME.so.MAJOR for all that are opened later; 0 and the reason if it is not there. */
static int open_library(const char *name, const char *title, int major, char *reason,
                        size_t length) {
  enum { OLDEST = 7, NEWEST = 20 }; /* majors to look for, to say which is there */
  char file[64];
  snprintf(file, sizeof file, "%s.so.%d", name, major);
  if (dlopen(file, RTLD_NOW | RTLD_GLOBAL)) return 1;
  const char *why = dlerror();
  char because[192];
  snprintf(because, sizeof because, "%s", why ? why : "");
  for (int other = NEWEST; other >= OLDEST; other--) {
    snprintf(file, sizeof file, "%s.so.%d", name, other);
    void *found = other == major ? NULL : dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    if (!found) continue;
    dlclose(found);
    snprintf(reason, length, "this build is for %s %d; here is %s %d", title, major, title, other);
    return 0;
  }
  snprintf(reason, length, "no %s %d (its folder goes into LD_LIBRARY_PATH): %s", title, major,
           because);
  return 0;
}

/* The module's backend; NULL and the reason if it cannot be had. */
static const ls_backend *load(char *reason, size_t length) {
  char path[PATH_MAX];
  if (!find_module(path, sizeof path)) {
    snprintf(reason, length,
             "there is no module %s beside the program, in ../lib/larscale, or in "
             "$LARSCALE_MODULES",
             module_name);
    return NULL;
  }
  if (!open_library("libcublasLt", "cuBLASLt", LS_CUBLAS_MAJOR, reason, length) ||
      !open_library("libcublas", "cuBLAS", LS_CUBLAS_MAJOR, reason, length) ||
      !open_library("libcudnn", "cuDNN", LS_CUDNN_MAJOR, reason, length))
    return NULL;
  void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  const ls_cudnn_module *found = module ? dlsym(module, LS_CUDNN_MODULE_SYMBOL) : NULL;
  if (!found) {
    const char *why = dlerror();
    snprintf(reason, length, "the module cannot be opened: %s", why ? why : "");
    return NULL;
  }
  if (found->interface != LS_CUDNN_INTERFACE || found->backend_size != sizeof(ls_backend)) {
    snprintf(reason, length, "%s is of another build", path);
    return NULL;
  }
  return found->backend;
}

static const ls_backend *of(const ls_device *device) {
  return ((const ls_cudnn_device *)(const void *)device)->backend;
}

static void version(char *text, size_t length) {
  char reason[512];
  const ls_backend *module = load(reason, sizeof reason);
  if (module)
    module->version(text, length);
  else
    snprintf(text, length, "not loaded");
}

static int available(char *reason, size_t length) {
  const ls_backend *module = load(reason, length);
  return module && module->available(reason, length);
}

static int device_count(void) {
  char reason[512];
  const ls_backend *module = load(reason, sizeof reason);
  return module ? module->device_count() : 0;
}

static void device_name(int device, char *text, size_t length) {
  char reason[512];
  const ls_backend *module = load(reason, sizeof reason);
  snprintf(text, length, "unknown");
  if (module) module->device_name(device, text, length);
}

static void device_facts(int device, ls_device_facts *facts) {
  char reason[512];
  const ls_backend *module = load(reason, sizeof reason);
  *facts = (ls_device_facts){.name = "unknown"};
  if (module) module->device_facts(device, facts);
}

static ls_status device_open(const ls_backend_options *options, ls_device **device,
                             ls_error *error) {
  char reason[512];
  *device = NULL;
  const ls_backend *module = load(reason, sizeof reason);
  if (!module) return ls_fail(error, LS_UNAVAILABLE, "backend cudnn: %s", reason);
  return module->device_open(options, device, error);
}

static void device_close(ls_device *device) {
  if (device) of(device)->device_close(device);
}

static ls_status conv_block_new(ls_device *device, const ls_conv_block_shape *shape,
                                const ls_operator_place *place, ls_operator **op, ls_error *error) {
  return of(device)->conv_block_new(device, shape, place, op, error);
}

static ls_status dense_new(ls_device *device, const ls_dense_shape *shape,
                           const ls_operator_place *place, ls_operator **op, ls_error *error) {
  return of(device)->dense_new(device, shape, place, op, error);
}

static ls_status allocate(ls_device *device, void **block, size_t bytes, const char *what,
                          ls_error *error) {
  return of(device)->memory->allocate(device, block, bytes, what, error);
}

static void release(ls_device *device, void *block) {
  of(device)->memory->release(device, block);
}

static ls_status fill(ls_device *device, void *block, int byte, size_t bytes, ls_error *error) {
  return of(device)->memory->fill(device, block, byte, bytes, error);
}

static ls_status write_block(ls_device *device, void *block, const void *plain, size_t bytes,
                             ls_error *error) {
  return of(device)->memory->write(device, block, plain, bytes, error);
}

static ls_status read_block(ls_device *device, const void *block, void *plain, size_t bytes,
                            ls_error *error) {
  return of(device)->memory->read(device, block, plain, bytes, error);
}

static ls_status add(ls_device *device, float *into, const float *from, size_t count,
                     ls_error *error) {
  return of(device)->memory->add(device, into, from, count, error);
}

static const ls_backend_memory memory = {
    .allocate = allocate,
    .release = release,
    .fill = fill,
    .write = write_block,
    .read = read_block,
    .add = add,
};

static const char *const variants[] = {"float32", "tf32", NULL};

const ls_backend ls_backend_cudnn = {
    .name = "cudnn",
    .opens_libraries = 1,
    .summary = "what a framework does on a GPU: convolution, pooling and ELU of cuDNN, cuBLAS; "
               "variant tf32: with less exact products",
    .variants = variants,
    .version = version,
    .available = available,
    .device_count = device_count,
    .device_name = device_name,
    .device_facts = device_facts,
    .memory = &memory,
    .device_open = device_open,
    .device_close = device_close,
    .conv_block_new = conv_block_new,
    .dense_new = dense_new,
};
