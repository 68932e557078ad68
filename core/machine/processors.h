/* The processors that this process may use, and the physical cores that they belong to. */
#ifndef LS_MACHINE_PROCESSORS_H
#define LS_MACHINE_PROCESSORS_H

#include <stddef.h>

/* Linux itself ends at 8192; a larger number is not seen. */
enum { LS_MOST_PROCESSORS = 8192, LS_SET_WORDS = LS_MOST_PROCESSORS / (8 * sizeof(long)) };

/* A set of numbers below LS_MOST_PROCESSORS, laid out as the kernel's mask. {0} is empty. */
typedef struct ls_processor_set {
  unsigned long words[LS_SET_WORDS];
} ls_processor_set;

/* Where a process runs. Two processors of one core are SMT siblings. Cores are numbered over the
 * whole node, alike in each of its processes (as lstopo does, L#). Without hwloc a processor counts
 * as a core of its own, with the same number. */
typedef struct ls_place {
  ls_processor_set processors; /* allowed to this process, by the system's numbers; never empty */
  ls_processor_set cores;      /* that these belong to */
  int node_processors;         /* that the node allows to the job: more than above if bound */
  int node_cores;              /* the same in cores */
  int packages, numa_nodes;    /* that the cores lie in; 0: not known */
} ls_place;

void ls_set_add(ls_processor_set *set, int number);
int ls_set_has(const ls_processor_set *set, int number);
int ls_set_count(const ls_processor_set *set);
int ls_set_within(const ls_processor_set *inner, const ls_processor_set *outer); /* or equal */
void ls_set_merge(ls_processor_set *set, const ls_processor_set *more);
/* "0-3,8"; a list too long for text ends in "..". */
void ls_set_list(const ls_processor_set *set, char *text, size_t length);

/* Processors that this process may use by the affinity of the calling thread. */
void ls_machine_processors(ls_processor_set *processors);
int ls_machine_processor_count(void); /* of these, at least 1 */

/* The same with their cores and neighbourhood. */
void ls_machine_place(ls_place *place);

/* Fills in all but processors, which are given. */
void ls_machine_locate(ls_place *place);

#endif
