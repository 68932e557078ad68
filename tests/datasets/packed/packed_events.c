#include "packed_events.h"

#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

const char *const events_class_names[EVENTS_CLASSES] = {"gamma", "e-", "mu-"};

ls_event_layout events_layout(int rows, int columns, ls_value_type type) {
  return (ls_event_layout){.image_set = "wires",
                           .geometry = {EVENTS_PLANES, rows, columns},
                           .class_names = events_class_names,
                           .class_count = EVENTS_CLASSES,
                           .value_type = type};
}

/* Knuth's multiplicative hash: any spread will do. */
static uint32_t spread(uint32_t a, uint32_t b) {
  uint32_t x = (a + 1) * 2654435761u ^ (b + 7) * 40503u;
  return (x ^ x >> 15) * 2246822519u >> 8;
}

void events_make(ls_pixels planes[EVENTS_PLANES], const ls_event_layout *layout, unsigned event,
                 unsigned step) {
  const uint32_t words = (uint32_t)layout->geometry.rows * (uint32_t)layout->geometry.columns;
  memset(planes, 0, EVENTS_PLANES * sizeof *planes);
  for (unsigned p = 0; p < EVENTS_PLANES; p++) {
    assert_int_equal(ls_pixels_reserve(&planes[p], words / step + 2, NULL), LS_OK);
    if (event % 3 == 2 && p == event % 2) continue;
    for (uint32_t at = spread(event, p) % step; at < words; at += step) {
      uint32_t i = (uint32_t)planes[p].count++;
      int value = (int)(spread(at, event + p) % 2001) - 1000; /* zero now and then */
      planes[p].index[i] = at;
      planes[p].value[i] =
          layout->value_type == LS_VALUE_INT32 ? (float)value : (float)value * 0.37F;
    }
  }
}

void events_free(ls_pixels planes[EVENTS_PLANES]) {
  for (int p = 0; p < EVENTS_PLANES; p++) {
    ls_free(planes[p].index);
    ls_free(planes[p].value);
  }
}

void events_write(const char *path, const ls_event_layout *layout, unsigned count, unsigned step) {
  ls_error error = {0};
  ls_packed_writer *writer;
  if (ls_packed_writer_open(path, layout, &writer, &error) != LS_OK) fail_msg("%s", error.message);
  for (unsigned event = 0; event < count; event++) {
    ls_pixels planes[EVENTS_PLANES];
    ls_event_info info = {.label = (int)(event % (EVENTS_CLASSES + 1)) - 1,
                          .pdg = 11 + (int)event,
                          .run = 7,
                          .subrun = event,
                          .event = 1000 + event};
    events_make(planes, layout, event, step);
    if (ls_packed_writer_append(writer, planes, &info, NULL, &error) != LS_OK)
      fail_msg("%s", error.message);
    events_free(planes);
  }
  if (ls_packed_writer_finish(writer, &error) != LS_OK) fail_msg("%s", error.message);
}

typedef struct digesting {
  XXH64_state_t *state[LS_MAX_PLANES];
  int64_t last[LS_MAX_PLANES];
  int64_t words;
} digesting;

static ls_status take(void *context, int plane, size_t count, const uint32_t *index,
                      const float *value, ls_error *error) {
  digesting *d = context;
  (void)error;
  assert_in_range(plane, 0, LS_MAX_PLANES - 1);
  for (size_t i = 0; i < count; i++) {
    if ((int64_t)index[i] <= d->last[plane] || (int64_t)index[i] >= d->words || value[i] == 0)
      fail_msg("plane %d, pixel %zu: index %u, value %g", plane, i, index[i], (double)value[i]);
    d->last[plane] = index[i];
    XXH64_update(d->state[plane], &index[i], sizeof index[i]);
    XXH64_update(d->state[plane], &value[i], sizeof value[i]);
  }
  return LS_OK;
}

ls_status events_digest(ls_source *source, size_t event, uint64_t *digest, ls_error *error) {
  digesting d = {.words = (int64_t)source->geometry.rows * source->geometry.columns};
  for (int p = 0; p < LS_MAX_PLANES; p++) {
    d.state[p] = XXH64_createState();
    XXH64_reset(d.state[p], (XXH64_hash_t)p);
    d.last[p] = -1;
  }
  ls_event_info info;
  ls_pixel_sink sink = {take, &d};
  ls_status status = source->functions->info(source, event, &info, error);
  if (status == LS_OK) status = source->functions->read(source, event, 7, &sink, error);
  int64_t facts[] = {info.run, info.subrun, info.event, info.label, info.pdg};
  *digest = XXH64(facts, sizeof facts, 0);
  for (int p = 0; p < LS_MAX_PLANES; p++) {
    *digest = *digest * 31 + XXH64_digest(d.state[p]);
    XXH64_freeState(d.state[p]);
  }
  return status;
}
