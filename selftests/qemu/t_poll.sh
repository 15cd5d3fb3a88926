# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Busy polling that QEMU asks for.

poll_fixed() {
	guest_start 1 netdev=poll-us=50
	guest_wait_ready 1
	check_traffic 1
	check_iperf 1
	check_iperf 1 -R
	check_stop 1
}

run_test "poll: poll-us=50" poll_fixed
