#!/usr/bin/env bash
# tests/twice as AFL++'s own compiler builds it, the way clusters use it. That compiler knows nothing of the
# attributes that keep code out of coverage, only of a list that CMakeLists.txt makes for it: what the list
# leaves out, and depends on earlier inputs, shows here, and as stability below 100 % on a cluster.
# Usage: tests/cluster_twice.sh [BUILD-DIRECTORY]
# Exit status: 0 the same every time, 1 not, 2 environment.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../fuzz/engine/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/../fuzz/engine/tools.sh"

if (($#)); then
    build=$1
else
    build=$(mktemp -d)
    trap 'rm -rf "$build"' EXIT
fi
mkdir -p "$build"
build=$(cd "$build" && pwd)

tools_need cmake
tools_need_generator
tools_need afl-clang-fast afl++
tools_install

unset CFLAGS CXXFLAGS LDFLAGS
export LIB_FUZZING_ENGINE=-fsanitize=fuzzer AFL_QUIET=1
cd "$tools_root"
{
    tools_configure "$build" -DPINFUZZ_ENGINE=external -DCMAKE_C_COMPILER=afl-clang-fast \
        -DCMAKE_CXX_COMPILER=afl-clang-fast++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DCMAKE_C_FLAGS_RELWITHDEBINFO='-O1 -gline-tables-only' &&
        cmake --build "$build" --parallel "$(nproc)" --target twice twice_traced
} >"$build/build.log" 2>&1 || {
    tools_show_failure "$build/build.log" >&2
    tools_fail "the build failed, see $build/build.log"
}

status=0
"$build/twice" corpus/adapter_chain_fuzzer corpus/pin_args_fuzzer corpus/pin_unpin_fuzzer || status=$?
"$build/twice_traced" corpus/pin_race_fuzzer || status=$?
# What must be noticed is noticed.
for variant in twice twice_traced; do
    if "$build/$variant" --leftover corpus/pin_args_fuzzer >"$build/leftover.log" 2>&1 ||
        ! grep -q 'edges are passed differs at once' "$build/leftover.log"; then
        echo "cluster_twice: $variant does not see what leftover.c leaves behind" >&2
        status=1
    fi
done
exit "$status"
