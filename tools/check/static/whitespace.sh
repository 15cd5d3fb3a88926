#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# No blanks at the end of a line, no empty line at the end of a file, no file
# without a newline at its end, no conflict marks; C is indented with tabs.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

ends() {
	files '*' | while read -r f; do
		grep -Iq . "$f" || continue
		lines '[[:blank:]]$|^(<<<<<<<|>>>>>>>)( |$)|'$'\r' "$f" | cut -c1-100
		[ -z "$(tail -c 1 "$f")" ] || echo "$f: no newline at the end"
		[ -n "$(tail -n 1 "$f")" ] || echo "$f: empty line at the end"
	done
}

indents() {
	files 'drivers/*.[ch]' 'include/*.h' 'selftests/unit/*.[ch]' | while read -r f; do
		lines '^ +(	|[^ *])|	 {8}' "$f" | cut -c1-100
	done
}

check() {
	ends
	indents
}

verdict check
