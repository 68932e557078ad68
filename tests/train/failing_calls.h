/* The calls through which a checkpoint reaches the disk, counted; the one asked for fails, or is
 * the last thing that the process does. Needs the linker's --wrap of each, see CMakeLists.txt. */
#ifndef LS_TESTS_TRAIN_FAILING_CALLS_H
#define LS_TESTS_TRAIN_FAILING_CALLS_H

/* The at-th call from now on (1: the next) does nothing but fail with this errno. 0: none fails,
 * they are counted only. */
void calls_fail_at(int at, int cause);

/* The at-th call from now on ends in SIGKILL; a write after half of its bytes. */
void calls_kill_at(int at);

/* Ends either; returns how many there were. */
int calls_stop(void);

/* Names of all of them, in order, each followed by a space. */
const char *calls_in_order(void);

/* Name of the last call that failed. */
const char *calls_failed(void);

#endif
