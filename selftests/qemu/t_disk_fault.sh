# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Disks whose backing fails under the guest: one guest, a disk for each kind of failure.

. ./disk.sh

# there is no udev in the host VM
export DM_DISABLE_UDEV=1
F=/tmp/fault
MB=48

# loop_of NAME MB: a loop device with a new file $F/NAME
loop_of() {
	truncate -s "$2M" "$F/$1"
	losetup -f --show "$F/$1"
}

sectors() { blockdev --getsz "$1"; }

dm_linear() { dmsetup "$1" "$2" --table "0 $(sectors "$3") linear $3 0"; }

# dm_switch NAME TABLE: from now on; what is in flight ends first
dm_switch() {
	dmsetup suspend --noflush "$1"
	dmsetup load "$1" --table "$2"
	dmsetup resume "$1"
}

# dm_log NAME: log-writes over a loop device
dm_log() {
	local data log
	data=$(loop_of "$1" $MB)
	[ -z "${2:-}" ] || mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 "$data"
	cp --sparse=always "$F/$1" "$F/$1.base"
	log=$(loop_of "$1.log" 600)
	dmsetup create "$1" --table "0 $(sectors "$data") log-writes $data $log"
}

fault_setup() {
	local m
	mkdir -p $F
	for m in loop dm_mod dm_flakey dm_log_writes sd_mod; do
		modprobe $m
	done
	LOOP=$(loop_of flaky $MB)
	echo "$LOOP" > $F/flaky.dev
	dm_linear create flaky "$LOOP"
	LOOP=$(loop_of fs $MB)
	echo "$LOOP" > $F/fs.dev
	mke2fs -q -t ext4 "$LOOP"
	dm_linear create fs "$LOOP"
	dm_log lograw
	dm_log logfs ext4
	# a file system of 16 MB with a sparse file of 48
	LOOP=$(loop_of small 16)
	mke2fs -q -t ext4 -O ^has_journal "$LOOP"
	mkdir -p $F/full
	mount "$LOOP" $F/full
	truncate -s ${MB}M $F/full/img
	truncate -s ${MB}M $F/cut
	modprobe scsi_debug dev_size_mb=$MB delay=1
	wait_until 20 "a SCSI disk" fault_scsi
}

fault_scsi() {
	local d
	for d in /sys/block/sd*; do
		[ -d "$d" ] || continue
		echo "/dev/${d##*/}" > $F/scsi.dev
	done
	[ -s $F/scsi.dev ] && [ -b "$(cat $F/scsi.dev)" ]
}

fault_boot() {
	fault_setup
	myvhost add blk flaky --file /dev/mapper/flaky --serial flaky --discard on
	myvhost add blk fs --file /dev/mapper/fs --serial fs --discard on
	myvhost add blk lograw --file /dev/mapper/lograw --serial lograw --discard on
	myvhost add blk logfs --file /dev/mapper/logfs --serial logfs --discard on
	myvhost add blk full --file $F/full/img --serial full --discard on --on-enospc report
	myvhost add blk cut --file $F/cut --serial cut --discard on
	myvhost add blk scsi --file "$(cat $F/scsi.dev)" --serial scsi --discard on
	guest_start_seq 1 vhost=none mem=384 disk=flaky disk=fs disk=lograw disk=logfs disk=full disk=cut disk=scsi
	guest_wait_ready 1
	guest 1 'for m in $(cat /mod/order-disk); do insmod /mod/$m; done'
}

io_errors() { guest_stats 1 sum io_errors; }

# check_guest: it still runs commands, and its kernel log has no report
check_guest() {
	guest_refuses 1 "dmesg | grep -E 'BUG:|Oops|WARNING: CPU|hung_task|blocked for more'" ||
		fail "the guest's kernel"
}

# Errors for two seconds, then none.
fault_error() {
	local d dev
	d=$(gdisk 1 flaky)
	dev=$(cat $F/flaky.dev)
	seq_start 1 "$d" 11 1000
	seq_progress
	dm_switch flaky "0 $(sectors "$dev") error"
	wait_until 60 "an error in the guest" grep -q ^e "$TEST_DIR/seq"
	dm_switch flaky "0 $(sectors "$dev") linear $dev 0"
	seq_progress 4
	seq_stop 1
	[ "$(io_errors)" -gt 0 ] || fail "no error was counted"
	guest 1 "dmesg | grep -q 'I/O error, dev $d'" || fail "the guest's log has no I/O error"
	seq_check "$dev"
	check_guest
}

# The guest's file system detects the errors; data flushed before is kept.
fault_fs_error() {
	local d dev sum
	d=$(gdisk 1 fs)
	dev=$(cat $F/fs.dev)
	sum=$(guest 1 "mkdir -p /fs && mount /dev/$d /fs && dd if=/dev/urandom of=/fs/kept bs=64k count=64 2> /dev/null && sync && sha256sum < /fs/kept")
	dm_switch fs "0 $(sectors "$dev") flakey $dev 0 0 600 1 error_writes"
	guest_refuses 1 'dd if=/dev/zero of=/fs/lost bs=64k count=16 conv=fsync' || fail "writing works"
	wait_until 60 "the file system becomes read-only" guest 1 '! touch /fs/x'
	guest 1 "dmesg | grep -E 'EXT4-fs.*(error|Remounting)|JBD2.*(rror|abort)' | head -3"
	dm_switch fs "0 $(sectors "$dev") linear $dev 0"
	guest 1 'umount /fs' || fail "umount"
	[ "$(guest 1 "mount /dev/$d /fs && sha256sum < /fs/kept; umount /fs")" = "$sum" ] || fail "flushed data is missing"
	sync
	cp --sparse=always $F/fs $F/fs.copy
	e2fsck -fp $F/fs.copy || [ $? = 1 ] || fail "e2fsck"
	check_guest
}

# mark_loop NAME: a mark in the log says how many lines of "seq" were there before
mark_loop() {
	while [ -e "$TEST_DIR/marking" ]; do
		dmsetup message "$1" 0 mark "$(wc -l < "$TEST_DIR/seq")"
		sleep 0.4
	done
}

# with_marks NAME COMMAND...: while COMMAND runs
with_marks() {
	local name=$1 job
	shift
	touch "$TEST_DIR/marking"
	mark_loop "$name" &
	job=$!
	"$@"
	rm "$TEST_DIR/marking"
	wait $job
}

# replay_stops N: at how many places of a log to check; all take minutes
replay_stops() { if [ "${QEMU_TESTS:-}" = every ]; then echo 1000000; else echo "$1"; fi; }

fault_log_raw() {
	seq_start 1 "$(gdisk 1 lograw)" 12 6
	with_marks lograw seq_wait 1
	sync
	cp --sparse=always $F/lograw.base $F/lograw.replay
	SEQ_SEED=12 SEQ=$TEST_DIR/seq ./replay.py $F/lograw.log $F/lograw.replay marks "$(replay_stops 8)" '
		[ "$AT" -gt 60 ] || exit 0
		head -n "$AT" "$SEQ" > "$SEQ.at"
		/build/bin/seqdisk check '$F'/lograw.replay '$SEQ_JOBS' 12 "$SEQ.at" | tail -n 3
		exit "${PIPESTATUS[0]}"' || fail "a flush was not complete"
}

# files whose numbers are reported once they were flushed
guest_files() {
	: > "$TEST_DIR/seq"
	guest 1 "mkdir -p /fs && mount /dev/$1 /fs"
	guest 1 "i=0; end=\$((\$(cut -d. -f1 /proc/uptime) + 6)); while [ \$(cut -d. -f1 /proc/uptime) -lt \$end ]; do \
i=\$((i + 1)); yes \$i | head -c 30000 | dd of=/fs/new conv=fsync 2> /dev/null; mv /fs/new /fs/f\$i; \
mkdir /fs/d\$i; [ \$i -lt 5 ] || rmdir /fs/d\$((i - 4)); sync; echo \$i > /dev/ttyS2; done; umount /fs"
}

# check_files IMAGE LINES SEQ: consistent, and the reported files are there
check_files() {
	local image=$1 last rc=0
	last=$(head -n "$2" "$3" | tail -n 1 | tr -dc 0-9)
	cp --sparse=always "$image" "$image.at"
	e2fsck -fp "$image.at" > "$image.fsck" 2>&1 || [ $? = 1 ] || {
		cat "$image.fsck"
		return 1
	}
	[ -n "$last" ] || return 0
	mkdir -p "$image.mnt"
	mount -o loop,ro "$image.at" "$image.mnt"
	[ "$(sha256sum < "$image.mnt/f$last")" = "$(yes "$last" | head -c 30000 | sha256sum)" ] || rc=1
	umount "$image.mnt"
	return $rc
}

fault_log_fs() {
	with_marks logfs guest_files "$(gdisk 1 logfs)"
	sync
	export -f check_files
	cp --sparse=always $F/logfs.base $F/logfs.replay
	./replay.py $F/logfs.log $F/logfs.replay marks "$(replay_stops 6)" "check_files $F/logfs.replay \$AT $TEST_DIR/seq" ||
		fail "synced files"
	cp --sparse=always $F/logfs.base $F/logfs.replay
	./replay.py $F/logfs.log $F/logfs.replay flushes "$(replay_stops 12)" "check_files $F/logfs.replay 0 $TEST_DIR/seq" ||
		fail "the file system at a flush"
	tail -n 1 "$TEST_DIR/seq"
}

fault_full() {
	local d before
	d=$(gdisk 1 full)
	before=$(io_errors)
	guest 1 "dd if=/dev/urandom of=/dev/$d bs=64k count=16 oflag=direct conv=fsync 2> /dev/null; dd if=/dev/$d of=/tmp/kept bs=64k count=16 2> /dev/null"
	guest_refuses 1 "dd if=/dev/zero of=/dev/$d bs=64k seek=32 oflag=direct" || fail "a full file system accepts writes"
	[ "$(io_errors)" -gt "$before" ] || fail "no error was counted"
	[ "$(guest 1 "dd if=/dev/$d bs=64k count=16 iflag=direct 2> /dev/null | sha256sum")" = "$(guest 1 'sha256sum < /tmp/kept')" ] ||
		fail "what was there before"
	guest 1 "blkdiscard -o 2097152 -l 33554432 /dev/$d"
	guest 1 "dd if=/dev/zero of=/dev/$d bs=64k count=16 seek=40 oflag=direct" || fail "writing after a discard made room"
	check_guest
}

fault_truncated() {
	local d before
	d=$(gdisk 1 cut)
	before=$(io_errors)
	guest 1 "dd if=/dev/urandom of=/dev/$d bs=64k count=128 oflag=direct 2> /dev/null"
	guest 1 "(while :; do dd if=/dev/$d of=/dev/null bs=16k iflag=direct; done) > /dev/null 2>&1 & echo \$! > /tmp/pid"
	sleep 1
	truncate -s 1M $F/cut
	guest_refuses 1 "dd if=/dev/$d of=/dev/null bs=64k skip=64 count=1 iflag=direct" || fail "reading behind the end works"
	guest 1 "dd if=/dev/$d of=/dev/null bs=64k count=16 iflag=direct" || fail "reading before the end"
	[ "$(io_errors)" -gt "$before" ] || fail "no error was counted"
	truncate -s ${MB}M $F/cut
	guest 1 'kill $(cat /tmp/pid)'
	guest 1 "dd if=/dev/$d of=/dev/null bs=64k skip=64 count=1 iflag=direct" || fail "reading when it is large again"
	check_guest
}

fault_removed() {
	local d dev
	d=$(gdisk 1 scsi)
	dev=$(cat $F/scsi.dev)
	guest 1 "(i=0; while [ \$i -lt 2000 ] && dd if=/dev/$d of=/dev/null bs=16k count=500 iflag=direct; do i=\$((i + 1)); done; echo end > /tmp/scsi.end) > /dev/null 2>&1 &"
	sleep 1
	echo 1 > "/sys/block/${dev##*/}/device/delete"
	wait_until 60 "the error reaches the guest" guest 1 'test -e /tmp/scsi.end'
	guest_refuses 1 "dd if=/dev/$d of=/dev/null bs=4k count=1 iflag=direct" || fail "reading works"
	guest_refuses 1 "dd if=/dev/zero of=/dev/$d bs=4k count=1 oflag=direct conv=fsync" || fail "writing works"
	check_guest
}

# The disk can be looked at while its backing does not answer.
fault_look() {
	timeout 20 myvhost show flaky > "$TEST_DIR/show" || fail "myvhost show waits"
	cat "$TEST_DIR/show"
	timeout 20 myvhost stats flaky > /dev/null || fail "myvhost stats waits"
}

# QEMU is killed while requests are suspended below the disk; only unflushed writes may
# be lost.
fault_killed() {
	local d dev
	d=$(gdisk 1 flaky)
	dev=$(cat $F/flaky.dev)
	guest 1 "blkdiscard /dev/$d 2> /dev/null || dd if=/dev/zero of=/dev/$d bs=1M" || true
	seq_start 1 "$d" 13 100
	seq_progress 30
	dmsetup suspend --noflush flaky
	sleep 1
	fault_look
	guest_kill 1
	[ "$(ps -eLo comm= | grep -c '^mvh')" = 0 ] || note "$(ps -eLo lwp,comm,wchan:30 | grep mvh)"
	dmsetup resume flaky
	check_released
	seq_check "$dev"
	qemu-io -n --image-opts driver=virtio-blk-vhost-vdpa,path=/dev/myvhost-flaky,cache.direct=on \
		-c 'write -P 5 0 64k' -c flush -c 'read -P 5 0 64k' || fail "the disk's next user"
}

fault_end() {
	local d
	disk_del flaky fs lograw logfs full cut scsi
	umount $F/full
	for d in flaky fs lograw logfs; do
		dmsetup remove $d || fail "device $d is held"
	done
	losetup -D
	wait_until 20 "the SCSI disk's module can go" rmmod scsi_debug
	vhost_unload || fail "a module is held"
}

run_test "disk_fault: boot" fault_boot
# the others need it
[ "$KTAP_FAILED" = 0 ] || return 0
run_test "disk_fault: errors for a while" fault_error
run_test "disk_fault: errors below a file system" fault_fs_error
run_test "disk_fault: each flush in a log of writes" fault_log_raw
run_test "disk_fault: a file system in a log of writes" fault_log_fs
run_test "disk_fault: full file system" fault_full
run_test "disk_fault: truncated under load" fault_truncated
run_test "disk_fault: device removed under load" fault_removed
run_test "disk_fault: SIGKILL with requests in flight" fault_killed
run_test "disk_fault: nothing is held" fault_end
