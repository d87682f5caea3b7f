# What is asked of a build, of this project's own and of one that it is a part of: cache variables.

# A cluster says in LIB_FUZZING_ENGINE what to link, and in CFLAGS everything else.
if(DEFINED ENV{LIB_FUZZING_ENGINE})
  set(engine_default external)
elseif(CMAKE_C_COMPILER_ID MATCHES Clang)
  set(engine_default libfuzzer)
else()
  set(engine_default standalone)
endif()

file(GLOB engines CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_LIST_DIR}/engine" "${CMAKE_CURRENT_LIST_DIR}/engine/*.cmake")
string(REPLACE ".cmake" "" engines "${engines}")
list(JOIN engines ", " engines_told)
set(PINFUZZ_ENGINE ${engine_default} CACHE STRING
    "What drives the fuzz targets: ${engines_told} (standalone replays files, external is LIB_FUZZING_ENGINE)")
set_property(CACHE PINFUZZ_ENGINE PROPERTY STRINGS ${engines})
set(PINFUZZ_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or memory or thread; empty: none")
set(PINFUZZ_SUT_FLAGS "" CACHE STRING "More compile flags for the implementation under test, and for nothing else")
option(PINFUZZ_WERROR "Warnings are errors" OFF)

# Here and not where it is used: a language is enabled for a directory. Engines are C++ behind a C interface.
if(PINFUZZ_ENGINE STREQUAL external)
  enable_language(CXX)
endif()
