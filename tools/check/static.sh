#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# static.sh [NAME...]: properties of the sources that need no run, as KTAP. Each
# check is a script in static/ that prints what it objects to and exits with 0,
# 1, or 4 for "cannot be checked here", the last line being the reason.
# CHECK_TREE=DIR checks another tree.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export CHECK_TREE=${CHECK_TREE:-$(cd "$here/../.." && pwd)}
checks="rooms pure versions bug length exports kernel-doc spdx whitespace
	shell rst man indirect-calls sparse selftest"

[ $# -gt 0 ] || read -r -d '' -a checks <<< "$checks" || true
[ $# = 0 ] || checks=("$@")

n=0
failed=0
echo "KTAP version 1"
echo "1..${#checks[@]}"
for check in "${checks[@]}"; do
	n=$((n + 1))
	rc=0
	out=$("$here/static/$check.sh" 2>&1) || rc=$?
	if [ $rc = 4 ]; then
		echo "ok $n $check # SKIP ${out##*$'\n'}"
		continue
	fi
	[ $rc = 0 ] && echo "ok $n $check" && continue
	out=${out:-exit status $rc}
	echo "# ${out//$'\n'/$'\n'# }"
	echo "not ok $n $check"
	failed=1
done
exit $failed
