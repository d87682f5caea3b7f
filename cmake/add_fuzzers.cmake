# For a project that has an implementation of its own, be pinfuzz below it or a package:
#
#   pinfuzz_add_fuzzers(NAME mine SUT my_library [TESTS] [EXCLUDE_FROM_ALL])
#
# makes, below the directory mine/ of the caller's binary directory,
#   pinfuzz                          the command line, with that implementation behind the seam
#   pin_args_fuzzer ...              the fuzz targets, each with its .options and .dict
#   pin_args_fuzzer_seed_corpus.zip  its seeds, and the same as files in seeds/pin_args_fuzzer/
# as targets mine_pinfuzz, mine_pin_args_fuzzer and so on; mine_fuzzers is all of the fuzz targets and seeds.
# TESTS adds tests that run each of them over its seeds: mine.replay.pin_args_fuzzer ...
#
# SUT names one library or several, which together define sut_get(). The sources of a static library or an object
# library are compiled anew, with what that target is compiled with: for fuzz targets with the engine's coverage,
# for races with loads and stores traced. So it is called when the library has all its sources. What a single source
# file alone is compiled with (set_source_files_properties) does not come along. Any other library is linked as it
# is, without coverage if its owner did not ask the compiler for it, and its races can only switch at calls and locks.
# It meets the harness in one program: a function that both have is the linker's "multiple definition".
#
# PINFUZZ_ENGINE, PINFUZZ_SANITIZE: options.cmake. AFL++'s mutator is lib/pinfuzz/libpinfuzz_mutator.so of a package,
# below another project the target pinfuzz_mutator.

set_property(GLOBAL PROPERTY pinfuzz_cmake "${CMAKE_CURRENT_LIST_DIR}")

function(pinfuzz_add_fuzzers)
  cmake_parse_arguments(OF "TESTS;EXCLUDE_FROM_ALL" "NAME" "SUT" ${ARGN})
  if(OF_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "pinfuzz_add_fuzzers: what is '${OF_UNPARSED_ARGUMENTS}'?")
  endif()
  if(NOT "${OF_NAME}" MATCHES "^[A-Za-z0-9][A-Za-z0-9_.+-]*$")
    message(FATAL_ERROR "pinfuzz_add_fuzzers: NAME wants a name for targets, not '${OF_NAME}'.")
  endif()
  if(NOT OF_SUT)
    message(FATAL_ERROR "pinfuzz_add_fuzzers: SUT wants the library that defines sut_get().")
  endif()
  foreach(library IN LISTS OF_SUT)
    if(NOT TARGET ${library})
      message(FATAL_ERROR "pinfuzz_add_fuzzers: SUT wants libraries of this build; there is no target '${library}'.")
    endif()
  endforeach()
  get_property(place GLOBAL PROPERTY pinfuzz_cmake)
  set(from_all)
  if(OF_EXCLUDE_FROM_ALL)
    set(from_all EXCLUDE_FROM_ALL)
  endif()
  # A directory of its own, for languages are enabled for a directory: the caller may have C++ alone.
  add_subdirectory("${place}/fuzzers" "${CMAKE_CURRENT_BINARY_DIR}/${OF_NAME}" ${from_all})
endfunction()
