# The CMake package `airssys`: what a project of somebody else finds after
#
#   cmake -G Ninja -B build/package -DAIRSSYS_TESTS=OFF
#   cmake --build build/package --target package-modules && cmake --install build/package --prefix PREFIX
#
# (with -DAIRSSYS_WASM=OFF the actor runtime alone, which needs no cargo)
# and then uses by find_package(airssys 0.1 REQUIRED) and a target airssys::NAME for each module that says INSTALL: its
# public headers, its archive, its installed dependencies and the foreign ones in LIBS and IMPL_LIBS. Our warnings and
# sanitizers stay ours, and an archive that needs a sanitizer is not installed at all. tests/packaging holds it to this.
include_guard(GLOBAL)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# All that is installed, and no more.
add_custom_target(package-modules)

# First of all rules of installation, so that nothing is copied.
if(AIRSSYS_SANITIZE OR AIRSSYS_FUZZ)
  install(CODE "message(FATAL_ERROR \"this build is instrumented (AIRSSYS_SANITIZE, AIRSSYS_FUZZ), and so would have to be who \
links it; install from a build directory without\")")
endif()

# For the target of module NAME; `libs` are its foreign ones, like fmt::fmt.
function(airssys_install name libs)
  set(target airssys_${name})
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL INTERFACE_LIBRARY)
    # Places in messages read rt/src/cell.cc wherever the checkout and the build directory were. The compiler sees the path
    # that ccache makes of the absolute one, and that is the same in every clone.
    set(seen ${CMAKE_SOURCE_DIR})
    if(AIRSSYS_CCACHE)
      file(RELATIVE_PATH seen ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
      string(REGEX REPLACE "/$" "" seen "${seen}")
    endif()
    target_compile_options(${target} PRIVATE -fmacro-prefix-map=${seen}/=)
  endif()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  add_dependencies(package-modules ${target})
  install(TARGETS ${target} EXPORT airssys
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  # What a Rust crate made is imported, and pkg-config's targets are made by name; airssysConfig.cmake does both.
  list(FILTER libs EXCLUDE REGEX "^airssys_.*_rust$")
  foreach(module IN LISTS libs)
    if(module MATCHES "^PkgConfig::(.+)")
      set_property(GLOBAL APPEND PROPERTY AIRSSYS_INSTALLED_MODULES ${CMAKE_MATCH_1})
    endif()
  endforeach()
  list(TRANSFORM libs REPLACE "::.*" "")
  set_property(GLOBAL APPEND PROPERTY AIRSSYS_INSTALLED ${name})
  set_property(GLOBAL APPEND PROPERTY AIRSSYS_INSTALLED_NEEDS ${libs})
endfunction()

# The archive of airssys_rust_library(TARGET …), for the modules that link it.
function(airssys_install_rust target)
  get_target_property(archive ${target} IMPORTED_LOCATION)
  get_target_property(system ${target} INTERFACE_LINK_LIBRARIES)
  install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
  get_filename_component(name ${archive} NAME)
  set_property(GLOBAL APPEND_STRING PROPERTY AIRSSYS_INSTALLED_RUST "
find_dependency(Threads)
if(NOT TARGET ${target})
  add_library(${target} STATIC IMPORTED)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION \${CMAKE_CURRENT_LIST_DIR}/../../${name}
    INTERFACE_LINK_LIBRARIES \"${system}\")
endif()
")
endfunction()

# Runs last, when all installed modules are known.
function(airssys_install_package)
  get_property(AIRSSYS_INSTALLED GLOBAL PROPERTY AIRSSYS_INSTALLED)
  if(NOT AIRSSYS_INSTALLED)
    return()
  endif()
  list(JOIN AIRSSYS_INSTALLED ", " AIRSSYS_INSTALLED)
  get_property(needs GLOBAL PROPERTY AIRSSYS_INSTALLED_NEEDS)
  list(REMOVE_DUPLICATES needs)
  list(SORT needs)
  list(TRANSFORM needs REPLACE "(.+)" "find_dependency(\\1)")
  list(JOIN needs "\n" AIRSSYS_DEPENDENCIES)
  get_property(modules GLOBAL PROPERTY AIRSSYS_INSTALLED_MODULES)
  list(REMOVE_DUPLICATES modules)
  foreach(module IN LISTS modules)
    string(TOLOWER lib${module} name)
    string(APPEND AIRSSYS_DEPENDENCIES "\npkg_check_modules(${module} REQUIRED QUIET IMPORTED_TARGET ${name})")
  endforeach()
  get_property(rust GLOBAL PROPERTY AIRSSYS_INSTALLED_RUST)
  string(APPEND AIRSSYS_DEPENDENCIES "${rust}")
  set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/airssys)
  set(made ${CMAKE_BINARY_DIR}/package)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/airssysConfig.cmake.in ${made}/airssysConfig.cmake
    INSTALL_DESTINATION ${folder} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
  # Below 1.0 a new minor version may change anything.
  write_basic_package_version_file(${made}/airssysConfigVersion.cmake VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
  install(FILES ${made}/airssysConfig.cmake ${made}/airssysConfigVersion.cmake DESTINATION ${folder})
  install(EXPORT airssys NAMESPACE airssys:: FILE airssysTargets.cmake DESTINATION ${folder})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/airssys)
endfunction()
cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL airssys_install_package)
