#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# install.sh install|uninstall KDIR [DESTDIR]: put the modules, the udev rules, the
# rules for AppArmor and SELinux, the header, the program myvhost with its completion for
# bash and its manual pages in place for the kernel of KDIR, or take them away again.  With
# a DESTDIR the running system is not told, with TOOLS=no the program stays out.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
verb=${1:?usage: install.sh install|uninstall KDIR [DESTDIR]}
kdir=${2:?usage: install.sh install|uninstall KDIR [DESTDIR]}
dest=${3:-}
# "make kernelrelease" knows only the upstream version on Debian 6.1
release=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' \
	"$kdir/include/generated/utsrelease.h")
[ -n "$release" ] || { echo "install.sh: no prepared kernel tree in $kdir" >&2; exit 1; }
modules=$dest/lib/modules/$release/updates/myvhost
rule=$dest/usr/lib/udev/rules.d/60-myvhost.rules
apparmor=$dest/etc/apparmor.d/abstractions/libvirt-qemu.d/myvhost
selinux=$dest/usr/share/selinux/packages/myvhost.cil
header=$dest/usr/include/linux/myvhost.h
program=$dest/usr/bin/myvhost
man=$dest/usr/share/man
completion=$dest/usr/share/bash-completion/completions/myvhost

install_all() {
	local m s
	install -d "$modules"
	for m in myvhost.ko net/myvhost_net.ko blk/myvhost_blk.ko; do
		install -m 644 "$repo/drivers/myvhost/$m" "$modules"
	done
	install -D -m 644 "$here/60-myvhost.rules" "$rule"
	install -D -m 644 "$here/apparmor-libvirt-qemu" "$apparmor"
	install -D -m 644 "$here/myvhost.cil" "$selinux"
	install -D -m 644 "$repo/include/uapi/linux/myvhost.h" "$header"
	for s in 4 8; do
		install -D -m 644 "$repo/Documentation/man/myvhost.$s" "$man/man$s/myvhost.$s"
	done
	[ "${TOOLS:-}" != no ] || return 0
	install -D "$repo/tools/ctl/obj/myvhost" "$program"
	install -D -m 644 "$here/myvhost.bash" "$completion"
}

uninstall_all() {
	rm -rf "$modules"
	rm -f "$rule" "$apparmor" "$selinux" "$header" "$program" "$completion" \
		"$man"/man[48]/myvhost.[48]
}

# refresh_selinux: put the rules into the policy, or take them out, and label the nodes
refresh_selinux() {
	command -v selinuxenabled > /dev/null && selinuxenabled || return 0
	case $verb in
	install) semodule -i "$selinux" ;;
	uninstall) semodule -l | grep -qw myvhost && semodule -r myvhost ;;
	esac || echo "install.sh: the SELinux policy is as it was" >&2
	restorecon /dev/myvhost* 2> /dev/null || true
}

# Let depmod, udev and SELinux know; a tree for packaging has none of them.
refresh() {
	[ -z "$dest" ] || return 0
	depmod -a "$release"
	! command -v udevadm > /dev/null || udevadm control --reload || true
	refresh_selinux
}

case $verb in
install) install_all ;;
uninstall) uninstall_all ;;
*)
	echo "install.sh: unknown verb $verb" >&2
	exit 2
	;;
esac
refresh
