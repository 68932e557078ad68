/* What a backend is: a table of functions that make operators.
 *
 * An operator is one layer planned for one shape on one device: a conv block (conv + bias + ELU +
 * max-pool) or a dense layer. It works on one image a call. Everything is planned and allocated
 * when the operator is made; forward and backward allocate nothing. An unsupported shape is an
 * error the user sees (LS_UNAVAILABLE): there is no fallback to another backend, it would falsify a
 * benchmark.
 *
 * Activations that pass between operators are the backend's own: a block of output_bytes in a
 * layout that only the backend knows (blocked channels, say), with whatever it keeps with them. The
 * next operator of the same backend takes it as it is. ls_operator_export turns it into plain
 * floats. */
#ifndef LS_BACKENDS_BACKEND_H
#define LS_BACKENDS_BACKEND_H

#include "base/status.h"
#include "image/image.h"
#include "network/spec.h"

#include <stddef.h>

typedef struct ls_backend_options {
  int threads;         /* > 0: threads that operators may use */
  const char *variant; /* NULL: the default; else one of the backend's variants */
  int device;          /* which of the node's devices, for a backend that has some */

  /* Settings that only some backends have; NULL: the backend's default. One that has no such
   * setting, or not that value, refuses it (LS_USAGE). */
  const char *isa;      /* instruction set of its own kernels: "baseline", "avx2", "avx512" */
  const char *winograd; /* "off": direct convolution; "1d": along rows, less exact, faster */
  const char *skip;     /* of regions without charge: "shortcut" (equal to rounding), "exact" (the
                           same bits as off), "off" */
} ls_backend_options;

/* What is known of a device (a GPU); texts are empty, and numbers 0, where nothing is. */
typedef struct ls_device_facts {
  char name[256];
  double memory_bytes;
  char capability[16];          /* compute capability: "9.0" */
  char driver[32], runtime[32]; /* versions of CUDA: what the driver can, what the build has */
  char problem[192];            /* why it cannot be used; empty: it can */
} ls_device_facts;

typedef struct ls_device ls_device; /* defined by each backend for itself */
typedef struct ls_operator ls_operator;

/* Where an operator stands in its network, for backends whose layouts depend on it. */
typedef struct ls_operator_place {
  int first; /* 1: the input is the image: plain floats [height][width][in_channels], or a const
                ls_image * if the backend takes images; its gradient is never asked for */
} ls_operator_place;

/* Bytes that the caller provides, each block aligned to LS_ALIGNMENT and followed by LS_ALIGNMENT
 * bytes of slack; blocks of the backend's own memory, if it has some (block.h). */
typedef struct ls_operator_sizes {
  size_t output;    /* the activation it makes; the gradient that arrives has the same size */
  size_t saved;     /* kept from forward for backward, per image (argmax, pool workspace) */
  size_t workspace; /* scratch during one call, may be shared between operators */
} ls_operator_sizes;

/* The functions of an operator. All pointers are non-NULL unless said otherwise. They are called by
 * one thread, outside of any parallel region. Results must be the same, bit for bit, for any number
 * of threads and from run to run; a variant that cannot keep to that says so in its summary or its
 * folder's comments, and core/train/README.md names it. A status other than LS_OK is a failure of
 * the library behind it (LS_INTERNAL, LS_MEMORY). */
typedef struct ls_operator_functions {
  /* Takes new weights (shapes in network/spec.h), reordering or packing them once per update. The
   * operator keeps its own copy where it needs one, else the pointers, which stay valid until the
   * next set_weights. */
  ls_status (*set_weights)(ls_operator *, const float *kernel, const float *bias, ls_error *);

  /* input: the previous operator's output (or the image). NaN and infinity pass through to
   * the output. */
  ls_status (*forward)(ls_operator *, const void *input, void *output, void *saved, void *workspace,
                       ls_error *);

  /* Given the gradient of the loss with respect to the output, ADDS the gradients of kernel and
   * bias (same layout as the parameters, in a block as the activations) and WRITES that of the
   * input (input_gradient NULL: not wanted). output_gradient may be overwritten. input, output and
   * saved are those of the last forward of this image; output may be overwritten too. */
  ls_status (*backward)(ls_operator *, const void *input, void *output, void *output_gradient,
                        void *saved, void *input_gradient, float *kernel_gradient,
                        float *bias_gradient, void *workspace, ls_error *);

  /* (optional) Activation (or its gradient) to plain floats [height][width][channels] and back.
   * Default: it is sizes.output bytes of just these. Call them by ls_operator_export and
   * ls_operator_import (block.h). */
  ls_status (*export_output)(const ls_operator *, const void *output, float *plain, ls_error *);
  ls_status (*import_output)(const ls_operator *, const float *plain, void *output, ls_error *);

  /* (optional) Names of the kernels that were chosen, for the record: "conv jit:avx512_core; ...".
   * Default: the backend's name. */
  const char *(*describe)(const ls_operator *);

  void (*destroy)(ls_operator *); /* NULL is allowed */
} ls_operator_functions;

/* Every operator begins with this; a backend's own struct embeds it as its first member. */
struct ls_operator {
  const ls_operator_functions *functions;
  ls_operator_sizes sizes;
};

/* Memory of a device that the processor does not read and write itself. Use it through block.h,
 * which says what each function does. Functions of one device are called by one thread at a time,
 * but for read, which the thread that sends gradients may call while another has the device
 * compute: it waits for what was begun on the block before the call, and not for more. */
typedef struct ls_backend_memory {
  ls_status (*allocate)(ls_device *, void **block, size_t bytes, const char *what, ls_error *);
  void (*release)(ls_device *, void *block);
  ls_status (*fill)(ls_device *, void *block, int byte, size_t bytes, ls_error *);
  ls_status (*write)(ls_device *, void *block, const void *plain, size_t bytes, ls_error *);
  ls_status (*read)(ls_device *, const void *block, void *plain, size_t bytes, ls_error *);
  ls_status (*add)(ls_device *, float *into, const float *from, size_t count, ls_error *);
} ls_backend_memory;

typedef struct ls_backend {
  const char *name;            /* as in --backend */
  const char *summary;         /* one line */
  const char *const *variants; /* NULL-terminated; the first is the default */

  /* (optional) 1: the input of the first operator is a const ls_image *, sparse or dense, of the
   * operator's shape, unchanged until the backward pass is over. Default: plain floats, and sparse
   * images are made dense by the caller. */
  int takes_images;

  /* (optional) 1: computes on a stand-in for its device. Right results, times that mean nothing:
   * what is measured with it is never valid, and nobody gets it without asking for it by name. */
  int emulated;

  /* Version of the library behind it and the kernels it chose on this machine, as one line. Part of
   * what a checkpoint must agree with: another text means that other bits may come out. */
  void (*version)(char *text, size_t length);

  /* (optional) 1: available, version and the devices open large libraries to answer; then they are
   * asked only by who means this backend, or all of them. */
  int opens_libraries;

  /* (optional) 0 and a reason if it cannot run on this machine. Default: it can. */
  int (*available)(char *reason, size_t length);

  /* (optional) The devices (GPUs) of this node that it computes on: how many there are now, and the
   * name of one of them (0 .. device_count() - 1). Default: none; it computes on the processors. */
  int (*device_count)(void);
  void (*device_name)(int device, char *text, size_t length);

  /* (optional) More about it. Default: nothing but its name is known. */
  void (*device_facts)(int device, ls_device_facts *facts);

  /* (optional) The memory that activations, their gradients, saved data, workspace and the
   * gradients of the parameters lie in. Default: the processor's. Images, weights and what is
   * imported and exported are plain memory always. */
  const ls_backend_memory *memory;

  /* LS_OK, LS_MEMORY, LS_USAGE (variant: none of variants) or LS_UNAVAILABLE. */
  ls_status (*device_open)(const ls_backend_options *, ls_device **, ls_error *);
  void (*device_close)(ls_device *); /* NULL is allowed */

  /* *op is NULL on failure. Return LS_OK, LS_MEMORY or LS_UNAVAILABLE (shape not supported). */
  ls_status (*conv_block_new)(ls_device *, const ls_conv_block_shape *, const ls_operator_place *,
                              ls_operator **op, ls_error *);
  ls_status (*dense_new)(ls_device *, const ls_dense_shape *, const ls_operator_place *,
                         ls_operator **op, ls_error *);
} ls_backend;

#endif
