#!/usr/bin/env bash
# Whoever asks for caps too late, or asks a driver that is too old, breaks INIT-CAPS in the programs that whoever does
# neither keeps. Usage: tests/dialects/bad/late.sh PINFUZZ
set -euo pipefail

programs=$(dirname "$0")/../programs
for program in plain_machine older_than_iommu_caps chain_of_two; do
    got=$("$1" run "$programs/$program.txt" 2>/dev/null || true)
    [[ $got == *': violated INIT-CAPS' ]] || {
        echo "late: expected INIT-CAPS, got $got" >&2
        exit 1
    }
done
