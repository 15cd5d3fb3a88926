# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A Debian whose root is on a disk of myvhost, behind it a block device of the
# host VM; a second disk with four queues is for fio.

. ./disk.sh

DATA=/tmp/data.img
FIO="fio --filename=/dev/DISK --direct=1 --ioengine=libaio --iodepth=8 --bsrange=512-64k --blockalign=512 \
--rw=randwrite --verify=crc32c --verify_fatal=1 --numjobs=4 --group_reporting --minimal"

root_start() {
	guest_start_seq 1 vhost=none smp=2 mem=768 disk=root root=root "blk=$DATA,serial=data,queues=4"
	guest_wait_ready 1
	guest 1 'mount | grep -q "^/dev/vd[a-z] on / type ext4 (rw"' || fail "the root is not on the disk"
}

root_boot() {
	require_debian
	truncate -s 64M $DATA
	myvhost add blk root --file "$DEBIAN" --serial root --queues 2
	root_start
	guest 1 'grep PRETTY /etc/os-release; df -h /'
	check_disks 1
}

# its exit status is 10
root_program() {
	local rc=0
	guest 1 /root/build/main || rc=$?
	[ $rc = 10 ] || fail "the program ends with $rc"
}

root_compile() {
	guest 1 'mkdir -p /root/build && cd /root/build && for i in 1 2 3 4; do echo "int f$i(void) { return $i; }" > f$i.c; done'
	guest 1 'cd /root/build && echo "int f1(void), f2(void), f3(void), f4(void); int main(void) { return f1() + f2() + f3() + f4(); }" > main.c'
	guest 1 'cd /root/build && printf "main: main.o f1.o f2.o f3.o f4.o\n\t\$(CC) -o \$@ \$^\n" > Makefile'
	GUEST_TIMEOUT=300 guest 1 'cd /root/build && make && sync' || fail "make"
	root_program
}

# as far as a guest without an init system goes
root_sync() { guest 1 'sync && mount -o remount,ro /' || fail "the root cannot be mounted read-only"; }

root_reboot() {
	local before
	root_sync
	before=$(guest_boots 1)
	# it does not answer
	GUEST_TIMEOUT=1 guest 1 'busybox reboot -f' || true
	guest_wait_ready 1 $((before + 1))
	root_program
	check_disks 1
}

# fio_in_guest NAME ARGS: errors of reads, writes and of the comparison
fio_in_guest() {
	local d name=$1
	shift
	d=$(gdisk 1 data)
	GUEST_TIMEOUT=300 guest 1 "cd /tmp && ${FIO/DISK/$d} --name=$name $*" > "$TEST_DIR/fio" 2>&1 || {
		tail -n 20 "$TEST_DIR/fio"
		fail "fio $*"
	}
}

root_fio() {
	too_slow 40
	fio_in_guest verify --size=8M --offset_increment=8M --fsync=16 --do_verify=1
	# the guest uses as many as it has processors
	[ "$(guest_stats 1 queues packets root) $(guest_stats 1 queues packets data)" = "2 2" ] || fail "not all queues were used"
	check_disks 1
}

# The first half of the disk is written and flushed; then QEMU dies in the middle of
# writes to the second half and to the root.
root_kill() {
	too_slow 90
	fio_in_guest keep --size=8M --offset_increment=8M --do_verify=0 --end_fsync=1
	guest 1 "(cd /tmp && ${FIO/DISK/$(gdisk 1 data)} --name=lose --offset=32M --size=8M --offset_increment=8M --do_verify=0 --time_based --runtime=100) > /dev/null 2>&1 &"
	guest 1 'cp /usr/bin/make /root/kept && sha256sum /root/kept > /root/kept.sum && sync'
	guest 1 '(i=0; while :; do i=$((i + 1)); cp -r /root/build /root/build.$i; sync; done) > /dev/null 2>&1 &'
	sleep 5
	guest_kill 1
	check_released
	root_start
	guest 1 'sha256sum -c /root/kept.sum' || fail "a file that was synced"
	root_program
	fio_in_guest keep --size=8M --offset_increment=8M --verify_only
	check_disks 1
}

root_clean() {
	root_sync
	check_disks 1
	guest_stop 1
	check_released
	disk_del root
	require_debian
	fresh "$DEBIAN"
	e2fsck -fn "$DEBIAN" || fail "the file system is not clean"
}

run_test "disk_root: a Debian boots" root_boot
# the others need it
[ "$KTAP_FAILED" = 0 ] || return 0
run_test "disk_root: compile" root_compile
run_test "disk_root: reboot" root_reboot
run_test "disk_root: fio with verification" root_fio
run_test "disk_root: SIGKILL under load, restart" root_kill
run_test "disk_root: the file system is clean" root_clean
