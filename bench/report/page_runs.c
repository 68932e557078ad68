/* Verdicts, what is there and what is missing, machines and builds, commands to repeat. */
#define _POSIX_C_SOURCE 200809L
#include "bench/report/html.h"
#include "bench/report/page.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

void ls_page_verdicts(FILE *stream, const ls_report_runs *runs) {
  size_t valid = 0, unavailable = 0;
  for (size_t r = 0; r < runs->count; r++) {
    valid += (size_t)runs->run[r].valid;
    unavailable += (size_t)runs->run[r].unavailable;
  }
  fprintf(stream, "<h2>Verdicts</h2>\n<p>%zu of %zu runs are valid.</p>\n", valid,
          runs->count - unavailable);
  fputs("<table class=\"sortable verdicts\"><thead><tr><th>run</th><th>driver</th><th>verdict</th>"
        "<th>date (UTC)</th><th>host</th><th>revision</th></tr></thead><tbody>\n",
        stream);
  for (size_t r = 0; r < runs->count; r++) {
    const ls_report_run *run = &runs->run[r];
    static const char *const facts[] = {"time_utc", "machine.host", "program.revision"};
    fprintf(stream, "<tr class=\"%s\">", run->valid ? "valid" : "invalid");
    ls_html_element(stream, "td", ls_report_run_name(run));
    ls_html_element(stream, "td", run->driver);
    ls_html_element(stream, "td", *run->verdict ? run->verdict : "no RESULT: the run did not end");
    for (int f = 0; f < 3; f++) {
      char text[256];
      ls_report_run_fact(run, facts[f], text, sizeof text);
      ls_html_element(stream, "td", text);
    }
    fputs("</tr>\n", stream);
  }
  fputs("</tbody></table>\n", stream);
}

static int has_driver(const ls_report_runs *runs, const char *driver) {
  for (size_t r = 0; r < runs->count; r++)
    if (!strcmp(runs->run[r].driver, driver)) return 1;
  return 0;
}

/* The driver's own words, where it tried (larscale study); else those given. */
static const char *why_unavailable(const ls_report_runs *runs, const char *driver,
                                   const char *words) {
  for (size_t r = 0; r < runs->count; r++) {
    const ls_report_run *run = &runs->run[r];
    const char *reason = strstr(run->verdict, "reason=");
    if (run->unavailable && reason && !strncmp(ls_report_run_name(run), driver, strlen(driver)))
      return reason + strlen("reason=");
  }
  return words;
}

static void missing(FILE *stream, const ls_report_runs *runs, const ls_figures *figures) {
  static const char *const drivers[][2] = {
      {"load-time", "no load time was measured against nodes"},
      {"cpu-speedup", "no training was measured against CPU nodes"},
      {"gpu-speedup",
       "no GPU was measured (where there is none the driver ends with exit code 77 and says so)"},
      {"loss-vs-batch", "no loss was measured against the global batch"},
  };
  fputs("<h3>What is missing</h3>\n<ul>\n", stream);
  int any = 0;
  for (int d = 0; d < 4; d++) {
    if (has_driver(runs, drivers[d][0])) continue;
    fprintf(stream, "<li>No run of <code>larscale bench %s</code>: ", drivers[d][0]);
    ls_html_text(stream, why_unavailable(runs, drivers[d][0], drivers[d][1]));
    fputs(".</li>\n", stream);
    any = 1;
  }
  for (size_t f = 0; f < figures->count; f++) {
    const ls_figure *figure = &figures->figure[f];
    if (figure->picture) continue;
    fputs("<li>Figure &ldquo;", stream);
    ls_html_text(stream, figure->title);
    fputs("&rdquo; ", stream);
    ls_html_text(stream, figure->why);
    fputs(".</li>\n", stream);
    any = 1;
  }
  fprintf(stream, "%s</ul>\n", any ? "" : "<li>Nothing.</li>\n");
}

void ls_page_contents(FILE *stream, const ls_report_runs *runs, const ls_figures *figures) {
  static const char *const meanings[LS_KINDS] = {
      "times that clocks of this machine showed",
      "fewer nodes stood in: the loss is exact, the time is not that of so many",
      "times computed by a simulator of the network from measured ones",
      "times computed by a formula"};
  fputs("<h2>What the numbers are</h2>\n<table><thead><tr><th>kind</th><th>rows</th>"
        "<th>runs</th><th>meaning</th></tr></thead><tbody>\n",
        stream);
  for (int k = 0; k < LS_KINDS; k++) {
    size_t rows = 0, count = 0;
    for (size_t r = 0; r < runs->count; r++) {
      rows += runs->run[r].kinds[k];
      count += runs->run[r].kinds[k] > 0;
    }
    fprintf(stream, "<tr><td>%s</td><td>%zu</td><td>%zu</td><td>%s</td></tr>\n", ls_kind_names[k],
            rows, count, meanings[k]);
  }
  fputs("</tbody></table>\n", stream);
  missing(stream, runs, figures);
}

static const char *const machine_facts[][2] = {
    {"host", "machine.host"},
    {"CPU", "machine.cpu"},
    {"instruction sets", "machine.instruction_sets"},
    {"cores", "machine.cores"},
    {"processing units", "machine.processing_units"},
    {"NUMA nodes", "machine.numa_nodes"},
    {"memory (bytes)", "machine.memory_bytes"},
    {"kernel", "machine.kernel"},
    {"frequency governor", "machine.governor"},
    {"huge pages", "machine.transparent_huge_pages"},
    {"launcher", "launch.launcher"},
    {"ranks", "ranks"},
    {"threads of a rank", "threads"},
    {"binding of rank 0", "machine.binding"},
    {"program", "program.version"},
    {"revision", "program.revision"},
    {"compiler", "program.compiler"},
    {"flags", "program.flags"},
    {"backend", "backend"},
    {"kernels", "kernels"},
    {"communication", "communication"},
    {"MPI", "libraries.mpi"},
    {"HDF5", "libraries.hdf5"},
    {"compression", "libraries.compression"},
    {"events", "data.events"},
    {"checksum of the images", "data.image_checksum"},
};
enum { MACHINE_FACTS = sizeof machine_facts / sizeof *machine_facts, FACT = 1024 };

static void backend_version(const ls_report_run *run, char *text, size_t size) {
  char used[128];
  const cJSON *backend, *list = cJSON_GetObjectItemCaseSensitive(run->environment, "backends");
  ls_report_run_fact(run, "backend", used, sizeof used);
  used[strcspn(used, ":")] = 0;
  text[0] = 0;
  cJSON_ArrayForEach(backend, list) {
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(backend, "name");
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(backend, "version");
    if (cJSON_IsString(name) && cJSON_IsString(version) && !strcmp(name->valuestring, used))
      snprintf(text, size, "%s", version->valuestring);
  }
}

static int same_facts(const ls_report_run *one, const ls_report_run *other) {
  char a[FACT], b[FACT];
  for (int f = 0; f < MACHINE_FACTS; f++) {
    ls_report_run_fact(one, machine_facts[f][1], a, sizeof a);
    ls_report_run_fact(other, machine_facts[f][1], b, sizeof b);
    if (strcmp(a, b) != 0) return 0;
  }
  return 1;
}

static void one_machine(FILE *stream, const ls_report_run *run) {
  char text[FACT];
  fputs("<table class=\"facts\"><tbody>\n", stream);
  for (int f = 0; f < MACHINE_FACTS; f++) {
    ls_report_run_fact(run, machine_facts[f][1], text, sizeof text);
    if (!*text) continue;
    fprintf(stream, "<tr><th>%s</th>", machine_facts[f][0]);
    ls_html_element(stream, "td", text);
    fputs("</tr>\n", stream);
  }
  backend_version(run, text, sizeof text);
  if (*text) {
    fputs("<tr><th>library of the backend</th>", stream);
    ls_html_element(stream, "td", text);
    fputs("</tr>\n", stream);
  }
  fputs("</tbody></table>\n", stream);
}

/* Runs of which all is the same are told of once. */
void ls_page_machines(FILE *stream, const ls_report_runs *runs) {
  fputs("<h2>Machine and build</h2>\n", stream);
  for (size_t r = 0; r < runs->count; r++) {
    int told = runs->run[r].unavailable; /* nothing ran */
    for (size_t before = 0; !told && before < r; before++)
      told = same_facts(&runs->run[before], &runs->run[r]);
    if (told) continue;
    fputs("<h3>", stream);
    for (size_t s = r; s < runs->count; s++) {
      if (s > r && !same_facts(&runs->run[r], &runs->run[s])) continue;
      if (s > r) fputs(", ", stream);
      ls_html_text(stream, ls_report_run_name(&runs->run[s]));
    }
    fputs("</h3>\n", stream);
    if (runs->run[r].environment)
      one_machine(stream, &runs->run[r]);
    else
      fputs("<p>There is no env.json: nothing is known.</p>\n", stream);
  }
}

/* A word as a shell reads it. */
static void put_word(FILE *stream, const char *word) {
  if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_./,:=+@%")]) {
    ls_html_text(stream, word);
    return;
  }
  fputs("&#39;", stream);
  for (; *word; word++) {
    char letter[2] = {*word, 0};
    if (*word == '\'')
      fputs("&#39;\\&#39;&#39;", stream);
    else if ((unsigned char)*word >= 0x80)
      fputc(*word, stream); /* a part of a letter; env.json is UTF-8 */
    else
      ls_html_text(stream, letter);
  }
  fputs("&#39;", stream);
}

void ls_page_commands(FILE *stream, const ls_report_runs *runs) {
  fputs("<h2>Commands to repeat</h2>\n<p>In the folder where the run was started; "
        "<code>--out</code> must name a new folder.</p>\n<pre>",
        stream);
  for (size_t r = 0; r < runs->count; r++) {
    const ls_report_run *run = &runs->run[r];
    const cJSON *word, *line = cJSON_GetObjectItemCaseSensitive(run->environment, "command_line");
    char ranks[32];
    if (run->unavailable) continue;
    ls_report_run_fact(run, "ranks", ranks, sizeof ranks);
    fputs("# ", stream);
    ls_html_text(stream, ls_report_run_name(run));
    fputc('\n', stream);
    if (!cJSON_IsArray(line)) {
      fputs("# its command is not known\n", stream);
      continue;
    }
    if (strcmp(ranks, "1") != 0 && *ranks) fprintf(stream, "mpirun -np %s ", ranks);
    fputs("larscale", stream);
    cJSON_ArrayForEach(word, line) {
      if (!cJSON_IsString(word)) continue;
      fputc(' ', stream);
      put_word(stream, word->valuestring);
    }
    fputc('\n', stream);
  }
  fputs("</pre>\n", stream);
}
