#!/usr/bin/env bash
# Each engine that fuzz/run starts has all that a campaign asks of one, a file of CMake and a preset; each engine of
# CMake is started by fuzz/run, or says that it is not; and nothing else of fuzz/run knows engines by their names.
# First shows that it would notice. Usage: tests/engines.sh
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What campaign.sh says that an engine has, but for what it may leave out.
mapfile -t wanted < <(sed -n '/^set\|^# and, if/q; s/^#   ENGINE_\([a-z_]*\) .*/\1/p' "$root/fuzz/engine/campaign.sh")
((${#wanted[@]} > 3)) || { echo "engines: campaign.sh does not say what an engine has" >&2; exit 1; }

# check TREE: prints what is wrong.
check() {
    local name file function
    local -a names=()
    for file in "$1"/fuzz/engine/run_*.sh; do
        name=${file##*/run_}
        name=${name%.sh}
        names+=("$name")
        # shellcheck disable=SC2016 # for the shell that is started
        for function in "${wanted[@]}"; do
            bash -c 'engine_place=$1 && source "$1/campaign.sh" && source "$1/run_$2.sh" && declare -F "$2_$3"' engines \
                "$1/fuzz/engine" "$name" "$function" >/dev/null || echo "run_$name.sh: no ${name}_$function()"
        done
        [[ -e $1/cmake/engine/$name.cmake ]] || echo "run_$name.sh: there is no cmake/engine/$name.cmake"
        grep -qE "\"PINFUZZ_ENGINE\": \"$name\"" "$1/CMakePresets.json" ||
            grep -qF "set(engine_default $name)" "$1/cmake/options.cmake" ||
            echo "CMakePresets.json: no preset for $name"
    done
    for file in "$1"/cmake/engine/*.cmake; do
        name=${file##*/}
        name=${name%.cmake}
        [[ -e $1/fuzz/engine/run_$name.sh ]] || grep -q '^#.* fuzz/run does not start it' "$file" ||
            echo "cmake/engine/$name.cmake: there is no fuzz/engine/run_$name.sh"
    done
    (cd "$1/fuzz" && grep -nE "(^|[^A-Za-z0-9])($(IFS='|' && echo "${names[*]}"))(_|[^A-Za-z0-9]|\$)" \
        run engine/{campaign,findings,import,record}.sh | grep -vE '^[^:]*:[0-9]*:( *#|telling=)' |
        sed 's/^/by its name: fuzz\//') || true
}

# refused EXPECTED COMMAND...: the tree as that leaves it must be refused, for the reason that is expected.
proofs=0
refused() {
    local expected=$1
    shift
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree"
    cp -R "$root/fuzz" "$root/cmake" "$root/CMakePresets.json" "$scratch/tree"
    (cd "$scratch/tree" && "$@")
    check "$scratch/tree" >"$scratch/said"
    if ! grep -qF -- "$expected" "$scratch/said"; then
        echo "engines: this check cannot fail: after $* it does not say '$expected'" >&2
        exit 1
    fi
    proofs=$((proofs + 1))
}
refused 'run_afl.sh: no afl_read()' sed -i 's/^afl_read()/afl_reads()/' fuzz/engine/run_afl.sh
refused 'run_afl.sh: there is no cmake/engine/afl.cmake' rm cmake/engine/afl.cmake
refused 'cmake/engine/afl.cmake: there is no fuzz/engine/run_afl.sh' rm fuzz/engine/run_afl.sh
refused 'CMakePresets.json: no preset for afl' sed -i 's/"PINFUZZ_ENGINE": "afl"/"PINFUZZ_ENGINE": "lfa"/' CMakePresets.json
# shellcheck disable=SC2016 # the script's own words
refused 'by its name: fuzz/engine/campaign.sh' sed -i 's/^campaign_plan() {/&\n    [[ $engine != afl ]] || least=2/' \
    fuzz/engine/campaign.sh

check "$root" >"$scratch/said"
if [[ -s $scratch/said ]]; then
    cat "$scratch/said" >&2
    exit 1
fi
echo "engines: $(find "$root/fuzz/engine" -name 'run_*.sh' | wc -l) engines have all that is asked of them ($proofs planted faults were refused)"
