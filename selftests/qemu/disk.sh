# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Shared checks of the disk tests; sourced by them behind lib.sh.
#
# seqdisk in the guest reports its flushes through a serial port of its own into a
# file of the host VM, which outlives the guest.

SEQ_JOBS=4

# require_debian: the host VM's disk with the image of a Debian, in DEBIAN
require_debian() {
	DEBIAN=$(virtio_disk debian)
	[ -n "$DEBIAN" ] || skip "the host VM has no disk with a Debian (run.sh -d)"
}

# gdisk N SERIAL: the disk's name in the guest, vda
gdisk() {
	local name
	name=$(guest "$1" "cd /sys/block && for d in vd*; do [ \"\$(cat \$d/serial)\" != $2 ] || echo \$d; done")
	[ -n "$name" ] || fail "guest $1 has no disk with serial number $2"
	echo "$name"
}

# check_disks N [PATTERN]: QEMU did not complain, but for lines with PATTERN, and no error
# was counted. QEMU warns at each stop that it could not read a ring's position, as it
# does with other vhost-vdpa devices.
check_disks() {
	local bad
	! grep -E 'vhost|vring|virtio|rror' "$GUEST_RUN/$1/log" | grep -vE "^myvhost: note: |ring restore failed${2:+|$2}" ||
		fail "QEMU's log of guest $1 has complaints"
	[ "$(guest_stats "$1" sum packets)" -gt 0 ] || fail "the disks served no request"
	bad=$(guest_stats "$1" errors)
	[ -z "$bad" ] || fail "counters of a well-behaved guest: $bad"
}

# disk_del NAME...: remove the nodes once they are released
disk_del() {
	local name
	for name; do
		wait_until 30 "node $name is free" myvhost del "$name" 2> /dev/null
	done
}

# check_released: only the named nodes hold the module
check_released() {
	local i users nodes
	nodes=$(find /dev -maxdepth 1 -name 'myvhost-*' | wc -l)
	for ((i = 0; i < 50; i++)); do
		users=$(vhost_users | grep -vxE "module myvhost_(blk|scsi) has $nodes users" || true)
		[ -n "$users" ] || return 0
		sleep 0.2
	done
	fail "$users"
}

guest_kill() {
	local pid i
	pid=$(guest_pid "$1")
	kill -9 "$pid"
	for ((i = 0; i < 150; i++)); do
		[ -d "/proc/$pid" ] || return 0
		sleep 0.2
	done
	fail "QEMU is still there 30 s after SIGKILL"
}

# guest_start_seq N ...: as guest_start, with what seqdisk needs. The last
# arguments are for guest_start, not for QEMU.
guest_start_seq() {
	guest_start "$@" file=/build/bin/seqdisk -- -serial "file:$TEST_DIR/seq"
}

# seq_start N DISK SEED SECONDS: write to a disk of the guest in the background
seq_start() {
	: > "$TEST_DIR/seq"
	SEQ_SEED=$3
	guest "$1" "(seqdisk write /dev/$2 $SEQ_JOBS $3 $4 > /dev/ttyS2 2>&1; echo done \$? > /tmp/seq.done) > /dev/null 2>&1 &"
}

seq_lines() { grep -c '^f' "$TEST_DIR/seq" || true; }

seq_more_than() { [ "$(seq_lines)" -gt "$1" ]; }

# seq_progress: some more flushes have returned
seq_progress() {
	local n
	n=$(seq_lines)
	wait_until 60 "flushes from the guest" seq_more_than $((n + ${1:-20}))
}

seq_wait() { # N
	wait_until 120 "end of the writes" guest "$1" 'test -e /tmp/seq.done'
	[ "$(guest "$1" 'cat /tmp/seq.done; rm /tmp/seq.done')" = "done ${2:-0}" ] ||
		fail "seqdisk in the guest: $(tail -n 3 "$TEST_DIR/seq")"
}

# seq_stop N: end it before its time
seq_stop() {
	guest "$1" 'killall seqdisk'
	seq_wait "$1" 143
}

# fresh FILE: drop the page cache of a block device, which is stale if the writes
# went to a device on top of it
fresh() {
	sync
	[ ! -b "$1" ] || blockdev --flushbufs "$1"
}

# seq_check FILE: everything that was flushed is there
seq_check() {
	fresh "$1"
	/build/bin/seqdisk check "$1" $SEQ_JOBS "$SEQ_SEED" "$TEST_DIR/seq" ||
		fail "flushed data is missing in $1"
}

# seq_stop_cont N DISK: stop the guest and let it go on, three times, with the disk under load
seq_stop_cont() {
	local n
	seq_start "$1" "$2" 1 1000
	seq_progress
	for _ in 1 2 3; do
		guest_qmp "$1" stop
		sleep 0.5
		n=$(seq_lines)
		sleep 1
		[ "$(seq_lines)" = "$n" ] || fail "requests of a stopped guest are served"
		guest_qmp "$1" cont
		seq_progress 2
	done
	seq_stop "$1"
}

# seq_reset N DISK SEED FLUSHES: reset the guest after some flushes of a disk under load
seq_reset() {
	local before
	guest "$1" "blkdiscard /dev/$2"
	seq_start "$1" "$2" "$3" 100
	seq_progress "$4"
	before=$(guest_boots "$1")
	guest_qmp "$1" system_reset
	guest_wait_ready "$1" $((before + 1))
}
