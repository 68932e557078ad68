#define _POSIX_C_SOURCE 200809L
#include "bench/stop_request.h"

#include <stddef.h>

/* The one variable of the program that is not passed around: a signal handler gets nothing else. */
static volatile sig_atomic_t asked;

static void note(int number) {
  (void)number;
  asked = 1;
}

const volatile sig_atomic_t *ls_stop_request_watch(void) {
  static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
  struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART | SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    sigaction(signals[i], &action, NULL);
  return &asked;
}
