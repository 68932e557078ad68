#include "datasets/kevlar/dense_inflate.h"

const char *ls_dense_inflate_library(void) {
  return NULL;
}

size_t ls_dense_inflate_scratch(void) {
  return 0;
}

ls_inflate_result ls_dense_inflate(void *scratch, ls_byte_supply supply, void *supply_context,
                                   uint64_t expected, ls_word_range wanted, ls_word_sink sink,
                                   void *context) {
  (void)scratch, (void)supply, (void)supply_context, (void)expected, (void)wanted, (void)sink,
      (void)context;
  return LS_INFLATE_STOPPED;
}
