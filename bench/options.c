#define _POSIX_C_SOURCE 200809L
#include "bench/options.h"

#include <errno.h>
#include <math.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ls_settings ls_settings_default(void) {
  return (ls_settings){.rebin = LS_UNSET,
                       .first_tick = LS_UNSET,
                       .first_wire = LS_UNSET,
                       .size = LS_UNSET,
                       .scale = NAN,
                       .batch = 1,
                       .accumulate = 1,
                       .epochs = LS_UNSET,
                       .lr = 0.001,
                       .seed = 1,
                       .check_every = 100,
                       .time_limit = 1800,
                       .codec_level = LS_UNSET,
                       .codec_threads = LS_UNSET,
                       .prefetch = 1,
                       .repetitions = 1,
                       .warmup = 1,
                       .events = 60,
                       .simulated_events = LS_UNSET,
                       .events_per_file = LS_UNSET,
                       .event = LS_UNSET,
                       .max_seconds = 300,
                       .seeds = 3};
}

/* Every text and list of the settings, for freeing them. */
static void free_option(const ls_option *option, ls_settings *settings) {
  char *field = (char *)settings + option->offset;
  if (option->kind == LS_OPTION_TEXT || option->kind == LS_OPTION_CHOICE) {
    free(*(char **)(void *)field);
    *(char **)(void *)field = NULL;
  } else if (option->kind == LS_OPTION_TEXTS) {
    char ***list = (char ***)(void *)field;
    size_t *count = (size_t *)(void *)(list + 1);
    for (size_t i = 0; i < *count; i++) free((*list)[i]);
    free(*list);
    *list = NULL, *count = 0;
  }
}

void ls_settings_destroy(ls_settings *settings) {
  for (const ls_option_group *const *group = ls_option_groups; *group; group++)
    for (const ls_option *o = (*group)->options; o->name; o++) free_option(o, settings);
}

static ls_status append_text(char ***list, size_t *count, char *text, ls_error *error) {
  char **grown = realloc(*list, (*count + 1) * sizeof *grown);
  if (!grown) {
    free(text);
    return ls_fail(error, LS_MEMORY, "no memory for the command line");
  }
  *list = grown;
  grown[(*count)++] = text;
  return LS_OK;
}

static int is_choice(const char *choices, const char *text) {
  size_t length = strlen(text);
  for (const char *c = choices; length && *c; c += strcspn(c, "|"), c += *c == '|')
    if (strcspn(c, "|") == length && !strncmp(c, text, length)) return 1;
  return 0;
}

static ls_status bad_number(const ls_option *o, const char *text, ls_error *error) {
  const char *kind = o->kind == LS_OPTION_INTEGER ? "whole number" : "number";
  return ls_fail(error, LS_USAGE, "--%s %s: give a %s from %.10g to %.10g", o->name, text, kind,
                 o->least, o->most);
}

static ls_status set_number(const ls_option *o, const char *text, void *field, ls_error *error) {
  char *end;
  errno = 0;
  if (o->kind == LS_OPTION_INTEGER) {
    long value = strtol(text, &end, 10);
    if (end == text || *end || errno || (double)value < o->least || (double)value > o->most)
      return bad_number(o, text, error);
    *(long *)field = value;
    return LS_OK;
  }
  double value = strtod(text, &end);
  if (end == text || *end || errno || !isfinite(value) || value < o->least || value > o->most)
    return bad_number(o, text, error);
  *(double *)field = value;
  return LS_OK;
}

/* Takes text over: it becomes part of the settings or is freed. */
static ls_status set_option(const ls_option *o, char *text, ls_settings *settings,
                            ls_error *error) {
  void *field = (char *)settings + o->offset;
  ls_status status = LS_OK;
  switch (o->kind) {
  case LS_OPTION_FLAG:
    *(int *)field = 1;
    break;
  case LS_OPTION_INTEGER:
  case LS_OPTION_NUMBER:
    status = set_number(o, text, field, error);
    break;
  case LS_OPTION_CHOICE:
    if (!is_choice(o->choices, text)) {
      status = ls_fail(error, LS_USAGE, "--%s %s: choose one of %s", o->name, text, o->choices);
      break;
    }
    free(*(char **)field);
    *(char **)field = text;
    return LS_OK;
  case LS_OPTION_TEXT:
    if (!*text) {
      status = ls_fail(error, LS_USAGE, "--%s wants a value that is not empty", o->name);
      break;
    }
    free(*(char **)field);
    *(char **)field = text;
    return LS_OK;
  case LS_OPTION_TEXTS:
    return append_text((char ***)field, (size_t *)(void *)((char ***)field + 1), text, error);
  }
  free(text);
  return status;
}

/* popt's tables for the groups of a command. */
typedef struct tables {
  struct poptOption *rows[LS_MOST_GROUPS];
  const ls_option *index[256]; /* option of each value that popt returns, from 1 on */
  struct poptOption top[LS_MOST_GROUPS + 2];
} tables;

static void tables_free(tables *t) {
  for (int g = 0; g < LS_MOST_GROUPS; g++) free(t->rows[g]);
}

static ls_status tables_make(tables *t, const ls_option_group *const *groups, ls_error *error) {
  *t = (tables){0};
  int value = 0, g = 0;
  for (; groups[g]; g++) {
    size_t count = 0;
    while (groups[g]->options[count].name) count++;
    struct poptOption *row = t->rows[g] = calloc(count + 1, sizeof *row);
    if (!row) {
      tables_free(t);
      return ls_fail(error, LS_MEMORY, "no memory for the command line");
    }
    for (const ls_option *o = groups[g]->options; o->name; o++, row++) {
      t->index[++value] = o;
      *row = (struct poptOption){.longName = o->name,
                                 .argInfo =
                                     o->kind == LS_OPTION_FLAG ? POPT_ARG_NONE : POPT_ARG_STRING,
                                 .val = value,
                                 .descrip = o->help,
                                 .argDescrip = o->value ? o->value : o->choices};
      if (!strcmp(o->name, "help")) row->shortName = 'h';
    }
    t->top[g] = (struct poptOption){
        .argInfo = POPT_ARG_INCLUDE_TABLE, .arg = t->rows[g], .descrip = groups[g]->title};
  }
  return LS_OK;
}

static ls_status unknown_option(const tables *t, const char *given, ls_error *error) {
  const char *names[256] = {0};
  for (int i = 1; t->index[i]; i++) names[i - 1] = t->index[i]->name;
  char name[64];
  snprintf(name, sizeof name, "%s", given + strspn(given, "-"));
  name[strcspn(name, "=")] = 0;
  const char *nearest = ls_nearest(name, names);
  if (nearest)
    return ls_fail(error, LS_USAGE, "unknown option %s; did you mean --%s?", given, nearest);
  return ls_fail(error, LS_USAGE, "unknown option %s; --help lists those there are", given);
}

static ls_status parse(poptContext context, const tables *t, ls_settings *settings,
                       ls_error *error) {
  int value;
  while ((value = poptGetNextOpt(context)) > 0)
    LS_TRY(set_option(t->index[value], poptGetOptArg(context), settings, error));
  if (value < -1) {
    const char *given = poptBadOption(context, POPT_BADOPTION_NOALIAS);
    if (value == POPT_ERROR_BADOPT) return unknown_option(t, given, error);
    return ls_fail(error, LS_USAGE, "%s: %s", given, poptStrerror(value));
  }
  for (const char **rest = poptGetArgs(context); rest && *rest; rest++) {
    char *copy = strdup(*rest);
    if (!copy) return ls_fail(error, LS_MEMORY, "no memory for the command line");
    LS_TRY(append_text(&settings->data, &settings->data_count, copy, error));
  }
  return LS_OK;
}

static int takes_data(const tables *t) {
  for (int i = 1; t->index[i]; i++)
    if (!strcmp(t->index[i]->name, "data")) return 1;
  return 0;
}

/* 1: "--data", a list that goes on with what follows; -1: "--data=a", which does not. */
static int names_a_list(const tables *t, const char *argument) {
  if (strncmp(argument, "--", 2) != 0) return 0;
  size_t length = strcspn(argument, "=") - 2;
  for (int i = 1; t->index[i]; i++) {
    const ls_option *o = t->index[i];
    if (o->kind == LS_OPTION_TEXTS && strlen(o->name) == length &&
        !strncmp(o->name, argument + 2, length))
      return argument[2 + length] ? -1 : 1;
  }
  return 0;
}

/* What stands by itself is data: after "--validation=a" that may not be what was meant. */
static int is_ambiguous(const tables *t, const char *before, const char *argument) {
  return argument[0] != '-' && before && names_a_list(t, before) < 0 &&
         strncmp(before, "--data=", strlen("--data=")) != 0;
}

/* "--data a b" becomes "--data a --data b": popt knows options of one value only. */
static ls_status expand_lists(const tables *t, int *argc, const char ***argv, ls_error *error) {
  const char **expanded = calloc(2 * (size_t)*argc + 1, sizeof *expanded), *list = NULL;
  if (!expanded) return ls_fail(error, LS_MEMORY, "no memory for the command line");
  int count = 0;
  for (int i = 0; i < *argc; i++) {
    const char *argument = (*argv)[i];
    if (i && is_ambiguous(t, (*argv)[i - 1], argument)) {
      free(expanded);
      return ls_fail(error, LS_USAGE, "%s %s: of several values, write --%.*s A B ..",
                     (*argv)[i - 1], argument, (int)strcspn((*argv)[i - 1], "=") - 2,
                     (*argv)[i - 1] + 2);
    }
    if (list && argument[0] != '-' && expanded[count - 1] != list) expanded[count++] = list;
    expanded[count++] = argument;
    if (argument[0] == '-') list = names_a_list(t, argument) > 0 ? argument : NULL;
  }
  *argc = count, *argv = expanded;
  return LS_OK;
}

ls_status ls_options_parse(int argc, const char **argv, const ls_option_group *const *groups,
                           ls_settings *settings, ls_error *error) {
  tables t;
  LS_TRY(tables_make(&t, groups, error));
  ls_status status = expand_lists(&t, &argc, &argv, error);
  if (status != LS_OK) {
    tables_free(&t);
    return status;
  }
  poptContext context = poptGetContext(NULL, argc, argv, t.top, 0);
  status = parse(context, &t, settings, error);
  if (status == LS_OK && settings->data_count && !takes_data(&t))
    status = ls_fail(error, LS_USAGE, "'%s' is not an option; this command takes no files",
                     settings->data[0]);
  poptFreeContext(context);
  free(argv);
  tables_free(&t);
  return status;
}

void ls_options_print_help(const char *usage, const ls_option_group *const *groups) {
  tables t;
  if (tables_make(&t, groups, NULL) != LS_OK) return;
  const char *argv[] = {usage, NULL};
  poptContext context = poptGetContext(NULL, 1, argv, t.top, 0);
  poptSetOtherOptionHelp(context, "[OPTIONS]");
  poptPrintHelp(context, stdout, 0);
  poptFreeContext(context);
  tables_free(&t);
}
