#define _POSIX_C_SOURCE 200809L
#include "datasets/numpy/npy_header.h"

#include "base/input_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A header of plain numbers is about 120 bytes; longer ones describe compounds. */
enum { PREFIX = 12, LONGEST_HEADER = 4096 };

ls_status ls_npy_read_bytes(int descriptor, const char *path, uint64_t offset, void *out,
                            uint64_t bytes, ls_error *error) {
  char *to = out;
  while (bytes > 0) {
    ssize_t got = pread(descriptor, to, bytes, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ls_fail(error, LS_IO, "%s: cannot be read: %s", path, strerror(errno));
    if (got == 0)
      return ls_fail(error, LS_FORMAT, "%s: ends at byte %llu, before the end of its data", path,
                     (unsigned long long)offset);
    to += got, offset += (uint64_t)got, bytes -= (uint64_t)got;
  }
  return LS_OK;
}

static const char *skip_spaces(const char *text) {
  return text + strspn(text, " ");
}

/* The value of a key of the header's dictionary, or NULL. */
static const char *find_value(const char *text, const char *quoted_key) {
  const char *key = strstr(text, quoted_key);
  if (!key) return NULL;
  key = skip_spaces(key + strlen(quoted_key));
  return *key == ':' ? skip_spaces(key + 1) : NULL;
}

static int parse_type(const char *text, ls_npy_header *header) {
  const char *value = find_value(text, "'descr'");
  if (!value || *value != '\'') return 0;
  size_t length = strcspn(++value, "'");
  if (length < 3 || length >= sizeof header->type || value[length] != '\'') return 0;
  if (!strchr("fiu", value[1])) return 0; /* in other kinds the number is no size in bytes */
  memcpy(header->type, value, length);
  header->type[length] = 0;
  char *end = NULL;
  long bytes = strtol(header->type + 2, &end, 10);
  if (*end || bytes < 1 || bytes > 16) return 0;
  header->element_bytes = (int)bytes;
  return 1;
}

static int parse_shape(const char *text, ls_npy_header *header) {
  const char *value = find_value(text, "'shape'");
  if (!value || *value++ != '(') return 0;
  header->elements = 1;
  for (value = skip_spaces(value); *value != ')'; value = skip_spaces(value)) {
    if (*value < '0' || *value > '9' || header->rank == LS_NPY_MAX_RANK) return 0;
    char *end = NULL;
    errno = 0;
    uint64_t side = strtoull(value, &end, 10);
    if (errno || __builtin_mul_overflow(header->elements, side, &header->elements)) return 0;
    header->shape[header->rank++] = side;
    value = skip_spaces(end);
    if (*value == ',')
      value++;
    else if (*value != ')')
      return 0;
  }
  return 1;
}

static ls_status parse_header(const char *path, const char *text, ls_npy_header *header,
                              ls_error *error) {
  const char *order = find_value(text, "'fortran_order'");
  if (!order || (strncmp(order, "False", 5) != 0 && strncmp(order, "True", 4) != 0) ||
      !parse_shape(text, header))
    return ls_fail(error, LS_FORMAT, "%s: the .npy header cannot be understood: it is damaged",
                   path);
  if (!parse_type(text, header))
    return ls_fail(
        error, LS_FORMAT,
        "%s: the array is not of plain numbers; save events as float32 or int32, labels as "
        "integers",
        path);
  if (header->type[0] == '>')
    return ls_fail(error, LS_FORMAT,
                   "%s: the numbers are big-endian ('%s'); save them in native byte order", path,
                   header->type);
  if (order[0] == 'T')
    return ls_fail(error, LS_FORMAT,
                   "%s: the array is in Fortran order; save numpy.ascontiguousarray(array)", path);
  return LS_OK;
}

static ls_status check_length(int descriptor, const char *path, const ls_npy_header *header,
                              ls_error *error) {
  struct stat facts;
  if (fstat(descriptor, &facts) != 0) return ls_fail(error, LS_IO, "%s: %s", path, strerror(errno));
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(header->elements, (uint64_t)header->element_bytes, &bytes) ||
      __builtin_add_overflow(bytes, header->data_offset, &bytes) || (uint64_t)facts.st_size < bytes)
    return ls_fail(error, LS_FORMAT, "%s: is cut short: %lld bytes, but its header says more", path,
                   (long long)facts.st_size);
  if ((uint64_t)facts.st_size > bytes)
    return ls_fail(error, LS_FORMAT, "%s: has %llu bytes after its array", path,
                   (unsigned long long)facts.st_size - (unsigned long long)bytes);
  return LS_OK;
}

static ls_status read_header(int descriptor, const char *path, ls_npy_header *header,
                             ls_error *error) {
  unsigned char prefix[PREFIX];
  char text[LONGEST_HEADER + 1];
  LS_TRY(ls_npy_read_bytes(descriptor, path, 0, prefix, sizeof prefix, error));
  int major = prefix[6];
  if (memcmp(prefix, "\x93NUMPY", 6) != 0 || major < 1 || major > 3)
    return ls_fail(error, LS_FORMAT, "%s: is no .npy file of version 1 to 3", path);
  /* Two bytes of length in version 1, four since. */
  uint64_t start = major == 1 ? 10 : 12, length = prefix[8] | (uint64_t)prefix[9] << 8;
  if (major > 1) length |= (uint64_t)prefix[10] << 16 | (uint64_t)prefix[11] << 24;
  if (length > LONGEST_HEADER)
    return ls_fail(error, LS_FORMAT,
                   "%s: the array is not of plain numbers (its header has %llu bytes)", path,
                   (unsigned long long)length);
  LS_TRY(ls_npy_read_bytes(descriptor, path, start, text, length, error));
  text[length] = 0;
  header->data_offset = start + length;
  LS_TRY(parse_header(path, text, header, error));
  return check_length(descriptor, path, header, error);
}

ls_status ls_npy_open_array(const char *path, int *descriptor, ls_npy_header *header,
                            ls_error *error) {
  *header = (ls_npy_header){0};
  LS_TRY(ls_input_open(path, descriptor, error));
  ls_status status = read_header(*descriptor, path, header, error);
  if (status != LS_OK) {
    close(*descriptor);
    *descriptor = -1;
  }
  return status;
}
