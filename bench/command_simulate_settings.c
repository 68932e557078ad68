/* From options to what is to be simulated. */
#define _POSIX_C_SOURCE 200809L
#include "bench/command_simulate.h"

#include "base/output_file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_BYTES = 16384, DEFAULT_EVENTS = 60, EVENTS_PER_FILE = 100 };

/* Raised when the same settings would give other events: files of before are then made anew. */
static const char simulator_version[] = "1";

/* "LOW:HIGH"; 0: anything else. What follows is at *end. */
static int read_range(const char *text, double *low, double *high, char **end) {
  errno = 0;
  *low = strtod(text, end);
  if (*end == text || **end != ':') return 0;
  const char *second = *end + 1;
  *high = strtod(second, end);
  return *end != second && !errno && isfinite(*low) && isfinite(*high) && *low <= *high;
}

static ls_status read_momentum(ls_simulation *s, ls_error *error) {
  const char *text = s->settings->momentum_range;
  char *end;
  if (!text) return LS_OK;
  if (read_range(text, &s->gun.momentum_min, &s->gun.momentum_max, &end) && !*end) return LS_OK;
  return ls_fail(error, LS_USAGE, "--momentum %s: give MIN:MAX in GeV/c, as 1.5:4.5", text);
}

static ls_status read_vertex(ls_simulation *s, ls_error *error) {
  const char *text = s->settings->vertex;
  const ls_detector *d = &s->detector;
  const double low[3] = {0, d->y_least, d->z_least}, high[3] = {d->x_most, d->y_most, d->z_most};
  memcpy(s->gun.vertex_min, low, sizeof low);
  memcpy(s->gun.vertex_max, high, sizeof high);
  if (!text) return LS_OK;
  char *at = s->settings->vertex;
  for (int i = 0; i < 3; i++) {
    if (!read_range(at, &s->gun.vertex_min[i], &s->gun.vertex_max[i], &at) ||
        *at != (i < 2 ? ',' : 0))
      return ls_fail(error, LS_USAGE,
                     "--vertex %s: give X0:X1,Y0:Y1,Z0:Z1 in cm, as 100:150,-20:20,0:50", text);
    at++;
  }
  return LS_OK;
}

static ls_status read_direction(ls_simulation *s, ls_error *error) {
  const char *text = s->settings->direction;
  if (!text || !strcmp(text, "isotropic")) return LS_OK;
  s->gun.isotropic = 0;
  char *end = s->settings->direction;
  double length = 0;
  for (int i = 0; i < 3; i++) {
    const char *from = end;
    errno = 0;
    s->gun.direction[i] = strtod(from, &end);
    length += fabs(s->gun.direction[i]);
    if (end == from || errno || !isfinite(s->gun.direction[i]) || *end != (i < 2 ? ',' : 0))
      length = 0, i = 3;
    else
      end++;
  }
  if (length > 0) return LS_OK;
  return ls_fail(error, LS_USAGE, "--direction %s: give X,Y,Z, not all 0, or isotropic", text);
}

static ls_status unknown_particle(const char *name, ls_error *error) {
  char names[160] = "";
  for (size_t i = 0; ls_particle_of_gun(i); i++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
             ls_particle_of_gun(i)->name);
  return ls_fail(error, LS_USAGE, "--particles: no particle is called '%s'; there are %s", name,
                 names);
}

static int is_gun_particle(const ls_particle *particle) {
  for (size_t i = 0; particle && ls_particle_of_gun(i); i++)
    if (ls_particle_of_gun(i) == particle) return 1;
  return 0;
}

static ls_status add_particle(ls_simulation *s, const char *name, ls_error *error) {
  const ls_particle *particle = ls_particle_of_name(name);
  if (!is_gun_particle(particle)) return unknown_particle(name, error);
  for (int k = 0; k < s->gun.kind_count; k++)
    if (s->gun.pdg[k] == particle->pdg)
      return ls_fail(error, LS_USAGE, "--particles: %s is there twice", name);
  if (s->gun.kind_count == LS_GUN_KINDS)
    return ls_fail(error, LS_USAGE, "--particles: at most %d", LS_GUN_KINDS);
  s->class_names[s->gun.kind_count] = particle->name;
  s->gun.pdg[s->gun.kind_count++] = particle->pdg;
  return LS_OK;
}

static ls_status read_particles(ls_simulation *s, ls_error *error) {
  const char *text = s->settings->particles;
  if (!text) {
    for (int k = 0; k < s->gun.kind_count; k++)
      s->class_names[k] = ls_particle_of_pdg(s->gun.pdg[k])->name;
    return LS_OK;
  }
  s->gun.kind_count = 0;
  for (const char *at = text;; at++) {
    char name[32];
    size_t length = strcspn(at, ",");
    snprintf(name, sizeof name, "%.*s", (int)length, at);
    LS_TRY(add_particle(s, name, error));
    at += length;
    if (!*at) return LS_OK;
  }
}

static ls_status read_gun(ls_simulation *s, ls_error *error) {
  s->gun = ls_gun_default();
  LS_TRY(read_particles(s, error));
  LS_TRY(read_momentum(s, error));
  LS_TRY(read_vertex(s, error));
  LS_TRY(read_direction(s, error));
  s->transport = ls_transport_options_default();
  const ls_detector *d = &s->detector;
  const double low[3] = {0, d->y_least, d->z_least}, high[3] = {d->x_most, d->y_most, d->z_most};
  memcpy(s->transport.volume_min, low, sizeof low);
  memcpy(s->transport.volume_max, high, sizeof high);
  for (int i = 0; i < 3; i++)
    if (s->gun.vertex_min[i] < low[i] || s->gun.vertex_max[i] > high[i])
      return ls_fail(error, LS_USAGE, "--vertex %s: the active volume is %g:%g,%g:%g,%g:%g cm",
                     s->settings->vertex, low[0], high[0], low[1], high[1], low[2], high[2]);
  return ls_gun_check(&s->gun, error);
}

static ls_status open_deposits(ls_simulation *s, ls_error *error) {
  const ls_settings *o = s->settings;
  if (o->momentum_range || o->vertex || o->direction)
    return ls_fail(error, LS_USAGE,
                   "--deposits: there is no gun; leave out --momentum, --vertex and --direction");
  LS_TRY(ls_deposit_file_open(o->deposits, &s->deposits, error));
  size_t there = ls_deposit_file_events(s->deposits);
  s->events = o->simulated_events == LS_UNSET ? there : (size_t)o->simulated_events;
  if (s->events > there)
    return ls_fail(error, LS_USAGE, "--events %zu: %s has only %zu", s->events, o->deposits, there);
  s->class_count = o->particles ? 1 : 0;
  if (s->class_count && s->gun.kind_count != 1)
    return ls_fail(error, LS_USAGE,
                   "--particles %s: with --deposits, name the one particle that all events are",
                   o->particles);
  return LS_OK;
}

static void choose_readout(ls_simulation *s) {
  const ls_settings *o = s->settings;
  s->image_set = o->image ? o->image : "wires";
  s->readout = ls_readout_options_default();
  if (!strcmp(s->image_set, "rawdigits"))
    s->readout.form = LS_READOUT_DIGITS;
  else if (o->chain && !strcmp(o->chain, "shortcut"))
    s->readout.form = LS_READOUT_SHORTCUT;
  s->readout.noise = !o->noise || strcmp(o->noise, "none") != 0;
  s->readout.whole = s->readout.form == LS_READOUT_DIGITS || (o->noise && !strcmp(o->noise, "all"));
}

/* Everything that an event depends on, but its number, and what it is written as. */
static ls_status write_record(ls_simulation *s, ls_error *error) {
  s->record = calloc(1, RECORD_BYTES);
  if (!s->record) return ls_fail(error, LS_MEMORY, "no memory for the settings");
  FILE *to = fmemopen(s->record, RECORD_BYTES, "w");
  if (!to) return ls_fail(error, LS_MEMORY, "no memory for the settings");
  const ls_gun *g = &s->gun;
  fprintf(to, "simulator %s\nimage %s\nchain %s\nnoise %s\nseed %" PRIu64 "\n", simulator_version,
          s->image_set, s->readout.form == LS_READOUT_SHORTCUT ? "shortcut" : "full",
          !s->readout.noise  ? "none"
          : s->readout.whole ? "all"
                             : "signal",
          s->seed);
  fprintf(to, "format %s\nclasses", s->settings->format ? s->settings->format : "kevlar");
  for (int k = 0; k < s->class_count; k++) fprintf(to, " %s", s->class_names[k]);
  if (s->deposits)
    fprintf(to, "\ndeposits %" PRIu64 " rows %016" PRIx64 "\n", ls_deposit_file_rows(s->deposits),
            ls_deposit_file_checksum(s->deposits));
  else
    fprintf(to,
            "\nmomentum %.17g %.17g\nvertex_least %.17g %.17g %.17g\nvertex_most %.17g %.17g "
            "%.17g\nisotropic %d\ndirection %.17g %.17g %.17g\nstep %.17g\ncuts %.17g %.17g\n",
            g->momentum_min, g->momentum_max, g->vertex_min[0], g->vertex_min[1], g->vertex_min[2],
            g->vertex_max[0], g->vertex_max[1], g->vertex_max[2], g->isotropic, g->direction[0],
            g->direction[1], g->direction[2], s->transport.step, s->transport.cut_electron,
            s->transport.cut_gamma);
  fclose(to);
  size_t length = strlen(s->record);
  if (length + ls_detector_print(&s->detector, s->record + length, RECORD_BYTES - length) >=
      RECORD_BYTES)
    return ls_fail(error, LS_INTERNAL, "the settings are longer than their record");
  return LS_OK;
}

static ls_status check_outputs(const ls_simulation *s, ls_error *error) {
  const ls_settings *o = s->settings;
  if (!o->out && !o->dump)
    return ls_fail(error, LS_USAGE, "nothing to write: name a folder with --out");
  if (o->chain && !strcmp(o->chain, "shortcut") && s->readout.form == LS_READOUT_DIGITS)
    return ls_fail(error, LS_USAGE, "--chain shortcut: makes no waveforms, so no rawdigits");
  return o->dump ? ls_output_check(o->dump, o->overwrite, error) : LS_OK;
}

ls_status ls_simulation_open(const ls_settings *settings, ls_simulation *s, ls_error *error) {
  *s = (ls_simulation){.settings = settings, .seed = (uint64_t)settings->seed};
  s->events =
      settings->simulated_events == LS_UNSET ? DEFAULT_EVENTS : (size_t)settings->simulated_events;
  s->events_per_file =
      settings->events_per_file == LS_UNSET ? EVENTS_PER_FILE : (size_t)settings->events_per_file;
  LS_TRY(ls_detector_read(settings->detector ? settings->detector : "microboone", &s->detector,
                          error));
  LS_TRY(read_gun(s, error));
  s->class_count = s->gun.kind_count;
  choose_readout(s);
  LS_TRY(check_outputs(s, error));
  if (settings->deposits) LS_TRY(open_deposits(s, error));
  LS_TRY(write_record(s, error));
  return ls_readout_tables_new(&s->detector, &s->tables, error);
}

void ls_simulation_close(ls_simulation *s) {
  ls_readout_tables_free(s->tables);
  ls_deposit_file_close(s->deposits);
  free(s->record);
  *s = (ls_simulation){0};
}
