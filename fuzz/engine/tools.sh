# shellcheck shell=bash
# Sourced by fuzz/run and tests/run: finds the tools a script uses, and installs what is missing.
# A missing tool is an environment error: exit status 2.

tools_packages=()

tools_fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 2
}

# tools_help: prints the comment on top of the script, for --help.
tools_help() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
}

# tools_need COMMAND [PACKAGE]: notes the Debian package of a command that is not there.
tools_need() {
    command -v "$1" >/dev/null 2>&1 || tools_packages+=("${2:-$1}")
}

# tools_need_file FILE PACKAGE: likewise for a header, searched as the compiler does.
tools_need_file() {
    printf '#include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <setjmp.h>\n#include <%s>\n' "$1" |
        "${CC:-cc}" -E - >/dev/null 2>&1 || tools_packages+=("$2")
}

# tools_install: installs what was noted, with apt-get, as root or through sudo.
tools_install() {
    ((${#tools_packages[@]})) || return 0
    local as_root=() log
    command -v apt-get >/dev/null 2>&1 ||
        tools_fail "missing, and there is no apt-get to install them with: ${tools_packages[*]}"
    if ((EUID != 0)); then
        sudo -n true >/dev/null 2>&1 ||
            tools_fail "missing: ${tools_packages[*]} (as root: apt-get install ${tools_packages[*]})"
        as_root=(sudo -n)
    fi
    printf 'installing %s\n' "${tools_packages[*]}" >&2
    log=$(mktemp)
    {
        "${as_root[@]}" apt-get -q update &&
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get -q install -y --no-install-recommends "${tools_packages[@]}"
    } >"$log" 2>&1 </dev/null || {
        tail -n 20 "$log" >&2
        rm -f "$log"
        tools_fail "cannot install ${tools_packages[*]}"
    }
    rm -f "$log"
    tools_packages=()
}

# tools_fuzzing_compiler: prints a clang that links libFuzzer with ASan and UBSan, or fails.
tools_fuzzing_compiler() {
    local compiler scratch
    scratch=$(mktemp -d)
    for compiler in ${CC:+"$CC"} clang-19 clang clang-14; do
        if command -v "$compiler" >/dev/null 2>&1 &&
            echo 'int LLVMFuzzerTestOneInput(const void *d, unsigned long n) { return (void)d, (void)n, 0; }' |
            "$compiler" -fsanitize=fuzzer,address,undefined -x c - -o "$scratch/probe" 2>/dev/null; then
            rm -rf "$scratch"
            echo "$compiler"
            return 0
        fi
    done
    rm -rf "$scratch"
    return 1
}

# tools_clang: sets fuzzing_cc, installing a clang when none will do.
tools_clang() {
    if ! fuzzing_cc=$(tools_fuzzing_compiler); then
        if command -v apt-cache >/dev/null 2>&1 && ! apt-cache show clang-19 >/dev/null 2>&1 &&
            apt-cache show clang >/dev/null 2>&1; then
            tools_packages+=(clang libclang-rt-dev llvm)
        else
            tools_packages+=(clang-19 libclang-rt-19-dev llvm-19)
        fi
        tools_install
        fuzzing_cc=$(tools_fuzzing_compiler) || tools_fail "no clang here links libFuzzer with ASan and UBSan"
    fi
    # Stacks with names, where the versioned package has no plain llvm-symbolizer.
    local version=${fuzzing_cc##*clang} symbolizer
    if symbolizer=$(command -v "llvm-symbolizer$version" || command -v llvm-symbolizer); then
        export ASAN_SYMBOLIZER_PATH=${ASAN_SYMBOLIZER_PATH:-$symbolizer}
        export UBSAN_SYMBOLIZER_PATH=${UBSAN_SYMBOLIZER_PATH:-$symbolizer}
    fi
}

# tools_generator: notes a build tool if there is none; after tools_install sets cmake_generator.
tools_need_generator() {
    command -v ninja >/dev/null 2>&1 || command -v make >/dev/null 2>&1 || tools_packages+=(ninja-build)
}

# tools_directory DIR: makes it, and prints its absolute path.
tools_directory() {
    mkdir -p -- "$1" || tools_fail "cannot make the directory $1"
    [[ -w $1 ]] || tools_fail "cannot write to the directory $1"
    (cd -- "$1" && pwd)
}

# tools_define -DNAME=VALUE: adds it to defines, for tools_configure, and sets tools_subject when it names an
# implementation. Its relative paths are those of the caller; CMake would take them for the project's.
tools_subject=builtin
defines=()
# shellcheck disable=SC2034 # tools_subject is for those who source this
tools_define() {
    local define=$1 name=${1%%=*} item items=()
    if [[ $define == *=* && ${name%%:*} =~ ^-DPINFUZZ_SUT(_INCLUDES)?$ ]]; then
        IFS=';' read -r -a items <<<"${define#*=}"
        define=
        for item in "${items[@]}"; do
            [[ -z $item || $item == builtin || $item == /* ]] || item=$PWD/$item
            define+=${define:+;}$item
        done
        [[ $name == *_INCLUDES* ]] || tools_subject=$define
        define=$name=$define
    fi
    defines+=("$define")
}

# tools_configure DIR ARG...: configures a build of this project in DIR. A build directory keeps the
# generator it began with, but not the implementation: it is src/, unless ARG says otherwise.
tools_configure() {
    local dir=$1 generator=()
    shift
    if [[ ! -e $dir/CMakeCache.txt ]] && command -v ninja >/dev/null 2>&1; then
        generator=(-G Ninja)
    fi
    cmake -S "$tools_root" -B "$dir" "${generator[@]}" -DPINFUZZ_SUT=builtin -DPINFUZZ_SUT_INCLUDES= "$@"
}

# options_of FILE SECTION: the `name = value` lines of that section, without blanks.
options_of() {
    [[ -e $1 ]] || return 0
    awk -v section="[$2]" '
        /^[[:space:]]*([#;]|$)/ { next }
        /^[[:space:]]*\[/ { gsub(/[[:space:]]/, ""); inside = $0 == section; next }
        inside { sub(/[[:space:]]*=[[:space:]]*/, "="); sub(/^[[:space:]]+/, ""); sub(/[[:space:]]+$/, ""); print }
    ' "$1"
}

# max_len_of TARGET: the bytes an input of it may have; nothing where it has no limit of its own.
max_len_of() {
    options_of "$tools_root/fuzz/$1.options" libfuzzer | sed -n 's/^max_len=//p'
}

# tools_show_failure LOG: the end of a log of CMake, ninja, make or CTest, without the steps that went well
# and the linker's command lines.
tools_show_failure() {
    grep -vE '^(\[ *[0-9]+[/%][^]]*\] |-- |: && | *Start +[0-9]+: | *[0-9]+/[0-9]+ Test .* Passed )' "$1" |
        tail -n 200 || true
}

tools_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
