#include "bench/kernels/kernel_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  char name[192];
  ls_kernel_plan plan;
  ls_shim_benchmark benchmark;
  struct ls_kernel_list *list;
} entry;

/* One kernel is there at a time: the one that was run last. */
struct ls_kernel_list {
  ls_kernel_source source;
  entry *entries;
  size_t count;
  const entry *current;
  ls_kernel *kernel;
};

static ls_status prepare(void *context, ls_error *error) {
  entry *e = context;
  ls_kernel_list *list = e->list;
  if (list->current == e) return LS_OK;
  ls_kernel_free(list->kernel);
  list->current = NULL;
  LS_TRY(ls_kernel_new(&e->plan, &list->kernel, error));
  list->current = e;
  return LS_OK;
}

static ls_status run(void *context, double *seconds, ls_error *error) {
  entry *e = context;
  return ls_kernel_run(e->list->kernel, seconds, error);
}

static void add(ls_kernel_list *list, const ls_kernel_plan *plan, const char *what,
                const char *image) {
  for (int backward = 0; backward < 2; backward++) {
    entry *e = &list->entries[list->count++];
    e->list = list;
    e->plan = *plan;
    e->plan.backward = backward;
    snprintf(e->name, sizeof e->name, "%s/%s/%s%s", plan->choice->name, what,
             backward ? "backward" : "forward", image);
    for (char *c = e->name; *c; c++)
      if (*c == ' ') *c = '_';
    ls_work work = ls_kernel_work(&e->plan);
    e->benchmark = (ls_shim_benchmark){
        .name = e->name,
        .prepare = prepare,
        .run = run,
        .context = e,
        .flop = work.flop,
        .bytes = work.bytes,
        .fma_peak = list->source.fma_peak[ls_isa_find(plan->choice->options.isa)],
        .copy_peak = list->source.copy_peak};
  }
}

static int finite(ls_case_input input) {
  return input != LS_INPUT_NAN && input != LS_INPUT_INFINITY && input != LS_INPUT_NAN_WEIGHT;
}

static void add_choice(ls_kernel_list *list, const ls_backend_choice *choice) {
  const ls_kernel_source *s = &list->source;
  char what[96];
  for (int l = 0; l < ls_network_layer_count(s->spec); l++) {
    ls_kernel_plan plan = {.choice = choice, .spec = s->spec, .layer = l, .image = s->dense};
    add(list, &plan, ls_network_layer(s->spec, l).name, "/dense");
    plan.image = s->sparse;
    add(list, &plan, ls_network_layer(s->spec, l).name, "/sparse");
  }
  for (int c = 0; c < ls_conv_case_count; c++) {
    ls_kernel_plan plan = {.choice = choice, .conv = &ls_conv_cases[c]};
    snprintf(what, sizeof what, "case/%s", plan.conv->name);
    if (finite(plan.conv->input)) add(list, &plan, what, "");
  }
  for (int c = 0; c < ls_dense_case_count; c++) {
    ls_kernel_plan plan = {.choice = choice, .dense = &ls_dense_cases[c]};
    snprintf(what, sizeof what, "case/%s", plan.dense->name);
    if (finite(plan.dense->input)) add(list, &plan, what, "");
  }
}

ls_status ls_kernel_list_new(const ls_kernel_source *source, ls_kernel_list **out,
                             ls_error *error) {
  ls_kernel_list *list = *out = calloc(1, sizeof *list);
  if (!list) return ls_fail(error, LS_MEMORY, "no memory for the list of kernels");
  int each =
      2 * (2 * ls_network_layer_count(source->spec) + ls_conv_case_count + ls_dense_case_count);
  list->source = *source;
  list->entries = calloc((size_t)each * (size_t)source->choice_count, sizeof *list->entries);
  if (!list->entries) {
    ls_kernel_list_free(list);
    *out = NULL;
    return ls_fail(error, LS_MEMORY, "no memory for the list of kernels");
  }
  for (int c = 0; c < source->choice_count; c++) add_choice(list, &source->choices[c]);
  return LS_OK;
}

void ls_kernel_list_free(ls_kernel_list *list) {
  if (!list) return;
  ls_kernel_free(list->kernel);
  free(list->entries);
  free(list);
}

void ls_kernel_list_register(const ls_kernel_list *list, ls_shim_result *result) {
  for (size_t i = 0; i < list->count; i++) ls_shim_register(&list->entries[i].benchmark, result);
}
