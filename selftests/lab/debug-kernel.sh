#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# debug-kernel.sh: build the debug kernel of the lab from Debian's linux-source
# package and debug.config, if that is missing or out of date. Its series is
# called "debug" everywhere: build.sh debug, run.sh -k debug. Takes 15 to 40
# minutes the first time; source and objects stay in the cache.
set -euo pipefail
. "$(dirname "$0")/common.sh"

SERIES=6.12
DIR=$CACHE/build/debug-kernel

# inside CMD: in the root file system, where the objects are below /build
inside() { "$LAB_DIR/inroot.sh" sh -c "cd /build/debug-kernel && $1"; }

kmake() { inside "exec nice -n ${DEBUG_NICE:-5} make -s -C src O=/build/debug-kernel/obj -j$(nproc) $*"; }

fetch() {
	[ -f "$DIR/src/Makefile" ] && return 0
	say "fetching linux-source-$SERIES"
	rm -rf "$DIR"
	mkdir -p "$DIR/src"
	retry 4 inside "apt-get -q -o Acquire::Retries=5 download linux-source-$SERIES"
	inside "dpkg-deb --fsys-tarfile linux-source-${SERIES}_*.deb |
		tar -xO ./usr/src/linux-source-$SERIES.tar.xz |
		tar -xJ -C src --strip-components=1"
	rm -f "$DIR"/*.deb
}

configure() {
	mkdir -p "$DIR/obj"
	kmake tinyconfig
	cp "$LAB_DIR/debug.config" "$DIR/debug.config"
	inside "cd obj && ../src/scripts/kconfig/merge_config.sh -m -O . .config ../debug.config" > "$DIR/merge.log"
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
			say "not in the debug kernel: $option"
			bad=1
		}
	done < <(grep '^CONFIG' "$DIR/debug.config")
	[ $bad = 0 ] || die "debug.config has options that this kernel does not take"
}

# The modules and the image go where those of Debian's kernels are.
install_kernel() {
	local release
	release=$(kmake kernelrelease)
	rm -rf "$ROOTFS/usr/lib/modules/$release"
	kmake modules_install INSTALL_MOD_PATH=/
	cp "$DIR/obj/arch/x86/boot/bzImage" "$ROOTFS/boot/vmlinuz-$release"
	echo "$release" > "$ROOTFS/opt/kernels/debug"
	chroot "$ROOTFS" depmod "$release"
}

build() {
	fetch
	configure
	say "building the debug kernel"
	kmake bzImage modules > "$DIR/build.log" 2>&1 || {
		tail -20 "$DIR/build.log" >&2
		die "the debug kernel does not build, log: $DIR/build.log"
	}
}

main() {
	local stamp=$CACHE/stamps/debug-kernel hash start=$SECONDS
	need_root
	[ -f "$CACHE/stamps/rootfs" ] || die "run selftests/lab/setup.sh first"
	hash=$(stamp_of "$LAB_DIR/debug.config")
	exec 6> "$CACHE/debug-kernel.lock"
	flock 6
	if ! fresh "$stamp" "$hash"; then
		build
		echo "$hash" > "$stamp"
		say "debug kernel built in $((SECONDS - start)) s"
	fi
	if [ ! -f "$ROOTFS/opt/kernels/debug" ] || ! fresh "$stamp-installed" "$hash"; then
		install_kernel
		"$LAB_DIR/initrd.sh" host debug
		echo "$hash" > "$stamp-installed"
	fi
}

main
