/* Options of the command line: the same name means the same thing in every command.
 *
 * An option is one row of a table (option_tables.c); a command names the groups that it takes.
 * Parsing is popt's; what is said about a wrong option or value is decided here. */
#ifndef LS_BENCH_OPTIONS_H
#define LS_BENCH_OPTIONS_H

#include "base/status.h"

#include <stddef.h>

/* Everything the user may set. Numbers hold their default when parsing starts; for those marked
 * "by format" the default depends on the data set and UNSET stands for it. Texts are NULL if not
 * given. */
enum { LS_UNSET = -1 };
typedef struct ls_settings {
  /* data */
  char **data; /* --data and what stands on the command line by itself */
  size_t data_count;
  char **validation;
  size_t validation_count;
  char *labels, *validation_labels, *producer;
  /* image; plane, rebin, first_tick, first_wire, size: by format */
  char *plane;
  long rebin, first_tick, first_wire, size;
  double scale; /* NaN: by format */
  /* network and backend */
  char *network, *backend, *variant;
  char *isa, *winograd, *skip;
  long threads; /* 0: OMP_NUM_THREADS, else its share of the cores */
  char *weights;
  /* training */
  long batch, accumulate, epochs, steps;
  long global_batch; /* 0: batch x accumulate x ranks */
  char *optimizer;
  double lr, momentum;
  long seed;
  char *shuffle;
  /* ranks */
  char *share, *reduction, *overlap, *average;
  long check_every;
  double time_limit; /* seconds, 0: none */
  char *checkpoint, *resume;
  long checkpoint_steps;
  double checkpoint_minutes;
  /* store */
  char *codec, *store_form;
  char *store; /* "private", "node" */
  long prefetch;
  long codec_level, codec_threads; /* UNSET: 5, and 1 */
  char *codec_shuffle;
  double memory_budget; /* MB, 0: none */
  /* results */
  char *figures; /* of report: a folder */
  char *save_weights, *out, *dump, *format, *image_set, *value_type;
  /* simulation */
  char *particles, *momentum_range, *vertex, *direction, *detector, *image, *chain, *noise,
      *deposits;
  long simulated_events, events_per_file; /* UNSET: 60 or those of --deposits, and 100 */
  long repetitions, warmup, events, event;
  char *driver, *host, *verdict; /* which runs; NULL: all */
  int compare;
  /* bench */
  char *nodes, *node_is, *scaling, *cache_states;
  double max_seconds; /* of a point's repetitions */
  long seeds;
  int oversubscribe;
  /* study */
  char *preset, *study_file;
  int plan_only;
  int dense, whole, overwrite, json, help;
  const char *const *command_line; /* as given, for the record */
  int command_line_count;
} ls_settings;

typedef enum ls_option_kind {
  LS_OPTION_FLAG,    /* int, set to 1 */
  LS_OPTION_INTEGER, /* long, within least .. most */
  LS_OPTION_NUMBER,  /* double, finite, within least .. most */
  LS_OPTION_CHOICE,  /* text, one of choices */
  LS_OPTION_TEXT,    /* text, not empty */
  LS_OPTION_TEXTS    /* list of texts; its count follows it in ls_settings */
} ls_option_kind;

typedef struct ls_option {
  const char *name; /* without dashes; NULL ends a group */
  ls_option_kind kind;
  size_t offset; /* in ls_settings */
  double least, most;
  const char *choices; /* "on|off" */
  const char *value;   /* what --help calls the value */
  const char *help;
} ls_option;

typedef struct ls_option_group {
  const char *title;
  const ls_option *options;
} ls_option_group;

extern const ls_option_group ls_options_data, ls_options_image, ls_options_network,
    ls_options_training, ls_options_ranks, ls_options_checkpoint, ls_options_store,
    ls_options_record, ls_options_evaluate, ls_options_step, ls_options_convert,
    ls_options_synthetic, ls_options_load, ls_options_inspect, ls_options_display,
    ls_options_results, ls_options_info, ls_options_simulate, ls_options_bench,
    ls_options_repetitions, ls_options_scaling, ls_options_load_time, ls_options_seeds,
    ls_options_report, ls_options_study;
extern const ls_option_group ls_options_kernels; /* of larscale_kernels */

/* All of them, NULL-terminated. */
extern const ls_option_group *const ls_option_groups[];

enum { LS_MOST_GROUPS = 11 };

ls_settings ls_settings_default(void);
void ls_settings_destroy(ls_settings *settings);

/* Fills settings from the arguments after the command's name (argv[0] is the command's name).
 * groups: NULL-terminated. LS_USAGE with one line naming the option and the nearest right one, or
 * the value and those allowed. */
ls_status ls_options_parse(int argc, const char **argv, const ls_option_group *const *groups,
                           ls_settings *settings, ls_error *error);

/* Prints the groups' options with their help to standard output. */
void ls_options_print_help(const char *usage, const ls_option_group *const *groups);

/* The candidate nearest to text by edit distance, NULL if none is near. candidates:
 * NULL-terminated. */
const char *ls_nearest(const char *text, const char *const *candidates);

#endif
