#include "datasets/pixel_check.h"

#include <math.h>

ls_status ls_pixels_check(const ls_pixels *planes, const ls_geometry *geometry, ls_value_type type,
                          ls_error *error) {
  const unsigned columns = (unsigned)geometry->columns;
  const uint32_t words = (uint32_t)geometry->rows * columns;
  for (int p = 0; p < geometry->planes; p++)
    for (size_t i = 0; i < planes[p].count; i++) {
      uint32_t index = planes[p].index[i];
      float value = planes[p].value[i];
      if (index >= words || (i && index <= planes[p].index[i - 1]))
        return ls_fail(error, LS_VALUE,
                       "plane %d: pixel number %zu has index %u, out of range or order", p, i,
                       index);
      int whole = value >= -2147483648.0F && value < 2147483648.0F && value == rintf(value);
      if (type == LS_VALUE_INT32 ? !whole : !isfinite(value))
        return ls_fail(error, LS_VALUE, "plane %d, row %u, column %u holds %g, which is no %s", p,
                       index / columns, index % columns, (double)value,
                       type == LS_VALUE_INT32 ? "int32; round or scale the values, or write float32"
                                              : "finite number; remove the event");
    }
  return LS_OK;
}
