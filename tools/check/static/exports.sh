#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The exported symbols are the documented ones, between exports-begin and
# exports-end in Documentation/architecture.rst, and all are GPL only.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

documented() {
	sed -n '/^\.\. exports-begin$/,/^\.\. exports-end$/s/^    \(mvh_[a-z0-9_]*\)$/\1/p' \
		Documentation/architecture.rst | sort
}

exported() {
	files 'drivers/*.c' | xargs grep -hoE '^EXPORT_SYMBOL_GPL\(\w+\)' |
		sed 's/.*(\(.*\))/\1/' | sort
}

check() {
	[ -n "$(documented)" ] || echo "no documented exports"
	comm -23 <(documented) <(exported) | sed 's/$/ is documented, but not exported/'
	comm -13 <(documented) <(exported) | sed 's/$/ is exported, but not documented/'
	files 'drivers/*.c' | while read -r f; do
		lines 'EXPORT_SYMBOL(_NS|_NS_GPL)?\(' "$f"
	done
}

verdict check
