/* Damaged checkpoints: every byte of the newest one counts; the older one is taken, and the warning
 * says why. Whatever a file holds, reading ends in order. */
#include "support/test.h"

#include "base/random.h"
#include "train/checkpoint_state.h"
#include "train/checkpoints.h"
#include "train/tiny.h"

#include <xxhash.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 33, OLDER = 6, NEWER = 7, SEED = 20240611 };
static const char *const names[] = {"state.json", "weights.weights.h5", "optimizer.bin"};
static char folder[64];
static sample_run run;

static int make_two(void **state) {
  (void)state;
  make_test_folder("/tmp", folder);
  sample_init(&run, tiny_network(), 2);
  return sample_write(folder, &run, OLDER, NULL) != LS_OK ||
         sample_write(folder, &run, NEWER, NULL) != LS_OK;
}

static int remove_two(void **state) {
  (void)state;
  sample_destroy(&run);
  remove_test_folder(folder);
  return 0;
}

static const char *file_of(int step, const char *name) {
  static char path[2][256];
  char *p = path[step - OLDER];
  snprintf(p, sizeof path[0], "%s/checkpoint-%06d-step-%d/%s", folder, step - OLDER + 1, step,
           name);
  return p;
}

static void assert_older_is_taken(const char *name) {
  ls_checkpoint_origin origin;
  ls_error error = {0};
  sample_clear(&run);
  assert_int_equal(ls_checkpoint_read(folder, &run.checkpoint, &origin, &error), LS_OK);
  assert_int_equal(run.checkpoint.state.total_steps, OLDER);
  assert_true(sample_is_exact(&run));
  assert_non_null(strstr(origin.path, "/checkpoint-000001-step-6"));
  assert_memory_equal(origin.warning, file_of(NEWER, name), strlen(file_of(NEWER, name)));
  assert_non_null(strstr(origin.warning, "; going on from checkpoint-000001-step-6 instead"));
}

static void assert_newer_is_taken(void) {
  ls_checkpoint_origin origin;
  ls_error error = {0};
  assert_int_equal(ls_checkpoint_read(folder, &run.checkpoint, &origin, &error), LS_OK);
  assert_int_equal(run.checkpoint.state.total_steps, NEWER);
  assert_true(sample_is_exact(&run));
  assert_string_equal(origin.warning, "");
}

/* One random bit of the first 64 bytes and of some 400 more, spread evenly, of each file. */
static void test_flipped_bits(void **state) {
  (void)state;
  for (size_t f = 0; f < 3; f++) {
    size_t length;
    const char *path = file_of(NEWER, names[f]);
    unsigned char *bytes = read_bytes(path, &length);
    size_t stride = length / 400 + 1;
    for (size_t i = 0; i < length; i += i < 64 ? 1 : stride) {
      unsigned char flip = (unsigned char)(1U << ls_random(SEED, f, i) % 8);
      bytes[i] ^= flip;
      write_bytes(path, bytes, length);
      assert_older_is_taken(names[f]);
      bytes[i] ^= flip;
    }
    write_bytes(path, bytes, length);
    free(bytes);
    assert_newer_is_taken();
  }
}

static void test_torn_files(void **state) {
  (void)state;
  for (size_t f = 0; f < 3; f++) {
    size_t length;
    const char *path = file_of(NEWER, names[f]);
    unsigned char *bytes = read_bytes(path, &length);
    size_t lengths[] = {0, 1, HEAD - 1, HEAD, 512, length / 2, length - 1, length + 1};
    bytes[length] = ' '; /* there is room for one more */
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
      write_bytes(path, bytes, lengths[i]);
      assert_older_is_taken(names[f]);
    }
    write_bytes(path, bytes, length);
    free(bytes);
    assert_newer_is_taken();
  }
}

static void test_missing_files(void **state) {
  (void)state;
  for (size_t f = 0; f < 3; f++) {
    const char *path = file_of(NEWER, names[f]);
    char away[300];
    snprintf(away, sizeof away, "%s.away", path);
    assert_int_equal(rename(path, away), 0);
    assert_older_is_taken(names[f]);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_older_is_taken(names[f]);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rename(away, path), 0);
  }
  assert_newer_is_taken();
}

/* Files that are whole, but of another checkpoint. */
static void test_mixed_files(void **state) {
  (void)state;
  for (size_t f = 0; f < 3; f++) {
    size_t length, older_length;
    unsigned char *bytes = read_bytes(file_of(NEWER, names[f]), &length);
    unsigned char *older = read_bytes(file_of(OLDER, names[f]), &older_length);
    write_bytes(file_of(NEWER, names[f]), older, older_length);
    if (f) assert_older_is_taken(names[f]);
    if (!f) assert_older_is_taken(names[1]); /* the state is whole, so it is the weights */
    write_bytes(file_of(NEWER, names[f]), bytes, length);
    free(bytes);
    free(older);
  }
  assert_newer_is_taken();
}

static void test_both_damaged(void **state) {
  (void)state;
  write_bytes(file_of(OLDER, names[1]), "", 0);
  write_bytes(file_of(NEWER, names[2]), "", 0);
  ls_checkpoint_origin origin;
  ls_error error = {0};
  sample_clear(&run);
  assert_int_equal(ls_checkpoint_read(folder, &run.checkpoint, &origin, &error), LS_FORMAT);
  assert_non_null(strstr(error.message, "no checkpoint in it is whole: "));
  assert_non_null(strstr(error.message, file_of(NEWER, names[2])));
  assert_int_equal(run.checkpoint.state.total_steps, 0);
  for (size_t i = 0; i < run.count; i++) assert_true(run.checkpoint.parameters[i] == 0);
  /* A run that starts anew in there leaves one whole one, and then two. */
  assert_int_equal(sample_write(folder, &run, 8, &error), LS_OK);
  assert_int_equal(count_names(folder, "checkpoint-", NULL), 1);
}

/* After going on from the older one, the damaged one is gone and the older one is not. */
static void test_going_on_after_damage(void **state) {
  (void)state;
  write_bytes(file_of(NEWER, names[1]), "", 0);
  assert_older_is_taken(names[1]);
  assert_int_equal(sample_write(folder, &run, NEWER, NULL), LS_OK);
  assert_int_equal(count_names(folder, "checkpoint-", NULL), 2);
  assert_int_equal(access(file_of(OLDER, names[0]), F_OK), 0);
  assert_int_equal(access(file_of(NEWER, names[0]), F_OK), -1);
  assert_newer_is_taken();
}

/* text gets the head that makes its own checksum right; length bytes in all. */
static void forge(char *text, size_t length) {
  char head[HEAD + 1];
  snprintf(head, sizeof head, "{\"checksum\": \"%016" PRIx64 "\",\n",
           (uint64_t)XXH64(text + HEAD, length - HEAD, 0));
  memcpy(text, head, HEAD);
}

static ls_status parse(const char *text, size_t length) {
  ls_checkpoint_content content;
  ls_error error = {0};
  ls_status status = ls_checkpoint_parse("state.json", text, length, &content, &error);
  assert_true(status == LS_OK || status == LS_FORMAT || status == LS_MISMATCH);
  if (status != LS_OK) {
    assert_null(content.facts);
    assert_non_null(strstr(error.message, "state.json: "));
  } else {
    char *again = ls_checkpoint_text(&content);
    assert_non_null(again);
    free(again);
  }
  ls_checkpoint_content_destroy(&content);
  return status;
}

/* A checksum that is right over a text that is not: no checksum keeps these away. */
static void test_forged_states(void **state) {
  (void)state;
  static const char *const rests[] = {
      "}",
      "",
      "\"format\": 3}",
      "\"format\": \"larscale checkpoint 2\"}",
      "\"format\": \"larscale checkpoint 1\"}",
      "\"format\": \"larscale checkpoint 1\", \"state\": [], \"facts\": 3, \"files\": null}",
      "\"format\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
  };
  const ls_status expected[] = {LS_FORMAT, LS_FORMAT, LS_FORMAT, LS_MISMATCH,
                                LS_FORMAT, LS_FORMAT, LS_FORMAT};
  for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
    char text[256];
    snprintf(text + HEAD, sizeof text - HEAD, "%s", rests[i]);
    size_t length = HEAD + strlen(rests[i]);
    forge(text, length);
    assert_int_equal(parse(text, length), expected[i]);
  }
}

/* from -> to, once, with a right checksum: each is out of range in its own way. */
static void test_forged_numbers(void **state) {
  (void)state;
  static const char *const changes[][2] = {
      {"\"epoch\":\t\"1\"", "\"epoch\":\t1"},
      {"\"epoch\":\t\"1\"", "\"epoch\":\t\"\""},
      {"\"epoch\":\t\"1\"", "\"epoch\":\t\"-1\""},
      {"\"epoch\":\t\"1\"", "\"epoch\":\t\" 1\""},
      {"\"epoch\":\t\"1\"", "\"epoch\":\t\"99999999999999999999\""},
      {"\"epoch\":\t\"1\"", "\"other\":\t\"1\""},
      {"\"epoch_images\":\t\"", "\"epoch_images\":\t\"1e999"},
      {"\"epoch_images\":\t\"", "\"epoch_images\":\t\"nan"},
      {"\"epoch_images\":\t\"", "\"epoch_images\":\t\"0x1"},
      {"\"epoch_images\":\t\"", "\"epoch_images\":\t\"-"},
      {"\"bytes\":\t\"", "\"bytes\":\t\"x"},
      {"\"lr\":\t\"0.05\"", "\"lr\":\t0.05"},
      {"\"lr\":\t\"0.05\"", "\"lr\":\t{\"a\": [1, null]}"},
      {"\"facts\":", "\"fact\":"},
      {"\"files\":", "\"file\":"},
      {"\"parameters\":", "\"parameter\":"},
  };
  size_t length;
  char *bytes = (char *)read_bytes(file_of(NEWER, names[0]), &length);
  bytes[length] = 0;
  assert_int_equal(parse(bytes, length), LS_OK);
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    char text[4096];
    const char *place = strstr(bytes, changes[i][0]);
    assert_non_null(place);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(place - bytes), bytes, changes[i][1],
             place + strlen(changes[i][0]));
    forge(text, strlen(text));
    if (parse(text, strlen(text)) != LS_FORMAT) fail_msg("taken: %s", changes[i][1]);
  }
  free(bytes);
}

static void test_random_states(void **state) {
  (void)state;
  static const char pieces[] = "{}[]\",:\\0123456789eE+-.untfalsx\x01\x80\xff";
  size_t length;
  unsigned char *bytes = read_bytes(file_of(NEWER, names[0]), &length);
  char *text = malloc(length + 1);
  int taken = 0;
  for (uint64_t k = 0; k < 20000; k++) {
    memcpy(text, bytes, length);
    size_t kept =
        ls_random(SEED, k, 0) % 4 ? length : HEAD + ls_random(SEED, k, 1) % (length - HEAD);
    for (uint64_t i = 0; i < 1 + k % 3; i++)
      text[HEAD + ls_random(SEED, k, 2 + 2 * i) % (length - HEAD)] =
          pieces[ls_random(SEED, k, 3 + 2 * i) % sizeof pieces];
    text[kept] = 0;
    forge(text, kept);
    taken += parse(text, kept) == LS_OK;
  }
  assert_in_range(taken, 1, 10000); /* a digit for a digit is taken, much else is not */
  free(text);
  free(bytes);
}

/* Whole by their checksums, but with weights of another network or other values: the file's own
 * checks still hold. */
static void test_forged_weights(void **state) {
  (void)state;
  ls_checkpoint_content content;
  ls_error error = {0};
  size_t length, state_length;
  char *text = (char *)read_bytes(file_of(NEWER, names[0]), &state_length);
  text[state_length] = 0;
  assert_int_equal(ls_checkpoint_parse("state.json", text, state_length, &content, &error), LS_OK);
  free(text);
  unsigned char *weights = read_bytes(file_of(OLDER, names[1]), &length);
  const size_t lengths[] = {length, 3};
  const char *faults[] = {"other weights than state.json says", "not an HDF5 file"};
  for (size_t i = 0; i < 2; i++) {
    content.files[LS_CHECKPOINT_WEIGHTS] =
        (ls_checkpoint_file){lengths[i], XXH64(weights, lengths[i], 0)};
    write_bytes(file_of(NEWER, names[1]), weights, lengths[i]);
    text = ls_checkpoint_text(&content);
    write_bytes(file_of(NEWER, names[0]), text, strlen(text));
    free(text);
    assert_older_is_taken(names[1]);
    ls_checkpoint_origin origin;
    assert_int_equal(ls_checkpoint_read(folder, &run.checkpoint, &origin, &error), LS_OK);
    assert_non_null(strstr(origin.warning, faults[i]));
  }
  free(weights);
  ls_checkpoint_content_destroy(&content);
}

#define TWO(test) cmocka_unit_test_setup_teardown(test, make_two, remove_two)

int main(void) {
  const struct CMUnitTest tests[] = {
      TWO(test_flipped_bits),   TWO(test_torn_files),     TWO(test_missing_files),
      TWO(test_mixed_files),    TWO(test_both_damaged),   TWO(test_going_on_after_damage),
      TWO(test_forged_states),  TWO(test_forged_numbers), TWO(test_random_states),
      TWO(test_forged_weights),
  };
  return cmocka_run_group_tests_name("damaged checkpoints", tests, NULL, NULL);
}
