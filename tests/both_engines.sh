#!/usr/bin/env bash
# fuzz/run with libFuzzer and AFL++ at once, over the unbroken core: inputs go both ways, and both end when they should.
# Usage: tests/both_engines.sh [--objects DIR] [SCRATCH-DIRECTORY]
#   --objects DIR  a build of this project whose objects are used where they are the same
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=campaigns.sh
source "$(dirname "${BASH_SOURCE[0]}")/campaigns.sh"

expect 2 fuzz --engine no_such_engine
expect 130 in_scratch ended_when '^[1-9][0-9]* [1-9]' pin_args_fuzzer.trade --engine both --jobs 2 \
    --target pin_args_fuzzer -DPINFUZZ_SUT=src
says "the implementation is $scratch/src"
never_says ' afl .* 0 execs '
[[ -z $(aside) ]] || fail 'seeds stay aside'
says '^pin_args_fuzzer libfuzzer +[1-9][0-9]*'
says '^pin_args_fuzzer afl +[1-9][0-9]*'
says '^pin_args_fuzzer: [1-9][0-9]* inputs from libFuzzer to AFL.*; [1-9][0-9]* from AFL.. to libFuzzer'
# And not interrupted: each ends by itself when the time is over.
expect 0 fuzz --engine both --seconds 5 --jobs 2 --target pin_args_fuzzer
says '^no findings'
has campaign.tsv "${tab}pin_args_fuzzer${tab}afl${tab}1${tab}[1-9][0-9]*${tab}[1-9][0-9]*${tab}-${tab}[1-9][0-9]*${tab}[0-9]*${tab}[0-9.]+${tab}"
has campaign.html 'pin_args afl'
# AFL++'s own tools find what they look for.
expect 0 afl-whatsup -s "$scratch/build/afl-out/pin_args_fuzzer"
says 'Fuzzers alive|Dead or remote'

printf '%d passed, 0 failed\n' "$passed"
