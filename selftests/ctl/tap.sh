# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Results of commands as KTAP; sourced by bash.  Sets $out to what a command
# wrote, both outputs, and $rc to its exit status.

TAP_N=0
TAP_FAILED=0

run() {
	rc=0
	out=$("$@" 2>&1 < /dev/null) || rc=$?
}

# result NAME VERDICT [DETAIL]: VERDICT is 0 for passed
result() {
	TAP_N=$((TAP_N + 1))
	if [ "$2" = 0 ]; then
		echo "ok $TAP_N $1"
		return
	fi
	TAP_FAILED=1
	[ -z "${3:-}" ] || echo "# ${3//$'\n'/$'\n'# }"
	echo "not ok $TAP_N $1"
}

skip() {
	TAP_N=$((TAP_N + 1))
	echo "ok $TAP_N $1 # SKIP $2"
}

# expect NAME STATUS PATTERN CMD...: exit status and output, a regular
# expression that one line fits; an empty one means no output
expect() {
	local name=$1 status=$2 pattern=$3 bad=0
	shift 3
	run "$@"
	[ "$rc" = "$status" ] || bad=1
	if [ -z "$pattern" ]; then
		[ -z "$out" ] || bad=1
	else
		grep -qE -- "$pattern" <<< "$out" || bad=1
	fi
	result "$name" $bad "$*: status $rc, not $status, or output does not fit \"$pattern\":"$'\n'"$out"
}

# expect_true NAME CMD...: the command succeeds
expect_true() {
	local name=$1
	shift
	run "$@"
	result "$name" "$rc" "$*: status $rc"$'\n'"$out"
}

tap_begin() { echo "KTAP version 1"; }

tap_end() {
	echo "1..$TAP_N"
	exit $TAP_FAILED
}
