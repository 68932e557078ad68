/* Status codes and error messages.
 *
 * Every function that can fail returns an ls_status and describes the failure in an ls_error that
 * the caller owns: one line saying what is wrong, where, and what to do. Nothing in the library
 * prints or exits; main turns the status into the program's exit code. */
#ifndef LS_BASE_STATUS_H
#define LS_BASE_STATUS_H

typedef enum ls_status {
  LS_OK = 0,
  LS_USAGE,       /* an option or argument makes no sense */
  LS_IO,          /* a file cannot be opened, read, written or renamed */
  LS_FORMAT,      /* a file is damaged or not of the expected format */
  LS_MISMATCH,    /* two things do not fit together: shapes, counts, networks */
  LS_VALUE,       /* NaN, infinity or a number out of range in data */
  LS_MEMORY,      /* not enough memory, or a memory budget would be exceeded */
  LS_UNAVAILABLE, /* not in this build or not on this machine: library, device, backend */
  LS_STOPPED,     /* ended early because it was told to (a signal) */
  LS_COMM,        /* message passing failed, or another rank reported an error */
  LS_INTERNAL,    /* a fault of the program itself */
  LS_SUSPICIOUS,  /* what was to be judged (event files) may be wrong, and the report says why */
  LS_BROKEN       /* the same: is wrong */
} ls_status;

enum { LS_ERROR_LENGTH = 768 };

/* message is always terminated; empty while status is LS_OK. Zero-initialise it. */
typedef struct ls_error {
  ls_status status;
  int shared; /* 1: every rank holds this same error, so that all end in order */
  char message[LS_ERROR_LENGTH];
} ls_error;

/* Records status and a printf-formatted message in *error and returns status. error may be NULL:
 * then only the status is returned. Of a message
 * longer than the buffer the middle is left out. */
ls_status ls_fail(ls_error *error, ls_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message already in *error; returns its status. error may be NULL,
 * then the answer is fallback. */
ls_status ls_fail_within(ls_error *error, ls_status fallback, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The program's exit code for a status: 0 success, 1 bad input or failed run, 2 usage, 3 stopped by
 * a signal (LS_STOPPED), 4 judged suspicious, 5 judged broken, 77 cannot run here (LS_UNAVAILABLE).
 */
int ls_exit_code(ls_status status);

/* Returns from the calling function with the status of call unless it is LS_OK. */
#define LS_TRY(call)                                                                               \
  do {                                                                                             \
    ls_status ls_try_status_ = (call);                                                             \
    if (ls_try_status_ != LS_OK) return ls_try_status_;                                            \
  } while (0)

#endif
