#include "bench/contest.h"

#include "base/clock.h"
#include "base/memory.h"
#include "bench/kernels/machine_peaks.h"
#include "network/loss.h"
#include "train/kernel_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ls_contest_destroy(ls_contest *c) {
  for (int i = 0; i < c->contestant_count; i++) {
    ls_benchmark_destroy(&c->contestants[i].times);
    for (int l = 0; l < LS_MAX_LAYERS; l++)
      for (int way = 0; way < 2; way++) free(c->contestants[i].layer_seconds[l][way]);
  }
  for (int m = 0; m < c->choice_count && c->models[m]; m++) {
    ls_block_free(ls_model_home(c->models[m]), c->model_gradients[m]);
    ls_model_free(c->models[m]);
  }
  ls_free(c->gradients);
  ls_free(c->logits);
  ls_free(c->probabilities);
}

static size_t gradient_bytes(const ls_contest *c) {
  return ls_network_parameter_count(&c->spec) * sizeof(float);
}

static ls_status allocate(ls_contest *c, ls_error *error) {
  size_t bytes = gradient_bytes(c);
  size_t outputs = (size_t)c->batch * (size_t)ls_network_classes(&c->spec) * sizeof(float);
  LS_TRY(ls_allocate((void **)&c->gradients, bytes, "gradients", error));
  LS_TRY(ls_allocate((void **)&c->logits, outputs, "logits", error));
  return ls_allocate((void **)&c->probabilities, outputs, "probabilities", error);
}

static ls_status add_contestant(ls_contest *c, int choice, int input, ls_error *error) {
  ls_contestant *one = &c->contestants[c->contestant_count++];
  one->choice = &c->choices[choice];
  one->input = &c->inputs[input];
  one->model = c->models[choice];
  one->model_gradients = c->model_gradients[choice];
  snprintf(one->name, sizeof one->name, "%s%s%s", one->choice->name, *one->input->name ? "/" : "",
           one->input->name);
  for (int l = 0; l < ls_network_layer_count(&c->spec); l++)
    for (int way = 0; way < 2; way++) {
      double *seconds = calloc((size_t)c->repetitions, sizeof *seconds);
      one->layer_seconds[l][way] = seconds;
      if (!seconds) return ls_fail(error, LS_MEMORY, "no memory for %ld times", c->repetitions);
    }
  return LS_OK;
}

static ls_status make_contestants(ls_contest *c, ls_error *error) {
  for (int i = 0; i < c->choice_count; i++) {
    const ls_backend_choice *choice = &c->choices[i];
    LS_TRY(ls_kernel_check(choice->backend, &choice->options, &c->spec, error));
    LS_TRY(ls_model_new(choice->backend, &choice->options, &c->spec, 1, &c->models[i], error));
    LS_TRY(ls_model_set_parameters(c->models[i], c->parameters, error));
    LS_TRY(ls_block_allocate(ls_model_home(c->models[i]), (void **)&c->model_gradients[i],
                             gradient_bytes(c), "gradients", error));
    for (int input = 0; input < c->input_count; input++) LS_TRY(add_contestant(c, i, input, error));
  }
  return LS_OK;
}

static ls_status step_image(ls_contest *c, ls_contestant *one, int i, ls_error *error) {
  const ls_image *image = &one->input->images[i];
  int classes = ls_network_classes(&c->spec);
  float *logits = c->logits + i * classes, *probabilities = c->probabilities + i * classes;
  float logit_gradient[LS_MAX_CLASSES];
  LS_TRY(ls_model_forward(one->model, image, logits, error));
  ls_softmax(logits, classes, probabilities);
  double loss = ls_cross_entropy(logits, classes, image->label);
  if (!isfinite(loss))
    return ls_fail(error, LS_VALUE, "the loss of event %llu is %g; check the event and the weights",
                   (unsigned long long)image->event, loss);
  ls_cross_entropy_gradient(probabilities, classes, image->label, 1.0f / (float)c->batch,
                            logit_gradient);
  one->loss += loss / c->batch;
  return ls_model_backward_by_layer(one->model, logit_gradient, one->model_gradients, NULL, NULL,
                                    error);
}

static ls_status fetch_gradients(ls_contest *c, const ls_contestant *one, ls_error *error) {
  return ls_block_read(ls_model_home(one->model), one->model_gradients, c->gradients,
                       gradient_bytes(c), error);
}

/* One batch, until its gradients are in plain memory; its layers' times are added to those of
 * repetition, unless that is negative. */
static ls_status step(ls_contest *c, ls_contestant *one, long repetition, ls_error *error) {
  one->loss = 0;
  ls_block_home home = ls_model_home(one->model);
  LS_TRY(ls_block_fill(home, one->model_gradients, 0, gradient_bytes(c), error));
  for (int i = 0; i < c->batch; i++) {
    LS_TRY(step_image(c, one, i, error));
    for (int l = 0; repetition >= 0 && l < ls_network_layer_count(&c->spec); l++)
      for (int way = 0; way < 2; way++)
        one->layer_seconds[l][way][repetition] += ls_model_layer_seconds(one->model, l, way);
  }
  return ls_block_is_plain(home) ? LS_OK : fetch_gradients(c, one, error);
}

static ls_status repeat(ls_contest *c, long repetition, ls_error *error) {
  for (int turn = 0; turn < c->contestant_count; turn++) {
    ls_contestant *one = &c->contestants[repetition % 2 ? c->contestant_count - 1 - turn : turn];
    double start = ls_seconds(), processor = ls_processor_seconds();
    LS_TRY(step(c, one, repetition, error));
    LS_TRY(ls_benchmark_add(&one->times, ls_seconds() - start, ls_processor_seconds() - processor,
                            error));
  }
  return LS_OK;
}

static ls_isa isa_of(const ls_contestant *one) {
  return ls_isa_find(one->choice->options.isa);
}

double ls_contest_peak(const ls_contest *c, const ls_contestant *one) {
  return c->fma_peak[isa_of(one)];
}

static void measure_peaks(ls_contest *c) {
  int wanted[LS_ISA_COUNT] = {0};
  for (int i = 0; i < c->contestant_count; i++) wanted[isa_of(&c->contestants[i])] = 1;
  for (int isa = 0; isa < LS_ISA_COUNT; isa++) {
    double peak = wanted[isa] ? ls_peak_fma((ls_isa)isa, c->threads) : 0;
    if (peak > c->fma_peak[isa]) c->fma_peak[isa] = peak;
  }
}

ls_status ls_contest_run(ls_contest *c, ls_error *error) {
  LS_TRY(allocate(c, error));
  LS_TRY(make_contestants(c, error));
  measure_peaks(c);
  for (int i = 0; i < c->contestant_count; i++)
    for (long w = 0; w < c->warmup; w++) LS_TRY(step(c, &c->contestants[i], -1, error));
  for (long r = 0; r < c->repetitions; r++) LS_TRY(repeat(c, r, error));
  measure_peaks(c);
  return fetch_gradients(c, &c->contestants[c->contestant_count - 1], error);
}
