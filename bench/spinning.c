#define _POSIX_C_SOURCE 200809L
#include "bench/spinning.h"

#include "bench/launch.h"
#include "comm/launcher.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

long ls_spinning_threads(int argc, char **argv) {
  static const char option[] = "--threads";
  const size_t length = sizeof option - 1;
  long threads = 0;
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], option, length) != 0) continue;
    if (argv[i][length] == '=')
      threads = strtol(argv[i] + length + 1, NULL, 10);
    else if (!argv[i][length] && i + 1 < argc)
      threads = strtol(argv[i + 1], NULL, 10);
  }
  return threads;
}

/* One thread waits for nobody. */
int ls_spinning_harms(int node_ranks, int threads, int processors, int node_processors) {
  return node_ranks > 1 && threads > 1 &&
         (threads > processors || (long)node_ranks * threads > node_processors);
}

void ls_spinning_avoid(int argc, char **argv) {
  if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT") || getenv("LARSCALE_RESTARTED")) return;
  /* With places in force libgomp has tied this thread to the first of them, and a new start would
   * take that for all there is: who places the threads chooses how they wait. */
  if (getenv("OMP_PROC_BIND") || getenv("OMP_PLACES") || getenv("GOMP_CPU_AFFINITY")) return;
  int ranks = ls_launcher_node_ranks();
  int threads = ls_launch_wanted_threads(ls_spinning_threads(argc, argv));
  if (ranks < 2 || threads < 2) return; /* before the topology, which takes a moment */
  ls_place place;
  ls_machine_place(&place);
  if (!ls_spinning_harms(ranks, threads, ls_set_count(&place.processors), place.node_processors))
    return;
  if (setenv("OMP_WAIT_POLICY", "passive", 1) || setenv("LARSCALE_RESTARTED", "1", 1)) return;
  execv("/proc/self/exe", argv);
  /* No new start: the variables would claim what is not so. */
  unsetenv("OMP_WAIT_POLICY");
  unsetenv("LARSCALE_RESTARTED");
}
