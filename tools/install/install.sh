#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# install.sh install|uninstall KDIR [DESTDIR]: put the modules for the kernel of KDIR and
# everything else in place, or take it away again.  With a DESTDIR the running system is
# not told, with TOOLS=no the program and what needs it stay out.
# install.sh stage DESTDIR: everything but the modules, for packages.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)

usage() {
	echo "usage: install.sh install|uninstall KDIR [DESTDIR] | stage DESTDIR" >&2
	exit 2
}

# paths DESTDIR
paths() {
	dest=$1
	rule=$dest/usr/lib/udev/rules.d/60-myvhost.rules
	apparmor=$dest/etc/apparmor.d/abstractions/libvirt-qemu.d/myvhost
	selinux=$dest/usr/share/selinux/packages/myvhost.cil
	header=$dest/usr/include/linux/myvhost.h
	pkgconfig=$dest/usr/share/pkgconfig/myvhost.pc
	program=$dest/usr/bin/myvhost
	man=$dest/usr/share/man
	completion=$dest/usr/share/bash-completion/completions/myvhost
	nodes=$dest/usr/libexec/myvhost/add-nodes
	unit=$dest/usr/lib/systemd/system/myvhost-nodes.service
}

# paths_of_modules KDIR: "make kernelrelease" knows only the upstream version on Debian 6.1
paths_of_modules() {
	release=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' \
		"$1/include/generated/utsrelease.h")
	[ -n "$release" ] || { echo "install.sh: no prepared kernel tree in $1" >&2; exit 1; }
	modules=$dest/lib/modules/$release/updates/myvhost
}

install_modules() {
	local m
	install -d "$modules"
	for m in $("$here/modules.sh"); do
		install -m 644 "$repo/drivers/myvhost/$m" "$modules"
	done
}

install_dev() {
	local version
	version=$(sed -n 's/^MODULE_VERSION("\(.*\)");$/\1/p' "$repo/drivers/myvhost/main.c")
	install -D -m 644 "$repo/include/uapi/linux/myvhost.h" "$header"
	install -d "${pkgconfig%/*}"
	sed "s/@VERSION@/$version/" "$here/myvhost.pc.in" > "$pkgconfig"
}

# what needs the program
install_program() {
	install -D "$repo/tools/ctl/obj/myvhost" "$program"
	[ ! -e "$repo/tools/trace/obj/myvhost-trace" ] ||
		install -D "$repo/tools/trace/obj/myvhost-trace" "$program-trace"
	install -D -m 644 "$here/myvhost.bash" "$completion"
	install -D -m 755 "$here/add-nodes.sh" "$nodes"
	install -D -m 644 "$here/myvhost-nodes.service" "$unit"
	install -d "$dest/etc/myvhost.d"
}

install_rest() {
	local s
	install -D -m 644 "$here/60-myvhost.rules" "$rule"
	install -D -m 644 "$here/apparmor-libvirt-qemu" "$apparmor"
	install -D -m 644 "$here/myvhost.cil" "$selinux"
	for s in 4 8; do
		install -D -m 644 "$repo/Documentation/man/myvhost.$s" "$man/man$s/myvhost.$s"
	done
	install_dev
	[ "${TOOLS:-}" = no ] || install_program
}

# The files of the administrator, /etc/myvhost.d/*.conf, stay.
uninstall_all() {
	rm -rf "$modules" "${nodes%/*}"
	rm -f "$rule" "$apparmor" "$selinux" "$header" "$pkgconfig" "$program" "$program-trace" "$completion" \
		"$unit" "$man"/man[48]/myvhost.[48]
	rmdir "$dest/etc/myvhost.d" 2> /dev/null || true
}

# refresh_selinux VERB: put the rules into the policy, or take them out, and label the nodes
refresh_selinux() {
	command -v selinuxenabled > /dev/null && selinuxenabled || return 0
	case $1 in
	install) semodule -i "$selinux" ;;
	uninstall) semodule -l | grep -qw myvhost && semodule -r myvhost ;;
	esac || echo "install.sh: the SELinux policy is as it was" >&2
	restorecon /dev/myvhost* 2> /dev/null || true
}

# refresh VERB: let depmod, udev, systemd and SELinux know; a tree for packaging has none
# of them
refresh() {
	[ -z "$dest" ] || return 0
	depmod -a "$release"
	! command -v udevadm > /dev/null || udevadm control --reload 2> /dev/null || true
	[ ! -d /run/systemd/system ] || systemctl daemon-reload || true
	refresh_selinux "$1"
}

case ${1:-} in
install)
	paths "${3:-}"
	paths_of_modules "${2:?$(usage)}"
	install_modules
	install_rest
	refresh install
	;;
uninstall)
	paths "${3:-}"
	paths_of_modules "${2:?$(usage)}"
	uninstall_all
	refresh uninstall
	;;
stage)
	paths "${2:?$(usage)}"
	install_rest
	;;
*) usage ;;
esac
