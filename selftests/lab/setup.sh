#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Prepare the lab in the cache directory: root file system, QEMU of the host VM, DPDK,
# kernels, initial RAM disks of the host VM and of the guests. Each is a step of its
# own, which is repeated only if it failed or is out of date; safe to start twice. A
# kernel series that the mirror does not have is left out, with a message.
set -euo pipefail
. "$(dirname "$0")/common.sh"

HOST_PACKAGES="mmdebstrap ca-certificates make python3-minimal util-linux procps"
UNAVAILABLE=3

install_host_packages() {
	local p missing=()
	for p in $HOST_PACKAGES; do
		dpkg -s "$p" > /dev/null 2>&1 || missing+=("$p")
	done
	[ ${#missing[@]} = 0 ] && return 0
	say "installing ${missing[*]}"
	retry 3 apt-get -q -o Acquire::Retries=5 update >&2 &&
		DEBIAN_FRONTEND=noninteractive retry 3 apt-get -q -y -o Acquire::Retries=5 \
			install --no-install-recommends "${missing[@]}" >&2 ||
		die "cannot install ${missing[*]}: this machine's apt-get must reach a Debian mirror (/etc/apt/sources.list)"
}

# build_if_stale NAME HASH CMD...: run CMD unless NAME was built from HASH; BUILT says
# which. If CMD has the status UNAVAILABLE it is tried again next time, and the lab does
# without.
build_if_stale() {
	local name=$1 stamp=$CACHE/steps/$1 hash=$2 log=$CACHE/log/$1.log start=$SECONDS rc=0
	shift 2
	BUILT=
	fresh "$stamp" "$hash" && return 0
	say "building $name"
	rm -f "$stamp"
	"$@" > "$log" 2>&1 || rc=$?
	case $rc in
	0) echo "$hash" > "$stamp" ;;
	"$UNAVAILABLE")
		say "$name is left out: $(tail -n 1 "$log")"
		return
		;;
	*)
		tail -20 "$log" >&2
		die "$name failed, log: $log. If it is the mirror, choose others with MYVHOST_MIRROR and MYVHOST_SECURITY_MIRROR. Start again when the cause is gone: the steps before are kept."
		;;
	esac
	BUILT=1
	say "$name done in $((SECONDS - start)) s"
}

prepare_rootfs() {
	# what is put into the root file system goes with it
	fresh "$CACHE/steps/rootfs" "$1" ||
		rm -f "$CACHE"/steps/{qemu,kernel,initrd,guest}-* "$CACHE"/steps/{dpdk,image,serial}
	build_if_stale rootfs "$1" "$LAB_DIR/rootfs.sh"
}

# prepare_kernel SERIES HASH-OF-ROOTFS
prepare_kernel() {
	local k=$1 release
	build_if_stale "kernel-$k" \
		"$(stamp_of "$LAB_DIR"/{kernel.sh,choose-kernel.py} "$2")" \
		"$LAB_DIR/kernel.sh" "$k"
	[ -f "$CACHE/steps/kernel-$k" ] || return 0
	[ -z "$BUILT" ] || say "kernel $k is $(paste -sd ';' "$CACHE/kernels/$k/about" | sed 's/;/; /g')"
	release=$(kernel_release "$k")
	build_if_stale "initrd-$k" \
		"$(stamp_of "$LAB_DIR"/{initrd.sh,host-initrd-init} "$release" "$2")" \
		"$LAB_DIR/initrd.sh" host "$k"
	[[ " $LAB_GUEST_KERNELS " = *" $k "* ]] || return 0
	build_if_stale "guest-$k" \
		"$(stamp_of "$LAB_DIR"/{initrd.sh,guest-init,pktgen.sh} "$release" "$2")" \
		"$LAB_DIR/initrd.sh" guest "$k"
}

# prepare_serial: the program that talks to guests, beside their images
prepare_serial() {
	mkdir -p "$ROOTFS/opt/guest"
	"$LAB_DIR/inroot.sh" gcc -O2 -Wall -Wextra -Werror -static -o /opt/guest/serial \
		/repo/selftests/lab/serial.c
}

main() {
	local k rootfs_hash
	need_root
	mkdir -p "$CACHE"/{steps,log,kernels,images,build}
	exec 9> "$CACHE/lock"
	flock 9
	install_host_packages
	# not of the mirrors: another one is chosen to go on, not to start again
	rootfs_hash=$(stamp_of "$LAB_DIR/rootfs.sh")
	prepare_rootfs "$rootfs_hash"
	build_if_stale qemu-backports \
		"$(stamp_of "$LAB_DIR"/{qemu-backports.sh,tcg-fix.py} "$rootfs_hash")" \
		"$LAB_DIR/qemu-backports.sh"
	build_if_stale dpdk "$(stamp_of "$LAB_DIR/dpdk.sh" "$rootfs_hash")" "$LAB_DIR/dpdk.sh"
	build_if_stale serial "$(stamp_of "$LAB_DIR/serial.c" "$rootfs_hash")" prepare_serial
	for k in $LAB_KERNELS; do
		prepare_kernel "$k" "$rootfs_hash"
	done
	build_if_stale image "$(stamp_of "$LAB_DIR/image.sh" "$rootfs_hash")" "$LAB_DIR/image.sh"
	[ -n "$(lab_kernels)" ] ||
		die "the mirror has none of the kernels $LAB_KERNELS: choose another with MYVHOST_MIRROR"
}

main "$@"
