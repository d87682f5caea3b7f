#!/usr/bin/env bash
# The workflows are YAML, and name only what there is: scripts with their options, commands of pinfuzz with
# theirs, directories that the scripts leave behind, sanitizers that the project builds with, inputs that the
# actions have. Nobody runs them before they are pushed. Usage: tests/workflows.sh PINFUZZ
set -euo pipefail

pinfuzz=$(realpath "${1:?usage: tests/workflows.sh PINFUZZ}")
cd "$(dirname "$0")/.."
problems=0

problem() {
    printf '%s: %s\n' "$1" "$2" >&2
    problems=$((problems + 1))
}

# Inputs of the actions used, each with `with:` keys that it takes.
declare -A inputs=(
    [actions/checkout]='ref fetch-depth'
    [actions/upload-artifact]='name path if-no-files-found retention-days'
    [actions/cache/restore]='path key restore-keys'
    [actions/cache/save]='path key'
    [github/codeql-action/upload-sarif]='sarif_file checkout_path category'
    [google/clusterfuzzlite/actions/build_fuzzers]='language sanitizer github-token upload-build
        keep-unaffected-fuzz-targets bad-build-check storage-repo storage-repo-branch'
    [google/clusterfuzzlite/actions/run_fuzzers]='language sanitizer github-token fuzz-seconds mode output-sarif
        parallel-fuzzing minimize-crashes report-timeouts report-ooms storage-repo storage-repo-branch'
)
sanitizers=" coverage $(sed -n '/^sanitizers:/,/^[a-z]/s/^ *- *//p' .clusterfuzzlite/project.yaml | paste -sd' ') "

# left_by PATH: does some script make this path below build/?
left_by() {
    local first=${1#build/} rest makers=()
    rest=${first#*/}
    first=${first%%/*}
    rest=${rest%%/*}
    case $first in
    tests) makers=(tests/run tests/suite/stages.py) ;;
    fuzz) makers=(fuzz/run fuzz/engine/record.sh) ;;
    coverage) makers=(fuzz/engine/coverage.py) ;;
    fresh) makers=(tests/fresh) ;;
    compilers) makers=(tests/compilers) ;;
    findings | findings.sarif) return 0 ;; # the workflow's own
    *) return 1 ;;
    esac
    grep -qE "(^|[^A-Za-z0-9_.-])${rest//./\\.}([^A-Za-z0-9_.-]|\$)" "${makers[@]}"
}

# manual COMMAND...: sets help to what it prints. Each command is asked once.
declare -A manuals
manual() {
    [[ -v manuals[$*] ]] || manuals[$*]=$("$@" 2>/dev/null) || return
    help=${manuals[$*]}
}
# A script's manual page, or the comment on top.
script_manual() { "$1" --help || sed '/^set /q' "$1"; }

# The words of a command, and those of a `path:`.
check_words() {
    local file=$1 word script='' help=''
    shift
    for word; do
        case $word in
        build/*/pinfuzz)
            left_by "$word" || problem "$file" "nothing makes $word"
            script=pinfuzz
            ;;
        build/*) left_by "$word" || problem "$file" "nothing makes $word" ;;
        fuzz/* | tests/* | .clusterfuzzlite/*)
            if [[ -x $word ]]; then
                script=$word
                manual script_manual "$word"
            else
                problem "$file" "there is no program $word"
            fi
            ;;
        corpus* | crashes* | docs/*) compgen -G "$word" >/dev/null || problem "$file" "there is no $word" ;;
        -*)
            if [[ $script && $help != *"$word"* ]]; then
                problem "$file" "$script has no option $word"
            fi
            ;;
        [a-z]*)
            if [[ $script == pinfuzz ]]; then
                manual "$pinfuzz" help "$word" || problem "$file" "pinfuzz has no command $word"
                script="pinfuzz $word"
            elif [[ $script == 'pinfuzz '* ]]; then
                compgen -G "$word" >/dev/null || problem "$file" "there is no $word"
            fi
            ;;
        '||' | '&&' | ';') script='' help='' ;;
        esac
    done
}

check_file() {
    local file=$1 line key value action='' block='' indent list=''
    if perl -MCPAN::Meta::YAML -e 1 2>/dev/null; then
        perl -MCPAN::Meta::YAML -e 'my $y = CPAN::Meta::YAML->read($ARGV[0]); exit !($y && $y->[0]{jobs} && $y->[0]{on})' \
            "$file" 2>/dev/null || problem "$file" "not a workflow in YAML"
    fi
    while IFS= read -r line; do
        [[ $line =~ ^(\ *)(-\ )?(.*)$ ]]
        indent=$((${#BASH_REMATCH[1]} + ${#BASH_REMATCH[2]}))
        value=${BASH_REMATCH[3]}
        [[ $value && $value != '#'* ]] || continue
        if [[ $block && $indent -gt ${block#*:} ]]; then
            set -f
            # shellcheck disable=SC2086 # words are wanted
            check_words "$file" $value
            set +f
            continue
        fi
        block=''
        if [[ $list && ${BASH_REMATCH[2]} && $value != *:* ]]; then
            [[ $list != sanitizer || $sanitizers == *" $value "* ]] ||
                problem "$file" "the project does not build with the sanitizer $value"
            continue
        fi
        list=''
        [[ $value =~ ^([A-Za-z_-]+):\ *(.*)$ ]] || continue
        key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
        case $key in
        run | path)
            if [[ $value == '|' ]]; then
                block=$key:$((indent))
            else
                set -f
                # shellcheck disable=SC2086
                check_words "$file" $value
                set +f
            fi
            ;;&
        uses)
            action=${value%@*}
            [[ $value =~ @v[0-9]+$ ]] || problem "$file" "$value has no version"
            [[ -v inputs[$action] ]] || problem "$file" "nobody has looked at the inputs of $action"
            continue
            ;;
        name | if | id | run | with | jobs | steps | on | env) [[ $key == name && $indent -ge 10 ]] || continue ;;
        sanitizer)
            [[ -z $value || $value == '$'* || $sanitizers == *" $value "* ]] ||
                problem "$file" "the project does not build with the sanitizer $value"
            list=$([[ $value ]] || echo sanitizer)
            ;;
        mode)
            [[ $value =~ ^(code-change|batch|prune|coverage)$ ]] || problem "$file" "ClusterFuzzLite has no mode $value"
            ;;
        esac
        # Below `with:`, ten columns in.
        if ((indent == 10)) && [[ $action && $key != run ]] && [[ -v inputs[$action] ]]; then
            [[ " ${inputs[$action]//$'\n'/ } " == *" $key "* ]] || problem "$file" "$action takes no input $key"
        fi
    done <"$file"
}

for needed in .clusterfuzzlite/{Dockerfile,build.sh,project.yaml}; do
    [[ -e $needed ]] || problem "$needed" missing
done
for workflow in .github/workflows/*.yml; do
    check_file "$workflow"
done
# What an owner has to put in stands in one place, on a host that there cannot be: all of it, or none any more.
check_owner() {
    local open stray
    open=$(grep -cE '^(homepage|main_repo|primary_contact): .*owner\.invalid' "$1" || true)
    if ((open != 0)) && { ((open != 3)) || ! grep -q '^# OWNER: ' "$1"; }; then
        problem "$1" "the owner's lines: $open of 3 are open, or nothing says so"
    fi
    stray=$(grep -nE 'owner\.invalid|OWNER' .github/workflows/*.yml .clusterfuzzlite/{Dockerfile,build.sh} || true)
    [[ -z $stray ]] || problem "$1" "the owner's lines are not all here: $stray"
}
check_owner .clusterfuzzlite/project.yaml
((!problems)) || exit 1

# It must be able to fail before its success says anything.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
planted=0
# plant FILE SED-SCRIPT: the workflow with that edit is refused.
plant() {
    sed "$2" ".github/workflows/$1" >"$scratch/$1"
    ! cmp -s ".github/workflows/$1" "$scratch/$1" ||
        { echo "workflows: '$2' changes nothing in $1" >&2; exit 1; }
    problems=0
    check_file "$scratch/$1" 2>/dev/null
    ((problems)) || { echo "workflows: '$2' in $1 goes unnoticed" >&2; exit 1; }
    planted=$((planted + 1))
}
sed 's|^homepage: .*|homepage: "https://owner.example/pinfuzz"|' .clusterfuzzlite/project.yaml >"$scratch/project.yaml"
check_owner "$scratch/project.yaml" 2>/dev/null
((problems)) || { echo 'workflows: an owner who put in one line of three goes unnoticed' >&2; exit 1; }
plant gate.yml 's|run: tests/run|run: tests/runs|'
plant gate.yml 's|run: tests/run|run: tests/run --fast|'
plant gate.yml 's|build/tests/findings$|build/tests/foundlings|'
plant gate.yml 's|checkout@v4|checkout|'
plant gate.yml 's|category:|categories:|'
plant nightly.yml 's|pinfuzz faults|pinfuzz fault|'
plant nightly.yml 's|--sarif|--serif|'
plant nightly.yml 's|crashes$|crash|'
plant nightly.yml 's|--strict|--stricter|'
plant cflite_pr.yml 's|- memory|- thread|'
plant cflite_cron.yml 's|mode: prune|mode: trim|'
plant cflite_batch.yml 's|parallel-fuzzing|parallel|'
if perl -MCPAN::Meta::YAML -e 1 2>/dev/null; then
    plant cflite_build.yml 's|^jobs:|jobs|'
fi
printf 'workflows: every rule holds (%d planted mistakes were refused)\n' "$planted"
