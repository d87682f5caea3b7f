# AFL++. Its driver is made for libFuzzer's interface; it takes files, not directories.
option(PINFUZZ_CMPLOG "With AFL++: tell it what is compared, for -c 0 (slower)" OFF)

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
set(engine_replay sh -c "exec \"$1\" \"$2\"/*" replay)
set(engine_replay_options)
