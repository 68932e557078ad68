/* The case table on a backend whose kernels were changed (mutations.py): the orders of blocks and
 * threads to try are the arguments. Exit code 1, and what differs, as soon as something does. */
#include "backends/cuda/emulation/emulation.h"
#include "backends/operator_check.h"
#include "train/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const ls_backend ls_backend_cuda_emulated;

/* Small ones of each kind. */
static const char *const cases[] = {"two planes",
                                    "one plane, few pixels",
                                    "one plane, sparse",
                                    "one plane, ties",
                                    "10 to 64",
                                    "10 to 64, sparse",
                                    "10 to 64, ties",
                                    "10 to 64, NaN",
                                    "128 to 256, one window"};

static int is_chosen(const char *name) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (!strcmp(name, cases[i])) return 1;
  return 0;
}

enum { SIDE = 150, CLASSES = 3 };

static const ls_network_spec spec = {.height = SIDE,
                                     .width = SIDE,
                                     .planes = 1,
                                     .block_count = 2,
                                     .dense_count = 1,
                                     .kernel = 5,
                                     .pool = 5,
                                     .block_channels = {4, 6},
                                     .dense_outputs = {CLASSES}};

static ls_status logits_of(const char *skip, const float *parameters, const ls_image *image,
                           float *logits, ls_error *error) {
  ls_backend_options options = {.threads = 1, .skip = skip};
  ls_model *model;
  LS_TRY(ls_model_new(&ls_backend_cuda_emulated, &options, &spec, 1, &model, error));
  ls_status status = ls_model_set_parameters(model, parameters, error);
  if (status == LS_OK) status = ls_model_forward(model, image, logits, error);
  ls_model_free(model);
  return status;
}

/* One pixel of charge, in a corner of receptive fields: skipping must change no bit of the logits.
 */
static ls_status check_skipping(ls_error *error) {
  static float parameters[8192];
  float exact[CLASSES], off[CLASSES];
  ls_image image = {0};
  ls_network_initialise(&spec, 1, parameters);
  for (int layer = 0; layer < 2; layer++) /* a background that is not zero */
    parameters[ls_network_layer(&spec, layer).bias_offset] = 0.5f;
  LS_TRY(ls_image_reset(&image, LS_IMAGE_SPARSE, SIDE, SIDE, 1, error));
  LS_TRY(ls_pixels_reserve(&image.plane[0], 1, error));
  image.plane[0].count = 1;
  image.plane[0].index[0] = 76 * SIDE + 76;
  image.plane[0].value[0] = 2;
  ls_status status = logits_of("exact", parameters, &image, exact, error);
  if (status == LS_OK) status = logits_of("off", parameters, &image, off, error);
  ls_image_destroy(&image);
  if (status == LS_OK && memcmp(exact, off, sizeof off) != 0)
    return ls_fail(error, LS_VALUE, "skipping changes logits");
  return status;
}

static ls_status check_all(ls_error *error) {
  for (int i = 0; i < ls_conv_case_count; i++)
    if (is_chosen(ls_conv_cases[i].name))
      LS_TRY(ls_check_conv(&ls_backend_cuda_emulated, NULL, 1, &ls_conv_cases[i], error));
  LS_TRY(check_skipping(error));
  return ls_check_dense(&ls_backend_cuda_emulated, NULL, 1, &ls_dense_cases[2], error);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    ls_error error = {0};
    ls_emulation_set_order(strtoull(argv[i], NULL, 10));
    if (check_all(&error) == LS_OK) continue;
    printf("order %s: %s\n", argv[i], error.message);
    return 1;
  }
  return 0;
}
