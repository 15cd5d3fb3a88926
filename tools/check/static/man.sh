#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# groff has no complaint about the manual pages.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
command -v groff > /dev/null || skip "no groff"
# the macros of manual pages may be in another package than groff
groff -ww -mandoc -Tascii < /dev/null > /dev/null 2>&1 || skip "no groff with -mandoc"

check() {
	files 'Documentation/man/*' | while read -r f; do
		{ groff -ww -mandoc -Tascii "$f" > /dev/null; } 2>&1
	done
}

verdict check
