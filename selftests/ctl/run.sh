#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh OUT: the unit tests and the tests of the command line with the programs
# in OUT, as one KTAP report.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
out=$(realpath "${1:?usage: run.sh OUT}")
export ASAN_OPTIONS=detect_leaks=0
n=0
failed=0

# older compilers' sanitizers do not like widely randomised address spaces
run=()
! setarch "$(uname -m)" -R true 2> /dev/null || run=(setarch "$(uname -m)" -R)

# part NAME CMD...: its report, indented, then one line that sums it up
part() {
	local rc=0 name=$1
	shift
	"${run[@]}" "$@" | sed 's/^/    /' || rc=$?
	n=$((n + 1))
	[ $rc = 0 ] && echo "ok $n $name" && return
	echo "not ok $n $name"
	failed=1
}

echo "KTAP version 1"
echo "1..2"
part unit "$out/unit"
part cli ./cli.sh "$out/asan/myvhost"
exit $failed
