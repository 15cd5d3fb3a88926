# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the lab asks of the Debian mirror. Sourced after common.sh by the scripts that
# fetch packages.

MIRROR=${MYVHOST_MIRROR:-http://deb.debian.org/debian}
SECURITY=${MYVHOST_SECURITY_MIRROR:-http://deb.debian.org/debian-security}

# An archive of old states, such as snapshot.debian.org, has lists that have expired.
base_suites() {
	cat <<-END
	deb [check-valid-until=no] $MIRROR trixie main
	deb [check-valid-until=no] $MIRROR trixie-updates main
	deb [check-valid-until=no] $SECURITY trixie-security main
	END
}

kernel_suites() {
	cat <<-END
	deb [check-valid-until=no] $MIRROR trixie-backports main
	deb [check-valid-until=no] $MIRROR bookworm main
	deb [check-valid-until=no] $SECURITY bookworm-security main
	END
}

apt_get() { chroot "$ROOTFS" apt-get -q -o Acquire::Retries=3 "$@"; }

# apt_update: fetch the package lists. A kernel suite that has left the mirror is no
# error here: whatever needs it says so.
apt_update() {
	cp /etc/resolv.conf "$ROOTFS/etc/resolv.conf"
	base_suites > "$ROOTFS/etc/apt/sources.list"
	kernel_suites > "$ROOTFS/etc/apt/sources.list.d/lab.list"
	cat > "$ROOTFS/etc/apt/preferences.d/lab" <<-END
	Package: *
	Pin: release n=bookworm*
	Pin-Priority: 50
	END
	apt_get -o APT::Get::List-Cleanup=0 -o Dir::Etc::SourceParts=- --error-on=any update ||
		die "cannot fetch the package lists of $MIRROR and $SECURITY: check the network, or choose other mirrors with MYVHOST_MIRROR and MYVHOST_SECURITY_MIRROR"
	apt_get update || say "a suite of the kernels is not on the mirror"
}

# apt_versions REGEX: "apt-cache madison" of all packages whose name matches
apt_versions() {
	chroot "$ROOTFS" apt-cache pkgnames | { grep -E "$1" || true; } |
		xargs -r chroot "$ROOTFS" apt-cache madison
}

# apt_unpack TARGET PACKAGE=VERSION...: download and unpack into the directory TARGET.
# No maintainer script runs.
apt_unpack() {
	local target=$1 debs=/var/cache/lab deb
	shift
	rm -rf "${ROOTFS:?}$debs"
	mkdir -p "$ROOTFS$debs" "$target"
	# shellcheck disable=SC2016
	retry 3 chroot "$ROOTFS" sh -c '
		cd "$1" && shift && exec apt-get -q -o Acquire::Retries=3 download "$@"' sh "$debs" "$@" ||
		return
	for deb in "$ROOTFS$debs"/*.deb; do
		chroot "$ROOTFS" dpkg-deb --fsys-tarfile "$debs/${deb##*/}" | tar -x -C "$target" ||
			return
	done
	rm -rf "${ROOTFS:?}$debs"
}

# apt_kernel_source SERIES TARGET: the source of Debian's kernel, with Debian's patches
apt_kernel_source() {
	local unpacked=$2.new
	say "fetching linux-source-$1"
	rm -rf "$2" "$unpacked"
	apt_update
	apt_unpack "$unpacked" "linux-source-$1" ||
		die "cannot fetch linux-source-$1: choose a mirror that has it with MYVHOST_MIRROR and MYVHOST_SECURITY_MIRROR"
	mkdir "$unpacked/src"
	chroot "$ROOTFS" xz -dc < "$unpacked/usr/src/linux-source-$1.tar.xz" |
		tar -x -C "$unpacked/src" --strip-components=1
	mv "$unpacked/src" "$2"
	rm -rf "$unpacked"
}
