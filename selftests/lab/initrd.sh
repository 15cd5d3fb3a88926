#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# initrd.sh host|guest SERIES: build the initial RAM disk of the host VM (mounts
# the 9p root) or of a guest that runs from it (busybox, iperf3, ethtool and a
# command server on the second serial port). Called by setup.sh.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

HOST_MODULES="virtio_pci virtio_rng 9pnet_virtio 9p overlay"
GUEST_MODULES="virtio_pci virtio_net virtio_blk virtio_console pktgen"
GUEST_DISK_MODULES="ext4 overlay"
GUEST_BINARIES="iperf3 ethtool"

# copy_modules RELEASE TREE ORDER MODULE...: with dependencies, uncompressed, and
# their load order in TREE/mod/ORDER. Built-in modules yield nothing.
copy_modules() {
	local release=$1 tree=$2 order=$2/mod/$3 m path base
	shift 3
	mkdir -p "$tree/mod"
	: > "$order"
	for m in "$@"; do
		chroot "$ROOTFS" modprobe -S "$release" --show-depends "$m" |
			awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++' | while read -r path; do
		base=$(basename "${path%.xz}")
		case $path in
		*.xz) chroot "$ROOTFS" xz -dc "$path" > "$tree/mod/$base" ;;
		*) cp "$ROOTFS$path" "$tree/mod/$base" ;;
		esac
		echo "$base" >> "$order"
	done
}

copy_busybox() {
	mkdir -p "$1"/{bin,proc,sys,dev,tmp,etc}
	cp "$ROOTFS/usr/bin/busybox" "$1/bin/busybox"
}

# copy_binaries TREE NAME...: with their libraries; iperf3 loads libgcc_s at
# the end of a test (pthread_cancel), which ldd does not show.
copy_binaries() {
	local tree=$1 b lib
	shift
	mkdir -p "$tree/usr/bin"
	for b in "$@"; do
		b=$(chroot "$ROOTFS" sh -c "command -v $b")
		cp "$ROOTFS$b" "$tree/usr/bin/"
		chroot "$ROOTFS" ldd "$b" | grep -oE '/[^ ]+'
	done | { cat; echo /lib/x86_64-linux-gnu/libgcc_s.so.1; } | sort -u |
		while read -r lib; do
			mkdir -p "$tree$(dirname "$lib")"
			cp -L "$ROOTFS$lib" "$tree$lib"
		done
}

# pack TREE OUT: cpio comes from the root file system
pack() {
	LAB_BINDS="$1:/mnt" "$LAB_DIR/inroot.sh" \
		sh -c 'cd /mnt && find . | cpio -o -H newc --quiet | gzip -1' > "$2.new"
	mv "$2.new" "$2"
}

host_tree() {
	local tree=$1 series=$2
	copy_busybox "$tree"
	mkdir -p "$tree"/{ro,rw,new}
	# shellcheck disable=SC2086
	copy_modules "$(kernel_release "$series")" "$tree" order $HOST_MODULES
	install -m 755 "$LAB_DIR/host-initrd-init" "$tree/init"
}

guest_tree() {
	local tree=$1 series=$2
	copy_busybox "$tree"
	# shellcheck disable=SC2086
	copy_modules "$(kernel_release "$series")" "$tree" order $GUEST_MODULES
	# loaded when the root is on a disk
	# shellcheck disable=SC2086
	copy_modules "$(kernel_release "$series")" "$tree" order-disk $GUEST_DISK_MODULES
	# shellcheck disable=SC2086
	copy_binaries "$tree" $GUEST_BINARIES
	install -m 755 "$LAB_DIR/guest-init" "$tree/init"
	install -m 755 "$LAB_DIR/pktgen.sh" "$tree/bin/pktgen.sh"
	echo 'root:x:0:0::/:/bin/sh' > "$tree/etc/passwd"
}

main() {
	local what=$1 series=$2 tree dest
	tree=$(mktemp -d "$CACHE/tree.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$tree'" EXIT
	case $what in
	host) dest=$CACHE/kernels/$series ;;
	guest) dest=$ROOTFS/opt/guest/$series ;;
	*) die "usage: initrd.sh host|guest SERIES" ;;
	esac
	mkdir -p "$dest"
	"${what}_tree" "$tree" "$series"
	pack "$tree" "$dest/initrd"
	cp "$(kernel_image "$series")" "$dest/vmlinuz.new"
	mv "$dest/vmlinuz.new" "$dest/vmlinuz"
}

[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"
