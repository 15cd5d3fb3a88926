#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh OUT PURE...: run the programs in OUT, each one test of a KTAP report
# with its own tests below it, then hold the coverage of the pure files.
set -euo pipefail
cd "$(dirname "$0")"
out=${1:?usage: run.sh OUT PURE...}
shift
programs="plain asan threads tsan"
n=0
failed=0

# The sanitizers of older compilers do not find their way in an address space
# that is randomised as widely as newer kernels do it.
no_random() {
	if setarch "$(uname -m)" -R true 2> /dev/null; then
		setarch "$(uname -m)" -R "$@"
	else
		"$@"
	fi
}

result() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n $2"
	else
		echo "not ok $n $2"
		failed=1
	fi
}

# program NAME: its report, indented, then one line that sums it up
program() {
	local rc=0
	if [[ $1 == *san ]] && ! no_random "$out/$1" "no test has this name" 2> /dev/null; then
		result 0 "$1 # SKIP the sanitizer does not start here"
		return
	fi
	no_random "$out/$1" | sed 's/^/    /' || rc=$?
	result $rc "$1"
}

find "$out" -name '*.gcda' -delete
echo "KTAP version 1"
echo "1..$(($(wc -w <<< "$programs") + 1))"
for p in $programs; do
	program "$p"
done
rc=0
./coverage.sh "$out/plain.d" "$@" | sed 's/^/    /' || rc=$?
result $rc coverage
exit $failed
