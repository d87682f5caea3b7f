#!/usr/bin/env bash
# Every C file is as clang-format 14 leaves it. Versions to 22 leave most code alike: where there is no 14, what
# they object to may be theirs, and fails nobody. Usage: tests/format.sh [--fix | --tool]
#   --fix   formats the files
#   --tool  prints the clang-format that is used
# Exit status: 0 well formatted, 1 not, 77 no clang-format that could tell.
set -euo pipefail

cd "$(dirname "$0")/.."

tool=
for candidate in clang-format-14 clang-format clang-format-{15..22}; do
    if command -v "$candidate" >/dev/null && "$candidate" --version | grep -qE 'version (1[4-9]|2[0-2])\.'; then
        tool=$candidate
        break
    fi
done
if [[ -z $tool ]]; then
    echo "format: skipped, no clang-format of version 14 to 22 (Debian: clang-format)" >&2
    exit 77
elif [[ ${1-} == --tool ]]; then
    echo "$tool"
    exit 0
fi

mapfile -d '' files < <(find src harness fuzz tests examples -name '*.[ch]' -print0 | sort -z)
if [[ ${1-} == --fix ]]; then
    "$tool" -i "${files[@]}"
    exit 0
fi

# It must be able to fail before its success says anything.
if printf 'int  f( void ){return 0 ;}\n' | "$tool" --dry-run -Werror --assume-filename=src/f.c 2>/dev/null; then
    echo "format: $tool finds nothing wrong with a badly formatted line" >&2
    exit 1
fi
"$tool" --dry-run -Werror --ferror-limit=1 "${files[@]}" || {
    if ! "$tool" --version | grep -q 'version 14\.'; then
        echo "format: skipped, $tool puts some of this otherwise; version 14 decides" >&2
        exit 77
    fi
    echo "format: tests/format.sh --fix puts this right" >&2
    exit 1
}
echo "format: ${#files[@]} files are as $tool leaves them"
