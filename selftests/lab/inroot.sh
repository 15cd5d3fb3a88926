#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# inroot.sh CMD...: run a command in the lab's root file system. The repository
# is at /repo and the module build directories are at /build, both writable.
# All mounts live in a private mount namespace and end with the command.
# LAB_BINDS may hold more binds as "SOURCE:TARGET" lines.
set -euo pipefail
. "$(dirname "$0")/common.sh"

need_root
[ $# -gt 0 ] || die "usage: inroot.sh CMD..."
[ -d "$ROOTFS" ] || die "no root file system; run selftests/lab/setup.sh"
mkdir -p "$CACHE/build"
exec 8> "$CACHE/rootfs.lock"
flock -s 8
export LAB_BINDS="${LAB_BINDS:-}"
# shellcheck disable=SC2016
exec unshare -m bash -euc '
	root=$1 repo=$2 build=$3
	shift 3
	# a second view of the root without the mounts that follow
	mount --bind "$root" "$root/opt/root"
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t sysfs sysfs "$root/sys"
	mount -t tmpfs tmpfs "$root/tmp"
	mount --bind "$repo" "$root/repo"
	mount --bind "$build" "$root/build"
	while IFS=: read -r from to; do
		[ -z "$from" ] || mount --bind "$from" "$root$to"
	done <<< "$LAB_BINDS"
	export HOME=/root LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
	exec chroot "$root" "$@"
' inroot "$ROOTFS" "$REPO_DIR" "$CACHE/build" "$@"
