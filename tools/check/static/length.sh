#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One noun per file, one duty per function: a file of the drivers has at most 700
# lines, a function at most 60.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

# functions FILE: those that are too long; a body is between braces in the first column
functions() {
	awk -v file="$1" '
	/^[a-z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\{$/ { start = NR }
	/^\}$/ {
		if (start && NR - start + 1 > 60)
			print file ":" start ": " name "() has " NR - start + 1 " lines"
		start = 0
	}' "$1"
}

check() {
	local n
	files 'drivers/*.[ch]' | while read -r f; do
		n=$(wc -l < "$f")
		[ "$n" -le 700 ] || echo "$f: $n lines"
		functions "$f"
	done
}

verdict check
