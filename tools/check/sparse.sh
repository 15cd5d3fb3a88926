#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sparse.sh [SERIES]: the modules under sparse, with checks of byte order, in the
# lab's root file system. Exit status 4 where there is no lab. Not on 7.2 by
# default: it turns down the sparse of Debian 13.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=${CHECK_TREE:-$(cd "$here/../.." && pwd)}
lab=$(cd "$here/../.." && pwd)/selftests/lab
series=${1:-6.12}
cache=${MYVHOST_CACHE:-$HOME/.cache/myvhost}
log=$cache/build/$series/build.log

skip() {
	echo "$*"
	exit 4
}

[ "$(id -u)" = 0 ] || skip "needs root"
[ -x "$cache/rootfs/usr/bin/sparse" ] || skip "no sparse in $cache/rootfs; run selftests/lab/setup.sh"
[ -f "$cache/rootfs/opt/kernels/$series" ] || skip "no kernel $series in the lab"
MYVHOST_SOURCE=$tree "$lab/build.sh" "$series" C=2 CF=-D__CHECK_ENDIAN__

# kbuild skips sparse when it is unusable
sources=$(find "$tree/drivers/myvhost" -name '*.c' ! -name '*.mod.c' | wc -l)
checked=$(grep -c '^ *CHECK .*/drivers/myvhost/.*\.c$' "$log" || true)
if [ "$checked" -lt "$sources" ]; then
	echo "sparse has seen $checked of $sources files, see $log"
	exit 1
fi
