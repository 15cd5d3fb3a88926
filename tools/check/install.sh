#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# install.sh SERIES: what "make install" puts into a DESTDIR, whether depmod
# finds it there, and whether "make uninstall" leaves nothing.  KTAP on standard
# output.  Runs in the lab's root file system, where the kernel headers are.
set -euo pipefail

repo=$(cd "$(dirname "$0")/../.." && pwd)
series=${1:?usage: install.sh 6.1|6.12|7.2}
release=$("$repo/selftests/lab/kver.sh" "$series" | cut -d' ' -f1)
. "$repo/selftests/lib/ktap.sh"

# result NAME COMMAND...: passed if COMMAND succeeds
result() {
	local rc=0
	"${@:2}" || rc=$?
	ktap_result "install: $1" $rc
}

inroot() {
	"$repo/selftests/lab/inroot.sh" "$@"
}

work=/build/install-check
inroot sh -c "rm -rf $work && mkdir -p $work &&
	cp -r /repo/drivers /repo/include /repo/tools /repo/Documentation \
		/repo/Makefile $work/ &&
	rm -rf $work/tools/ctl/obj $work/tools/trace/obj" >&2

run() {
	inroot make -s -C $work KDIR="/lib/modules/$release/build" \
		DESTDIR=$work/root "$1" >&2
}

in_tree() {
	inroot test -f "$work/root/$1"
}

# depmod wants the kernel's own lists beside the modules
devname() {
	inroot sh -c "cp /lib/modules/$release/modules.order \
		/lib/modules/$release/modules.builtin $work/root/lib/modules/$release/ &&
		depmod -b $work/root $release &&
		grep -q '^myvhost myvhost c10:246' \
			$work/root/lib/modules/$release/modules.devname &&
		grep -q 'alias myvhost-backend-1 myvhost_net' \
			$work/root/lib/modules/$release/modules.alias &&
		grep -q 'alias myvhost-backend-2 myvhost_blk' \
			$work/root/lib/modules/$release/modules.alias" >&2
}

# it finds its libraries
program() {
	inroot sh -c "$work/root/usr/bin/myvhost --version &&
		! ldd $work/root/usr/bin/myvhost | grep 'not found'" >&2
}

completion() {
	in_tree usr/share/bash-completion/completions/myvhost
}

man_pages() {
	in_tree usr/share/man/man4/myvhost.4 && in_tree usr/share/man/man8/myvhost.8
}

# with nothing but what the modules need
without_json() {
	local out
	out=$(inroot make -s -C $work/tools/ctl O=obj-none PKG_CONFIG=false 2>&1) && return 1
	[[ $out == *"apt-get install pkgconf libjson-c-dev libncurses-dev"* ]]
}

nothing_left() {
	[ -z "$(inroot find $work/root -name '*myvhost*')" ]
}

# the file that libvirt's abstraction includes
apparmor() {
	inroot grep -qx '/dev/myvhost-\* rw,' \
		$work/root/etc/apparmor.d/abstractions/libvirt-qemu.d/myvhost
}

# the name is that of the module in the policy
selinux() {
	inroot grep -q '^(filecon "/dev/myvhost' \
		$work/root/usr/share/selinux/packages/myvhost.cil
}

# the program of the unit is where the unit looks for it
unit() {
	# shellcheck disable=SC2016
	inroot sh -c 'u=$1/usr/lib/systemd/system/myvhost-nodes.service
		program=$(sed -n "s/^ExecStart=//p" "$u") && [ -n "$program" ] && test -x "$1$program"' \
		unit $work/root
}

# the version is that of the program
pkg_config() {
	# shellcheck disable=SC2016
	inroot sh -c '[ "myvhost $(PKG_CONFIG_LIBDIR=$1/usr/share/pkgconfig pkg-config --modversion myvhost)" = "$("$1/usr/bin/myvhost" --version)" ]' pkg_config $work/root
}

# signed with a key of our own, and once only
sign() {
	# shellcheck disable=SC2016
	inroot sh -euc 'cd "$1"
		openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=check/ \
			-keyout key -out cert -outform DER
		for i in 1 2; do make -s KDIR="$2" KEY=key CERT=cert sign; done
		for ko in $(tools/install/modules.sh); do
			ko=drivers/myvhost/$ko
			[ "$(modinfo -F signer "$ko")" = check ]
			[ "$(grep -ac "Module signature appended" "$ko")" = 1 ]
		done' sign $work "/lib/modules/$release/build" >&2
}

no_btf_message() {
	local out
	out=$(inroot sh -c "rm -f $work/drivers/myvhost/*.ko &&
		make -s -C $work KDIR=/lib/modules/$release/build modules" 2>&1)
	[[ $out != *"Skipping BTF"* ]]
}

ktap_begin 20
modules=lib/modules/$release/updates/myvhost
result "make install" run install
for ko in $("$repo/tools/install/modules.sh"); do
	result "${ko##*/}" in_tree "$modules/${ko##*/}"
done
result "udev rule" in_tree usr/lib/udev/rules.d/60-myvhost.rules
result "udev rule of named nodes" inroot grep -q '^KERNEL=="myvhost-\*"' \
	$work/root/usr/lib/udev/rules.d/60-myvhost.rules
result "rule for AppArmor" apparmor
result "rules for SELinux" selinux
result "header" in_tree usr/include/linux/myvhost.h
result "program" program
result "manual pages" man_pages
result "completion for bash" completion
result "unit for named nodes" unit
result "pkg-config" pkg_config
result "make sign" sign
result "no message of the kernel about BTF" no_btf_message
result "json-c missing: make says what to install" without_json
result "opening the node loads the modules" devname
result "make uninstall leaves nothing" eval 'run uninstall && nothing_left'
inroot rm -rf $work
ktap_end
