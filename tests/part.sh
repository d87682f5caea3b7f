#!/usr/bin/env bash
# Starts part.py, which says what it proves, with the tools that it takes. Usage: tests/part.sh [SCRATCH-DIRECTORY]
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../fuzz/engine/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/../fuzz/engine/tools.sh"
tools_need make
tools_need gcc
tools_need g++
tools_python tests/part.py "$@"
