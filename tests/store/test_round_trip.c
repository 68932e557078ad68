/* What is put into the store comes out of it: every codec, level, shuffle, form and density. */
#include "support/test.h"

#include "store/images.h"
#include "store/store.h"

#include <string.h>

static void round_trip(const ls_store_options *options, const ls_image *image,
                       ls_image_form expected) {
  ls_error error = {0};
  ls_store *store;
  assert_int_equal(ls_store_new(options, &store, &error), LS_OK);
  assert_int_equal(ls_store_append(store, image, &error), LS_OK);
  assert_int_equal(ls_store_seal(store, &error), LS_OK);
  assert_int_equal(ls_store_count(store), 1);
  assert_int_equal(ls_store_label(store, 0), image->label);
  assert_int_equal(ls_store_event(store, 0), image->event);
  ls_image out = {0};
  /* Twice: into fresh buffers, then into used ones. */
  for (int pass = 0; pass < 2; pass++) {
    assert_int_equal(ls_store_get(store, 0, &out, &error), LS_OK);
    assert_int_equal(out.form, expected);
    assert_same_image(image, &out);
  }
  ls_image_destroy(&out);
  ls_store_free(store);
}

static void test_codecs(void **state) {
  (void)state;
  ls_image sparse = {0}, dense = {0};
  make_image(&sparse, LS_IMAGE_SPARSE, 150, 3, 0.02, 7);
  make_image(&dense, LS_IMAGE_DENSE, 150, 3, 0.6, 8);
  ls_store_options options = ls_store_defaults();
  for (int i = 0; (options.codec = ls_store_codec_at(i)); i++)
    for (options.level = 0; options.level <= 9; options.level += 3)
      for (options.shuffle = 0; options.shuffle <= 2; options.shuffle++)
        for (options.threads = 1; options.threads <= 2; options.threads++) {
          round_trip(&options, &sparse, LS_IMAGE_SPARSE);
          round_trip(&options, &dense, LS_IMAGE_DENSE);
        }
  ls_image_destroy(&sparse);
  ls_image_destroy(&dense);
}

static void test_forms(void **state) {
  (void)state;
  static const struct {
    ls_store_form form;
    ls_image_form in, out;
  } cases[] = {
      {LS_STORE_AUTO, LS_IMAGE_SPARSE, LS_IMAGE_SPARSE},
      {LS_STORE_AUTO, LS_IMAGE_DENSE, LS_IMAGE_DENSE},
      {LS_STORE_SPARSE, LS_IMAGE_SPARSE, LS_IMAGE_SPARSE},
      {LS_STORE_SPARSE, LS_IMAGE_DENSE, LS_IMAGE_SPARSE},
      {LS_STORE_DENSE, LS_IMAGE_SPARSE, LS_IMAGE_DENSE},
      {LS_STORE_DENSE, LS_IMAGE_DENSE, LS_IMAGE_DENSE},
  };
  static const double shares[] = {0, 0.01, 1}; /* empty, as real planes are, full */
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++)
      for (int planes = 1; planes <= LS_MAX_PLANES; planes++) {
        ls_store_options options = ls_store_defaults();
        options.form = cases[c].form;
        ls_image image = {0};
        make_image(&image, cases[c].in, 61, planes, shares[s], 3);
        round_trip(&options, &image, cases[c].out);
        ls_image_destroy(&image);
      }
}

/* One image object takes large and small, sparse and dense records in turn. */
static void test_reused_image(void **state) {
  (void)state;
  ls_error error = {0};
  ls_store_options options = ls_store_defaults();
  ls_store *store;
  assert_int_equal(ls_store_new(&options, &store, &error), LS_OK);
  static const struct {
    int side, planes;
    double share;
  } cases[] = {{90, 3, 1}, {40, 1, 0.1}, {90, 2, 0}, {64, 3, 0.5}};
  enum { CASES = sizeof cases / sizeof *cases };
  ls_image in[CASES] = {{0}}, out = {0};
  for (size_t c = 0; c < CASES; c++) {
    make_image(&in[c], c % 2 ? LS_IMAGE_SPARSE : LS_IMAGE_DENSE, cases[c].side, cases[c].planes,
               cases[c].share, c);
    assert_int_equal(ls_store_append(store, &in[c], &error), LS_OK);
  }
  assert_int_equal(ls_store_seal(store, &error), LS_OK);
  for (size_t step = 0; step < 3 * CASES; step++) {
    size_t c = step * 7 % CASES;
    assert_int_equal(ls_store_get(store, c, &out, &error), LS_OK);
    assert_same_image(&in[c], &out);
    for (int p = 0; out.form == LS_IMAGE_DENSE && p < LS_MAX_PLANES; p++)
      assert_int_equal(out.plane[p].count, 0);
  }
  for (size_t c = 0; c < CASES; c++) ls_image_destroy(&in[c]);
  ls_image_destroy(&out);
  ls_store_free(store);
}

static void test_statistics(void **state) {
  (void)state;
  ls_error error = {0};
  ls_image image = {0}, out = {0};
  make_image(&image, LS_IMAGE_SPARSE, 200, 1, 0.01, 0);
  uint64_t packed = 0;
  for (int i = 0; ls_store_codec_at(i); i++) {
    ls_store_options options = ls_store_defaults();
    options.codec = ls_store_codec_at(i);
    ls_store *store;
    assert_int_equal(ls_store_new(&options, &store, &error), LS_OK);
    for (image.event = 0; image.event < 3; image.event++)
      assert_int_equal(ls_store_append(store, &image, &error), LS_OK);
    assert_int_equal(ls_store_seal(store, &error), LS_OK);
    assert_int_equal(ls_store_get_statistics(store).get_seconds * 1e9, 0);
    assert_int_equal(ls_store_get(store, 2, &out, &error), LS_OK);
    ls_store_statistics statistics = ls_store_get_statistics(store);
    assert_int_equal(statistics.images, 3);
    assert_int_equal(statistics.raw_bytes, 3 * 200 * 200 * sizeof(float));
    if (packed) assert_int_equal(statistics.packed_bytes, packed);
    packed = statistics.packed_bytes;
    assert_in_range(packed, 3 * 8 * ls_image_active(&image), statistics.raw_bytes);
    if (!strcmp(options.codec, "none"))
      assert_int_equal(statistics.stored_bytes, packed);
    else
      assert_true(statistics.stored_bytes < packed);
    assert_true(statistics.append_seconds > 0);
    assert_true(statistics.get_seconds > 0);
    ls_store_free(store);
  }
  ls_image_destroy(&image);
  ls_image_destroy(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_codecs),
      cmocka_unit_test(test_forms),
      cmocka_unit_test(test_reused_image),
      cmocka_unit_test(test_statistics),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
