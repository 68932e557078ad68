# How every library and test of the suite is compiled.
add_library(larscale_compile INTERFACE)
# nvcc passes on to gcc what it is told to; conversions are the other compiler's matter there. 128: a
# loop that is never reached, which a template's argument may well mean.
target_compile_options(larscale_compile INTERFACE
  "$<$<COMPILE_LANGUAGE:C,CXX>:-Wall;-Wextra;-Wshadow;-Wconversion;-Wno-sign-conversion>"
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wshadow;-diag-suppress=128>"
  $<$<AND:$<BOOL:${LARSCALE_WARNINGS_AS_ERRORS}>,$<COMPILE_LANGUAGE:C,CXX>>:-Werror>
  "$<$<AND:$<BOOL:${LARSCALE_WARNINGS_AS_ERRORS}>,$<COMPILE_LANGUAGE:CUDA>>:-Werror=all-warnings;-Xcompiler=-Werror>")
target_include_directories(larscale_compile INTERFACE ${CMAKE_SOURCE_DIR}/core ${CMAKE_SOURCE_DIR})
target_link_libraries(larscale_compile INTERFACE m)

# larscale_library(NAME SOURCES.. [LINK libraries..]): one layer of the suite.
function(larscale_library name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC larscale_compile ${arg_LINK})
endfunction()

# larscale_test(NAME SOURCES.. [LINK libraries..]): a cmocka program; ctest runs it, TAP output.
function(larscale_test name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE larscale_compile ${arg_LINK} cmocka)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT
    "CMOCKA_MESSAGE_OUTPUT=TAP;OMP_NUM_THREADS=2;OMP_WAIT_POLICY=passive;LARSCALE=$<TARGET_FILE:larscale>;\
LARSCALE_MODULES=$<TARGET_FILE_DIR:larscale>")
endfunction()
