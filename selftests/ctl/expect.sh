# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Expectations on commands, reported as KTAP; sourced by bash.  Sets $out to what a
# command wrote, both outputs, and $rc to its exit status.

. "$(dirname "${BASH_SOURCE[0]}")/../lib/ktap.sh"

run() {
	rc=0
	out=$("$@" 2>&1 < /dev/null) || rc=$?
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
	ktap_result "$name" $bad "$*: status $rc, not $status, or output does not fit \"$pattern\":"$'\n'"$out"
}
