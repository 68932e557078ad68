# popt: defines popt::popt.
find_path(popt_INCLUDE_DIR popt.h)
find_library(popt_LIBRARY popt)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(popt REQUIRED_VARS popt_LIBRARY popt_INCLUDE_DIR)
if(popt_FOUND AND NOT TARGET popt::popt)
  add_library(popt::popt UNKNOWN IMPORTED)
  set_target_properties(popt::popt PROPERTIES IMPORTED_LOCATION "${popt_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${popt_INCLUDE_DIR}")
endif()
mark_as_advanced(popt_INCLUDE_DIR popt_LIBRARY)
