#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unpack the QEMU of trixie-backports beside that of the root file system, as
# /opt/qemu-backports/qemu-system-x86_64, for tests with a newer one; and as qemu-host
# the copy of it that runs the host VM under TCG, see tcg-fix.py. If the suite has none
# that starts, both are the root file system's own, and the reason is in "missing"
# there; "unmended" tells which faults the copy still has. Called by setup.sh, which
# holds the lock.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$LAB_DIR/apt.sh"

PACKAGES="qemu-system-x86 qemu-system-common qemu-system-data seabios"
TARGET=/opt/qemu-backports
NEW=$ROOTFS$TARGET.new

# newest PACKAGE: PACKAGE=VERSION of trixie-backports
newest() {
	chroot "$ROOTFS" apt-cache madison "$1" |
		awk -F'|' -v p="$1" '/ trixie-backports\// { gsub(/ /, "", $2); print p "=" $2; exit }'
}

# unpack: the packages of one QEMU, all or none; the BIOS has a version of its own
unpack() {
	local p found=()
	for p in $PACKAGES; do
		found+=("$(newest "$p")")
		[ -n "${found[-1]}" ] || { echo "trixie-backports has no $p"; return 1; }
	done
	apt_unpack "$NEW" "${found[@]}" >&2 || { echo "${found[0]} cannot be downloaded"; return 1; }
	rm -rf "$NEW/usr/share/doc"
	chroot "$ROOTFS" "$TARGET.new/usr/bin/qemu-system-x86_64" --version >&2 ||
		{ echo "${found[0]} does not start"; return 1; }
}

# wrapper NAME: call usr/bin/NAME, which does not look for its data where it lies
wrapper() {
	cat > "$NEW/$1" <<-END
	#!/bin/sh
	exec $TARGET/usr/bin/$1 -L $TARGET/usr/share/qemu -L $TARGET/usr/share/seabios "\$@"
	END
	chmod 755 "$NEW/$1"
}

main() {
	local reason
	apt_update
	rm -rf "$NEW"
	mkdir -p "$NEW"
	if reason=$(unpack); then
		"$LAB_DIR/inroot.sh" /repo/selftests/lab/tcg-fix.py \
			"$TARGET.new/usr/bin/qemu-system-x86_64" "$TARGET.new/usr/bin/qemu-host" \
			2> "$NEW/unmended"
		wrapper qemu-system-x86_64
		wrapper qemu-host
	else
		rm -rf "${NEW:?}"/*
		echo "$reason" | tee "$NEW/missing" "$NEW/unmended"
		ln -s /usr/bin/qemu-system-x86_64 "$NEW/qemu-system-x86_64"
		ln -s /usr/bin/qemu-system-x86_64 "$NEW/qemu-host"
	fi
	[ -s "$NEW/unmended" ] || rm "$NEW/unmended"
	rm -rf "${ROOTFS:?}$TARGET"
	mv "$NEW" "$ROOTFS$TARGET"
}

main
