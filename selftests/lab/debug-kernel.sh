#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# debug-kernel.sh [kcsan]: build the debug kernel of the lab from Debian's
# linux-source package and debug.config, or its flavour for data races with
# kcsan.config on top, if that is missing or out of date. Their series are called
# "debug" and "kcsan" everywhere: build.sh debug, run.sh -k kcsan. Takes 15 to 40
# minutes the first time; source and objects stay in the cache.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$LAB_DIR/apt.sh"

SERIES=6.12
FLAVOUR=${1:-debug}
# the source is that of all flavours
SOURCE=$CACHE/build/debug-kernel
DIR=$CACHE/build/$FLAVOUR-kernel

# inside CMD: in the root file system, where the objects are below /build
inside() { "$LAB_DIR/inroot.sh" sh -c "cd /build/debug-kernel && $1"; }

# KCSAN is told of the accesses of the modules only: the kernel's races are not ours
kmake() {
	inside "exec nice -n ${DEBUG_NICE:-5} make -s -C src O=/build/$FLAVOUR-kernel/obj -j$(nproc) \
		KCSAN_SANITIZE=n $*"
}

# options: those of the flavour, the last word of each
options() {
	cat "$LAB_DIR/debug.config"
	[ "$FLAVOUR" = debug ] || cat "$LAB_DIR/$FLAVOUR.config"
}

fetch() {
	[ -f "$SOURCE/src/Makefile" ] || apt_kernel_source "$SERIES" "$SOURCE/src"
}

configure() {
	mkdir -p "$DIR/obj"
	kmake tinyconfig
	options | awk -F= '/^CONFIG/ { last[$1] = $0 } END { for (o in last) print last[o] }' |
		sort > "$DIR/options"
	inside "cd ../$FLAVOUR-kernel/obj && ../../debug-kernel/src/scripts/kconfig/merge_config.sh -m -O . .config ../options" > "$DIR/merge.log"
	kmake olddefconfig
	missing_options
}

# an option that Kconfig dropped would silently not be tested
missing_options() {
	local option bad=0
	while read -r option; do
		case $option in
		*=n) ! grep -q "^${option%=n}=" "$DIR/obj/.config" ;;
		*) grep -qx -- "$option" "$DIR/obj/.config" ;;
		esac || {
			say "not in the $FLAVOUR kernel: $option"
			bad=1
		}
	done < "$DIR/options"
	[ $bad = 0 ] || die "debug.config or $FLAVOUR.config has options that this kernel does not take"
}

# The modules and the image go where those of Debian's kernels are.
install_kernel() {
	local release
	release=$(kmake kernelrelease)
	rm -rf "$ROOTFS/usr/lib/modules/$release"
	kmake modules_install INSTALL_MOD_PATH=/
	cp "$DIR/obj/arch/x86/boot/bzImage" "$ROOTFS/boot/vmlinuz-$release"
	echo "$release" > "$ROOTFS/opt/kernels/$FLAVOUR"
	chroot "$ROOTFS" depmod "$release"
}

build() {
	fetch
	configure
	say "building the $FLAVOUR kernel"
	kmake bzImage modules > "$DIR/build.log" 2>&1 || {
		tail -20 "$DIR/build.log" >&2
		die "the $FLAVOUR kernel does not build, log: $DIR/build.log"
	}
}

main() {
	local stamp=$CACHE/steps/$FLAVOUR-kernel hash start=$SECONDS
	need_root
	[ "$FLAVOUR" = debug ] || [ -f "$LAB_DIR/$FLAVOUR.config" ] || die "no flavour $FLAVOUR"
	[ -f "$CACHE/steps/rootfs" ] || die "run selftests/lab/setup.sh first"
	hash=$(options | sha256sum | cut -d' ' -f1)
	exec 6> "$CACHE/debug-kernel.lock"
	flock 6
	if ! fresh "$stamp" "$hash"; then
		build
		echo "$hash" > "$stamp"
		say "$FLAVOUR kernel built in $((SECONDS - start)) s"
	fi
	if [ ! -f "$ROOTFS/opt/kernels/$FLAVOUR" ] || ! fresh "$stamp-installed" "$hash"; then
		install_kernel
		"$LAB_DIR/initrd.sh" host "$FLAVOUR"
		echo "$hash" > "$stamp-installed"
	fi
}

main
