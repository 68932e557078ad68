/* Prints an event file's pixels for comparison with other readers.
 *
 * usage: print_pixels FILE PRODUCER
 * First line: "events planes rows columns"; per event "event E run subrun event pdg", then one line
 * "plane row column value" per pixel, the value as nine digits (exact for a float). */
#include "datasets/source.h"

#include <stdio.h>

static ls_status print(void *context, int plane, size_t count, const uint32_t *index,
                       const float *value, ls_error *error) {
  (void)error;
  const ls_source *source = context;
  uint32_t columns = (uint32_t)source->geometry.columns;
  for (size_t i = 0; i < count; i++)
    printf("%d %u %u %.9g\n", plane, index[i] / columns, index[i] % columns, (double)value[i]);
  return LS_OK;
}

static ls_status print_all(ls_source *source, ls_error *error) {
  const ls_geometry *geometry = &source->geometry;
  const ls_pixel_sink sink = {print, source};
  printf("%zu %d %d %d\n", source->count, geometry->planes, geometry->rows, geometry->columns);
  for (size_t event = 0; event < source->count; event++) {
    ls_event_info info;
    LS_TRY(source->functions->info(source, event, &info, error));
    printf("event %zu %lld %lld %lld %d\n", event, (long long)info.run, (long long)info.subrun,
           (long long)info.event, info.pdg);
    LS_TRY(source->functions->read(source, event, 7, &sink, error));
  }
  return LS_OK;
}

int main(int count, char **arguments) {
  ls_source *source = NULL;
  ls_error error = {0};
  if (count != 3) return ls_exit_code(LS_USAGE);
  ls_status status = ls_source_open(arguments[1], arguments[2], &source, &error);
  if (status == LS_OK) status = print_all(source, &error);
  if (status != LS_OK) fprintf(stderr, "%s\n", error.message);
  ls_source_close(source);
  return ls_exit_code(status);
}
