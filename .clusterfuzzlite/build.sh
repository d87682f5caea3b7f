#!/bin/bash -eu
# Builds the fuzz targets for OSS-Fuzz, ClusterFuzz and ClusterFuzzLite, whatever engine and sanitizer they
# ask for in CC, CXX, CFLAGS, CXXFLAGS and LIB_FUZZING_ENGINE.

# From nothing: CMake would keep the compiler and the flags of a build before this one, with another sanitizer.
place=$WORK/pinfuzz
build=$place/build
tool=$place/tool
rm -rf "$place"

cmake -S . -B "$build" -DPINFUZZ_ENGINE=external -DBUILD_TESTING=OFF
cmake --build "$build" --parallel "$(nproc)" --target fuzzers

# The seeds are text. The tool that makes bytes of them runs here and now, and goes nowhere else: the
# target's flags may not link outside of a target.
env -u CFLAGS -u CXXFLAGS -u LIB_FUZZING_ENGINE \
    cmake -S . -B "$tool" -DPINFUZZ_ENGINE=standalone -DBUILD_TESTING=OFF
cmake --build "$tool" --parallel "$(nproc)" --target pinfuzz

for source in fuzz/*_fuzzer.c; do
    target=$(basename "$source" .c)
    cp "$build/$target" "$OUT/"
    for extra in options dict; do
        if [[ -e fuzz/$target.$extra ]]; then
            cp "fuzz/$target.$extra" "$OUT/"
        fi
    done
    # What ClusterFuzz puts on an issue that this target found: a line each.
    printf '%s\n' pinfuzz "${target%_fuzzer}" >"$OUT/$target.labels"
    "$tool/pinfuzz" bytes "corpus/$target" -o "$place/seeds/$target" >/dev/null
    rm -f "$OUT/${target}_seed_corpus.zip"
    zip -qj "$OUT/${target}_seed_corpus.zip" "$place/seeds/$target"/*
done
