# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Shared helpers of the tests of SCSI hosts; sourced by them behind disk.sh.

# scsi_files KERNEL: the guest's drivers and tools as options for guest_start; guest_scsi
# loads them. They are not in the guest's initial RAM disk.
scsi_files() {
	local release path name
	release=$(basename "$(find /lib/modules -maxdepth 1 -name "$1.*" | sort -V | tail -n 1)")
	mkdir -p "$TEST_DIR/scsi"
	: > "$TEST_DIR/scsi/scsi-order"
	for path in $(modprobe -S "$release" --show-depends sd_mod | awk '$1 == "insmod" { print $2 }') \
		$(modprobe -S "$release" --show-depends virtio_scsi | awk '$1 == "insmod" { print $2 }') \
		$(modprobe -S "$release" --show-depends sg | awk '$1 == "insmod" { print $2 }') \
		$(modprobe -S "$release" --show-depends ext4 | awk '$1 == "insmod" { print $2 }'); do
		name=$(basename "${path%.xz}")
		grep -qx "$name" "$TEST_DIR/scsi/scsi-order" || echo "$name" >> "$TEST_DIR/scsi/scsi-order"
		case $path in
		*.xz) xz -dc "$path" > "$TEST_DIR/scsi/$name" ;;
		*) cp "$path" "$TEST_DIR/scsi/$name" ;;
		esac
	done
	for name in sg_inq sg_vpd sg_readcap sg_unmap sg_write_same sg_persist sg_sync sg_modes \
		sg_opcodes sg_luns sg_turs sg_requests sg_verify sg_compare_and_write sg_reset sg_raw sdparm mkfs.ext4; do
		path=$(command -v "$name") || continue
		cp -L "$path" "$TEST_DIR/scsi/"
		ldd "$path" | grep -oE '/[^ ]+' | while read -r lib; do cp -L "$lib" "$TEST_DIR/scsi/"; done
	done
	for path in "$TEST_DIR"/scsi/*; do
		echo "file=$path"
	done
}

# guest_scsi N: load the drivers
guest_scsi() {
	guest "$1" 'for m in $(cat /bin/scsi-order); do [ -d /sys/module/$(basename $m .ko | tr - _) ] || insmod /bin/$m || echo $m; done; mknod /dev/null c 1 3 2> /dev/null; ls /sys/bus/scsi/devices'
}

# sd N LUN: the disk's name in the guest, sda
sd() {
	local name
	name=$(guest "$1" "ls /sys/bus/scsi/devices/*:0:0:$2/block 2> /dev/null")
	[ -n "$name" ] || fail "guest $1 has no logical unit $2"
	echo "$name"
}

sg() { guest "$1" "LD_LIBRARY_PATH=/bin ${*:2}" || fail "exit status $?: ${*:2}"; }
