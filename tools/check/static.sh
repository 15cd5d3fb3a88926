#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# static.sh [NAME...]: properties of the sources that need no run, as KTAP. Each
# check is a script in static/ that prints its objections and exits with 0, 1, or
# 4 for "cannot be checked here", the last line being the reason.
# CHECK_TREE=DIR checks another tree.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../selftests/lib/ktap.sh"
export CHECK_TREE=${CHECK_TREE:-$(cd "$here/../.." && pwd)}
checks="ktap rooms fields pure versions bug locks length exports documented kernel-doc checkpatch
	spdx whitespace shell rst links man sparse indirect-calls selftest"

[ $# -gt 0 ] || read -r -d '' -a checks <<< "$checks" || true
[ $# = 0 ] || checks=("$@")

ktap_begin ${#checks[@]}
for check in "${checks[@]}"; do
	rc=0
	out=$("$here/static/$check.sh" 2>&1) || rc=$?
	if [ $rc = 4 ]; then
		ktap_skip "$check" "${out##*$'\n'}"
	else
		ktap_result "$check" $rc "${out:-exit status $rc}"
	fi
done
ktap_end
