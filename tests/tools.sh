#!/usr/bin/env bash
# What fuzz/engine/tools.sh decides by the machine it is on: which compiler, which of its tools, what is
# installed, and what to do where sanitizers of an old clang crash. Other machines are played by commands of the
# same names in a directory of their own.
# shellcheck disable=SC2016 # text for other scripts, throughout
set -euo pipefail

tools=$(cd "$(dirname "$0")/.." && pwd)/fuzz/engine/tools.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
passed=0
failed=0

# command NAME TEXT: a program of that name and shell text.
command_like() {
    printf '#!/bin/bash\n%s\n' "$2" >"$scratch/bin/$1"
    chmod +x "$scratch/bin/$1"
}

# asks TEXT [ARG...]: the output of a script that sources tools.sh and goes on with TEXT, and its exit status.
asks() {
    local status=0
    printf 'set -euo pipefail\nsource "%s"\n%s\n' "$tools" "$1" >"$scratch/script"
    shift
    (cd "$scratch" && PATH=$scratch/bin:$PATH bash script "$@" 2>&1) || status=$?
    printf 'status %d\n' "$status"
}

# expect WHAT GOT WANTED: the words of both are the same.
expect() {
    local got
    got=$(paste -sd ' ' <<<"$2")
    # shellcheck disable=SC2053 # a pattern is meant
    if [[ $got == $3 ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'tools: %s: "%s" instead of "%s"\n' "$1" "$got" "$3"
    fi
}

# ---- which compiler ----

command_like clang-13 'exit 1'
command_like clang-97 'exit 1'
expect 'the newest first' "$(asks 'CC=; tools_clangs | sed -n "1,3p"')" 'clang-19 clang clang-97 status 0'
expect "the caller's before all" "$(CC=mine asks 'tools_clangs | sed -n 1p')" 'mine status 0'
command_like too-old 'case "$*" in *-E*) echo 13 ;; esac'
expect 'not an old one' "$(CC=too-old asks '[[ $(tools_fuzzing_compiler) != too-old ]]')" 'status [01]'
rm "$scratch"/bin/*

# ---- tools of the same version, for each compiler that is here ----

for compiler in clang clang-{14..40}; do
    command -v "$compiler" >/dev/null || continue
    expect "the llvm-cov of $compiler" "$(fuzzing_cc=$compiler asks '
        tools_llvm llvm-cov >/dev/null || { echo none; exit; }
        major=$(tools_clang_major "$fuzzing_cc")
        "$(tools_llvm llvm-cov)" --version | grep -o "LLVM version $major\\." | head -n 1')" '@(none|LLVM version *.) status 0'
done
expect 'no other version for it' "$(fuzzing_cc=clang-97 asks 'tools_clang_major() { echo 97; }
    tools_llvm llvm-cov')" 'status 1'

# ---- what is installed ----

command_like sudo 'while [[ $1 == -* ]]; do shift; done; exec "$@"'
command_like apt-get 'mkdir busy 2>/dev/null || { echo two at once; exit; }; sleep 0.2; rmdir busy'
expect 'one at a time' "$(asks 'tools_apt update & tools_apt update & wait')" 'status 0'
command_like apt-get 'while [[ $1 == -* ]]; do shift; done
    case "$*" in update | *second*) exit 0 ;; *) exit 100 ;; esac'
expect 'the first that can be had' "$(asks 'tools_wish first second third && echo got')" 'got status 0'
expect 'none is no error' "$(asks 'tools_wish first third || echo none')" 'none status 0'
expect 'what is needed and missing' "$(asks 'tools_packages=(first); tools_install')" \
    'installing first script: cannot install first status 2'
rm "$scratch"/bin/*

# ---- addresses with more random bits than sanitizers of an old clang bear ----

echo 32 >"$scratch/bits"
where='tools_random_bits=bits; read -r now </proc/self/personality; '
if [[ $(uname -s) == Linux ]] && setarch -R true 2>/dev/null; then
    expect 'clang 14 among 32 bits' "$(asks "$where"'tools_addresses 14; echo "$((16#$now >> 18 & 1)) $*"' a 'b c')" \
        'clang 14 and 32 random bits * 1 a b c status 0'
    expect 'clang 19 among 32 bits' "$(asks "$where"'tools_addresses 19; echo "$((16#$now >> 18 & 1)) $*"' a)" \
        '? a status 0'
fi
command_like setarch 'exit 1'
expect 'where it may not be asked for' "$(asks "$where"'echo 00000000 >none; tools_addresses 14')" \
    '*as root: sysctl vm.mmap_rnd_bits=28 status 2'
echo 28 >"$scratch/bits"
expect 'clang 14 among 28 bits' "$(asks "$where"'tools_addresses 14; echo same')" 'same status 0'
rm "$scratch/bits"
expect 'a kernel that does not say' "$(asks "$where"'tools_addresses 14; echo same')" 'same status 0'

# It must be able to fail before its success says anything.
before=$failed
expect 'a wrong answer' 'status 0' 'status 1' >/dev/null
((failed > before)) || { echo 'tools: a wrong answer goes unnoticed'; exit 1; }
failed=$before

printf '%d passed, %d failed\n' "$passed" "$failed"
((!failed))
