/* Images in which every pixel is random: the dense case, where there is nothing to skip. */
#ifndef LS_BENCH_DENSE_IMAGES_H
#define LS_BENCH_DENSE_IMAGES_H

#include "image/image.h"
#include "network/spec.h"

/* Fills count zeroed images of the network's input shape with uniform values in [0, 1), labels 0,
 * 1,
 * .. in turn; a pure function of spec and count. LS_OK or LS_MEMORY; destroy them in any case. */
ls_status ls_dense_images_fill(const ls_network_spec *spec, int count, ls_image *images,
                               ls_error *error);

#endif
