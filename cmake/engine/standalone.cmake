# Replays files: for compilers without libFuzzer. fuzz/run does not start it.
list(APPEND engine_sources "${pinfuzz_root}/fuzz/engine/standalone.c")
set(engine_covers OFF)
