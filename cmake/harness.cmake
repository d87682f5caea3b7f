# The harness, made once in a build, however many implementations there are: object libraries that the programs
# of programs.cmake link. Included after parts.cmake.

# The seam and the public DDI. In a package find_package() has made it, for the headers lie elsewhere there.
if(NOT TARGET pinfuzz::seam)
  add_library(pinfuzz_seam INTERFACE)
  add_library(pinfuzz::seam ALIAS pinfuzz_seam)
  set(system SYSTEM)
  if(pinfuzz_top_level)
    set(system)
  endif()
  target_include_directories(pinfuzz_seam ${system} INTERFACE "${pinfuzz_root}" "${pinfuzz_root}/src/include")
endif()
get_target_property(seam pinfuzz::seam INTERFACE_INCLUDE_DIRECTORIES)
set(public_includes "${pinfuzz_root}" ${seam})
list(REMOVE_DUPLICATES public_includes)

# All of it but the command line, for what links it with a subject.
set(harness pinfuzz_interleave)
foreach(room program contract judge drive mutate minimize verdict enumerate reproduce page picture campaign)
  list(APPEND harness pinfuzz_${room})
endforeach()
# Archives are read where the compiler has libzip, which most cross-compilers have not. Not in the cache while it is
# missing: it may be installed later.
include(CheckCSourceCompiles)
function(pinfuzz_find_libzip)
  set(CMAKE_REQUIRED_LIBRARIES zip)
  check_c_source_compiles("#include <zip.h>
    int main(void) { return zip_get_num_entries(0, 0) == 0; }" PINFUZZ_LIBZIP)
  if(NOT PINFUZZ_LIBZIP)
    unset(PINFUZZ_LIBZIP CACHE)
    message(STATUS "No libzip (Debian: libzip-dev): pinfuzz reads no zip archives")
  endif()
endfunction()
pinfuzz_find_libzip()
set(archive)
if(PINFUZZ_LIBZIP)
  set(archive pinfuzz_archive zip)
endif()
if(TARGET pinfuzz_interleave)
  return()
endif()

# What of UBSan the rooms do without: of an access through null the process dies anyway, and one beyond an object ASan
# sees. To look before each access took two fifths of the time that compiling takes.
set(harness_unchecked -fno-sanitize=null,object-size)
# Stores of zeros side by side stay stores: made into one memset they are a call of ASan's, and a reset of the model is
# a hundred of them.
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  list(APPEND harness_unchecked -fno-builtin-memset)
endif()

# A target for each room. Rooms see the public DDI and the seam, nothing of src/ behind them; tests/includes.py says
# which of them sees which.
function(pinfuzz_room name)
  cmake_parse_arguments(ROOM "" "PLACE" "SOURCES;FLAGS" ${ARGN})
  list(TRANSFORM ROOM_SOURCES PREPEND "${pinfuzz_root}/harness/${ROOM_PLACE}/")
  pinfuzz_part(pinfuzz_${name} SOURCES ${ROOM_SOURCES} INCLUDES ${public_includes}
    FLAGS ${uncovered} ${harness_unchecked} ${ROOM_FLAGS})
endfunction()
foreach(room program contract judge drive mutate minimize verdict enumerate reproduce page picture campaign cli)
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE "${pinfuzz_root}/harness/${room}"
    "${pinfuzz_root}/harness/${room}/*.c")
  set(own_pointers) # aligned they are; what an implementation hands out may not be
  if(NOT room MATCHES "^(judge|drive)$")
    set(own_pointers FLAGS -fno-sanitize=alignment)
  endif()
  pinfuzz_room(${room} PLACE ${room} SOURCES ${sources} ${own_pointers})
endforeach()
# The files that each reproducer has as they stand.
set(embedded contract/contract.h reproduce/embedded/finding.c contract/held.h drive/miniport.h drive/miniport.c judge/descriptor.h judge/descriptor.c
  contract/legal.h contract/ledger.h reproduce/embedded/stage.c)
string(REPLACE ";" " " embedded_files "${embedded}")
list(TRANSFORM embedded PREPEND "${pinfuzz_root}/harness/")
add_custom_command(OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/embedded.c"
  COMMAND "${CMAKE_COMMAND}" "-DOUT=${CMAKE_CURRENT_BINARY_DIR}/embedded.c" "-DROOT=${pinfuzz_root}/harness"
    "-DFILES=${embedded_files}" -P "${pinfuzz_root}/harness/reproduce/embedded.cmake"
  DEPENDS ${embedded} "${pinfuzz_root}/harness/reproduce/embedded.cmake" VERBATIM)
target_sources(pinfuzz_reproduce PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/embedded.c")
# Styles and scripts of pages: each file is html_<name> there.
set(assets page/page.css page/page.js picture/finding.css picture/finding.js campaign/campaign.css campaign/campaign.js)
string(REPLACE ";" " " assets_named "${assets}")
list(TRANSFORM assets PREPEND "${pinfuzz_root}/harness/")
add_custom_command(OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/assets.c"
  COMMAND "${CMAKE_COMMAND}" "-DOUT=${CMAKE_CURRENT_BINARY_DIR}/assets.c" "-DROOT=${pinfuzz_root}/harness"
    "-DASSETS=${assets_named}" -P "${pinfuzz_root}/harness/page/embedded.cmake"
  DEPENDS ${assets} "${pinfuzz_root}/harness/page/embedded.cmake" VERBATIM)
target_sources(pinfuzz_page PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/assets.c")
if(archive)
  pinfuzz_room(archive PLACE cli/libzip SOURCES archive.c)
endif()
# Instead of the judge: one that holds nobody to anything. The model follows all the same.
pinfuzz_room(no_judge PLACE judge
  SOURCES none/none.c descriptor.c run.c state_coverage.c linearize.c linearize_text.c race_versions.c)
# What looks at accesses is linked with what is traced only. It is called at each of them: a sanitizer in it
# would take as long as it does.
pinfuzz_room(interleave PLACE interleave SOURCES explore.c fiber.c schedule.c schedule_text.c threads.c)
pinfuzz_room(accesses PLACE interleave SOURCES accesses.c place.c FLAGS -O2 -fno-sanitize=all)
pinfuzz_room(trace PLACE interleave SOURCES trace.c FLAGS -O2 -fno-sanitize=all)

# What each fuzz target has for the sake of its engine.
pinfuzz_part(pinfuzz_engine SOURCES ${engine_sources} INCLUDES ${public_includes} FLAGS ${uncovered})

# Sanitizer defaults, so that a target behaves the same whoever starts it.
pinfuzz_part(pinfuzz_sanitizers SOURCES "${pinfuzz_root}/fuzz/engine/sanitizers.c" FLAGS ${uncovered})

# The mutator for AFL++, which loads it into itself: no sanitizer, no coverage, whatever the targets have.
set(unsanitized ${flags} ${uncovered} -fno-sanitize=all -fvisibility=hidden)
set(mutator_parts)
set(mutator_targets)
file(GLOB fuzzer_sources CONFIGURE_DEPENDS "${pinfuzz_root}/fuzz/*_fuzzer.c")
foreach(source IN LISTS fuzzer_sources)
  get_filename_component(fuzzer "${source}" NAME_WE)
  pinfuzz_part(pinfuzz_operations_${fuzzer} SOURCES "${source}" INCLUDES ${public_includes} FLAGS ${unsanitized})
  target_compile_definitions(pinfuzz_operations_${fuzzer} PRIVATE
    target_operations=operations_of_${fuzzer} LLVMFuzzerTestOneInput=never_run_${fuzzer})
  set_target_properties(pinfuzz_operations_${fuzzer} PROPERTIES
    POSITION_INDEPENDENT_CODE ON EXCLUDE_FROM_ALL ON)
  list(APPEND mutator_parts $<TARGET_OBJECTS:pinfuzz_operations_${fuzzer}>)
  string(APPEND mutator_targets " TARGET(${fuzzer})")
endforeach()
file(GLOB mutator_sources CONFIGURE_DEPENDS "${pinfuzz_root}/harness/program/*.c"
  "${pinfuzz_root}/harness/contract/*.c" "${pinfuzz_root}/harness/mutate/*.c")
add_library(pinfuzz_mutator SHARED EXCLUDE_FROM_ALL "${pinfuzz_root}/fuzz/engine/afl_mutator.c"
  ${mutator_sources} ${mutator_parts})
pinfuzz_own(pinfuzz_mutator "${public_includes}")
target_compile_definitions(pinfuzz_mutator PRIVATE "PINFUZZ_TARGETS=${mutator_targets}")
target_compile_options(pinfuzz_mutator PRIVATE ${unsanitized})
target_link_options(pinfuzz_mutator PRIVATE -fno-sanitize=all)
if(NOT PINFUZZ_ENGINE STREQUAL external) # whose compiler may leave its own runtime to whoever loads this
  target_link_options(pinfuzz_mutator PRIVATE LINKER:-z,defs)
endif()
