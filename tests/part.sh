#!/usr/bin/env bash
# The harness as a part of another project's build, in three ways: below another project (tests/part, gcc, make), as an
# installed package (examples/tinykrnl, clang), and by -DPINFUZZ_SUT=. In each it finds the bug that tinykrnl can have
# planted, and is silent without it. Usage: tests/part.sh [SCRATCH-DIRECTORY]
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../fuzz/engine/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/../fuzz/engine/tools.sh"

if (($#)); then
    mkdir -p "$1"
    scratch=$(cd "$1" && pwd)
    chmod -R u+w "$scratch"
    rm -rf "${scratch:?}"/*
else
    scratch=$(mktemp -d)
    trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
fi
log=$scratch/log
passed=0

fail() {
    tools_show_failure "$log" >&2
    printf 'part: %s\n' "$*" >&2
    printf '%d passed, 1 failed\n' "$passed"
    exit 1
}

# shellcheck source-path=SCRIPTDIR source=expect.sh
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

tools_need cmake
tools_need make
tools_need gcc
tools_need g++
tools_install
tools_clang
unset LIB_FUZZING_ENGINE CFLAGS CXXFLAGS LDFLAGS CC CXX
export CMAKE_BUILD_PARALLEL_LEVEL
CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)
generator=()
if command -v ninja >/dev/null; then generator=(-G Ninja); fi

# What a checkout has, without the tests, where nobody may write, and with a blank in its name.
source="$scratch/the sources"
mkdir "$source"
cp -R "$tools_root"/{CMakeLists.txt,LICENSE,README.md,cmake,corpus,docs,examples,fuzz,harness,src} "$source/"
chmod -R a-w "$source"
listing() { find "$source" -printf '%P %s %T@\n' | sort; }
before=$(listing)

# ---- below another project ----

habits=$scratch/habits
configure_habits() {
    cmake -S "$tools_root/tests/part" -B "$habits" -G 'Unix Makefiles' -DPINFUZZ_SOURCE="$source" \
        -DCMAKE_CXX_COMPILER=g++ -DPINFUZZ_WERROR=ON "$@"
}
# What changed in that project would be noticed.
expect 1 configure_habits -DSPOIL=BUILD_TESTING
says 'new: BUILD_TESTING=spoilt'
expect 1 configure_habits -DSPOIL=CMAKE_C_STANDARD
says 'changed: CMAKE_C_STANDARD=spoilt'
rm -rf "$habits"
expect 0 configure_habits
expect 0 cmake --build "$habits"
expect 0 "$habits/mine/pinfuzz" --version
says 'tinykrnl in C[+][+]'
expect 0 ctest --test-dir "$habits"
says '^100% tests passed, 0 tests failed out of 8'
for beside in pin_args_fuzzer.dict pin_args_fuzzer.options pin_args_fuzzer_seed_corpus.zip; do
    expect 0 test -s "$habits/mine/$beside"
done
# Of what it did not ask for nothing is built; what it asks for, is.
core() { [[ $(find "$habits/_deps" -path '*src/nt*.o' -print -quit) ]]; }
expect 1 core
expect 0 cmake --build "$habits" --target pinfuzz_nt
expect 0 core

expect 0 configure_habits -DBUG=ON
expect 0 cmake --build "$habits"
expect 8 ctest --test-dir "$habits" --output-on-failure
says '^contract violation: MAP-ADDRESS '

# ---- installed ----

build=$scratch/build
configure() {
    cmake -S "$source" -B "$build" "${generator[@]}" -DCMAKE_C_COMPILER="$fuzzing_cc" -DCMAKE_BUILD_TYPE=Plain \
        -DPINFUZZ_ENGINE=standalone -DBUILD_TESTING=OFF "$@"
}
expect 0 configure
expect 0 cmake --build "$build" --target pinfuzz mutator
expect 0 cmake --install "$build" --prefix "$scratch/made here"
# A package may be moved.
prefix="$scratch/the prefix"
mv "$scratch/made here" "$prefix"
expect 0 "$prefix/bin/pinfuzz" run "$prefix/share/pinfuzz/corpus/pin_args_fuzzer"
! grep -rlF "$scratch" "$prefix/share" || fail 'a file of the package knows where it was made'
passed=$((passed + 1))

theirs=$scratch/tinykrnl
cp -R "$prefix/share/pinfuzz/examples/tinykrnl" "$theirs"
chmod -R u+w "$theirs"
configure_theirs() {
    cmake -S "$theirs" -B "$theirs/build" "${generator[@]}" -DCMAKE_C_COMPILER="$fuzzing_cc" \
        -DCMAKE_PREFIX_PATH="$prefix" "$@"
}
expect 0 configure_theirs
expect 0 cmake --build "$theirs/build"
expect 0 ctest --test-dir "$theirs/build"
says '^100% tests passed, 0 tests failed out of 8'
target=$theirs/build/fuzz/pin_unpin_fuzzer
expect 0 "$target" -seed=1 -runs=20000 -artifact_prefix="$scratch/"

# From nothing, within a time that holds on a slow machine; mostly it takes a second.
expect 0 configure_theirs -DTINYKRNL_BUG=ON
expect 0 cmake --build "$theirs/build" --target fuzz_pin_unpin_fuzzer fuzz_pinfuzz
expect 77 "$target" -seed=1 -max_total_time=60 -error_exitcode=77 -artifact_prefix="$scratch/"
says '^contract violation: (MAP-ADDRESS|MAP-COHERENT|PIN-MAPPED) '
expect 1 "$theirs/build/fuzz/pinfuzz" run "$scratch"/crash-*
says 'violated (MAP-ADDRESS|MAP-COHERENT|PIN-MAPPED)$'

# What is asked for wrongly is told.
mkdir "$scratch/asks"
cat >"$scratch/asks/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.16)
project(asks LANGUAGES NONE)
find_package(pinfuzz 0.1 REQUIRED)
pinfuzz_add_fuzzers(${WHAT})
END
asks() { cmake -S "$scratch/asks" -B "$scratch/asks/build" -DCMAKE_PREFIX_PATH="$prefix" "-DWHAT=$1"; }
expect 1 asks 'SUT;mine'
says 'NAME wants a name'
expect 1 asks 'NAME;fuzz'
says 'SUT wants the library'
expect 1 asks 'NAME;fuzz;SUT;nowhere'
says "'nowhere'"
expect 1 asks 'LIBRARY;mine'
says "what is 'LIBRARY;mine'"

# ---- by PINFUZZ_SUT ----

rm -rf "$theirs/build"
expect 0 configure -DPINFUZZ_SUT="$theirs"
expect 0 cmake --build "$build" --target pinfuzz
expect 0 "$build/pinfuzz" run "$source/corpus"
says ': kept$'
expect 0 sed -i '1i #define TINYKRNL_BUG' "$theirs/memory.c"
expect 0 cmake --build "$build" --target pinfuzz
expect 1 "$build/pinfuzz" run "$source/corpus"
says ': violated MAP-ADDRESS$'

expect 0 diff <(echo "$before") <(listing)
printf '%d passed, 0 failed\n' "$passed"
