#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# node.sh [PROGRAM]: the program myvhost on a real node, as root, in the lab's
# host VM or on a host that has the modules.  Loads them from $MODULES if they are
# not there.  KTAP on standard output.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/ctl/expect.sh
. "$here/expect.sh"
m=$(realpath "${1:-$here/obj/ctl/myvhost}")
nobody=65534

load() {
	modprobe -q tun
	modprobe -q tap
	if [ ! -e /dev/myvhost ] && [ -n "${MODULES:-}" ]; then
		insmod "$MODULES/myvhost.ko" && insmod "$MODULES/net/myvhost_net.ko" &&
			insmod "$MODULES/blk/myvhost_blk.ko"
	fi
	# what the udev rule does; there is no udev in the lab
	[ -d /run/udev ] || chmod 660 /dev/myvhost
	[ -c /dev/myvhost ]
}

clean_up() {
	local node
	for node in /dev/myvhost-ctl.*; do
		[ ! -e "$node" ] || "$m" del "${node#/dev/myvhost-}"
	done
	ip link del ctltap0 2> /dev/null
	ip link del ctltap1 2> /dev/null
	umount "$work"/mnt "$work"/ro 2> /dev/null
	[ -z "$loop" ] || losetup -d "$loop"
	rm -rf "$work"
}

# field EXPRESSION DEVICE: of the object d that show -j prints
field() {
	"$m" show -j "$2" | python3 -c '
import json, sys
for d in json.load(sys.stdin):
    print(eval(sys.argv[1]))' "$1"
}

# expect_field NAME WANT EXPRESSION DEVICE
expect_field() {
	local got
	got=$(field "$3" "$4" 2>&1)
	ktap_result "$1" "$([ "$got" = "$2" ]; echo $?)" "$3 is $got, not $2"
}

# as_user GID CMD...: without privileges
as_user() {
	local gid=$1
	shift
	setpriv --reuid $nobody --regid "$gid" --clear-groups "$@"
}

test_add() {
	expect "add: a disk" 0 "" "$m" add blk ctl.a --file img
	ktap_result "add: the node is there" "$([ -c /dev/myvhost-ctl.a ]; echo $?)"
	expect "show: the disk" 0 "^ctl.a: blk vdpa free$" "$m" show ctl.a
	expect "show: among all" 0 "^ctl.a: blk" "$m" show
	expect "show: its file" 0 "^    file $work/img io .* size 1M" "$m" show ctl.a
	expect_field "show: size" 1048576 "d['size']" ctl.a
	expect_field "show: writable" False "d['readonly']" ctl.a
	expect_field "show: one queue" "['q0']" "[q['name'] for q in d['queues']]" ctl.a
	expect_field "show: off" "['off']" "[q['state'] for q in d['queues']]" ctl.a
	expect_field "show: cache" writeback "d['cache']" ctl.a
	expect_field "show: no limits" "[0, 0]" "[d['iops'], d['bps']]" ctl.a
	expect "add: the name is taken" 1 "ctl.a: the name is in use.*myvhost del ctl.a" \
		"$m" add blk ctl.a --file free
	expect "add: all options" 0 "" "$m" add blk ctl.b --file img2 --readonly \
		--queues 4 --serial "S 1" --cache writethrough --iops 100,10 --bps 1M,64K
	expect_field "add: readonly" True "d['readonly']" ctl.b
	expect_field "add: queues" 4 "len(d['queues'])" ctl.b
	expect_field "add: serial" "S 1" "d['serial']" ctl.b
	expect_field "add: writethrough" "buffered writethrough" "d['io'] + ' ' + d['cache']" ctl.b
	expect_field "add: limits" "[100, 1048576]" "[d['iops'], d['bps']]" ctl.b
	expect "add: longest name" 0 "" "$m" add blk "ctl.$(printf %027d 0)" --file img3 --cache writeback
	expect_field "add: writeback" "buffered writeback" "d['io'] + ' ' + d['cache']" "ctl.$(printf %027d 0)"
	expect "del: longest name" 0 "" "$m" del "ctl.$(printf %027d 0)"
	expect "add: odd file name" 0 "" "$m" add blk ctl.c --file $'odd \\ \n name'
	expect_field "show: odd file name" "True" "d['file'].endswith('odd \\\\ \n name')" ctl.c
	expect "resize: odd file name" 0 "" "$m" resize ctl.c 2M
	expect "del: a disk" 0 "" "$m" del ctl.c
}

# gpt FILE BLOCK: the signature of a GUID partition table
gpt() { printf 'EFI PART' | dd of="$1" bs="$2" seek=1 conv=notrunc 2> /dev/null; }

test_blocks() {
	local f
	for f in plain gpt512 gpt4096; do truncate -s 1M $f; done
	gpt gpt512 512
	gpt gpt4096 4096
	for f in "512 plain" "512 gpt512" "4096 gpt4096" "1024 plain --block-size 1024" "512 gpt4096 --block-size 512"; do
		# shellcheck disable=SC2086
		set -- $f
		expect "block size: add $f" 0 "" "$m" add blk ctl.s --file "${@:2}"
		expect_field "block size: $f" "$1" "d['block_size']" ctl.s
		"$m" del ctl.s
	done
	truncate -s 1048577 plain
	expect "size: no multiple of a block" 0 "1048577 bytes, no multiple of a block .512.; the guest does not see the last 1$" \
		"$m" add blk ctl.s --file plain
	expect_field "size: whole blocks" 1048576 "d['size']" ctl.s
	"$m" del ctl.s
}

test_policies() {
	local policy="[d['discard'], d['on_enospc'], d['on_error']]"
	truncate -s 1M policy
	expect "policy: usual" 0 "" "$m" add blk ctl.s --file policy
	expect_field "policy: usual" "['off', 'stop', 'report']" "$policy" ctl.s
	expect "resume: a disk that does not wait" 0 "" "$m" resume ctl.s
	truncate -s 4K above
	mount --bind above policy
	expect "resize: another file" 1 "not the file of this disk" "$m" resize ctl.s 2M
	ktap_result "resize: the other file stays" "$([ "$(stat -c %s above)" = 4096 ]; echo $?)"
	umount policy
	expect "resize: the file again" 0 "" "$m" resize ctl.s 2M
	"$m" del ctl.s
	expect "policy: all" 0 "" "$m" add blk ctl.s --file policy --discard on --on-enospc report --on-error stop --cache directsync
	expect_field "policy: all" "['on', 'report', 'stop']" "$policy" ctl.s
	# not every file system has direct I/O
	expect_field "policy: directsync" "True writethrough" "str(d['io'] != 'buffered') + ' ' + d['cache']" ctl.s
	"$m" del ctl.s
}

# expect_rights NAME WANT: owner, group and mode of the node ctl.r
expect_rights() {
	local got
	got=$(stat -c '%u %g %a' /dev/myvhost-ctl.r)
	ktap_result "$1" "$([ "$got" = "$2" ]; echo $?)" "$got, not $2"
}

test_rights() {
	local kept=/run/myvhost/myvhost-ctl.r
	truncate -s 1M rights
	expect "rights: all" 0 "" "$m" add blk ctl.r --file rights --owner nobody --group 77 --mode 0640
	expect_rights "rights: all of the node" "$nobody 77 640"
	ktap_result "rights: for udev" "$([ "$(xargs < $kept)" = "MYVHOST_OWNER=$nobody MYVHOST_GROUP=77 MYVHOST_MODE=0640" ]; echo $?)"
	expect "rights: the name is in use" 1 "in use" "$m" add blk ctl.r --file rights --mode 0666
	expect_rights "rights: of the node that was there" "$nobody 77 640"
	ktap_result "rights: for udev, of the node that was there" "$(grep -q 0640 $kept; echo $?)"
	expect "rights: the owner may look" 0 "^ctl.r: blk" as_user 0 "$m" show ctl.r
	expect "rights: del" 0 "" "$m" del ctl.r
	ktap_result "rights: nothing is kept" "$([ ! -e $kept ]; echo $?)"
	expect "rights: mode" 0 "" "$m" add blk ctl.r --file rights --mode 600
	expect "rights: others may not" 1 "Permission denied" as_user "$(stat -c %g /dev/myvhost-ctl.r)" "$m" show ctl.r
	"$m" del ctl.r
	chmod 600 rights
	expect "user: not his file" 1 "rights: Permission denied" "$m" add blk ctl.r --file rights --user nobody
	ktap_result "user: nothing is left" "$([ ! -e /dev/myvhost-ctl.r ]; echo $?)"
	chown nobody rights
	expect "user: his file" 0 "" "$m" add blk ctl.r --file rights --user nobody
	"$m" del ctl.r
	expect "user: no such user" 2 "no such user" "$m" add blk ctl.r --file rights --user nobody-there
	chmod 666 rights
}

# A disk that has no name is found by the process that has it.
test_unnamed() {
	local pid dev
	truncate -s 1M run
	"$m" run --blk run -- sh -c 'exec sleep 600' & pid=$!
	until dev=$("$m" show 2> /dev/null | grep -o "^$pid:[0-9]*"); do sleep 0.1; done
	expect "run: resize" 0 "" "$m" resize "$dev" 2M
	expect "run: its size" 0 "size 2M" "$m" show "$dev"
	expect "run: resume" 0 "" "$m" resume "$dev"
	expect "run: no such descriptor" 1 "no such device" "$m" resume "$pid:999"
	kill $pid
	wait $pid 2> /dev/null
}

test_files() {
	mkdir ro mnt
	mount -t tmpfs -o size=4M none ro && truncate -s 1M ro/img && mount -o remount,ro ro
	expect "file: read-only file system" 1 "Read-only file system.*readonly" "$m" add blk ctl.f --file ro/img
	ktap_result "file: nothing is left of what failed" "$([ ! -e /dev/myvhost-ctl.f ]; echo $?)"
	expect "file: read-only file system, readonly" 0 "" "$m" add blk ctl.f --file ro/img --readonly
	expect "del: it" 0 "" "$m" del ctl.f
	modprobe -q loop
	loop=$(losetup -f --show loopimg 2> /dev/null)
	if [ -z "$loop" ]; then
		ktap_skip "file: block devices" "no loop device"
		return
	fi
	expect "file: a block device" 0 "" "$m" add blk ctl.l --file "$loop"
	expect_field "file: its size" 33554432 "d['size']" ctl.l
	expect "file: a block device in use by a disk" 1 "$loop: in use by disk ctl.l$" "$m" add blk ctl.f --file "$loop"
	expect "resize: a block device" 1 "cannot resize a block device" "$m" resize ctl.l 64M
	truncate -s 40M loopimg
	losetup -c "$loop"
	expect "resize: a block device that has grown" 0 "" "$m" resize ctl.l
	expect_field "resize: its new size" 41943040 "d['size']" ctl.l
	expect "del: it" 0 "" "$m" del ctl.l
	if mke2fs -q -F "$loop" && mount "$loop" mnt; then
		expect "file: a block device that is mounted" 1 "the block device is in use" "$m" add blk ctl.f --file "$loop"
		umount mnt
	else
		ktap_skip "file: a block device that is mounted" "cannot mount one"
	fi
	losetup -d "$loop"
	loop=
}

# A file with a lock as QEMU takes it, held by a process with a name that is known.
test_locks() {
	local holder
	expect "lock: another disk" 1 "img: in use by disk ctl.a$" "$m" add blk ctl.k --file img
	expect "lock: another disk, to read" 1 "img: in use by disk ctl.a$" "$m" add blk ctl.k --file img --readonly
	expect "lock: another disk, run" 1 "img: in use by disk ctl.a$" "$m" run --blk img -- true
	expect "lock: not looked at" 0 "" "$m" add blk ctl.k --file img --no-lock
	expect "lock: del it" 0 "" "$m" del ctl.k
	truncate -s 1M locked
	python3 -c '
import fcntl, struct, time
f = open("locked", "r+b")
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", 0, 0, 101, 1, 0))	# F_OFD_SETLK, F_RDLCK
print("locked", flush=True)
time.sleep(600)' > holder 2>&1 & holder=$!
	until [ -s holder ]; do sleep 0.1; done
	expect "lock: a program that writes" 1 "locked: in use by process $holder \(python" "$m" add blk ctl.k --file locked
	expect "lock: a program that writes, run" 1 "in use by process $holder" "$m" run --blk locked -- true
	kill $holder
	wait $holder 2> /dev/null
	expect "lock: it is gone" 0 "" "$m" add blk ctl.k --file locked --readonly
	expect "lock: two that read" 0 "" "$m" add blk ctl.k2 --file locked --readonly
	expect "del: it" 0 "" "$m" del ctl.k2
	expect "del: it" 0 "" "$m" del ctl.k
}

test_formats() {
	truncate -s 1M other
	printf 'QFI\xfb\0\0\0\3' | dd of=other conv=notrunc 2> /dev/null
	expect "format: qcow2" 1 "other: an image in format qcow2.*qemu-img convert -f qcow2 -O raw other NEW" \
		"$m" add blk ctl.q --file other
	expect "format: qcow2, run" 1 "in format qcow2" "$m" run --blk other,readonly -- true
	ktap_result "format: nothing is left" "$([ ! -e /dev/myvhost-ctl.q ]; echo $?)"
	expect "format: raw all the same" 0 "" "$m" add blk ctl.q --file other --format raw
	expect "del: it" 0 "" "$m" del ctl.q
	expect "format: raw all the same, run" 0 "^myvhost: note: QEMU cannot migrate" "$m" run --blk other,format=raw -- true
	printf 'LUKS\xba\xbe' | dd of=other conv=notrunc 2> /dev/null
	expect "format: LUKS is a notice" 0 "note: other begins with a header of LUKS" "$m" add blk ctl.q --file other
	expect "del: it" 0 "" "$m" del ctl.q
}

test_permissions() {
	local gid
	gid=$(stat -c %g /dev/myvhost)
	expect "permission: outside of the group" 1 "Permission denied.*group kvm" \
		as_user $nobody "$m" add blk ctl.p --file "$work/img3"
	expect "permission: look from outside of the group" 1 "Permission denied" as_user $nobody "$m" show ctl.a
	expect "permission: look" 0 "^ctl.a: blk" as_user "$gid" "$m" show ctl.a
	expect "permission: add" 1 "only root" as_user "$gid" "$m" add blk ctl.p --file "$work/img3"
	expect "permission: del" 1 "only root" as_user "$gid" "$m" del ctl.a
	expect "permission: resize" 1 "only root" as_user "$gid" "$m" resize ctl.a
	expect "permission: the file" 1 "Permission denied" as_user "$gid" "$m" run --blk "$work/secret" -- true
	expect "permission: run needs no root" 0 "^backend:.blk" \
		as_user "$gid" "$m" run --blk "$work/img3" -- sh -c 'cat /proc/$$/fdinfo/* 2> /dev/null; true'
}

test_stats() {
	expect "stats: a disk" 0 "q0: off$" "$m" stats ctl.a
	run "$m" stats -j ctl.a
	ktap_result "stats: JSON knows every counter of disks" "$(python3 -c '
import json, sys
c = json.loads(sys.argv[1])[0]["queues"][0]["counters"]
names = "packets bytes kicks calls reads read_bytes read_ns writes write_bytes write_ns flushes flush_ns discards io_errors invalid unsupported bounced punted throttled"
print(sum(c[n] for n in names.split()))' "$out")" "$out"
	expect "stats: rates" 0 "^ctl.a +q0 +0 +0" "$m" stats -i 0.2 -c 2 ctl.a
}

test_resize() {
	expect "resize: larger" 0 "" "$m" resize ctl.a 2M
	expect_field "resize: what the guest sees" 2097152 "d['size']" ctl.a
	ktap_result "resize: the file" "$([ "$(stat -c %s img)" = 2097152 ]; echo $?)"
	expect "resize: smaller is refused" 1 "has 2M, more than 1M.*--shrink" "$m" resize ctl.a 1M
	ktap_result "resize: nothing was done" "$([ "$(stat -c %s img)" = 2097152 ]; echo $?)"
	expect "resize: smaller" 0 "" "$m" resize --shrink ctl.a 1M
	expect_field "resize: the guest sees it" 1048576 "d['size']" ctl.a
	truncate -s 3M img
	expect "resize: after the file" 0 "" "$m" resize ctl.a
	expect_field "resize: the guest sees that" 3145728 "d['size']" ctl.a
	expect "resize: no such node" 1 "no such node" "$m" resize ctl.none 1M
	mv img img.away
	expect "resize: the file was renamed" 0 "" "$m" resize ctl.a 4M
	mv img.away img
	"$m" add blk ctl.gone --file gone && rm gone
	expect "resize: the file was deleted" 1 "No such file" "$m" resize ctl.gone 4M
	expect "del: its file was deleted" 0 "" "$m" del ctl.gone
}

test_limit() {
	expect "limit: both" 0 "" "$m" limit ctl.a --iops 500 --bps 2M,4M
	expect_field "limit: what is set" "[500, 2097152]" "[d['iops'], d['bps']]" ctl.a
	expect "limit: one" 0 "" "$m" limit ctl.a --iops 0
	expect_field "limit: the other stays" "[0, 2097152]" "[d['iops'], d['bps']]" ctl.a
	expect "limit: only root" 1 "only root" as_user "$(stat -c %g /dev/myvhost)" "$m" limit ctl.a --bps 0
	exec 9<> /dev/myvhost-ctl.a
	expect "limit: of a disk in use" 0 "" "$m" limit ctl.a --bps 0
	exec 9>&-
	expect_field "limit: it is gone" "[0, 0]" "[d['iops'], d['bps']]" ctl.a
	expect "limit: of another kind" 1 "ctl.a: .*not a network device" "$m" limit ctl.a --pps 1
}

test_del() {
	exec 9<> /dev/myvhost-ctl.a
	expect "del: in use" 1 "ctl.a: in use by [0-9]+ \((bash|node.sh)" "$m" del ctl.a
	expect "show: in use" 0 "^ctl.a: blk" "$m" show ctl.a
	expect "del: still there" 0 "^ctl.a: blk" "$m" show ctl.a
	exec 9>&-
	expect "del: no longer in use" 0 "" "$m" del ctl.a
	ktap_result "del: the node is gone" "$([ ! -e /dev/myvhost-ctl.a ]; echo $?)"
	expect "del: no such node" 1 "ctl.a: no such node" "$m" del ctl.a
	expect "del: the other" 0 "" "$m" del ctl.b
	expect "add: the name is free again" 0 "" "$m" add blk ctl.a --file img
	expect "del: and again" 0 "" "$m" del ctl.a
}

test_run() {
	local pid i holder dev
	# copies the descriptor of its device
	# shellcheck disable=SC2016
	holder='fd=${2#fd=}; exec 8<&${fd%%,*}; : > held; while [ ! -e stop ]; do sleep 0.2; done'
	expect "run: a disk" 0 "^file:.$work/free$" "$m" run --blk free,serial=X,queues=2 -- sh -c 'cat /proc/$$/fdinfo/* 2> /dev/null; true'
	expect "run: its options" 0 "^serial:.X$" "$m" run --blk free,serial=X,queues=2 -- sh -c 'cat /proc/$$/fdinfo/* 2> /dev/null; true'
	expect "run: its queues" 0 "^q1.state:" "$m" run --blk free,serial=X,queues=2 -- sh -c 'cat /proc/$$/fdinfo/* 2> /dev/null; true'
	expect "run: arguments" 0 "^a -add-fd fd=[0-9]+,set=1 -device vhost-vdpa-device-pci,vhostdev=/dev/fdset/1$" \
		"$m" run --blk free -- sh -c 'echo "$0 $*"' a
	expect "run: the backing's descriptor is closed" 0 "^0$" \
		"$m" run --blk free -- sh -c "ls -l /proc/\$\$/fd | grep -c $work/free; true"
	# twice the same descriptor is one device
	"$m" run --blk free -- bash -c "$holder" a &
	pid=$!
	for ((i = 0; i < 150; i++)); do
		[ ! -e held ] || break
		sleep 0.2
	done
	expect "show: a device of a process" 0 "^$pid:[0-9]+: blk vdpa" "$m" show $pid
	expect_field "show: copies of a descriptor are one device" 1 "1" $pid
	expect "stats: a device of a process" 0 "^$pid:" "$m" stats $pid
	dev=$("$m" show $pid | sed -n 's/^\([0-9]*:[0-9]*\):.*/\1/p')
	expect "limit: a device of a process" 0 "" "$m" limit "$dev" --iops 77
	expect_field "limit: it has it" 77 "d['iops']" $pid
	touch stop
	wait $pid
	expect "run: nothing is left" 1 "no such device" "$m" show $pid
}

test_net() {
	if ! ip tuntap add dev ctltap0 mode tap user root; then
		ktap_skip "run: network devices" "no tap"
		return
	fi
	ip tuntap add dev ctltap1 mode tap multi_queue
	expect "net: a tap" 0 "fds=[0-9]+,vhost=on,vhostfds=[0-9]+ " "$m" run --net ctltap0 -- sh -c 'echo $*' a
	expect "net: its descriptors" 0 "/dev/net/tun" "$m" run --net ctltap0 -- sh -c 'ls -l /proc/$$/fd'
	expect "net: and the node's" 0 "/dev/myvhost$" "$m" run --net ctltap0 -- sh -c 'ls -l /proc/$$/fd'
	expect "net: two queues" 0 "^4$" "$m" run --net ctltap1,queues=2 -- \
		sh -c 'ls -l /proc/$$/fd | grep -cE "/dev/(net/tun|myvhost)$"'
	expect "net: one queue of such a tap" 0 "" "$m" run --net ctltap1 -- true
	expect "net: two queues of another tap" 1 "has one queue.*multi_queue" "$m" run --net ctltap0,queues=2 -- true
	expect "run: no capability to lock memory, and 64 KiB to lock" 0 "" \
		setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock prlimit --memlock=65536:65536 \
		"$m" run --net ctltap0 -- true
	expect "net: in use" 1 "ctltap0: the tap is in use" \
		"$m" run --net ctltap0 -- "$m" run --net ctltap0 -- true
	expect "net: of another user" 1 "ctltap0: the tap belongs to another user|net/tun: Permission" \
		as_user "$(stat -c %g /dev/myvhost)" "$m" run --net ctltap0 -- true
}

# A device of QEMU's, or of whoever runs in its place.
test_net_limits() {
	local dev pid i
	rm -f stop
	[ -e /sys/class/net/ctltap0 ] || return
	"$m" run --net ctltap0,pps=5000,tx-bps=1M,,2M,lossless -- \
		sh -c 'while [ ! -e stop ]; do sleep 0.2; done' &
	pid=$!
	for ((i = 0; i < 150; i++)); do
		dev=$("$m" show $pid 2> /dev/null | sed -n 's/^\([0-9]*:[0-9]*\): net.*/\1/p')
		[ -z "$dev" ] || break
		sleep 0.2
	done
	expect "net limits: show" 0 "^    lossless on rx_pps 5000 tx_pps 5000 tx_bps 1M$" "$m" show "$dev"
	expect "net limits: both directions" 0 "" "$m" limit "$dev" --bps 3M,6M --rx-pps 0
	expect_field "net limits: what is set" "[0, 3145728, 5000, 3145728]" \
		"[d['rx_pps'], d['rx_bps'], d['tx_pps'], d['tx_bps']]" "$dev"
	expect "net limits: no disk" 1 "$dev: .*not a disk" "$m" limit "$dev" --iops 1
	expect "net limits: only root" 1 "only root" as_user "$(stat -c %g /dev/myvhost)" "$m" limit "$dev" --bps 0
	expect "net limits: none" 0 "" "$m" limit "$dev" --bps 0 --pps 0
	expect_field "net limits: they are gone" "[0, 0, 0, 0]" \
		"[d['rx_pps'], d['rx_bps'], d['tx_pps'], d['tx_bps']]" "$dev"
	touch stop
	wait $pid
}

# as_file PATH CMD...: with a file in the place of a node
as_file() {
	local path=$1
	shift
	unshare -m sh -c 'mount --bind img2 "$0" && exec "$@"' "$path" "$@"
}

test_not_a_node() {
	local file="/dev/myvhost-ctl.r: this is a file, not a node; try: rm /dev/myvhost-ctl.r$"
	: <> /dev/myvhost-ctl.r
	expect "file: in the place of a node, add" 1 "$file" "$m" add blk ctl.r --file free
	expect "file: show" 1 "$file" "$m" show
	expect "file: show NAME" 1 "$file" "$m" show ctl.r
	expect "file: resize" 1 "$file" "$m" resize ctl.r
	expect "file: del" 1 "$file" "$m" del ctl.r
	rm /dev/myvhost-ctl.r
	expect "file: none is left, add" 0 "" "$m" add blk ctl.r --file free
	rm /dev/myvhost-ctl.r
	: <> /dev/myvhost-ctl.r
	expect "file: after a node, del" 1 "$file" "$m" del ctl.r
	rm /dev/myvhost-ctl.r
	expect "file: the node is gone all the same" 1 "no such node" "$m" del ctl.r
	file="/dev/myvhost: this is a file, not the node; try: rm /dev/myvhost; modprobe"
	expect "file: over the node, add" 1 "$file" as_file /dev/myvhost "$m" add blk ctl.r --file free
	expect "file: over the node, del" 1 "$file" as_file /dev/myvhost "$m" del ctl.r
	expect "file: over the node, run" 1 "$file" as_file /dev/myvhost "$m" run --blk free -- true
}

# qemu PROGRAM ARGUMENTS...: stock QEMU, which is asked what it has and ends
qemu() {
	printf 'info qtree\nquit\n' | timeout 120 "$@" qemu-system-x86_64 -M q35,accel=tcg \
		-m 64 -nodefaults -display none -S -monitor stdio "${qemu_args[@]}"
}

test_qemu() {
	local qemu_args=()
	if ! command -v qemu-system-x86_64 > /dev/null; then
		ktap_skip "qemu" "no QEMU"
		return
	fi
	run_qemu "qemu: a disk and a network device" 'dev: vhost-vdpa-device-pci' \
		"$m" run --blk free --blk img2,readonly --net ctltap0 --
	ktap_result "qemu: both disks" "$([ "$(grep -c 'dev: vhost-vdpa-device-pci' <<< "$out")" = 2 ]; echo $?)" "$out"
	"$m" add blk ctl.q --file free
	qemu_args=(-device "vhost-vdpa-device-pci,vhostdev=/dev/myvhost-ctl.q")
	run_qemu "qemu: a named disk" 'dev: vhost-vdpa-device-pci'
	qemu_held
	expect "qemu: it is free again" 0 "" "$m" del ctl.q
}

# run_qemu NAME PATTERN [PREFIX...]
run_qemu() {
	rc=0
	out=$(qemu "${@:3}" 2>&1) || rc=$?
	ktap_result "$1" "$([ $rc = 0 ] && grep -q "$2" <<< "$out"; echo $?)" "status $rc"$'\n'"$out"
}

# a disk that QEMU holds cannot be deleted
qemu_held() {
	local pid i
	qemu-system-x86_64 -M q35,accel=tcg -m 64 -nodefaults -display none -S \
		"${qemu_args[@]}" < /dev/null > qemu.log 2>&1 &
	pid=$!
	for ((i = 0; i < 300; i++)); do
		! "$m" show ctl.q | grep -q "owner $pid" || break
		sleep 0.2
	done
	expect "qemu: it is the owner" 0 "^ctl.q: blk vdpa owner $pid program qemu-system-x86$" "$m" show ctl.q
	expect "qemu: held" 1 "ctl.q: in use by $pid \(qemu" "$m" del ctl.q
	kill $pid
	wait $pid 2> /dev/null
}

[ "$(id -u)" = 0 ] || { echo "node.sh needs root" >&2; exit 1; }
work=$(mktemp -d)
loop=''
chmod 755 "$work"
cd "$work" || exit 1
ktap_begin
trap clean_up EXIT
load > load.log 2>&1 || ktap_bail_out "no node: $(tail -n 1 load.log)"
truncate -s 1M img img2 img3 free gone $'odd \\ \n name' secret
truncate -s 32M loopimg
chmod 666 img3
chmod 600 secret
test_add
test_files
test_blocks
test_policies
test_rights
test_unnamed
test_locks
test_formats
test_permissions
test_stats
test_resize
test_limit
test_run
test_net
test_net_limits
test_not_a_node
test_qemu
test_del
ktap_end
