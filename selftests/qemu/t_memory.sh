# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Guests whose memory cannot be pinned, or not at once: a shared file on a disk file
# system, RLIMIT_MEMLOCK, the userfaults of a background snapshot and of postcopy. Their
# NIC and disks work all the same, as with vhost_net and QEMU's own disk.

. ./disk.sh
. ./migration.sh

DISK=/tmp/disk.img
MEMORY_DIR=/tmp/memory
MEMORY_ARGS="-object memory-backend-file,id=ram,size=256M,mem-path=$MEMORY_DIR/ram,share=on"

# ext4 is what a virtual machine's memory lies on with <source type='file'/>
memory_mount() {
	modprobe -q loop
	modprobe -q ext4
	truncate -s 320M /tmp/memory.img
	mke2fs -q -t ext4 /tmp/memory.img
	mkdir -p $MEMORY_DIR
	mount -o loop /tmp/memory.img $MEMORY_DIR
	head -c 8M /dev/urandom > $DISK
}

with_disk() { [ "$VHOST_DEV" = /dev/myvhost ]; }

# rings N: how many of its running queues have their rings where, "2 pinned 1 user"
rings() {
	sed -n 's/^[a-z]*[0-9]*\.ring:\t//p' "/proc/$(guest_pid "$1")"/fdinfo/* | sort | uniq -c | xargs
}

check_rings() { # N EXPECTED
	with_disk || return 0
	[ "$(rings "$1")" = "$2" ] || fail "rings of guest $1: '$(rings "$1")', not '$2'"
}

# check_disk N: what a disk has is read by each of the guest's processors, past its cache
check_disk() {
	local disk cpu
	disk=$(gdisk "$1" memory)
	for cpu in $(guest "$1" "cd /sys/devices/system/cpu && echo cpu[0-9]* | sed s/cpu//g"); do
		guest "$1" "taskset $((1 << cpu)) dd if=/dev/$disk bs=256k iflag=direct 2> /dev/null | sha256sum" > "$TEST_DIR/read"
		[ "$(cat "$TEST_DIR/read")" = "$(sha256sum < $DISK)" ] ||
			fail "processor $cpu of the guest reads something else"
	done
	guest "$1" "dd if=/dev/urandom of=/tmp/d bs=1M count=2 2> /dev/null; dd if=/tmp/d of=/dev/$disk bs=256k oflag=direct conv=fsync 2> /dev/null"
	[ "$(guest "$1" 'sha256sum < /tmp/d; rm /tmp/d')" = "$(head -c 2M $DISK | sha256sum)" ] ||
		fail "the file has something else than the guest wrote"
}

memory_stop() { # N
	if ! with_disk; then
		check_stop "$1"
		return
	fi
	check_disks "$1"
	guest_stop "$1"
	check_released
	disk_del memory
}

memory_file() {
	memory_mount
	local disk=()
	if with_disk; then
		myvhost add blk memory --file $DISK --serial memory
		disk=(disk=memory)
	fi
	# shellcheck disable=SC2086
	guest_start 1 machine=memory-backend=ram "${disk[@]}" -- $MEMORY_ARGS
	guest_wait_ready 1
	check_ping 1
	check_rings 1 "3 user"
	check_traffic 1
	! with_disk || check_disk 1
	guest_qmp 1 stop
	guest_qmp 1 cont
	check_ping 1 -s 4000
	check_rings 1 "3 user"
	memory_stop 1
}

memory_file_iommu() {
	too_slow 40
	# shellcheck disable=SC2086
	guest_start 1 machine=kernel-irqchip=split,memory-backend=ram \
		device=disable-legacy=on,iommu_platform=on,ats=on \
		"append=intel_iommu=on iommu=nopt iommu.strict=1" \
		-- -device intel-iommu,device-iotlb=on $MEMORY_ARGS
	guest_wait_ready 1
	check_ping 1
	check_rings 1 "2 user"
	check_traffic 1
	check_stop 1
}

# 64 KiB are what containers get. A ring of 1024 takes 9 of these 16 pages, a packed one 6.
memory_limit() {
	local disk=() modes
	if with_disk; then
		myvhost add blk memory --file $DISK --serial memory --queues 4
		disk=(disk=memory)
	fi
	guest_start 1 smp=4 device=rx_queue_size=1024 "${disk[@]}" \
		"under=setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock prlimit --memlock=65536:65536"
	guest_wait_ready 1
	grep -q '^Max locked memory *65536 *65536 ' "/proc/$(guest_pid 1)/limits" || fail "no limit"
	check_ping 1
	check_traffic 1
	! with_disk || check_disk 1
	modes=$(rings 1)
	note "rings: $modes"
	! with_disk || [[ $modes = *user ]] || fail "all rings are pinned: $modes"
	memory_stop 1
}

memory_boot() {
	guest_start 1
	guest_wait_ready 1
	check_ping 1
}

# ping_start FILE: ping the guest while something happens to it
ping_start() {
	ping -i 0.2 10.0.0.11 > "$1" &
	PING=$!
}

ping_stop() { # FILE
	kill -INT $PING
	wait $PING || true
	check_ping_loss "$1"
}

# While the snapshot is written QEMU write-protects the memory by a userfault, and the
# rings with it.
memory_snapshot() {
	ping_start "$TEST_DIR/snapshot.ping"
	guest_dirty_start 1
	pace 1 20000000 300
	guest_qmp 1 migrate-set-capabilities \
		'{"capabilities": [{"capability": "background-snapshot", "state": true}]}'
	guest_qmp 1 migrate "{\"uri\": \"exec:cat > $TEST_DIR/snapshot\"}"
	wait_until 20 "the guest runs while the snapshot is written" snapshot_runs
	check_payload_in 1
	wait_until 120 "snapshot completed" migration_is 1 completed
	guest_dirty_stop 1
	guest_qmp 1 migrate-set-capabilities \
		'{"capabilities": [{"capability": "background-snapshot", "state": false}]}'
	ping_stop "$TEST_DIR/snapshot.ping"
	note "rings: $(rings 1)"
	check_traffic 1
	check_stop 1
}

snapshot_runs() { migration_is 1 active && guest_runs 1; }

# What the back end wrote after the snapshot's moment is not in it.
memory_restore() {
	guest_start 1 -- -incoming "exec:cat $TEST_DIR/snapshot"
	wait_until 120 "the snapshot runs" guest_runs 1
	guest 1 'kill $(cat /tmp/dirty.pid)'
	check_traffic 1
	rm "$TEST_DIR/snapshot"
}

postcopy_capability() { # N
	guest_qmp "$1" migrate-set-capabilities \
		'{"capabilities": [{"capability": "postcopy-ram", "state": true}]}'
}

# The destination's rings lie in pages that are still to come.
memory_postcopy() {
	local stream
	guest_start 2 id=1 tap=tap2 -- -incoming defer
	wait_until 30 "monitor of the destination" guest_qmp 2 query-status
	postcopy_capability 1
	postcopy_capability 2
	guest_qmp 2 migrate-incoming "{\"uri\": \"unix:$TEST_DIR/postcopy\"}"
	ping_start "$TEST_DIR/postcopy.ping"
	guest 1 'nc -l -p 5000 < /dev/null 2> /dev/null | sha256sum > /tmp/paced.sum &'
	python3 ./stream.py paced 10.0.0.11 5000 "$TEST_DIR/postcopy.stop" 200000 > "$TEST_DIR/paced" &
	stream=$!
	guest_dirty_start 1
	pace 1 10000000 300
	guest_qmp 1 migrate "{\"uri\": \"unix:$TEST_DIR/postcopy\"}"
	wait_until 60 "migration active" migration_is 1 active
	sleep 2
	guest_qmp 1 migrate-start-postcopy
	wait_until 60 "destination runs" guest_runs 2
	wait_until 120 "migration completed" migration_is 1 completed
	[ "$(guest_qmp 1 --get ram.postcopy-requests query-migrate)" -gt 0 ] ||
		fail "no page was asked for"
	sleep 2
	touch "$TEST_DIR/postcopy.stop"
	wait $stream || fail "sender of the paced stream"
	guest_dirty_stop 2
	ping_stop "$TEST_DIR/postcopy.ping"
	guest 2 'while pidof nc > /dev/null; do sleep 0.2; done'
	[ "$(guest 2 'cut -d" " -f1 /tmp/paced.sum')" = "$(cut -d' ' -f1 "$TEST_DIR/paced")" ] ||
		fail "the stream has changed"
	check_log 1
	guest_stop 1
	note "rings: $(rings 2)"
	check_traffic 2
	check_stop 2
}

run_test "memory UM3: guest memory in a shared file on ext4" memory_file
run_test "memory UM2 UM3: the same behind a vIOMMU" memory_file_iommu
run_test "memory UM3: RLIMIT_MEMLOCK of 64 KiB, rings of 1024" memory_limit
run_test "memory: boot" memory_boot
# the others need it
guest_answers 1 || return 0
run_test "memory UM6: background snapshot under traffic" memory_snapshot
run_test "memory UM6: the snapshot is a guest that works" memory_restore
run_test "memory UM6: postcopy migration under traffic" memory_postcopy
