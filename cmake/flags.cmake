# With which flags what is compiled; each directory that makes targets includes this, after options.cmake. The
# same flags serve this project's own implementation and any other.

get_filename_component(pinfuzz_root "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)

# For this project's own sources. Warnings in them are no affair of a project that this one is a part of.
# Assertions stay in: a fuzzing harness that drops its own checks when optimized proves nothing.
set(own_flags -UNDEBUG -w)
if(pinfuzz_top_level)
  set(own_flags -UNDEBUG -Wall -Wextra -Wconversion)
  if(PINFUZZ_WERROR)
    list(APPEND own_flags -Werror)
  endif()
endif()

set(flags)
set(link_flags)
if(PINFUZZ_SANITIZE)
  list(APPEND flags -fsanitize=${PINFUZZ_SANITIZE} -fno-omit-frame-pointer)
  list(APPEND link_flags -fsanitize=${PINFUZZ_SANITIZE})
  if(PINFUZZ_SANITIZE MATCHES undefined)
    # Without the first UBSan prints, goes on and exits with 0. The second drops a check that compares
    # addresses, which coverage would hand to the engine: two runs with one seed would differ.
    list(APPEND flags -fno-sanitize-recover=all -fno-sanitize=pointer-overflow)
  endif()
  if(PINFUZZ_SANITIZE MATCHES memory)
    list(APPEND flags -fsanitize-memory-track-origins)
  endif()
endif()

# Coverage instrumentation goes on the subject only: comparisons in checking code would cost more than
# the subject itself, and would reward the engine for exploring the harness. The list also undoes what
# a cluster's CFLAGS ask for. Nor are the harness's own locals watched for use after return or scope: a heap
# block for each large frame, and shadow that is written wherever a scope ends, are paid for in every call.
#
# The depth of the stack is no coverage: it differs by an alignment from process to process, so that the
# same input would not have the same features twice.
set(covered)
set(uncovered)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  set(covered -fno-sanitize-coverage=stack-depth -Qunused-arguments)
  set(uncovered -fno-sanitize=fuzzer-no-link
      -fsanitize-coverage-ignorelist=${pinfuzz_root}/fuzz/engine/uncovered.txt
      -fsanitize-address-use-after-return=never -fno-sanitize-address-use-after-scope -Qunused-arguments)
endif()

# Races: each load and store of the subject is a point where actors may be switched (harness/interleave/trace.c).
# Without optimization, so that the points are those of the source, the same under every sanitizer and
# engine; and locals stay on the stack, where nobody else gets at them. The counters of a coverage build
# are atomic, and so no accesses of the subject's; UBSan's look at functions would add loads of its own.
# Only clang can trace.
set(traced)
set(nothing_covered)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  # Comparisons say nothing of schedules, and their callbacks would take a third of the time.
  set(traced -fsanitize-coverage=trace-loads,trace-stores -fno-sanitize-coverage=trace-cmp -DNT_TRACED -O0
      -fsanitize-address-use-after-return=never -fno-sanitize=function -fprofile-update=atomic
      -Qunused-arguments)
  # Nothing is traced where nothing is counted. Functions are, without saying how: that adds no code. A flag
  # for each function would be a race of its own wherever ThreadSanitizer looks at it, as clang 14's does.
  set(counted -fsanitize-coverage=func)
  set(nothing_covered -fno-sanitize=fuzzer-no-link
      -fno-sanitize-coverage=func,bb,edge,trace-pc,trace-pc-guard,trace-cmp,trace-div,trace-gep,indirect-calls
      -fno-sanitize-coverage=inline-8bit-counters,inline-bool-flag,pc-table,stack-depth ${counted}
      -Qunused-arguments)
endif()

# AFL++'s compilers put their coverage in by a pass of their own, which heeds neither those flags nor the
# attribute on functions, but a list named in the environment of each compilation.
set(covered_launch)
set(uncovered_launch)
set(covered_traced)
get_filename_component(compiler_name "${CMAKE_C_COMPILER}" NAME)
if(compiler_name MATCHES "^afl-")
  set(afl_lists "${CMAKE_CURRENT_BINARY_DIR}/afl_deny")
  file(WRITE "${afl_lists}/all.txt" "src:*\nfun:*\n")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${pinfuzz_root}/src/*.c")
  set(functions)
  foreach(source IN LISTS sources)
    file(STRINGS "${source}" lines REGEX "NT_UN(COVERED|TRACED) .*\\(")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE ".*[ *]([a-z0-9_]+)\\(.*" "fun:\\1" function "${line}")
      list(APPEND functions ${function})
    endforeach()
  endforeach()
  string(REPLACE ";" "\n" functions "${functions}")
  # No build knows that objects depend on the list; with another list the command is another.
  string(SHA1 functions_list "${functions}")
  set(functions_list "${afl_lists}/functions-${functions_list}.txt")
  file(WRITE "${functions_list}" "${functions}\n")
  # To clang itself nothing is counted.
  set(covered_traced ${counted})
  set(covered_launch "\"${CMAKE_COMMAND}\" -E env \"AFL_LLVM_DENYLIST=${functions_list}\"")
  set(uncovered_launch "\"${CMAKE_COMMAND}\" -E env \"AFL_LLVM_DENYLIST=${afl_lists}/all.txt\"")
endif()
