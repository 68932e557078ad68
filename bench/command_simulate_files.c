/* Files of simulated events: which of them are to be made, and their making. */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"
#include "base/output_file.h"
#include "bench/command_simulate.h"
#include "bench/progress.h"
#include "datasets/hdf5/truth_settings.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH = 4096 };

typedef struct making {
  const ls_simulation *simulation;
  const volatile sig_atomic_t *stop;
  ls_event_maker *makers; /* one for each thread */
  int threads;
  size_t rank, ranks, done, mine; /* events of this rank */
  ls_deposit_dump *dump;          /* NULL: none */
  ls_simulation_sums *sums;
  ls_progress progress;
} making;

static size_t file_count(const ls_simulation *s) {
  return (s->events + s->events_per_file - 1) / s->events_per_file;
}

static void file_events(const ls_simulation *s, size_t file, size_t *first, size_t *end) {
  *first = file * s->events_per_file;
  *end = *first + s->events_per_file < s->events ? *first + s->events_per_file : s->events;
}

static ls_status file_name(const ls_simulation *s, size_t file, char path[PATH], ls_error *error) {
  int length = snprintf(path, PATH, "%s/events-%05zu.h5", s->settings->out, file);
  return length < PATH ? LS_OK : ls_fail(error, LS_USAGE, "--out: the name is too long");
}

static ls_status stopped(const making *m, ls_error *error) {
  if (!*m->stop) return LS_OK;
  return ls_fail(
      error, LS_STOPPED,
      "stopped by a signal; complete files stay: the same command goes on with the rest");
}

/* writer: NULL if only deposits are dumped. */
typedef struct taking {
  making *m;
  ls_event_writer *writer;
} taking;

static ls_status take(void *context, size_t event, ls_simulated_event *made, ls_error *error) {
  const taking *to = context;
  making *m = to->m;
  double start = ls_thread_seconds();
  if (m->dump) { /* there is one thread */
    ls_readout_view view = ls_readout_deposits(m->makers->readout);
    LS_TRY(
        ls_deposit_dump_add(m->dump, (int64_t)made->truth[0], &m->makers->deposits, &view, error));
  }
  if (to->writer) {
    ls_status status =
        m->simulation->readout.form == LS_READOUT_DIGITS
            ? ls_event_writer_append_waveforms(to->writer, &made->waveforms, &made->info,
                                               made->truth, error)
            : ls_event_writer_append(to->writer, made->planes, &made->info, made->truth, error);
    if (status != LS_OK) return ls_fail_within(error, status, "event %zu", event);
  }
  m->sums->writing += ls_thread_seconds() - start;
  ls_progress_at(&m->progress, ++m->done, m->mine, NULL);
  return stopped(m, error);
}

static ls_status make_events(making *m, size_t first, size_t end, ls_event_writer *writer,
                             ls_error *error) {
  taking to = {m, writer};
  const ls_event_taker taker = {take, &to};
  return ls_make_in_order(m->makers, m->threads, first, end, &taker, error);
}

/* The settings as a file keeps them; to be freed. */
static ls_status file_record(const ls_simulation *s, size_t first, char **record, ls_error *error) {
  size_t size = strlen(s->record) + 64;
  *record = malloc(size);
  if (!*record) return ls_fail(error, LS_MEMORY, "no memory for the settings");
  snprintf(*record, size, "%sfirst_event %zu\n", s->record, first);
  return LS_OK;
}

static ls_status make_file(making *m, const char *path, const char *record, size_t first,
                           size_t end, ls_error *error) {
  const ls_simulation *s = m->simulation;
  const ls_event_layout layout = {.image_set = s->image_set,
                                  .geometry = {.planes = LS_WIRE_PLANES,
                                               .rows = ls_detector_ticks(&s->detector),
                                               .columns = ls_detector_columns(&s->detector)},
                                  .class_names = s->class_names,
                                  .class_count = s->class_count,
                                  .value_type = LS_VALUE_INT32,
                                  .truth = ls_simulated_truth,
                                  .truth_count = LS_SIMULATED_SETS,
                                  .settings = record};
  ls_event_writer writer;
  LS_TRY(ls_event_writer_open(&writer, s->settings->format, path, &layout, error));
  ls_status status = make_events(m, first, end, &writer, error);
  if (status != LS_OK) {
    ls_event_writer_discard(&writer);
    return status;
  }
  double start = ls_thread_seconds();
  LS_TRY(ls_event_writer_finish(&writer, error));
  m->sums->writing += ls_thread_seconds() - start;
  m->sums->files_made++;
  struct stat file;
  if (!stat(path, &file)) m->sums->bytes += (double)file.st_size;
  return LS_OK;
}

/* Of a run that was killed while it wrote this file. */
static void remove_leftovers(const char *folder, const char *path) {
  char prefix[64], leftover[PATH + 256];
  snprintf(prefix, sizeof prefix, "%s.partial-", strrchr(path, '/') + 1);
  DIR *names = opendir(folder);
  for (struct dirent *entry; names && (entry = readdir(names));) {
    if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) continue;
    snprintf(leftover, sizeof leftover, "%s/%s", folder, entry->d_name);
    unlink(leftover);
  }
  if (names) closedir(names);
}

/* Makes a file, unless it is there already as it would be made. */
static ls_status want_file(making *m, const char *path, size_t first, size_t end, ls_error *error) {
  char *record;
  LS_TRY(file_record(m->simulation, first, &record, error));
  ls_status status = LS_OK;
  if (!m->dump && ls_truth_settings_match(path, record, "event", end - first)) {
    m->sums->files_kept++;
    m->mine -= end - first;
  } else {
    remove_leftovers(m->simulation->settings->out, path);
    status = make_file(m, path, record, first, end, error);
  }
  free(record);
  return status;
}

/* A file beyond the last one would be taken for a part of the set. */
static ls_status check_folder(const ls_simulation *s, ls_error *error) {
  char path[PATH];
  struct stat file;
  LS_TRY(ls_make_folder(s->settings->out, error));
  LS_TRY(file_name(s, file_count(s), path, error));
  if (!stat(path, &file))
    return ls_fail(error, LS_USAGE,
                   "%s is there, but this set ends before it: choose another folder, or remove "
                   "that set",
                   path);
  LS_TRY(file_name(s, 0, path, error));
  return ls_output_try(path, error);
}

static ls_status make_files(making *m, ls_error *error) {
  const ls_simulation *s = m->simulation;
  for (size_t file = m->rank; file < file_count(s); file += m->ranks) {
    size_t first, end;
    char path[PATH];
    file_events(s, file, &first, &end);
    if (!s->settings->out) {
      LS_TRY(make_events(m, first, end, NULL, error));
      continue;
    }
    LS_TRY(file_name(s, file, path, error));
    LS_TRY(want_file(m, path, first, end, error));
    LS_TRY(stopped(m, error));
  }
  return LS_OK;
}

static ls_status make_all(making *m, ls_error *error) {
  const ls_settings *o = m->simulation->settings;
  for (int t = 0; t < m->threads; t++)
    LS_TRY(ls_event_maker_open(&m->makers[t], m->simulation, error));
  if (o->dump) LS_TRY(ls_deposit_dump_open(o->dump, &m->dump, error));
  ls_progress_start(&m->progress, "simulating", m->ranks > 1 ? "events of rank 0" : "events",
                    m->rank == 0 && !o->json);
  ls_status status = make_files(m, error);
  ls_progress_end(&m->progress);
  LS_TRY(status);
  ls_deposit_dump *dump = m->dump;
  m->dump = NULL;
  return dump ? ls_deposit_dump_finish(dump, error) : LS_OK;
}

static void add_sums(ls_simulation_sums *to, const ls_simulation_sums *from) {
  double *a = (double *)(void *)to;
  const double *b = (const double *)(const void *)from;
  for (size_t i = 0; i < sizeof *to / sizeof *a; i++) a[i] += b[i];
}

ls_status ls_simulate_files(const ls_simulation *s, ls_comm *comm, int threads,
                            const volatile sig_atomic_t *stop, ls_simulation_sums *sums,
                            ls_error *error) {
  making m = {.simulation = s,
              .stop = stop,
              .threads = s->settings->dump ? 1 : threads, /* see take */
              .rank = (size_t)ls_comm_rank(comm),
              .ranks = (size_t)ls_comm_size(comm),
              .sums = sums};
  if (s->settings->dump && m.ranks > 1) {
    error->shared = 1;
    return ls_fail(error, LS_USAGE,
                   "--dump: writes one file in one process; start it without "
                   "mpirun");
  }
  for (size_t file = m.rank; file < file_count(s); file += m.ranks) {
    size_t first, end;
    file_events(s, file, &first, &end);
    m.mine += end - first;
  }
  ls_status status = LS_OK;
  if (s->settings->out && m.rank == 0) status = check_folder(s, error);
  LS_TRY(ls_comm_agree(comm, status, error));
  m.makers = calloc((size_t)threads, sizeof *m.makers);
  if (!m.makers) return ls_fail(error, LS_MEMORY, "no memory for %d threads", threads);
  status = make_all(&m, error);
  ls_deposit_dump_discard(m.dump);
  for (int t = 0; t < threads; t++) {
    add_sums(sums, &m.makers[t].sums);
    ls_event_maker_close(&m.makers[t]);
  }
  free(m.makers);
  return status;
}
