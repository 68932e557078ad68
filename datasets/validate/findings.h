/* What is wrong with event files: a list that stays small however many events are, and is the same
 * for any number of ranks. */
#ifndef LS_DATASETS_VALIDATE_FINDINGS_H
#define LS_DATASETS_VALIDATE_FINDINGS_H

#include "base/status.h"
#include "comm/comm.h"

#include <stddef.h>
#include <stdint.h>

typedef enum ls_check {
  LS_CHECK_FILE,   /* the file opens: whole, known, its sets there and of matching type and shape */
  LS_CHECK_ALIKE,  /* format, geometry and classes are those of the first file */
  LS_CHECK_READ,   /* the event's data are whole: its checksum, its place */
  LS_CHECK_FINITE, /* no NaN, no infinity */
  LS_CHECK_CLASS,  /* a labelled file's event has a class */
  LS_CHECK_LABELS, /* the file has labels */
  LS_CHECK_CLASSES,   /* every class has events, and there are two or more */
  LS_CHECK_EMPTY,     /* some pixel is not zero */
  LS_CHECK_DUPLICATE, /* no other event has the same pixels */
  LS_CHECK_TRUTH,     /* what the file knows of its simulated events can be read, for every event */
  LS_CHECKS
} ls_check;

typedef enum ls_verdict { LS_VERDICT_VALID, LS_VERDICT_SUSPICIOUS, LS_VERDICT_BROKEN } ls_verdict;

const char *ls_check_name(ls_check check);   /* "duplicate" */
const char *ls_check_what(ls_check check);   /* "events with the pixels of another" */
ls_verdict ls_check_verdict(ls_check check); /* what one such finding makes of the set */
const char *ls_verdict_name(ls_verdict verdict);

enum { LS_FINDINGS_LISTED = 100, LS_FINDING_PLACE = 192 }; /* of each check, the first ones */

typedef struct ls_finding {
  int64_t file;               /* number of the file, -1: the set as a whole */
  int64_t event;              /* in the file, -1: the file as a whole */
  char set[LS_FINDING_PLACE]; /* data set in the file, or empty */
  char text[LS_ERROR_LENGTH]; /* one line, printable */
} ls_finding;

/* Zero-initialise; ls_findings_destroy frees it. */
typedef struct ls_findings {
  struct ls_finding_list {
    ls_finding *first; /* [LS_FINDINGS_LISTED], by file and event; NULL: none */
    size_t listed;
    uint64_t count; /* also those not listed */
  } of[LS_CHECKS];
} ls_findings;

/* To be called in the order of files and events. Returns LS_OK or LS_MEMORY. */
ls_status ls_findings_add(ls_findings *findings, ls_check check, const ls_finding *finding,
                          ls_error *error);

/* All ranks together: rank 0 gets everyone's; on the others the list is then of no use. Each
 * finding must have been made by one rank. Returns LS_OK, LS_MEMORY or LS_COMM. */
ls_status ls_findings_merge(ls_findings *findings, ls_comm *comm, ls_error *error);

ls_verdict ls_findings_verdict(const ls_findings *findings);
void ls_findings_destroy(ls_findings *findings);

#endif
