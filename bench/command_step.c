/* larscale step: one training step (forward, backward) of one batch with given weights: a tool for
 * checking a backend against anything (--dump), and for timing backends in turns (--repetitions).
 *
 * Measured: images already in memory to gradients, the largest part of a training step; the update
 * is not in it. Times are per step of --batch images. */
#include "base/memory.h"
#include "base/output_file.h"
#include "bench/command.h"
#include "bench/contest.h"
#include "bench/dense_images.h"
#include "bench/job.h"
#include "bench/outputs.h"
#include "bench/step_record.h"
#include "bench/step_report.h"
#include "weights/keras_weights.h"

#include <stdlib.h>

typedef struct stepping {
  const ls_settings *settings;
  ls_job job;
  ls_backend_choice choices[LS_MOST_CHOICES];
  ls_image *events, *dense; /* batches of images; NULL: none wanted */
  float *parameters;
  ls_contest contest;
} stepping;

static void free_images(ls_image *images, int count) {
  for (int i = 0; images && i < count; i++) ls_image_destroy(&images[i]);
  free(images);
}

static void release(stepping *s) {
  ls_contest_destroy(&s->contest);
  free_images(s->events, s->contest.batch);
  free_images(s->dense, s->contest.batch);
  ls_free(s->parameters);
  ls_job_close(&s->job);
}

static ls_status new_input(stepping *s, const char *name, ls_image **images, ls_error *error) {
  *images = calloc((size_t)s->contest.batch, sizeof **images);
  if (!*images) return ls_fail(error, LS_MEMORY, "no memory for %d images", s->contest.batch);
  s->contest.inputs[s->contest.input_count++] = (ls_contest_input){name, *images};
  return LS_OK;
}

static ls_status read_events(stepping *s, ls_error *error) {
  size_t events = ls_dataset_count(s->job.events.dataset);
  size_t first = s->settings->event == LS_UNSET ? 0 : (size_t)s->settings->event;
  if (first >= events)
    return ls_fail(error, LS_USAGE, "--event %zu: the data set has events 0 to %zu", first,
                   events - 1);
  if ((size_t)s->settings->batch > events - first)
    return ls_fail(error, LS_USAGE, "--batch %ld: the data set has %zu events%s",
                   s->settings->batch, events - first, first ? " from --event on" : "");
  LS_TRY(new_input(s, "", &s->events, error));
  for (int i = 0; i < s->contest.batch; i++)
    LS_TRY(ls_dataset_read(s->job.events.dataset, first + (size_t)i, &s->job.events.policy,
                           &s->events[i], error));
  return LS_OK;
}

static ls_status make_inputs(stepping *s, ls_error *error) {
  if (s->settings->data_count) LS_TRY(read_events(s, error));
  if (!s->settings->dense) return LS_OK;
  LS_TRY(new_input(s, "dense", &s->dense, error));
  return ls_dense_images_fill(&s->job.spec, s->contest.batch, s->dense, error);
}

static ls_status make_parameters(stepping *s, ls_error *error) {
  const ls_network_spec *spec = &s->job.spec;
  LS_TRY(ls_allocate((void **)&s->parameters, ls_network_parameter_count(spec) * sizeof(float),
                     "parameters", error));
  if (s->settings->weights)
    return ls_keras_weights_read(s->settings->weights, spec, s->parameters, error);
  ls_network_initialise(spec, (unsigned long long)s->settings->seed, s->parameters);
  return LS_OK;
}

/* The job, which is about the first of several backends, and the others. */
static ls_status open_job(stepping *s, ls_comm *comm, ls_error *error) {
  int count;
  LS_TRY(ls_backends_from_text(s->settings, s->settings->backend, s->choices, &count, error));
  if (s->settings->dump && (count > 1 || (s->settings->dense && s->settings->data_count)))
    return ls_fail(error, LS_USAGE, "--dump is for one backend on one input");
  if (s->settings->event != LS_UNSET && !s->settings->data_count)
    return ls_fail(error, LS_USAGE, "--event needs events: name files with --data");
  ls_settings own = *s->settings;
  own.backend = s->choices[0].name;
  LS_TRY(ls_job_open(&own, comm, &s->job, error));
  for (int i = 0; i < count; i++) s->choices[i].options.threads = s->job.options.threads;
  s->contest = (ls_contest){.spec = s->job.spec,
                            .batch = (int)s->settings->batch,
                            .threads = s->job.options.threads,
                            .repetitions = s->settings->repetitions,
                            .warmup = s->settings->warmup,
                            .choices = s->choices,
                            .choice_count = count};
  return LS_OK;
}

static ls_status dump(const stepping *s, ls_error *error) {
  const ls_contest *c = &s->contest;
  ls_step_dump dump = {.loss = c->contestants[0].loss,
                       .batch = c->batch,
                       .classes = ls_network_classes(&c->spec),
                       .logits = c->logits,
                       .probabilities = c->probabilities,
                       .gradients = c->gradients};
  return ls_step_dump_write(s->settings->dump, &c->spec, &dump, error);
}

static ls_status run_steps(stepping *s, ls_comm *comm, ls_error *error) {
  const char *output = s->settings->dump;
  if (s->settings->out && !s->settings->dense)
    return ls_fail(error, LS_USAGE,
                   "--out: the record's roofline is of dense images: give --dense");
  LS_TRY(ls_output_wanted(s->settings, "--dump", output, error));
  LS_TRY(open_job(s, comm, error));
  LS_TRY(ls_output_is_no_input(s->settings, s->job.events.dataset, "--dump", output, error));
  if (output) LS_TRY(ls_output_try(output, error));
  LS_TRY(make_inputs(s, error));
  LS_TRY(make_parameters(s, error));
  s->contest.parameters = s->parameters;
  LS_TRY(ls_contest_run(&s->contest, error));
  if (output) LS_TRY(dump(s, error));
  if (s->settings->json)
    LS_TRY(ls_step_report_json(&s->contest, error));
  else
    ls_step_report_print(&s->contest);
  if (!s->settings->out) return LS_OK;
  return ls_step_record_write(&s->contest, s->settings, &s->job, comm, error);
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  stepping s = {.settings = settings};
  ls_status status = run_steps(&s, comm, error);
  release(&s);
  return status;
}

const ls_command ls_command_step = {
    .name = "step",
    .summary = "one training step of one batch: check and time backends",
    .details =
        "Forward and backward of --batch events, from --event on, with given weights; --dense:\n"
        "also of images in which every pixel is random (alone, without --data). --backend takes\n"
        "several, with commas between, or all, or variants: they are timed in turns.\n"
        "--dump writes loss, logits, probabilities and the gradient of every parameter, averaged\n"
        "over the batch, in Keras' axis order. --out leaves a run's record, with the roofline of "
        "each\n"
        "layer on dense images. With --json the times are in Google Benchmark's\n"
        "schema: step/BACKEND for events, step/BACKEND/dense.",
    .example =
        "  larscale step --data images.npy --labels labels.npy --backend onednn --dump step.h5\n"
        "  larscale step --data event.h5 --labels index --dense --repetitions 9 \\\n"
        "      --backend onednn,onednn:literal,openblas\n"
        "  larscale step --dense --backend variants --size 640 --repetitions 9 --json",
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_network, &ls_options_step},
};
