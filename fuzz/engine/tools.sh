# shellcheck shell=bash
# Sourced by fuzz/run and tests/run: finds the tools a script uses, and installs what is missing.
# A missing tool is an environment error: exit status 2.

tools_packages=()
# Of the script: a file that is sourced without arguments sees those of whoever sources it.
tools_arguments=("$@")
tools_began=$PWD

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

tools_may_install() {
    command -v apt-get >/dev/null 2>&1 && { ((EUID == 0)) || sudo -n true >/dev/null 2>&1; }
}

# tools_apt ARG...: apt-get, one at a time: stages of tests/run install beside each other.
tools_apt() {
    local as_root=()
    ((EUID == 0)) || as_root=(sudo -n)
    (
        flock 9 || true # there may be none
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -oDPkg::Lock::Timeout=600 "$@" </dev/null 9<&-
    ) 9<"$tools_root"
}

# tools_install: installs what was noted, with apt-get, as root or through sudo.
tools_install() {
    ((${#tools_packages[@]})) || return 0
    local log
    command -v apt-get >/dev/null 2>&1 ||
        tools_fail "missing, and there is no apt-get to install them with: ${tools_packages[*]}"
    tools_may_install ||
        tools_fail "missing: ${tools_packages[*]} (as root: apt-get install ${tools_packages[*]})"
    printf 'installing %s\n' "${tools_packages[*]}" >&2
    log=$(mktemp)
    {
        tools_apt update && tools_apt install -y --no-install-recommends "${tools_packages[@]}"
    } >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        rm -f "$log"
        tools_fail "cannot install ${tools_packages[*]}"
    }
    rm -f "$log"
    tools_packages=()
}

# tools_wish PACKAGES...: installs the first that can be had, each a package or several with blanks between, for
# what is checked only where it can be. False, and nothing else, when none can.
tools_wish() {
    local packages
    tools_may_install && tools_apt update >/dev/null 2>&1 || return 1
    for packages; do
        # shellcheck disable=SC2086 # words are meant
        ! tools_apt install -y --no-install-recommends $packages >/dev/null 2>&1 || return 0
    done
    return 1
}

# tools_clangs: the compilers to try, the best first: the caller's, the one that is tried most, the machine's
# own, and then whatever there is, newest first.
tools_clangs() {
    [[ -z ${CC-} ]] || echo "$CC"
    printf '%s\n' clang-19 clang
    compgen -c clang- | grep -xE 'clang-[0-9]+' | sort -t - -k 2 -rnu || true
}

# tools_clang_major COMPILER: 19 for clang 19; nothing when it is no clang.
tools_clang_major() {
    echo __clang_major__ | "$1" -E -P -x c - 2>/dev/null | grep -xE '[0-9]+' || true
}

# tools_can_fuzz COMPILER: a clang from 14 on that links libFuzzer with ASan and UBSan.
tools_can_fuzz() {
    local scratch status=1
    command -v "$1" >/dev/null 2>&1 && (($(tools_clang_major "$1") + 0 >= 14)) || return 1
    scratch=$(mktemp -d)
    ! echo 'int LLVMFuzzerTestOneInput(const void *d, unsigned long n) { return (void)d, (void)n, 0; }' |
        "$1" -fsanitize=fuzzer,address,undefined -x c - -o "$scratch/probe" 2>/dev/null || status=0
    rm -rf "$scratch"
    return "$status"
}

# tools_fuzzing_compiler: prints the first of them that can, or fails. TOOLS_CLANG is one that a script above this one
# has tried, and CC where that is set.
tools_fuzzing_compiler() {
    local compiler
    if [[ ${TOOLS_CLANG-} && ${CC-$TOOLS_CLANG} == "$TOOLS_CLANG" ]]; then
        echo "$TOOLS_CLANG"
        return 0
    fi
    for compiler in $(tools_clangs); do
        if tools_can_fuzz "$compiler"; then
            echo "$compiler"
            return 0
        fi
    done
    return 1
}

# tools_clang: sets fuzzing_cc, installing a clang when none will do.
tools_clang() {
    if ! fuzzing_cc=$(tools_fuzzing_compiler); then
        # libFuzzer is C++, and clang takes the C++ library of the newest gcc, which may have come without one.
        ! command -v gcc >/dev/null 2>&1 || tools_need g++
        if command -v apt-cache >/dev/null 2>&1 && ! apt-cache show clang-19 >/dev/null 2>&1 &&
            apt-cache show clang >/dev/null 2>&1; then
            tools_packages+=(clang libclang-rt-dev llvm)
        else
            tools_packages+=(clang-19 libclang-rt-19-dev llvm-19)
        fi
        tools_install
        fuzzing_cc=$(tools_fuzzing_compiler) || tools_fail "no clang here links libFuzzer with ASan and UBSan"
    fi
    tools_addresses "$(tools_clang_major "$fuzzing_cc")"
    # Stacks with names, where the versioned package has no plain llvm-symbolizer.
    local symbolizer
    if symbolizer=$(tools_llvm llvm-symbolizer || command -v llvm-symbolizer); then
        export ASAN_SYMBOLIZER_PATH=${ASAN_SYMBOLIZER_PATH:-$symbolizer}
        export UBSAN_SYMBOLIZER_PATH=${UBSAN_SYMBOLIZER_PATH:-$symbolizer}
    fi
}

# tools_llvm NAME: the path of that tool of fuzzing_cc's own LLVM, or false.
tools_llvm() {
    local major tool
    major=$(tools_clang_major "$fuzzing_cc")
    for tool in "$1-$major" "/usr/lib/llvm-$major/bin/$1" "$("$fuzzing_cc" -print-prog-name="$1" 2>/dev/null)"; do
        tool=$(command -v "$tool") || continue
        # Beside the compiler in /usr/bin may be a link to the tool of another version.
        [[ $(realpath "$tool") =~ /llvm-([0-9]+)/ && ${BASH_REMATCH[1]} != "$major" ]] || {
            echo "$tool"
            return 0
        }
    done
    return 1
}

# tools_need_llvm NAME...: notes the package of fuzzing_cc's LLVM when one of those tools is missing.
tools_need_llvm() {
    local name package
    package=llvm-$(tools_clang_major "$fuzzing_cc")
    apt-cache show "$package" >/dev/null 2>&1 || package=llvm
    for name; do
        tools_llvm "$name" >/dev/null || {
            tools_packages+=("$package")
            return 0
        }
    done
}

# tools_addresses MAJOR: sanitizers of a clang before 19 die in front of main(), one process in a few, where
# the kernel takes more than 28 random bits for an address: what they want for themselves is in use. There the
# script begins anew without random addresses, or says how to help.
tools_random_bits=/proc/sys/vm/mmap_rnd_bits
tools_addresses() {
    local bits=0 personality=0 no_random=0x0040000
    ! read -r bits 2>/dev/null <"$tools_random_bits" || :
    ! read -r personality 2>/dev/null </proc/self/personality || :
    if (($1 >= 19 || bits <= 28 || 16#$personality & no_random)); then
        return 0
    elif setarch -R true 2>/dev/null; then
        echo "clang $1 and $bits random bits in addresses (vm.mmap_rnd_bits): without them, as setarch -R has it" >&2
        cd -- "$tools_began" && exec setarch -R bash "$0" "${tools_arguments[@]}"
    fi
    tools_fail "sanitizers of clang $1 crash when addresses have more than 28 random bits, here $bits;" \
        "as root: sysctl vm.mmap_rnd_bits=28"
}

# tools_generator: notes a build tool if there is none; after tools_install sets cmake_generator.
tools_need_generator() {
    command -v ninja >/dev/null 2>&1 || command -v make >/dev/null 2>&1 || tools_packages+=(ninja-build)
}

# tools_python SCRIPT ARG...: goes on as that script of this project, one that builds and plants bugs, with
# what it takes for that; for --help and --list that is Python alone.
tools_python() {
    local script=$tools_root/$1
    shift
    tools_need python3
    tools_install
    export PYTHONPATH=$tools_root/tests/suite:$tools_root/tests/planted
    case " $* " in
    *' --help '* | *' -h '* | *' --list '*) exec python3 "$script" "$@" ;;
    esac
    tools_need cmake
    tools_need_generator
    tools_need patch
    tools_install
    tools_clang
    # What a cluster's environment would change in a build is none of theirs.
    unset LIB_FUZZING_ENGINE CFLAGS CXXFLAGS LDFLAGS
    ulimit -c 0
    exec env TOOLS_CLANG="$fuzzing_cc" python3 "$script" "$@"
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

# tools_take_objects FROM TO: gives a build that is not there yet what another one compiled. Ninja compiles anew
# what it would compile with other words.
tools_take_objects() {
    local from=$1 to=$2
    [[ -n $from && ! -e $to/CMakeCache.txt && -e $from/.ninja_log ]] || return 0
    mkdir -p "$to"
    to=$(cd "$to" && pwd)
    cp --preserve=timestamps "$from"/.ninja_{log,deps} "$to/"
    (cd "$from" && find CMakeFiles -name '*.o' -print0 | xargs -0 -r cp --parents --preserve=timestamps -t "$to")
}

# tools_as_in DIR: sets as_in to what has CMake compile and link as it does in that build, or to nothing without one.
# shellcheck disable=SC2034 # for those who source this
as_in=()
# shellcheck disable=SC2034
tools_as_in() {
    as_in=()
    [[ ! -e ${1:+$1/CMakeCache.txt} ]] ||
        mapfile -t as_in < <(sed -nE 's/^(CMAKE_(C_FLAGS_RELWITHDEBINFO|EXE_LINKER_FLAGS)|PINFUZZ_WERROR):[A-Z]*=(.*)/-D\1=\3/p' \
            "$1/CMakeCache.txt")
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
