# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Two disks of a guest, one behind a named node and writable, the other behind a
# passed descriptor and read-only.

. ./disk.sh

A=/tmp/a.img
B=/tmp/b.img

disk_boot_guest() {
	guest_start_seq "$1" vhost=none smp=2 disk=a "blk=$B,serial=second,readonly" "${@:2}"
	guest_wait_ready "$1"
}

disk_boot() {
	local a b
	truncate -s 64M $A
	head -c 16M /dev/urandom > $B
	myvhost add blk a --file $A --serial first --queues 2 --discard on
	disk_boot_guest 1
	a=$(gdisk 1 first)
	b=$(gdisk 1 second)
	[ "$(guest 1 "cat /sys/block/$a/size /sys/block/$a/ro /sys/block/$b/size /sys/block/$b/ro | xargs")" = \
		"131072 0 32768 1" ] || fail "sizes and read-only flags"
	[ "$(guest 1 "cat /sys/block/$a/queue/write_cache")" = "write back" ] || fail "write cache"
	check_disks 1
}

disk_read() {
	local b
	b=$(gdisk 1 second)
	[ "$(guest 1 "sha256sum < /dev/$b")" = "$(sha256sum < $B)" ] || fail "the guest reads something else"
}

disk_read_only() {
	local b sum
	b=$(gdisk 1 second)
	sum=$(sha256sum < $B)
	guest_refuses 1 "dd if=/dev/zero of=/dev/$b bs=4k count=1 oflag=direct" || fail "writing is possible"
	[ "$(sha256sum < $B)" = "$sum" ] || fail "the file has changed"
}

disk_write() {
	local a sum flushes
	a=$(gdisk 1 first)
	flushes=$(guest_stats 1 sum flushes)
	sum=$(guest 1 "dd if=/dev/urandom of=/tmp/d bs=1M count=8 2> /dev/null; dd if=/tmp/d of=/dev/$a bs=300k conv=fsync 2> /dev/null; sha256sum < /tmp/d")
	[ "$(head -c 8M $A | sha256sum)" = "$sum" ] || fail "the file has something else"
	[ "$(guest_stats 1 sum flushes)" -gt "$flushes" ] || fail "no flush"
	guest 1 "echo 3 > /proc/sys/vm/drop_caches"
	[ "$(guest 1 "head -c 8388608 /dev/$a | sha256sum; rm /tmp/d")" = "$sum" ] || fail "the guest reads something else"
}

disk_discard() {
	local a
	a=$(gdisk 1 first)
	[ "$(stat -c %b $A)" -ge 16384 ] || fail "the file has holes where data was written"
	guest 1 "blkdiscard /dev/$a"
	[ "$(stat -c %b $A)" = 0 ] || fail "the file has blocks after a discard"
	guest 1 "head -c 8388608 /dev/$a | cmp -n 8388608 - /dev/zero" || fail "no zeroes after a discard"
	[ "$(guest_stats 1 sum discards)" -gt 0 ] || fail "no discard"
}

# packets that a queue has served, of both disks
queue_packets() { guest_stats 1 sum packets "$1"; }

# A program that is pinned to a processor uses the queue of that processor.
disk_queues() {
	local a q cpu before served
	a=$(gdisk 1 first)
	[ "$(guest 1 "ls /sys/block/$a/mq | xargs")" = "0 1" ] || fail "not two queues"
	for q in 0 1; do
		cpu=$(guest 1 "cat /sys/block/$a/mq/$q/cpu_list")
		before=$(queue_packets q$q)
		guest 1 "taskset $((1 << cpu)) dd if=/dev/$a of=/dev/null bs=4k count=50 iflag=direct 2> /dev/null"
		served=$(($(queue_packets q$q) - before))
		[ $served -ge 50 ] || fail "queue $q of processor $cpu served $served requests: $(myvhost stats "$(guest_pid 1)")"
	done
}

disk_packed() {
	local a
	a=$(gdisk 1 first)
	# split rings are what libblkio takes, see disk_client
	[ "$(guest 1 "cut -c 35 /sys/block/$a/device/features")" = 1 ] || fail "packed rings were not negotiated"
}

guest_size_is() { [ "$(guest 1 "cat /sys/block/$1/size")" = "$2" ]; }

disk_resize() {
	local a
	a=$(gdisk 1 first)
	myvhost resize a 96M
	wait_until 30 "the guest sees the new size" guest_size_is "$a" 196608
	guest 1 "dd if=/dev/zero of=/dev/$a bs=1M seek=95 count=1 oflag=direct conv=fsync"
	myvhost resize --shrink a 64M
	wait_until 30 "the guest sees the old size" guest_size_is "$a" 131072
	guest 1 "blkdiscard /dev/$a"
}

disk_stop_cont() {
	seq_stop_cont 1 "$(gdisk 1 first)"
	seq_check $A
	check_disks 1
}

disk_reset() {
	local a
	seq_reset 1 "$(gdisk 1 first)" 2 40
	seq_check $A
	a=$(gdisk 1 first)
	guest 1 "blkdiscard /dev/$a"
	seq_start 1 "$a" 3 3
	seq_wait 1
	seq_check $A
	check_disks 1
}

# The next guest checks what was reported as flushed to the killed one.
disk_kill() {
	local a
	a=$(gdisk 1 first)
	guest 1 "blkdiscard /dev/$a"
	seq_start 1 "$a" 4 100
	seq_progress 100
	guest_kill 1
	check_released
	cp "$TEST_DIR/seq" "$TEST_DIR/seq.killed"
	disk_boot_guest 1 "file=$TEST_DIR/seq.killed"
	a=$(gdisk 1 first)
	guest 1 "seqdisk check /dev/$a $SEQ_JOBS 4 /bin/seq.killed" || fail "flushed data is missing"
	guest 1 "blkdiscard /dev/$a"
	seq_start 1 "$a" 5 3
	seq_wait 1
	seq_check $A
}

disk_quit() {
	check_disks 1
	guest_stop 1
	check_released
	disk_del a
}

# A driver without VERSION_1: the guest waits in boot, QEMU and "show" say why.
disk_legacy() {
	myvhost add blk legacy --file $A
	guest_start 2 vhost=none disk=legacy,disable-modern=on,disable-legacy=off
	wait_until 120 "QEMU's error" grep -qiE 'vhost.*(feature|start)|failed to start' "$GUEST_RUN/2/log"
	note "QEMU: $(cat "$GUEST_RUN/2/log")"
	myvhost show legacy | grep -q 'CANNOT START: .*legacy' || fail "$(myvhost show legacy)"
	dmesg | grep -q "process $(guest_pid 2): blk device cannot start: .*legacy" || fail "the kernel log"
	guest_kill 2
	disk_del legacy
}

run_test "disk: boot with two disks" disk_boot
# the others need it
[ "$KTAP_FAILED" = 0 ] || return 0
run_test "disk: read" disk_read
run_test "disk: a read-only disk" disk_read_only
run_test "disk: write, flush, read back" disk_write
run_test "disk: discard" disk_discard
run_test "disk: two queues" disk_queues
run_test "disk: packed rings" disk_packed
run_test "disk: resize" disk_resize
run_test "disk: stop and cont under load" disk_stop_cont
run_test "disk: system_reset under load" disk_reset
run_test "disk: SIGKILL under load, and a successor" disk_kill
run_test "disk: quit releases everything" disk_quit
run_test "disk: a legacy driver is refused, and that is said" disk_legacy
