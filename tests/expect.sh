# shellcheck shell=bash disable=SC2154 # log, passed and fail() are of who sources this
# Sourced by tests of whole commands: what one exits with, and what it says. Each that is as expected counts in `passed`;
# what is not goes to fail(), which ends the test.

# expect STATUS COMMAND...: runs it, output to the log.
expect() {
    local wanted=$1 status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    ((status == wanted)) || fail "exit status $status instead of $wanted: $*"
    passed=$((passed + 1))
}

# says PATTERN: the log has a line that matches.
says() {
    grep -qE -- "$1" "$log" || fail "the output has no line like: $1"
    passed=$((passed + 1))
}

# never_says PATTERN: it has none.
never_says() {
    ! grep -qE -- "$1" "$log" || fail "the output has a line like: $1"
    passed=$((passed + 1))
}
