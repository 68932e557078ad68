/* Images made for the tests of the store, and their comparison. */
#ifndef LS_TESTS_STORE_IMAGES_H
#define LS_TESTS_STORE_IMAGES_H

#include "image/image.h"

/* Fills image with pseudo-random whole numbers; share of the pixels active, 0 .. 1. */
void make_image(ls_image *image, ls_image_form form, int side, int planes, double share,
                uint64_t event);

/* Fails the test unless both hold the same shape, label, event and pixels (bit by bit). */
void assert_same_image(const ls_image *left, const ls_image *right);

#endif
