# What another project needs to fuzz an implementation of its own: the command line, the headers, and below
# share/pinfuzz the harness and the fuzz targets as sources, as they lie here. Sources, for sanitizers and coverage
# must be those of the implementation.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(pinfuzz_share ${CMAKE_INSTALL_DATADIR}/pinfuzz)
set(pinfuzz_headers ${CMAKE_INSTALL_INCLUDEDIR}/pinfuzz)
set(pinfuzz_program ${CMAKE_INSTALL_BINDIR}/pinfuzz)

# A cluster's build makes fuzz targets alone.
if(NOT PINFUZZ_ENGINE STREQUAL external)
  install(TARGETS pinfuzz RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(TARGETS pinfuzz_mutator LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/pinfuzz)
endif()

install(FILES harness/sut.h DESTINATION ${pinfuzz_headers}/harness)
install(DIRECTORY src/include/wddm DESTINATION ${pinfuzz_headers})

install(DIRECTORY harness DESTINATION ${pinfuzz_share} PATTERN harness/sut.h EXCLUDE)
file(GLOB files CONFIGURE_DEPENDS fuzz/*_fuzzer.c fuzz/*_fuzzer.dict fuzz/*_fuzzer.options)
install(FILES ${files} DESTINATION ${pinfuzz_share}/fuzz)
file(GLOB files CONFIGURE_DEPENDS fuzz/engine/*.c fuzz/engine/*.txt)
install(FILES ${files} DESTINATION ${pinfuzz_share}/fuzz/engine)
install(DIRECTORY corpus DESTINATION ${pinfuzz_share} FILES_MATCHING PATTERN *.txt)
install(DIRECTORY examples DESTINATION ${pinfuzz_share})

file(GLOB files CONFIGURE_DEPENDS cmake/*.cmake)
list(REMOVE_ITEM files "${CMAKE_CURRENT_LIST_FILE}")
install(FILES ${files} DESTINATION ${pinfuzz_share}/cmake)
install(DIRECTORY cmake/engine DESTINATION ${pinfuzz_share}/cmake)
install(FILES cmake/fuzzers/CMakeLists.txt DESTINATION ${pinfuzz_share}/cmake/fuzzers)
configure_package_config_file(cmake/pinfuzzConfig.cmake.in "${PROJECT_BINARY_DIR}/package/pinfuzzConfig.cmake"
  INSTALL_DESTINATION ${pinfuzz_share}/cmake PATH_VARS pinfuzz_headers pinfuzz_program)
file(STRINGS harness/cli/pinfuzz.c version REGEX "#define PINFUZZ_VERSION ")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" version "${version}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/pinfuzzConfigVersion.cmake" VERSION ${version}
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/package/pinfuzzConfig.cmake"
  "${PROJECT_BINARY_DIR}/package/pinfuzzConfigVersion.cmake" DESTINATION ${pinfuzz_share}/cmake)
install(FILES LICENSE README.md docs/contract.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/pinfuzz)
