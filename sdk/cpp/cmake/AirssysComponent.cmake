# airssys_add_component(NAME
#   [SOURCES file…]      default: NAME.cc
#   [WORLD world]        default: component (the fast lane); waiting-component may sleep
#   [OUTPUT file]        default: target/NAME.wasm beside the CMakeLists.txt, where Component.toml's `[build] output` points
#   [INCLUDES dir…] [DEFINES NAME[=VALUE]…] [OPTIONS compiler flag…] [LINK_OPTIONS compiler flag…] [LIBRARIES file…])
#
#   Compiles C++23 (and C) sources to a WebAssembly component: clang for wasm32, the C bindings of the world, the C++ SDK of
#   this folder, and `airssys-wasm componentize`. Makes target component-NAME, part of `all` and of target `components`. The
#   host project keeps its own compiler and needs no toolchain file. OUTPUT is replaced in one step and only by a different
#   content, so that several build directories may share it.
#
# Variables, all optional
#   AIRSSYS_WASM_TOOL      the airssys-wasm program; default: the target of that name, else the one on PATH
#   AIRSSYS_WASM_CLANGXX   clang++ with the wasm32 target, 19 or newer; clang beside it compiles C
#   AIRSSYS_WASM_LD        wasm-ld of the same LLVM
#   AIRSSYS_WIT_DIR        WIT files of the host; default: wit/ of the repository this file stands in, else the tool's own
include_guard(GLOBAL)
cmake_minimum_required(VERSION 3.25)

get_filename_component(AIRSSYS_SDK_CPP_DIR ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
set(AIRSSYS_SDK_CPP_DIR ${AIRSSYS_SDK_CPP_DIR} CACHE INTERNAL "")
set(AIRSSYS_COMPONENT_FLAGS
  --target=wasm32-wasi -mbulk-memory -mnontrapping-fptoint
  -O2 -fno-exceptions -ffunction-sections -fdata-sections -fvisibility=hidden
  CACHE INTERNAL "")
set(AIRSSYS_COMPONENT_CXX_FLAGS
  -std=c++23 -fno-rtti -fno-c++-static-destructors -fno-threadsafe-statics -Wall -Wextra -Wshadow
  CACHE INTERNAL "")
# A 64 KiB stack at the bottom of the memory: running over it is a trap, not silent damage to the data.
set(AIRSSYS_COMPONENT_LINK_FLAGS
  -mexec-model=reactor -Wl,--gc-sections -Wl,-z,stack-size=65536 -Wl,--stack-first -Wl,--strip-debug
  CACHE INTERNAL "")

function(airssys_find_component_tools)
  find_program(AIRSSYS_WASM_CLANGXX NAMES clang++-19 clang++-20 clang++-21 DOC "clang++ with the wasm32 target")
  find_program(AIRSSYS_WASM_LD NAMES wasm-ld-19 wasm-ld-20 wasm-ld-21 DOC "wasm-ld")
  if(NOT AIRSSYS_WASM_CLANGXX OR NOT AIRSSYS_WASM_LD)
    message(FATAL_ERROR "airssys_add_component: no clang for wasm32; on Debian: "
      "apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32, "
      "elsewhere set AIRSSYS_WASM_CLANGXX and AIRSSYS_WASM_LD")
  endif()
  if(NOT AIRSSYS_WASM_TOOL AND NOT TARGET airssys-wasm)
    find_program(AIRSSYS_WASM_TOOL airssys-wasm DOC "The airssys-wasm program")
    if(NOT AIRSSYS_WASM_TOOL)
      message(FATAL_ERROR "airssys_add_component: airssys-wasm is not on PATH; build it (./dev build) and set AIRSSYS_WASM_TOOL")
    endif()
  endif()
endfunction()

# What to write after COMMAND: a path, or the target, which CMake replaces by its file and builds first.
function(airssys_component_tool out)
  if(AIRSSYS_WASM_TOOL)
    set(${out} ${AIRSSYS_WASM_TOOL} PARENT_SCOPE)
  else()
    set(${out} airssys-wasm PARENT_SCOPE)
  endif()
endfunction()

# Bindings of one world, generated and compiled once per build directory: target airssys-bindings-WORLD.
function(airssys_component_bindings world dir)
  if(TARGET airssys-bindings-${world})
    return()
  endif()
  string(REPLACE "-" "_" stem ${world})
  airssys_component_tool(tool)
  set(wit_arguments "")
  set(wit_files "")
  if(NOT AIRSSYS_WIT_DIR AND EXISTS ${AIRSSYS_SDK_CPP_DIR}/../../wit/core.wit)
    get_filename_component(AIRSSYS_WIT_DIR ${AIRSSYS_SDK_CPP_DIR}/../../wit ABSOLUTE)
  endif()
  if(AIRSSYS_WIT_DIR)
    file(GLOB wit_files ${AIRSSYS_WIT_DIR}/*.wit ${AIRSSYS_WIT_DIR}/deps/*.wit)
    set(wit_arguments --wit ${AIRSSYS_WIT_DIR})
  endif()
  string(REGEX REPLACE "clang\\+\\+([^/]*)$" "clang\\1" clang ${AIRSSYS_WASM_CLANGXX})
  # Generated beside, then copied where different: a rebuilt tool that says the same rebuilds no component.
  add_custom_command(
    OUTPUT ${dir}/${stem}.c ${dir}/${stem}.h ${dir}/${stem}_component_type.o
    COMMAND ${CMAKE_COMMAND} -E make_directory ${dir}/new
    COMMAND ${tool} wit bindgen --lang c --world ${world} --out ${dir}/new ${wit_arguments}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different
      ${dir}/new/${stem}.c ${dir}/new/${stem}.h ${dir}/new/${stem}_component_type.o ${dir}
    DEPENDS ${tool} ${wit_files}
    COMMENT "Generating the C bindings of world ${world}"
    VERBATIM)
  add_custom_command(
    OUTPUT ${dir}/${stem}.o
    COMMAND ${clang} ${AIRSSYS_COMPONENT_FLAGS} -c ${dir}/${stem}.c -o ${dir}/${stem}.o
    DEPENDS ${dir}/${stem}.c ${dir}/${stem}.h
    COMMENT "Compiling the C bindings of world ${world}"
    VERBATIM)
  add_custom_target(airssys-bindings-${world} DEPENDS ${dir}/${stem}.o ${dir}/${stem}_component_type.o)
endfunction()

function(airssys_add_component name)
  cmake_parse_arguments(PARSE_ARGV 1 C "" "WORLD;OUTPUT" "SOURCES;INCLUDES;DEFINES;OPTIONS;LINK_OPTIONS;LIBRARIES")
  if(C_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "airssys_add_component(${name}): unknown words: ${C_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT C_SOURCES)
    set(C_SOURCES ${name}.cc)
  endif()
  if(NOT C_WORLD)
    set(C_WORLD component)
  endif()
  if(NOT C_OUTPUT)
    set(C_OUTPUT target/${name}.wasm)
  endif()
  get_filename_component(output ${C_OUTPUT} ABSOLUTE)
  airssys_find_component_tools()
  airssys_component_tool(tool)
  set(bindings ${CMAKE_BINARY_DIR}/airssys-bindings/${C_WORLD})
  airssys_component_bindings(${C_WORLD} ${bindings})
  string(REPLACE "-" "_" stem ${C_WORLD})

  set(includes -I${AIRSSYS_SDK_CPP_DIR}/include -I${bindings})
  foreach(dir IN LISTS C_INCLUDES)
    get_filename_component(dir ${dir} ABSOLUTE)
    list(APPEND includes -I${dir})
  endforeach()
  set(defines "-DAIRSSYS_BINDINGS=\"${stem}.h\"" "-DAIRSSYS_COMPONENT_NAME=\"${name}\"")
  if(C_WORLD STREQUAL "waiting-component")
    list(APPEND defines -DAIRSSYS_WORLD_WAITS=1)
  endif()
  list(TRANSFORM C_DEFINES PREPEND -D)

  set(work ${CMAKE_CURRENT_BINARY_DIR}/component-${name})
  file(MAKE_DIRECTORY ${work})
  set(objects "")
  foreach(source IN LISTS C_SOURCES)
    get_filename_component(file ${source} ABSOLUTE)
    string(MAKE_C_IDENTIFIER ${source} object)
    set(object ${work}/${object}.o)
    set(language_flags ${AIRSSYS_COMPONENT_CXX_FLAGS})
    if(source MATCHES "\\.c$")
      set(language_flags -x c)
    endif()
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${AIRSSYS_WASM_CLANGXX} ${AIRSSYS_COMPONENT_FLAGS} ${language_flags} ${includes} ${defines} ${C_DEFINES} ${C_OPTIONS}
        -MD -MT ${object} -MF ${object}.d -c ${file} -o ${object}
      DEPENDS ${file} ${bindings}/${stem}.h airssys-bindings-${C_WORLD}
      DEPFILE ${object}.d
      COMMENT "Compiling ${source} for wasm32"
      VERBATIM)
    list(APPEND objects ${object})
  endforeach()

  # The stamp is what is newer than its inputs: OUTPUT keeps its time when its content is the same.
  add_custom_command(
    OUTPUT ${work}/published
    COMMAND ${AIRSSYS_WASM_CLANGXX} --target=wasm32-wasi -O2 -fuse-ld=${AIRSSYS_WASM_LD} ${AIRSSYS_COMPONENT_LINK_FLAGS}
      ${C_LINK_OPTIONS} ${objects} ${bindings}/${stem}.o ${bindings}/${stem}_component_type.o ${C_LIBRARIES}
      -o ${work}/core.wasm
    COMMAND ${tool} componentize ${work}/core.wasm -o ${work}/component.wasm
    COMMAND ${CMAKE_COMMAND} -DFROM=${work}/component.wasm -DTO=${output} -P ${AIRSSYS_SDK_CPP_DIR}/cmake/publish.cmake
    COMMAND ${CMAKE_COMMAND} -E touch ${work}/published
    DEPENDS ${objects} ${bindings}/${stem}.o ${bindings}/${stem}_component_type.o airssys-bindings-${C_WORLD} ${C_LIBRARIES}
      ${tool} ${AIRSSYS_SDK_CPP_DIR}/cmake/publish.cmake
    BYPRODUCTS ${output} ${work}/core.wasm ${work}/component.wasm
    COMMENT "Making component ${name}"
    VERBATIM)
  add_custom_target(component-${name} ALL DEPENDS ${work}/published)
  if(NOT TARGET components)
    add_custom_target(components)
  endif()
  add_dependencies(components component-${name})
endfunction()
