#!/usr/bin/env bash
# A switch over operations, their classes or the kinds of their operands says so by its type and has no
# `default:`, so that the compiler names what misses a new one. First shows that it would notice.
# Usage: tests/switches.sh
set -euo pipefail

cd "$(dirname "$0")/.."

# Prints each switch in the files that breaks the rule; fails when there is one.
check() {
    awk '
        function indent(line) { match(line, /^ */); return RLENGTH }
        FNR == 1 { inside = 0 }
        /switch \(.*opcode/ && !/\(\(enum program_[a-z]+\)|\(program_class\(/ {
            printf "%s:%d: a switch over an opcode wants the type of its operations\n", FILENAME, FNR
            bad = 1
        }
        /switch \(\(enum (program_(opcode|callback|access|bus|self)|operand_kind)\)|switch \(program_class\(/ {
            inside = 1
            depth = indent($0)
        }
        inside && /^ *default:/ && indent($0) == depth {
            printf "%s:%d: a switch over operations has no default\n", FILENAME, FNR
            bad = 1
        }
        inside && /^ *}/ && indent($0) <= depth { inside = 0 }
        END { exit bad }
    ' "$@"
}

mapfile -t files < <(find harness fuzz tests -name '*.[ch]' | sort)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for bad in '(call->opcode) {\n    case OP_PIN:\n' '((enum program_bus)call->opcode) {\n    default:\n' \
    '(program_class(opcode)) {\n    case CLASS_BUS:\n    default:\n' \
    '((enum operand_kind)operand->kind) {\n    default:\n'; do
    printf 'void f(void) {\n    switch %b        break;\n    }\n}\n' "$bad" >"$scratch/planted.c"
    if check "$scratch/planted.c" >/dev/null; then
        echo "switches: this check cannot fail: $bad was let through" >&2
        exit 1
    fi
done
# And what is right is let through, with another switch inside.
printf 'void f(void) {\n    switch ((enum program_bus)opcode) {\n    case BUS_STOP:\n        switch (x) {\n        default:\n            break;\n        }\n    }\n    switch (x) {\n    default:\n    }\n}\n' \
    >"$scratch/planted.c"
check "$scratch/planted.c"
check "${files[@]}"
echo "switches: ${#files[@]} files go over operations by their types"
