#define _POSIX_C_SOURCE 200809L
#include "base/input_file.h"
#include "datasets/simulator/detector/detector_keys.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const recombinations[] = {"box", "birks"};

/* NULL: none of the built-in ones. */
static int built_in(const char *name, ls_detector *detector) {
  if (!strcmp(name, "microboone"))
    *detector = ls_detector_microboone();
  else if (!strcmp(name, "jaxtpc"))
    *detector = ls_detector_jaxtpc();
  else
    return 0;
  return 1;
}

static double *values_of(ls_detector *detector, const ls_detector_key *key) {
  return (double *)(void *)((char *)detector + key->offset);
}

static int read_value(const ls_detector_key *key, const char *word, double *value) {
  if (key == &ls_detector_keys[0]) {
    for (int r = 0; r < 2; r++)
      if (!strcmp(word, recombinations[r])) return *value = r, 1;
    return 0;
  }
  char *end;
  errno = 0;
  *value = strtod(word, &end);
  return end != word && !*end && !errno && *value >= key->least && *value <= key->most &&
         (!key->whole || *value == rint(*value));
}

static ls_status read_values(ls_detector *detector, const ls_detector_key *key, char *rest,
                             const char *path, size_t number, ls_error *error) {
  double *values = values_of(detector, key), value;
  int count = 0;
  char *state = NULL;
  for (char *word = strtok_r(rest, " \t\r", &state); word; word = strtok_r(NULL, " \t\r", &state)) {
    if (count == key->count || !read_value(key, word, &value)) {
      count = -1;
      break;
    }
    values[count++] = value;
  }
  if (count == key->count) return LS_OK;
  if (key == &ls_detector_keys[0])
    return ls_fail(error, LS_FORMAT, "%s:%zu: %s is box or birks", path, number, key->name);
  return ls_fail(error, LS_FORMAT, "%s:%zu: %s wants %d %snumber%s from %g to %g", path, number,
                 key->name, key->count, key->whole ? "whole " : "", key->count > 1 ? "s" : "",
                 key->least, key->most);
}

/* One line of a detector file. seen: one byte for each key. */
static ls_status read_line(ls_detector *detector, char *line, const char *path, size_t number,
                           char *seen, ls_error *error) {
  line[strcspn(line, "#")] = 0;
  char *name = line + strspn(line, " \t\r");
  if (!*name) return LS_OK;
  size_t length = strcspn(name, " \t\r");
  char *rest = name + length + (name[length] != 0);
  name[length] = 0;
  if (!strcmp(name, "base")) {
    rest += strspn(rest, " \t");
    rest[strcspn(rest, " \t\r")] = 0;
    if (memchr(seen, 1, (size_t)ls_detector_key_count) || !built_in(rest, detector))
      return ls_fail(error, LS_FORMAT, "%s:%zu: base is microboone or jaxtpc, before other keys",
                     path, number);
    return LS_OK;
  }
  int k = 0;
  while (k < ls_detector_key_count && strcmp(name, ls_detector_keys[k].name) != 0) k++;
  if (k == ls_detector_key_count)
    return ls_fail(error, LS_FORMAT, "%s:%zu: unknown key '%s'; keys are as in detector.h", path,
                   number, name);
  if (seen[k])
    return ls_fail(error, LS_FORMAT, "%s:%zu: %s is there already; name it once", path, number,
                   name);
  seen[k] = 1;
  return read_values(detector, &ls_detector_keys[k], rest, path, number, error);
}

ls_status ls_detector_read(const char *name, ls_detector *detector, ls_error *error) {
  if (built_in(name, detector)) return LS_OK;
  *detector = ls_detector_microboone();
  FILE *file;
  LS_TRY(ls_input_stream(name, &file, error));
  char line[512], seen[128] = {0};
  int found = 1;
  ls_status status = LS_OK;
  for (size_t number = 1; status == LS_OK && found; number++) {
    status = ls_input_line(file, name, number, line, sizeof line, &found, error);
    if (status == LS_OK && found) status = read_line(detector, line, name, number, seen, error);
  }
  fclose(file);
  if (status == LS_OK) {
    status = ls_detector_check(detector, error);
    if (status != LS_OK) ls_fail_within(error, status, "%s", name);
  }
  return status;
}

size_t ls_detector_print(const ls_detector *detector, char *text, size_t size) {
  size_t length = 0;
  ls_detector copy = *detector;
  for (int k = 0; k < ls_detector_key_count; k++) {
    const ls_detector_key *key = &ls_detector_keys[k];
    const double *values = values_of(&copy, key);
    for (int i = -1; i <= key->count; i++) {
      char *at = text + (length < size ? length : size);
      size_t left = length < size ? size - length : 0;
      int more = i < 0             ? snprintf(at, left, "%s", key->name)
                 : i == key->count ? snprintf(at, left, "\n")
                 : k == 0          ? snprintf(at, left, " %s", recombinations[(int)values[i]])
                                   : snprintf(at, left, " %.17g", values[i]);
      length += (size_t)more;
    }
  }
  return length;
}
