# Third parties' headers, parsed once for all rooms and once for all tests. A file includes what it uses all the same:
# deploy/check lints without them. Not here: CLI11, whose constants every file would compile that is given it.

# hpsearch_precompile(precompiled_tests HEADERS <gtest/gtest.h> LINK GTest::gmock)
function(hpsearch_precompile name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINK" ${ARGN})
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cc CONTENT "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE absl::status absl::statusor fmt::fmt ${ARG_LINK})
  target_precompile_headers(${name} PRIVATE
    <algorithm> <chrono> <cstdint> <functional> <map> <memory> <optional> <string> <string_view> <utility> <variant>
    <vector> <absl/status/status.h> <absl/status/statusor.h> <fmt/format.h> ${ARG_HEADERS})
endfunction()

hpsearch_precompile(precompiled)
if(BUILD_TESTING)
  # Not more, since a test's own code is compiled far longer than it runs.
  set(HPSEARCH_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)
  hpsearch_precompile(precompiled_tests HEADERS <gmock/gmock.h> <gtest/gtest.h> LINK GTest::gmock)
  target_compile_options(precompiled_tests PRIVATE ${HPSEARCH_TEST_OPTIONS})
endif()
