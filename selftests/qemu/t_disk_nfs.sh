# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# An image on NFS that two hosts have mounted: what one of them uses is refused to the
# other. The hosts are two network name spaces with a mount, and an NFS client, of
# their own; to the server they are two machines.

. ./disk.sh

F=/tmp/nfs
NFSD=/proc/fs/nfsd

on_host() { nsenter --net="/run/netns/$1" "${@:2}"; }

# nfs_export: what exportfs and mountd tell the kernel; 0x2402 is NFSEXP_FSID,
# NFSEXP_NOSUBTREECHECK and NFSEXP_INSECURE_PORT
nfs_export() {
	local host expiry=$(($(date +%s) + 86400))
	for host in 1 2; do
		echo "nfsd 10.8.$host.2 $expiry hosts" > /proc/net/rpc/auth.unix.ip/channel
	done
	echo "hosts $F/export $expiry $((0x2402)) 65534 65534 0" > /proc/net/rpc/nfsd.export/channel
	echo "hosts 1 \\x00000000 $expiry $F/export" > /proc/net/rpc/nfsd.fh/channel
}

# The grace period in which the server grants no new lock cannot be shorter than 10 s.
nfs_server() {
	mkdir -p $F/export
	truncate -s 16M $F/export/img
	modprobe nfsd
	mountpoint -q $NFSD || mount -t nfsd nfsd $NFSD
	echo 10 > $NFSD/nfsv4leasetime
	echo 10 > $NFSD/nfsv4gracetime
	echo -3 > $NFSD/versions
	nfs_export
	echo 2 > $NFSD/threads
}

# nfs_host NAME NUMBER: its name is part of what the server knows a client by
nfs_host() {
	ip netns add "$1"
	ip link add "n$2" type veth peer name eth0 netns "$1"
	ip addr add "10.8.$2.1/24" dev "n$2"
	ip link set "n$2" up
	on_host "$1" ip link set lo up
	on_host "$1" ip addr add "10.8.$2.2/24" dev eth0
	on_host "$1" ip link set eth0 up
	mkdir -p "$F/$1"
	on_host "$1" unshare --uts sh -c "hostname $1 && mount -i -t nfs4 \
		-o vers=4.2,addr=10.8.$2.1,clientaddr=10.8.$2.2 10.8.$2.1:/ $F/$1"
}

nfs_setup() {
	nfs_server
	nfs_host a 1
	nfs_host b 2
	[ "$(stat -c %d $F/a)" != "$(stat -c %d $F/b)" ] || fail "the hosts share a mount"
	on_host b qemu-io -f raw -c "write -P 7 0 4k" $F/b/img
	on_host a qemu-io -r -f raw -c "read -P 7 0 4k" $F/a/img || fail "host a sees something else"
}

node_io() { # COMMAND...
	local args=() c
	for c; do args+=(-c "$c"); done
	qemu-io -n --image-opts driver=virtio-blk-vhost-vdpa,path=/dev/myvhost-nfs,cache.direct=on "${args[@]}"
}

# refused COMMAND...: because of a lock
refused() {
	! "$@" > "$TEST_DIR/refused" 2>&1 || fail "not refused: $*"
	cat "$TEST_DIR/refused"
	grep -qiE 'lock|in use' "$TEST_DIR/refused" || fail "refused for another reason"
}

nfs_node_first() {
	myvhost add blk nfs --file $F/a/img
	node_io "write -P 9 0 64k" flush
	refused on_host b qemu-io -f raw -c "write -P 1 0 4k" $F/b/img
	refused on_host b qemu-img convert -f raw -O raw $F/b/img $F/copy
	refused myvhost add blk other --file $F/b/img
	refused myvhost add blk other --file $F/b/img --readonly
	disk_del nfs
	on_host b qemu-io -f raw -c "read -P 9 0 64k" $F/b/img || fail "host b sees something else"
}

nfs_qemu_first() {
	on_host b qemu-nbd -t -f raw -k $F/socket --pid-file=$F/pid $F/b/img &
	wait_until 20 "qemu-nbd" test -s $F/pid
	refused myvhost add blk nfs --file $F/a/img
	refused myvhost add blk nfs --file $F/a/img --readonly
	kill "$(cat $F/pid)"
	wait
	myvhost add blk nfs --file $F/a/img
	disk_del nfs
}

nfs_readers() {
	myvhost add blk nfs --file $F/a/img --readonly
	myvhost add blk other --file $F/b/img --readonly
	on_host b qemu-io -r -f raw -c "read -P 9 0 64k" $F/b/img || fail "a reader beside readers"
	refused on_host b qemu-io -f raw -c "write -P 1 0 4k" $F/b/img
	disk_del nfs other
}

nfs_no_lock() {
	myvhost add blk nfs --file $F/a/img --no-lock
	on_host b qemu-io -f raw -c "read -P 9 0 64k" $F/b/img || fail "--no-lock locks"
	disk_del nfs
}

nfs_end() {
	check_released
	umount $F/a $F/b
	echo 0 > $NFSD/threads
	ip netns del a
	ip netns del b
	vhost_unload || fail "a module is held"
}

run_test "disk_nfs: two hosts mount one export" nfs_setup
# the others need it
[ "$KTAP_FAILED" = 0 ] || return 0
run_test "disk_nfs: a node on one host, QEMU's tools and a node on the other" nfs_node_first
run_test "disk_nfs: QEMU's tools on one host, a node on the other" nfs_qemu_first
run_test "disk_nfs: readers on both hosts" nfs_readers
run_test "disk_nfs: --no-lock" nfs_no_lock
run_test "disk_nfs: nothing is held" nfs_end
