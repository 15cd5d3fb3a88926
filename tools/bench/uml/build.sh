#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# build.sh: build the User Mode Linux kernel in which "make bench" measures time, from
# Debian's linux-source package, arch-um.patch and config, if that is missing or out of
# date; then the modules for it. Takes some 10 minutes the first time; source and objects
# stay in the cache, in build/uml-kernel.
set -euo pipefail
UML_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$UML_DIR/../../../selftests/lab/common.sh"
. "$LAB_DIR/apt.sh"

SERIES=7.2
DIR=$CACHE/build/uml-kernel

# in the root file system, which has compiler, flex and bison
kmake() {
	"$LAB_DIR/inroot.sh" nice -n "${UML_NICE:-5}" make -s -C /build/uml-kernel/src ARCH=um \
		O=/build/uml-kernel/obj -j"$(nproc)" "$@"
}

configure() {
	local dropped
	mkdir -p "$DIR/obj"
	kmake x86_64_defconfig
	"$LAB_DIR/inroot.sh" sh -c 'cd /build/uml-kernel/obj &&
		ARCH=um ../src/scripts/kconfig/merge_config.sh -m -O . .config \
			/repo/tools/bench/uml/config' > "$DIR/merge.log"
	kmake olddefconfig
	# an option that Kconfig dropped would silently be missing
	dropped=$(grep -E '=[ym]$' "$UML_DIR/config" | grep -vxFf "$DIR/obj/.config" || true)
	[ -z "$dropped" ] ||
		die "options of tools/bench/uml/config that this kernel does not take: $dropped"
}

build() {
	if ! fresh "$DIR/patched" "$1"; then
		rm -rf "$DIR"/{src,obj}
		apt_kernel_source "$SERIES" "$DIR/src"
		patch -s -d "$DIR/src" -p1 < "$UML_DIR/arch-um.patch"
		echo "$1" > "$DIR/patched"
	fi
	configure
	say "building the User Mode Linux kernel"
	kmake > "$DIR/build.log" 2>&1 || {
		tail -20 "$DIR/build.log" >&2
		die "the User Mode Linux kernel does not build, log: $DIR/build.log"
	}
}

main() {
	local patch hash start=$SECONDS
	need_root
	mkdir -p "$DIR"
	exec 6> "$CACHE/uml-kernel.lock"
	flock 6
	patch=$(stamp_of "$UML_DIR/arch-um.patch" "$SERIES")
	hash=$(stamp_of "$patch" "$UML_DIR/config")
	if ! fresh "$DIR/built" "$hash"; then
		build "$patch"
		echo "$hash" > "$DIR/built"
		say "User Mode Linux kernel built in $((SECONDS - start)) s"
	fi
	KERNEL_BUILD=/build/uml-kernel/obj "$LAB_DIR/build.sh" uml ARCH=um
}

main
