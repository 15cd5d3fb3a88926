#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernel.sh SERIES: put the newest kernel of a series that works, and its headers, into
# the root file system. A release works if a trivial module builds for it, and if it
# boots and loads that module; if not, the one before is tried. Called by setup.sh, which
# holds the lock.
#
# $CACHE/kernels/SERIES/about tells what was chosen and what was passed over;
# $CACHE/kernels/bad has the releases that failed while an older one worked. Exit
# status 3: the mirror has no release, the reason is in $CACHE/kernels/SERIES.missing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$LAB_DIR/apt.sh"

RELEASES_MAX=3
BAD=$CACHE/kernels/bad

lists() { apt_versions '^linux-(headers|image|kbuild|binary|modules|base)-'; }

# fetch NAME RELEASE PACKAGE=VERSION...: a kernel under the name of a series.
# Unpacking straight into the root would replace the /lib symlink.
fetch() {
	local name=$1 release=$2 stage
	shift 2
	stage=$(mktemp -d "$CACHE/stage.XXXXXX")
	apt_unpack "$stage" "$@" || { rm -rf "$stage"; return 1; }
	if [ -d "$stage/lib" ]; then
		mkdir -p "$stage/usr/lib"
		cp -a "$stage/lib/." "$stage/usr/lib/"
		rm -rf "${stage:?}/lib"
	fi
	cp -a "$stage/." "$ROOTFS/"
	rm -rf "$stage"
	chroot "$ROOTFS" depmod "$release" || return
	echo "$release" > "$ROOTFS/opt/kernels/$name"
}

# remove RELEASE, unless it is that of a series
remove() {
	! grep -qxF "$1" "$ROOTFS"/opt/kernels/* 2> /dev/null || return 0
	(
		flock 8
		rm -rf "${ROOTFS:?}/usr/lib/modules/$1" "${ROOTFS:?}/usr/src/linux-headers-$1" \
			"${ROOTFS:?}/usr/src/linux-headers-${1%-amd64}-common" "${ROOTFS:?}"/boot/*-"$1"
	) 8> "$CACHE/rootfs.lock"
}

# works NAME RELEASE: with a module that is not under test. Leaves the reason in REASON.
works() {
	local rc=0
	rm -rf "$CACHE/build/$1"
	mkdir -p "$CACHE/build/$1/smoke"
	cp "$LAB_DIR"/smoke/* "$CACHE/build/$1/smoke/"
	REASON="a trivial module does not build"
	"$LAB_DIR/inroot.sh" make -C "/lib/modules/$2/build" "M=/build/$1/smoke" modules || return
	REASON="its initial RAM disk cannot be built"
	"$LAB_DIR/initrd.sh" host "$1" || return
	MYVHOST_ACCEL=tcg "$LAB_DIR/run.sh" -k "$1" -t 240 -o "$CACHE/log/smoke-$1" -- \
		'insmod /build/smoke/lab_smoke.ko && rmmod lab_smoke && modprobe -a tun vhost_net' || rc=$?
	case $rc in
	0) return 0 ;;
	124 | 125) REASON="it does not boot" ;;
	126) REASON="its kernel log has a warning or worse" ;;
	*) REASON="it does not load a trivial module, tun or vhost_net" ;;
	esac
	return 1
}

# adopt SERIES NAME: what was installed under NAME becomes that of the series
adopt() {
	local before
	before=$(cat "$ROOTFS/opt/kernels/$1" 2> /dev/null || true)
	rm -rf "$CACHE/kernels/$1" "$CACHE/build/$2"
	mv "$CACHE/kernels/$2" "$CACHE/kernels/$1"
	mv "$ROOTFS/opt/kernels/$2" "$ROOTFS/opt/kernels/$1"
	[ -z "$before" ] || remove "$before"
}

# none SERIES: the mirror has no release that can be used; one that is there stays
none() {
	if have_kernel "$1"; then
		say "kernel $1 stays $(kernel_release "$1")"
		exit 0
	fi
	tail -n 1 "$WORK/remarks" > "$CACHE/kernels/$1.missing"
	exit 3
}

# install_kernel SERIES
install_kernel() {
	local series=$1 name=$1.new release version packages rc try
	touch "$BAD"
	cp "$BAD" "$WORK/bad"
	for ((try = 1; try <= RELEASES_MAX; try++)); do
		rc=0
		"$LAB_DIR/choose-kernel.py" --bad "$WORK/bad" "$series" < "$WORK/lists" \
			> "$WORK/choice" 2> "$WORK/remarks" || rc=$?
		cat "$WORK/remarks" >&2
		[ $rc != 3 ] || [ $try != 1 ] || none "$series"
		[ $rc != 3 ] || break
		[ $rc = 0 ] || die "choosing a kernel $series failed"
		read -r release version packages < "$WORK/choice"
		REASON="its packages cannot be downloaded"
		# shellcheck disable=SC2086
		if fetch "$name" "$release" $packages &&
			{ works "$name" "$release" || works "$name" "$release"; }; then
			adopt "$series" "$name"
			cp "$WORK/bad" "$BAD"
			{ echo "$release ($version)"; cat "$WORK/remarks"; } > "$CACHE/kernels/$series/about"
			rm -f "$CACHE/kernels/$series.missing"
			return 0
		fi
		say "$release does not do: $REASON"
		echo "$release $version $REASON" >> "$WORK/bad"
		rm -rf "$ROOTFS/opt/kernels/$name" "$CACHE/kernels/$name"
		remove "$release"
	done
	# not one works: rather a fault of the lab or of the machine than of each of them
	die "no kernel $series works, the last one because $REASON; logs of its host VM: $CACHE/log/smoke-$name"
}

main() {
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
	mkdir -p "$CACHE/kernels" "$CACHE/log" "$ROOTFS/opt/kernels"
	apt_update
	lists > "$WORK/lists"
	install_kernel "$1"
}

[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"
