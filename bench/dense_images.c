#include "bench/dense_images.h"

#include "base/random.h"

ls_status ls_dense_images_fill(const ls_network_spec *spec, int count, ls_image *images,
                               ls_error *error) {
  size_t pixels = (size_t)spec->height * (size_t)spec->width * (size_t)spec->planes;
  for (int i = 0; i < count; i++) {
    ls_image *image = &images[i];
    LS_TRY(ls_image_reset(image, LS_IMAGE_DENSE, spec->height, spec->width, spec->planes, error));
    for (size_t p = 0; p < pixels; p++)
      image->dense[p] = (float)ls_random_uniform(1, (uint64_t)i, p);
    image->label = i % ls_network_classes(spec);
    image->event = (uint64_t)i;
  }
  return LS_OK;
}
