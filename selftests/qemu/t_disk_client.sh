# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Clients that are not guests: QEMU's block driver, libblkio, nbdkit and fio.

. ./disk.sh

C=/tmp/c.img

# client_disk SIZE [OPTIONS OF myvhost add]: a new disk behind the node "c"
client_disk() {
	# of a test that failed
	myvhost del c 2> /dev/null || true
	rm -f $C
	truncate -s "$1" $C
	myvhost add blk c --file $C --discard on "${@:2}"
}

client_end() {
	check_released
	disk_del c
}

# client_errors: of the node, which nobody has open any more
client_errors() { ./stats.py c errors; }

qemu_io() {
	local args=() c
	for c; do
		args+=(-c "$c")
	done
	qemu-io -n --image-opts driver=virtio-blk-vhost-vdpa,path=/dev/myvhost-c,cache.direct=on \
		"${args[@]}" > "$TEST_DIR/qemu-io" 2>&1 || fail "qemu-io: $(cat "$TEST_DIR/qemu-io")"
	! grep -iE 'fail|error|mismatch' "$TEST_DIR/qemu-io" || fail "qemu-io"
}

client_qemu_io() {
	client_disk 16M
	qemu_io 'write -P 0x5a 0 64k' 'read -P 0x5a 0 64k' 'read -P 0 1M 4k' flush \
		'write -P 7 8k 512' 'read -P 7 8k 512' 'aio_write -P 1 2M 1M' 'aio_write -P 2 3M 1M' \
		aio_flush 'read -P 1 2M 1M' 'read -P 2 3M 1M' 'discard 0 32k' 'write -z 2M 64k' \
		'write -f -P 9 15M 1M' 'read -P 0 2M 64k'
	python3 - $C <<-'EOP'
	import sys
	b = open(sys.argv[1], "rb").read()
	want = bytearray(16 << 20)
	want[32768:65536] = b"\x5a" * 32768
	want[2 << 20:3 << 20] = b"\1" * (1 << 20)
	want[2 << 20:(2 << 20) + 65536] = bytes(65536)
	want[3 << 20:4 << 20] = b"\2" * (1 << 20)
	want[15 << 20:] = b"\x09" * (1 << 20)
	sys.exit(b != want)
	EOP
	[ -z "$(client_errors)" ] || fail "$(client_errors)"
	client_end
}

client_qemu_io_read_only() {
	client_disk 16M --readonly
	! qemu-io -n --image-opts driver=virtio-blk-vhost-vdpa,path=/dev/myvhost-c,cache.direct=on \
		-c 'write 0 4k' || fail "it can be opened for writing"
	qemu-io -r -n --image-opts driver=virtio-blk-vhost-vdpa,path=/dev/myvhost-c,cache.direct=on \
		-c 'read -P 0 0 4k' || fail "reading"
	cmp -n $((16 << 20)) $C /dev/zero || fail "the file has changed"
	client_end
}

client_libblkio() { # QUEUES OPTIONS
	local queues=$1
	shift
	client_disk 16M --queues "$queues" "$@"
	timeout 200 blkio-verify /dev/myvhost-c "$queues" 60 "$TEST_DIR/want" || fail "blkio-verify"
	cmp $C "$TEST_DIR/want" || fail "the file is not what was written"
	[ -z "$(client_errors)" ] || fail "$(client_errors)"
	client_end
}

client_libblkio_one() { client_libblkio 1; }
client_libblkio_four() { client_libblkio 4; }
client_libblkio_cache() { client_libblkio 2 --cache writeback; }
client_libblkio_through() { client_libblkio 2 --cache writethrough; }

client_nbdkit() {
	local job
	client_disk 32M
	nbdkit -f -U "$TEST_DIR/nbd" blkio virtio-blk-vhost-vdpa path=/dev/myvhost-c > "$TEST_DIR/nbdkit" 2>&1 &
	job=$!
	wait_until 30 "nbdkit listens" test -S "$TEST_DIR/nbd"
	timeout 200 fio --name=v --ioengine=nbd --uri="nbd+unix:///?socket=$TEST_DIR/nbd" --rw=randwrite \
		--bsrange=512-64k --blockalign=512 --size=16M --iodepth=8 --fsync=16 --verify=crc32c --do_verify=1 \
		--verify_fatal=1 > "$TEST_DIR/fio" 2>&1 || fail "fio: $(tail -n 15 "$TEST_DIR/fio")"
	kill $job
	wait $job || true
	grep -E 'IOPS|err=' "$TEST_DIR/fio"
	[ -z "$(client_errors)" ] || fail "$(client_errors)"
	client_end
}

# SIGKILL in the middle releases the node
client_kill() {
	local job
	client_disk 16M --queues 2
	blkio-verify /dev/myvhost-c 2 1000000 "$TEST_DIR/want" &
	job=$!
	sleep 2
	kill -9 $job
	wait $job || true
	client_end
}

# refused PATTERN CMD...: it fails, and says this
refused() {
	local pattern=$1 out
	shift
	out=$("$@" 2>&1) && fail "$* is not refused: $out"
	grep -q "$pattern" <<< "$out" || fail "$*: $out"
}

# QEMU's programs respect a disk's lock of its image
client_lock() {
	client_disk 16M
	refused 'Failed to get .* lock' qemu-io -f raw -c 'write 0 4k' $C
	refused 'Failed to get .* lock' qemu-img resize -f raw $C 32M
	refused 'Failed to get .* lock' qemu-img convert -f raw -O raw $C "$TEST_DIR/copy"
	qemu-img convert -U -f raw -O raw $C "$TEST_DIR/copy"
	client_end
	client_disk 16M --readonly
	refused 'Failed to get .* lock' qemu-io -f raw -c 'write 0 4k' $C
	qemu-io -r -f raw -c 'read 0 4k' $C || fail "reading beside a reader"
	client_end
	client_disk 16M --no-lock
	qemu-io -f raw -c 'write 0 4k' $C || fail "locked all the same"
	client_end
	qemu-io -f raw -c 'write 0 4k' $C || fail "locked for ever"
}

# and a disk respects theirs
client_locked() {
	local job
	myvhost del c 2> /dev/null || true
	rm -f $C
	truncate -s 16M $C
	mkfifo "$TEST_DIR/commands"
	qemu-io -f raw $C < "$TEST_DIR/commands" &
	job=$!
	exec 9> "$TEST_DIR/commands"
	wait_until 30 "qemu-io has locked the image" sh -c "grep -q OFDLCK /proc/$job/fdinfo/*"
	refused "in use by process $job (qemu-io)" myvhost add blk c --file $C
	refused "in use by process $job (qemu-io)" myvhost add blk c --file $C --readonly
	refused "in use by process $job (qemu-io)" myvhost run --blk $C -- true
	exec 9>&-
	wait $job || true
	myvhost add blk c --file $C
	disk_del c
}

# client_format FORMAT [OPTIONS]: an image that QEMU makes
client_format() {
	rm -f $C
	qemu-img create -q -f "$1" "${@:2}" $C 64M || fail "qemu-img create $*"
	refused "an image in format" myvhost add blk c --file $C
}

client_formats() {
	myvhost del c 2> /dev/null || true
	client_format qcow2
	client_format qcow2 -o compat=0.10
	client_format qcow
	client_format qed
	client_format vmdk
	client_format vmdk -o subformat=monolithicFlat
	client_format vpc
	client_format vpc -o subformat=fixed
	client_format vhdx
	client_format vdi
	client_format parallels
	myvhost add blk c --file $C --format raw
	disk_del c
	rm -f /tmp/c-flat.img
}

# a qcow2 image by way of the storage daemon, as disk.rst has it
client_fuse() {
	local pid raw=/tmp/c.raw
	modprobe fuse
	myvhost del c 2> /dev/null || true
	rm -f $C
	qemu-img create -q -f qcow2 $C 16M
	: > $raw
	qemu-storage-daemon --daemonize --pidfile "$TEST_DIR/qsd" \
		--blockdev driver=qcow2,node-name=n,file.driver=file,file.filename=$C \
		--export type=fuse,id=e,node-name=n,mountpoint=$raw,writable=on ||
		fail "qemu-storage-daemon"
	myvhost add blk c --file $raw
	qemu_io 'write -P 0x5a 64k 64k' flush 'read -P 0x5a 64k 64k' 'read -P 0 0 64k'
	disk_del c
	pid=$(cat "$TEST_DIR/qsd")
	kill "$pid"
	wait_until 30 "the storage daemon ends" test ! -e "/proc/$pid"
	qemu-io -r -f qcow2 -c 'read -P 0x5a 64k 64k' $C | grep -i mismatch && fail "the data is not in the image"
	qemu-img check -q $C
}

run_test "disk_client: QEMU respects the lock of a disk" client_lock
run_test "disk_client: a disk respects the lock of QEMU" client_locked
run_test "disk_client: images in other formats are refused" client_formats
run_test "disk_client: qcow2 by the storage daemon" client_fuse
run_test "disk_client: qemu-io" client_qemu_io
run_test "disk_client: qemu-io, read-only" client_qemu_io_read_only
run_test "disk_client: libblkio, one queue" client_libblkio_one
run_test "disk_client: libblkio, four queues" client_libblkio_four
run_test "disk_client: libblkio, page cache" client_libblkio_cache
run_test "disk_client: libblkio, write-through" client_libblkio_through
run_test "disk_client: nbdkit and fio" client_nbdkit
run_test "disk_client: SIGKILL releases the node" client_kill
