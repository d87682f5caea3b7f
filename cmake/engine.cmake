# What fuzz targets are compiled with for the sake of their engine, and linked with; included after flags.cmake.

# Engines that know these hooks find them, the others leave them alone.
set(engine_sources "${pinfuzz_root}/fuzz/engine/libfuzzer_mutator.c" "${pinfuzz_root}/fuzz/engine/afl_state.c")
set(engine_libraries)
if(PINFUZZ_ENGINE STREQUAL libfuzzer)
  include(CheckCSourceCompiles)
  set(CMAKE_REQUIRED_FLAGS -fsanitize=fuzzer)
  check_c_source_compiles("#include <stddef.h>
    int LLVMFuzzerTestOneInput(const unsigned char *d, size_t n) { (void)d; (void)n; return 0; }" PINFUZZ_HAVE_LIBFUZZER)
  unset(CMAKE_REQUIRED_FLAGS)
  if(NOT PINFUZZ_HAVE_LIBFUZZER)
    message(FATAL_ERROR "${CMAKE_C_COMPILER} cannot link libFuzzer. It needs clang with compiler-rt "
      "(Debian: clang-19 libclang-rt-19-dev); with another compiler use -DPINFUZZ_ENGINE=standalone.")
  endif()
  list(PREPEND covered -fsanitize=fuzzer-no-link)
  set(engine_libraries -fsanitize=fuzzer)
elseif(PINFUZZ_ENGINE STREQUAL afl)
  # AFL++'s runtime serves clang's own instrumentation as it does its own compilers': so its targets come
  # from the compiler that libFuzzer's come from, and coverage is left out where it is meant to be.
  if(NOT CMAKE_C_COMPILER_ID MATCHES Clang OR compiler_name MATCHES "^afl-")
    message(FATAL_ERROR "PINFUZZ_ENGINE=afl wants clang, not ${CMAKE_C_COMPILER}; "
      "with afl-clang-fast use LIB_FUZZING_ENGINE=-fsanitize=fuzzer and -DPINFUZZ_ENGINE=external.")
  endif()
  set(afl_places $ENV{AFL_PATH} /usr/lib/afl /usr/local/lib/afl)
  find_file(PINFUZZ_AFL_DRIVER libAFLDriver.a PATHS ${afl_places} NO_DEFAULT_PATH)
  find_file(PINFUZZ_AFL_RUNTIME afl-compiler-rt.o PATHS ${afl_places} NO_DEFAULT_PATH)
  if(NOT PINFUZZ_AFL_DRIVER OR NOT PINFUZZ_AFL_RUNTIME)
    message(FATAL_ERROR "No libAFLDriver.a and afl-compiler-rt.o in ${afl_places} (Debian: afl++; "
      "elsewhere set AFL_PATH in the environment).")
  endif()
  set(afl_coverage trace-pc-guard)
  if(PINFUZZ_CMPLOG)
    string(APPEND afl_coverage ,trace-cmp)
  endif()
  list(PREPEND covered -fsanitize-coverage=${afl_coverage})
  set(engine_libraries ${PINFUZZ_AFL_DRIVER} ${PINFUZZ_AFL_RUNTIME} -lstdc++ -lm)
elseif(PINFUZZ_ENGINE STREQUAL standalone)
  list(APPEND engine_sources "${pinfuzz_root}/fuzz/engine/standalone.c")
elseif(PINFUZZ_ENGINE STREQUAL external)
  if(NOT PINFUZZ_ENGINE_LINK)
    message(FATAL_ERROR "PINFUZZ_ENGINE=external wants LIB_FUZZING_ENGINE in the environment.")
  endif()
  separate_arguments(engine_libraries UNIX_COMMAND "${PINFUZZ_ENGINE_LINK}")
else()
  message(FATAL_ERROR "PINFUZZ_ENGINE is libfuzzer, afl, standalone or external, not '${PINFUZZ_ENGINE}'.")
endif()
