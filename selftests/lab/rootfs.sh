#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the Debian trixie root file system of the lab and unpack the three
# kernels and their headers into it. Called by setup.sh, which holds the lock.
set -euo pipefail
. "$(dirname "$0")/common.sh"

MIRROR=${MYVHOST_MIRROR:-http://deb.debian.org/debian}
SECURITY=${MYVHOST_SECURITY_MIRROR:-http://deb.debian.org/debian-security}

PACKAGES="gcc gcc-12 make libc6-dev kmod dwarves libelf-dev sparse
qemu-system-x86 qemu-utils qemu-block-extra iproute2 bridge-utils ethtool
iperf3 socat strace tcpdump busybox-static python3-minimal procps cpio zstd
xz-utils iputils-ping util-linux trace-cmd gdb libbpf-dev bpftool linux-perf
clang llvm libclang-rt-19-dev fio libblkio1 libblkio-dev nbdkit ca-certificates
pciutils netcat-openbsd pkgconf libjson-c-dev e2fsprogs xfsprogs dmsetup flex
bison bc libssl-dev"

bootstrap() {
	rm -rf "$ROOTFS.new"
	mmdebstrap --mode=root --variant=minbase \
		--aptopt='Apt::Install-Recommends "false"' \
		--aptopt='Acquire::Retries "5"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--keyring=/usr/share/keyrings \
		--include="${PACKAGES//[[:space:]]/,}" \
		trixie "$ROOTFS.new" \
		"deb $MIRROR trixie main" \
		"deb $MIRROR trixie-updates main" \
		"deb $SECURITY trixie-security main"
}

add_kernel_suites() {
	cat > "$ROOTFS.new/etc/apt/sources.list.d/lab.list" <<-EOF
	deb $MIRROR trixie-backports main
	deb $MIRROR bookworm main
	deb $SECURITY bookworm-security main
	EOF
	cat > "$ROOTFS.new/etc/apt/preferences.d/lab" <<-EOF
	Package: *
	Pin: release n=bookworm*
	Pin-Priority: 50
	EOF
	cp /etc/resolv.conf "$ROOTFS.new/etc/resolv.conf"
	chroot "$ROOTFS.new" apt-get -q -o Acquire::Retries=5 update
}

# newest_abi SERIES: ABI name (6.12.117+deb13) of the newest kernel of a series.
# By the names of the packages: the meta package moves on to the next series.
newest_abi() {
	chroot "$ROOTFS.new" apt-cache pkgnames "linux-headers-$1." |
		sed -nE 's/^linux-headers-([0-9.]+(-[0-9]+|\+deb13(\.[0-9]+)?))-amd64$/\1/p' |
		sort -V | tail -1
}

# headers_version ABI: version of the package
headers_version() {
	chroot "$ROOTFS.new" apt-cache madison "linux-headers-$1-amd64" |
		awk -F'|' '{ gsub(/ /, "", $2); print $2 }' | sort -V | tail -1
}

# kernel_packages SERIES ABI VERSION: the packages to unpack. From 7.x on the
# image package is an empty one that depends on binary, modules and base.
kernel_packages() {
	local abi=$2
	echo "linux-headers-$abi-amd64 linux-headers-$abi-common"
	case $1 in
	6.1) echo "linux-image-$abi-amd64 linux-kbuild-6.1=$3" ;;
	6.12) echo "linux-image-$abi-amd64 linux-kbuild-$abi" ;;
	*) echo "linux-binary-$abi-amd64 linux-modules-$abi-amd64 linux-base-$abi-amd64 linux-kbuild-$abi" ;;
	esac
}

# unpack_kernel SERIES: no maintainer script runs. dpkg -x straight into the
# root would replace the /lib symlink, hence the stage directory.
unpack_kernel() {
	local series=$1 version abi debs stage d
	abi=$(newest_abi "$series")
	[ -n "$abi" ] || die "the mirror has no kernel $series"
	version=$(headers_version "$abi")
	debs=$ROOTFS.new/debs
	rm -rf "$debs" && mkdir -p "$debs"
	# shellcheck disable=SC2046
	retry 4 chroot "$ROOTFS.new" sh -c 'cd /debs && exec apt-get -q -o Acquire::Retries=5 download "$@"' sh \
		$(kernel_packages "$series" "$abi" "$version")
	stage=$(mktemp -d "$CACHE/stage.XXXXXX")
	for d in "$debs"/*.deb; do
		chroot "$ROOTFS.new" dpkg-deb --fsys-tarfile "/debs/${d##*/}" | tar -x -C "$stage"
	done
	if [ -d "$stage/lib" ]; then
		mkdir -p "$stage/usr/lib"
		cp -a "$stage/lib/." "$stage/usr/lib/"
		rm -rf "${stage:?}/lib"
	fi
	cp -a "$stage/." "$ROOTFS.new/"
	rm -rf "$stage" "$debs"
	chroot "$ROOTFS.new" depmod "$abi-amd64"
	mkdir -p "$ROOTFS.new/opt/kernels"
	echo "$abi-amd64" > "$ROOTFS.new/opt/kernels/$series"
	say "kernel $series is $abi-amd64"
}

main() {
	local k
	mkdir -p "$CACHE"
	retry 3 bootstrap
	add_kernel_suites
	for k in $LAB_KERNELS; do
		unpack_kernel "$k"
	done
	mkdir -p "$ROOTFS.new"/{repo,lab,build,opt/guest,opt/root}
	chroot "$ROOTFS.new" apt-get clean
	# not under a command that runs in it (inroot.sh holds the lock shared)
	exec 8> "$CACHE/rootfs.lock"
	flock 8
	rm -rf "$ROOTFS"
	mv "$ROOTFS.new" "$ROOTFS"
}

main
