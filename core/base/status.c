#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 16384 }; /* paths are up to 4096 bytes */

/* A long text keeps its start (what) and its end (why, and what to do); mostly a path loses its
 * middle. */
static void keep_ends(char *message, const char *text) {
  static const char gap[] = " .. ";
  size_t length = strlen(text), half = (LS_ERROR_LENGTH - sizeof gap) / 2;
  if (length < LS_ERROR_LENGTH) {
    memcpy(message, text, length + 1);
    return;
  }
  memcpy(message, text, half);
  memcpy(message + half, gap, sizeof gap - 1);
  memcpy(message + half + sizeof gap - 1, text + length - half, half + 1);
}

ls_status ls_fail(ls_error *error, ls_status status, const char *format, ...) {
  if (!error) return status;
  char text[LONGEST];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  keep_ends(error->message, text);
  error->status = status;
  return status;
}

ls_status ls_fail_within(ls_error *error, ls_status fallback, const char *format, ...) {
  if (!error) return fallback;
  char text[LONGEST];
  va_list arguments;
  va_start(arguments, format);
  int used = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (used >= 0 && (size_t)used < sizeof text)
    snprintf(text + used, sizeof text - (size_t)used, ": %s", error->message);
  keep_ends(error->message, text);
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
  case LS_SUSPICIOUS:
    return 4;
  case LS_BROKEN:
    return 5;
  case LS_UNAVAILABLE:
    return 77;
  default:
    return 1;
  }
}
