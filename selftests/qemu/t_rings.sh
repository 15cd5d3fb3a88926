# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Ring layouts and feature sets that a guest may negotiate; one boot each.

F_VERSION_1=32
F_RING_PACKED=34
F_IN_ORDER=35

# only our own node promises packed and in-order rings
require_feature() { # N BIT NAME
	[ "$(guest_feature "$1" "$2")" = 1 ] && return 0
	[ "$VHOST_DEV" = /dev/vhost-net ] || fail "the guest did not get $3"
	guest_stop "$1"
	skip "$VHOST_DEV does not offer $3"
}

ring_boot() { # GUEST OPTIONS
	guest_start 1 "$@"
	guest_wait_ready 1
}

ring_exercise() {
	check_traffic 1
	check_iperf 1
	check_iperf 1 -R
	guest_qmp 1 stop
	guest_qmp 1 cont
	check_traffic 1
	check_stop 1
}

rings_packed() {
	ring_boot device=packed=on
	require_feature 1 $F_RING_PACKED "packed rings"
	ring_exercise
}

rings_packed_in_order() {
	require_qemu_property in_order
	ring_boot device=packed=on,in_order=on
	require_feature 1 $F_RING_PACKED "packed rings"
	require_feature 1 $F_IN_ORDER "in-order completion"
	ring_exercise
}

rings_split_in_order() {
	require_qemu_property in_order
	too_slow 30
	ring_boot device=in_order=on
	require_feature 1 $F_IN_ORDER "in-order completion"
	ring_exercise
}

rings_plain() {
	too_slow 30
	ring_boot device=event_idx=off,indirect_desc=off,mrg_rxbuf=off
	check_feature 1 29 0 "event index"
	check_feature 1 28 0 "indirect descriptors"
	check_feature 1 15 0 "mergeable buffers"
	ring_exercise
}

rings_legacy() {
	ring_boot bus=pcie.0 device=disable-modern=on,disable-legacy=off
	check_feature 1 $F_VERSION_1 0 VERSION_1
	ring_exercise
}

rings_no_vnet_hdr() {
	too_slow 30
	ring_boot netdev=vnet_hdr=off
	ring_exercise
}

run_test "rings: packed=on" rings_packed
run_test "rings: packed=on,in_order=on" rings_packed_in_order
run_test "rings: split in_order=on" rings_split_in_order
run_test "rings: no event index, indirect, mergeable" rings_plain
run_test "rings: legacy (disable-modern=on)" rings_legacy
run_test "rings: tap without virtio-net headers" rings_no_vnet_hdr
