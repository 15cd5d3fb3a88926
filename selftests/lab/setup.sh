#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Prepare the lab in the cache directory: root file system, kernels, initial
# RAM disks of the host VM and of the guests. Does only what is missing or out
# of date; safe to start twice.
set -euo pipefail
. "$(dirname "$0")/common.sh"

HOST_PACKAGES="mmdebstrap ca-certificates make"

install_host_packages() {
	local p missing=()
	for p in $HOST_PACKAGES; do
		dpkg -s "$p" > /dev/null 2>&1 || missing+=("$p")
	done
	[ ${#missing[@]} = 0 ] && return 0
	say "installing ${missing[*]}"
	retry 3 apt-get -q -o Acquire::Retries=5 update >&2
	DEBIAN_FRONTEND=noninteractive retry 3 apt-get -q -y -o Acquire::Retries=5 \
		install --no-install-recommends "${missing[@]}" >&2
}

# build_if_stale NAME HASH CMD...: run CMD unless NAME was built from HASH
build_if_stale() {
	local stamp=$CACHE/stamps/$1 hash=$2 start=$SECONDS
	shift 2
	fresh "$stamp" "$hash" && return 0
	say "building ${stamp##*/}"
	rm -f "$stamp"
	"$@" > "$CACHE/log/${stamp##*/}.log" 2>&1 || {
		tail -20 "$CACHE/log/${stamp##*/}.log" >&2
		die "${stamp##*/} failed, log: $CACHE/log/${stamp##*/}.log"
	}
	echo "$hash" > "$stamp"
	say "${stamp##*/} done in $((SECONDS - start)) s"
}

main() {
	local k rootfs_hash release
	need_root
	mkdir -p "$CACHE"/{stamps,log,kernels,images,build}
	exec 9> "$CACHE/lock"
	flock 9
	install_host_packages
	rootfs_hash=$(stamp_of "$LAB_DIR/rootfs.sh")
	# what is put into the root file system goes with it
	fresh "$CACHE/stamps/rootfs" "$rootfs_hash" || rm -f "$CACHE"/stamps/qemu-*
	build_if_stale rootfs "$rootfs_hash" "$LAB_DIR/rootfs.sh"
	for k in $LAB_KERNELS; do
		release=$(kernel_release "$k")
		build_if_stale "initrd-$k" "$(stamp_of "$LAB_DIR/initrd.sh" "$release" "$rootfs_hash")" \
			"$LAB_DIR/initrd.sh" host "$k"
	done
	for k in $LAB_GUEST_KERNELS; do
		release=$(kernel_release "$k")
		build_if_stale "guest-$k" "$(stamp_of "$LAB_DIR/initrd.sh" "$LAB_DIR/guest-init" "$LAB_DIR/pktgen.sh" "$release" "$rootfs_hash")" \
			"$LAB_DIR/initrd.sh" guest "$k"
	done
	build_if_stale qemu-backports "$(stamp_of "$LAB_DIR/qemu-backports.sh" "$LAB_DIR/tcg-fix.py" "$rootfs_hash")" \
		"$LAB_DIR/qemu-backports.sh"
	build_if_stale image "$(stamp_of "$LAB_DIR/image.sh" "$rootfs_hash")" "$LAB_DIR/image.sh"
}

main "$@"
