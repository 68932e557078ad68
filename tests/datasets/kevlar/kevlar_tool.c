/* Reads or writes a KevLAr file for the tests that compare with another program.
 *
 *   kevlar_tool read FILE PIXELS [PRODUCER [PLANE-MASK]]
 *     prints the facts of the file and of each event; PIXELS: records of (uint32 event, uint32
 *     plane, uint32 index, float32 value), in the order of arrival
 *   kevlar_tool write FILE PIXELS SET PLANES ROWS COLUMNS CLASS,CLASS.. LABEL..
 *     PIXELS as above, sorted; one event for each label
 *
 * Exit code: 0, or 10 + status, after a line "error STATUS: MESSAGE". */
#include "base/memory.h"
#include "datasets/kevlar/kevlar.h"
#include "datasets/kevlar/kevlar_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
static const int sanitized = 1;
#else
static const int sanitized = 0;
#endif

typedef struct record {
  uint32_t event, plane, index;
  float value;
} record;

typedef struct dump {
  FILE *out;
  uint32_t event;
  size_t count;
} dump;

static ls_status take(void *context, int plane, size_t count, const uint32_t *index,
                      const float *value, ls_error *error) {
  dump *d = context;
  for (size_t i = 0; i < count; i++) {
    record r = {d->event, (uint32_t)plane, index[i], value[i]};
    if (fwrite(&r, sizeof r, 1, d->out) != 1) return ls_fail(error, LS_IO, "dump");
  }
  d->count += count;
  return LS_OK;
}

static int failed(const ls_error *error) {
  printf("error %d: %s\n", (int)error->status, error->message);
  return 10 + (int)error->status;
}

static int read_file(const char *path, const char *pixels, const char *producer, unsigned mask) {
  ls_error error = {0};
  ls_source *source;
  printf("recognised %d\n", ls_kevlar_recognise(path));
  if (ls_kevlar_open(path, producer, &source, &error) != LS_OK) return failed(&error);
  printf("count %zu planes %d rows %d columns %d labels %d", source->count, source->geometry.planes,
         source->geometry.rows, source->geometry.columns, source->has_labels);
  for (int k = 0; k < source->class_count; k++) printf(" %s", source->class_names[k]);
  printf("\n");
  dump d = {fopen(pixels, "wb"), 0, 0};
  int answer = d.out ? 0 : 1;
  const ls_pixel_sink sink = {take, &d};
  for (; !answer && d.event < source->count; d.event++) {
    ls_event_info info;
    if (source->functions->info(source, d.event, &info, &error) != LS_OK ||
        source->functions->read(source, d.event, mask, &sink, &error) != LS_OK)
      answer = failed(&error);
    else
      printf("event %" PRIu32 " label %d stored %" PRIu64 " raw %" PRIu64 "\n", d.event, info.label,
             info.stored_bytes, info.raw_bytes);
  }
  printf("pixels %zu read %.6f inflate %.6f peak ", d.count, source->read_seconds,
         source->inflate_seconds);
  if (sanitized)
    printf("unknown\n");
  else
    printf("%zu\n", ls_memory_peak());
  if (d.out) fclose(d.out);
  source->functions->close(source);
  return answer;
}

/* The pixels of one event, from the sorted file. */
static int load_event(FILE *in, uint32_t event, ls_pixels *planes) {
  record r;
  ls_error error = {0};
  for (int p = 0; p < LS_MAX_PLANES; p++) planes[p].count = 0;
  while (fread(&r, sizeof r, 1, in) == 1) {
    if (r.event != event) return fseek(in, -(long)sizeof r, SEEK_CUR);
    ls_pixels *plane = &planes[r.plane % LS_MAX_PLANES];
    if (plane->count == plane->capacity &&
        ls_pixels_reserve(plane, 2 * plane->count + 1000, &error) != LS_OK)
      return 1;
    plane->index[plane->count] = r.index;
    plane->value[plane->count++] = r.value;
  }
  return 0;
}

static int write_file(int count, char **arguments) {
  ls_error error = {0};
  const char *names[16];
  int classes = 0;
  for (char *name = arguments[6]; *name && classes < 16;) {
    char *end = name + strcspn(name, ",");
    names[classes++] = name;
    name = *end ? end + 1 : end;
    *end = 0;
  }
  ls_event_layout layout = {.image_set = arguments[2],
                            .geometry = {(int)strtol(arguments[3], NULL, 10),
                                         (int)strtol(arguments[4], NULL, 10),
                                         (int)strtol(arguments[5], NULL, 10)},
                            .class_names = names,
                            .class_count = classes};
  FILE *in = fopen(arguments[1], "rb");
  ls_kevlar_writer *writer;
  if (!in) return 1;
  ls_pixels planes[LS_MAX_PLANES] = {{0}};
  ls_status status = ls_kevlar_writer_open(arguments[0], &layout, &writer, &error);
  for (int i = 7; status == LS_OK && i < count; i++) {
    if (load_event(in, (uint32_t)(i - 7), planes)) return 1;
    status = ls_kevlar_writer_append(writer, planes, (int)strtol(arguments[i], NULL, 10), &error);
  }
  if (status == LS_OK)
    status = ls_kevlar_writer_finish(writer, &error);
  else
    ls_kevlar_writer_discard(writer);
  fclose(in);
  for (int p = 0; p < LS_MAX_PLANES; p++) {
    ls_free(planes[p].index);
    ls_free(planes[p].value);
  }
  return status == LS_OK ? 0 : failed(&error);
}

int main(int count, char **arguments) {
  if (count >= 4 && !strcmp(arguments[1], "read"))
    return read_file(arguments[2], arguments[3], count > 4 && *arguments[4] ? arguments[4] : NULL,
                     count > 5 ? (unsigned)strtoul(arguments[5], NULL, 0) : ~0u);
  if (count >= 9 && !strcmp(arguments[1], "write")) return write_file(count - 2, arguments + 2);
  fprintf(stderr, "usage: see the top of kevlar_tool.c\n");
  return 2;
}
