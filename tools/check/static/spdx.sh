#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every source file says its licence in its first two lines.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

check() {
	files '*' | while read -r f; do
		case $f in
		*.c | *.h | *.S | *.sh | *.py | *.rst | *Makefile | *Kbuild) ;;
		*) head -c 2 "$f" | grep -qa '^#!' || continue ;;
		esac
		head -n 2 "$f" | grep -q 'SPDX-License-Identifier: GPL-2\.0' || echo "$f"
	done
}

verdict check
