# What LIB_FUZZING_ENGINE names in the environment, as clusters have it. fuzz/run does not start it.
set(PINFUZZ_ENGINE_LINK "$ENV{LIB_FUZZING_ENGINE}" CACHE STRING "What the external engine is linked with")

if(NOT PINFUZZ_ENGINE_LINK)
  message(FATAL_ERROR "PINFUZZ_ENGINE=external wants LIB_FUZZING_ENGINE in the environment.")
endif()
separate_arguments(engine_libraries UNIX_COMMAND "${PINFUZZ_ENGINE_LINK}")
