/* Every backend and variant over the shared case table. */
#include "backends/each_backend.h"
#include "backends/operator_check.h"

int main(void) {
  static const ls_backend_check checks[] = {
      {"conv blocks", ls_check_conv_table},
      {"dense layers", ls_check_dense_table},
  };
  return ls_run_for_each_backend(checks, sizeof checks / sizeof *checks);
}
