# What fuzz targets are compiled with for the sake of their engine, and linked with; included after flags.cmake. Each
# engine is a file of engine/, which sets what it has otherwise.

# Engines that know these hooks find them, the others leave them alone.
set(state_sources "${pinfuzz_root}/fuzz/engine/afl_state.c" "${pinfuzz_root}/fuzz/engine/counters.c")
set(engine_sources "${pinfuzz_root}/fuzz/engine/libfuzzer_mutator.c" "${pinfuzz_root}/fuzz/engine/honggfuzz.c"
  ${state_sources})
set(engine_libraries)
# It looks at coverage: for fuzz targets the subject is compiled once more, with what the engine adds to `covered`.
set(engine_covers ON)
# What runs a target once over a directory: this, the target, the options, the directory. -runs=0: each file once,
# nothing new.
set(engine_replay)
set(engine_replay_options -runs=0 -max_len=1048576)
if(NOT PINFUZZ_ENGINE IN_LIST engines)
  message(FATAL_ERROR "PINFUZZ_ENGINE is one of ${engines_told}, not '${PINFUZZ_ENGINE}'.")
endif()
include("${CMAKE_CURRENT_LIST_DIR}/engine/${PINFUZZ_ENGINE}.cmake")
