/* Settings that only some backends have: for those that have none of them. */
#ifndef LS_BACKENDS_SETTINGS_H
#define LS_BACKENDS_SETTINGS_H

#include "backends/backend.h"

/* For device_open of a backend without settings of its own: LS_USAGE, naming the setting, if isa,
 * winograd or skip is given; else LS_OK. */
ls_status ls_backend_refuse_settings(const char *backend, const ls_backend_options *options,
                                     ls_error *error);

/* Index of value among NULL-terminated choices; value NULL: 0, the default. LS_USAGE, naming the
 * choices, if it is none of them. */
ls_status ls_backend_choose(const char *backend, const char *setting, const char *value,
                            const char *const *choices, int *chosen, ls_error *error);

#endif
