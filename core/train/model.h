/* A network on a backend: the operators of all layers with the activations of one image.
 *
 * Everything is planned and allocated by ls_model_new; forward and backward allocate nothing. */
#ifndef LS_TRAIN_MODEL_H
#define LS_TRAIN_MODEL_H

#include "backends/block.h"
#include "image/image.h"
#include "network/spec.h"

typedef struct ls_model ls_model;

/* training 0: no room for gradients is made; backward must not be called. backend must outlive the
 * model. Returns LS_OK, LS_MISMATCH (spec), LS_MEMORY or LS_UNAVAILABLE (shape or device). */
ls_status ls_model_new(const ls_backend *backend, const ls_backend_options *options,
                       const ls_network_spec *spec, int training, ls_model **model,
                       ls_error *error);
void ls_model_free(ls_model *model); /* NULL is allowed */

/* Takes new weights: ls_network_parameter_count floats in arena order. They must stay where they
 * are, unchanged, until the next call. */
ls_status ls_model_set_parameters(ls_model *model, const float *parameters, ls_error *error);

/* logits: as many floats as classes. LS_MISMATCH if the image is not of the network's shape. */
ls_status ls_model_forward(ls_model *model, const ls_image *image, float *logits, ls_error *error);

/* Backward of the last forward: ADDS to gradients (arena order, plain memory). logit_gradient:
 * gradient of the loss with respect to the logits. Once for each forward, whose image must still be
 * as it was. On a device's own memory the gradients are fetched each time: for tests and checks. */
ls_status ls_model_backward(ls_model *model, const float *logit_gradient, float *gradients,
                            ls_error *error);

/* Where the model computes: the backend's memory. Valid as long as the model. */
ls_block_home ls_model_home(const ls_model *model);

/* The same into a block of that memory, calling done after each layer, last layer first: its
 * gradient is complete then, or will be when the block is next read. */
typedef void (*ls_layer_done)(void *context, int layer);
ls_status ls_model_backward_by_layer(ls_model *model, const float *logit_gradient, float *gradients,
                                     ls_layer_done done, void *context, ls_error *error);

/* Bytes the model allocated: activations, their gradients, saved data, workspace. */
size_t ls_model_bytes(const ls_model *model);

/* Of these, what belongs to one image: activations, their gradients and what is saved for the
 * backward pass; neither workspace nor the input. */
size_t ls_model_activation_bytes(const ls_model *model);

/* "conv1: <kernels>; conv2: .." as the operators describe themselves, cut to length. */
void ls_model_describe(const ls_model *model, char *text, size_t length);

/* Seconds of the last forward (0) and backward (1) call in layer number layer. */
double ls_model_layer_seconds(const ls_model *model, int layer, int backward);

#endif
