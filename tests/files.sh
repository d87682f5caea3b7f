#!/usr/bin/env bash
# Files as people have them: zip archives, Base64, UTF-16, what fuzzers leave behind. Each is read as the same
# programs in a directory are, by an implementation in which programs differ in what they break; or is refused
# with a sentence that says what it is. Each comparison is made with a changed program, too, and must fail then.
#
# Usage: tests/files.sh PINFUZZ PINFUZZ-WITHOUT-LIBZIP [--no-libzip]
#   PINFUZZ      built with bare/broken.c
#   --no-libzip  the first has no libzip, either
set -euo pipefail

pinfuzz=$(realpath "$1")
without=$(realpath "$2")
libzip=1
[[ ${3-} != --no-libzip ]] || libzip=0
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
cd "$scratch"
export LC_ALL=C
# A process reads at its end all that it has for leaks, which takes longer than the program that it ran. They are
# looked for once, at the end.
options=${ASAN_OPTIONS-}
export ASAN_OPTIONS=${options:+$options:}detect_leaks=0

checks=0
fail() {
    printf 'files: %s\n' "$1" >&2
    exit 1
}

# expect STATUS OUTPUT COMMAND...: the exit status, and standard output and error together.
expect() {
    local status=$1 output=$2 got got_status=0
    shift 2
    got=$("$@" 2>&1 </dev/null) || got_status=$?
    # shellcheck disable=SC2053 # the output is a pattern
    if [[ $got_status != "$status" || $got != $output ]]; then
        printf 'files: %s\nexpected exit %s and: %s\ngot exit %s and: %s\n' \
            "$*" "$status" "$output" "$got_status" "$got" >&2
        exit 1
    fi
    checks=$((checks + 1))
}

# told COMMAND PATH: all that `run`, `clauses` or `triage` says of PATH, without PATH itself, and its exit status.
told() {
    local command=("$1") status=0
    [[ $1 != triage ]] || command+=(-n -v -o none)
    "$pinfuzz" "${command[@]}" "$2" >out 2>err </dev/null || status=$?
    # On standard error run tells long stories, and clauses which program broke what.
    [[ $1 == run ]] || grep -E ': (violated|crashed)' err >>out || true
    sed "s|$2[/:]||g" out
    echo "status $status"
}

# verdicts PATH: what `run` says, without any names: programs in Base64 have none.
verdicts() {
    told run "$1" | sed -E 's/^.*: (kept|violated|crashed)/\1/'
}

# counts PATH, groups PATH: likewise what `clauses` counts, and how many files `triage` puts together.
counts() {
    told clauses "$1" | grep -v ': violated '
}
groups() {
    told triage "$1" | sed -nE 's/^([A-Z0-9-]+: [0-9]+ files?),.*/\1/p; / files: /p; $p'
}

# same COMMAND... WANTED GOT CHANGED: COMMAND prints the same of GOT as of WANTED, and something else of CHANGED.
same() {
    local command=("${@:1:$#-3}") wanted got changed
    shift $(($# - 3))
    wanted=$("${command[@]}" "$1")
    got=$("${command[@]}" "$2")
    changed=$("${command[@]}" "$3")
    [[ $got == "$wanted" ]] ||
        fail "${command[*]}: $2 is not as $1: $(diff <(echo "$wanted") <(echo "$got"))"
    [[ $changed != "$wanted" ]] || fail "${command[*]}: this comparison cannot fail: $3 is as $1"
    checks=$((checks + 1))
}

# ---- the programs, in directories; in `changed` one is another ----

mkdir -p seeds/deeper
cp "$root"/corpus/pin_unpin_fuzzer/[bcmoprs]*.txt seeds/
cp "$root"/corpus/adapter_chain_fuzzer/[mr]*.txt seeds/deeper/
for bytes in seeds/[a-d]*.txt; do
    "$pinfuzz" bytes "$bytes" -o "${bytes%.txt}"
    rm "$bytes"
done
cp -R seeds changed
mapfile -t programs < <(find seeds -type f | sort)
first=seeds/both_forms_mixed
for program in seeds/*; do
    # The first that breaks something breaks nothing any more.
    if [[ -f $program ]] && ! "$pinfuzz" run "$program" >/dev/null 2>&1; then
        printf 'machine\n' >"changed/${program#seeds/}"
        break
    fi
done
"$pinfuzz" bytes seeds -o bytes >out
"$pinfuzz" bytes changed -o changed_bytes >out
[[ $(find bytes -type f | wc -l) == "${#programs[@]}" && ${#programs[@]} -gt 15 ]] || fail 'too few programs'

# ---- Base64 ----

# base64_of DIR COMMAND...: COMMAND with each program in Base64, in the order in which a directory is read.
base64_of() {
    local file
    for file in "$1"/*; do
        "${@:2}" "$(base64 -w 0 "$file")"
    done
}
as_line() { printf 'Base64: %s\n' "$1"; }
as_bare() { printf '%s\n' "$1"; }
# As libFuzzer's output stands in the log of a CI system.
as_log() {
    printf '#2\tINITED cov: 3\n\033[1martifact_prefix=; Test unit written to crash\033[0m\n'
    printf '2024-11-26T14:01:02.0000000Z Base64: %s\r\nstat::number_of_executed_units: 1\n' "$1"
}
for form in line bare log; do
    base64_of bytes "as_$form" >"$form.txt"
    base64_of changed_bytes "as_$form" >"changed_$form.txt"
    same verdicts bytes "$form.txt" "changed_$form.txt"
done
# The name says it of the first, the mark of the second, the programs themselves of the third.
cp bare.txt bare.b64
cp line.txt line
cp bare.txt bare
cp changed_bare.txt changed_bare
for form in bare.b64 line bare; do
    same verdicts bytes "$form" changed_bare
    same counts bytes "$form" changed_bare
    same groups bytes "$form" changed_bare
done
"$pinfuzz" bytes bare -o again >out
expect 0 '' diff <(cat bytes/*) <(for ((i = 1; i <= ${#programs[@]}; i++)); do cat "again/$i"; done)

# One by itself is that program, for each command; one of several has its line for a name.
as_line "$(base64 -w 0 "bytes/${first#seeds/}")" >one
as_bare "$(base64 -w 0 "bytes/${first#seeds/}")" >bare_one
base64 "bytes/${first#seeds/}" >wrapped
base64 -w 64 "bytes/${first#seeds/}" >wrapped.b64
"$pinfuzz" text "$first" >wanted
for file in one bare_one wrapped wrapped.b64 line:1 bare.b64:1; do
    expect 0 '' diff wanted <("$pinfuzz" text "$file")
done
expect 0 '' diff wanted <("$pinfuzz" text - <one)
expect 2 'line: several programs in Base64; the first is line:1' "$pinfuzz" text line
expect 2 'line:99: No such file or directory' "$pinfuzz" text line:99
expect 1 '*line:1: violated *' "$pinfuzz" faults line:1
: >nothing.txt
as_line '' >nothing
expect 0 '' diff <("$pinfuzz" text nothing.txt) <("$pinfuzz" text nothing)

# Refused, where a name or the mark says what was meant.
printf 'Base64: AAAA!\n' >bad
expect 2 "bad:1: expected Base64 behind its mark, whole to the end of the line, got 'AAAA!'" "$pinfuzz" run bad
printf '# Kept.\nBase64: AAA\nBase64: AAAA\n' >bad
expect 2 "bad:2: expected Base64 behind its mark, *got 'AAA'?bad:3: kept" "$pinfuzz" run bad
printf 'AAAA\nAAA\n' >bad.b64
expect 2 'bad.b64: expected Base64, and nothing else' "$pinfuzz" run bad.b64
# A misspelt word is no Base64.
printf 'machines\n' >misspelt.txt
expect 2 "misspelt.txt:1:1: expected machine, adapter or an operation *, got 'machines'" "$pinfuzz" run misspelt.txt

# ---- UTF-16 ----

utf16() { printf '\377\376' && iconv -f UTF-8 -t UTF-16LE "$1"; }
utf16_big() { printf '\376\377' && iconv -f UTF-8 -t UTF-16BE "$1"; }
text=seeds/surprise_removal_while_mapped.txt
{
    printf '# Gr\303\266\303\237e, \360\237\222\276\r\n'
    sed 's/$/\r/' "$text"
} >story.txt
printf 'machine\n' >plain.txt
for encoding in utf16 utf16_big; do
    "$encoding" story.txt >"$encoding.txt"
    cp "$encoding.txt" "$encoding"
    "$encoding" plain.txt >changed_text
    for file in "$encoding" "$encoding.txt"; do
        for command in verdicts counts groups; do
            same "$command" "$text" "$file" changed_text
        done
        expect 0 '' diff <("$pinfuzz" text "$text") <("$pinfuzz" text "$file")
        expect 0 '' diff <("$pinfuzz" text "$text") <("$pinfuzz" text - <"$file")
        expect 0 '' diff <("$pinfuzz" bytes "$text" -o -) <("$pinfuzz" bytes "$file" -o -)
    done
done
# Columns are those that the editor shows.
printf 'machine\nstop 0 # \303\266\nstop \303\266\n' >bad.utf8
utf16 bad.utf8 >bad.txt
expect 2 "bad.txt:3:6: expected a number from 0 to 15, got *" "$pinfuzz" run bad.txt
# Base64 in a log that PowerShell wrote.
utf16 log.txt >log16
same verdicts bytes log16 changed_bare
iconv -f UTF-8 -t UTF-16LE plain.txt >bad.txt
expect 2 'bad.txt: UTF-16 without a byte order mark: save it as UTF-8' "$pinfuzz" run bad.txt
utf16 plain.txt | head -c -1 >bad.txt
expect 2 'bad.txt: UTF-16, but not to its end: save it as UTF-8' "$pinfuzz" run bad.txt
{ printf '\377\376\0\0' && iconv -f UTF-8 -t UTF-32LE plain.txt; } >bad.txt
expect 2 'bad.txt: UTF-32: save it as UTF-8' "$pinfuzz" run bad.txt

# ---- what is bytes stays bytes (tests/unit/load_test.c tries more) ----

head -c 192 /dev/zero | tr '\0' A >letters
head -c 192 /dev/zero | tr '\0' K >letters2
printf '\377\376m\0a\0c\0h\0i\0n\0\1\0' >marked
printf '\377\376' >mark
printf 'QUJDREVGR0g=\n' >short
cp letters letters.gz
printf 'PK\3\4' | cat - letters >packed
for file in letters letters2 marked mark short packed; do
    expect 0 '' diff <("$pinfuzz" text "$file") <("$pinfuzz" text --as-bytes "$file")
done
for file in line bare utf16 letters.gz; do
    expect 1 '*' diff <("$pinfuzz" text "$file" 2>&1) <("$pinfuzz" text --as-bytes "$file")
    expect 0 "$file: kept" "$pinfuzz" run --as-bytes "$file"
done
expect 2 'letters.gz: packed, and not as zip: unpack it first' "$pinfuzz" run letters.gz

# ---- what fuzzers leave behind, and where ----

queue='left/a f l/default/queue'
mkdir -p "$queue/.state/deterministic_done" 'left/a f l/default/crashes' left/cluster left/$'\303\274ber'
n=0
for file in bytes/*; do
    case $((n % 4)) in
    0) name=$(printf '%s/id:%06d,sync:main,src:%06d,+cov' "$queue" $n $n) ;;
    1) name=$(printf 'left/a f l/default/crashes/id:%06d,sig:06,src:000000,op:havoc,rep:2' $n) ;;
    2) name=left/cluster/clusterfuzz-testcase-minimized-pin_unpin_fuzzer-51$n ;;
    3) name=left/$'\303\274ber'/crash-$(sha1sum <"$file" | cut -c 1-40) ;;
    esac
    cp "$file" "$name"
    touch "$queue/.state/deterministic_done/${name##*/}"
    n=$((n + 1))
done
sorted_verdicts() { verdicts "$1" | sort; }
same sorted_verdicts bytes left changed_bytes
printf 'Command line used to find this crash:\n\nafl-fuzz -i in -o out -- ./target\n' \
    >'left/a f l/default/crashes/README.txt'
expect 1 "*junk: left/a f l/default/crashes/README.txt:1:1: expected *, 1 junk" "$pinfuzz" triage -n -o none left
# Trees that cannot be written to, links to files and directories; one that leads nowhere, and a ring.
chmod -R a-w left
before=$(find left -printf '%p %s %m %t\n')
mkdir links
ln -s "$PWD/left" links/tree
ln -s "$PWD/$text" links/story.txt
same sorted_verdicts bytes links/tree changed_bytes
expect 1 '*links/story.txt: violated *' "$pinfuzz" run links/story.txt
expect 1 '*links/story.txt: violated *' "$pinfuzz" run links
[[ $(find left -printf '%p %s %m %t\n') == "$before" ]] || fail 'something was written into left'
ln -s nowhere links/lost
ln -s . links/ring
expect 1 '*links/lost: No such file or directory*' "$pinfuzz" run links
# Line ends and marks of editors.
sed 's/$/\r/' "$text" >crlf.txt
{ printf '\357\273\277' && cat crlf.txt; } >marked.txt
cp "$text" 'a b.TXT'
for file in crlf.txt marked.txt 'a b.TXT'; do
    expect 0 '' diff <("$pinfuzz" text "$text") <("$pinfuzz" text "$file")
done

# ---- archives ----

python3 "$root/tests/archives.py" .
expect 2 'names.zip: this pinfuzz was built without libzip, *libzip-dev*' "$without" run names.zip
if ((!libzip)); then
    echo "files: $checks checks hold; none of archives, for there is no libzip"
    exit 0
fi

# pack DIR: DIR.zip with what is in it.
pack() { (cd "$1" && python3 -m zipfile -c "../$1.zip" ./*); }
for directory in seeds changed bytes changed_bytes; do
    pack "$directory"
done
for command in run clauses triage; do
    same told "$command" seeds seeds.zip changed.zip
done
same verdicts bytes bytes.zip changed_bytes.zip
(cd seeds && cmake -E tar cf ../dotted.zip --format=zip .)
same told run seeds dotted.zip changed.zip
# In a directory, named itself, several at once.
mkdir -p 'in/a b'
cp seeds.zip 'in/a b/SEEDS.ZIP'
expect 1 '*in/a b/SEEDS.ZIP:*' "$pinfuzz" run in
expect 0 "${#programs[@]}" grep -cF 'in/a b/SEEDS.ZIP:' <("$pinfuzz" run in 2>/dev/null)
expect 0 "$((2 * ${#programs[@]}))" grep -c : <("$pinfuzz" run seeds.zip seeds.zip 2>/dev/null)
expect 0 '' diff <("$pinfuzz" run seeds/deeper 2>/dev/null) \
    <("$pinfuzz" run seeds.zip:deeper 2>/dev/null | sed 's|zip:deeper|&|; s|^seeds.zip:|seeds/|')
# What a verdict names is a file for every command.
inner=${text#seeds/}
expect 0 '' diff <("$pinfuzz" text "$text") <("$pinfuzz" text "seeds.zip:$inner")
expect 1 "*seeds.zip:$inner: violated *" "$pinfuzz" run "seeds.zip:$inner"
expect 0 "seeds.zip:$inner: violated * -> *" "$pinfuzz" minimize "seeds.zip:$inner" -o small.txt
expect 1 '*: 1 file, kept/*' "$pinfuzz" triage -o kept "seeds.zip:$inner"
expect 0 "*# From seeds.zip:$inner?*" cat kept/*/program.txt
expect 1 '*: 1 file, kept before: kept/*' "$pinfuzz" triage -o kept "seeds.zip:$inner"
expect 0 '*int main(*' "$pinfuzz" source "seeds.zip:${programs[0]#seeds/}"
expect 2 'seeds.zip:nothing: No such file or directory' "$pinfuzz" run seeds.zip:nothing
expect 2 'seeds.zip:nothing: No such file or directory' "$pinfuzz" triage seeds.zip:nothing
expect 2 'nowhere.zip: No such file or directory' "$pinfuzz" run nowhere.zip
expect 2 'nowhere.zip:a: No such file or directory' "$pinfuzz" run nowhere.zip:a
expect 2 "seeds.zip: ${#programs[@]} programs, where one is wanted; the first is seeds.zip:*" "$pinfuzz" text seeds.zip
# Bytes of them, flat.
"$pinfuzz" bytes seeds.zip -o unpacked >out
expect 0 '' diff -r bytes unpacked
expect 0 'deeper: [1-9]* programs' "$pinfuzz" bytes seeds.zip:deeper -o deeper
for file in deeper/*; do
    expect 0 '' cmp "$file" "bytes/deeper-${file#deeper/}"
done
# An archive with one program stands for it.
mkdir single
cp "$text" single/
pack single
expect 0 '' diff <("$pinfuzz" text "$text") <("$pinfuzz" text single.zip)
# FILE and FILE.txt are one for triage, inside as outside; what is empty, or prose, is junk there, too.
mkdir pairs
cp "$text" pairs/crash-1.txt
cp "bytes/$(basename "$inner" .txt)" pairs/crash-1
cp "bytes/$(basename "$inner" .txt)" pairs/crash-2
: >pairs/crash-3
printf 'Command line used\n' >pairs/README
pack pairs
rm pairs/crash-2
cp -R pairs fewer
pack fewer
cp "bytes/$(basename "$inner" .txt)" pairs/crash-2
same told triage pairs pairs.zip fewer.zip
# Base64, and texts in UTF-16, inside.
mkdir inside
cp line.txt utf16 utf16_big.txt inside/
cp -R inside fewer_inside
cp changed_line.txt fewer_inside/line.txt
pack inside
pack fewer_inside
for command in run triage; do
    same told "$command" inside inside.zip fewer_inside.zip
done
expect 1 '*inside.zip:line.txt:1: violated *' "$pinfuzz" run inside.zip:line.txt:1

# Hostile and broken ones; whatever else is in them is run. Nothing is written by their names.
archive() {
    expect 2 "$2" "$pinfuzz" run "$1.zip"
}
archive names 'names.zip:/root.txt: a name that leads out of the archive
names.zip:../up.txt: a name that leads out of the archive
names.zip:a/../../b.txt: a name that leads out of the archive
names.zip:c*[?].txt: a name with control characters
names.zip:dir/win.txt: kept
names.zip:good.txt: kept
names.zip:g*t/a b.txt: kept'
mkdir -p written/here
expect 2 '*' "$pinfuzz" bytes names.zip -o written/here/out
expect 0 $'dir-win\ngood\ng*t-a b' ls written/here/out
expect 0 'here' ls written
archive twice 'twice.zip:a.txt: kept
twice.zip:a.txt#1: there twice in the archive
twice.zip:a.txt#2: there twice in the archive'
archive link 'link.zip:good.txt: kept
link.zip:link: a symbolic link: pack what it leads to'
for name in bomb giant; do
    archive $name "$name.zip:big: too large for a program
$name.zip:good.txt: kept"
done
archive sum 'sum.zip: 516 MiB unpacked; more than 512 are too many in an archive'
archive many 'many.zip: 262145 files; more than 262144 are too many in an archive'
for name in less more checksum method locked; do
    archive $name "$name.zip:bad.txt: *
$name.zip:good.txt: kept"
done
archive less '*: damaged: more than the 695 bytes that the archive says*'
archive more '*: damaged: less than the 705 bytes that the archive says*'
archive checksum '*: damaged: CRC error*'
archive locked '*: encrypted: unpack it with its password first*'
for name in head tail end text; do
    archive $name "$name.zip: no zip archive, or not whole (*)"
done
archive zero 'zero.zip: no zip archive: empty'
archive empty 'empty.zip: no programs'
archive nested 'nested.zip:good.txt: kept
nested.zip:inner.zip: an archive in an archive, or where one program is wanted'
truncate -s 129M huge.zip
archive huge 'huge.zip: 129 MiB; more than 128 are too many for an archive'
expect 0 'order.zip:a/z.txt: kept
order.zip:a-b.txt: kept
order.zip:a.txt: kept
order.zip:b.txt: kept' "$pinfuzz" run order.zip
# What cannot be read is told by triage, and the rest goes on.
expect 2 'text.zip: no zip archive*
junk: locked.zip:bad.txt: encrypted: *
kept: locked.zip:good.txt
2 files: 0 findings in 0, 1 kept, 0 flaky, 1 junk' "$pinfuzz" triage -n -o none text.zip locked.zip
# --as-bytes is the last word.
expect 0 'seeds.zip: kept' "$pinfuzz" run --as-bytes seeds.zip

# With each kind of file, and each complaint, there is once a look for leaks.
ASAN_OPTIONS=$options
"$pinfuzz" run order.zip text.zip locked.zip names.zip "$text" utf16_big.txt line.txt >out 2>&1 || true
! grep -q LeakSanitizer out || fail "$(cat out)"
checks=$((checks + 1))

echo "files: $checks checks hold"
