# airssys_rust_library(TARGET CRATE_DIR [DEPENDS file…] [ENV NAME=VALUE…])
#   The static library of the Rust crate in CRATE_DIR (Cargo.toml with a committed Cargo.lock) as imported target TARGET.
#   The crate's C header is the caller's affair. ENV is set while it compiles.
#
# airssys_rust_program(OUT CRATE_DIR NAME)
#   The program NAME ([[bin]]) of the same crate, for the build itself to run; its path is stored in OUT.
#
# Where cargo writes, and why two clones never mix:
# - Intermediate files, the engine's 160 crates above all, go to one directory outside every clone (AIRSSYS_CARGO_TARGET_DIR),
#   so that a second clone, preset or CI run compiles only our crate. Cargo locks it while it builds.
# - Cargo itself does not tell our crate in one clone from our crate in another: it names results by the path relative to
#   the workspace and looks at modification times only. So the crate, and it alone, is compiled with `-C metadata` that names
#   this clone's directory, which gives every clone its own intermediate archive.
# - The finished archive goes to <build dir>/cargo, as a hard link to that one where the file system allows. Intermediate
#   archives that no build directory links to any more are removed after an hour.
# - Ninja runs cargo when a source of the crate differs, by the dependency file cargo writes beside the archive.
# The shared directory is a cache: removing it costs the next build some minutes and nothing else.
include_guard(GLOBAL)

set(cache_home "$ENV{XDG_CACHE_HOME}")
if(NOT cache_home)
  set(cache_home "$ENV{HOME}/.cache")
endif()
set(cargo_target_dir "$ENV{AIRSSYS_CARGO_TARGET_DIR}")
if(NOT cargo_target_dir)
  set(cargo_target_dir "${cache_home}/airssys-wasm/cargo")
endif()
set(AIRSSYS_CARGO_TARGET_DIR "${cargo_target_dir}" CACHE PATH "Cargo's intermediate files, shared by all clones")

execute_process(
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/../tools/rust-toolchain
  OUTPUT_VARIABLE AIRSSYS_RUST_BIN OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE missing)
if(missing)
  message(FATAL_ERROR "no cargo and rustc as new as wasm/bridge/Cargo.toml asks; run tools/setup")
endif()

# cargo's command line for one target of a crate, up to the target itself.
function(airssys_cargo_command out crate_dir)
  # Path, inode and birth: a clone that was moved here, or made anew, is another one.
  execute_process(COMMAND stat -c "%n %i %W" ${crate_dir} OUTPUT_VARIABLE clone COMMAND_ERROR_IS_FATAL ANY)
  string(SHA256 clone "${clone}")
  string(SUBSTRING "${clone}" 0 16 clone)
  set(${out}_clone ${clone} PARENT_SCOPE)
  set(${out} ${CMAKE_COMMAND} -E env --unset=CARGO_TARGET_DIR --unset=RUSTFLAGS
    CARGO_BUILD_BUILD_DIR=${AIRSSYS_CARGO_TARGET_DIR} RUSTC=${AIRSSYS_RUST_BIN}/rustc ${ARGN}
    ${AIRSSYS_RUST_BIN}/cargo rustc --release --locked --quiet
    --manifest-path ${crate_dir}/Cargo.toml --target-dir ${CMAKE_BINARY_DIR}/cargo PARENT_SCOPE)
endfunction()

function(airssys_rust_program out crate_dir name)
  set(program ${CMAKE_BINARY_DIR}/cargo/release/${name})
  airssys_cargo_command(cargo ${crate_dir})
  add_custom_command(
    OUTPUT ${program}
    COMMAND ${cargo} --bin ${name} -- -C metadata=${cargo_clone}
    DEPENDS ${crate_dir}/Cargo.toml ${crate_dir}/Cargo.lock
    DEPFILE ${program}.d
    WORKING_DIRECTORY ${crate_dir}
    COMMENT "cargo build ${name}" VERBATIM USES_TERMINAL)
  set(${out} ${program} PARENT_SCOPE)
endfunction()

function(airssys_rust_library target crate_dir)
  cmake_parse_arguments(PARSE_ARGV 2 L "" "" "DEPENDS;ENV")
  file(STRINGS ${crate_dir}/Cargo.toml name_line REGEX "^name *=" LIMIT_COUNT 1)
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" crate "${name_line}")
  set(output ${CMAKE_BINARY_DIR}/cargo)
  set(archive ${output}/release/lib${crate}.a)
  airssys_cargo_command(cargo ${crate_dir} ${L_ENV})
  add_custom_command(
    OUTPUT ${archive}
    COMMAND ${cargo} --lib -- -C metadata=${cargo_clone}
    COMMAND find ${AIRSSYS_CARGO_TARGET_DIR}/release/deps -name lib${crate}-*.a -links 1 -mmin +60 -delete
    DEPENDS ${crate_dir}/Cargo.toml ${crate_dir}/Cargo.lock ${L_DEPENDS}
    DEPFILE ${output}/release/lib${crate}.d
    WORKING_DIRECTORY ${crate_dir}
    COMMENT "cargo build ${crate}" VERBATIM USES_TERMINAL)
  add_custom_target(${target}_cargo DEPENDS ${archive})
  add_library(${target} STATIC IMPORTED GLOBAL)
  add_dependencies(${target} ${target}_cargo)
  # What Rust's standard library asks of the C side (cargo rustc -- --print native-static-libs).
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${archive}
    INTERFACE_LINK_LIBRARIES "gcc_s;util;rt;Threads::Threads;m;dl")
endfunction()
