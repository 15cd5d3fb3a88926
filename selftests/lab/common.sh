# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Paths and helpers shared by the scripts of the lab. Sourced by bash.

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO_DIR=$(cd "$LAB_DIR/../.." && pwd)
CACHE=${MYVHOST_CACHE:-$HOME/.cache/myvhost}
ROOTFS=$CACHE/rootfs
HOST_QEMU=/opt/qemu-backports/qemu-host
LAB_KERNELS="6.1 6.12 7.2"
LAB_GUEST_KERNELS="6.12 7.2"
export REPO_DIR CACHE ROOTFS HOST_QEMU LAB_KERNELS LAB_GUEST_KERNELS

say() { echo "lab: $*" >&2; }
die() { echo "lab: $*" >&2; exit 1; }

need_root() {
	[ "$(id -u)" = 0 ] || die "must run as root (mount namespaces, chroot); try: sudo $0"
}

# retry TIMES CMD...: for downloads only; each failure is reported.
retry() {
	local times=$1 i
	shift
	for ((i = 1; i <= times; i++)); do
		"$@" && return 0
		say "attempt $i of $times failed: $*"
		sleep $((i * 5))
	done
	return 1
}

# stamp_of FILES/STRINGS...: hash of file contents (for paths) and of strings.
stamp_of() {
	local x
	for x in "$@"; do
		if [ -f "$x" ]; then cat "$x"; else printf '%s\n' "$x"; fi
	done | sha256sum | cut -d' ' -f1
}

# fresh STAMPFILE HASH: true if the stamp file holds HASH.
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# have_kernel SERIES: it is in the cache and ready to boot
have_kernel() { [ -f "$ROOTFS/opt/kernels/$1" ] && [ -f "$CACHE/kernels/$1/initrd" ]; }

# no_kernel SERIES: why it is not there, and what to do
no_kernel() {
	[ ! -f "$CACHE/kernels/$1.missing" ] ||
		die "no kernel $1: $(cat "$CACHE/kernels/$1.missing"); choose another kernel, or a mirror that has it with MYVHOST_MIRROR"
	die "no kernel $1 in the cache; run selftests/lab/setup.sh"
}

kernel_release() {
	[ -f "$ROOTFS/opt/kernels/$1" ] || no_kernel "$1"
	cat "$ROOTFS/opt/kernels/$1"
}

# kernel_image SERIES: 7.x keeps its image beside the modules
kernel_image() {
	local release f
	release=$(kernel_release "$1")
	for f in "$ROOTFS/boot/vmlinuz-$release" "$ROOTFS/usr/lib/modules/$release/vmlinuz"; do
		[ -f "$f" ] && echo "$f" && return 0
	done
	die "no image of kernel $release"
}

# lab_kernels [SERIES...]: those of LAB_KERNELS, or of the arguments, that are there
lab_kernels() {
	local k there=()
	# shellcheck disable=SC2086
	[ $# -gt 0 ] || set -- $LAB_KERNELS
	for k; do
		if have_kernel "$k"; then there+=("$k"); fi
	done
	echo "${there[*]}"
}
