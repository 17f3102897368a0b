# Compiler, linker and sanitizers, the same for every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(HPSEARCH_SANITIZE "" CACHE STRING "Sanitizers for all of our code: address,undefined or thread")

add_compile_options(-Wall -Wextra -Wno-missing-field-initializers)
# Contraction to fused multiply-adds would make results depend on the compiler's mood.
add_compile_options(-ffp-contract=off)
# Everywhere, since it defines a macro, and precompiled headers are used where all macros agree.
add_compile_options(-pthread)
if(HPSEARCH_SANITIZE)
  add_compile_options(-fsanitize=${HPSEARCH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HPSEARCH_SANITIZE})
endif()

if(HPSEARCH_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # What ccache asks for where headers are precompiled; and the compiler's own list of what it read, so that a miss
  # costs no second preprocessing.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_DEPEND=1
                                  ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()
