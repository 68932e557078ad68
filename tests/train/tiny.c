#include "train/tiny.h"

#include "base/random.h"

ls_network_spec tiny_network(void) {
  return (ls_network_spec){.height = 12,
                           .width = 10,
                           .planes = 1,
                           .block_count = 2,
                           .dense_count = 2,
                           .kernel = 3,
                           .pool = 2,
                           .block_channels = {3, 4},
                           .dense_outputs = {6, TINY_CLASSES}};
}

ls_network_spec tiny_study(void) {
  ls_network_spec spec = tiny_network();
  spec.height = 30, spec.width = 27;
  spec.kernel = spec.pool = 5;
  return spec;
}

ls_status tiny_image(const ls_network_spec *spec, uint64_t event, ls_image *image,
                     ls_error *error) {
  ls_image_form form = event % 2 ? LS_IMAGE_DENSE : LS_IMAGE_SPARSE;
  LS_TRY(ls_image_reset(image, form, spec->height, spec->width, 1, error));
  size_t pixels = (size_t)spec->height * (size_t)spec->width;
  ls_pixels *plane = &image->plane[0];
  LS_TRY(ls_pixels_reserve(plane, pixels, error));
  image->event = event;
  image->label = (int)(event % TINY_CLASSES);
  for (size_t i = 0; i < pixels; i++) {
    int third = (int)(i / (size_t)spec->width) * TINY_CLASSES / spec->height;
    double share = third == image->label ? 0.5 : 0.05;
    if (ls_random_uniform(21, event, 2 * i) >= share) continue;
    float value = (float)(0.5 + ls_random_uniform(21, event, 2 * i + 1));
    if (form == LS_IMAGE_DENSE)
      image->dense[i] = value;
    else {
      plane->index[plane->count] = (uint32_t)i;
      plane->value[plane->count++] = value;
    }
  }
  return LS_OK;
}

static ls_status fill(const ls_network_spec *spec, size_t events, const ls_sharing *sharing,
                      const tiny_change *change, ls_image *image, ls_store *store,
                      ls_error *error) {
  for (size_t i = 0; i < events; i++) {
    if (sharing && !ls_sharing_mine(sharing, i)) continue;
    LS_TRY(tiny_image(spec, i, image, error));
    if (change && change->event == i) change->apply(image);
    LS_TRY(ls_store_append(store, image, error));
  }
  return ls_store_seal(store, error);
}

ls_status tiny_store(const ls_network_spec *spec, size_t events, const ls_sharing *sharing,
                     const tiny_change *change, ls_store **store, ls_error *error) {
  ls_store_options options = ls_store_defaults();
  LS_TRY(ls_store_new(&options, store, error));
  ls_image image = {0};
  ls_status status = fill(spec, events, sharing, change, &image, *store, error);
  ls_image_destroy(&image);
  if (status == LS_OK) return LS_OK;
  ls_store_free(*store);
  *store = NULL;
  return status;
}

ls_trainer_options tiny_options(const ls_backend *backend, ls_network_spec spec, size_t batch,
                                size_t events) {
  return (ls_trainer_options){.backend = backend,
                              .backend_options = {.threads = 1},
                              .spec = spec,
                              .optimizer = LS_SGD,
                              .learning_rate = 0.05,
                              .momentum = 0.9,
                              .batch = batch,
                              .accumulate = 1,
                              .seed = 5,
                              .shuffle = 1,
                              .events = events};
}
