/* Handles and descriptors of the stand-in, and the algorithms it proposes. */
#include "backends/cudnn/emulation/library.h"

namespace ls_emulated {
namespace {

template <class T> cudnnStatus_t make(T **made) {
  *made = new T();
  return CUDNN_STATUS_SUCCESS;
}

template <class T> cudnnStatus_t destroy(T *gone) {
  delete gone;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t only_if(bool known) {
  return known ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t set_layout(layout *t, int n, int c, int h, int w) {
  *t = {{n, c, h, w}, {c * h * w, h * w, w, 1}};
  return only_if(n > 0 && c > 0 && h > 0 && w > 0);
}

/* One that is fast but not the same every time, one that is less exact, and the one that computes.
 */
template <class A>
cudnnStatus_t propose(A inexact_order, A inexact_numbers, A good, int wanted, int *count,
                      proposal<A> *proposals) {
  if (wanted < 3) return CUDNN_STATUS_BAD_PARAM;
  *count = 3;
  const cudnnStatus_t ok = CUDNN_STATUS_SUCCESS;
  proposals[0] = {inexact_order, ok, 1, 0, CUDNN_NON_DETERMINISTIC, CUDNN_FMA_MATH};
  proposals[1] = {inexact_numbers, ok, 2, 0, CUDNN_DETERMINISTIC, CUDNN_TENSOR_OP_MATH};
  proposals[2] = {good, ok, 3, 1024, CUDNN_DETERMINISTIC, CUDNN_FMA_MATH};
  return ok;
}

cudnnStatus_t workspace_of(size_t *bytes) {
  *bytes = 1024;
  return CUDNN_STATUS_SUCCESS;
}

} // namespace

size_t cudnnGetVersion() {
  return 90000;
}

const char *cudnnGetErrorString(cudnnStatus_t status) {
  return status == CUDNN_STATUS_SUCCESS         ? "no error"
         : status == CUDNN_STATUS_NOT_SUPPORTED ? "not supported by the stand-in"
                                                : "sizes or pointers that do not fit";
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle) {
  return make(handle);
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  return destroy(handle);
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

#define DESCRIPTOR(name)                                                                           \
  cudnnStatus_t cudnnCreate##name##Descriptor(cudnn##name##Descriptor_t *made) {                   \
    return make(made);                                                                             \
  }                                                                                                \
  cudnnStatus_t cudnnDestroy##name##Descriptor(cudnn##name##Descriptor_t gone) {                   \
    return destroy(gone);                                                                          \
  }
DESCRIPTOR(Tensor)
DESCRIPTOR(Filter)
DESCRIPTOR(Convolution)
DESCRIPTOR(Pooling)
DESCRIPTOR(Activation)

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t t, cudnnTensorFormat_t,
                                         cudnnDataType_t, int n, int c, int h, int w) {
  return set_layout(t, n, c, h, w);
}

cudnnStatus_t cudnnSetTensor4dDescriptorEx(cudnnTensorDescriptor_t t, cudnnDataType_t, int n, int c,
                                           int h, int w, int n_stride, int c_stride, int h_stride,
                                           int w_stride) {
  *t = {{n, c, h, w}, {n_stride, c_stride, h_stride, w_stride}};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t f, cudnnDataType_t,
                                         cudnnTensorFormat_t, int k, int c, int h, int w) {
  return set_layout(f, k, c, h, w);
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int pad_h, int pad_w,
                                              int u, int v, int dilation_h, int dilation_w,
                                              cudnnConvolutionMode_t mode, cudnnDataType_t) {
  *d = {pad_h, CUDNN_DEFAULT_MATH};
  return only_if(pad_h == pad_w && u == 1 && v == 1 && dilation_h == 1 && dilation_w == 1 &&
                 mode == CUDNN_CROSS_CORRELATION);
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t math) {
  d->math = math;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetPooling2dDescriptor(cudnnPoolingDescriptor_t d, cudnnPoolingMode_t,
                                          cudnnNanPropagation_t nan, int height, int width,
                                          int pad_h, int pad_w, int stride_h, int stride_w) {
  d->pool = height;
  return only_if(nan == CUDNN_PROPAGATE_NAN && height == width && height == stride_h &&
                 width == stride_w && !pad_h && !pad_w);
}

cudnnStatus_t cudnnSetActivationDescriptor(cudnnActivationDescriptor_t d, cudnnActivationMode_t,
                                           cudnnNanPropagation_t nan, double alpha) {
  d->alpha = alpha;
  return only_if(nan == CUDNN_PROPAGATE_NAN);
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(
    cudnnHandle_t, cudnnTensorDescriptor_t, cudnnFilterDescriptor_t, cudnnConvolutionDescriptor_t,
    cudnnTensorDescriptor_t, int wanted, int *count, cudnnConvolutionFwdAlgoPerf_t *proposals) {
  return propose(CUDNN_CONVOLUTION_FWD_ALGO_GEMM, CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD,
                 CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, wanted, count, proposals);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(
    cudnnHandle_t, cudnnFilterDescriptor_t, cudnnTensorDescriptor_t, cudnnConvolutionDescriptor_t,
    cudnnTensorDescriptor_t, int wanted, int *count, cudnnConvolutionBwdDataAlgoPerf_t *proposals) {
  return propose(CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD,
                 CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, wanted, count, proposals);
}

cudnnStatus_t
cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t, cudnnTensorDescriptor_t,
                                              cudnnTensorDescriptor_t, cudnnConvolutionDescriptor_t,
                                              cudnnFilterDescriptor_t, int wanted, int *count,
                                              cudnnConvolutionBwdFilterAlgoPerf_t *proposals) {
  return propose(CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD,
                 CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, wanted, count, proposals);
}

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t, cudnnTensorDescriptor_t,
                                                      cudnnFilterDescriptor_t,
                                                      cudnnConvolutionDescriptor_t,
                                                      cudnnTensorDescriptor_t,
                                                      cudnnConvolutionFwdAlgo_t, size_t *bytes) {
  return workspace_of(bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(
    cudnnHandle_t, cudnnFilterDescriptor_t, cudnnTensorDescriptor_t, cudnnConvolutionDescriptor_t,
    cudnnTensorDescriptor_t, cudnnConvolutionBwdDataAlgo_t, size_t *bytes) {
  return workspace_of(bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(
    cudnnHandle_t, cudnnTensorDescriptor_t, cudnnTensorDescriptor_t, cudnnConvolutionDescriptor_t,
    cudnnFilterDescriptor_t, cudnnConvolutionBwdFilterAlgo_t, size_t *bytes) {
  return workspace_of(bytes);
}

const char *cublasGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "no error" : "steps that the stand-in does not know";
}

cublasStatus_t cublasCreate(cublasHandle_t *handle) {
  *handle = new blas_handle();
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) {
  return CUBLAS_STATUS_SUCCESS;
}

} // namespace ls_emulated
