#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ls_status ls_fail(ls_error *error, ls_status status, const char *format, ...) {
  if (!error) return status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  error->status = status;
  return status;
}

ls_status ls_fail_within(ls_error *error, ls_status fallback, const char *format, ...) {
  if (!error) return fallback;
  char inner[LS_ERROR_LENGTH];
  memcpy(inner, error->message, sizeof inner);
  va_list arguments;
  va_start(arguments, format);
  int used = vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  if (used >= 0 && (size_t)used < sizeof error->message)
    snprintf(error->message + used, sizeof error->message - (size_t)used, ": %s", inner);
  if (error->status == LS_OK) error->status = fallback;
  return error->status;
}

int ls_exit_code(ls_status status) {
  switch (status) {
  case LS_OK:
    return 0;
  case LS_USAGE:
    return 2;
  case LS_STOPPED:
    return 3;
  case LS_UNAVAILABLE:
    return 77;
  default:
    return 1;
  }
}
