#define _POSIX_C_SOURCE 200809L
#include "datasets/numpy/npy.h"
#include "datasets/numpy/npy_header.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Beyond this a float64 is not exact; no label is. */
static const double largest = 9007199254740992.0; /* 2^53 */

/* One element; 0 if it is no whole number or out of range. kind: NumPy's letter. */
static int whole_number(char kind, int bytes, const unsigned char *at, int64_t *out) {
  if (kind == 'f') {
    double value = 0;
    float narrow = 0;
    if (bytes == 4) {
      memcpy(&narrow, at, sizeof narrow);
      value = (double)narrow;
    } else
      memcpy(&value, at, sizeof value);
    if (!(fabs(value) <= largest) || value != floor(value)) return 0;
    *out = (int64_t)value;
    return 1;
  }
  uint64_t bits = 0;
  memcpy(&bits, at, (size_t)bytes); /* little-endian: the low bytes */
  if (kind == 'i' && bytes < 8 && bits >> (8 * bytes - 1)) bits |= ~UINT64_C(0) << (8 * bytes);
  int64_t value = (int64_t)bits;
  if (kind == 'u' && bits > (uint64_t)largest) return 0;
  if (value > (int64_t)largest || value < -(int64_t)largest) return 0;
  *out = value;
  return 1;
}

static ls_status check_integers(const char *path, const ls_npy_header *header, ls_error *error) {
  int bytes = header->element_bytes, narrowest = header->type[1] == 'f' ? 4 : 1;
  if (bytes < narrowest || bytes > 8 || (bytes & (bytes - 1)))
    return ls_fail(error, LS_FORMAT, "%s: numbers of type '%s' are no labels; save integers", path,
                   header->type);
  if (header->rank != 1 && !(header->rank == 2 && header->shape[1] == 1))
    return ls_fail(error, LS_FORMAT, "%s: labels are an array of shape [events], not of %d axes",
                   path, header->rank);
  return LS_OK;
}

static ls_status read_integers(int descriptor, const char *path, const ls_npy_header *header,
                               unsigned char *raw, int64_t *values, ls_error *error) {
  size_t bytes = (size_t)header->element_bytes;
  LS_TRY(check_integers(path, header, error));
  LS_TRY(ls_npy_read_bytes(descriptor, path, header->data_offset, raw, header->elements * bytes,
                           error));
  for (size_t i = 0; i < header->elements; i++)
    if (!whole_number(header->type[1], (int)bytes, raw + i * bytes, &values[i]))
      return ls_fail(error, LS_VALUE, "%s: element %zu is no whole number, or too large", path, i);
  return LS_OK;
}

ls_status ls_npy_read_integers(const char *path, int64_t **values, size_t *count, ls_error *error) {
  ls_npy_header header;
  int descriptor = -1;
  *values = NULL, *count = 0;
  LS_TRY(ls_npy_open_array(path, &descriptor, &header, error));
  /* One more, as malloc(0) may answer NULL. The file is as long as the header says, so this fits.
   */
  unsigned char *raw = malloc(header.elements * (size_t)header.element_bytes + 1);
  int64_t *all = header.elements < SIZE_MAX / sizeof *all - 1
                     ? malloc((header.elements + 1) * sizeof *all)
                     : NULL;
  ls_status status = LS_OK;
  if (!raw || !all)
    status = ls_fail(error, LS_MEMORY, "%s: no memory for %llu labels", path,
                     (unsigned long long)header.elements);
  else
    status = read_integers(descriptor, path, &header, raw, all, error);
  free(raw);
  close(descriptor);
  if (status != LS_OK) {
    free(all);
    return status;
  }
  *values = all, *count = header.elements;
  return LS_OK;
}
