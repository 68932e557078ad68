#define _POSIX_C_SOURCE 200809L
#include "bench/study/config.h"

#include "base/input_file.h"
#include "base/text.h"
#include "bench/study/presets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r";

const char *ls_study_preset(const char *name, size_t *length) {
  for (const ls_study_preset_text *p = ls_study_preset_texts; p->name; p++) {
    if (strcmp(p->name, name) != 0) continue;
    *length = p->length;
    return (const char *)p->bytes;
  }
  return NULL;
}

void ls_study_preset_names(char *names, size_t size) {
  for (const ls_study_preset_text *p = ls_study_preset_texts; p->name; p++)
    ls_text_add_name(names, size, p->name);
}

static ls_status split(ls_study_config *c, char *text, size_t number, ls_study_line *line,
                       ls_error *error) {
  char *rest = NULL;
  *line = (ls_study_line){.number = number, .key = strtok_r(text, blanks, &rest)};
  for (char *word; (word = strtok_r(NULL, blanks, &rest));) {
    if (line->count == LS_STUDY_WORDS)
      return ls_fail(error, LS_FORMAT, "%s:%zu: more than %d words", c->source, number,
                     LS_STUDY_WORDS);
    line->words[line->count++] = word;
  }
  return LS_OK;
}

static ls_status whole_number(const ls_study_config *c, const ls_study_line *line, const char *word,
                              long least, long *value, ls_error *error) {
  char *end;
  errno = 0;
  *value = strtol(word, &end, 10);
  if (end != word && !*end && !errno && *value >= least && *value <= 1L << 30) return LS_OK;
  return ls_fail(error, LS_FORMAT, "%s:%zu: %s %s: give a whole number from %ld on", c->source,
                 line->number, line->key, word, least);
}

static ls_status one_number(const ls_study_config *c, const ls_study_line *line, long least,
                            long *value, ls_error *error) {
  if (line->count == 1) return whole_number(c, line, line->words[0], least, value, error);
  return ls_fail(error, LS_FORMAT, "%s:%zu: %s wants one number", c->source, line->number,
                 line->key);
}

static ls_status read_nodes(ls_study_config *c, const ls_study_line *line, ls_error *error) {
  char *rest = NULL, list[1024] = "";
  if (line->count == 1) snprintf(list, sizeof list, "%s", line->words[0]);
  for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
    long nodes;
    LS_TRY(whole_number(c, line, word, 1, &nodes, error));
    if (c->node_count == LS_STUDY_NODES || (c->node_count && nodes <= c->nodes[c->node_count - 1]))
      return ls_fail(error, LS_FORMAT, "%s:%zu: nodes %s: give rising numbers, at most %d",
                     c->source, line->number, line->words[0], LS_STUDY_NODES);
    c->nodes[c->node_count++] = nodes;
  }
  if (c->node_count) return LS_OK;
  return ls_fail(error, LS_FORMAT, "%s:%zu: nodes wants one list, as 1,2,4", c->source,
                 line->number);
}

static int is_stage(const char *key) {
  static const char *const stages[] = {"load-time",     "cpu-speedup", "gpu-speedup",
                                       "loss-vs-batch", "roofline",    "display"};
  for (size_t s = 0; s < sizeof stages / sizeof *stages; s++)
    if (!strcmp(stages[s], key)) return 1;
  return 0;
}

static ls_status take(ls_study_config *c, const ls_study_line *line, ls_error *error) {
  const char *key = line->key;
  ls_study_line *own = !strcmp(key, "launcher")   ? &c->launcher
                       : !strcmp(key, "simulate") ? &c->simulate
                       : !strcmp(key, "image")    ? &c->image
                       : !strcmp(key, "train")    ? &c->train
                                                  : NULL;
  if (own && own->number)
    return ls_fail(error, LS_FORMAT, "%s:%zu: %s was said before, in line %zu", c->source,
                   line->number, key, own->number);
  if (own) {
    *own = *line;
    return LS_OK;
  }
  if (!strcmp(key, "events")) return one_number(c, line, 1, &c->events, error);
  if (!strcmp(key, "validation")) return one_number(c, line, 1, &c->validation, error);
  if (!strcmp(key, "probe")) return one_number(c, line, 1, &c->probe, error);
  if (!strcmp(key, "ranks")) return one_number(c, line, 0, &c->ranks, error);
  if (!strcmp(key, "nodes")) return read_nodes(c, line, error);
  if (!is_stage(key))
    return ls_fail(error, LS_FORMAT,
                   "%s:%zu: unknown key '%s'; known are events, validation, probe, ranks, nodes, "
                   "launcher, simulate, image, train, load-time, cpu-speedup, gpu-speedup, "
                   "loss-vs-batch, roofline, display",
                   c->source, line->number, key);
  if (c->stage_count == LS_STUDY_LINES)
    return ls_fail(error, LS_FORMAT, "%s:%zu: more than %d stages", c->source, line->number,
                   LS_STUDY_LINES);
  c->stages[c->stage_count++] = *line;
  return LS_OK;
}

static ls_status check(const ls_study_config *c, ls_error *error) {
  if (!c->events || !c->validation)
    return ls_fail(error, LS_FORMAT, "%s: how many %s? Say it in a line '%s N'", c->source,
                   c->events ? "validation events" : "events", c->events ? "validation" : "events");
  if (!c->stage_count)
    return ls_fail(error, LS_FORMAT, "%s: nothing to measure: name a driver in a line of its own",
                   c->source);
  return LS_OK;
}

static ls_status parse_line(ls_study_config *c, const char *text, size_t number, ls_error *error) {
  size_t length = strcspn(text, "#");
  char *own = c->memory + c->used;
  memcpy(own, text, length);
  own[length] = 0;
  c->used += length + 1;
  if (!own[strspn(own, blanks)]) return LS_OK;
  ls_study_line line;
  LS_TRY(split(c, own, number, &line, error));
  return take(c, &line, error);
}

ls_status ls_study_config_parse(const char *source, const char *text, size_t length,
                                ls_study_config *c, ls_error *error) {
  *c = (ls_study_config){.source = source, .probe = 8};
  if (length >= LS_STUDY_TEXT)
    return ls_fail(error, LS_FORMAT, "%s: longer than %d bytes", source, LS_STUDY_TEXT);
  snprintf(c->text, sizeof c->text, "%.*s", (int)length, text);
  char line[LS_STUDY_TEXT];
  size_t number = 1;
  for (const char *at = c->text; *at; number++) {
    size_t of_line = strcspn(at, "\n");
    snprintf(line, sizeof line, "%.*s", (int)of_line, at);
    LS_TRY(parse_line(c, line, number, error));
    at += of_line + (at[of_line] == '\n');
  }
  if (!c->node_count) c->nodes[c->node_count++] = 1;
  return check(c, error);
}

ls_status ls_study_config_read(const char *path, ls_study_config *config, ls_error *error) {
  char text[LS_STUDY_TEXT], line[LS_STUDY_TEXT];
  FILE *stream;
  size_t length = 0;
  LS_TRY(ls_input_stream(path, &stream, error));
  ls_status status = LS_OK;
  for (size_t number = 1;; number++) {
    int found;
    status = ls_input_line(stream, path, number, line, sizeof line, &found, error);
    if (status != LS_OK || !found) break;
    length += (size_t)snprintf(text + length, sizeof text - length, "%s\n", line);
    if (length < sizeof text) continue;
    status = ls_fail(error, LS_FORMAT, "%s: longer than %d bytes", path, LS_STUDY_TEXT);
    break;
  }
  fclose(stream);
  if (status != LS_OK) return status;
  return ls_study_config_parse(path, text, length, config, error);
}
