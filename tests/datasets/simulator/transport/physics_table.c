#include "datasets/simulator/transport/physics_table.h"

#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void ls_physics_row(const char *test, double value, double target, double tolerance,
                    const char *unit, const char *source) {
  print_message("# %s: %.5g, target %.5g +- %.3g %s\n", test, value, target, tolerance, unit);
  const char *path = getenv("LARSCALE_PHYSICS_TABLE");
  if (path && *path) {
    FILE *file = fopen(path, "a");
    if (!file) fail_msg("cannot append to %s", path);
    if (fseek(file, 0, SEEK_END) == 0 && ftell(file) == 0)
      fputs("test,value,target,tolerance,unit,source\n", file);
    fprintf(file, "\"%s\",%.6g,%.6g,%.3g,%s,\"%s\"\n", test, value, target, tolerance, unit,
            source);
    if (fclose(file)) fail_msg("cannot write to %s", path);
  }
  if (!(fabs(value - target) <= tolerance))
    fail_msg("%s: %g instead of %g +- %g %s", test, value, target, tolerance, unit);
}

int ls_physics_sample(int events) {
  const char *text = getenv("LARSCALE_PHYSICS_SAMPLE");
  if (!text || !*text) return events;
  char *end;
  double factor = strtod(text, &end);
  if (*end || !(factor > 0 && factor <= 1000))
    fail_msg("LARSCALE_PHYSICS_SAMPLE=%s: a number up to 1000 is needed", text);
  return (int)(events * factor);
}
