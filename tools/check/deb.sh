#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# deb.sh [-b|-i] [SUITE...]: the packages of "make deb" in clean root file systems of Debian 12 and
# 13 (bookworm, trixie): they build, lintian agrees, DKMS builds the modules for each of
# the suite's kernels and those of its backports, an upgrade replaces them, removal and purge
# leave nothing. KTAP on standard output.
# -b only builds the packages, in $CACHE/build/deb/work; -i installs them, too.
#
# Needs root and a mirror. The root file systems, 2 GB each, stay in the cache.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../selftests/lab/common.sh"
. "$LAB_DIR/apt.sh"
. "$REPO_DIR/selftests/lib/ktap.sh"

DIR=$CACHE/build/deb
VERSION=$(sed -n 's/^MODULE_VERSION("\(.*\)");$/\1/p' "$REPO_DIR/drivers/myvhost/main.c")
# what the build needs is in debian/control, and debhelper with it
PACKAGES="build-essential dh-dkms dkms lintian python3-minimal kmod systemd udev mokutil"
HEADERS="linux-headers-amd64 linux-headers-rt-amd64"
export DIR

suites() { # SUITE
	cat <<-END
	deb [check-valid-until=no] $MIRROR $1 main
	deb [check-valid-until=no] $MIRROR $1-updates main
	deb [check-valid-until=no] $SECURITY $1-security main
	END
	[ "$1" = bookworm ] ||
		echo "deb [check-valid-until=no] $MIRROR $1-backports main"
}

in_suite() { # SUITE CMD...: nothing of this machine but the directory of the packages
	local root=$DIR/$1
	shift
	# shellcheck disable=SC2016
	unshare -m bash -euc '
		root=$1
		shift
		mount -t proc proc "$root/proc"
		mount -t tmpfs tmpfs "$root/tmp"
		mount --bind "$DIR/work" "$root/mnt"
		export HOME=/root LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
		export DEBIAN_FRONTEND=noninteractive
		exec chroot "$root" "$@"' in_suite "$root" "$@"
}

# build_depends: of debian/control, without versions and alternatives
build_depends() {
	sed -n '/^Build-Depends:/,/^[A-Z]/{/^Build-Depends:\|^ /p}' "$REPO_DIR/tools/deb/debian/control" |
		sed 's/^Build-Depends://; s/([^)]*)//g; s/<[^>]*>//g' | tr ',' '\n' |
		grep -v 'dh-sequence\|debhelper-compat' | tr -s ' \n' ' '
}

prepare() { # SUITE
	local root=$DIR/$1 packages hash
	packages="$PACKAGES debhelper $(build_depends) $HEADERS"
	hash=$(stamp_of "$packages" "$(suites "$1")")
	fresh "$DIR/$1.stamp" "$hash" && return 0
	say "root file system of $1"
	rm -rf --one-file-system "$root" "$DIR/$1.stamp"
	suites "$1" | mmdebstrap --mode=root --variant=minbase \
		--aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Retries "5"' \
		--include="$(tr -s ' ' ',' <<< "$packages")" "$1" "$root" - || return
	[ "$1" = bookworm ] || in_suite "$1" sh -c "apt-get -q -y -t $1-backports --no-install-recommends install linux-headers-amd64 \
		\$(apt-cache pkgnames linux-headers-7.2 | grep -xE '[^ ]*[0-9]-amd64' | sort -V | tail -n 1)" || return
	echo "$hash" > "$DIR/$1.stamp"
}

# result NAME COMMAND...: passed if COMMAND succeeds
result() {
	local rc=0
	"${@:2}" >&2 || rc=$?
	ktap_result "deb: $SUITE: $1" $rc
}

# package VERSION: build, into a directory of this name
package() {
	in_suite "$SUITE" sh -c 'cd /mnt/source && VERSION=$1 make -s deb DEBS=/mnt/$2/$1' package "$1" "$SUITE"
}

# The unit has no counterpart for another init: those who have one call add-nodes themselves.
lint() {
	local out
	out=$(in_suite "$SUITE" sh -c 'lintian --allow-root --fail-on none -I --pedantic "/mnt/$1/$2"/*.changes' \
		lint "$SUITE" "$VERSION") || return
	out=$(grep -v '^N:\|package-supports-alternative-init-but-no-init.d-script' <<< "$out" || true)
	echo "$out"
	[ -z "$out" ]
}

# dpkg VERSION: install this version, what it says is in $SAID
dpkg_install() {
	local rc=0
	SAID=$(in_suite "$SUITE" sh -c 'cd "/mnt/$1/$2" &&
		dpkg -i myvhost-dkms_*.deb myvhost-tools_*.deb myvhost-dev_*.deb' sh "$SUITE" "$1" 2>&1) || rc=$?
	echo "$SAID"
	return $rc
}

# modules VERSION: DKMS has built this version, and no other, for each kernel with headers
modules() {
	in_suite "$SUITE" sh -euc '
		dkms status
		for build in /lib/modules/*/build/include; do
			k=${build%/build/include}
			k=${k##*/}
			[ "$k" != 9.9.9-broken ] || continue
			for m in $(/mnt/source/tools/install/modules.sh); do
				modinfo -k "$k" -F filename "$(basename $m .ko)" | grep updates/dkms
			done
			[ "$(modinfo -k "$k" -F version myvhost)" = "$1" ]
			[ "$(dkms status -m myvhost -k "$k" | grep -c installed)" = 1 ]
		done' modules "$1"
}

# a kernel whose build fails, before the others in the order of the directory
broken_kernel() {
	in_suite "$SUITE" sh -euc '
		rm -rf /lib/modules/9.9.9-broken
		[ "$1" = make ] || exit 0
		mkdir -p /lib/modules/9.9.9-broken/build/include
		printf "%%:\n\tfalse\n" > /lib/modules/9.9.9-broken/build/Makefile' broken_kernel "$1"
}

spares_others() {
	local rc=0
	broken_kernel make
	dpkg_install "$1" && [[ $SAID == *"no modules for Linux 9.9.9-broken"* ]] && modules "$1" || rc=1
	broken_kernel remove
	return $rc
}

newest_kernel() { in_suite "$SUITE" ls /lib/modules | sort -V | tail -n 1; }

# has_untested: has the suite a kernel that is newer than the tested ones?
has_untested() {
	local untested
	untested=$(sed -n 's/.*>= KERNEL_VERSION(\(.*\), \(.*\), 0)$/\1.\2/p' "$REPO_DIR/drivers/myvhost/compat/tested.h")
	[ "$(printf '%s\n' "$untested" "$(newest_kernel)" | sort -V | head -n 1)" = "$untested" ]
}

says_untested() { [[ $SAID == *"Linux $(newest_kernel) is newer than those that myvhost is tested on"* ]]; }

purged() {
	in_suite "$SUITE" sh -euc '
		dpkg --purge myvhost-dkms myvhost-tools myvhost-dev
		! find / -xdev \( -path /mnt -o -path /var/log -o -path /var/lib/systemd \) -prune \
			-o -iname "*myvhost*" -print | grep .'
}

# every symbol that the modules import is exported by the newest kernels that Debian has
symbols() {
	in_suite "$SUITE" bash -euc '
		set -o pipefail
		cd /tmp
		echo "deb [check-valid-until=no] $1 unstable main" > list
		echo "deb [check-valid-until=no] $1 experimental main" >> list
		apt="-q -o Dir::State::status=/dev/null -o Acquire::Languages=none -o Dir::Etc::SourceList=/tmp/list -o Dir::Etc::SourceParts=- -o Dir::State::Lists=/tmp/lists -o Dir::Cache=/tmp/cache"
		mkdir -p lists/partial cache/archives/partial
		apt-get $apt update
		apt-cache $apt pkgnames | grep -xE "linux-headers-[0-9].*[0-9]-amd64" | sort -V | tail -n 2 > names
		[ -s names ]
		apt-get $apt download $(cat names)
		for deb in linux-headers-*.deb; do
			dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards "*/Module.symvers" |
				cut -f 2 > exported
			kernel=${deb%%_*}
			newest=$(ls /lib/modules | grep "[0-9]-amd64$" | sort -V | tail -n 1)
			for ko in "/lib/modules/$newest"/updates/dkms/myvhost*.ko*; do
				modprobe --dump-modversions "$ko" | cut -f 2
			done | sort -u | grep -v ^mvh_ > imported
			[ -s imported ]
			{ grep -vxFf exported imported || true; } | sed "s/^/${kernel#linux-headers-} does not export /"
		done | tee missing
		[ ! -s missing ]' symbols "$MIRROR"
}

check_suite() {
	rm -rf "${DIR:?}/work/$SUITE"
	result "root file system" prepare "$SUITE"
	# of a run that was stopped, or of -i
	in_suite "$SUITE" dpkg --purge myvhost-dkms myvhost-tools myvhost-dev >&2 || true
	result "make deb" package "$VERSION"
	[ "$ONLY" != -b ] || return 0
	result "lintian" lint
	result "install" dpkg_install "$VERSION"
	result "modules for all kernels" modules "$VERSION"
	[ -z "$ONLY" ] || { result "a later version" package "$VERSION+later"; return; }
	if has_untested; then
		result "a kernel beyond the tested ones is named" says_untested
	else
		ktap_skip "deb: $SUITE: a kernel beyond the tested ones is named" "the suite has none"
	fi
	result "a later version" package "$VERSION+later"
	result "upgrade, a kernel for which nothing can be built is named and spares the others" \
		spares_others "$VERSION+later"
	[ "$SUITE" = bookworm ] || result "symbols of the kernels to come" symbols
	result "purge leaves nothing" purged
}

need_root
ONLY=
case ${1:-} in
-b | -i)
	ONLY=$1
	shift
	;;
esac
[ $# -gt 0 ] || set -- bookworm trixie
rm -rf "$DIR/work/source"
mkdir -p "$DIR/work/source"
(cd "$REPO_DIR" && git ls-files --cached --others --exclude-standard) | while IFS= read -r f; do
	[ ! -f "$REPO_DIR/$f" ] || printf '%s\n' "$f"
done | tar -C "$REPO_DIR" -cf - -T - | tar -C "$DIR/work/source" -xf -
ktap_begin
for SUITE; do check_suite; done
ktap_end
