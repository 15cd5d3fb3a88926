#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Shell scripts parse, can be run, and satisfy shellcheck where it is installed.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

scripts() {
	files '*' | while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) ! head -c 64 "$f" | grep -qaE '^#! ?/(usr/)?bin/(env )?(ba|da)?sh' || echo "$f" ;;
		esac
	done
}

check() {
	local have
	have=$(command -v shellcheck || true)
	scripts | while read -r f; do
		! head -n 1 "$f" | grep -q '^#!' || [ -x "$f" ] || echo "$f: not executable"
		bash -n "$f" || true
		[ -z "$have" ] || shellcheck -x -P SCRIPTDIR -S warning -f gcc "$f" || true
	done
}

verdict check
