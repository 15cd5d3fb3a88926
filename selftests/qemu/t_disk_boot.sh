# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# How disks come and go: firmware that boots from one, resets one after the other,
# hot-unplug and plug under load, a guest with a vIOMMU.

. ./disk.sh

A=/tmp/boot-a.img
B=/tmp/boot-b.img

# boot_image FILE WORD: what boot-sector.S reads is WORD
boot_image() {
	truncate -s 64M "$1"
	dd if=/build/bin/boot-sector of="$1" conv=notrunc 2> /dev/null
	echo "$2" | dd of="$1" bs=512 seek=100001 conv=notrunc 2> /dev/null
}

# firmware STATUS ARGUMENTS...: SeaBIOS boots, and QEMU ends with STATUS; 33 is what
# boot-sector.S ends with, 0 means that there is nothing to boot
firmware() {
	local want=$1 rc=0
	shift
	rm -f "$TEST_DIR"/firmware*
	timeout 60 qemu-system-x86_64 -M q35,accel=kvm -cpu host -m 128 -nodefaults -display none \
		-no-reboot -boot reboot-timeout=1,strict=on -device isa-debug-exit,iobase=0xf4,iosize=1 \
		-serial "file:$TEST_DIR/firmware" \
		-chardev "file,id=log,path=$TEST_DIR/firmware.log" -device isa-debugcon,iobase=0x402,chardev=log \
		"$@" > "$TEST_DIR/firmware.qemu" 2>&1 < /dev/null || rc=$?
	cat "$TEST_DIR/firmware" "$TEST_DIR/firmware.qemu"
	[ $rc = "$want" ] || {
		tail -n 40 "$TEST_DIR/firmware.log"
		fail "QEMU ended with $rc"
	}
}

# firmware_said WORD: the boot sector ran, and read this
firmware_said() { [ "$(cat "$TEST_DIR/firmware")" = "boot sector
$1" ] || fail "the serial port has something else"; }

vdpa() { echo "vhost-vdpa-device-pci,vhostdev=/dev/myvhost-$1"; }

boot_firmware() {
	boot_image $A first
	boot_image $B second
	myvhost add blk a --file $A --serial first --discard on
	myvhost add blk b --file $B --queues 2
	firmware 33 -device "$(vdpa a),bootindex=1" -device "$(vdpa b),bootindex=2"
	firmware_said first
	firmware 33 -device "$(vdpa a),bootindex=2" -device "$(vdpa b),bootindex=1"
	firmware_said second
	check_released
	dd if=$B bs=512 skip=100002 count=1 2> /dev/null | cmp -n 512 -i 0:51200512 - $B || fail "the sector that the firmware wrote"
}

# SeaBIOS knows no blocks but those of 512 bytes
boot_firmware_4096() {
	disk_del b
	myvhost add blk b --file $B --block-size 4096
	firmware 0 -device "$(vdpa b),bootindex=1"
	disk_del b
}

boot_guest() {
	myvhost add blk plug --file $B --serial plug --discard on
	guest_start 1 vhost=none disk=a disk=plug,id=plug,bus=port1 file=/build/bin/seqdisk \
		-- -serial "file:$TEST_DIR/seq" -device pcie-root-port,id=port1,chassis=1,slot=1
	guest_wait_ready 1
}

# The first reset comes under load, the others while the firmware, the kernel or its
# driver of the disk begins.
boot_resets() {
	local a before pause
	a=$(gdisk 1 first)
	guest 1 "blkdiscard /dev/$a"
	seq_start 1 "$a" 31 100
	seq_progress 30
	for pause in 0 0.3 1 2 3; do
		sleep $pause
		guest_qmp 1 system_reset
	done
	# none comes to its end unseen before the last one
	guest_qmp 1 stop
	before=$(guest_boots 1)
	guest_qmp 1 system_reset
	guest_qmp 1 cont
	guest_wait_ready 1 $((before + 1))
	seq_check $A
	a=$(gdisk 1 first)
	guest 1 "blkdiscard /dev/$a"
	seq_start 1 "$a" 32 2
	seq_wait 1
	seq_check $A
	check_disks 1
}

node_free() { myvhost show "$1" | grep -qx "$1: blk vdpa free"; }

guest_has_plug() { (gdisk 1 plug) > /dev/null; }

boot_replug() {
	local d seed
	for seed in 41 42; do
		d=$(gdisk 1 plug)
		guest 1 "blkdiscard /dev/$d"
		seq_start 1 "$d" $seed 100
		seq_progress 30
		guest_qmp 1 --wait DEVICE_DELETED device_del '{"id": "plug"}'
		wait_until 30 "the node is free" node_free plug
		seq_stop 1
		seq_check $B
		guest 1 "test ! -e /sys/block/$d" || fail "the guest still has the disk"
		# the next user is another program
		qemu-io -n --image-opts driver=virtio-blk-vhost-vdpa,path=/dev/myvhost-plug,cache.direct=on \
			-c "write -P $seed 0 64k" -c flush -c "read -P $seed 0 64k" || fail "the next user"
		guest_qmp 1 device_add '{"driver": "vhost-vdpa-device-pci", "id": "plug", "bus": "port1", "vhostdev": "/dev/myvhost-plug"}'
		wait_until 60 "the disk in the guest" guest_has_plug
	done
	d=$(gdisk 1 plug)
	[ "$(guest 1 "head -c 65536 /dev/$d | tr -d '\052' | wc -c")" = 0 ] || fail "the guest reads something else"
	guest 1 "blkdiscard /dev/$d"
	seq_start 1 "$d" 43 2
	seq_wait 1
	seq_check $B
	check_disks 1
	guest_stop 1
	check_released
}

# QEMU reads SeaBIOS's ring when Linux resets the disk, and the IOMMU does not map it any more
SEABIOS_RING='vtd_iova_to_slpte: detected slpte permission error .*write=0'

boot_iommu() {
	local a
	guest_start 1 vhost=none disk=a,disable-legacy=on,iommu_platform=on machine=kernel-irqchip=split file=/build/bin/seqdisk \
		"append=intel_iommu=on iommu=nopt iommu.strict=1" \
		-- -device intel-iommu,caching-mode=on -serial "file:$TEST_DIR/seq"
	guest_wait_ready 1
	check_feature 1 33 1 ACCESS_PLATFORM
	[ -n "$(guest 1 'ls /sys/class/iommu')" ] || fail "the guest has no IOMMU"
	a=$(gdisk 1 first)
	guest 1 "blkdiscard /dev/$a"
	seq_start 1 "$a" 51 4
	seq_wait 1
	seq_check $A
	check_disks 1 "$SEABIOS_RING"
}

boot_iommu_reset() {
	seq_reset 1 "$(gdisk 1 first)" 52 20
	seq_check $A
	check_disks 1 "$SEABIOS_RING"
	guest_stop 1
	check_released
	disk_del a plug
}

run_test "disk_boot: SeaBIOS boots from the disk that bootindex names" boot_firmware
run_test "disk_boot: SeaBIOS passes over a disk with blocks of 4096 bytes" boot_firmware_4096
run_test "disk_boot: boot with a disk behind a root port" boot_guest
# the others need it
[ "$KTAP_FAILED" = 0 ] || return 0
run_test "disk_boot: system_reset again and again under load" boot_resets
run_test "disk_boot: hot-unplug under load, a successor, hot-plug" boot_replug
run_test "disk_boot: a vIOMMU" boot_iommu
run_test "disk_boot: system_reset under load with a vIOMMU" boot_iommu_reset
