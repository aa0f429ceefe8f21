# Finds the libraries that Tenon is built from. docs/dependencies.md says what each is for.
#
#   include(dependencies)   ->   targets tenon_llvm, tenon_lld, tenon_onnx, tenon_libzip, fmt::fmt, CLI11::CLI11,
#                                nlohmann_json::nlohmann_json
include_guard(GLOBAL)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)

# Debian's own CMake files for libzip refuse to load without the command-line tools of libzip.
find_library(LIBZIP_LIBRARY zip REQUIRED)
find_path(LIBZIP_INCLUDE_DIR zip.h REQUIRED)
add_library(tenon_libzip INTERFACE)
target_include_directories(tenon_libzip SYSTEM INTERFACE "${LIBZIP_INCLUDE_DIR}")
target_link_libraries(tenon_libzip INTERFACE "${LIBZIP_LIBRARY}")

# LLVM's version file refuses a request for plain 19.
find_package(LLVM 19.1 REQUIRED CONFIG)
find_package(LLD REQUIRED CONFIG HINTS "${LLVM_LIBRARY_DIR}/cmake/lld")
add_library(tenon_llvm INTERFACE)
target_include_directories(tenon_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_link_libraries(tenon_llvm INTERFACE LLVM)
add_library(tenon_lld INTERFACE)
target_include_directories(tenon_lld SYSTEM INTERFACE ${LLD_INCLUDE_DIRS})
target_link_libraries(tenon_lld INTERFACE lldELF lldCommon tenon_llvm)

# The runtime's C sources reach a bundle as LLVM bitcode.
find_program(CLANG_PROGRAM clang-19 HINTS "${LLVM_TOOLS_BINARY_DIR}" REQUIRED)

# onnx comes from tools/build_onnx.sh, which leaves it in the user's cache. Its targets name protobuf's.
find_package(Protobuf REQUIRED)
set(tenon_cache "$ENV{TENON_CACHE}")
if(NOT tenon_cache)
  set(tenon_cache "$ENV{XDG_CACHE_HOME}/tenon")
  if(NOT DEFINED ENV{XDG_CACHE_HOME})
    set(tenon_cache "$ENV{HOME}/.cache/tenon")
  endif()
endif()
set(TENON_ONNX_PREFIX "${tenon_cache}/onnx-1.23.2" CACHE PATH "Where tools/build_onnx.sh installed onnx")
find_package(ONNX CONFIG PATHS "${TENON_ONNX_PREFIX}" NO_DEFAULT_PATH)
if(NOT ONNX_FOUND)
  message(FATAL_ERROR "onnx is not in ${TENON_ONNX_PREFIX}: run tools/build_onnx.sh, or set TENON_ONNX_PREFIX")
endif()
add_library(tenon_onnx INTERFACE)
target_link_libraries(tenon_onnx INTERFACE ONNX::onnx protobuf::libprotobuf)
