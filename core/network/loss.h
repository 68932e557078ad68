/* Softmax and categorical cross-entropy of one image's logits. Five numbers in the study: computed
 * here for every backend, in double. */
#ifndef LS_NETWORK_LOSS_H
#define LS_NETWORK_LOSS_H

/* probabilities (classes floats) = softmax(logits), by the shift-by-maximum form. NaN and infinity
 * in the logits give NaN. Both may be the same array. */
void ls_softmax(const float *logits, int classes, float *probabilities);

/* -log softmax(logits)[label], from the logits (no clipping of probabilities); label: 0 ..
 * classes-1. NaN if any logit is
 * NaN or infinite. */
double ls_cross_entropy(const float *logits, int classes, int label);

/* Gradient of scale * loss with respect to the logits: scale * (softmax - one_hot(label)). */
void ls_cross_entropy_gradient(const float *probabilities, int classes, int label, float scale,
                               float *logit_gradient);

#endif
