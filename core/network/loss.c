#include "network/loss.h"

#include <math.h>

/* log(sum(exp(logits))); NaN if any logit is NaN or infinite. */
static double log_sum(const float *logits, int classes) {
  int best = 0;
  double finite = 0, rest = 0;
  for (int i = 0; i < classes; i++) {
    finite += (double)logits[i] * 0; /* 0, or NaN for NaN and infinity */
    if (logits[i] > logits[best]) best = i;
  }
  const double largest = (double)logits[best];
  for (int i = 0; i < classes; i++)
    if (i != best) rest += exp((double)logits[i] - largest);
  return largest + log1p(rest) + finite;
}

void ls_softmax(const float *logits, int classes, float *probabilities) {
  double total = log_sum(logits, classes);
  for (int i = 0; i < classes; i++) probabilities[i] = (float)exp((double)logits[i] - total);
}

double ls_cross_entropy(const float *logits, int classes, int label) {
  return log_sum(logits, classes) - (double)logits[label];
}

void ls_cross_entropy_gradient(const float *probabilities, int classes, int label, float scale,
                               float *logit_gradient) {
  for (int i = 0; i < classes; i++)
    logit_gradient[i] = scale * (probabilities[i] - (i == label ? 1.0f : 0.0f));
}
