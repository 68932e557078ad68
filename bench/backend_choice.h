/* A backend with its settings, chosen by a text: NAME[:VARIANT][:SETTING=VALUE]...
 *
 * "onednn", "onednn:literal", "openmp:winograd=1d:skip=off". What the text leaves out is what the
 * options say (--variant, --isa, --winograd, --skip), else the backend's default. Settings that a
 * backend does not have are refused by the backend itself when its device is opened. */
#ifndef LS_BENCH_BACKEND_CHOICE_H
#define LS_BENCH_BACKEND_CHOICE_H

#include "backends/backend.h"
#include "bench/options.h"

typedef struct ls_backend_choice {
  const ls_backend *backend;
  ls_backend_options options; /* texts live as long as the settings; threads are 0: the caller's */
  char name[96];              /* such a text again, the variant always named: "onednn:rewritten" */
} ls_backend_choice;

/* text NULL: the default backend. LS_USAGE naming the part that is wrong and what may stand there,
 * or LS_UNAVAILABLE. */
ls_status ls_backend_from_text(const ls_settings *settings, const char *text,
                               ls_backend_choice *choice, ls_error *error);

enum { LS_MOST_CHOICES = 64 };

/* text: several of them with commas between; "all": every backend that runs here, but no emulated
 * one; "variants": every variant of them. NULL: the default backend. LS_USAGE if one is named
 * twice. choices: room for LS_MOST_CHOICES. */
ls_status ls_backends_from_text(const ls_settings *settings, const char *text,
                                ls_backend_choice *choices, int *count, ls_error *error);

#endif
