# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A SCSI host with two logical units behind a named node.

. ./disk.sh
. ./scsi.sh

A=/tmp/a.img
B=/tmp/b.img
WWPN=naa.5001405012345678

scsi_boot_guest() {
	guest_start_seq "$1" vhost=none smp=2 scsi=s,$WWPN "${FILES[@]}" "${@:2}"
	guest_wait_ready "$1"
	guest_scsi "$1"
}

# The guest's drivers try optional pages that are not there: "unsupported" counts these.
scsi_check() {
	local bad
	! grep -E 'vhost|vring|virtio|rror' "$GUEST_RUN/1/log" | grep -v '^myvhost: note: ' || fail "QEMU complains"
	[ "$(guest_stats 1 sum packets)" -gt 0 ] || fail "no request was served"
	bad=$(guest_stats 1 errors | grep -v ' unsupported ' || true)
	[ -z "$bad" ] || fail "counters of a well-behaved guest: $bad"
}

scsi_boot() {
	local a b
	truncate -s 64M $A
	head -c 16M /dev/urandom > $B
	myvhost add scsi s --wwpn $WWPN --lun 0,file=$A,serial=first,discard=on --lun 5,file=$B,serial=second,readonly
	myvhost show s
	scsi_boot_guest 1
	wait_until 60 "both disks" guest 1 'ls /sys/bus/scsi/devices/*:0:0:0/block /sys/bus/scsi/devices/*:0:0:5/block'
	a=$(sd 1 0)
	b=$(sd 1 5)
	[ "$(guest 1 "cat /sys/block/$a/size /sys/block/$a/ro /sys/block/$b/size /sys/block/$b/ro | xargs")" = \
		"131072 0 32768 1" ] || fail "sizes and read-only flags"
	[ "$(guest 1 "cat /sys/block/$a/queue/write_cache")" = "write back" ] || fail "write cache"
	scsi_check
}

scsi_read() {
	local b
	b=$(sd 1 5)
	[ "$(guest 1 "sha256sum < /dev/$b")" = "$(sha256sum < $B)" ] || fail "the guest reads something else"
}

scsi_read_only() {
	local b sum
	b=$(sd 1 5)
	sum=$(sha256sum < $B)
	guest_refuses 1 "dd if=/dev/zero of=/dev/$b bs=4k count=1 oflag=direct" || fail "writing is possible"
	[ "$(sha256sum < $B)" = "$sum" ] || fail "the file has changed"
}

scsi_write() {
	local a sum flushes
	a=$(sd 1 0)
	flushes=$(guest_stats 1 sum flushes)
	sum=$(guest 1 "dd if=/dev/urandom of=/tmp/d bs=1M count=8 2> /dev/null; dd if=/tmp/d of=/dev/$a bs=300k conv=fsync 2> /dev/null; sha256sum < /tmp/d")
	[ "$(head -c 8M $A | sha256sum)" = "$sum" ] || fail "the file has something else"
	[ "$(guest_stats 1 sum flushes)" -gt "$flushes" ] || fail "no flush"
	guest 1 "echo 3 > /proc/sys/vm/drop_caches"
	[ "$(guest 1 "head -c 8388608 /dev/$a | sha256sum; rm /tmp/d")" = "$sum" ] || fail "the guest reads something else"
}

scsi_discard() {
	local a
	a=$(sd 1 0)
	[ "$(stat -c %b $A)" -ge 16384 ] || fail "the file has holes where data was written"
	guest 1 "blkdiscard /dev/$a"
	[ "$(stat -c %b $A)" = 0 ] || fail "the file has blocks after a discard"
	guest 1 "head -c 8388608 /dev/$a | cmp -n 8388608 - /dev/zero" || fail "no zeroes after a discard"
	[ "$(guest_stats 1 sum discards)" -gt 0 ] || fail "no discard"
}

scsi_file_system() {
	local a sum
	a=$(sd 1 0)
	sg 1 "mkfs.ext4 -q /dev/$a"
	guest 1 "mkdir -p /mnt && mount -t ext4 -o discard /dev/$a /mnt"
	sum=$(guest 1 "dd if=/dev/urandom of=/mnt/f bs=1M count=8 2> /dev/null; sync; sha256sum < /mnt/f")
	guest 1 "umount /mnt; echo 3 > /proc/sys/vm/drop_caches; mount -t ext4 /dev/$a /mnt"
	[ "$(guest 1 "sha256sum < /mnt/f; umount /mnt")" = "$sum" ] || fail "the file system has something else"
	e2fsck -fn $A
	guest 1 "blkdiscard /dev/$a"
}

scsi_tools() {
	local a
	a=$(sd 1 0)
	sg 1 "sg_inq /dev/$a"
	sg 1 "sg_vpd -p di /dev/$a"
	sg 1 "sg_vpd -p bl /dev/$a"
	sg 1 "sg_vpd -p lbpv /dev/$a"
	sg 1 "sg_readcap -l /dev/$a"
	sg 1 "sg_luns /dev/$a"
	sg 1 "sg_opcodes /dev/$a" | tail -n 12
	# sdparm fails since there are no saved values
	sg 1 "sdparm --get=WCE /dev/$a || true" | grep 'WCE  *1  *\[cha: y, def:  *1\]'
	sg 1 "sg_turs /dev/$a"
	sg 1 "sg_sync /dev/$a"
	sg 1 "sg_requests /dev/$a"
}

guest_size_is() { [ "$(guest 1 "cat /sys/block/$1/size")" = "$2" ]; }

scsi_resize() {
	local a
	a=$(sd 1 0)
	truncate -s 96M $A
	myvhost resize s
	guest 1 "dd if=/dev/$a of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null; echo 1 > /sys/block/$a/device/rescan"
	wait_until 30 "the guest sees the new size" guest_size_is "$a" 196608
	guest 1 "dd if=/dev/zero of=/dev/$a bs=1M seek=95 count=1 oflag=direct conv=fsync"
	guest 1 "blkdiscard /dev/$a"
}

scsi_stop_cont() {
	seq_stop_cont 1 "$(sd 1 0)"
	seq_check $A
}

scsi_reset() {
	local a
	seq_reset 1 "$(sd 1 0)" 2 40
	seq_check $A
	guest_scsi 1
	wait_until 60 "the disk" guest 1 'ls /sys/bus/scsi/devices/*:0:0:0/block'
	a=$(sd 1 0)
	guest 1 "blkdiscard /dev/$a"
	seq_start 1 "$a" 3 3
	seq_wait 1
	seq_check $A
}

scsi_kill() {
	local a
	a=$(sd 1 0)
	guest 1 "blkdiscard /dev/$a"
	seq_start 1 "$a" 4 100
	seq_progress 60
	guest_kill 1
	check_released
	seq_check $A
}

scsi_del() {
	disk_del s
}

vhost_load_scsi
mapfile -t FILES < <(scsi_files "$GUEST_KERNEL")

run_test "scsi: boot with two logical units" scsi_boot
# the others need it
[ "$KTAP_FAILED" = 0 ] || return 0
run_test "scsi: read" scsi_read
run_test "scsi: a read-only disk" scsi_read_only
run_test "scsi: write, flush, read back" scsi_write
run_test "scsi: discard" scsi_discard
run_test "scsi: a file system" scsi_file_system
run_test "scsi: sg3-utils and sdparm" scsi_tools
run_test "scsi: resize" scsi_resize
run_test "scsi: stop and cont under load" scsi_stop_cont
run_test "scsi: system_reset under load" scsi_reset
run_test "scsi: SIGKILL under load" scsi_kill
run_test "scsi: the node is free" scsi_del
