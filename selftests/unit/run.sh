#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh OUT PURE...: run the programs in OUT, each one test of a KTAP report
# with its own tests below it, then check the coverage of the pure files.
set -euo pipefail
cd "$(dirname "$0")"
. ../lib/ktap.sh
out=${1:?usage: run.sh OUT PURE...}
shift
programs=(plain asan threads tsan)

# program NAME: a sanitizer that cannot even run an empty set of tests is skipped.
# Once with mapped rings, once with rings in user mode
program() {
	local run=(../lib/no-aslr.sh "$out/$1")
	if [[ $1 == *san ]] && ! "${run[@]}" "no test has this name" 2> /dev/null; then
		ktap_skip "$1" "the sanitizer does not start here"
		ktap_skip "$1_user" "the sanitizer does not start here"
	else
		ktap_part "$1" "${run[@]}"
		ktap_part "$1_user" env UNIT_USER=1 "${run[@]}"
	fi
}

find "$out" -name '*.gcda' -delete
ktap_begin $((2 * ${#programs[@]} + 1))
for p in "${programs[@]}"; do
	program "$p"
done
ktap_part coverage ./coverage.sh "$out/plain.d" "$@"
ktap_end
