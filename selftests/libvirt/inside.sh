#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# inside.sh: a domain of libvirt on myvhost, in the host VM. KTAP on standard output.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
run=/repo/selftests/libvirt

mount_9p() { mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,ro,cache=loose "$1" "$2"; }

# prepare: what a host has: bridge, KVM, the module, and libvirt's root with an overlay
prepare() {
	. "$here/../lab/guest.sh"
	host_net_up || exit
	vhost_load || exit
	mkdir -p /tmp/{libvirt,rw,root}
	mount_9p libvirt /tmp/libvirt
	mount -t tmpfs tmpfs /tmp/rw
	mkdir -p /tmp/rw/{u,w}
	mount -t overlay -o lowerdir=/tmp/libvirt,upperdir=/tmp/rw/u,workdir=/tmp/rw/w overlay /tmp/root
	mkdir -p /tmp/root/{repo,build,lab,old,opt/lower}
	mount --bind /tmp/libvirt /tmp/root/opt/lower
	for d in proc sys dev repo build lab; do
		mount --rbind "/$d" "/tmp/root/$d"
	done
	mount_9p debs /tmp/root/mnt
	mount -t tmpfs tmpfs /tmp/root/run
	mount -t tmpfs tmpfs /tmp/root/tmp
	mount -t securityfs securityfs /tmp/root/sys/kernel/security 2> /dev/null
	cp "/opt/guest/$GUEST_KERNEL/vmlinuz" "/opt/guest/$GUEST_KERNEL/initrd" /tmp/root/var/lib/libvirt/images/
	cp /opt/guest/serial /tmp/root/usr/local/bin/
	cp -r "/lib/modules/$(uname -r)/modules".* /tmp/root/tmp/ 2> /dev/null
}

# enter: as the root of a mount name space, so that AppArmor sees plain paths
enter() {
	prepare >&2
	# shellcheck disable=SC2016
	exec unshare -m bash -c '
		mount --make-rprivate /
		cd /tmp/root && pivot_root . old && cd / && umount -l /old
		exec env INSIDE=1 bash "$0"' "$run/inside.sh"
}

# second: be the other host, with a root, a network, and ids of its own; called by
# second_host()
second() {
	cd /opt/host2/root || exit
	mount --make-rprivate /
	pivot_root . old && cd / || exit
	mount -t sysfs sysfs /sys
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t securityfs securityfs /sys/kernel/security
	umount -l /old
	hostname host2
	ip link set lo up
	until ip link show m2 > /dev/null 2>&1; do sleep 0.2; done
	ip link add br0 type bridge forward_delay 0 mcast_snooping 0
	ip addr add 10.0.0.2/24 dev br0
	ip link set br0 up
	ip link set m2 master br0 up
	cat >> /etc/libvirt/libvirtd.conf <<-END
	unix_sock_dir = "/shared"
	host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
	END
	virtlogd -d
	exec libvirtd
}

[ "${1:-}" != second ] || second
[ -n "${INSIDE:-}" ] || enter
. "$here/../lib/ktap.sh"
: > /lab/said

said() { printf -- '--- %s\n%s\n' "$1" "$2" >> /lab/said; }

# expect NAME PATTERN COMMAND...: it succeeds, and a line of what it says fits
expect() {
	local name=$1 pattern=$2 rc=0 out
	shift 2
	out=$("$@" 2>&1) || rc=$?
	[ $rc = 0 ] && ! grep -qE -- "$pattern" <<< "$out" && rc=no-such-line
	ktap_result "libvirt: $name" $rc "$out"
	said "$name" "$out"
}

guest() { serial /var/lib/libvirt/qemu/serial 120 "$*"; }

# ready N: the guest has booted N times
ready() {
	local end=$((SECONDS + 240))
	until [ "$(grep -c 'L2 ready' /var/log/libvirt/qemu/console)" -ge "$1" ]; do
		[ $SECONDS -lt $end ] || { tail -n 20 /var/log/libvirt/qemu/console /var/log/libvirt/qemu/web1.log; return 1; }
		sleep 0.5
	done
}

answers() { ping -c 3 -i 0.3 -W 20 10.0.0.11 | grep ' 0% packet loss'; }

# wait_for COMMAND...: until it succeeds
wait_for() {
	local end=$((SECONDS + 60))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.5
	done
}

qemu_pid() { cat /run/libvirt/qemu/web1.pid; }

# on_myvhost N: the NIC is served by us, N queue pairs
on_myvhost() {
	myvhost show
	[ "$(myvhost show -j | python3 -c 'import json, sys
print(sum(d["backend"] == "net" and all(q["state"] == "running" for q in d["queues"]) for d in json.load(sys.stdin)))')" = "$1" ]
}

start_services() {
	apparmor_parser -r /etc/apparmor.d/usr.sbin.libvirtd /etc/apparmor.d/usr.lib.libvirt.virt-aa-helper
	/usr/lib/systemd/systemd-udevd --daemon
	udevadm trigger --settle --subsystem-match=misc
	mkdir -p /run/dbus /run/libvirt
	dbus-daemon --system --fork
	virtlogd -d
	libvirtd -d
	wait_for virsh version
}

with_guest_nic() { guest 'for i in 1 2 3 4 5 6 7 8 9 10; do ip link set eth0 up && break; sleep 1; done; ip addr replace 10.0.0.11/24 dev eth0'; }

test_nic() {
	expect "AppArmor is enforced for libvirtd" "libvirtd \(enforce\)" cat /sys/kernel/security/apparmor/profiles
	expect "the domain is defined" "" virsh define $run/domain.xml
	expect "start" "" virsh start web1
	expect "the guest boots" "" ready 1
	expect "it answers" "" answers
	expect "both pairs of the NIC are served" "net vhost" on_myvhost 2
	expect "QEMU has a profile of its own" "libvirt-.*\(enforce\)" cat "/proc/$(qemu_pid)/attr/current"
	expect "suspend" "" virsh suspend web1
	expect "resume" "" virsh resume web1
	expect "it answers after that" "" answers
	expect "reset" "" virsh reset web1
	expect "it boots again" "" ready 2
	expect "it answers after a reset" "" answers
	guest 'reboot -f' > /dev/null 2>&1 &
	expect "it reboots itself" "" ready 3
	expect "it answers after a reboot" "" answers
	expect "unplug the NIC" "" virsh detach-device web1 $run/nic.xml
	expect "no device of it is left" "" wait_for on_myvhost 0
	expect "plug it" "" virsh attach-device web1 $run/nic.xml
	expect "the guest has it" "" with_guest_nic
	expect "it answers by the plugged NIC" "" answers
	expect "both pairs are served again" "" on_myvhost 2
}

test_disk() {
	local sum
	dd if=/dev/urandom of=/var/lib/libvirt/images/web1.raw bs=1M count=16 status=none
	sum=$(sha256sum < /var/lib/libvirt/images/web1.raw)
	echo 'myvhost add blk web1 --file /var/lib/libvirt/images/web1.raw' > /etc/myvhost.d/web1.conf
	expect "a disk by the unit's program" "" /usr/libexec/myvhost/add-nodes
	udevadm settle
	expect "it belongs to the group kvm" "root:kvm 660" stat -c '%U:%G %a' /dev/myvhost-web1
	expect "plug a disk" "" virsh attach-device web1 $run/disk.xml
	# shellcheck disable=SC2016
	guest 'for m in $(cat /mod/order-disk); do insmod /mod/$m; done' > /dev/null
	expect "the guest reads it" "${sum%% *}" guest 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/vda ] && break; sleep 1; done; sha256sum /dev/vda'
	expect "the disk is in use" "^web1: blk vdpa owner" myvhost show web1
	expect "unplug it" "" virsh detach-device web1 $run/disk.xml
	expect "the node is free" "" wait_for sh -c 'myvhost show web1 | grep "^web1: .* free"'
}

second_host() {
	local root=/opt/host2/root d pid
	mkdir -p /opt/host2/{rw,root} /run/shared /sys/fs/cgroup/host2
	mount -t tmpfs tmpfs /opt/host2/rw
	mkdir /opt/host2/rw/{u,w}
	mount -t overlay -o lowerdir=/opt/lower,upperdir=/opt/host2/rw/u,workdir=/opt/host2/rw/w overlay $root
	mkdir -p $root/{repo,old,shared}
	for d in proc dev repo; do
		mount --rbind "/$d" "$root/$d"
	done
	mount -t tmpfs tmpfs $root/run
	mount -t tmpfs tmpfs $root/tmp
	mount --bind /run/shared $root/shared
	mkdir -p $root/run/libvirt
	cp /var/lib/libvirt/images/{vmlinuz,initrd} $root/var/lib/libvirt/images/
	# shellcheck disable=SC2016
	sh -c 'echo $$ > /sys/fs/cgroup/host2/cgroup.procs; exec unshare -m -n -u -C bash "$0" second' "$run/inside.sh" > /lab/second 2>&1 &
	pid=$!
	sleep 2
	ip link add m1 type veth peer name m2 netns $pid && ip link set m1 master br0 up &&
		wait_for virsh -c "$SECOND" version
}

migrate() {
	virsh migrate --live --verbose web1 "$SECOND" --migrateuri tcp://10.0.0.2 &&
		virsh -c "$SECOND" list && virsh -c "$SECOND" domstate web1 | grep running
}

test_migration() {
	SECOND='qemu+unix:///system?socket=/run/shared/libvirt-sock'
	expect "a second host" "" second_host
	expect "live migration" "" migrate
	expect "it answers from there" "" answers
	expect "there it is on myvhost" "" on_myvhost 2
	expect "it ends there" "" virsh -c "$SECOND" destroy web1
	expect "nothing is left" "" wait_for on_myvhost 0
}

test_rest() {
	expect "doctor" "^ok +apparmor" sh -c 'myvhost doctor; true'
	expect "nothing was denied" "^0$" sh -c 'dmesg | grep -c "DENIED.*myvhost"; true'
}

ktap_begin
expect "the package" "" dpkg -i /mnt/trixie/*/myvhost-tools_*_amd64.deb
expect "libvirtd runs" "" start_services
test_nic
test_disk
test_rest
test_migration
ktap_end
