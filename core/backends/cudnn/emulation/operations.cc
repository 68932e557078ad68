/* What the stand-in computes, in plain loops. Each call is put into the stream as a launch of one
 * thread; results are summed in double precision. */
#include "backends/cudnn/emulation/library.h"

#include <cmath>
#include <limits>
#include <vector>

namespace ls_emulated {
namespace {

/* Layouts are copied: a descriptor may be gone when the work is done. */
template <class... P>
cudnnStatus_t enqueue(library_handle *handle, const char *name, std::function<void()> body,
                      P... pointers) {
  bool valid = (is_device_memory(pointers) && ... && true);
  launch_body(name, valid, dim3(1), dim3(1), handle->stream, std::move(body));
  return CUDNN_STATUS_SUCCESS;
}

size_t at(const layout &t, int n, int c, int h, int w) {
  return (size_t)n * (size_t)t.stride[0] + (size_t)c * (size_t)t.stride[1] +
         (size_t)h * (size_t)t.stride[2] + (size_t)w * (size_t)t.stride[3];
}

bool same_sizes(const layout &a, const layout &b) {
  return !memcmp(a.size, b.size, sizeof a.size);
}

float number(const void *value) {
  return *(const float *)value;
}

/* beta 0: what was there is not read, as it may be NaN. */
void put(float *to, double value, float beta) {
  *to = (float)(beta == 0 ? value : value + (double)beta * (double)*to);
}

template <class F> void each(const layout &t, F work) {
  for (int n = 0; n < t.size[0]; n++)
    for (int c = 0; c < t.size[1]; c++)
      for (int h = 0; h < t.size[2]; h++)
        for (int w = 0; w < t.size[3]; w++) work(n, c, h, w);
}

void spoil(void *workspace, size_t bytes) {
  float *floats = (float *)workspace;
  for (size_t i = 0; i < bytes / sizeof(float); i++)
    floats[i] = std::numeric_limits<float>::quiet_NaN();
}

bool convolution_fits(const layout &x, const layout &w, const layout &y,
                      const convolution_mode &conv) {
  return x.size[0] == 1 && y.size[0] == 1 && w.size[1] == x.size[1] && w.size[0] == y.size[1] &&
         x.size[2] == y.size[2] && x.size[3] == y.size[3] && w.size[2] == 2 * conv.pad + 1 &&
         w.size[3] == w.size[2] && x.stride[3] == 1 && y.stride[3] == 1;
}

/* For each tap and each row of y: work(of x, weight, of y, how many), places of the first of so
 * many neighbours that the tap meets inside the image. */
template <class F>
void each_row(const layout &x, const layout &w, const layout &y, int pad, F work) {
  each(w, [&](int k, int c, int r, int s) {
    const size_t weight = at(w, k, c, r, s);
    const int begin = pad > s ? pad - s : 0;
    const int end = s > pad ? y.size[3] - (s - pad) : y.size[3];
    for (int h = 0; h < y.size[2]; h++) {
      int row = h + r - pad;
      if (row < 0 || row >= x.size[2] || end <= begin) continue;
      work(at(x, 0, c, row, begin + s - pad), weight, at(y, 0, k, h, begin), (size_t)(end - begin));
    }
  });
}

size_t count(const layout &t) {
  return (size_t)t.size[0] * (size_t)t.size[1] * (size_t)t.size[2] * (size_t)t.size[3];
}

void finish(const std::vector<double> &sums, float *to, float alpha, float beta) {
  for (size_t i = 0; i < sums.size(); i++) put(to + i, (double)alpha * sums[i], beta);
}

enum product { OUTPUT, INPUT, FILTER };

cudnnStatus_t convolve(library_handle *handle, const char *name, product wanted, const layout &x,
                       const layout &w, const layout &y, const convolution_mode &conv,
                       const float *first, const float *second, float *result, void *workspace,
                       size_t bytes, float alpha, float beta) {
  if (!convolution_fits(x, w, y, conv) || bytes < 1024) return CUDNN_STATUS_BAD_PARAM;
  if (conv.math == CUDNN_DEFAULT_MATH) return CUDNN_STATUS_NOT_SUPPORTED;
  auto body = [=] {
    std::vector<double> sums(count(wanted == OUTPUT ? y : wanted == INPUT ? x : w));
    double *sum = sums.data();
    spoil(workspace, bytes);
    each_row(x, w, y, conv.pad, [&](size_t i, size_t weight, size_t o, size_t n) {
      if (wanted == OUTPUT)
        for (size_t v = 0; v < n; v++) sum[o + v] += (double)first[i + v] * (double)second[weight];
      if (wanted == INPUT)
        for (size_t v = 0; v < n; v++) sum[i + v] += (double)first[weight] * (double)second[o + v];
      if (wanted == FILTER)
        for (size_t v = 0; v < n; v++) sum[weight] += (double)first[i + v] * (double)second[o + v];
    });
    finish(sums, result, alpha, beta);
  };
  return enqueue(handle, name, body, first, second, result, workspace);
}

/* The place in x of the first maximum of a window; a NaN is one. */
size_t maximum(const layout &x, const float *values, int pool, int c, int h, int w) {
  size_t best = at(x, 0, c, h * pool, w * pool);
  for (int r = 0; r < pool; r++)
    for (int s = 0; s < pool; s++) {
      size_t here = at(x, 0, c, h * pool + r, w * pool + s);
      if (values[here] > values[best] || (std::isnan(values[here]) && !std::isnan(values[best])))
        best = here;
    }
  return best;
}

bool pooling_fits(const layout &x, const layout &y, int pool) {
  return x.size[0] == 1 && x.size[1] == y.size[1] && x.size[2] / pool == y.size[2] &&
         x.size[3] / pool == y.size[3];
}

} // namespace

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void *alpha,
                                      cudnnTensorDescriptor_t x_layout, const void *x,
                                      cudnnFilterDescriptor_t w_layout, const void *w,
                                      cudnnConvolutionDescriptor_t conv,
                                      cudnnConvolutionFwdAlgo_t algorithm, void *workspace,
                                      size_t bytes, const void *beta,
                                      cudnnTensorDescriptor_t y_layout, void *y) {
  if (conv->math == CUDNN_FMA_MATH && algorithm != CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM)
    return CUDNN_STATUS_NOT_SUPPORTED;
  return convolve(handle, __func__, OUTPUT, *x_layout, *w_layout, *y_layout, *conv,
                  (const float *)x, (const float *)w, (float *)y, workspace, bytes, number(alpha),
                  number(beta));
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void *alpha,
                                           cudnnFilterDescriptor_t w_layout, const void *w,
                                           cudnnTensorDescriptor_t dy_layout, const void *dy,
                                           cudnnConvolutionDescriptor_t conv,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void *workspace,
                                           size_t bytes, const void *beta,
                                           cudnnTensorDescriptor_t dx_layout, void *dx) {
  if (conv->math == CUDNN_FMA_MATH && algorithm != CUDNN_CONVOLUTION_BWD_DATA_ALGO_1)
    return CUDNN_STATUS_NOT_SUPPORTED;
  return convolve(handle, __func__, INPUT, *dx_layout, *w_layout, *dy_layout, *conv,
                  (const float *)w, (const float *)dy, (float *)dx, workspace, bytes, number(alpha),
                  number(beta));
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void *alpha,
                                             cudnnTensorDescriptor_t x_layout, const void *x,
                                             cudnnTensorDescriptor_t dy_layout, const void *dy,
                                             cudnnConvolutionDescriptor_t conv,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm,
                                             void *workspace, size_t bytes, const void *beta,
                                             cudnnFilterDescriptor_t dw_layout, void *dw) {
  if (conv->math == CUDNN_FMA_MATH && algorithm != CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1)
    return CUDNN_STATUS_NOT_SUPPORTED;
  return convolve(handle, __func__, FILTER, *x_layout, *dw_layout, *dy_layout, *conv,
                  (const float *)x, (const float *)dy, (float *)dw, workspace, bytes, number(alpha),
                  number(beta));
}

cudnnStatus_t cudnnConvolutionBackwardBias(cudnnHandle_t handle, const void *alpha,
                                           cudnnTensorDescriptor_t dy_layout, const void *dy,
                                           const void *beta, cudnnTensorDescriptor_t db_layout,
                                           void *db) {
  const layout y = *dy_layout;
  const float a = number(alpha), b = number(beta);
  if (count(*db_layout) != (size_t)y.size[1]) return CUDNN_STATUS_BAD_PARAM;
  auto body = [=] {
    std::vector<double> sums((size_t)y.size[1]);
    each(y, [&](int n, int c, int h, int w) {
      sums[(size_t)c] += (double)((const float *)dy)[at(y, n, c, h, w)];
    });
    finish(sums, (float *)db, a, b);
  };
  return enqueue(handle, __func__, body, dy, db);
}

cudnnStatus_t cudnnAddTensor(cudnnHandle_t handle, const void *alpha,
                             cudnnTensorDescriptor_t a_layout, const void *a, const void *beta,
                             cudnnTensorDescriptor_t c_layout, void *c) {
  const layout from = *a_layout, to = *c_layout;
  const float factor = number(alpha), b = number(beta);
  bool spread = from.size[2] == 1 && from.size[3] == 1;
  if (from.size[1] != to.size[1] || (!spread && !same_sizes(from, to)))
    return CUDNN_STATUS_BAD_PARAM;
  auto body = [=] {
    each(to, [&](int n, int ch, int h, int w) {
      float value = ((const float *)a)[spread ? at(from, 0, ch, 0, 0) : at(from, n, ch, h, w)];
      put((float *)c + at(to, n, ch, h, w), (double)factor * (double)value, b);
    });
  };
  return enqueue(handle, __func__, body, a, c);
}

cudnnStatus_t cudnnTransformTensor(cudnnHandle_t handle, const void *alpha,
                                   cudnnTensorDescriptor_t x_layout, const void *x,
                                   const void *beta, cudnnTensorDescriptor_t y_layout, void *y) {
  const layout from = *x_layout, to = *y_layout;
  const float a = number(alpha), b = number(beta);
  if (!same_sizes(from, to) || x == y) return CUDNN_STATUS_BAD_PARAM;
  auto body = [=] {
    each(to, [&](int n, int c, int h, int w) {
      put((float *)y + at(to, n, c, h, w),
          (double)a * (double)((const float *)x)[at(from, n, c, h, w)], b);
    });
  };
  return enqueue(handle, __func__, body, x, y);
}

cudnnStatus_t cudnnActivationForward(cudnnHandle_t handle, cudnnActivationDescriptor_t elu,
                                     const void *alpha, cudnnTensorDescriptor_t x_layout,
                                     const void *x, const void *beta,
                                     cudnnTensorDescriptor_t y_layout, void *y) {
  const size_t values = count(*x_layout);
  const float slope = (float)elu->alpha;
  const float a = number(alpha), b = number(beta);
  if (!same_sizes(*x_layout, *y_layout)) return CUDNN_STATUS_BAD_PARAM;
  auto body = [=] {
    for (size_t i = 0; i < values; i++) {
      float v = ((const float *)x)[i];
      put((float *)y + i, (double)a * (double)(v > 0 ? v : slope * std::expm1(v)), b);
    }
  };
  return enqueue(handle, __func__, body, x, y);
}

cudnnStatus_t cudnnActivationBackward(cudnnHandle_t handle, cudnnActivationDescriptor_t elu,
                                      const void *alpha, cudnnTensorDescriptor_t y_layout,
                                      const void *y, cudnnTensorDescriptor_t dy_layout,
                                      const void *dy, cudnnTensorDescriptor_t x_layout,
                                      const void *x, const void *beta,
                                      cudnnTensorDescriptor_t dx_layout, void *dx) {
  const size_t values = count(*x_layout);
  const float slope = (float)elu->alpha;
  const float a = number(alpha), b = number(beta);
  if (!same_sizes(*x_layout, *y_layout) || !same_sizes(*x_layout, *dy_layout) ||
      !same_sizes(*x_layout, *dx_layout))
    return CUDNN_STATUS_BAD_PARAM;
  auto body = [=] {
    for (size_t i = 0; i < values; i++) {
      float v = ((const float *)x)[i], g = ((const float *)dy)[i];
      put((float *)dx + i, (double)a * (double)(g * (v > 0 ? 1 : slope * std::exp(v))), b);
    }
  };
  return enqueue(handle, __func__, body, y, dy, x, dx);
}

cudnnStatus_t cudnnPoolingForward(cudnnHandle_t handle, cudnnPoolingDescriptor_t pooling,
                                  const void *alpha, cudnnTensorDescriptor_t x_layout,
                                  const void *x, const void *beta, cudnnTensorDescriptor_t y_layout,
                                  void *y) {
  const layout from = *x_layout, to = *y_layout;
  const int pool = pooling->pool;
  const float a = number(alpha), b = number(beta);
  if (!pooling_fits(from, to, pool)) return CUDNN_STATUS_BAD_PARAM;
  auto body = [=] {
    each(to, [&](int n, int c, int h, int w) {
      float best = ((const float *)x)[maximum(from, (const float *)x, pool, c, h, w)];
      put((float *)y + at(to, n, c, h, w), (double)a * (double)best, b);
    });
  };
  return enqueue(handle, __func__, body, x, y);
}

cudnnStatus_t cudnnPoolingBackward(cudnnHandle_t handle, cudnnPoolingDescriptor_t pooling,
                                   const void *alpha, cudnnTensorDescriptor_t y_layout,
                                   const void *y, cudnnTensorDescriptor_t dy_layout, const void *dy,
                                   cudnnTensorDescriptor_t x_layout, const void *x,
                                   const void *beta, cudnnTensorDescriptor_t dx_layout, void *dx) {
  const layout to = *x_layout, from = *dy_layout;
  const int pool = pooling->pool;
  const float a = number(alpha);
  if (!pooling_fits(to, from, pool) || !same_sizes(from, *y_layout) ||
      !same_sizes(to, *dx_layout) || number(beta) != 0)
    return CUDNN_STATUS_BAD_PARAM;
  auto body = [=] {
    for (size_t i = 0; i < count(to); i++) ((float *)dx)[i] = 0;
    each(from, [&](int n, int c, int h, int w) {
      ((float *)dx)[maximum(to, (const float *)x, pool, c, h, w)] +=
          a * ((const float *)dy)[at(from, n, c, h, w)];
    });
  };
  return enqueue(handle, __func__, body, y, dy, x, dx);
}

cublasStatus_t cublasSaxpy(cublasHandle_t handle, int n, const float *alpha, const float *x,
                           int x_step, float *y, int y_step) {
  const float a = *alpha;
  if (x_step != 1 || y_step != 1) return CUBLAS_STATUS_INVALID_VALUE;
  auto body = [=] {
    for (int i = 0; i < n; i++) y[i] += a * x[i];
  };
  (void)enqueue(handle, __func__, body, x, y);
  return CUBLAS_STATUS_SUCCESS;
}

/* a: m x n, column after column, lda floats from one to the next. */
cublasStatus_t cublasSgemv(cublasHandle_t handle, cublasOperation_t operation, int m, int n,
                           const float *alpha, const float *a, int lda, const float *x, int x_step,
                           const float *beta, float *y, int y_step) {
  const float factor = *alpha, b = *beta;
  const bool transposed = operation == CUBLAS_OP_T;
  if (x_step != 1 || y_step != 1 || lda < m) return CUBLAS_STATUS_INVALID_VALUE;
  auto body = [=] {
    std::vector<double> sums((size_t)(transposed ? n : m));
    for (int j = 0; j < n; j++)
      for (int i = 0; i < m; i++)
        sums[(size_t)(transposed ? j : i)] +=
            (double)a[(size_t)j * (size_t)lda + (size_t)i] * (double)x[transposed ? i : j];
    finish(sums, y, factor, b);
  };
  (void)enqueue(handle, __func__, body, a, x, y);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSger(cublasHandle_t handle, int m, int n, const float *alpha, const float *x,
                          int x_step, const float *y, int y_step, float *a, int lda) {
  const float factor = *alpha;
  if (x_step != 1 || y_step != 1 || lda < m) return CUBLAS_STATUS_INVALID_VALUE;
  auto body = [=] {
    for (int j = 0; j < n; j++)
      for (int i = 0; i < m; i++) a[(size_t)j * (size_t)lda + (size_t)i] += factor * x[i] * y[j];
  };
  (void)enqueue(handle, __func__, body, x, y, a);
  return CUBLAS_STATUS_SUCCESS;
}

} // namespace ls_emulated
