# shellcheck shell=bash disable=SC2154 # build, corpus, known, targets, fuzzing_cc are the script's
# Sourced by fuzz/run and fuzz/corpus: inputs that come in one file, be it a zip archive, as OSS-Fuzz and
# ClusterFuzz hand out, or a text or a log with programs in Base64. pinfuzz reads them.

# is_packed FILE: whether it is such a file, by its name.
is_packed() {
    [[ ${1,,} =~ \.(zip|b64|base64|log|txt)$ && ! -d $1 ]] || return 1
    [[ -f $1 ]] || tools_fail "there is no file $1"
}

# packed_needs FILE...: notes what is missing to read them.
packed_needs() {
    local file
    for file; do
        [[ ${file,,} != *.zip ]] || CC=$fuzzing_cc tools_need_file zip.h libzip-dev
    done
}

# inputs_named OUT TARGET: those of the flat files in OUT whose names say that they are TARGET's.
inputs_named() {
    find "$1" -type f \( -name "$2-*" -o -name "*-$2-*" \) -print0
}

# take_packed TARGET DIR FILE: moves what is in DIR to the corpus.
take_packed() {
    local input count=0 new=0
    for input in "$2"/*; do
        [[ -e $input ]] || continue
        count=$((count + 1))
        [[ ! -e $corpus/$1/${input##*/} ]] || continue
        mv "$input" "$corpus/$1/"
        new=$((new + 1))
    done
    ((!count)) || printf '%s: %d inputs from %s, %d of them new\n' "$1" "$count" "$3" "$new"
}

# unpack_inputs FILE OUT: makes OUT/TARGET of each of `targets` that FILE has inputs of; each has the SHA-1 of
# what it holds for a name. Whose they are is said by a directory in an archive or a part of a name, as in
# clusterfuzz-testcase-TARGET-1, else by the name of FILE, as in TARGET_seed_corpus.zip, or they are the only
# target's. What is no program is named, and passed over.
unpack_inputs() {
    local file=$1 out=$2 all=$2/.all target sum path found=0
    rm -rf "$out"
    mkdir -p "$all"
    "$build/pinfuzz" bytes "$file" -o "$all/inputs" >/dev/null 2>"$out/.log" || {
        cat "$out/.log" >&2
        [[ -n $(find "$all" -type f -print -quit 2>/dev/null) ]] || tools_fail "no inputs can be taken from $file"
        printf 'passed over: what is named above\n' >&2
    }
    for target in "${known[@]}"; do
        [[ -z $(inputs_named "$all" "$target" | head -c 1 | tr '\0' x) ]] || found=1
    done
    for target in "${targets[@]}"; do
        mkdir "$out/$target"
        if ((found)); then
            inputs_named "$all" "$target"
        elif [[ ${file##*/} == "$target"[._-]* ]] || ((${#targets[@]} == 1)); then
            find "$all" -type f -print0
        fi | xargs -0 -r sha1sum -- >"$out/.sums"
        while read -r sum path; do
            mv "$path" "$out/$target/$sum"
        done <"$out/.sums"
        rmdir "$out/$target" 2>/dev/null || true
    done
    rm -rf "$all" "$out/.sums" "$out/.log"
    [[ -n $(find "$out" -type f -print -quit) ]] || ((found)) ||
        tools_fail "of which target the inputs in $file are, nobody says; --target does"
}
