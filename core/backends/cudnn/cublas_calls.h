/* The few functions of cuBLAS that the backend calls, for builds without its header, which comes
 * only with its 600 MB of library. From the cuBLAS library's user guide (NVIDIA),
 * sections 2.4, 2.5, 2.6; unchanged since version 4. */
#ifndef LS_BACKENDS_CUDNN_CUBLAS_CALLS_H
#define LS_BACKENDS_CUDNN_CUBLAS_CALLS_H

#include <cuda_runtime.h>

extern "C" {
typedef struct cublasContext *cublasHandle_t;
typedef enum { CUBLAS_STATUS_SUCCESS = 0 } cublasStatus_t;
typedef enum { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 } cublasOperation_t;
typedef enum { CUBLAS_PEDANTIC_MATH = 2, CUBLAS_TF32_TENSOR_OP_MATH = 3 } cublasMath_t;

cublasStatus_t cublasCreate_v2(cublasHandle_t *);
cublasStatus_t cublasDestroy_v2(cublasHandle_t);
cublasStatus_t cublasSetStream_v2(cublasHandle_t, cudaStream_t);
cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t);
const char *cublasGetStatusString(cublasStatus_t);
cublasStatus_t cublasSaxpy_v2(cublasHandle_t, int, const float *, const float *, int, float *, int);
cublasStatus_t cublasSgemv_v2(cublasHandle_t, cublasOperation_t, int, int, const float *,
                              const float *, int, const float *, int, const float *, float *, int);
cublasStatus_t cublasSger_v2(cublasHandle_t, int, int, const float *, const float *, int,
                             const float *, int, float *, int);
}
#define cublasCreate cublasCreate_v2
#define cublasDestroy cublasDestroy_v2
#define cublasSetStream cublasSetStream_v2
#define cublasSaxpy cublasSaxpy_v2
#define cublasSgemv cublasSgemv_v2
#define cublasSger cublasSger_v2

#endif
