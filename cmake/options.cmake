# Compile options of all our own code, carried by one interface target: airssys_options.
include_guard(GLOBAL)
set(AIRSSYS_SANITIZE "" CACHE STRING "Sanitizers for our C++ code, as for -fsanitize= (empty: none)")
option(AIRSSYS_TESTS "Build the tests" ON)
option(AIRSSYS_WASM "Build the modules over Wasmtime (needs cargo); OFF leaves what needs no engine" ON)

add_library(airssys_options INTERFACE)
target_compile_options(airssys_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror=return-type -Werror=unused-result)
if(AIRSSYS_SANITIZE)
  add_compile_options(-fsanitize=${AIRSSYS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AIRSSYS_SANITIZE})
endif()

find_program(AIRSSYS_CCACHE ccache)
if(AIRSSYS_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${AIRSSYS_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${AIRSSYS_CCACHE})
endif()
