# cuDNN's headers (9 or newer); its library is opened at run time. Sets cuDNN_INCLUDE_DIR and
# cuDNN_VERSION_MAJOR.
find_path(cuDNN_INCLUDE_DIR cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS} ${cuDNN_ROOT}/include)
if(cuDNN_INCLUDE_DIR)
  file(STRINGS "${cuDNN_INCLUDE_DIR}/cudnn_version.h" _cudnn_lines REGEX "^#define CUDNN_(MAJOR|MINOR|PATCHLEVEL) ")
  foreach(part MAJOR MINOR PATCHLEVEL)
    string(REGEX REPLACE ".*CUDNN_${part} ([0-9]+).*" "\\1" cuDNN_VERSION_${part} "${_cudnn_lines}")
  endforeach()
  set(cuDNN_VERSION ${cuDNN_VERSION_MAJOR}.${cuDNN_VERSION_MINOR}.${cuDNN_VERSION_PATCHLEVEL})
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(cuDNN REQUIRED_VARS cuDNN_INCLUDE_DIR VERSION_VAR cuDNN_VERSION)
mark_as_advanced(cuDNN_INCLUDE_DIR)
