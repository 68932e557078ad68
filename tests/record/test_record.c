/* What a record makes of samples: times of units, groups, speed-up; events; the files' life. */
#define _XOPEN_SOURCE 700
#include "support/test.h"

#include "record/record.h"
#include "record/tally.h"

#include <cjson/cJSON.h>

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], out[80];

static int make_temporary(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/larscale-record-XXXXXX");
  if (!mkdtemp(folder)) return 1;
  snprintf(out, sizeof out, "%s/run", folder);
  return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk) {
  (void)info, (void)kind, (void)walk;
  return remove(path);
}

static int remove_temporary(void **state) {
  (void)state;
  return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const ls_configuration one = {"onednn:rewritten", "strong", 1, 1, 2, 4, 4, 0};
static const ls_configuration two = {"onednn:rewritten", "strong", 2, 2, 2, 2, 4, 0};

static ls_sample step(const ls_configuration *c, int64_t number, int rank, const char *phase,
                      double seconds) {
  return (ls_sample){.configuration = c,
                     .repetition = 1,
                     .epoch = 1,
                     .step = number,
                     .rank = rank,
                     .phase = phase,
                     .seconds = seconds,
                     .events = c ? c->local_batch : 4,
                     .kind = "measured"};
}

/* The groups of samples[count], which need not be in order. */
static size_t groups_of(ls_tally *tally, const ls_sample *samples, size_t count,
                        const ls_tally_group **groups) {
  size_t found;
  for (size_t i = 0; i < count; i++)
    ls_tally_add(tally, ls_tally_configuration(tally, samples[i].configuration), &samples[i]);
  assert_int_equal(ls_tally_groups(tally, groups, &found, NULL), LS_OK);
  return found;
}

static void assert_near(double a, double b) {
  assert_true(fabs(a - b) <= 1e-12 * fabs(b));
}

static void test_slowest_rank(void **state) {
  (void)state;
  const ls_sample samples[] = {
      step(&two, 2, 0, "forward", 3),   step(&two, 1, 0, "forward", 1),
      step(&two, 1, 0, "backward", 2),  step(&two, 1, 1, "forward", 4),
      step(&two, 2, 1, "forward", 0.5), step(&two, 1, 1, "communication", 100),
      step(&two, 2, 1, "update", 0.25), step(&two, 2, 0, "update", 1),
  };
  ls_tally *tally = ls_tally_new();
  const ls_tally_group *g;
  assert_int_equal(groups_of(tally, samples, sizeof samples / sizeof *samples, &g), 1);
  assert_int_equal(g->count, 2);
  assert_string_equal(g->quantity, "step");
  assert_near(g->slowest[0], 4);
  assert_near(g->slowest[1], 4);
  assert_near(g->mean[0], 3.5);
  assert_near(g->mean[1], 2.375);
  assert_near(g->events, 8); /* each rank's once a step, not once a phase */
  ls_tally_free(tally);
}

static void test_groups(void **state) {
  (void)state;
  ls_sample warm = step(&one, -1, 0, "read", 1), cold = warm, model = step(&one, 9, 0, "other", 1);
  warm.cache_state = "warm", cold.cache_state = "cold", model.kind = "model";
  ls_sample skipped = step(&one, 1, 0, "forward", 50);
  skipped.warmup = 1;
  const ls_sample samples[] = {warm,
                               cold,
                               model,
                               skipped,
                               step(&one, 2, 0, "forward", 5),
                               step(&two, 1, 0, "forward", 6),
                               step(&one, -1, 0, "eval", 7),
                               step(&one, 2, 0, "checkpoint", 8),
                               step(&one, -1, 0, "train", 9)};
  ls_tally *tally = ls_tally_new();
  const ls_tally_group *g;
  assert_int_equal(groups_of(tally, samples, sizeof samples / sizeof *samples, &g), 8);
  static const char *const quantities[] = {"load", "load", "step",       "step",
                                           "step", "eval", "checkpoint", "train"};
  for (size_t i = 0; i < 8; i++) {
    assert_string_equal(g[i].quantity, quantities[i]);
    assert_int_equal(g[i].count, 1);
  }
  assert_string_equal(g[1].cache_state, "cold");
  assert_string_equal(g[2].kind, "model");
  assert_near(g[3].slowest[0], 5);
  assert_ptr_equal(g[3].base, &g[3]);
  assert_ptr_equal(g[4].base, &g[3]); /* the same curve, not the modelled point */
  assert_ptr_equal(g[2].base, &g[3]);
  assert_ptr_equal(g[1].base, &g[1]);
  ls_tally_free(tally);
}

static void test_series(void **state) {
  (void)state;
  ls_configuration other = two, single = one;
  other.series = 1;
  single.scaling = "single";
  const ls_sample samples[] = {step(&one, 1, 0, "forward", 4), step(&other, 1, 0, "forward", 3),
                               step(&single, 1, 0, "forward", 2), step(&two, 1, 0, "forward", 2)};
  ls_tally *tally = ls_tally_new();
  const ls_tally_group *g;
  assert_int_equal(groups_of(tally, samples, 4, &g), 4);
  assert_ptr_equal(g[1].base, &g[1]);
  assert_null(g[2].base);
  assert_ptr_equal(g[3].base, &g[0]);
  ls_tally_free(tally);
}

static void read_whole(const char *name, char *text, size_t size) {
  char path[160];
  snprintf(path, sizeof path, "%s/%s", out, name);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  text[fread(text, 1, size - 1, file)] = 0;
  fclose(file);
}

static ls_record *open_record(void) {
  ls_run run = {.driver = "cpu-speedup", .configuration = one};
  ls_record *record;
  assert_int_equal(ls_record_open(out, &run, "abc", &record, NULL), LS_OK);
  return record;
}

static void finish(ls_record *record, const char *reason) {
  cJSON *environment = cJSON_CreateObject();
  assert_int_equal(ls_record_finish(record, environment, reason, NULL), LS_OK);
  cJSON_Delete(environment);
}

/* Six steps of 4 events in 2 s on one rank, six in 1.25 s on two: 1.6 times as fast. */
static void test_summary_file(void **state) {
  (void)state;
  ls_record *record = open_record();
  for (int number = 1; number <= 6; number++) {
    ls_sample s = step(NULL, number, 0, "forward", 2);
    ls_record_sample(record, &s);
    for (int rank = 0; rank < 2; rank++) {
      s = step(&two, number, rank, "forward", 1 + 0.25 * rank);
      ls_record_sample(record, &s);
    }
  }
  finish(record, NULL);
  char text[4096];
  read_whole("summary.csv", text, sizeof text);
  assert_non_null(strstr(text, "\n\"run\",cpu-speedup,onednn:rewritten,strong,1,1,2,4,4,,measured,"
                               "step,6,2,2,2,2,2,2,2,2,2,1,1,1,2\n"));
  assert_non_null(strstr(text, "\n\"run\",cpu-speedup,onednn:rewritten,strong,2,2,2,2,4,,measured,"
                               "step,6,1.25,1.25,1.25,1.25,1.25,1.25,1.25,1.25,3.2,1.6,0.8,1,2\n"));
  read_whole("samples.csv", text, sizeof text);
  assert_non_null(strstr(text, "\n\"run\",cpu-speedup,onednn:rewritten,strong,1,1,2,4,4,1,1,1,0,"
                               "forward,2,4,,,,0,measured\n"));
  assert_non_null(strstr(text, ",strong,2,2,2,2,4,1,1,6,1,forward,1.25,2,,,,0,measured\n"));
}

/* Without events a unit is a unit; a base of two ranks, whose efficiency is 1 by definition. */
static void test_base_of_two(void **state) {
  (void)state;
  ls_configuration three = two;
  three.nodes = three.ranks = 3;
  ls_record *record = open_record();
  ls_sample s = step(&two, -1, 0, "train", 6);
  s.events = 0;
  ls_record_sample(record, &s);
  s.configuration = &three, s.seconds = 5;
  ls_record_sample(record, &s);
  finish(record, NULL);
  char text[4096];
  read_whole("summary.csv", text, sizeof text);
  assert_non_null(strstr(text, ",train,1,6,,,6,6,6,6,6,,1,1,2,6\n"));
  assert_non_null(strstr(text, ",train,1,5,,,5,5,5,5,5,,1.2,0.8,2,6\n"));
}

static void event(ls_record *record, ls_event_type type, const char *key) {
  ls_event e = {.type = type, .key = key};
  ls_record_event(record, &e);
}

static void test_events_in_order(void **state) {
  (void)state;
  ls_record *record = open_record();
  event(record, LS_EVENT_START, "init");
  event(record, LS_EVENT_STOP, "init");
  event(record, LS_EVENT_START, "run");
  event(record, LS_EVENT_START, "epoch"); /* and no more: the run was cut off */
  finish(record, NULL);
  char text[4096];
  read_whole("events.log", text, sizeof text);
  const char *epoch = strstr(text, "epoch_stop"), *run = strstr(text, "run_stop");
  assert_non_null(epoch);
  assert_non_null(run);
  assert_true(epoch < run);
  assert_non_null(strstr(run, "aborted"));
  read_whole("RESULT", text, sizeof text);
  assert_string_equal(text, "RESULT VALID\n");
}

static void test_events_out_of_order(void **state) {
  (void)state;
  ls_record *record = open_record();
  event(record, LS_EVENT_START, "run");
  event(record, LS_EVENT_START, "epoch");
  event(record, LS_EVENT_STOP, "run");
  finish(record, NULL);
  char text[4096];
  read_whole("RESULT", text, sizeof text);
  assert_string_equal(text, "RESULT INVALID reason=events.log: run ends, but is not what began "
                            "last\n");
}

static int partial_has(const char *words) {
  char command[256];
  snprintf(command, sizeof command, "grep -qs '%s' %s/samples.csv.partial-*", words, out);
  return system(command) == 0; /* NOLINT(cert-env33-c): a test */
}

static void test_sync(void **state) {
  (void)state;
  ls_record *record = open_record();
  ls_sample s = step(NULL, 1, 0, "forward", 2);
  ls_record_sample(record, &s);
  assert_false(partial_has("forward")); /* a row is too little to have been written out */
  ls_record_sync(record);
  assert_true(partial_has("forward"));
  ls_record_discard(record);
  assert_int_equal(access(out, F_OK), -1);
}

/* Nothing that was measured is lost for a time that makes no sense. */
static void test_no_number(void **state) {
  (void)state;
  ls_record *record = open_record();
  ls_sample s = step(NULL, 1, 0, "forward", NAN);
  ls_record_sample(record, &s);
  s = step(NULL, 1, 1, "forward", 1);
  ls_record_sample(record, &s);
  s = step(&two, 1, 0, "forward", 2);
  ls_record_sample(record, &s);
  s = step(NULL, -1, 0, "eval", 3);
  ls_record_sample(record, &s);
  finish(record, NULL);
  char text[4096];
  read_whole("RESULT", text, sizeof text);
  assert_string_equal(text, "RESULT INVALID reason=value 1 of 1 to be summarised is nan\n");
  read_whole("summary.csv", text, sizeof text);
  assert_null(strstr(text, ",step,")); /* the base of the second is no number either */
  assert_non_null(strstr(text, ",eval,1,3,"));
  read_whole("run.json", text, sizeof text);
  cJSON *json = cJSON_Parse(text);
  assert_non_null(json);
  assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "benchmarks")), 2);
  cJSON_Delete(json);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_temporary, remove_temporary)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_slowest_rank), cmocka_unit_test(test_groups),
      cmocka_unit_test(test_series),       IN_FOLDER(test_summary_file),
      IN_FOLDER(test_base_of_two),         IN_FOLDER(test_events_in_order),
      IN_FOLDER(test_events_out_of_order), IN_FOLDER(test_sync),
      IN_FOLDER(test_no_number),
  };
  return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
