#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the Debian trixie root file system of the lab, without kernels (kernel.sh).
# Called by setup.sh, which holds the lock.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$LAB_DIR/apt.sh"

PACKAGES="gcc gcc-12 make libc6-dev kmod dwarves libelf-dev sparse
qemu-system-x86 qemu-utils qemu-block-extra iproute2 bridge-utils ethtool
iperf3 socat strace tcpdump busybox-static python3-minimal procps cpio zstd
xz-utils iputils-ping util-linux trace-cmd gdb libbpf-dev bpftool linux-perf
clang llvm libclang-rt-19-dev fio libblkio1 libblkio-dev nbdkit ca-certificates
pciutils netcat-openbsd pkgconf libjson-c-dev e2fsprogs xfsprogs dmsetup flex
bison bc libssl-dev libncurses-dev sg3-utils sdparm open-iscsi drbd-utils"

bootstrap() {
	rm -rf --one-file-system "$ROOTFS.new"
	base_suites | mmdebstrap --mode=root --variant=minbase \
		--aptopt='Apt::Install-Recommends "false"' \
		--aptopt='Acquire::Retries "5"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--keyring=/usr/share/keyrings \
		--include="${PACKAGES//[[:space:]]/,}" \
		trixie "$ROOTFS.new" -
}

main() {
	mkdir -p "$CACHE"
	retry 3 bootstrap
	mkdir -p "$ROOTFS.new"/{repo,lab,build} "$ROOTFS.new"/opt/{guest,root,kernels}
	# not under a command that runs in it (inroot.sh holds the lock shared)
	exec 8> "$CACHE/rootfs.lock"
	flock 8
	rm -rf --one-file-system "$ROOTFS"
	mv "$ROOTFS.new" "$ROOTFS"
}

main
