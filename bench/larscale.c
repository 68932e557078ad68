/* larscale: the program. The table of subcommands, and what all of them share: options, start and
 * end of the ranks, the message of an error, the exit code. */
#define _DEFAULT_SOURCE
#include "base/text.h"
#include "bench/command.h"
#include "bench/harness/aftermath.h"
#include "bench/same_ranks.h"
#include "bench/spinning.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const ls_command *const commands[] = {
    &ls_command_info,        &ls_command_inspect,     &ls_command_convert,
    &ls_command_train,       &ls_command_evaluate,    &ls_command_step,
    &ls_command_load,        &ls_command_synthetic,   &ls_command_simulate,
    &ls_command_validate,    &ls_command_display,     &ls_command_load_time,
    &ls_command_cpu_speedup, &ls_command_gpu_speedup, &ls_command_loss_vs_batch,
    &ls_command_results,     &ls_command_report,      &ls_command_study,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_overview(FILE *to) {
  fputs("usage: larscale COMMAND [OPTIONS]\n\nScaling studies of LArTPC image classification.\n\n",
        to);
  for (int i = 0; i < COMMANDS; i++)
    fprintf(to, "  %-20s %s\n", commands[i]->name, commands[i]->summary);
  fputs("\nlarscale COMMAND --help says more. Under mpirun or srun, train, evaluate, bench, "
        "validate and simulate\nshare the work.\n"
        "Exit codes: 0 done and valid, 1 bad input or invalid result, 2 usage, 3 stopped by a\n"
        "signal, 4 suspicious and 5 broken events (validate), 77 cannot run here.\n",
        to);
}

static void print_command_help(const ls_command *command) {
  char usage[128];
  snprintf(usage, sizeof usage, "larscale %s", command->name);
  printf("%s\n\n", command->details);
  fflush(stdout);
  ls_options_print_help(usage, command->groups);
  printf("\nExample:\n%s\n", command->example);
}

/* words: how many of the arguments name it. */
static const ls_command *find_command(int argc, char **argv, int *words) {
  char two[64] = "";
  if (argc > 2) snprintf(two, sizeof two, "%s %s", argv[1], argv[2]);
  for (int i = 0; i < COMMANDS; i++) {
    *words = 1 + (strchr(commands[i]->name, ' ') != NULL);
    if (!strcmp(commands[i]->name, *words == 1 ? argv[1] : two)) return commands[i];
  }
  return NULL;
}

static int is_help(const char *word) {
  return !strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help");
}

/* "bench" alone, or with no driver's name after it. */
static ls_status unknown_driver(ls_error *error) {
  char all[256] = "";
  for (int i = 0; i < COMMANDS; i++) {
    size_t used = strlen(all);
    if (!strncmp(commands[i]->name, "bench ", 6))
      snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "", commands[i]->name + 6);
  }
  return ls_fail(error, LS_USAGE, "name a driver after bench: one of %s", all);
}

static ls_status unknown_command(const char *name, ls_error *error) {
  if (!strcmp(name, "bench")) return unknown_driver(error);
  const char *names[COMMANDS + 1] = {0};
  for (int i = 0; i < COMMANDS; i++) names[i] = commands[i]->name;
  const char *nearest = ls_nearest(name, names);
  if (nearest)
    return ls_fail(error, LS_USAGE, "unknown command '%s'; did you mean '%s'?", name, nearest);
  return ls_fail(error, LS_USAGE, "unknown command '%s'; larscale --help lists those there are",
                 name);
}

static ls_status run_command(const ls_command *command, const ls_settings *settings, ls_comm *comm,
                             ls_error *error) {
  if (settings->help) {
    if (ls_comm_rank(comm) == 0) print_command_help(command);
    return LS_OK;
  }
  if (!command->ranks && ls_comm_size(comm) > 1) {
    error->shared = 1;
    return ls_fail(error, LS_USAGE, "larscale %s works in one process; start it without mpirun",
                   command->name);
  }
  return command->run(settings, comm, error);
}

static ls_status understand(int argc, char **argv, const ls_command **command,
                            ls_settings *settings, ls_error *error) {
  int words;
  *command = find_command(argc, argv, &words);
  if (!*command) return unknown_command(argv[1], error);
  if ((*command)->defaults) (*command)->defaults(settings);
  settings->command_line = (const char *const *)argv + 1;
  settings->command_line_count = argc - 1;
  return ls_options_parse(argc - words, (const char **)argv + words, (*command)->groups, settings,
                          error);
}

static ls_status run(int argc, char **argv, ls_comm *comm, ls_error *error) {
  LS_TRY(ls_same_program(comm, argc, argv, error));
  const char *name = argc > 1 ? argv[1] : "";
  if (!*name || is_help(name)) {
    if (ls_comm_rank(comm) == 0) print_overview(*name ? stdout : stderr);
    return *name ? LS_OK : LS_USAGE;
  }
  const ls_command *command;
  ls_settings settings = ls_settings_default();
  /* Ranks may have been given different command lines: none goes on alone. */
  ls_status status = ls_comm_agree(comm, understand(argc, argv, &command, &settings, error), error);
  if (status == LS_OK) status = run_command(command, &settings, comm, error);
  ls_settings_destroy(&settings);
  return status;
}

static void print_error(ls_error *error) {
  ls_text_make_printable(error->message);
  if (error->message[0]) fprintf(stderr, "larscale: %s\n", error->message);
}

/* A full disk behind standard output is a failure too. */
static ls_status flush_output(ls_error *error) {
  if (!fflush(stdout) && !ferror(stdout)) return LS_OK;
  return ls_fail(error, LS_IO,
                 "standard output: writing failed; free some space, or let it be read");
}

/* What the shell or launcher may have left in a state that the program cannot work with. */
static void put_in_order(void) {
  /* Else files would be opened in the place of a closed standard stream, and written to by it. To
   * be read only: output that nobody gets is an error. */
  int descriptor;
  do descriptor = open("/dev/null", O_RDONLY);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor >= 0) close(descriptor);
  setvbuf(stdout, NULL, _IOLBF, 0); /* in order with what goes to the standard error output */
  signal(SIGPIPE, SIG_IGN);         /* a reader that went away is a write error */
  /* popt would stop at the first path. */
  unsetenv("POSIXLY_CORRECT");
  unsetenv("POSIX_ME_HARDER");
}

int main(int argc, char **argv) {
  if (ls_aftermath_serve(argc, argv)) return 0;
  ls_spinning_avoid(argc, argv);
  ls_comm *comm = NULL;
  ls_error error = {0};
  put_in_order();
  ls_status status = ls_comm_start(&argc, &argv, &comm, &error);
  if (status != LS_OK) {
    print_error(&error);
    return ls_exit_code(status);
  }
  status = run(argc, argv, comm, &error);
  /* A rank that fails alone does not come here: it ends the others. */
  if (status == LS_OK) status = ls_comm_agree(comm, flush_output(&error), &error);
  if (!error.shared || ls_comm_rank(comm) == 0) print_error(&error);
  ls_comm_finish(comm, status != LS_OK && !error.shared, ls_exit_code(status));
  return ls_exit_code(status);
}
