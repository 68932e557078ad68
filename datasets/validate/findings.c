#include "datasets/validate/findings.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name, *what;
  ls_verdict verdict;
} checks[LS_CHECKS] = {
    [LS_CHECK_FILE] = {"file", "files that cannot be opened", LS_VERDICT_BROKEN},
    [LS_CHECK_ALIKE] = {"alike", "files of another kind than the first", LS_VERDICT_BROKEN},
    [LS_CHECK_READ] = {"read", "events whose data are damaged", LS_VERDICT_BROKEN},
    [LS_CHECK_FINITE] = {"finite", "events with NaN or infinity", LS_VERDICT_BROKEN},
    [LS_CHECK_CLASS] = {"class", "events of no class", LS_VERDICT_BROKEN},
    [LS_CHECK_LABELS] = {"labels", "files without labels", LS_VERDICT_SUSPICIOUS},
    [LS_CHECK_CLASSES] = {"classes", "classes without events", LS_VERDICT_SUSPICIOUS},
    [LS_CHECK_EMPTY] = {"empty", "events without any pixel", LS_VERDICT_SUSPICIOUS},
    [LS_CHECK_DUPLICATE] = {"duplicate", "events with the pixels of another",
                            LS_VERDICT_SUSPICIOUS},
    [LS_CHECK_TRUTH] = {"truth", "data sets of truth that are damaged", LS_VERDICT_BROKEN},
};

const char *ls_check_name(ls_check check) {
  return checks[check].name;
}

const char *ls_check_what(ls_check check) {
  return checks[check].what;
}

ls_verdict ls_check_verdict(ls_check check) {
  return checks[check].verdict;
}

const char *ls_verdict_name(ls_verdict verdict) {
  static const char *const names[] = {"valid", "suspicious", "broken"};
  return names[verdict];
}

ls_status ls_findings_add(ls_findings *findings, ls_check check, const ls_finding *finding,
                          ls_error *error) {
  struct ls_finding_list *list = &findings->of[check];
  list->count++;
  if (list->listed == LS_FINDINGS_LISTED) return LS_OK;
  if (!list->first) list->first = calloc(LS_FINDINGS_LISTED, sizeof *list->first);
  if (!list->first) return ls_fail(error, LS_MEMORY, "no memory for the list of findings");
  list->first[list->listed] = *finding;
  ls_text_make_printable(list->first[list->listed++].text);
  return LS_OK;
}

static int order(const void *left, const void *right) {
  const ls_finding *a = left, *b = right;
  if (a->file != b->file) return a->file < b->file ? -1 : 1;
  if (a->event != b->event) return a->event < b->event ? -1 : 1;
  return strcmp(a->text, b->text);
}

/* What the ranks hold of one check, to rank 0. */
static ls_status gather(struct ls_finding_list *list, ls_comm *comm, uint64_t *counts,
                        ls_finding *all, ls_error *error) {
  const size_t ranks = (size_t)ls_comm_size(comm);
  const int root = ls_comm_rank(comm) == 0;
  uint64_t own[2] = {list->listed, list->count};
  LS_TRY(ls_comm_gather(comm, own, sizeof own, counts, 0, error));
  LS_TRY(
      ls_comm_gather(comm, list->first, LS_FINDINGS_LISTED * sizeof *list->first, all, 0, error));
  if (!root) return LS_OK;
  size_t listed = 0;
  list->count = 0;
  for (size_t r = 0; r < ranks; r++) {
    memmove(all + listed, all + r * LS_FINDINGS_LISTED, counts[2 * r] * sizeof *all);
    listed += counts[2 * r];
    list->count += counts[2 * r + 1];
  }
  qsort(all, listed, sizeof *all, order);
  list->listed = listed < LS_FINDINGS_LISTED ? listed : LS_FINDINGS_LISTED;
  memcpy(list->first, all, list->listed * sizeof *all);
  return LS_OK;
}

ls_status ls_findings_merge(ls_findings *findings, ls_comm *comm, ls_error *error) {
  const size_t ranks = (size_t)ls_comm_size(comm);
  if (ranks == 1) return LS_OK;
  uint64_t *counts = calloc(2 * ranks, sizeof *counts);
  ls_finding *all = calloc(ranks * LS_FINDINGS_LISTED, sizeof *all);
  ls_status status = counts && all ? LS_OK : LS_MEMORY;
  for (int check = 0; status == LS_OK && check < LS_CHECKS; check++) {
    struct ls_finding_list *list = &findings->of[check];
    double found = (double)list->count;
    status = ls_comm_max_doubles(comm, &found, 1, error);
    if (status != LS_OK || found == 0) continue; /* nobody found anything */
    if (!list->first) list->first = calloc(LS_FINDINGS_LISTED, sizeof *list->first);
    if (!list->first) status = LS_MEMORY;
    if (status == LS_OK) status = gather(list, comm, counts, all, error);
  }
  free(counts);
  free(all);
  return status == LS_MEMORY ? ls_fail(error, LS_MEMORY, "no memory for the list of findings")
                             : status;
}

ls_verdict ls_findings_verdict(const ls_findings *findings) {
  ls_verdict verdict = LS_VERDICT_VALID;
  for (int check = 0; check < LS_CHECKS; check++)
    if (findings->of[check].count && checks[check].verdict > verdict)
      verdict = checks[check].verdict;
  return verdict;
}

void ls_findings_destroy(ls_findings *findings) {
  for (int check = 0; check < LS_CHECKS; check++) free(findings->of[check].first);
  *findings = (ls_findings){0};
}
