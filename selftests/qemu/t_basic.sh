# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Boot, ping, TCP both ways, payload in both directions.

basic_boot() {
	guest_start 1
	guest_wait_ready 1
	check_ping 1
}

basic_ping_sizes() {
	local size
	for size in 0 1 1472 20000 60000; do
		check_ping 1 -s "$size"
	done
}

basic_payload() {
	check_payload_in 1
	check_payload_out 1
}

basic_iperf_out() { check_iperf 1; }
basic_iperf_in() { check_iperf 1 -R; }
basic_iperf_small() { check_iperf 1 -M 536 -l 512; }
basic_stop() { check_stop 1; }

run_test "basic: boot and ping" basic_boot
run_test "basic: ping with payloads from 0 to 60000 bytes" basic_ping_sizes
run_test "basic: random payload in both directions" basic_payload
run_test "basic: iperf3 TCP guest to host" basic_iperf_out
run_test "basic: iperf3 TCP host to guest" basic_iperf_in
run_test "basic: iperf3 TCP with small segments" basic_iperf_small
run_test "basic: quit releases everything" basic_stop
