# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP reports of bash scripts; sourced by them. A script calls ktap_begin, reports
# each test with ktap_result, ktap_skip or ktap_part, and calls ktap_end, which
# prints the plan if ktap_begin has not, and exits.

KTAP_COUNT=0
KTAP_FAILED=0
KTAP_PLAN=

# ktap_begin [COUNT]
ktap_begin() {
	KTAP_PLAN=${1:-}
	echo "KTAP version 1"
	[ -z "$KTAP_PLAN" ] || echo "1..$KTAP_PLAN"
}

# ktap_note TEXT: comment lines
ktap_note() { echo "# ${1//$'\n'/$'\n'# }"; }

# ktap_result NAME STATUS [DETAIL]: passed if STATUS is 0; DETAIL explains a failure
ktap_result() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	if [ "$2" = 0 ]; then
		echo "ok $KTAP_COUNT $1"
	else
		KTAP_FAILED=$((KTAP_FAILED + 1))
		[ -z "${3:-}" ] || ktap_note "$3"
		echo "not ok $KTAP_COUNT $1"
	fi
}

# ktap_skip NAME REASON
ktap_skip() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	echo "ok $KTAP_COUNT $1 # SKIP $2"
}

# ktap_part NAME COMMAND...: COMMAND prints a report of its own, which is nested
ktap_part() {
	local name=$1
	shift
	# negated, so that errexit does not end the script here
	! "$@" | sed 's/^/    /'
	ktap_result "$name" "${PIPESTATUS[0]}"
}

# ktap_bail_out REASON: no test can run
ktap_bail_out() {
	echo "Bail out! ${1//$'\n'/ }"
	exit 1
}

ktap_end() {
	[ -n "$KTAP_PLAN" ] || echo "1..$KTAP_COUNT"
	[ "$KTAP_FAILED" = 0 ]
	exit
}
