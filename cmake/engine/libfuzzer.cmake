# libFuzzer, which clang brings.
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
