#include "bench/same_ranks.h"

#include "machine/processors.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a rank reports. */
typedef struct verdict {
  int differs;
  char text[480];
} verdict;

static int equal(const cJSON *a, const cJSON *b) {
  return a && b && !strcmp(a->string, b->string) && !strcmp(a->valuestring, b->valuestring);
}

int ls_same_difference(const cJSON *own, const cJSON *root, char *text, size_t length) {
  const cJSON *mine = own->child, *first = root->child;
  while (equal(mine, first)) mine = mine->next, first = first->next;
  if (!mine && !first) return 0;
  snprintf(text, length, "another %.60s: %.180s there, %.180s on rank 0",
           mine ? mine->string : first->string, mine ? mine->valuestring : "nothing",
           first ? first->valuestring : "nothing");
  return 1;
}

/* Rank 0's facts as text on every rank. */
static ls_status spread(ls_comm *comm, const cJSON *facts, char **text, ls_error *error) {
  size_t bytes = 0;
  *text = NULL;
  if (ls_comm_rank(comm) == 0) {
    *text = facts ? cJSON_PrintUnformatted(facts) : NULL;
    bytes = *text ? strlen(*text) + 1 : 0;
  }
  LS_TRY(ls_comm_broadcast(comm, &bytes, sizeof bytes, 0, error));
  if (ls_comm_rank(comm) != 0 && bytes) *text = cJSON_malloc(bytes);
  ls_status status = facts && *text
                         ? LS_OK
                         : ls_fail(error, LS_MEMORY, "no memory to compare this rank with rank 0");
  LS_TRY(ls_comm_agree(comm, status, error));
  return ls_comm_broadcast(comm, *text, bytes, 0, error);
}

static ls_status compare(const cJSON *facts, const char *text, verdict *own, ls_error *error) {
  cJSON *root = cJSON_Parse(text);
  if (!root) return ls_fail(error, LS_MEMORY, "no memory to compare this rank with rank 0");
  own->differs = ls_same_difference(facts, root, own->text, sizeof own->text);
  cJSON_Delete(root);
  return LS_OK;
}

/* Rank 0: one line about all that differ. */
static ls_status judge(const verdict *all, int ranks, const char *advice, ls_error *error) {
  ls_processor_set differing = {0};
  int first = -1, count = 0;
  for (int r = 0; r < ranks; r++) {
    if (!all[r].differs) continue;
    ls_set_add(&differing, r);
    if (!count++) first = r;
  }
  if (!count) return LS_OK;
  char list[64], more[128] = "";
  ls_set_list(&differing, list, sizeof list);
  if (count > 1) snprintf(more, sizeof more, " (%d ranks differ: %s)", count, list);
  return ls_fail(error, LS_MISMATCH, "rank %d has %s%s; %s", first, all[first].text, more, advice);
}

/* Every rank gets rank 0's judgement. */
static ls_status settle(ls_comm *comm, const verdict *own, const char *advice, ls_error *error) {
  int ranks = ls_comm_size(comm), is_root = ls_comm_rank(comm) == 0;
  verdict *all = is_root ? calloc((size_t)ranks, sizeof *all) : NULL;
  ls_status status = LS_OK;
  if (is_root && !all) status = ls_fail(error, LS_MEMORY, "no memory for %d ranks", ranks);
  status = ls_comm_agree(comm, status, error);
  if (status == LS_OK) status = ls_comm_gather(comm, own, sizeof *own, all, 0, error);
  if (status == LS_OK) {
    ls_error judgement = {0};
    if (all) judge(all, ranks, advice, &judgement); /* on rank 0 */
    status = ls_comm_broadcast(comm, &judgement, sizeof judgement, 0, error);
    if (status == LS_OK && judgement.status != LS_OK) {
      judgement.shared = 1;
      *error = judgement;
      status = judgement.status;
    }
  }
  free(all);
  return status;
}

ls_status ls_same_facts(ls_comm *comm, cJSON *facts, const char *advice, ls_error *error) {
  char *text;
  verdict own = {0};
  ls_status status = spread(comm, facts, &text, error);
  if (status == LS_OK) status = ls_comm_agree(comm, compare(facts, text, &own, error), error);
  if (status == LS_OK) status = settle(comm, &own, advice, error);
  cJSON_free(text);
  cJSON_Delete(facts);
  return status;
}
