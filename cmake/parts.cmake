# How targets are made: parts of programs, and programs. Included after flags.cmake and engine.cmake.

# Object libraries throughout: an engine finds hooks such as LLVMFuzzerCustomMutator by weak reference,
# and those do not pull a member out of an archive.
#
# With LIKE the sources are those of another project's target, and compiled as that one is but for FLAGS;
# without, they are this project's, whose ways no project around it changes.
function(pinfuzz_part name)
  cmake_parse_arguments(PART "" "LIKE" "SOURCES;INCLUDES;FLAGS" ${ARGN})
  add_library(${name} OBJECT ${PART_SOURCES})
  if(PART_LIKE)
    pinfuzz_like(${name} ${PART_LIKE})
  else()
    pinfuzz_own(${name} "${PART_INCLUDES}")
  endif()
  target_compile_options(${name} PRIVATE ${flags} ${PART_FLAGS})
  set_target_properties(${name} PROPERTIES RULE_LAUNCH_COMPILE "${uncovered_launch}")
  if(NOT pinfuzz_top_level)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON) # another project builds what it links
  endif()
endfunction()

# Strict C11, this project's headers before whatever else has their names, one source a compilation, no tool
# that another project has its own sources looked at with.
function(pinfuzz_own name includes)
  target_include_directories(${name} BEFORE PRIVATE ${includes})
  target_compile_options(${name} PRIVATE ${own_flags})
  set_target_properties(${name} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
    UNITY_BUILD OFF INTERPROCEDURAL_OPTIMIZATION OFF C_VISIBILITY_PRESET default
    C_CLANG_TIDY "" C_CPPCHECK "" C_INCLUDE_WHAT_YOU_USE "")
endfunction()

# Whatever `target` is compiled and linked with, for `name`.
function(pinfuzz_like name target)
  foreach(property INCLUDE_DIRECTORIES COMPILE_DEFINITIONS COMPILE_OPTIONS)
    set_property(TARGET ${name} PROPERTY ${property} "$<TARGET_PROPERTY:${target},${property}>")
  endforeach()
  foreach(property C_STANDARD C_STANDARD_REQUIRED C_EXTENSIONS CXX_STANDARD CXX_STANDARD_REQUIRED CXX_EXTENSIONS
      COMPILE_FEATURES LINK_LIBRARIES POSITION_INDEPENDENT_CODE UNITY_BUILD C_VISIBILITY_PRESET
      CXX_VISIBILITY_PRESET VISIBILITY_INLINES_HIDDEN)
    get_target_property(value ${target} ${property})
    if(value STREQUAL "value-NOTFOUND")
      set(value)
    endif()
    set_property(TARGET ${name} PROPERTY ${property} ${value})
  endforeach()
  add_dependencies(${name} ${target}) # which makes what sources of it are made
endfunction()

# A part of the subject: `name` for programs and tests, and with an engine that looks at coverage
# `name_covered` for the fuzz targets.
set(suffix)
if(engine_covers)
  set(suffix _covered)
endif()
# The same twice more with its loads and stores traced, for races: `name_traced` and `name_covered_traced`.
set(traced_suffix)
if(traced)
  set(traced_suffix _traced)
endif()
function(pinfuzz_subject name)
  set(compiled ${ARGN} FLAGS ${PINFUZZ_SUT_FLAGS})
  pinfuzz_part(${name} ${compiled} ${uncovered})
  if(suffix)
    pinfuzz_part(${name}${suffix} ${compiled} ${covered})
    set_target_properties(${name}${suffix} PROPERTIES RULE_LAUNCH_COMPILE "${covered_launch}")
  endif()
  if(traced)
    pinfuzz_part(${name}_traced ${compiled} ${nothing_covered} ${traced})
    if(suffix)
      pinfuzz_part(${name}${suffix}_traced ${compiled} ${covered} ${traced} ${covered_traced})
      set_target_properties(${name}${suffix}_traced PROPERTIES RULE_LAUNCH_COMPILE "${covered_launch}")
    endif()
  endif()
endfunction()

# What of an implementation is linked: sets subject for programs and tests, subject_covered for fuzz targets,
# and both once more with _traced, for races. PARTS are subjects, LINKED is taken as it is.
macro(pinfuzz_subject_is)
  cmake_parse_arguments(IS "" "" "PARTS;LINKED" ${ARGN})
  set(subject ${IS_LINKED})
  set(subject_covered ${IS_LINKED})
  set(subject_traced ${IS_LINKED})
  set(subject_covered_traced ${IS_LINKED})
  foreach(part IN LISTS IS_PARTS)
    list(APPEND subject ${part})
    list(APPEND subject_covered ${part}${suffix})
    list(APPEND subject_traced ${part}${traced_suffix})
    list(APPEND subject_covered_traced ${part}${suffix}${traced_suffix})
  endforeach()
  if(traced)
    list(APPEND subject_traced pinfuzz_accesses pinfuzz_trace)
    list(APPEND subject_covered_traced pinfuzz_accesses pinfuzz_trace)
  endif()
endmacro()

# For races on real threads (harness/interleave/threads.c).
find_package(Threads REQUIRED)

function(pinfuzz_executable name)
  cmake_parse_arguments(EXE "" "" "SOURCES;INCLUDES;LINK" ${ARGN})
  add_executable(${name} ${EXE_SOURCES})
  pinfuzz_own(${name} "${EXE_INCLUDES}")
  target_compile_options(${name} PRIVATE ${flags} ${uncovered})
  set_target_properties(${name} PROPERTIES RULE_LAUNCH_COMPILE "${uncovered_launch}")
  target_link_options(${name} PRIVATE ${link_flags})
  target_link_libraries(${name} PRIVATE ${EXE_LINK} pinfuzz_sanitizers Threads::Threads)
endfunction()
