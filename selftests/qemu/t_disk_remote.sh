# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Disks whose storage is on another machine, which is a network name space here:
# NVMe over TCP, NBD, and a dm-multipath device over two SCSI paths. Paths and servers go
# away under load and come back.

. ./disk.sh

# there is no udev in the host VM
export DM_DISABLE_UDEV=1
F=/tmp/remote
MB=48
TARGET=/sys/kernel/config/nvmet

# in_storage COMMAND...: on the machine with the storage
in_storage() { nsenter --net=/run/netns/storage "$@"; }

# link PATH up|down: path 1 or 2 to the storage, at the other end
link() { in_storage ip link set "s$1" "$2"; }

storage_setup() {
	local m p
	for m in nvmet nvmet_tcp nvme_tcp nbd dm_multipath dm_round_robin sd_mod; do
		modprobe $m
	done
	mkdir -p $F
	truncate -s ${MB}M $F/nvme $F/nbd
	ip netns add storage
	in_storage ip link set lo up
	for p in 1 2; do
		ip link add "p$p" type veth peer name "s$p"
		ip link set "s$p" netns storage
		ip addr add "10.9.$p.1/24" dev "p$p"
		ip link set "p$p" up
		in_storage ip addr add "10.9.$p.2/24" dev "s$p"
		link $p up
	done
}

# port PATH: what serves NVMe on this path
port() { echo "$TARGET/ports/$1"; }

# port_up PATH: it listens where the process that does this lives
port_up() { in_storage ln -s $TARGET/subsystems/disk "$(port "$1")/subsystems/disk"; }

port_down() { rm "$(port "$1")/subsystems/disk"; }

target_setup() {
	local p subsystem=$TARGET/subsystems/disk
	mkdir -p $subsystem/namespaces/1
	echo 1 > $subsystem/attr_allow_any_host
	echo -n $F/nvme > $subsystem/namespaces/1/device_path
	echo 1 > $subsystem/namespaces/1/buffered_io
	echo 1 > $subsystem/namespaces/1/enable
	for p in 1 2; do
		mkdir "$(port $p)"
		echo ipv4 > "$(port $p)/addr_adrfam"
		echo tcp > "$(port $p)/addr_trtype"
		echo "10.9.$p.2" > "$(port $p)/addr_traddr"
		echo 4420 > "$(port $p)/addr_trsvcid"
		port_up $p
	done
}

nvme_connect() { # PATH
	echo "transport=tcp,traddr=10.9.$1.2,trsvcid=4420,nqn=disk,nr_io_queues=2,keep_alive_tmo=2,reconnect_delay=1,ctrl_loss_tmo=120" > /dev/nvme-fabrics
}

# controller PATH: its folder in sysfs
controller() {
	local c
	for c in /sys/class/nvme/nvme*; do
		! grep -q "traddr=10.9.$1.2" "$c/address" || echo "$c"
	done
}

controller_is() { # PATH STATE
	[ "$(cat "$(controller "$1")/state")" = "$2" ]
}

nbd_server() {
	in_storage nbdkit -f -P $F/nbd.pid -i 10.9.1.2 -p 10809 file $F/nbd > $F/nbd.log 2>&1 &
	wait_until 20 "an NBD server" in_storage sh -c 'ss -Hltn sport = :10809 | grep -q .'
}

nbd_ready() { [ "$(blockdev --getsize64 /dev/nbd0)" = $((MB << 20)) ]; }

# Both disks of the controller have the same contents.
paths_setup() {
	modprobe scsi_debug dev_size_mb=$MB num_tgts=2 delay=1
	wait_until 20 "two SCSI disks" test -b /dev/sda -a -b /dev/sdb
	dmsetup create paths --table "0 $(blockdev --getsz /dev/sda) multipath 1 queue_if_no_path 0 2 1 \
round-robin 0 1 1 /dev/sda 1 round-robin 0 1 1 /dev/sdb 1"
}

# path_offline sda|sdb, path_online sda|sdb
path_offline() { echo offline > "/sys/block/$1/device/state"; }

path_online() {
	echo running > "/sys/block/$1/device/state"
	dmsetup message paths 0 reinstate_path "$(cat "/sys/block/$1/dev")"
}

path_failed() { dmsetup status paths | grep -q "$(cat "/sys/block/$1/dev") F"; }

remote_boot() {
	storage_setup
	target_setup
	nvme_connect 1
	wait_until 20 "an NVMe disk" test -b /dev/nvme0n1
	nbd_server
	./nbd.py connect 0 10.9.1.2 10809
	wait_until 20 "the size of the NBD" nbd_ready
	paths_setup
	myvhost add blk nvme --file /dev/nvme0n1 --serial nvme
	myvhost add blk nbd --file /dev/nbd0 --serial nbd
	myvhost add blk paths --file /dev/mapper/paths --serial paths
	guest_start_seq 1 vhost=none mem=384 disk=nvme disk=nbd disk=paths
	guest_wait_ready 1
	check_disks 1
}

# zero FILE: what seqdisk begins with
zero() {
	if [ -b "$1" ]; then
		dd if=/dev/zero of="$1" bs=1M count=$MB oflag=direct 2> /dev/null
	else
		fallocate -p -o 0 -l ${MB}M "$1"
	fi
}

# load NAME SEED FILE: write to that disk of the guest, which FILE is behind
load() {
	zero "$3"
	seq_start 1 "$(gdisk 1 "$1")" "$2" 300
	seq_progress
}

# stands: what the guest has in flight does not end
stands() {
	local n
	# what had completed before is still on its way through the serial port
	sleep 2
	n=$(seq_lines)
	sleep 3
	[ "$(seq_lines)" = "$n" ] || fail "writes go on"
}

# load_end FILE: no write failed, none is lost
load_end() {
	seq_progress
	seq_stop 1
	! grep ^e "$TEST_DIR/seq" || fail "writes failed in the guest"
	seq_check "$1"
	check_disks 1
}

remote_nvme_path() {
	load nvme 61 $F/nvme
	link 1 down
	wait_until 60 "the loss is noticed" controller_is 1 connecting
	stands
	link 1 up
	wait_until 60 "connected again" controller_is 1 live
	load_end $F/nvme
}

remote_nvme_target() {
	load nvme 62 $F/nvme
	port_down 1
	wait_until 60 "the loss is noticed" controller_is 1 connecting
	stands
	port_up 1
	wait_until 60 "connected again" controller_is 1 live
	load_end $F/nvme
}

remote_nvme_failover() {
	local p
	nvme_connect 2
	wait_until 20 "a second path" controller_is 2 live
	load nvme 63 $F/nvme
	for p in 1 2; do
		link $p down
		wait_until 60 "the loss is noticed" controller_is $p connecting
		seq_progress
		link $p up
		wait_until 60 "connected again" controller_is $p live
	done
	load_end $F/nvme
}

# With nothing left to wait for, the guest is told.
remote_nvme_gone() {
	local p
	load nvme 64 $F/nvme
	for p in 1 2; do
		echo 2 > "$(controller $p)/ctrl_loss_tmo"
		link $p down
	done
	wait_until 90 "an error in the guest" grep -q ^e "$TEST_DIR/seq"
	seq_stop 1
	seq_check $F/nvme
	[ "$(guest_stats 1 sum io_errors)" -gt 0 ] || fail "no error was counted"
	link 1 up
	link 2 up
}

remote_nbd() {
	load nbd 65 $F/nbd
	kill -9 "$(cat $F/nbd.pid)"
	stands
	nbd_server
	./nbd.py reconnect 0 10.9.1.2 10809
	seq_progress
	seq_stop 1
	! grep ^e "$TEST_DIR/seq" || fail "writes failed in the guest"
	seq_check $F/nbd
}

remote_paths_failover() {
	load paths 66 /dev/mapper/paths
	path_offline sda
	wait_until 30 "the first path failed" path_failed sda
	seq_progress
	path_online sda
	path_offline sdb
	seq_progress
	# neither is there: dm-multipath keeps the requests
	path_offline sda
	wait_until 30 "both paths failed" path_failed sda
	stands
	path_online sda
	seq_progress
	path_online sdb
	seq_stop 1
	! grep ^e "$TEST_DIR/seq" || fail "writes failed in the guest"
	seq_check /dev/mapper/paths
}

remote_end() {
	local p
	! guest 1 dmesg | grep -E 'BUG:|Oops|WARNING: CPU' || fail "the guest's kernel"
	guest_stop 1
	check_released
	disk_del nvme nbd paths
	dmsetup remove paths
	./nbd.py disconnect 0
	kill "$(cat $F/nbd.pid)"
	for p in 1 2; do
		port_down $p
		rmdir "$(port $p)"
	done
	ip netns del storage
	vhost_unload || fail "a module is held"
}

run_test "disk_remote: boot" remote_boot
# the others need it
[ "$KTAP_FAILED" = 0 ] || return 0
run_test "disk_remote: NVMe over TCP, path lost and back" remote_nvme_path
run_test "disk_remote: NVMe over TCP, target restarted" remote_nvme_target
run_test "disk_remote: NVMe over TCP, fail-over between two paths" remote_nvme_failover
run_test "disk_remote: NVMe over TCP, both paths given up" remote_nvme_gone
run_test "disk_remote: NBD, server killed and restarted" remote_nbd
run_test "disk_remote: dm-multipath, fail-over, and no path for a while" remote_paths_failover
run_test "disk_remote: nothing is held" remote_end
