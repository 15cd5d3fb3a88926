#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# disk-inside.sh ELAPSED ROUNDS: the disk part of the demo, where the modules are
# loaded. fio measures a file three ways: in a guest with a disk of myvhost, in a
# guest with QEMU's own virtio-blk (iothread, aio=io_uring, cache=none), and on the
# host itself. The three take turns in each round, so that a change of the machine's
# load hits all of them; a guest that is not measured is stopped.
#
# DISK_DIR is where the files are (default: a file system on a RAM disk of the
# kernel, null_blk), DISK_IMAGE the Debian of the guests (default: the disk with the
# serial number "debian").
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../../selftests/lab/guest.sh"
PATH=/build/bin:$PATH

ELAPSED=$1
ROUNDS=$2
SECS=2
BACKENDS="myvhost qemu host"
WORK=$(mktemp -d /tmp/disk.XXXXXX)
RESULTS=${DISK_RESULTS:-$WORK/results}
MB=256
MODULES_LOADED=''

# name, then what fio is to do
JOBS="
read1 --rw=randread --bs=4k --iodepth=1
write1 --rw=randwrite --bs=4k --iodepth=1
read32 --rw=randread --bs=4k --iodepth=32
write32 --rw=randwrite --bs=4k --iodepth=32
seqread --rw=read --bs=128k --iodepth=4
seqwrite --rw=write --bs=128k --iodepth=4
flush --rw=randwrite --bs=4k --iodepth=1 --fdatasync=1
"

progress() { printf '[%4d s] %s\n' $((ELAPSED + SECONDS)) "$*"; }

# guest_of BACKEND: 1 or 2, nothing for the host
guest_of() {
	case $1 in
	myvhost) echo 1 ;;
	qemu) echo 2 ;;
	esac
}

# files: one for each, written once, so that no block has to be allocated
make_files() {
	local b
	if [ -z "${DISK_DIR:-}" ]; then
		DISK_DIR=$WORK/mnt
		mkdir "$DISK_DIR"
		modprobe null_blk nr_devices=1 memory_backed=1 gb=2 submit_queues=2
		modprobe ext4
		mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 /dev/nullb0
		mount /dev/nullb0 "$DISK_DIR"
	fi
	for b in $BACKENDS; do
		head -c ${MB}M /dev/zero > "$DISK_DIR/$b.img"
	done
	sync
	STAT=/sys/class/block/$(basename "$(df --output=source "$DISK_DIR" | tail -n 1)")/stat
}

load() {
	[ -e /dev/myvhost ] || { vhost_load && MODULES_LOADED=1; }
	if grep -qw svm /proc/cpuinfo; then modprobe kvm_amd; else modprobe kvm_intel; fi
	make_files
	myvhost add blk demo --file "$DISK_DIR/myvhost.img" --serial data --discard on
}

unload() {
	local n
	for n in 1 2; do
		[ ! -f "$GUEST_RUN/$n/pid" ] || guest_stop "$n"
	done
	myvhost del demo || true
	[ -z "$MODULES_LOADED" ] || vhost_unload
	[ ! -d "$WORK/mnt" ] || umount "$WORK/mnt"
}

# boot BACKEND: the same guest, but for the disk that is measured
boot() {
	local n image root
	n=$(guest_of "$1")
	image=${DISK_IMAGE:-$(virtio_disk debian)}
	root=("-drive" "file=$image,if=none,id=root,format=raw,readonly=on,file.locking=off"
		"-device" "virtio-blk-pci,drive=root,serial=root")
	if [ "$1" = myvhost ]; then
		guest_start "$n" vhost=none mem=512 root=root:ro disk=demo -- "${root[@]}"
	else
		guest_start "$n" vhost=none mem=512 root=root:ro -- "${root[@]}" \
			-object iothread,id=iothread0 \
			-drive "file=$DISK_DIR/qemu.img,if=none,id=data,format=raw,cache=none,aio=io_uring,discard=unmap" \
			-device virtio-blk-pci,drive=data,iothread=iothread0,serial=data,num-queues=1
	fi
	guest_wait_ready "$n"
	DISK[n]=$(guest "$n" 'cd /sys/block && for d in vd*; do [ "$(cat $d/serial)" != data ] || echo $d; done')
	VCPUS[n]=$(guest_qmp "$n" query-cpus-fast | grep -o '"thread-id": [0-9]*' | grep -o '[0-9]*$' | tr '\n' ' ')
	guest_qmp "$n" stop > /dev/null
}

# run_fio NAME ARGS: in the guest, or here
run_fio() {
	local name=$1
	shift
	set -- fio --name="$name" --direct=1 --ioengine=libaio --size=${MB}M --runtime="$((SECS + 2))" --time_based \
		--output-format=json "$@"
	if [ -n "$N" ]; then
		guest "$N" "cd /tmp && $* --filename=/dev/${DISK[N]}"
	else
		"$@" --filename="$DISK_DIR/host.img"
	fi
}

# measure_one NAME ARGS: a run that fails leaves a hole in the table and a line that
# says so
measure_one() {
	local name=$1 job pid=''
	[ -z "$N" ] || pid=$(guest_pid "$N")
	run_fio "$@" > "$WORK/fio" 2>&1 &
	job=$!
	python3 "$HERE/disk-sample.py" "$SECS" "$STAT" "$pid" "${N:+${VCPUS[N]}}" > "$WORK/sample" || true
	if ! wait $job; then
		progress "no result of $name in this round: $(grep -v '^[{} ]' "$WORK/fio" | head -n 2 | tr '\n' ' ')"
	elif [ "$ROUND" != 0 ]; then
		python3 "$HERE/disk-record.py" "$WORK" "$ROUND" "$BACKEND" "$name" >> "$RESULTS" ||
			progress "no result of $name in this round: cannot read what fio says"
	fi
}

measure() {
	local name args
	N=$(guest_of "$BACKEND")
	[ -z "$N" ] || guest_qmp "$N" cont > /dev/null
	while read -r name args; do
		# shellcheck disable=SC2086
		[ -z "$name" ] || measure_one "$name" $args < /dev/null
		# the warm-up is for fio itself, the first job is enough
		[ "$ROUND" != 0 ] || [ "$name" != read1 ] || break
	done <<< "$JOBS"
	[ -z "$N" ] || guest_qmp "$N" stop > /dev/null
}

# what the guests and the files are, for the reader of the table
show_setup() {
	echo "Files of $MB MB on $(df --output=source,fstype "$DISK_DIR" | tail -n 1 | xargs), direct I/O, libaio; guests with"
	echo "one processor and one queue. Rings in the guests: myvhost $(ring_of 1), QEMU $(ring_of 2)."
}

ring_of() {
	guest_qmp "$1" cont > /dev/null
	if [ "$(guest "$1" "cut -c 35 /sys/block/${DISK[$1]}/device/features")" = 1 ]; then echo packed; else echo split; fi
	guest_qmp "$1" stop > /dev/null
}

round_title() {
	if [ "$ROUND" = 0 ]; then echo "warm-up, $BACKEND"; else echo "round $ROUND of $ROUNDS, $BACKEND"; fi
}

cleanup() { unload > "$WORK/unload" 2>&1 || cat "$WORK/unload"; }

main() {
	local b
	declare -ga DISK VCPUS
	trap cleanup EXIT
	progress "disks: three files on $(uname -r)"
	load
	for b in myvhost qemu; do
		progress "booting a guest with a disk of $b"
		boot "$b"
	done
	for ((ROUND = 0; ROUND <= ROUNDS; ROUND++)); do
		for BACKEND in $BACKENDS; do
			progress "$(round_title): random 4 KiB at depths 1 and 32, sequential 128 KiB, with flushes"
			measure
		done
	done
	progress "finished"
	echo
	python3 "$HERE/disk-table.py" "$RESULTS"
	show_setup
	echo
}

main
