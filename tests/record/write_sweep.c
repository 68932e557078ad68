/* write_sweep FOLDER FACTOR: the record of a sweep with made-up times, which FACTOR multiplies: two
 * curves of three points, with warm-ups, a cold and a warm cache, and a modelled point. */
#include "record/record.h"

#include <cjson/cJSON.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Between 1 and 1.1; always the same sequence. */
static double jitter(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return 1 + 0.1 * (double)*state / 4294967296.0;
}

static void write_step(ls_record *record, ls_sample s, double seconds, uint32_t *state) {
  static const char *const phases[] = {"fetch", "forward", "backward", "allreduce", "other"};
  for (int rank = 0; rank < s.configuration->ranks; rank++) {
    s.rank = rank;
    for (int phase = 0; phase < 5; phase++) {
      s.phase = phases[phase];
      s.seconds = seconds * jitter(state) / 5;
      ls_record_sample(record, &s);
    }
    s.phase = "communication";
    ls_record_sample(record, &s);
  }
}

static void write_load(ls_record *record, ls_sample s, const char *cache, double seconds,
                       uint32_t *state) {
  s.step = s.epoch = -1;
  s.cache_state = cache;
  s.bytes_disk = 1000, s.bytes_memory = 10;
  for (int rank = 0; rank < s.configuration->ranks; rank++) {
    s.rank = rank;
    for (int phase = 0; phase < 2; phase++) {
      s.phase = phase ? "inflate" : "read";
      s.seconds = seconds * jitter(state);
      ls_record_sample(record, &s);
    }
  }
}

static void event(ls_record *record, ls_event_type type, const char *key) {
  ls_event e = {.type = type, .key = key, .value = 4};
  ls_record_event(record, &e);
}

static void write_point(ls_record *record, const ls_configuration *c, double factor,
                        uint32_t *state) {
  event(record, LS_EVENT_START, "run");
  event(record, LS_EVENT_POINT, "global_batch_size");
  for (int repetition = 1; repetition <= 3; repetition++) {
    ls_sample s = {.configuration = c,
                   .repetition = repetition,
                   .epoch = 1,
                   .events = 12 / (size_t)c->ranks,
                   .kind = "measured"};
    write_load(record, s, "cold", factor * 0.3 / c->nodes, state);
    write_load(record, s, "warm", factor * 0.1 / c->nodes, state);
    for (int number = 1; number <= 4; number++) {
      s.step = number;
      s.warmup = number == 1;
      write_step(record, s, factor * (0.01 + 0.2 / c->nodes), state);
    }
  }
  event(record, LS_EVENT_STOP, "run");
  ls_record_sync(record);
}

static void write_model(ls_record *record, ls_configuration c, double seconds) {
  c.nodes = c.ranks = 64;
  ls_sample s = {.configuration = &c,
                 .repetition = 1,
                 .epoch = 1,
                 .step = 1,
                 .rank = 0,
                 .phase = "forward",
                 .seconds = seconds,
                 .events = 12,
                 .kind = "model"};
  ls_record_sample(record, &s);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  double factor = strtod(argv[2], NULL);
  uint32_t state = (uint32_t)(1000 * factor);
  ls_configuration c = {"onednn:rewritten", "strong", 1, 1, 1, 12, 12, 0};
  ls_run run = {"cpu-speedup", c};
  ls_record *record;
  ls_error error = {0};
  if (ls_record_open(argv[1], &run, "made-up", &record, &error) != LS_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  event(record, LS_EVENT_START, "init");
  event(record, LS_EVENT_STOP, "init");
  for (int series = 0; series < 2; series++) {
    c.series = series;
    c.backend = series ? "onednn:rewritten:blocking" : "onednn:rewritten";
    for (int nodes = 1; nodes <= 3; nodes++) {
      c.nodes = c.ranks = nodes;
      c.local_batch = 12 / (size_t)nodes;
      write_point(record, &c, factor * (series ? 1.2 : 1), &state);
    }
    write_model(record, c, factor * 0.02);
  }
  cJSON *environment = cJSON_CreateObject();
  ls_status status = ls_record_finish(record, environment, NULL, &error);
  cJSON_Delete(environment);
  if (status != LS_OK) fprintf(stderr, "%s\n", error.message);
  return status == LS_OK ? 0 : 1;
}
