# airssys_fuzz(NAME SRCS … DEPS module…)
#   A libFuzzer target over a parser of ours: the sources define LLVMFuzzerTestOneInput and abort when a law does not hold.
#   In the preset `fuzz` it searches (`./dev fuzz NAME`); in the others it runs the committed inputs of corpus/NAME once
#   each, as a test. A finding becomes a file of that folder.
include_guard(GLOBAL)

function(airssys_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 F "" "" "SRCS;DEPS")
  list(TRANSFORM F_DEPS PREPEND airssys::)
  add_executable(fuzz_${name} ${F_SRCS})
  target_link_libraries(fuzz_${name} PRIVATE airssys_options ${F_DEPS})
  if(AIRSSYS_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    set_property(GLOBAL APPEND PROPERTY AIRSSYS_FUZZ_TARGETS fuzz_${name})
  else()
    target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cc)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz-smoke TIMEOUT 300)
  endif()
endfunction()
