/* cuDNN and cuBLAS as the backend uses them: their headers, or for tests a stand-in on the emulated
 * CUDA runtime; descriptors that free themselves; their failures as messages. */
#ifndef LS_BACKENDS_CUDNN_LIBRARY_H
#define LS_BACKENDS_CUDNN_LIBRARY_H

#include "backends/cuda/device.h"

#ifdef LS_CUDA_EMULATED
#include "backends/cudnn/emulation/library.h"
#else
#include <cudnn.h>
#if __has_include(<cublas_v2.h>)
#include <cublas_v2.h>
#else
#include "backends/cudnn/cublas_calls.h"
#endif
#endif

namespace LS_CUDA_NAMESPACE {
namespace library {

ls_status check(cudnnStatus_t status, const char *doing, ls_error *error);
ls_status check(cublasStatus_t status, const char *doing, ls_error *error);

/* A descriptor of cuDNN: made when it is first wanted, freed with its owner. */
template <class T, cudnnStatus_t (*make)(T *), cudnnStatus_t (*free)(T)> struct descriptor {
  T value = nullptr;
  descriptor() = default;
  descriptor(const descriptor &) = delete;
  descriptor &operator=(const descriptor &) = delete;
  ~descriptor() {
    if (value) (void)free(value);
  }
  ls_status create(ls_error *error) {
    return value ? LS_OK : check(make(&value), "a descriptor", error);
  }
  operator T() const { return value; }
};

typedef descriptor<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor,
                   cudnnDestroyFilterDescriptor>
    filter_descriptor;
typedef descriptor<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor,
                   cudnnDestroyConvolutionDescriptor>
    convolution_descriptor;
typedef descriptor<cudnnPoolingDescriptor_t, cudnnCreatePoolingDescriptor,
                   cudnnDestroyPoolingDescriptor>
    pooling_descriptor;

/* Four dimensions, the last one's neighbours side by side. */
struct tensor_descriptor : descriptor<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor,
                                      cudnnDestroyTensorDescriptor> {
  ls_status set(int n, int c, int h, int w, ls_error *error) {
    LS_TRY(create(error));
    return check(cudnnSetTensor4dDescriptor(value, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n, c, h, w),
                 "a tensor", error);
  }
  /* The same sizes, but of the suite's plain layouts: [h][w][c] if n is 1, [h][w][c][n] if not. */
  ls_status set_plain(int n, int c, int h, int w, ls_error *error) {
    LS_TRY(create(error));
    return check(
        cudnnSetTensor4dDescriptorEx(value, CUDNN_DATA_FLOAT, n, c, h, w, 1, n, w * c * n, c * n),
        "a tensor", error);
  }
};

/* ELU with alpha 1. */
struct elu_descriptor : descriptor<cudnnActivationDescriptor_t, cudnnCreateActivationDescriptor,
                                   cudnnDestroyActivationDescriptor> {
  ls_status set(ls_error *error) {
    LS_TRY(create(error));
    return check(cudnnSetActivationDescriptor(value, CUDNN_ACTIVATION_ELU, CUDNN_PROPAGATE_NAN, 1),
                 "ELU", error);
  }
};

} // namespace library
} // namespace LS_CUDA_NAMESPACE

#endif
