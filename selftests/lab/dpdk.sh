#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unpack DPDK's test program of trixie, with the libraries that the root file system
# lacks, into /opt/dpdk there; /opt/dpdk/testpmd calls it. If the mirror has none that
# starts, the last line of output says why and the exit status is 3. Called by setup.sh,
# which holds the lock.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$LAB_DIR/apt.sh"

PACKAGE=dpdk-dev
# what it opens by itself
DRIVERS="librte-net-virtio25 librte-mempool-ring25"
TARGET=/opt/dpdk
NEW=$ROOTFS$TARGET.new
LIB=usr/lib/x86_64-linux-gnu

unavailable() {
	echo "$1"
	exit 3
}

# libraries: PACKAGE=VERSION of those that an installation of the package would add; it
# depends on its headers too
libraries() {
	local needs
	needs=$(chroot "$ROOTFS" apt-cache depends -i $PACKAGE |
		sed -nE 's/^ *Depends: (lib.*|ibverbs-.*)/\1/p' | grep -v -e '-dev$') || return
	# shellcheck disable=SC2086
	apt_get -s --no-install-recommends install $needs $DRIVERS |
		sed -nE 's/^Inst ((lib|ibverbs-)[^ ]*) \(([^ ]+) .*/\1=\3/p'
}

wrapper() {
	cat > "$NEW/testpmd" <<-END
	#!/bin/sh
	LD_LIBRARY_PATH=$TARGET/$LIB exec $TARGET/usr/bin/dpdk-testpmd -d $TARGET/$LIB/dpdk/pmds-* "\$@"
	END
	chmod 755 "$NEW/testpmd"
}

main() {
	local found
	apt_update
	rm -rf "$NEW"
	found=$(libraries) || unavailable "the mirror lacks $PACKAGE or its libraries"
	# shellcheck disable=SC2086
	apt_unpack "$NEW" $PACKAGE $found || unavailable "$PACKAGE cannot be downloaded"
	rm -rf "${NEW:?}/usr/share"
	wrapper
	rm -rf "${ROOTFS:?}$TARGET"
	mv "$NEW" "$ROOTFS$TARGET"
	"$LAB_DIR/inroot.sh" $TARGET/testpmd --no-pci --no-huge -h > /dev/null ||
		unavailable "$PACKAGE does not start"
}

main
