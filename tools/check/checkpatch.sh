#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch.sh: print the path of the kernel's checkpatch.pl. It is in no small
# package of Debian, hence it is taken once from linux-source, a download of 150 MB,
# into the cache of the lab. Exit status 4 where there is no lab.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=$(cd "$here/../.." && pwd)/selftests/lab
. "$lab/common.sh"
package=linux-source-6.12
dir=$CACHE/build/checkpatch

fetch() {
	rm -rf "$dir" && mkdir -p "$dir"
	# the reader of the outer archive ends before the archive does
	"$lab/inroot.sh" sh -euc "cd /build/checkpatch
		apt-get -q -o Acquire::Retries=5 download $package
		dpkg-deb --fsys-tarfile ${package}_*.deb | tar -xO ./usr/src/$package.tar.xz |
			tar -xJ --strip-components=2 $package/scripts/checkpatch.pl \
				$package/scripts/spelling.txt $package/scripts/const_structs.checkpatch
		rm ${package}_*.deb" >&2
	touch "$dir/complete"
}

if [ ! -e "$dir/complete" ]; then
	[ "$(id -u)" = 0 ] && [ -d "$ROOTFS" ] || { echo "no lab in $CACHE; run selftests/lab/setup.sh"; exit 4; }
	retry 3 fetch
fi
echo "$dir/checkpatch.pl"
