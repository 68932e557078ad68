/* What every test program includes: cmocka and the headers it needs. */
#ifndef LS_TESTS_SUPPORT_TEST_H
#define LS_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
