#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One noun per file: a file of the drivers has at most 700 lines, of at most 100
# columns.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

check() {
	local n
	files 'drivers/*.[ch]' | while read -r f; do
		n=$(wc -l < "$f")
		[ "$n" -le 700 ] || echo "$f: $n lines"
		expand "$f" | awk -v f="$f" 'length > 100 { print f ":" NR ": " length " columns" }'
	done
}

verdict check
