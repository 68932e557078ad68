#include "datasets/validate/event_check.h"

#include <math.h>
#include <xxhash.h>

static ls_status take(void *context, int plane, size_t count, const uint32_t *index,
                      const float *value, ls_error *error) {
  ls_event_checker *checker = context;
  ls_event_check *result = checker->result;
  (void)error;
  double charge = 0;
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(value[i])) {
      if (!result->not_finite++) {
        result->bad_plane = plane;
        result->bad_index = index[i];
        result->bad_value = value[i];
      }
      continue;
    }
    charge += (double)value[i];
  }
  result->sums.charge[plane] += charge;
  result->sums.pixels[plane] += count;
  XXH3_64bits_update(checker->state[2 * plane], index, count * sizeof *index);
  XXH3_64bits_update(checker->state[2 * plane + 1], value, count * sizeof *value);
  return LS_OK;
}

static ls_status reset(ls_event_checker *checker, ls_error *error) {
  for (int i = 0; i < 2 * LS_MAX_PLANES; i++) {
    if (!checker->state[i]) checker->state[i] = XXH3_createState();
    if (!checker->state[i]) return ls_fail(error, LS_MEMORY, "no memory for an event's checksum");
    XXH3_64bits_reset(checker->state[i]);
  }
  return LS_OK;
}

ls_status ls_event_check_read(ls_event_checker *checker, ls_source *source, size_t event,
                              ls_event_check *result, ls_error *error) {
  const int planes = source->geometry.planes;
  uint64_t digest[2 * LS_MAX_PLANES];
  *result = (ls_event_check){0};
  checker->result = result;
  LS_TRY(reset(checker, error));
  const ls_pixel_sink sink = {.pixels = take, .context = checker};
  LS_TRY(source->functions->read(source, event, (1u << planes) - 1, &sink, error));
  for (int p = 0; p < planes; p++) result->pixels += result->sums.pixels[p];
  for (int i = 0; i < 2 * planes; i++) digest[i] = XXH3_64bits_digest(checker->state[i]);
  result->hash = XXH3_64bits(digest, (size_t)(2 * planes) * sizeof *digest);
  return LS_OK;
}

void ls_event_checker_destroy(ls_event_checker *checker) {
  for (int i = 0; i < 2 * LS_MAX_PLANES; i++) XXH3_freeState(checker->state[i]);
  *checker = (ls_event_checker){0};
}
