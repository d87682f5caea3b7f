#!/usr/bin/env bash
# Every C file is as clang-format 14 leaves it (other versions format some things otherwise).
# Usage: tests/format.sh [--fix]
set -euo pipefail

cd "$(dirname "$0")/.."

tool=
for candidate in clang-format-14 clang-format; do
    if command -v "$candidate" >/dev/null && "$candidate" --version | grep -q 'version 14\.'; then
        tool=$candidate
        break
    fi
done
if [[ -z $tool ]]; then
    echo "format: skipped, no clang-format 14 (Debian: clang-format-14)" >&2
    exit 77
fi

mapfile -d '' files < <(find src harness fuzz tests -name '*.[ch]' -print0 | sort -z)
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
    echo "format: tests/format.sh --fix puts this right" >&2
    exit 1
}
echo "format: ${#files[@]} files are as $tool leaves them"
