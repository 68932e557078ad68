/* larscale synthetic: a KevLAr file of tracks and blobs of five kinds, for trials. Not physics. */
#include "bench/command.h"
#include "bench/outputs.h"
#include "bench/progress.h"
#include "bench/stop_request.h"
#include "datasets/kevlar/kevlar_writer.h"
#include "datasets/synthetic/synthetic.h"

#include <stdio.h>
#include <string.h>

static ls_status write_events(const ls_settings *s, int size, const volatile sig_atomic_t *stop,
                              ls_kevlar_writer *writer, ls_error *error) {
  ls_image image = {0};
  ls_progress progress;
  ls_progress_start(&progress, "making", "events", !s->json);
  ls_status status = LS_OK;
  for (long event = 0; status == LS_OK && event < s->events; event++) {
    status = ls_synthetic_event((uint64_t)s->seed, (uint64_t)event, size, &image, error);
    if (status == LS_OK) status = ls_kevlar_writer_append(writer, image.plane, image.label, error);
    if (status == LS_OK && *stop)
      status = ls_fail(error, LS_STOPPED, "stopped by a signal; nothing is written");
    ls_progress_at(&progress, (size_t)event + 1, (size_t)s->events, NULL);
  }
  ls_progress_end(&progress);
  ls_image_destroy(&image);
  return status;
}

static ls_status run(const ls_settings *s, ls_comm *comm, ls_error *error) {
  (void)comm;
  if (!s->out) return ls_fail(error, LS_USAGE, "no file to write: name one with --out");
  size_t length = strlen(s->out);
  if (length >= 4 && !strcmp(s->out + length - 4, ".npy"))
    return ls_fail(error, LS_USAGE,
                   "--out %s: a KevLAr file (HDF5) is made: name it .h5, and convert that to .npy",
                   s->out);
  LS_TRY(ls_output_wanted(s, "--out", s->out, error));
  int size = s->size == LS_UNSET ? 640 : (int)s->size;
  const char *names[LS_SYNTHETIC_KINDS];
  for (int k = 0; k < LS_SYNTHETIC_KINDS; k++) names[k] = ls_synthetic_kind_name(k);
  ls_event_layout layout = {.image_set = "wires",
                            .geometry = {.planes = LS_MAX_PLANES, .rows = size, .columns = size},
                            .class_names = names,
                            .class_count = LS_SYNTHETIC_KINDS};
  const volatile sig_atomic_t *stop = ls_stop_request_watch(); /* no half file is left */
  ls_kevlar_writer *writer;
  LS_TRY(ls_kevlar_writer_open(s->out, &layout, &writer, error));
  ls_status status = write_events(s, size, stop, writer, error);
  if (status != LS_OK) {
    ls_kevlar_writer_discard(writer);
    return status;
  }
  LS_TRY(ls_kevlar_writer_finish(writer, error));
  if (s->json)
    printf("{\"events\": %ld, \"file_written\": true}\n", s->events);
  else
    printf("%ld events of tracks and blobs (not physics) written to %s\n", s->events, s->out);
  return LS_OK;
}

const ls_command ls_command_synthetic = {
    .name = "synthetic",
    .summary = "make a small data set of tracks and blobs (not physics)",
    .details =
        "Writes a labelled KevLAr file of five kinds of shapes (blob, two blobs, track, kinked\n"
        "track, short track) seen by three wire planes: something to try the program on without\n"
        "any download. Event i depends on the seed alone.",
    .example = "  larscale synthetic --events 60 --out events.h5",
    .run = run,
    .groups = {&ls_options_synthetic},
};
