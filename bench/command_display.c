/* larscale display: a picture of one event, or a page of many. */
#include "bench/command.h"
#include "bench/events.h"
#include "bench/outputs.h"
#include "bench/progress.h"
#include "bench/stop_request.h"
#include "datasets/display/gallery.h"
#include "datasets/display/plot.h"
#include "network/spec.h"

#include <stdio.h>
#include <string.h>

/* Cells of a plane: as many as a picture has points for. */
static const ls_view_options picture = {.most_columns = 420, .most_rows = 480};
static const ls_view_options small_picture = {.most_columns = LS_THUMBNAIL_PANEL_WIDTH,
                                              .most_rows = LS_THUMBNAIL_PANEL_HEIGHT};

static int is_page(const char *path) {
  size_t length = strlen(path);
  return length > 5 && !strcmp(path + length - 5, ".html");
}

static ls_status check_options(const ls_settings *s, ls_error *error) {
  if (!s->data_count)
    return ls_fail(error, LS_USAGE, "no events given: name files, folders or globs");
  if (!s->out)
    return ls_fail(error, LS_USAGE,
                   "no file to write: name one with --out (.png, .svg, .pdf or "
                   ".html)");
  if (!is_page(s->out) && !ls_plot_draws(s->out))
    return ls_fail(error, LS_USAGE,
                   "--out %s: the name says what is drawn: .png, .svg or .pdf one event, .html a "
                   "page of many",
                   s->out);
  if (!is_page(s->out) && s->event == LS_UNSET)
    return ls_fail(error, LS_USAGE,
                   "which event? Name it with --event N, or let --out end in "
                   ".html for a page of many");
  return ls_output_wanted(s, "--out", s->out, error);
}

typedef struct drawing {
  const ls_settings *settings;
  ls_dataset *dataset;
  ls_event_view view;
  ls_caption caption;
  const char *class_name; /* of the event; NULL: none */
} drawing;

static ls_status look_at(drawing *d, size_t event, ls_view_options options, ls_error *error) {
  ls_source *source;
  size_t in_file;
  ls_event_info info;
  LS_TRY(ls_dataset_locate(d->dataset, event, &source, &in_file, error));
  LS_TRY(source->functions->info(source, in_file, &info, error));
  int label = info.label;
  if (d->settings->labels) LS_TRY(ls_dataset_label(d->dataset, event, &label, error));
  d->class_name = NULL;
  if (label >= 0)
    d->class_name =
        d->settings->labels ? ls_dataset_class_name(d->dataset, label) : source->class_names[label];
  options.whole = d->settings->whole;
  LS_TRY(ls_event_view_read(&d->view, source, in_file, &options, error));
  return ls_caption_make(&d->caption, source, in_file, d->class_name, &d->view, error);
}

static ls_status draw_one(drawing *d, size_t event, ls_error *error) {
  LS_TRY(look_at(d, event, picture, error));
  LS_TRY(ls_plot_event(d->settings->out, &d->view, &d->caption, error));
  printf("event %zu drawn into %s\n", event, d->settings->out);
  return LS_OK;
}

static ls_status fill_page(drawing *d, size_t first, size_t last, ls_gallery *page,
                           ls_error *error) {
  const volatile sig_atomic_t *stop = ls_stop_request_watch();
  ls_progress progress;
  ls_progress_start(&progress, "drawing", "events", 1);
  ls_status status = LS_OK;
  for (size_t event = first; status == LS_OK && event < last; event++) {
    status = look_at(d, event, small_picture, error);
    if (status == LS_OK) status = ls_gallery_add(page, &d->view, &d->caption, d->class_name, error);
    if (status == LS_OK && *stop)
      status = ls_fail(error, LS_STOPPED, "stopped by a signal; nothing is written");
    ls_progress_at(&progress, event + 1 - first, last - first, NULL);
  }
  ls_progress_end(&progress);
  return status;
}

static ls_status draw_page(drawing *d, size_t first, ls_error *error) {
  const ls_settings *s = d->settings;
  size_t count = ls_dataset_count(d->dataset), last = first + (size_t)s->events;
  char heading[512];
  if (last > count) last = count;
  snprintf(heading, sizeof heading, "Events %zu to %zu of %zu, %.400s", first, last - 1, count,
           s->data[0]);
  ls_gallery *page;
  LS_TRY(ls_gallery_open(s->out, heading, &page, error));
  ls_status status = fill_page(d, first, last, page, error);
  if (status != LS_OK) {
    ls_gallery_discard(page);
    return status;
  }
  LS_TRY(ls_gallery_finish(page, error));
  printf("%zu events of %zu drawn into %s\n", last - first, count, s->out);
  return LS_OK;
}

static ls_status draw(drawing *d, ls_error *error) {
  const ls_settings *s = d->settings;
  size_t first = s->event == LS_UNSET ? 0 : (size_t)s->event, count = ls_dataset_count(d->dataset);
  LS_TRY(ls_output_is_no_input(s, d->dataset, "--out", s->out, error));
  if (first >= count)
    return ls_fail(error, LS_USAGE, "--event %ld: the data set has events 0 to %zu", s->event,
                   count - 1);
  return is_page(s->out) ? draw_page(d, first, error) : draw_one(d, first, error);
}

static ls_status run(const ls_settings *s, ls_comm *comm, ls_error *error) {
  (void)comm;
  LS_TRY(check_options(s, error));
  drawing d = {.settings = s};
  /* Without a rule, the files' own labels are shown where there are any. */
  LS_TRY(ls_dataset_open((const char *const *)s->data, s->data_count,
                         s->labels ? s->labels : "constant:0", s->producer, LS_MAX_CLASSES,
                         &d.dataset, error));
  ls_status status = draw(&d, error);
  ls_event_view_destroy(&d.view);
  ls_dataset_close(d.dataset);
  return status;
}

const ls_command ls_command_display = {
    .name = "display",
    .summary = "a picture of an event, or a page of many",
    .details =
        "Draws the wire planes of an event side by side, wire against time, with a colour for\n"
        "charge, where there is charge (--whole: all of it), with what the file knows of it. The\n"
        "name of --out says what is made: .png, .svg and .pdf are drawn by gnuplot; .html is a "
        "page\n"
        "of --events events from --event on, small, a click enlarges one; it needs no other file.",
    .example = "  larscale display events.h5 --event 3 --out event3.png\n"
               "  larscale display events.h5 --events 200 --out gallery.html",
    .run = run,
    .groups = {&ls_options_data, &ls_options_display},
};
