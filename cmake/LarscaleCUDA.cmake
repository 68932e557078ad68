# The CUDA compiler of the toolkit that was found. The runtime is linked in statically, the driver's
# library not at all: the program starts on a machine without a driver, and says "no device".
set(LARSCALE_CUDA_VERSION ${CUDAToolkit_VERSION})
if(NOT CMAKE_CUDA_COMPILER)
  set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE} CACHE FILEPATH "CUDA compiler")
endif()
# CUDA 13 compiles for compute capability 7.5 and newer alone. The study's P100 (6.0) and a V100 (7.0)
# need a toolkit before it: 11.8 is the first that knows 9.0, 12.9 the last that knows 6.0.
if(NOT CMAKE_CUDA_ARCHITECTURES)
  if(CUDAToolkit_VERSION VERSION_GREATER_EQUAL 13)
    set(architectures 75 80 90)
  else()
    set(architectures 60 70 80 90)
  endif()
  set(CMAKE_CUDA_ARCHITECTURES ${architectures} CACHE STRING "compute capabilities, times ten")
endif()
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
enable_language(CUDA)
enable_language(CXX)

# The oldest compute capability that the build is for (75 of "75;80-real"), for messages.
string(REGEX MATCHALL "[0-9]+" LARSCALE_CUDA_OLDEST "${CMAKE_CUDA_ARCHITECTURES}")
list(SORT LARSCALE_CUDA_OLDEST COMPARE NATURAL)
list(GET LARSCALE_CUDA_OLDEST 0 LARSCALE_CUDA_OLDEST)
if(NOT LARSCALE_CUDA_OLDEST)
  set(LARSCALE_CUDA_OLDEST 0) # "all", "native"
endif()
