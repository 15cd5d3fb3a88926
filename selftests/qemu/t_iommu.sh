# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A guest with a vIOMMU: ring addresses and buffers are I/O virtual addresses,
# every unmapping is an invalidation.

F_ACCESS_PLATFORM=33

iommu_boot() {
	guest_start 1 machine=kernel-irqchip=split \
		device=disable-legacy=on,iommu_platform=on,ats=on \
		"append=intel_iommu=on iommu=nopt iommu.strict=1" \
		-- -device intel-iommu,device-iotlb=on
	guest_wait_ready 1
	check_feature 1 $F_ACCESS_PLATFORM 1 ACCESS_PLATFORM
	[ -n "$(guest 1 'ls /sys/class/iommu')" ] || fail "the guest has no IOMMU"
	check_ping 1
}

iommu_payload() {
	check_payload_in 1
	check_payload_out 1
}

# every buffer costs a translation and an invalidation through QEMU
iommu_iperf() {
	# shellcheck disable=SC2034 # check_iperf looks at it
	local IPERF_MIN=50000
	check_iperf 1
	check_iperf 1 -R
}

iommu_stop_cont() {
	guest_qmp 1 stop
	guest_qmp 1 cont
	check_traffic 1
}

iommu_stop() { check_stop 1; }

run_test "iommu: boot with iommu_platform=on and a vIOMMU" iommu_boot
run_test "iommu: random payload in both directions" iommu_payload
run_test "iommu: iperf3 TCP both ways" iommu_iperf
run_test "iommu: stop and cont" iommu_stop_cont
run_test "iommu: quit releases everything" iommu_stop
