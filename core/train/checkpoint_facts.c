#include "train/checkpoint_state.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

/* "3600x3600x1, kernel 5, pool 5, blocks 10 64, dense 32 5": a fact that no caller can forget. */
static ls_fact network_fact(const ls_network_spec *spec) {
  ls_fact fact = {.name = "network"};
  size_t used =
      (size_t)snprintf(fact.value, sizeof fact.value, "%dx%dx%d, kernel %d, pool %d, blocks",
                       spec->height, spec->width, spec->planes, spec->kernel, spec->pool);
  for (int b = 0; b < spec->block_count && used < sizeof fact.value; b++)
    used += (size_t)snprintf(fact.value + used, sizeof fact.value - used, " %d",
                             spec->block_channels[b]);
  for (int d = 0; d < spec->dense_count && used < sizeof fact.value; d++)
    used += (size_t)snprintf(fact.value + used, sizeof fact.value - used, "%s %d",
                             d ? "" : ", dense", spec->dense_outputs[d]);
  return fact;
}

static int add_fact(cJSON *facts, const ls_fact *fact) {
  return cJSON_AddStringToObject(facts, fact->name, fact->value) != NULL;
}

ls_status ls_checkpoint_set_facts(ls_checkpoint_content *content, const ls_checkpoint *checkpoint,
                                  ls_error *error) {
  ls_fact network = network_fact(checkpoint->spec);
  content->facts = cJSON_CreateObject();
  int good = content->facts && add_fact(content->facts, &network);
  for (size_t i = 0; good && i < checkpoint->fact_count; i++) {
    const ls_fact *fact = &checkpoint->facts[i];
    if (cJSON_GetObjectItemCaseSensitive(content->facts, fact->name))
      return ls_fail(error, LS_INTERNAL, "checkpoint: the fact %s is given twice", fact->name);
    good = add_fact(content->facts, fact);
  }
  return good ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the facts of a checkpoint");
}

/* "lr is 0.1 there, 0.05 here; .." as far as there is room. */
typedef struct differences {
  char text[512];
  size_t used;
  int count, left_out;
} differences;

/* there, here: NULL if the fact is not given. */
static void add_difference(differences *d, const char *name, const char *there, const char *here) {
  size_t room = sizeof d->text - d->used;
  int length =
      snprintf(d->text + d->used, room, "%s%.40s is %.100s there, %.100s here",
               d->count ? "; " : "", name, there ? there : "not given", here ? here : "not given");
  d->count++;
  if (length >= 0 && (size_t)length < room) {
    d->used += (size_t)length;
  } else {
    d->text[d->used] = 0;
    d->left_out++;
  }
}

static void compare(differences *d, const cJSON *facts, const ls_fact *fact) {
  const char *there = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(facts, fact->name));
  if (!there || strcmp(there, fact->value)) add_difference(d, fact->name, there, fact->value);
}

static int is_known(const ls_checkpoint *checkpoint, const char *name) {
  if (!strcmp(name, "network")) return 1;
  for (size_t i = 0; i < checkpoint->fact_count; i++)
    if (!strcmp(name, checkpoint->facts[i].name)) return 1;
  return 0;
}

ls_status ls_checkpoint_check_facts(const ls_checkpoint_content *content, const char *path,
                                    const ls_checkpoint *checkpoint, ls_error *error) {
  differences d = {0};
  ls_fact network = network_fact(checkpoint->spec);
  compare(&d, content->facts, &network);
  for (size_t i = 0; i < checkpoint->fact_count; i++)
    compare(&d, content->facts, &checkpoint->facts[i]);
  const cJSON *fact;
  cJSON_ArrayForEach(fact, content->facts) if (!is_known(checkpoint, fact->string))
      add_difference(&d, fact->string, fact->valuestring, NULL);
  if (!d.count) return LS_OK;
  char more[32] = "";
  if (d.left_out) snprintf(more, sizeof more, "; and %d more", d.left_out);
  return ls_fail(error, LS_MISMATCH, "%s: of another run: %s%s; resume it with its own options",
                 path, d.text, more);
}
