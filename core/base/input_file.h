/* Files that the user names to be read. */
#ifndef LS_BASE_INPUT_FILE_H
#define LS_BASE_INPUT_FILE_H

#include "base/status.h"

#include <stdio.h>

/* Opens a regular file to be read; never waits (as for a named pipe without a writer). *descriptor
 * is -1, *stream NULL, on failure. LS_IO: not there, not allowed, a folder, no regular file. */
ls_status ls_input_open(const char *path, int *descriptor, ls_error *error);
ls_status ls_input_stream(const char *path, FILE **stream, ls_error *error);

/* The next line of a text, without its end, into line[size]. *found: 0 after the last one. number:
 * the line's, from 1 on, for the message. LS_FORMAT: longer than size - 2, or it holds a NUL;
 * LS_IO.
 */
ls_status ls_input_line(FILE *stream, const char *path, size_t number, char *line, size_t size,
                        int *found, ls_error *error);

#endif
