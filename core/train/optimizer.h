/* Optimisers with Keras' semantics (keras.optimizers.SGD and Adam, version 3):
 *   sgd:  velocity = momentum * velocity - lr * g;  w += velocity
 *   adam: m += (g - m)(1 - beta1);  v += (g^2 - v)(1 - beta2);
 *         w -= lr sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon)
 *         with beta1 0.9, beta2 0.999, epsilon 1e-7 (Kingma and Ba, ICLR 2015, in Keras' form). */
#ifndef LS_TRAIN_OPTIMIZER_H
#define LS_TRAIN_OPTIMIZER_H

#include "base/status.h"

#include <stddef.h>

typedef enum ls_optimizer_kind { LS_SGD, LS_ADAM } ls_optimizer_kind;

typedef struct ls_optimizer {
  ls_optimizer_kind kind;
  double learning_rate, momentum; /* momentum: sgd only */
  size_t count;                   /* parameters */
  unsigned long long steps;       /* updates so far */
  float *first, *second;          /* sgd: velocity, NULL; adam: m, v */
} ls_optimizer;

ls_status ls_optimizer_init(ls_optimizer *optimizer, ls_optimizer_kind kind, double learning_rate,
                            double momentum, size_t count, ls_error *error);
void ls_optimizer_destroy(ls_optimizer *optimizer);

/* One update of count parameters by their gradients (already averaged over the batch). */
void ls_optimizer_update(ls_optimizer *optimizer, const float *gradients, float *parameters);

#endif
