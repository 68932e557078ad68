#include "train/optimizer.h"

#include "base/memory.h"

#include <math.h>

static const double adam_beta1 = 0.9, adam_beta2 = 0.999, adam_epsilon = 1e-7;

ls_status ls_optimizer_init(ls_optimizer *optimizer, ls_optimizer_kind kind, double learning_rate,
                            double momentum, size_t count, ls_error *error) {
  *optimizer = (ls_optimizer){
      .kind = kind, .learning_rate = learning_rate, .momentum = momentum, .count = count};
  size_t bytes = count * sizeof(float);
  LS_TRY(ls_allocate((void **)&optimizer->first, bytes, "optimiser state", error));
  if (kind == LS_ADAM)
    LS_TRY(ls_allocate((void **)&optimizer->second, bytes, "optimiser state", error));
  return LS_OK;
}

void ls_optimizer_destroy(ls_optimizer *optimizer) {
  ls_free(optimizer->first);
  ls_free(optimizer->second);
  *optimizer = (ls_optimizer){0};
}

static void update_sgd(ls_optimizer *o, const float *gradients, float *parameters) {
  const float rate = (float)o->learning_rate, momentum = (float)o->momentum;
  float *velocity = o->first;
#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < o->count; i++) {
    velocity[i] = momentum * velocity[i] - rate * gradients[i];
    parameters[i] += velocity[i];
  }
}

static void update_adam(ls_optimizer *o, const float *gradients, float *parameters) {
  double t = (double)o->steps;
  const float rate =
      (float)(o->learning_rate * sqrt(1 - pow(adam_beta2, t)) / (1 - pow(adam_beta1, t)));
  const float keep1 = (float)(1 - adam_beta1), keep2 = (float)(1 - adam_beta2);
  const float epsilon = (float)adam_epsilon;
  float *m = o->first, *v = o->second;
#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < o->count; i++) {
    float g = gradients[i];
    m[i] += (g - m[i]) * keep1;
    v[i] += (g * g - v[i]) * keep2;
    parameters[i] -= rate * m[i] / (sqrtf(v[i]) + epsilon);
  }
}

void ls_optimizer_update(ls_optimizer *optimizer, const float *gradients, float *parameters) {
  optimizer->steps++;
  if (optimizer->kind == LS_ADAM)
    update_adam(optimizer, gradients, parameters);
  else
    update_sgd(optimizer, gradients, parameters);
}
