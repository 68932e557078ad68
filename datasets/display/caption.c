#include "datasets/display/caption.h"

#include "base/text.h"
#ifdef LS_HAVE_HDF5
#include "datasets/hdf5/truth_read.h"
#endif

#include <stdio.h>
#include <string.h>

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

ls_status ls_caption_make(ls_caption *caption, ls_source *source, size_t in_file,
                          const char *class_name, const ls_event_view *view, ls_error *error) {
  ls_event_info info;
  *caption = (ls_caption){0};
  LS_TRY(source->functions->info(source, in_file, &info, error));
#ifdef LS_HAVE_HDF5
  LS_TRY(ls_truth_text(source->path, in_file, caption->truth, sizeof caption->truth, error));
#endif
  snprintf(caption->title, sizeof caption->title, "%.180s, event %zu%s%s", base_name(source->path),
           in_file, class_name ? ": " : "", class_name ? class_name : "");
  make_facts(&info, source, caption->facts, sizeof caption->facts);
  for (int p = 0; p < view->planes; p++)
    make_heading(&view->panel[p], p, view->planes, caption->heading[p], sizeof caption->heading[p]);
  if (view->wires_per_cell * view->ticks_per_cell > 1)
    snprintf(caption->footnote, sizeof caption->footnote,
             "a point is the pixel farthest from zero of %d wires x %d ticks; ",
             view->wires_per_cell, view->ticks_per_cell);
  size_t used = strlen(caption->footnote);
  snprintf(caption->footnote + used, sizeof caption->footnote - used,
           "colours end where %g%% of the points are nearer to zero", 100 * view->share);
  ls_text_make_printable(caption->title);
  ls_text_make_printable(caption->facts);
  ls_text_make_printable(caption->truth);
  return LS_OK;
}
