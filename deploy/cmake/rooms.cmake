# One static library a folder, one test program a folder. Sources are listed, links are PRIVATE where a header
# does not show them.
if(BUILD_TESTING)
  include(GoogleTest)
endif()
# Read by ThreadSanitizer alone.
set(HPSEARCH_GRPC_TEST_PROPERTIES
  ENVIRONMENT "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/support/tsan.supp")
if(HPSEARCH_SANITIZE STREQUAL thread)
  # oneDNN hands primitives from trial to trial through a cache that ThreadSanitizer cannot see into.
  list(APPEND HPSEARCH_GRPC_TEST_PROPERTIES ENVIRONMENT_MODIFICATION "ONEDNN_PRIMITIVE_CACHE_CAPACITY=set:0")
endif()

# hpsearch_library(server_search SOURCES a.cc b.cc PUBLIC server_model PRIVATE fmt::fmt)
# OWN_FLAGS: it is compiled with flags of its own, for which the precompiled headers do not hold.
function(hpsearch_library name)
  cmake_parse_arguments(ARG "OWN_FLAGS" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} fmt::fmt)
  if(NOT ARG_OWN_FLAGS)
    target_precompile_headers(${name} REUSE_FROM precompiled)
  endif()
endfunction()

# hpsearch_test(server_search_test SOURCES a_test.cc LINK server_search): one program, a ctest for each case.
# DEPENDS names targets that must be built before (the binary, where a test runs it). GRPC: it runs with
# tests/support/tsan.supp; a test that does not say so has no suppressions. OWN_FLAGS: as above.
function(hpsearch_test name)
  cmake_parse_arguments(ARG "GRPC;OWN_FLAGS" "TIMEOUT" "SOURCES;LINK;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} absl::status absl::statusor fmt::fmt GTest::gmock_main)
  target_compile_options(${name} PRIVATE ${HPSEARCH_TEST_OPTIONS})
  if(NOT ARG_OWN_FLAGS)
    target_precompile_headers(${name} REUSE_FROM precompiled_tests)
  endif()
  target_compile_definitions(${name} PRIVATE HPSEARCH_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             HPSEARCH_BINARY="$<TARGET_FILE_DIR:${name}>/../hpsearch")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_GRPC)
    list(APPEND properties ${HPSEARCH_GRPC_TEST_PROPERTIES})
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES ${properties})
endfunction()
