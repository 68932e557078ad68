#include "datasets/display/caption.h"

#include "base/text.h"
#include "datasets/hdf5/truth_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VECTOR = 3 };

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

static void make_facts(const ls_event_info *info, const ls_source *source, char *text,
                       size_t size) {
  int used = snprintf(text, size, "%s%s", source->functions->format,
                      source->value_type == LS_VALUE_INT32 ? ", int32" : ", float32");
  if (info->run >= 0 && used > 0 && (size_t)used < size)
    used += snprintf(text + used, size - (size_t)used, "; run %lld, subrun %lld, number %lld",
                     (long long)info->run, (long long)info->subrun, (long long)info->event);
  if (info->pdg && used > 0 && (size_t)used < size)
    snprintf(text + used, size - (size_t)used, "; primary of PDG code %d", info->pdg);
}

static void make_heading(const ls_view_panel *panel, int plane, int planes, char *text,
                         size_t size) {
  int used = 0;
  if (planes > 1) used = snprintf(text, size, "plane %c: ", "UVY"[plane]);
  used += snprintf(text + used, size - (size_t)used, "%llu pixels, charge %.4g",
                   (unsigned long long)panel->pixels, panel->charge);
  if (panel->shown < panel->pixels && used > 0 && (size_t)used < size)
    used += snprintf(text + used, size - (size_t)used, " (%llu outside)",
                     (unsigned long long)(panel->pixels - panel->shown));
  if (panel->pedestal != 0 && used > 0 && (size_t)used < size)
    snprintf(text + used, size - (size_t)used, ", pedestal %g", panel->pedestal);
}

/* "vertex 1, 2, 3 (x, y, z [cm])"; nothing where nothing is known. */
static size_t add_values(const ls_truth_column *column, const double *values, char *text,
                         size_t size) {
  size_t used = 0;
  int known = 0;
  for (int i = 0; i < column->width; i++) known |= !isnan(values[i]);
  if (!known || size < 64 + 16 * (size_t)column->width) return 0;
  used += (size_t)snprintf(text, size, "; %s", column->name);
  for (int i = 0; i < column->width; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%.4g", i ? ", " : " ", values[i]);
  if (column->columns[0])
    used += (size_t)snprintf(text + used, size - used, " (%.60s)", column->columns);
  return used < size ? used : size - 1;
}

/* Numbers and vectors; wider sets are for programs. */
static ls_status make_truth(const ls_source *source, size_t in_file, char *text, size_t size,
                            ls_error *error) {
  double values[LS_TRUTH_MOST_VALUES] = {0};
  ls_truth *truth;
  int count;
  LS_TRY(ls_truth_open(source->path, source->count, &truth, error));
  const ls_truth_column *columns = ls_truth_columns(truth, &count);
  ls_status status = truth ? ls_truth_row(truth, in_file, values, error) : LS_OK;
  const double *at = values;
  for (int i = 0; status == LS_OK && i < count; at += columns[i].width, i++) {
    if (columns[i].width > VECTOR) continue;
    size_t used = add_values(&columns[i], at, text, size);
    text += used, size -= used;
  }
  ls_truth_close(truth);
  return status;
}

ls_status ls_caption_make(ls_caption *caption, ls_source *source, size_t in_file,
                          const char *class_name, const ls_event_view *view, ls_error *error) {
  ls_event_info info;
  *caption = (ls_caption){0};
  LS_TRY(source->functions->info(source, in_file, &info, error));
  LS_TRY(make_truth(source, in_file, caption->truth, sizeof caption->truth, error));
  snprintf(caption->title, sizeof caption->title, "%.180s, event %zu%s%s", base_name(source->path),
           in_file, class_name ? ": " : "", class_name ? class_name : "");
  make_facts(&info, source, caption->facts, sizeof caption->facts);
  for (int p = 0; p < view->planes; p++)
    make_heading(&view->panel[p], p, view->planes, caption->heading[p], sizeof caption->heading[p]);
  if (view->wires_per_cell * view->ticks_per_cell > 1)
    snprintf(caption->footnote, sizeof caption->footnote,
             "a point is the pixel farthest from zero of %d wire%s x %d tick%s; ",
             view->wires_per_cell, view->wires_per_cell > 1 ? "s" : "", view->ticks_per_cell,
             view->ticks_per_cell > 1 ? "s" : "");
  size_t used = strlen(caption->footnote);
  snprintf(caption->footnote + used, sizeof caption->footnote - used,
           "colours end where %g%% of the points are nearer to zero", 100 * view->share);
  ls_text_make_printable(caption->title);
  ls_text_make_printable(caption->facts);
  ls_text_make_printable(caption->truth);
  return LS_OK;
}
