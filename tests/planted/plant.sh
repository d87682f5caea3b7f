# shellcheck shell=bash
# Sourced by tests/planted/run and bench, after fuzz/engine/tools.sh: which bugs there are, and how one is
# planted, compiled and linked with the objects of a build. The caller has a directory `scratch`.

place=$tools_root/tests/planted
# The rooms of the harness, as link_with wants them; beside them cli, or a fuzz target.
# shellcheck disable=SC2034 # for who sources this
harness=(interleave program contract judge drive mutate minimize verdict reproduce)

# ---- the bugs ----

# header NAME KEY: what stands behind `KEY:` above the patch.
header() {
    sed -n "/^--- /q; s/^$2: *//p" "$place/$1/bug.patch" | head -n 1
}

# plant_select PATTERN...: sets `names`; all bugs without a PATTERN.
plant_select() {
    local directory pattern name before
    local -a all=()
    for directory in "$place"/*/; do
        [[ -d $directory ]] && all+=("$(basename "$directory")")
    done
    ((${#all[@]})) || tools_fail "no bugs in $place"
    names=("${all[@]}")
    (($#)) || return 0
    names=()
    for pattern; do
        before=${#names[@]}
        for name in "${all[@]}"; do
            # shellcheck disable=SC2053 # a pattern is meant
            [[ ${name} == ${pattern##*planted/} ]] && names+=("$name")
        done
        ((${#names[@]} > before)) || tools_fail "no bug is called '$pattern'"
    done
}

# ---- the builds ----

cached() {
    sed -n "s/^$2:[A-Z]*=//p" "$1/CMakeCache.txt"
}

# prepare DIR: one link line and one table of compile commands for each build, used by every bug.
prepare() {
    local dir=$1 out=$scratch/${1//\//_} sanitize
    [[ $(cached "$dir" CMAKE_HOME_DIRECTORY) == "$tools_root" ]] || tools_fail "$dir builds other sources"
    sanitize=$(cached "$dir" PINFUZZ_SANITIZE)
    # The table: object, tab, command. JSON escapes quotes and backslashes only.
    sed -n 's/^ *"command": "\(.*\)",$/\1/p' "$dir/compile_commands.json" |
        sed 's/\\\(["\\]\)/\1/g; s/^\(.* -o \([^ ]*\) .*\)$/\2\t\1/' >"$out.commands"
    {
        cached "$dir" CMAKE_C_COMPILER
        [[ -z $sanitize ]] || echo "-fsanitize=$sanitize"
        if command -v ld.lld >/dev/null; then echo -fuse-ld=lld; fi
        echo -pthread
    } | paste -sd ' ' >"$out.link"
}

# ---- one bug: plant, compile, link ----

# The functions below work on `name`, in the directory `work`, and end with fail at what is wrong.
fail() {
    printf '%s\n' "$1"
    if (($# > 1)) && [[ -s $2 ]]; then
        grep -v '^$' "$2" | head -n "${3:-12}" | sed 's/^/    /'
    fi
    exit 1
}

# link_with DIR PROGRAM SUFFIX PART... [-- ARG...]: compiles what the patch changed as DIR compiles it,
# and links PROGRAM from it and the other objects of the PARTs. Of the subject's parts those with the
# SUFFIX are taken, where there are such: fuzz targets look at the coverage of some.
link_with() {
    local dir=$1 program=$2 suffix table=$scratch/${1//\//_} built=$work/${2%/*} part source object command
    local -a objects=() linker
    mkdir -p "$built"
    for part in nt dxgk sut; do
        suffix=$3
        [[ -d $dir/CMakeFiles/pinfuzz_$part$suffix.dir ]] || suffix=
        for object in "$dir/CMakeFiles/pinfuzz_$part$suffix.dir/src/$part/"*.o; do
            source=${object##*/}
            source=src/$part/${source%.o}
            if [[ -z ${changed[$source]-} ]]; then
                objects+=("$object")
                continue
            fi
            command=$(sed -n "s|^CMakeFiles/pinfuzz_$part$suffix\.dir/$source\.o\t||p" "$table.commands")
            [[ -n $command ]] || fail "$dir does not say how it compiles $source"
            command=${command//"$tools_root/src"/"$work/src"}
            object=$built/$part$suffix-${source##*/}.o
            # Traced objects stay without optimization: switches are counted in their loads and stores.
            [[ $suffix == *_traced ]] || command+=' -O1'
            [[ -e $object ]] || # another PROGRAM beside this one has it
                (cd "$dir" && eval "$command -g1 -Werror -o '$object'") >"$work/log" 2>&1 ||
                fail "does not compile" "$work/log" 20
            objects+=("$object")
        done
    done
    shift 3
    while (($#)) && [[ $1 != -- ]]; do
        mapfile -t -O "${#objects[@]}" objects < <(find "$dir"/{,tests/}CMakeFiles/{,pinfuzz_}"$1.dir" -name '*.o' 2>/dev/null)
        shift
    done
    (($#)) && shift
    read -ra linker <"$table.link"
    "${linker[@]}" "${objects[@]}" "$@" -o "$work/$program" >"$work/log" 2>&1 ||
        fail "does not link" "$work/log" 20
}

# Fills `changed`: what must be compiled anew.
plant() {
    local files file
    mkdir -p "$work"
    cp -r "$tools_root/src" "$work/"
    patch -d "$work" -p1 --fuzz=0 --force --no-backup-if-mismatch <"$place/$name/bug.patch" \
        >"$work/log" 2>&1 || fail "does not apply" "$work/log"
    mapfile -t files < <(sed -n 's|^+++ b/\([^ \t]*\).*|\1|p' "$place/$name/bug.patch")
    ((${#files[@]})) || fail "changes nothing"
    for file in "${files[@]}"; do
        [[ $file =~ ^src/(nt|dxgk|sut)/[a-z0-9_]+\.[ch]$ ]] || fail "changes what is not the subject: $file"
    done
    # Behind a changed header whatever includes it changes, too.
    while ((${#files[@]})); do
        file=${files[0]}
        files=("${files[@]:1}")
        [[ -z ${changed[$file]-} ]] || continue
        changed[$file]=1
        [[ $file != *.h ]] ||
            mapfile -t -O "${#files[@]}" files < <(cd "$work" && grep -rlF "#include \"${file#src/}\"" src)
    done
}

races() {
    grep -q '^race ' "$place/$name/program.txt"
}

# The fuzz target that runs the operations of `name`'s program; an input with others is turned down by it
# without being run.
plant_target() {
    if races; then
        echo pin_race_fuzzer
    elif grep -qE '^(link|add) ' "$place/$name/program.txt"; then
        echo adapter_chain_fuzzer
    else
        echo pin_unpin_fuzzer
    fi
}
