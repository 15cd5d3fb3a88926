#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sparse.sh [SERIES]: the modules under sparse, with checks of byte order, in the
# lab's root file system. Exit status 4 where there is no lab.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=${CHECK_TREE:-$(cd "$here/../.." && pwd)}
lab=$(cd "$here/../.." && pwd)/selftests/lab
series=${1:-7.2}
cache=${MYVHOST_CACHE:-$HOME/.cache/myvhost}

skip() {
	echo "$*"
	exit 4
}

[ "$(id -u)" = 0 ] || skip "needs root"
[ -x "$cache/rootfs/usr/bin/sparse" ] || skip "no sparse in $cache/rootfs; run selftests/lab/setup.sh"
[ -f "$cache/rootfs/opt/kernels/$series" ] || skip "no kernel $series in the lab"
MYVHOST_SOURCE=$tree "$lab/build.sh" "$series" C=2 CF=-D__CHECK_ENDIAN__
