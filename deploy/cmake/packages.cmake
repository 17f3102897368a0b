# What deploy/packages.txt installs. Nothing is downloaded here.

find_package(Threads REQUIRED)
if(NOT HPSEARCH_FUZZ)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
endif()
find_package(absl REQUIRED CONFIG)
find_package(Protobuf REQUIRED)
find_package(gRPC REQUIRED CONFIG)
find_package(SQLite3 REQUIRED)
find_package(SQLiteCpp REQUIRED CONFIG)
find_package(Boost 1.74 REQUIRED)
find_package(fmt REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(yaml-cpp REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(utf8cpp REQUIRED CONFIG)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
# libcsv comes without a word for CMake or pkg-config.
find_path(LIBCSV_INCLUDE_DIR csv.h REQUIRED)
find_library(LIBCSV_LIBRARY csv REQUIRED)
add_library(libcsv::libcsv UNKNOWN IMPORTED)
set_target_properties(libcsv::libcsv PROPERTIES IMPORTED_LOCATION "${LIBCSV_LIBRARY}"
                                                INTERFACE_INCLUDE_DIRECTORIES "${LIBCSV_INCLUDE_DIR}")
if(BUILD_TESTING)
  find_package(GTest REQUIRED CONFIG)
  find_package(rapidcheck REQUIRED CONFIG)
endif()
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

# Debian's dnnl-config.cmake asks for OpenCL, which nothing here needs: the library by itself.
find_path(DNNL_INCLUDE_DIR dnnl.hpp REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(dnnl::cpu UNKNOWN IMPORTED)
set_target_properties(dnnl::cpu PROPERTIES IMPORTED_LOCATION ${DNNL_LIBRARY}
                                           INTERFACE_INCLUDE_DIRECTORIES ${DNNL_INCLUDE_DIR})
