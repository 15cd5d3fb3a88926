#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unpack the QEMU of trixie-backports beside that of the root file system, as
# /opt/qemu-backports/qemu-system-x86_64, for tests with a newer one; and as qemu-host
# the copy of it that runs the host VM under TCG, see tcg-fix.py. Called by setup.sh,
# which holds the lock.
set -euo pipefail
. "$(dirname "$0")/common.sh"

PACKAGES="qemu-system-x86 qemu-system-common qemu-system-data seabios"
TARGET=/opt/qemu-backports

download() {
	# shellcheck disable=SC2016
	chroot "$ROOTFS" sh -c '
		cd "$1/debs" && shift &&
		apt-get -q -o Acquire::Retries=5 update &&
		for p; do apt-get -q -o Acquire::Retries=5 download "$p/trixie-backports" || exit; done
	' sh "$TARGET" $PACKAGES
}

# wrapper NAME: call usr/bin/NAME, which does not look for its data where it lies
wrapper() {
	cat > "$ROOTFS$TARGET/$1" <<-END
	#!/bin/sh
	exec $TARGET/usr/bin/$1 -L $TARGET/usr/share/qemu -L $TARGET/usr/share/seabios "\$@"
	END
	chmod 755 "$ROOTFS$TARGET/$1"
}

# if the instructions at fault are not found, it has to do as it is
host_copy() {
	"$LAB_DIR/inroot.sh" /repo/selftests/lab/tcg-fix.py \
		"$TARGET/usr/bin/qemu-system-x86_64" "$TARGET/usr/bin/qemu-host" || {
		ln "$ROOTFS$TARGET/usr/bin/qemu-system-x86_64" "$ROOTFS$TARGET/usr/bin/qemu-host"
		touch "$ROOTFS$TARGET/unmended"
	}
	wrapper qemu-host
}

main() {
	local deb
	rm -rf "${ROOTFS:?}$TARGET"
	mkdir -p "$ROOTFS$TARGET/debs"
	retry 3 download
	for deb in "$ROOTFS$TARGET"/debs/*.deb; do
		chroot "$ROOTFS" dpkg -x "$TARGET/debs/${deb##*/}" "$TARGET"
	done
	rm -rf "${ROOTFS:?}$TARGET"/{debs,usr/share/doc}
	wrapper qemu-system-x86_64
	chroot "$ROOTFS" "$TARGET/qemu-system-x86_64" --version
	host_copy
}

main
