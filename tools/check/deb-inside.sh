#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# deb-inside.sh upgrade|signed: called by deb-vm.sh in the host VM. KTAP on standard output.
set -uo pipefail
here=$(dirname "$0")

# enter: go on in the root file system of the packages, as on a host of its own
enter() {
	mkdir -p /tmp/{deb,rw,root,debs}
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,ro,cache=loose deb /tmp/deb
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,ro,cache=loose debs /tmp/debs
	mount -t tmpfs tmpfs /tmp/rw
	mkdir -p /tmp/rw/{u,w}
	mount -t overlay -o lowerdir=/tmp/deb,upperdir=/tmp/rw/u,workdir=/tmp/rw/w overlay /tmp/root
	mkdir -p /tmp/root/{repo,build,lab}
	for d in proc sys dev repo build lab; do
		mount --rbind "/$d" "/tmp/root/$d"
	done
	mount --bind /tmp/debs /tmp/root/mnt
	mount -t tmpfs tmpfs /tmp/root/run
	# what "a host with systemd" means to the packages' scripts
	mkdir -p /tmp/root/run/systemd/system
	# the kernel calls modprobe in the root of the first process
	printf '#!/bin/sh\nexec chroot /tmp/root /sbin/modprobe "$@"\n' > /tmp/modprobe
	chmod +x /tmp/modprobe
	echo /tmp/modprobe > /proc/sys/kernel/modprobe
	modprobe tun
	export INSIDE=1 DEBIAN_FRONTEND=noninteractive
	exec chroot /tmp/root /bin/bash "/repo/tools/check/deb-inside.sh" "$@"
}

# fewer_modules: depmod reads all modules of all kernels, each time; in the emulated machine
# that would take most of the time
fewer_modules() {
	local release d
	release=$(uname -r)
	mkdir -p "/run/modules/$release/kernel"
	cp -a /lib/modules/"$release"/{build,source,modules.*,updates} "/run/modules/$release/"
	find "/lib/modules/$release/kernel/drivers/net" -maxdepth 1 -name 'tun.ko*' \
		-exec cp {} "/run/modules/$release/kernel/" \;
	mount --bind /run/modules /lib/modules
	for d in /var/lib/dkms/myvhost/[0-9]*/*; do
		case $d in
		*/"$release" | */source | */build) ;;
		*) rm -rf "$d" ;;
		esac
	done
	for d in /var/lib/dkms/myvhost/kernel-*; do
		[ -e "$d" ] || rm -f "$d"
	done
	depmod
}

[ -n "${INSIDE:-}" ] || enter "$@"
. "$here/../../selftests/lib/ktap.sh"
debs=/mnt/trixie

# expect NAME PATTERN COMMAND...: it succeeds, and a line of what it says fits
expect() {
	local name=$1 pattern=$2 rc=0 out
	shift 2
	out=$("$@" 2>&1) || rc=$?
	[ $rc = 0 ] && ! grep -qE -- "$pattern" <<< "$out" && rc=no-such-line
	ktap_result "$name" $rc "$out"
	echo "--- $name" >> /lab/said
	echo "$out" >> /lab/said
}

# lacks PATTERN COMMAND...: it says no such line
lacks() {
	local out
	out=$("${@:2}" 2>&1)
	! grep -E -- "$1" <<< "$out"
}

loaded() { cat /sys/module/myvhost/version; }

# later: from now on "make" copies the modules of the later version
fast_make() {
	mv /usr/bin/make /usr/bin/make.real
	cat > /usr/bin/make <<-'END'
	#!/bin/bash
	case "$*" in
	*clean*) exit 0 ;;
	*/myvhost/*/build/*modules*)
		for w; do case $w in M=*) m=${w#M=} ;; esac; done
		cd /build/drivers/myvhost || exit
		exec cp --parents $(cd /build/drivers/myvhost && find . -name "*.ko") "$m"
		;;
	esac
	exec make.real "$@"
	END
	chmod +x /usr/bin/make
}

deb() { ls "$debs/$1/myvhost-${2}_"*.deb; }

upgrade() {
	local old new later
	old=$(deb 0.1 dkms) later=$(deb 0.1+later dkms) new=0.1+later
	expect "opening the modules of DKMS" "" modprobe myvhost
	expect "a named node" "" sh -c 'truncate -s 64M /tmp/d.img && echo "myvhost add blk d1 --file /tmp/d.img" > /etc/myvhost.d/d1.conf && /usr/libexec/myvhost/add-nodes'
	expect "the unit does nothing twice" "" /usr/libexec/myvhost/add-nodes
	expect "doctor is content" "^ok .*myvhost.ko is loaded" sh -c 'myvhost doctor; true'
	exec 5<> /dev/myvhost
	fast_make
	expect "upgrade with a user" "is in use and stays loaded" dpkg -i "$later" "$(deb 0.1+later tools)"
	expect "the old module serves" "^0\\.1$" loaded
	expect "the new one is installed" "^0\\.1\\+later$" modinfo -F version myvhost
	expect "the disk is still there" "^d1: blk" myvhost show d1
	expect "doctor says so" "^note +module +version 0.1 is loaded, this program is of 0.1.later" sh -c 'myvhost doctor; true'
	exec 5>&-
	expect "a disk keeps the old one" "is in use and stays loaded" dpkg-reconfigure myvhost-dkms
	expect "the disk goes" "" myvhost del d1
	expect "without users the new one is loaded" "" dpkg-reconfigure myvhost-dkms
	expect "it is the later version" "^0\\.1\\+later$" loaded
	[ -c /dev/myvhost ] && exec 5<> /dev/myvhost
	expect "removal with a user" "is in use and stays loaded until the next boot" dpkg --remove myvhost-dkms
	expect "the module serves" "^0\\.1\\+later$" loaded
	exec 5>&-
	expect "no module is installed" "" sh -c '! modinfo myvhost'
	expect "installed again" "" dpkg -i "$later"
	expect "removal without a user" "" dpkg --remove myvhost-dkms
	expect "the module is unloaded" "" test ! -d /sys/module/myvhost
	expect "purge" "" dpkg --purge myvhost-dkms myvhost-tools myvhost-dev
	expect "the administrator's file stays" "" test -f /etc/myvhost.d/d1.conf
	expect "nothing else does" "" sh -c '! find / -xdev \( -path /repo -o -path /build -o -path /lab -o -path /mnt -o -path /proc -o -path /sys -o -path /var/log -o -path /etc/myvhost.d \) -prune -o -iname "*myvhost*" -print | grep .'
	: "$old" "$new"
}

signed() {
	expect "this kernel takes signed modules only" "^Y" cat /sys/module/module/parameters/sig_enforce
	expect "a module with DKMS' own key is refused" "Key was rejected by service" sh -c '! modprobe myvhost'
	fast_make
	expect "the package says what to do" "mokutil --import /var/lib/dkms/mok.pub" dpkg-reconfigure myvhost-dkms
	expect "so does doctor" "^note +module .*mokutil --import /var/lib/dkms/mok.pub" sh -c 'myvhost doctor; true'
	expect "a module without signature is refused" "Key was rejected|Required key not available|Operation not permitted" \
		sh -c '! insmod /build/drivers/myvhost/myvhost.ko'
}

: > /lab/said
fewer_modules
ktap_begin
"$1"
ktap_end
