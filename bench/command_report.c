/* larscale report: figures of runs, and one page that holds them. */
#include "bench/command.h"
#include "bench/environment.h"
#include "bench/outputs.h"
#include "bench/report/page.h"

#include "base/output_file.h"

#include <stdio.h>
#include <stdlib.h>

static char default_folder[] = "results";

static ls_status write_page(const ls_settings *s, const ls_report_runs *runs,
                            const ls_figures *figures, ls_error *error) {
  ls_output_file file;
  LS_TRY(ls_output_open(&file, s->out, error));
  ls_page_write(file.stream, runs, figures, ls_revision());
  return ls_output_commit(&file, error);
}

static void tell(const ls_settings *s, const ls_report_runs *runs, const ls_figures *figures) {
  for (size_t f = 0; f < figures->count; f++)
    if (!figures->figure[f].picture && !figures->no_gnuplot)
      printf("%s: %s\n", figures->figure[f].name, figures->figure[f].why);
  printf("%zu figures of %zu runs", figures->drawn, runs->count);
  if (s->figures && !figures->no_gnuplot) printf(", in %s", s->figures);
  putchar('\n');
  if (s->out) printf("report: %s\n", s->out);
}

static ls_status report(const ls_settings *s, const ls_report_runs *runs, ls_figures *figures,
                        ls_error *error) {
  ls_figure_files files = {.folder = s->figures, .overwrite = s->overwrite};
  LS_TRY(ls_figures_draw(runs, &files, figures, error));
  if (s->out) LS_TRY(write_page(s, runs, figures, error));
  tell(s, runs, figures);
  if (!figures->no_gnuplot) return LS_OK;
  if (s->figures)
    return ls_fail(error, LS_UNAVAILABLE,
                   "no figures were drawn: gnuplot cannot be started; install it (Debian: "
                   "gnuplot-nox)");
  fputs("larscale: warning: the page has no figures: gnuplot cannot be started; install it "
        "(Debian: gnuplot-nox)\n",
        stderr);
  return LS_OK;
}

static ls_status run(const ls_settings *s, ls_comm *comm, ls_error *error) {
  (void)comm;
  char *results[] = {default_folder};
  if (!s->out && !s->figures)
    return ls_fail(error, LS_USAGE,
                   "nothing to write: name a page with --out, or a folder with --figures");
  LS_TRY(ls_output_wanted(s, "--out", s->out, error));
  ls_report_runs runs;
  ls_figures figures = {0};
  ls_status status = ls_report_runs_read(s->data_count ? s->data : results,
                                         s->data_count ? s->data_count : 1, &runs, error);
  if (status == LS_OK) status = report(s, &runs, &figures, error);
  ls_figures_destroy(&figures);
  ls_report_runs_destroy(&runs);
  return status;
}

const ls_command ls_command_report = {
    .name = "report",
    .summary = "figures of runs, and one page that holds them",
    .details =
        "Reads the folders of runs (or folders that hold some; default: results) and writes one "
        "page\n"
        "in HTML that needs no other file: verdicts, what was measured and what is missing, "
        "figures\n"
        "with how to read them, tables, machine and build, commands to repeat. With --figures DIR\n"
        "each figure is also written there as PNG, SVG and PDF. gnuplot draws them; without it "
        "the\n"
        "page has no figures and says so (exit code 0), and --figures ends with exit code 77.",
    .example = "  larscale report results --out report.html\n"
               "  larscale report results/host/strong/cpu-speedup --figures figures",
    .run = run,
    .groups = {&ls_options_report},
};
