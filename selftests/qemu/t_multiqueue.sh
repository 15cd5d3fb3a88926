# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Two queue pairs, each with its own descriptor.

multiqueue_boot() {
	guest_start 1 queues=2 smp=2 tap=mtap1
	guest_wait_ready 1
	check_traffic 1
}

tx_kicks() { guest 1 "ethtool -S eth0 | sed -n 's/^ *tx$1_kicks: //p'"; }

# A program pinned to a processor sends on the queue of that processor (XPS).
multiqueue_both_used() {
	local q before after
	[ "$(guest 1 'ls -d /sys/class/net/eth0/queues/tx-* | wc -l')" = 2 ] || fail "not two queues"
	for q in 0 1; do
		before=$(tx_kicks $q)
		iperf_server
		guest 1 "taskset $((1 << q)) iperf3 -c 10.0.0.1 -p $IPERF_PORT -t 2" > /dev/null
		after=$(tx_kicks $q)
		[ $((after - before)) -gt 5 ] || fail "queue $q was kicked $((after - before)) times"
	done
}

multiqueue_change_count() {
	local count
	for count in 1 2 1 2; do
		guest 1 "ethtool -L eth0 combined $count"
		check_ping 1
	done
	check_traffic 1
}

multiqueue_parallel() { check_iperf 1 -P 4 --bidir; }

multiqueue_stop() { check_stop 1; }

run_test "multiqueue: boot with two pairs" multiqueue_boot
run_test "multiqueue: both pairs carry packets" multiqueue_both_used
run_test "multiqueue: change the number of pairs" multiqueue_change_count
run_test "multiqueue: four streams both ways" multiqueue_parallel
run_test "multiqueue: quit releases everything" multiqueue_stop
