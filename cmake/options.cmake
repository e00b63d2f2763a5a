# Compile options of all our own code, carried by one interface target: airssys_options.
include_guard(GLOBAL)
set(AIRSSYS_SANITIZE "" CACHE STRING "Sanitizers for our C++ code, as for -fsanitize= (empty: none)")
option(AIRSSYS_TESTS "Build the tests" ON)
option(AIRSSYS_WASM "Build the modules over Wasmtime (needs cargo); OFF leaves what needs no engine" ON)
option(AIRSSYS_BENCH "Build the benchmarks" OFF)
option(AIRSSYS_FUZZ "Instrument for libFuzzer (Clang)" OFF)

add_library(airssys_options INTERFACE)
target_compile_options(airssys_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror=return-type -Werror=unused-result)
if(AIRSSYS_SANITIZE)
  add_compile_options(-fsanitize=${AIRSSYS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AIRSSYS_SANITIZE})
endif()
# Tests link the whole engine: lld takes a fifth of the time of the system's linker. GCC looks for it under this name.
find_program(AIRSSYS_LLD NAMES ld.lld-19 ld.lld)
if(AIRSSYS_SANITIZE AND AIRSSYS_LLD)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/linker)
  file(CREATE_LINK ${AIRSSYS_LLD} ${CMAKE_BINARY_DIR}/linker/ld.lld SYMBOLIC)
  add_link_options(-B${CMAKE_BINARY_DIR}/linker -fuse-ld=lld)
endif()
if(AIRSSYS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Results are shared by all clones and build directories: paths below the clone count relative to the build directory.
find_program(AIRSSYS_CCACHE ccache)
if(AIRSSYS_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${AIRSSYS_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_C_COMPILER_LAUNCHER})
endif()

# airssys_whole_address_space(TARGET)
#   Links an executable that hosts components without PIE. The engine's pool is one range of addresses; a position-independent
#   image stands two thirds up in them and leaves room for 21 800 standard instances instead of 32 000 (docs/adr/0010).
function(airssys_whole_address_space target)
  if(NOT AIRSSYS_SANITIZE)
    target_link_options(${target} PRIVATE -no-pie)
  endif()
endfunction()
