/* What the parts of core/record share. */
#ifndef LS_RECORD_INTERNAL_H
#define LS_RECORD_INTERNAL_H

#include "base/output_file.h"
#include "record/record.h"
#include "record/tally.h"

/* In the order in which they come under their final names. */
enum {
  LS_SAMPLES,
  LS_HISTORY,
  LS_CONFUSION,
  LS_EVENTS,
  LS_OPEN_FROM_START, /* the files above this line are */
  LS_SUMMARY = LS_OPEN_FROM_START,
  LS_RUN_JSON,
  LS_ENVIRONMENT,
  LS_RESULT,
  LS_RECORD_FILES
};
enum { LS_RECORD_PATH = 4096, LS_CELL = 516, LS_MOST_OPEN_EVENTS = 8 };

struct ls_record {
  char folder[LS_RECORD_PATH];
  int made;           /* 1: the folder was not there before */
  char name[LS_CELL]; /* of the folder, as a CSV cell */
  char driver[64], revision[64];
  ls_configuration own; /* of rows that name none; its texts are the tally's */
  ls_tally *tally;
  ls_output_file files[LS_RECORD_FILES];
  struct {
    double wall_ms, start; /* the time of day at ls_seconds() = start: later it may jump */
    char open[LS_MOST_OPEN_EVENTS][32];
    int depth;
  } events;
  char fault[256]; /* why the record itself makes the result invalid; empty: it does not */
};

extern const char *const ls_record_file_names[LS_RECORD_FILES];

/* A CSV cell (RFC 4180) of a text that comes from a file or the command line, cut to 255 bytes;
 * control characters are left out. size: at least LS_CELL. */
void ls_record_quote(const char *text, char *cell, size_t size);

/* ",value", or "," for NaN. */
void ls_record_number(FILE *file, double value);

/* backend,scaling,nodes,ranks,threads,local_batch,global_batch */
void ls_record_configuration(FILE *file, const ls_configuration *configuration);
#define LS_CONFIGURATION_COLUMNS "backend,scaling,nodes,ranks,threads,local_batch,global_batch"

extern const char ls_summary_columns[], ls_samples_columns[], ls_history_columns[],
    ls_confusion_columns[];

/* A line for each group; one with a time that is no finite number is a fault of the record, and
 * left out. LS_MEMORY. */
ls_status ls_record_write_summary(ls_record *record, const ls_tally_group *groups, size_t count,
                                  ls_error *error);
ls_status ls_record_write_run_json(ls_record *record, const ls_tally_group *groups, size_t count,
                                   ls_error *error);

/* The first one stays. */
void ls_record_note_fault(ls_record *record, const char *fault);

/* Ends what is open. */
void ls_record_end_events(ls_record *record);

#endif
