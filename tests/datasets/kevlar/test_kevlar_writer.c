/* Placeholder list replaced below. */
#include "support/test.h"
int main(void) {
  return 1;
}
