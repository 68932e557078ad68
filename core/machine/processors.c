#define _GNU_SOURCE
#include "machine/processors.h"

#include "machine/topology.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

enum { WORD_BITS = 8 * sizeof(long) };

void ls_set_add(ls_processor_set *set, int number) {
  if (number >= 0 && number < LS_MOST_PROCESSORS)
    set->words[number / WORD_BITS] |= 1UL << number % WORD_BITS;
}

int ls_set_has(const ls_processor_set *set, int number) {
  return number >= 0 && number < LS_MOST_PROCESSORS &&
         set->words[number / WORD_BITS] >> number % WORD_BITS & 1;
}

int ls_set_count(const ls_processor_set *set) {
  int count = 0;
  for (unsigned w = 0; w < LS_SET_WORDS; w++) count += __builtin_popcountl(set->words[w]);
  return count;
}

int ls_set_within(const ls_processor_set *inner, const ls_processor_set *outer) {
  for (unsigned w = 0; w < LS_SET_WORDS; w++)
    if (inner->words[w] & ~outer->words[w]) return 0;
  return 1;
}

void ls_set_merge(ls_processor_set *set, const ls_processor_set *more) {
  for (unsigned w = 0; w < LS_SET_WORDS; w++) set->words[w] |= more->words[w];
}

void ls_set_list(const ls_processor_set *set, char *text, size_t length) {
  enum { ROOM = sizeof ",1234-5678,.." };
  size_t used = 0;
  text[0] = 0;
  for (int first = 0; first < LS_MOST_PROCESSORS; first++) {
    if (!ls_set_has(set, first)) continue;
    int last = first;
    while (ls_set_has(set, last + 1)) last++;
    if (used + ROOM > length) {
      snprintf(text + used, length - used, "..");
      return;
    }
    used += (size_t)snprintf(text + used, length - used, last > first ? "%s%d-%d" : "%s%d",
                             used ? "," : "", first, last);
    first = last;
  }
}

void ls_machine_processors(ls_processor_set *processors) {
  *processors = (ls_processor_set){0};
  if (!sched_getaffinity(0, sizeof *processors, (cpu_set_t *)(void *)processors->words) &&
      ls_set_count(processors))
    return;
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  for (int p = 0; p < (online > 0 ? online : 1); p++) ls_set_add(processors, p);
}

int ls_machine_processor_count(void) {
  ls_processor_set processors;
  ls_machine_processors(&processors);
  return ls_set_count(&processors);
}

void ls_machine_locate(ls_place *place) {
  int mine = ls_set_count(&place->processors);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  *place = (ls_place){.processors = place->processors, .cores = place->processors};
  place->node_processors = place->node_cores = online > mine ? (int)online : mine;
  ls_topology_locate(place);
}

void ls_machine_place(ls_place *place) {
  ls_machine_processors(&place->processors);
  ls_machine_locate(place);
}
