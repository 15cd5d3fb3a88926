#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# coverage.sh OBJDIR PURE...: line coverage of the pure files by the last run of
# the program whose objects are in OBJDIR, as KTAP. Lines that no test reached
# are named.
set -euo pipefail
least=100
objdir=${1:?usage: coverage.sh OBJDIR PURE...}
shift
cd "$(dirname "$0")"
. ../lib/ktap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# lines NAME: "covered total" and, in NAME.missed, the lines not reached
lines() {
	local obj=$objdir/drivers/$1.o
	"${GCOV:-gcov}" --stdout --object-file "$obj" "$objdir" 2> /dev/null |
		awk -F: -v want="/$1.c" '
			$2 ~ /^ *0$/ && $3 == "Source" {
				ours = substr($4, length($4) - length(want) + 1) == want
				next
			}
			!ours || $1 ~ /^ *-$/ { next }
			{ total++ }
			$1 ~ /^ *(#####|=====)$/ { missed = missed " " $2 + 0; next }
			{ covered++ }
			END { print covered + 0, total + 0, missed }'
}

ktap_begin $#
for name in "$@"; do
	read -r covered total missed < <(lines "$name")
	percent=$((total ? 100 * covered / total : 0))
	verdict=0
	[ "$percent" -ge $least ] || verdict=1
	ktap_result "$name.c: $percent % of $total lines" $verdict \
		"less than $least %, lines not reached: $missed"
done
ktap_end
