# One static library a folder, one test program a folder. Sources are listed, links are PRIVATE where a header
# does not show them.
if(BUILD_TESTING)
  include(GoogleTest)
endif()

# hpsearch_library(server_search SOURCES a.cc b.cc PUBLIC server_model PRIVATE fmt::fmt)
function(hpsearch_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# hpsearch_test(server_search_test SOURCES a_test.cc LINK server_search): one program, a ctest for each case.
# DEPENDS names targets that must be built before (the binary, where a test runs it).
function(hpsearch_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock_main)
  target_compile_definitions(${name} PRIVATE HPSEARCH_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             HPSEARCH_BINARY="$<TARGET_FILE_DIR:${name}>/../hpsearch")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
