/* larscale step: one training step (forward, backward) of one batch with given weights: a tool for
 * checking a backend against anything (--dump), and for timing it (--repetitions).
 *
 * Measured: images already in memory to gradients, the largest part of a training step; the update
 * is not in it. Times are per step of --batch images. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/output_file.h"
#include "bench/benchmark_json.h"
#include "bench/command.h"
#include "bench/job.h"
#include "bench/outputs.h"
#include "network/loss.h"
#include "train/kernel_check.h"
#include "train/model.h"
#include "weights/keras_weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct stepping {
  const ls_settings *settings;
  ls_job job;
  int classes, batch;
  size_t parameter_count;
  ls_image *images;
  ls_model *model;
  float *parameters, *gradients, *logits, *probabilities;
  double loss;
} stepping;

static void release(stepping *s) {
  for (int i = 0; s->images && i < s->batch; i++) ls_image_destroy(&s->images[i]);
  free(s->images);
  ls_model_free(s->model);
  ls_free(s->parameters);
  ls_free(s->gradients);
  ls_free(s->logits);
  ls_free(s->probabilities);
  ls_job_close(&s->job);
}

static ls_status read_images(stepping *s, ls_error *error) {
  size_t events = ls_dataset_count(s->job.events.dataset);
  if (s->settings->batch > (long)events)
    return ls_fail(error, LS_USAGE, "--batch %ld: the data set has %zu events", s->settings->batch,
                   events);
  s->batch = (int)s->settings->batch;
  s->images = calloc((size_t)s->batch, sizeof *s->images);
  if (!s->images) return ls_fail(error, LS_MEMORY, "no memory for %d images", s->batch);
  for (int i = 0; i < s->batch; i++)
    LS_TRY(ls_dataset_read(s->job.events.dataset, (size_t)i, &s->job.events.policy, &s->images[i],
                           error));
  return LS_OK;
}

static ls_status make_model(stepping *s, ls_error *error) {
  const ls_network_spec *spec = &s->job.spec;
  s->classes = ls_network_classes(spec);
  s->parameter_count = ls_network_parameter_count(spec);
  size_t bytes = s->parameter_count * sizeof(float);
  size_t outputs = (size_t)s->batch * (size_t)s->classes * sizeof(float);
  LS_TRY(ls_allocate((void **)&s->parameters, bytes, "parameters", error));
  LS_TRY(ls_allocate((void **)&s->gradients, bytes, "gradients", error));
  LS_TRY(ls_allocate((void **)&s->logits, outputs, "logits", error));
  LS_TRY(ls_allocate((void **)&s->probabilities, outputs, "probabilities", error));
  if (s->settings->weights)
    LS_TRY(ls_keras_weights_read(s->settings->weights, spec, s->parameters, error));
  else
    ls_network_initialise(spec, (unsigned long long)s->settings->seed, s->parameters);
  LS_TRY(ls_model_new(s->job.choice.backend, &s->job.choice.options, spec, 1, &s->model, error));
  return ls_model_set_parameters(s->model, s->parameters, error);
}

static ls_status step_image(stepping *s, int i, ls_error *error) {
  const ls_image *image = &s->images[i];
  float *logits = s->logits + i * s->classes, *probabilities = s->probabilities + i * s->classes;
  float logit_gradient[LS_MAX_CLASSES];
  LS_TRY(ls_model_forward(s->model, image, logits, error));
  ls_softmax(logits, s->classes, probabilities);
  double loss = ls_cross_entropy(logits, s->classes, image->label);
  if (!isfinite(loss))
    return ls_fail(error, LS_VALUE, "the loss of event %d is %g; check the event and the weights",
                   i, loss);
  ls_cross_entropy_gradient(probabilities, s->classes, image->label, 1.0f / (float)s->batch,
                            logit_gradient);
  s->loss += loss / s->batch;
  return ls_model_backward(s->model, logit_gradient, s->gradients, error);
}

static ls_status step(stepping *s, ls_error *error) {
  s->loss = 0;
  memset(s->gradients, 0, s->parameter_count * sizeof(float));
  for (int i = 0; i < s->batch; i++) LS_TRY(step_image(s, i, error));
  return LS_OK;
}

static void print_layers(const stepping *s) {
  puts("\nlast image, ms      forward   backward");
  for (int l = 0; l < ls_network_layer_count(&s->job.spec); l++)
    printf("  %-14s %10.3f %10.3f\n", ls_network_layer(&s->job.spec, l).name,
           1e3 * ls_model_layer_seconds(s->model, l, 0),
           1e3 * ls_model_layer_seconds(s->model, l, 1));
}

static void print_people(const stepping *s, const ls_benchmark_times *times) {
  char kernels[4096];
  ls_model_describe(s->model, kernels, sizeof kernels);
  double median = ls_benchmark_median(times), flop = ls_network_step_flop(&s->job.spec);
  printf("backend %s, %d threads, batch %d of %d x %d x %d\nloss %.9g\n", s->job.choice.name,
         s->job.choice.options.threads, s->batch, s->job.spec.height, s->job.spec.width,
         s->job.spec.planes, s->loss);
  printf("median %.3f ms a step (%zu repetitions), dense-equivalent %.1f GFLOP/s\n", 1e3 * median,
         times->count, flop * s->batch / median / 1e9);
  printf("memory of the model %.1f MB, peak of the process %.1f MB\n",
         (double)ls_model_bytes(s->model) / 1e6, (double)ls_memory_peak() / 1e6);
  print_layers(s);
  printf("kernels: %s\n", kernels);
}

static ls_status measure(stepping *s, ls_benchmark_times *times, ls_error *error) {
  LS_TRY(ls_kernel_check(s->job.choice.backend, &s->job.choice.options, &s->job.spec, error));
  for (long i = 0; i < s->settings->warmup; i++) LS_TRY(step(s, error));
  for (long i = 0; i < s->settings->repetitions; i++) {
    double start = ls_seconds(), processor = ls_processor_seconds();
    LS_TRY(step(s, error));
    LS_TRY(
        ls_benchmark_add(times, ls_seconds() - start, ls_processor_seconds() - processor, error));
  }
  return LS_OK;
}

static ls_status dump(const stepping *s, ls_error *error) {
  ls_step_dump dump = {.loss = s->loss,
                       .batch = s->batch,
                       .classes = s->classes,
                       .logits = s->logits,
                       .probabilities = s->probabilities,
                       .gradients = s->gradients};
  return ls_step_dump_write(s->settings->dump, &s->job.spec, &dump, error);
}

static ls_status print(const stepping *s, const ls_benchmark_times *times, ls_error *error) {
  if (!s->settings->json) {
    print_people(s, times);
    return LS_OK;
  }
  char name[112];
  snprintf(name, sizeof name, "step/%s", s->job.choice.name);
  ls_benchmark_counter counters[] = {
      {"loss", s->loss},
      {"batch", s->batch},
      {"model_bytes", (double)ls_model_bytes(s->model)},
      {"peak_memory_bytes", (double)ls_memory_peak()},
      {"dense_equivalent_flop", ls_network_step_flop(&s->job.spec) * s->batch},
      {NULL, 0}};
  return ls_benchmark_print_json(name, s->job.choice.options.threads, times, counters, error);
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  stepping s = {.settings = settings};
  ls_benchmark_times times = {0};
  LS_TRY(ls_output_wanted(settings, "--dump", settings->dump, error));
  ls_status status = ls_job_open(settings, comm, &s.job, error);
  if (status == LS_OK)
    status = ls_output_is_no_input(settings, s.job.events.dataset, "--dump", settings->dump, error);
  if (status == LS_OK && settings->dump) status = ls_output_try(settings->dump, error);
  if (status == LS_OK) status = read_images(&s, error);
  if (status == LS_OK) status = make_model(&s, error);
  if (status == LS_OK) status = measure(&s, &times, error);
  if (status == LS_OK && settings->dump) status = dump(&s, error);
  if (status == LS_OK) status = print(&s, &times, error);
  ls_benchmark_destroy(&times);
  release(&s);
  return status;
}

const ls_command ls_command_step = {
    .name = "step",
    .summary = "one training step of one batch: check and time a backend",
    .details =
        "Forward and backward of the first --batch events with given weights. --dump writes loss,\n"
        "logits, probabilities and the gradient of every parameter, averaged over the batch, in\n"
        "Keras' axis order. With --json the times are in Google Benchmark's schema.",
    .example =
        "  larscale step --data images.npy --labels labels.npy --backend onednn --dump step.h5\n"
        "  larscale step --data event.h5 --labels index --repetitions 10 --json",
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_network, &ls_options_step},
};
