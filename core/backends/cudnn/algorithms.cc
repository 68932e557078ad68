#include "backends/cudnn/algorithms.h"

namespace LS_CUDA_NAMESPACE {
namespace library {
namespace {

enum { MOST_PROPOSALS = 16 };
const size_t MOST_WORKSPACE = (size_t)1 << 30;

/* P: one of the three structs cudnnConvolution..AlgoPerf_t. */
template <class P> const P *first_good(const context *c, const P *proposals, int count) {
  for (int i = 0; i < count; i++) {
    const P &p = proposals[i];
    if (p.status == CUDNN_STATUS_SUCCESS && p.determinism == CUDNN_DETERMINISTIC &&
        p.memory <= MOST_WORKSPACE && (c->tf32 || p.mathType == CUDNN_FMA_MATH))
      return &p;
  }
  return nullptr;
}

ls_status none(const context *c, const char *what, ls_error *error) {
  return ls_fail(
      error, LS_UNAVAILABLE,
      "cuDNN has no algorithm for %s of this shape on device %d that gives the same bits "
      "every time%s in 1 GiB",
      what, c->d->number, c->tf32 ? "" : ", in float32,");
}

void keep_most(size_t *most, size_t bytes) {
  if (bytes > *most) *most = bytes;
}

ls_status choose_forward(context *c, const convolution *v, algorithms *chosen, ls_error *error) {
  cudnnConvolutionFwdAlgoPerf_t proposals[MOST_PROPOSALS];
  int count = 0;
  size_t bytes = 0;
  LS_TRY(check(cudnnGetConvolutionForwardAlgorithm_v7(c->cudnn, v->x, v->w, v->how, v->z,
                                                      MOST_PROPOSALS, &count, proposals),
               "looking for an algorithm", error));
  auto *best = first_good(c, proposals, count);
  if (!best) return none(c, "the convolution", error);
  chosen->forward = best->algo;
  LS_TRY(check(cudnnGetConvolutionForwardWorkspaceSize(c->cudnn, v->x, v->w, v->how, v->z,
                                                       best->algo, &bytes),
               "size of the workspace", error));
  keep_most(&chosen->workspace, bytes);
  return LS_OK;
}

ls_status choose_data(context *c, const convolution *v, algorithms *chosen, ls_error *error) {
  cudnnConvolutionBwdDataAlgoPerf_t proposals[MOST_PROPOSALS];
  int count = 0;
  size_t bytes = 0;
  LS_TRY(check(cudnnGetConvolutionBackwardDataAlgorithm_v7(c->cudnn, v->w, v->z, v->how, v->x,
                                                           MOST_PROPOSALS, &count, proposals),
               "looking for an algorithm", error));
  auto *best = first_good(c, proposals, count);
  if (!best) return none(c, "the gradient of the input", error);
  chosen->data = best->algo;
  LS_TRY(check(cudnnGetConvolutionBackwardDataWorkspaceSize(c->cudnn, v->w, v->z, v->how, v->x,
                                                            best->algo, &bytes),
               "size of the workspace", error));
  keep_most(&chosen->workspace, bytes);
  return LS_OK;
}

ls_status choose_filter(context *c, const convolution *v, algorithms *chosen, ls_error *error) {
  cudnnConvolutionBwdFilterAlgoPerf_t proposals[MOST_PROPOSALS];
  int count = 0;
  size_t bytes = 0;
  LS_TRY(check(cudnnGetConvolutionBackwardFilterAlgorithm_v7(c->cudnn, v->x, v->z, v->how, v->w,
                                                             MOST_PROPOSALS, &count, proposals),
               "looking for an algorithm", error));
  auto *best = first_good(c, proposals, count);
  if (!best) return none(c, "the gradient of the weights", error);
  chosen->filter = best->algo;
  LS_TRY(check(cudnnGetConvolutionBackwardFilterWorkspaceSize(c->cudnn, v->x, v->z, v->how, v->w,
                                                              best->algo, &bytes),
               "size of the workspace", error));
  keep_most(&chosen->workspace, bytes);
  return LS_OK;
}

} // namespace

ls_status choose_algorithms(context *c, const convolution *conv, int want_input_gradient,
                            algorithms *chosen, ls_error *error) {
  *chosen = {};
  LS_TRY(choose_forward(c, conv, chosen, error));
  if (want_input_gradient) LS_TRY(choose_data(c, conv, chosen, error));
  return choose_filter(c, conv, chosen, error);
}

const char *forward_name(cudnnConvolutionFwdAlgo_t algorithm) {
  switch (algorithm) {
  case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM:
    return "implicit_gemm";
  case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM:
    return "implicit_precomp_gemm";
  case CUDNN_CONVOLUTION_FWD_ALGO_GEMM:
    return "gemm";
  case CUDNN_CONVOLUTION_FWD_ALGO_DIRECT:
    return "direct";
  case CUDNN_CONVOLUTION_FWD_ALGO_FFT:
    return "fft";
  case CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING:
    return "fft_tiling";
  case CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD:
    return "winograd";
  case CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED:
    return "winograd_nonfused";
  default:
    return "unknown";
  }
}

const char *data_name(cudnnConvolutionBwdDataAlgo_t algorithm) {
  switch (algorithm) {
  case CUDNN_CONVOLUTION_BWD_DATA_ALGO_0:
    return "algo_0";
  case CUDNN_CONVOLUTION_BWD_DATA_ALGO_1:
    return "algo_1";
  case CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT:
    return "fft";
  case CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT_TILING:
    return "fft_tiling";
  case CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD:
    return "winograd";
  case CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD_NONFUSED:
    return "winograd_nonfused";
  default:
    return "unknown";
  }
}

const char *filter_name(cudnnConvolutionBwdFilterAlgo_t algorithm) {
  switch (algorithm) {
  case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0:
    return "algo_0";
  case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1:
    return "algo_1";
  case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_FFT:
    return "fft";
  case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_3:
    return "algo_3";
  case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD:
    return "winograd";
  case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD_NONFUSED:
    return "winograd_nonfused";
  case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_FFT_TILING:
    return "fft_tiling";
  default:
    return "unknown";
  }
}

} // namespace library
} // namespace LS_CUDA_NAMESPACE
