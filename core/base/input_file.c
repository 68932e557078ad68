#define _POSIX_C_SOURCE 200809L
#include "base/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ls_status ls_input_open(const char *path, int *descriptor, ls_error *error) {
  struct stat facts;
  *descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*descriptor < 0 || fstat(*descriptor, &facts)) {
    ls_fail(error, LS_IO, "%s: cannot be opened: %s", path, strerror(errno));
  } else if (!S_ISREG(facts.st_mode)) {
    ls_fail(error, LS_IO, "%s: is %s; name a file", path,
            S_ISDIR(facts.st_mode) ? "a folder" : "no regular file");
  } else {
    return LS_OK;
  }
  if (*descriptor >= 0) close(*descriptor);
  *descriptor = -1;
  return LS_IO;
}

ls_status ls_input_stream(const char *path, FILE **stream, ls_error *error) {
  int descriptor;
  *stream = NULL;
  LS_TRY(ls_input_open(path, &descriptor, error));
  *stream = fdopen(descriptor, "rb");
  if (*stream) return LS_OK;
  close(descriptor);
  return ls_fail(error, LS_MEMORY, "%s: no memory to read it", path);
}

ls_status ls_input_line(FILE *stream, const char *path, size_t number, char *line, size_t size,
                        int *found, ls_error *error) {
  size_t length = 0;
  int c = 0;
  while (length < size - 1 && (c = getc(stream)) != EOF && c != '\n') line[length++] = (char)c;
  line[length] = 0;
  *found = length > 0 || c == '\n';
  if (ferror(stream)) return ls_fail(error, LS_IO, "%s: cannot be read: %s", path, strerror(errno));
  if (length == size - 1)
    return ls_fail(error, LS_FORMAT, "%s:%zu: longer than %zu characters; shorten the line", path,
                   number, size - 2);
  if (strlen(line) != length)
    return ls_fail(error, LS_FORMAT, "%s:%zu: holds a NUL byte: it is no text; write it again",
                   path, number);
  return LS_OK;
}
