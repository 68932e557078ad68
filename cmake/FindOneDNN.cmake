# oneDNN 2.6 or newer (2.x or 3.x) with an OpenMP CPU runtime: defines OneDNN::OneDNN.
# ONEDNN_ROOT: prefix of an installation to prefer. Headers and library are taken from one prefix and
# checked together by a small program, because a wrong include path silently pairs 2.x headers with a
# 3.x library. The distribution's own package file is not used: it wants OpenCL development files.
set(ONEDNN_ROOT "" CACHE PATH "prefix of a oneDNN installation to prefer over the system's")
find_path(OneDNN_INCLUDE_DIR oneapi/dnnl/dnnl.h HINTS ${ONEDNN_ROOT}/include ${ONEDNN_ROOT}/data/include)
if(OneDNN_INCLUDE_DIR)
  get_filename_component(_onednn_prefix "${OneDNN_INCLUDE_DIR}" DIRECTORY)
  find_library(OneDNN_LIBRARY dnnl HINTS ${_onednn_prefix}/lib ${ONEDNN_ROOT}/lib ${ONEDNN_ROOT}/data/lib)
endif()
if(OneDNN_INCLUDE_DIR AND OneDNN_LIBRARY)
  include(CheckCSourceRuns)
  include(CMakePushCheckState)
  cmake_push_check_state(RESET)
  get_filename_component(_onednn_folder "${OneDNN_LIBRARY}" DIRECTORY)
  set(CMAKE_REQUIRED_INCLUDES ${OneDNN_INCLUDE_DIR})
  set(CMAKE_REQUIRED_LIBRARIES ${OneDNN_LIBRARY})
  set(CMAKE_REQUIRED_LINK_OPTIONS "-Wl,-rpath,${_onednn_folder}")
  check_c_source_runs("#include <oneapi/dnnl/dnnl.h>
    #if DNNL_CPU_RUNTIME != DNNL_RUNTIME_OMP || DNNL_VERSION_MAJOR < 2 || (DNNL_VERSION_MAJOR == 2 && DNNL_VERSION_MINOR < 6)
    #error unsupported
    #endif
    int main(void) {
      dnnl_engine_t engine;
      return dnnl_version()->major != DNNL_VERSION_MAJOR ||
             dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success;
    }" OneDNN_WORKS)
  cmake_pop_check_state()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN REQUIRED_VARS OneDNN_LIBRARY OneDNN_INCLUDE_DIR OneDNN_WORKS)
if(OneDNN_FOUND AND NOT TARGET OneDNN::OneDNN)
  add_library(OneDNN::OneDNN UNKNOWN IMPORTED)
  set_target_properties(OneDNN::OneDNN PROPERTIES IMPORTED_LOCATION "${OneDNN_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${OneDNN_INCLUDE_DIR}")
endif()
mark_as_advanced(OneDNN_LIBRARY OneDNN_INCLUDE_DIR)
