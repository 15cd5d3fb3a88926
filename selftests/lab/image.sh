#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the image of a Debian guest that has its root on a disk: a compiler, fio
# and file system tools on ext4. Called by setup.sh, which holds the lock.
set -euo pipefail
. "$(dirname "$0")/common.sh"

PACKAGES="gcc libc6-dev make fio e2fsprogs procps"
SIZE=1G
IMAGE=$CACHE/images/debian.img

# The suites are those of the lab's root file system.
bootstrap() {
	rm -rf "$1"/root
	mmdebstrap --mode=root --variant=minbase \
		--aptopt='Apt::Install-Recommends "false"' \
		--aptopt='Acquire::Retries "5"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--keyring=/usr/share/keyrings \
		--include="${PACKAGES// /,}" \
		--customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
		trixie "$1/root" "$ROOTFS/etc/apt/sources.list"
	find "$1/root/dev" -mindepth 1 -delete
}

main() {
	local dir
	mkdir -p "${IMAGE%/*}"
	dir=$(mktemp -d "$CACHE/image.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$dir'" EXIT
	retry 3 bootstrap "$dir"
	LAB_BINDS="$dir:/mnt" "$LAB_DIR/inroot.sh" mke2fs -q -t ext4 -L debian -d /mnt/root \
		-E lazy_itable_init=0,lazy_journal_init=0 /mnt/img "$SIZE"
	mv "$dir/img" "$IMAGE"
}

main
