# The programs of one implementation: `pinfuzz` and the fuzz targets. Included after harness.cmake.

# pinfuzz_programs(PREFIX mine_ GROUP mine_fuzzers [DIRECTORY DIR]): makes them of the `subject` lists of
# pinfuzz_subject_is(), and sets `fuzzers`. Targets are called PREFIX and the program's name, the programs just
# that, in DIR.
function(pinfuzz_programs)
  cmake_parse_arguments(OF "" "PREFIX;GROUP;DIRECTORY" "" ${ARGN})
  pinfuzz_executable(${OF_PREFIX}pinfuzz SOURCES $<TARGET_OBJECTS:pinfuzz_cli> LINK ${harness} ${subject_traced}
    ${archive})

  # Drop in fuzz/<name>_fuzzer.c, get a target.
  file(GLOB sources CONFIGURE_DEPENDS "${pinfuzz_root}/fuzz/*_fuzzer.c")
  set(targets)
  set(fuzzers)
  foreach(source IN LISTS sources)
    get_filename_component(fuzzer "${source}" NAME_WE)
    set(implementation ${subject_covered})
    if(fuzzer MATCHES race)
      set(implementation ${subject_covered_traced})
    endif()
    set(target ${OF_PREFIX}${fuzzer})
    pinfuzz_executable(${target} SOURCES "${source}" INCLUDES ${public_includes}
      LINK pinfuzz_engine ${harness} ${implementation} ${engine_libraries})
    if(PINFUZZ_ENGINE STREQUAL external)
      set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
    endif()
    list(APPEND fuzzers ${fuzzer})
    list(APPEND targets ${target})
  endforeach()
  add_custom_target(${OF_GROUP} DEPENDS ${targets})

  foreach(program pinfuzz ${fuzzers})
    set_target_properties(${OF_PREFIX}${program} PROPERTIES
      OUTPUT_NAME ${program} RUNTIME_OUTPUT_DIRECTORY "${OF_DIRECTORY}$<0:>")
  endforeach()
  set(fuzzers ${fuzzers} PARENT_SCOPE)
endfunction()

# What stands beside a fuzz target where clusters and people look for it: its options and dictionary, and its seeds
# as a directory of files in bytes and as a zip. TOOL makes bytes of the seeds, which are text.
function(pinfuzz_beside)
  cmake_parse_arguments(OF "" "PREFIX;GROUP;DIRECTORY;TOOL" "" ${ARGN})
  set(archives)
  foreach(fuzzer IN LISTS fuzzers)
    foreach(extra options dict)
      if(EXISTS "${pinfuzz_root}/fuzz/${fuzzer}.${extra}")
        configure_file("${pinfuzz_root}/fuzz/${fuzzer}.${extra}" "${OF_DIRECTORY}/${fuzzer}.${extra}" COPYONLY)
      endif()
    endforeach()
    file(GLOB_RECURSE programs CONFIGURE_DEPENDS "${pinfuzz_root}/corpus/${fuzzer}/*.txt")
    if(OF_TOOL AND programs)
      set(seeds "${OF_DIRECTORY}/seeds/${fuzzer}")
      set(archive "${OF_DIRECTORY}/${fuzzer}_seed_corpus.zip")
      add_custom_command(OUTPUT "${archive}"
        COMMAND ${CMAKE_COMMAND} -E remove_directory "${seeds}"
        COMMAND ${OF_TOOL} bytes "${pinfuzz_root}/corpus/${fuzzer}" -o "${seeds}"
        COMMAND ${CMAKE_COMMAND} -E chdir "${seeds}" ${CMAKE_COMMAND} -E tar cf "${archive}" --format=zip .
        DEPENDS ${programs} COMMENT "Seeds of ${fuzzer}" VERBATIM)
      list(APPEND archives "${archive}")
    endif()
  endforeach()
  if(archives)
    add_custom_target(${OF_PREFIX}seeds ALL DEPENDS ${archives})
    add_dependencies(${OF_GROUP} ${OF_PREFIX}seeds)
  endif()
endfunction()

# Tests that run each target once over its seeds. Seeds are text; targets eat bytes.
function(pinfuzz_replay_tests)
  cmake_parse_arguments(OF "" "PREFIX;DIRECTORY" "" ${ARGN})
  string(REGEX REPLACE "_$" "." name "${OF_PREFIX}")
  foreach(fuzzer IN LISTS fuzzers)
    if(NOT EXISTS "${pinfuzz_root}/corpus/${fuzzer}")
      continue()
    endif()
    set(target ${OF_PREFIX}${fuzzer})
    set(seeds "${OF_DIRECTORY}/${fuzzer}")
    set(make_seeds ${name}seeds.${fuzzer})
    set(replay ${name}replay.${fuzzer})
    add_test(NAME ${make_seeds}
      COMMAND ${OF_PREFIX}pinfuzz bytes "${pinfuzz_root}/corpus/${fuzzer}" -o "${seeds}")
    set(program ${target}) # by its name it runs on another machine's emulator, too
    if(engine_replay)
      set(program $<TARGET_FILE:${target}>)
    endif()
    add_test(NAME ${replay} COMMAND ${engine_replay} ${program} ${engine_replay_options} "${seeds}")
    set_tests_properties(${make_seeds} PROPERTIES LABELS replay FIXTURES_SETUP ${make_seeds})
    set_tests_properties(${replay} PROPERTIES LABELS replay FIXTURES_REQUIRED ${make_seeds} TIMEOUT 300
      FAIL_REGULAR_EXPRESSION "Rejected ") # the standalone engine says so of a seed that does not run
  endforeach()
endfunction()
