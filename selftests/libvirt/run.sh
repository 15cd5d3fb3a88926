#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [-k 6.12|7.2] [-o DIR]: the tests of inside.sh in the lab's host VM. KTAP on standard
# output. See README.md.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lab/common.sh"
. "$LAB_DIR/apt.sh"

PACKAGES="libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu qemu-system-x86
qemu-block-extra apparmor systemd-sysv udev dbus iproute2 kmod procps iputils-ping libjson-c5
libncurses6 libelf1 nftables dnsmasq-base python3-minimal"
ROOT=build/libvirt
KERNEL=6.12 OUT=$CACHE/check/libvirt

prepare() {
	local hash
	hash=$(stamp_of "$PACKAGES" "$(base_suites)")
	fresh "$CACHE/$ROOT.stamp" "$hash" && return 0
	rm -rf --one-file-system "${CACHE:?}/$ROOT"
	base_suites | mmdebstrap --mode=root --variant=minbase \
		--aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Retries "5"' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--include="$(tr -s ' \n' ',,' <<< "$PACKAGES")" trixie "$CACHE/$ROOT" -
	echo "$hash" > "$CACHE/$ROOT.stamp"
}

need_root
while getopts k:o: o; do
	case $o in
	k) KERNEL=$OPTARG ;;
	o) OUT=$OPTARG ;;
	*) exit 2 ;;
	esac
done
prepare >&2
ls "$CACHE"/build/deb/work/trixie/*/myvhost-tools_*.deb > /dev/null 2>&1 || "$REPO_DIR/tools/check/deb.sh" -b trixie >&2
exec "$LAB_DIR/run.sh" -k "$KERNEL" -t 800 -o "$OUT" \
	-x "-fsdev local,id=libvirt,path=/$ROOT,security_model=none,readonly=on,multidevs=remap
		-device virtio-9p-pci,fsdev=libvirt,mount_tag=libvirt
		-fsdev local,id=debs,path=/build/deb/work,security_model=none,readonly=on,multidevs=remap
		-device virtio-9p-pci,fsdev=debs,mount_tag=debs" -- \
	/repo/selftests/libvirt/inside.sh
